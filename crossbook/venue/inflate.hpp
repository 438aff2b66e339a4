// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "crossbook/core/result.hpp"

// Frames that are gzip files. Private to this room.
namespace crossbook::venue {

// The largest text a frame may inflate to: a hundred times the largest that a venue was seen to send.
inline constexpr std::size_t inflated_bytes_max = std::size_t{4} << 20;

[[nodiscard]] constexpr bool is_gzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

// The text of one whole gzip member, in `buffer`, padded like a Frame; it lives until the buffer is used again. The
// buffer only grows, and zlib works in memory of ours: nothing is allocated once the buffer is large enough.
// Errors: malformed for a cut, damaged or too large member and for bytes behind it.
[[nodiscard]] Result<std::string_view> inflate_frame(std::string_view bytes, std::vector<char>& buffer);

}  // namespace crossbook::venue
