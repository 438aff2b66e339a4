// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/capture/decoder.hpp"

// The lines of a text, in a buffer that grows to the longest of them. Private to this room.
namespace crossbook::capture {

enum class Found : std::uint8_t {
  line,
  too_long,  // longer than line_bytes_max; it has been skipped
  end,
};

class LineSource {
 public:
  explicit LineSource(std::unique_ptr<sys::Source> source);

  // The next line. Its text, without the line end, lives until the next call and has frame_padding readable bytes
  // behind it.
  [[nodiscard]] Found next();
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Whether the line had a line end. Only the last may have none.
  [[nodiscard]] bool ended() const { return ended_; }
  // Why the text stopped before its end, once it has.
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  [[nodiscard]] const TextStream& stream() const { return stream_; }

 private:
  void fill();  // reads behind end_, or notes the end
  void make_room();
  Found give(std::size_t length, bool ended);
  Found skip_long_line();

  TextStream stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;    // of what was not given out
  std::size_t scanned_ = 0;  // no line end between begin_ and here
  std::size_t end_ = 0;
  bool exhausted_ = false;
  std::string_view text_;
  std::uint64_t number_ = 0;
  bool ended_ = true;
  std::optional<std::string> broken_;
};

}  // namespace crossbook::capture
