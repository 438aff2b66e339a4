// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/wide.hpp"

// State as a flat list of whole numbers: what a store keeps and gives back, bit for bit.
namespace crossbook {

// No slice holds more; words that say so are damaged. Sums over 2^12 slices of 2^8 entries each stay within their
// types.
inline constexpr std::int64_t loaded_count_max = std::int64_t{1} << 40;
inline constexpr Wide loaded_sum_max = Wide{1} << 106;

// Appends to a list that the caller owns and keeps alive.
class StateWriter {
 public:
  explicit StateWriter(std::vector<std::int64_t>& words) : words_(words) {}

  void put(std::int64_t word) { words_.push_back(word); }
  void put_wide(Wide wide) {
    put(static_cast<std::int64_t>(static_cast<UnsignedWide>(wide) >> 64));
    put(static_cast<std::int64_t>(static_cast<std::uint64_t>(wide)));
  }
  void put_size(std::size_t size) { put(static_cast<std::int64_t>(size)); }
  // Length, then eight bytes a word.
  void put_text(std::string_view text);

 private:
  std::vector<std::int64_t>& words_;
};

// Takes what a StateWriter put, in the same order. Once a word is missing or impossible every further word reads 0 and
// whole() is false: callers check once, at the end. Holds a view of the caller's words.
class StateReader {
 public:
  explicit StateReader(std::span<const std::int64_t> words) : words_(words) {}

  [[nodiscard]] std::int64_t take();
  [[nodiscard]] Wide take_wide();
  // A number in [lowest, highest], or a failure.
  [[nodiscard]] std::int64_t take_within(std::int64_t lowest, std::int64_t highest);
  [[nodiscard]] Wide take_wide_within(Wide lowest, Wide highest);
  // A number of things that each take at least one word.
  [[nodiscard]] std::size_t take_size();
  [[nodiscard]] std::string take_text();

  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Everything was there and nothing is left.
  [[nodiscard]] bool whole() const { return !failed_ && next_ == words_.size(); }

 private:
  std::span<const std::int64_t> words_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

}  // namespace crossbook
