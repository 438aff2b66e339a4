// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/line_source.hpp"

#include <algorithm>
#include <cstring>

#include "crossbook/capture/format.hpp"
#include "crossbook/core/input.hpp"

namespace crossbook::capture {
namespace {

constexpr std::size_t buffer_bytes_start = std::size_t{64} << 10;
constexpr std::size_t buffer_bytes_max = line_bytes_max + buffer_bytes_start;

}  // namespace

LineSource::LineSource(std::unique_ptr<sys::Source> source)
    : stream_(std::move(source)), buffer_(buffer_bytes_start + frame_padding) {}

Found LineSource::give(std::size_t length, bool ended) {
  text_ = std::string_view(buffer_.data() + begin_, length);
  begin_ = std::min(begin_ + length + 1, end_);
  scanned_ = begin_;
  ended_ = ended;
  ++number_;
  if (text_.size() > line_bytes_max) return Found::too_long;
  if (text_.ends_with('\r')) text_.remove_suffix(1);
  return Found::line;
}

Found LineSource::next() {
  for (;;) {
    const void* const found = std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_);
    if (found != nullptr)
      return give(static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) - begin_, true);
    scanned_ = end_;
    if (end_ - begin_ > line_bytes_max) return skip_long_line();
    if (exhausted_) return begin_ == end_ ? Found::end : give(end_ - begin_, false);
    fill();
  }
}

Found LineSource::skip_long_line() {
  const void* found = nullptr;
  while (found == nullptr && !exhausted_) {
    begin_ = end_ = 0;
    fill();
    found = std::memchr(buffer_.data(), '\n', end_);
  }
  begin_ = found == nullptr ? end_ : static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
  scanned_ = begin_;
  ended_ = found != nullptr;
  text_ = {};
  ++number_;
  return Found::too_long;
}

void LineSource::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  const std::size_t room = buffer_.size() - frame_padding;
  if (end_ > room / 2) buffer_.resize(std::min(room * 2, buffer_bytes_max) + frame_padding);
}

void LineSource::fill() {
  make_room();
  const auto n = stream_.read(std::span(buffer_).subspan(end_, buffer_.size() - frame_padding - end_));
  if (!n) broken_ = n.error();
  if (!n || *n == 0) exhausted_ = true;
  else end_ += *n;
}

}  // namespace crossbook::capture
