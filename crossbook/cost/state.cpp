// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/state.hpp"

#include <algorithm>
#include <limits>

namespace crossbook {

void StateWriter::put_text(std::string_view text) {
  put_size(text.size());
  for (std::size_t at = 0; at < text.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = at; i < std::min(at + 8, text.size()); ++i)
      word = word << 8 | static_cast<unsigned char>(text[i]);
    put(static_cast<std::int64_t>(word));
  }
}

std::int64_t StateReader::take() {
  if (failed_ || next_ == words_.size()) {
    failed_ = true;
    return 0;
  }
  return words_[next_++];
}

Wide StateReader::take_wide() {
  const auto high = static_cast<std::uint64_t>(take());
  const auto low = static_cast<std::uint64_t>(take());
  return static_cast<Wide>(static_cast<UnsignedWide>(high) << 64 | low);
}

std::int64_t StateReader::take_within(std::int64_t lowest, std::int64_t highest) {
  const std::int64_t word = take();
  if (word >= lowest && word <= highest) return word;
  failed_ = true;
  return lowest;
}

Wide StateReader::take_wide_within(Wide lowest, Wide highest) {
  const Wide wide = take_wide();
  if (wide >= lowest && wide <= highest) return wide;
  failed_ = true;
  return lowest;
}

std::size_t StateReader::take_size() {
  const std::int64_t size = take_within(0, std::numeric_limits<std::int64_t>::max());
  if (!failed_ && static_cast<std::size_t>(size) <= words_.size() - next_) return static_cast<std::size_t>(size);
  failed_ = true;
  return 0;
}

std::string StateReader::take_text() {
  const std::int64_t size = take_within(0, 4096);
  std::string text;
  for (std::int64_t left = size; left > 0 && !failed_; left -= 8) {
    const auto word = static_cast<std::uint64_t>(take());
    for (std::int64_t i = std::min<std::int64_t>(left, 8) - 1; i >= 0; --i)
      text.push_back(static_cast<char>(static_cast<unsigned char>(word >> (8 * i))));
  }
  return text;
}

}  // namespace crossbook
