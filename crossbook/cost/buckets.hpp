// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "crossbook/cost/state.hpp"

// Counts in integer log-linear buckets: 64 equal buckets to each doubling, so that a bucket is at most 1/64 of its
// lowest value wide and its middle at most 1/128 (0.79 %) from anything in it. No floating point, hence the same
// everywhere.
namespace crossbook {

inline constexpr std::int64_t bucketed_max = 1'000'000'000'000'000;  // larger values count as this one

// The bucket of a value in [0, bucketed_max]. Values below 128 have a bucket each.
[[nodiscard]] constexpr int bucket_of(std::int64_t value) {
  const int exponent = 63 - std::countl_zero(static_cast<std::uint64_t>(value) | 1);
  const int shift = exponent > 6 ? exponent - 6 : 0;
  return shift * 64 + static_cast<int>(value >> shift);
}

// The middle of a bucket: what stands for every value in it.
[[nodiscard]] constexpr std::int64_t value_of_bucket(int bucket) {
  if (bucket < 128) return bucket;
  const int shift = bucket / 64 - 1;
  const std::int64_t lowest = static_cast<std::int64_t>(bucket % 64 + 64) << shift;
  return lowest + (std::int64_t{1} << shift) / 2;
}

inline constexpr int buckets_max = bucket_of(bucketed_max) + 1;

// Counts by bucket, sparse: pages of 32 buckets (half a doubling) exist once a value falls into them, and count in one
// byte until a count outgrows it, then in two, four or eight. Latencies of one venue need 10 to 20 pages, about 0.5
// KiB.
class BucketCounts {
 public:
  // One more, on the way of every sample: no call where the page exists and its cells are wide enough.
  void add(int bucket) {
    const int number = bucket / page_size;
    const std::size_t guess = pages_.empty() ? 0 : static_cast<std::size_t>(number - pages_.front().number);
    if (guess < pages_.size() && pages_[guess].number == number) [[likely]] {
      const Page page = pages_[guess];
      std::uint8_t* const cell =
          cells_.data() + page.offset + (static_cast<std::size_t>(bucket % page_size) << page.width);
      if (page.width == 0 && bump<std::uint8_t>(cell)) return;
      if (page.width == 1 && bump<std::uint16_t>(cell)) return;
      if (page.width == 2 && bump<std::uint32_t>(cell)) return;
    }
    add(bucket, 1);
  }
  void add(int bucket, std::uint64_t count);
  [[nodiscard]] std::uint64_t at(int bucket) const;
  // The nearest bucket above (below) that holds something, or -1.
  [[nodiscard]] int next_above(int bucket) const;
  [[nodiscard]] int next_below(int bucket) const;
  void merge(const BucketCounts& other);
  void clear();
  // Memory outside the object itself.
  [[nodiscard]] std::size_t bytes() const { return pages_.capacity() * sizeof(Page) + cells_.capacity(); }

  void save(StateWriter& out) const;
  void load(StateReader& in);

 private:
  static constexpr int page_size = 32;
  struct Page {
    std::uint8_t number = 0;
    std::uint8_t width = 0;    // a cell has 2^width bytes
    std::uint16_t offset = 0;  // of the first cell, in cells_
  };
  template <class Word>
  static bool bump(std::uint8_t* cell) {
    Word count;
    std::memcpy(&count, cell, sizeof count);
    if (count == std::numeric_limits<Word>::max()) return false;
    ++count;
    std::memcpy(cell, &count, sizeof count);
    return true;
  }
  [[nodiscard]] std::size_t position(int number) const;
  std::size_t make_page(std::size_t position, int number);
  void widen(std::size_t position);
  void resize_cells(std::size_t position, std::size_t bytes_before, std::size_t bytes_after);
  [[nodiscard]] std::uint64_t count(const Page& page, int cell) const;
  void set_count(const Page& page, int cell, std::uint64_t count);

  std::vector<Page> pages_;          // by number
  std::vector<std::uint8_t> cells_;  // of all pages, in their order
};

}  // namespace crossbook
