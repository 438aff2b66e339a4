// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crossbook/book/level.hpp"
#include "crossbook/core/check.hpp"

// A window of dense tick slots with a bitmap of three levels above it: real updates insert and delete far from the
// touch, where an array would have to shift and a tree to search. A set is one multiplication and a few independent
// loads.
//
// Keys are prices turned so that the best is the least. Only keys that are a whole number of ticks above the base, and
// fewer than slots() of them, have a slot.
namespace crossbook::book {

template <class Q>
class TickWindow {
 public:
  static constexpr std::size_t none = ~std::size_t{0};
  static constexpr std::size_t slots_min = std::size_t{1} << 10;
  static constexpr std::size_t slots_max = std::size_t{1} << 18;
  // Bounds within which the arithmetic modulo 2^64 of slot_of() cannot be mistaken.
  static constexpr std::int64_t base_max = std::int64_t{1} << 62;
  static constexpr std::int64_t span_max = std::int64_t{1} << 62;

  // An empty window, elsewhere. Needs |base| <= base_max, tick * slots <= span_max, slots a power of two in
  // [slots_min, slots_max], or 0: no window.
  void place(std::int64_t base, std::int64_t tick, std::size_t slots) {
    CROSSBOOK_ASSERT(tick > 0 && base >= -base_max && base <= base_max);
    CROSSBOOK_ASSERT(slots == 0 || tick <= span_max / static_cast<std::int64_t>(slots));
    move(base, tick);
    first_ = none;
    count_ = 0;
    slots_.assign(slots, Q());
    for (std::size_t level = 0, words = slots; level < bits_.size(); ++level) {
      words = (words + 63) / 64;
      bits_[level].assign(words, 0);
    }
  }

  // Same slots, other prices.
  void move(std::int64_t base, std::int64_t tick) {
    base_ = base;
    tick_ = tick;
    shift_ = std::countr_zero(static_cast<std::uint64_t>(tick));
    inverse_ = inverse_of(static_cast<std::uint64_t>(tick) >> shift_);
  }

  // The slot of a key; slots() or more where it has none. Division without dividing: a multiple of the tick, times the
  // inverse of the tick's odd part modulo 2^64, rotated by its power of two, is the quotient; everything else comes out
  // above every quotient (Hacker's Delight 10-17).
  [[nodiscard]] std::size_t slot_of(std::int64_t key) const {
    const std::uint64_t distance = static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(base_);
    return std::rotr(distance * inverse_, shift_);
  }
  [[nodiscard]] std::int64_t key_of(std::size_t slot) const { return base_ + static_cast<std::int64_t>(slot) * tick_; }

  // Absolute quantity at a slot below slots(). Nothing branches on what the level was: inserts and deletes come at
  // random.
  LevelChange set(std::size_t slot, Q quantity) {
    const bool has = quantity != Q();
    const bool had = slots_[slot] != Q();
    slots_[slot] = quantity;
    count_ = count_ + has - had;
    std::uint64_t filled = has;
    std::size_t position = slot;
    for (std::vector<std::uint64_t>& words : bits_) {
      const std::size_t bit = position % 64;
      position /= 64;
      const std::uint64_t word = (words[position] & ~(std::uint64_t{1} << bit)) | (filled << bit);
      words[position] = word;
      filled = word != 0;
    }
    first_ = std::min(first_, has ? slot : none);
    if (slot == first_ && !has) [[unlikely]]
      first_ = next(slot);
    return static_cast<LevelChange>(static_cast<int>(has) | (static_cast<int>(had) << 1));
  }

  [[nodiscard]] Q at(std::size_t slot) const { return slots_[slot]; }
  [[nodiscard]] std::size_t slots() const { return slots_.size(); }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::int64_t base() const { return base_; }
  [[nodiscard]] std::int64_t tick() const { return tick_; }

  // The best slot, or none.
  [[nodiscard]] std::size_t first() const { return first_; }
  // The worst slot, or none.
  [[nodiscard]] std::size_t last() const {
    if (count_ == 0) return none;
    std::size_t position = bits_.back().size() - 1;
    for (std::size_t level = bits_.size(); level-- > 0;) {
      position = position * 64 + 63 - static_cast<std::size_t>(std::countl_zero(bits_[level][position]));
    }
    return position;
  }
  // The next worse slot that is filled, or none.
  [[nodiscard]] std::size_t next(std::size_t slot) const {
    std::size_t position = slot;
    for (std::size_t level = 0; level < bits_.size(); ++level) {
      const std::size_t bit = position % 64;
      position /= 64;
      if (position >= bits_[level].size()) return none;
      const std::uint64_t above = bit == 63 ? 0 : bits_[level][position] & (~std::uint64_t{0} << (bit + 1));
      if (above == 0) continue;
      position = position * 64 + static_cast<std::size_t>(std::countr_zero(above));
      while (level-- > 0) position = position * 64 + static_cast<std::size_t>(std::countr_zero(bits_[level][position]));
      return position;
    }
    return none;
  }
  // The best filled slot whose key is above `key`, or none.
  [[nodiscard]] std::size_t first_above(std::int64_t key) const {
    if (first_ == none || key < base_) return first_;
    const std::size_t slot = slot_of(key);
    if (slot < slots()) return next(slot);
    const std::uint64_t distance = static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(base_);
    const std::uint64_t below = distance / static_cast<std::uint64_t>(tick_);
    return below < slots() ? next(below) : none;
  }

  // Empties it at the cost of what it holds.
  void clear() {
    for (std::size_t slot = first_; slot != none; slot = next(slot)) slots_[slot] = Q();
    for (std::vector<std::uint64_t>& words : bits_) std::fill(words.begin(), words.end(), 0);
    first_ = none;
    count_ = 0;
  }

  void prefetch(std::size_t slot) const {
    __builtin_prefetch(&slots_[slot], 1);
    __builtin_prefetch(&bits_[0][slot / 64], 1);
  }

  [[nodiscard]] std::size_t bytes() const {
    std::size_t words = 0;
    for (const std::vector<std::uint64_t>& one : bits_) words += one.capacity();
    return slots_.capacity() * sizeof(Q) + words * sizeof(std::uint64_t);
  }

 private:
  // Of an odd number modulo 2^64: each step doubles the digits that are right, beginning with three.
  static std::uint64_t inverse_of(std::uint64_t odd) {
    std::uint64_t inverse = odd;
    for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
    return inverse;
  }

  std::int64_t base_ = 0;
  std::uint64_t inverse_ = 1;
  int shift_ = 0;
  std::size_t first_ = none;
  std::size_t count_ = 0;
  std::int64_t tick_ = 1;
  std::vector<Q> slots_;
  std::array<std::vector<std::uint64_t>, 3> bits_;  // bit s of level 0: slot s is filled; above: word s is not 0
};

}  // namespace crossbook::book
