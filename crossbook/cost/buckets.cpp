// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/buckets.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "crossbook/core/check.hpp"

namespace crossbook {
namespace {

template <class Word>
std::uint64_t read_cell(const std::uint8_t* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

template <class Word>
void write_cell(std::uint8_t* at, std::uint64_t count) {
  const auto word = static_cast<Word>(count);
  std::memcpy(at, &word, sizeof word);
}

constexpr std::uint64_t largest(int width) { return ~std::uint64_t{0} >> (64 - (8 << width)); }

}  // namespace

// The page, or where it belongs. Pages in use mostly follow each other, so that the first guess holds.
std::size_t BucketCounts::position(int number) const {
  if (pages_.empty() || number < pages_.front().number) return 0;
  const auto guess = static_cast<std::size_t>(number - pages_.front().number);
  if (guess < pages_.size() && pages_[guess].number == number) return guess;
  const auto at = std::lower_bound(pages_.begin(), pages_.end(), number,
                                   [](const Page& page, int wanted) { return page.number < wanted; });
  return static_cast<std::size_t>(at - pages_.begin());
}

std::uint64_t BucketCounts::count(const Page& page, int cell) const {
  const std::uint8_t* at = cells_.data() + page.offset + (static_cast<std::size_t>(cell) << page.width);
  switch (page.width) {
    case 0: return *at;
    case 1: return read_cell<std::uint16_t>(at);
    case 2: return read_cell<std::uint32_t>(at);
    default: return read_cell<std::uint64_t>(at);
  }
}

void BucketCounts::set_count(const Page& page, int cell, std::uint64_t count) {
  std::uint8_t* at = cells_.data() + page.offset + (static_cast<std::size_t>(cell) << page.width);
  switch (page.width) {
    case 0: *at = static_cast<std::uint8_t>(count); break;
    case 1: write_cell<std::uint16_t>(at, count); break;
    case 2: write_cell<std::uint32_t>(at, count); break;
    default: write_cell<std::uint64_t>(at, count);
  }
}

// Makes room at one page and moves the pages behind it.
void BucketCounts::resize_cells(std::size_t position, std::size_t bytes_before, std::size_t bytes_after) {
  const std::size_t added = bytes_after - bytes_before;
  cells_.reserve(cells_.size() + added);  // not twice the size: slices are many
  const auto at = cells_.begin() + static_cast<std::ptrdiff_t>(pages_[position].offset + bytes_before);
  cells_.insert(at, added, std::uint8_t{0});
  for (std::size_t i = position + 1; i < pages_.size(); ++i)
    pages_[i].offset = static_cast<std::uint16_t>(pages_[i].offset + added);
}

std::size_t BucketCounts::make_page(std::size_t position, int number) {
  const std::size_t offset = position < pages_.size() ? pages_[position].offset : cells_.size();
  pages_.reserve(pages_.size() + 1);
  pages_.insert(pages_.begin() + static_cast<std::ptrdiff_t>(position),
                Page{static_cast<std::uint8_t>(number), 0, static_cast<std::uint16_t>(offset)});
  resize_cells(position, 0, page_size);
  return position;
}

void BucketCounts::widen(std::size_t position) {
  Page& page = pages_[position];
  std::array<std::uint64_t, page_size> counts;
  for (int cell = 0; cell < page_size; ++cell) counts[static_cast<std::size_t>(cell)] = count(page, cell);
  const std::size_t bytes = std::size_t{page_size} << page.width;
  resize_cells(position, bytes, 2 * bytes);
  ++page.width;
  for (int cell = 0; cell < page_size; ++cell) set_count(page, cell, counts[static_cast<std::size_t>(cell)]);
}

void BucketCounts::add(int bucket, std::uint64_t added) {
  const int number = bucket / page_size;
  std::size_t at = position(number);
  if (at == pages_.size() || pages_[at].number != number) [[unlikely]]
    at = make_page(at, number);
  const int cell = bucket % page_size;
  const std::uint64_t sum = count(pages_[at], cell) + added;
  while (sum > largest(pages_[at].width)) [[unlikely]]
    widen(at);
  set_count(pages_[at], cell, sum);
}

std::uint64_t BucketCounts::at(int bucket) const {
  const std::size_t at = position(bucket / page_size);
  if (at == pages_.size() || pages_[at].number != bucket / page_size) return 0;
  return count(pages_[at], bucket % page_size);
}

int BucketCounts::next_above(int bucket) const {
  const int first = bucket + 1;
  for (std::size_t i = position(first / page_size); i < pages_.size(); ++i) {
    const int lowest = pages_[i].number * page_size;
    for (int cell = std::max(0, first - lowest); cell < page_size; ++cell)
      if (count(pages_[i], cell) != 0) return lowest + cell;
  }
  return -1;
}

int BucketCounts::next_below(int bucket) const {
  const int last = bucket - 1;
  if (last < 0) return -1;
  for (std::size_t i = std::min(pages_.size(), position(last / page_size) + 1); i-- > 0;) {
    const int lowest = pages_[i].number * page_size;
    for (int cell = std::min(page_size - 1, last - lowest); cell >= 0; --cell)
      if (count(pages_[i], cell) != 0) return lowest + cell;
  }
  return -1;
}

void BucketCounts::merge(const BucketCounts& other) {
  for (const Page& page : other.pages_) {
    for (int cell = 0; cell < page_size; ++cell)
      if (const std::uint64_t added = other.count(page, cell)) add(page.number * page_size + cell, added);
  }
}

void BucketCounts::clear() {
  pages_.clear();
  cells_.clear();
}

void BucketCounts::save(StateWriter& out) const {
  std::size_t used = 0;
  for (int bucket = next_above(-1); bucket >= 0; bucket = next_above(bucket)) ++used;
  out.put_size(used);
  for (int bucket = next_above(-1); bucket >= 0; bucket = next_above(bucket)) {
    out.put(bucket);
    out.put(static_cast<std::int64_t>(at(bucket)));
  }
}

void BucketCounts::load(StateReader& in) {
  clear();
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left) {
    const auto bucket = static_cast<int>(in.take_within(0, buckets_max - 1));
    const std::int64_t count = in.take_within(1, loaded_count_max);
    if (!in.failed()) add(bucket, static_cast<std::uint64_t>(count));
  }
}

}  // namespace crossbook
