// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "crossbook/book/level.hpp"

// Levels sorted by key in blocks of at most 64, so that an insert moves a kilobyte and no more, however many levels
// there are. A quiet book is one or two blocks; a busy one keeps here what lies outside its window.
//
// Keys are prices turned so that the best is the least.
namespace crossbook::book {

template <class Q>
class SortedBlocks {
 public:
  struct Entry {
    std::int64_t key;
    Q quantity;
  };
  static constexpr std::int64_t nothing = std::numeric_limits<std::int64_t>::max();

  LevelChange set(std::int64_t key, Q quantity) {
    const std::size_t head = head_of(key);
    if (head == heads_.size()) return insert_first(key, quantity);
    Entry* const begin = block(heads_[head]);
    Entry* const end = begin + heads_[head].count;
    Entry* const place = std::lower_bound(begin, end, key, [](const Entry& e, std::int64_t k) { return e.key < k; });
    const bool held = place != end && place->key == key;
    if (quantity == Q()) {
      if (!held) return LevelChange::absent;
      remove(head, static_cast<std::size_t>(place - begin));
      return LevelChange::removed;
    }
    if (held) {
      place->quantity = quantity;
      return LevelChange::changed;
    }
    insert(head, static_cast<std::size_t>(place - begin), {key, quantity});
    return LevelChange::inserted;
  }

  [[nodiscard]] Q at(std::int64_t key) const {
    const Entry* entry = first_above(key == std::numeric_limits<std::int64_t>::min() ? key : key - 1);
    return entry != nullptr && entry->key == key ? entry->quantity : Q();
  }
  // The best key, or `nothing`.
  [[nodiscard]] std::int64_t first_key() const { return heads_.empty() ? nothing : heads_.front().first; }
  [[nodiscard]] const Entry* first() const { return heads_.empty() ? nullptr : block(heads_.front()); }
  [[nodiscard]] const Entry* last() const {
    return heads_.empty() ? nullptr : block(heads_.back()) + heads_.back().count - 1;
  }
  // The best entry whose key is above `key`, or nullptr.
  [[nodiscard]] const Entry* first_above(std::int64_t key) const {
    std::size_t head = head_of(key);
    if (head == heads_.size()) return nullptr;
    const Entry* const begin = block(heads_[head]);
    const Entry* const end = begin + heads_[head].count;
    const Entry* const place =
        std::upper_bound(begin, end, key, [](std::int64_t k, const Entry& e) { return k < e.key; });
    if (place != end) return place;
    return ++head < heads_.size() ? block(heads_[head]) : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() {
    heads_.clear();
    free_.clear();
    blocks_ = 0;
    size_ = 0;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Head& head : heads_) {
      const Entry* const begin = block(head);
      for (std::uint32_t i = 0; i < head.count; ++i) visit(begin[i]);
    }
  }

  [[nodiscard]] std::size_t bytes() const {
    return heads_.capacity() * sizeof(Head) + entries_.capacity() * sizeof(Entry) +
           free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t block_max = 64;
  static constexpr std::uint32_t merge_max = 48;  // neighbours that have this many together become one block

  struct Head {
    std::int64_t first;   // key of the block's first entry
    std::uint32_t block;  // its entries begin at block * block_max
    std::uint32_t count;  // never 0
  };

  [[nodiscard]] Entry* block(const Head& head) { return entries_.data() + std::size_t{head.block} * block_max; }
  [[nodiscard]] const Entry* block(const Head& head) const {
    return entries_.data() + std::size_t{head.block} * block_max;
  }

  // The block in which a key is, or would be inserted; heads_.size() where there is none at all.
  [[nodiscard]] std::size_t head_of(std::int64_t key) const {
    const auto after = std::upper_bound(heads_.begin(), heads_.end(), key,
                                        [](std::int64_t k, const Head& head) { return k < head.first; });
    return after == heads_.begin() ? 0 : static_cast<std::size_t>(after - heads_.begin()) - 1;
  }

  LevelChange insert_first(std::int64_t key, Q quantity) {
    if (quantity == Q()) return LevelChange::absent;
    heads_.push_back({key, take_block(), 1});
    *block(heads_.back()) = {key, quantity};
    ++size_;
    return LevelChange::inserted;
  }

  std::uint32_t take_block() {
    if (!free_.empty()) {
      const std::uint32_t taken = free_.back();
      free_.pop_back();
      return taken;
    }
    if (entries_.size() < (std::size_t{blocks_} + 1) * block_max)
      entries_.resize((std::size_t{blocks_} + 1) * block_max);
    return blocks_++;
  }

  void insert(std::size_t head, std::size_t position, const Entry& entry) {
    if (heads_[head].count == block_max) {
      // In an ordered load the last block stays full and the next begins.
      const bool append = position == block_max && head + 1 == heads_.size();
      split(head, append ? block_max : block_max / 2);
      if (append || position > heads_[head].count) {
        position -= heads_[head].count;
        ++head;
      }
    }
    Entry* const begin = block(heads_[head]);
    std::move_backward(begin + position, begin + heads_[head].count, begin + heads_[head].count + 1);
    begin[position] = entry;
    ++heads_[head].count;
    heads_[head].first = begin->key;
    ++size_;
  }

  // The block keeps `keep` entries; the rest is a new block after it, which may be empty until the caller's insert.
  void split(std::size_t head, std::uint32_t keep) {
    const std::uint32_t fresh = take_block();
    const Entry* const begin = block(heads_[head]);
    const Head next{keep < block_max ? begin[keep].key : begin[keep - 1].key, fresh, block_max - keep};
    std::copy(begin + keep, begin + block_max, block(next));
    heads_[head].count = keep;
    heads_.insert(heads_.begin() + static_cast<std::ptrdiff_t>(head) + 1, next);
  }

  void remove(std::size_t head, std::size_t position) {
    Entry* const begin = block(heads_[head]);
    std::move(begin + position + 1, begin + heads_[head].count, begin + position);
    --size_;
    if (--heads_[head].count == 0) {
      drop_head(head);
      return;
    }
    heads_[head].first = begin->key;
    if (head + 1 < heads_.size() && heads_[head].count + heads_[head + 1].count <= merge_max) merge_next(head);
    else if (head > 0 && heads_[head - 1].count + heads_[head].count <= merge_max) merge_next(head - 1);
  }

  void merge_next(std::size_t head) {
    const Entry* const from = block(heads_[head + 1]);
    std::copy(from, from + heads_[head + 1].count, block(heads_[head]) + heads_[head].count);
    heads_[head].count += heads_[head + 1].count;
    drop_head(head + 1);
  }

  void drop_head(std::size_t head) {
    free_.push_back(heads_[head].block);
    heads_.erase(heads_.begin() + static_cast<std::ptrdiff_t>(head));
  }

  std::vector<Head> heads_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::uint32_t blocks_ = 0;  // ever taken
  std::size_t size_ = 0;
};

}  // namespace crossbook::book
