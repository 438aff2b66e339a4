// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/text.hpp"

#include <emmintrin.h>
#include <simdjson.h>

#include <array>
#include <bit>
#include <cstdint>

namespace crossbook::capture {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t not_base64 = 0xff;

constexpr std::array<std::uint8_t, 256> sextets = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(not_base64);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

std::uint32_t sextet(char c) { return sextets[static_cast<unsigned char>(c)]; }

// Four hex digits as a UTF-16 unit; nothing where they are not four.
std::optional<std::uint32_t> read_unit(const char*& from, const char* end) {
  if (end - from < 4) return {};
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = *from++;
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') unit = unit * 16 + static_cast<std::uint32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f') unit = unit * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    else return {};
  }
  return unit;
}

// What follows "\u", with its second half where the first is a high surrogate.
std::optional<std::uint32_t> read_code_point(const char*& from, const char* end) {
  const auto unit = read_unit(from, end);
  if (!unit || (*unit >= 0xDC00 && *unit < 0xE000)) return {};
  if (*unit < 0xD800 || *unit >= 0xE000) return unit;
  if (end - from < 2 || from[0] != '\\' || from[1] != 'u') return {};
  from += 2;
  const auto low = read_unit(from, end);
  if (!low || *low < 0xDC00 || *low >= 0xE000) return {};
  return 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
}

char* write_utf8(std::uint32_t point, char* to) {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return to;
}

constexpr char short_escape(char c) {
  switch (c) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

// One escape, `from` just behind its backslash. False where it is none.
bool unescape_one(const char*& from, const char* end, char*& to) {
  if (from >= end) return false;
  const char c = *from++;
  if (const char plain = short_escape(c); plain != 0) {
    *to++ = plain;
    return true;
  }
  if (c != 'u') return false;
  const auto point = read_code_point(from, end);
  if (!point) return false;
  to = write_utf8(*point, to);
  return true;
}

}  // namespace

std::optional<Unescaped> unescape(const char* from, const char* end, char* to) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control_max = _mm_set1_epi8(0x1f);
  int beyond_ascii = 0;
  while (from < end) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
    const __m128i special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
                                         _mm_cmpeq_epi8(_mm_min_epu8(block, control_max), block));
    const auto stops = static_cast<unsigned>(_mm_movemask_epi8(special));
    beyond_ascii |= _mm_movemask_epi8(block);
    const int plain = stops == 0 ? 16 : std::countr_zero(stops);
    from += plain;
    to += plain;
    if (stops == 0) continue;
    if (from >= end) return {};
    const char stop = *from++;
    if (stop == '"') return Unescaped{from, to, beyond_ascii == 0};
    if (stop != '\\' || !unescape_one(from, end, to)) return {};
  }
  return {};
}

void append_escaped(std::string_view text, std::string& to) {
  to += '"';
  for (const char c : text) {
    switch (c) {
      case '"': to += "\\\""; break;
      case '\\': to += "\\\\"; break;
      case '\b': to += "\\b"; break;
      case '\f': to += "\\f"; break;
      case '\n': to += "\\n"; break;
      case '\r': to += "\\r"; break;
      case '\t': to += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          to += c;
        } else {
          to += "\\u00";
          to += "0123456789abcdef"[c >> 4];
          to += "0123456789abcdef"[c & 15];
        }
    }
  }
  to += '"';
}

std::optional<std::size_t> decode_base64(std::string_view text, char* to) {
  if (text.size() % 4 != 0) return {};
  char* const start = to;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte & 0xff); };
  for (std::size_t i = 0; i < whole; i += 4) {
    const std::uint32_t a = sextet(text[i]), b = sextet(text[i + 1]), c = sextet(text[i + 2]), d = sextet(text[i + 3]);
    if ((a | b | c | d) > 63) return {};
    put(a << 2 | b >> 4);
    put(b << 4 | c >> 2);
    put(c << 6 | d);
  }
  if (padding == 0) return static_cast<std::size_t>(to - start);
  const std::uint32_t a = sextet(text[whole]), b = sextet(text[whole + 1]);
  const std::uint32_t c = padding == 1 ? sextet(text[whole + 2]) : 0;
  // The bits that no byte takes are zero, so that each byte string has one spelling.
  if ((a | b | c) > 63 || (padding == 2 ? b & 15 : c & 3) != 0) return {};
  put(a << 2 | b >> 4);
  if (padding == 1) put(b << 4 | c >> 2);
  return static_cast<std::size_t>(to - start);
}

void append_base64(std::string_view bytes, std::string& to) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    to += alphabet[group >> 18];
    to += alphabet[group >> 12 & 63];
    to += i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    to += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace crossbook::capture
