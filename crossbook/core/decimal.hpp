// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crossbook/core/result.hpp"
#include "crossbook/core/wide.hpp"

// Decimal text to whole numbers and back, exactly. Never through floating point.
//
// Grammar: [-] digits [. digits] [(e|E) [+|-] digits], as JSON numbers and the venues' strings have it; a leading zero
// or a missing digit before the point is accepted, an empty text, blanks and a leading '+' are not.
namespace crossbook {

inline constexpr int scale_max = 18;  // 10^18 is the largest power of ten in 63 bits

// 10^exponent for exponent in [0, 18].
[[nodiscard]] constexpr std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// What a decimal text needs and how it was written: "0.02800" needs scale 3 and is written with 5 decimals.
struct DecimalShape {
  int scale = 0;     // digits after the point once trailing zeros are gone; 0 for whole numbers
  int decimals = 0;  // digits after the point as written; for exponent forms as if written out
  friend constexpr bool operator==(const DecimalShape&, const DecimalShape&) = default;
};
[[nodiscard]] Result<DecimalShape> decimal_shape(std::string_view text);

// Reads decimal text as a whole number of 10^-scale, exactly.
//   parse_decimal("64250.10", 2) -> 6425010
//   parse_decimal("0.001", 2)    -> Errc::inexact
// Errors: malformed, inexact (a digit other than 0 below the scale), overflow (beyond 63 bits; 127 for the wide form).
[[nodiscard]] Result<std::int64_t> parse_decimal(std::string_view text, int scale);
[[nodiscard]] Result<Wide> parse_decimal_wide(std::string_view text, int scale);

// Canonical text: no exponent, no trailing zeros, "0" for zero, a leading "-" where negative.
// Returns the part of `buffer` that was written. The buffer holds decimal_text_max characters.
inline constexpr std::size_t decimal_text_max = 48;
std::string_view format_decimal(std::span<char, decimal_text_max> buffer, Wide count, int scale);
[[nodiscard]] std::string format_decimal(Wide count, int scale);

// count * 10^(to - from), or overflow / inexact.
[[nodiscard]] Result<std::int64_t> rescale(std::int64_t count, int from, int to);
[[nodiscard]] Result<Wide> rescale_wide(Wide count, int from, int to);

}  // namespace crossbook
