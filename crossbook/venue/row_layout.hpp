// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "crossbook/core/event.hpp"
#include "crossbook/core/instrument.hpp"
#include "crossbook/venue/digits.hpp"

namespace crossbook::venue {

[[nodiscard]] inline WrittenDigits written_digits(DecimalShapeAt price, DecimalShapeAt size) {
  return {static_cast<std::uint8_t>(price.decimals()), static_cast<std::uint8_t>(size.decimals())};
}

// How a row of a level array was written, as a pattern for the next one: 61837.63000000","1.54698000 without the quotes
// around it. A row fits if it has a digit where the first had one, and the same byte everywhere else. Nearly all rows
// of a frame are written alike, so that one comparison of 32 bytes checks a row and finds its digits.
class RowLayout {
 public:
  // Fits no row that ends in a quote.
  RowLayout() = default;

  // Of a row that was read already. REQUIRES: usable shapes, and that fits_in().
  RowLayout(const char* text, DecimalShapeAt price, DecimalShapeAt size)
      : price_digits_(digits_of(price)),
        size_digits_(digits_of(size)),
        written_(written_digits(price, size)),
        size_offset_(price.quote + 3),
        length_(size_offset_ + size.quote) {
    for (unsigned half = 0; half < 2; ++half) {
      const __m128i bytes = load(text + std::size_t{16} * half);
      const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
      const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
      pattern_[half] = _mm_blendv_epi8(bytes, _mm_set1_epi8('0'), is_digit);
      const __m128i position = _mm_add_epi8(positions(), _mm_set1_epi8(static_cast<char>(16 * half)));
      const __m128i behind = _mm_cmpgt_epi8(position, _mm_set1_epi8(static_cast<char>(length_ - 1)));
      limit_[half] = _mm_or_si128(_mm_and_si128(is_digit, _mm_set1_epi8(9)), behind);
    }
  }
  [[nodiscard]] static bool fits_in(DecimalShapeAt price, DecimalShapeAt size) {
    return price.quote + 3 + size.quote <= 32;
  }

  // Whether the 32 bytes at `text` begin with such a row; if so, its counts of 10^-8.
  [[nodiscard]] bool read(const char* text, TwoCounts& counts) const {
    // A digit becomes its value, any other byte that is as it should be 0; the limits are 9 and 0.
    const __m128i first = _mm_xor_si128(load(text), pattern_[0]);
    const __m128i second = _mm_xor_si128(load(text + 16), pattern_[1]);
    const __m128i wrong = _mm_or_si128(_mm_subs_epu8(first, limit_[0]), _mm_subs_epu8(second, limit_[1]));
    if (_mm_testz_si128(wrong, wrong) == 0) return false;
    const __m128i size = _mm_xor_si128(load(text + size_offset_), _mm_set1_epi8('0'));
    counts = counts_of(_mm_shuffle_epi8(first, price_digits_), _mm_shuffle_epi8(size, size_digits_));
    return true;
  }
  // Of the row, from the first digit of the price to the last of the size.
  [[nodiscard]] unsigned length() const { return length_; }
  [[nodiscard]] WrittenDigits written() const { return written_; }

 private:
  [[nodiscard]] static __m128i load(const char* text) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  }
  [[nodiscard]] static __m128i positions() {
    return _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  // Moves the digits of a number to where counts_of() wants them; a negative index gives 0.
  [[nodiscard]] static __m128i digits_of(DecimalShapeAt shape) {
    const __m128i behind_point = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const __m128i from = _mm_add_epi8(positions(), _mm_set1_epi8(static_cast<char>(static_cast<int>(shape.point) - 8)));
    const __m128i missing = _mm_cmpgt_epi8(positions(), _mm_set1_epi8(static_cast<char>(7 + shape.decimals())));
    return _mm_or_si128(_mm_add_epi8(from, behind_point), missing);
  }

  __m128i pattern_[2] = {_mm_setzero_si128(), _mm_setzero_si128()};
  __m128i limit_[2] = {_mm_setzero_si128(), _mm_setzero_si128()};
  __m128i price_digits_ = _mm_setzero_si128();
  __m128i size_digits_ = _mm_setzero_si128();
  WrittenDigits written_;
  unsigned size_offset_ = 0;
  unsigned length_ = 0;
};

// What the scanner keeps between frames: how the last rows were written and of which listing they were, which are only
// ever guesses, and room for rows on their way into the batch.
struct ScanScratch {
  RowLayout layout;
  Listing* listing = nullptr;  // of the one Listings that the context has
  std::array<Level, 32> levels;
  std::array<WrittenDigits, 32> written;
};

}  // namespace crossbook::venue
