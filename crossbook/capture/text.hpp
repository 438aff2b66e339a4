// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// JSON strings and base64, both ways. Private to this room.
namespace crossbook::capture {

// A JSON string that was read: where the text goes on behind its closing quote, and what it said.
struct Unescaped {
  const char* rest = nullptr;
  char* end = nullptr;  // one past the last byte written
  bool ascii = true;    // false also where only bytes behind the string were not: look closer then
};

// Reads the string whose opening quote is just before `from`, up to its closing quote, and writes its UTF-8 to `to`.
// Nothing where it does not end before `end`, has a bad escape, a lone surrogate or a control character. Bytes beyond
// ASCII are copied as they are.
// REQUIRES: 16 readable bytes behind `end`; room for end - from + 16 bytes at `to`.
[[nodiscard]] std::optional<Unescaped> unescape(const char* from, const char* end, char* to);

// Appends a JSON string with its quotes. REQUIRES: the text is UTF-8.
void append_escaped(std::string_view text, std::string& to);

// Standard alphabet with padding, no blanks (RFC 4648, part 4). Nothing where the text is not that.
// REQUIRES: room for text.size() / 4 * 3 bytes at `to`. The answer is the number of bytes.
[[nodiscard]] std::optional<std::size_t> decode_base64(std::string_view text, char* to);
void append_base64(std::string_view bytes, std::string& to);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace crossbook::capture
