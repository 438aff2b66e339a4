// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <smmintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

// Decimal text to counts with SSE4.1, sixteen bytes at a time: what the scanner and the floor of the benchmark share.
// Everything here reads at least sixteen bytes from where it is pointed to.
namespace crossbook::venue {

// Bit i is set where byte i of the sixteen at `text` is not a digit.
[[nodiscard]] inline std::uint32_t other_than_digits(const char* text) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));  // above 9, unsigned, for everything else
  const __m128i fits = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  return static_cast<std::uint32_t>(_mm_movemask_epi8(fits)) ^ 0xFFFF;
}

[[nodiscard]] inline std::uint64_t eight_bytes(const char* text) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, 8);
  return bytes;
}

[[nodiscard]] inline std::uint32_t four_bytes(const char* text) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, text, 4);
  return bytes;
}

// Where the digits of a quoted decimal lie: 61837.63" has its point at 5 and its quote at 8; 30261" has both at 5.
struct DecimalShapeAt {
  unsigned point = 0;
  unsigned quote = 0;

  [[nodiscard]] unsigned decimals() const { return point == quote ? 0 : quote - point - 1; }
  friend bool operator==(const DecimalShapeAt&, const DecimalShapeAt&) = default;
  // Whether sixteen digits hold it, eight on each side of the point, and none is missing.
  [[nodiscard]] bool usable() const {
    return point >= 1 && point <= 8 && quote <= 15 && (point == quote || (quote >= point + 2 && quote <= point + 9));
  }
};

// Whether the text has exactly this shape.
[[nodiscard]] inline bool has_shape(const char* text, DecimalShapeAt shape) {
  const std::uint32_t up_to_quote = (2U << shape.quote) - 1;
  const std::uint32_t expected = 1U << shape.point | 1U << shape.quote;
  return (other_than_digits(text) & up_to_quote) == expected && text[shape.quote] == '"' &&
         (text[shape.point] == '.' || shape.point == shape.quote);
}

// The shape of the text; not usable() where it is not a plain decimal of at most eight digits on each side.
[[nodiscard]] inline DecimalShapeAt shape_of(const char* text) {
  const std::uint32_t others = other_than_digits(text) | 0x10000;
  const auto first = static_cast<unsigned>(std::countr_zero(others));
  if (first > 8 || text[first] == '"') return {first, first};
  const std::uint32_t rest = others & (others - 1);
  const unsigned second = rest == 0 ? 16 : static_cast<unsigned>(std::countr_zero(rest));
  if (text[first] != '.' || second > 15 || text[second] != '"') return {};
  return {first, second};
}

// The sixteen digits of a usable shape: eight before the point, right-aligned, then eight behind it, left-aligned.
[[nodiscard]] inline __m128i sixteen_digits(const char* text, DecimalShapeAt shape) {
  constexpr std::uint64_t low_nibbles = 0x0F0F0F0F0F0F0F0F;
  const std::uint64_t whole = (eight_bytes(text) & low_nibbles) << (64 - 8 * shape.point);
  const unsigned decimals = shape.decimals();
  const std::uint64_t kept = decimals == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * decimals);
  const std::uint64_t fraction = eight_bytes(text + shape.point + 1) & low_nibbles & kept;
  return _mm_set_epi64x(static_cast<std::int64_t>(fraction), static_cast<std::int64_t>(whole));
}

// Digits to groups of four digits, each in 32 bits.
[[nodiscard]] inline __m128i groups_of_four(__m128i digits) {
  const __m128i tens = _mm_set1_epi16(0x010A);          // 10, 1
  const __m128i hundreds = _mm_set1_epi32(0x00010064);  // 100, 1
  return _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
}

// Two decimals at once, as counts of 10^-8.
struct TwoCounts {
  std::int64_t first = 0;
  std::int64_t second = 0;
};
[[nodiscard]] inline TwoCounts counts_of(__m128i first, __m128i second) {
  const __m128i ten_thousands = _mm_set1_epi32(0x00012710);  // 10000, 1
  const __m128i groups = _mm_packus_epi32(groups_of_four(first), groups_of_four(second));
  const __m128i eights = _mm_madd_epi16(groups, ten_thousands);  // whole and fraction of the first, of the second
  const auto joined = [](std::uint64_t parts) {
    return static_cast<std::int64_t>((parts & 0xFFFFFFFF) * 100'000'000 + (parts >> 32));
  };
  return {joined(static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights))),
          joined(static_cast<std::uint64_t>(_mm_extract_epi64(eights, 1)))};
}

// Up to fifteen digits as a number; n is how many there are, 0 or 16 and more where it is none.
struct WholeNumber {
  std::int64_t value = 0;
  unsigned n = 0;
};
[[nodiscard]] inline WholeNumber whole_number_at(const char* text) {
  const auto n = static_cast<unsigned>(std::countr_zero(other_than_digits(text) | 0x10000));
  if (n == 0 || n > 15) return {0, n};
  constexpr std::uint64_t low_nibbles = 0x0F0F0F0F0F0F0F0F;
  const std::uint64_t head = eight_bytes(text) & low_nibbles;
  const std::uint64_t tail = eight_bytes(text + 8) & low_nibbles;
  // Right-aligned in sixteen bytes.
  const unsigned empty = 8 * (16 - n);
  const std::uint64_t low = empty >= 64 ? 0 : head << empty;
  const std::uint64_t high = empty >= 64 ? (empty == 64 ? head : head << (empty - 64))
                                         : (empty == 0 ? tail : tail << empty | head >> (64 - empty));
  const __m128i digits = _mm_set_epi64x(static_cast<std::int64_t>(high), static_cast<std::int64_t>(low));
  return {counts_of(digits, _mm_setzero_si128()).first, n};
}

}  // namespace crossbook::venue
