// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/exact_size.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook {

// A decimal of at most 15 digits is the shortest text of the double nearest to it, and division rounds to the nearest:
// so 8 decimals, which nearly all sizes have, need no text.
Wide exact_size(double size) {
  if (size < 1e6) {
    const auto count = static_cast<std::int64_t>(std::rint(size * 1e8));
    if (static_cast<double>(count) / 1e8 == size) return Wide{count} * power_of_ten(exact_size_scale - 8);
  }
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), size, std::chars_format::scientific).ptr;
  Wide digits = 0;
  int decimals = 0;
  bool after_point = false;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      after_point = true;
      continue;
    }
    digits = digits * 10 + (*at - '0');
    decimals += after_point ? 1 : 0;
  }
  int exponent = 0;
  if (at != end) {
    ++at;
    if (*at == '+') ++at;
    std::from_chars(at, end, exponent);
  }
  int power = exact_size_scale + exponent - decimals;
  for (; power >= scale_max; power -= scale_max) digits *= power_of_ten(scale_max);
  if (power >= 0) return digits * power_of_ten(power);
  for (; power < -1 && digits != 0; ++power) digits /= 10;
  return (digits + 5) / 10;
}

Wide exact_sum(Wide a, Wide b) {
  constexpr auto greatest = static_cast<Wide>(~UnsignedWide{0} >> 1);
  return a > greatest - b ? greatest : a + b;
}

double nearest_double(Wide exact) {
  std::array<char, decimal_text_max + 8> text;
  const std::string_view digits = format_decimal(std::span(text).first<decimal_text_max>(), exact, 0);
  char* at = text.data() + (digits.data() - text.data()) + digits.size();
  for (const char c : std::string_view("e-21")) *at++ = c;
  double size = 0.0;
  const auto read = std::from_chars(digits.data(), at, size);
  CROSSBOOK_ASSERT(read.ec == std::errc());
  return size;
}

}  // namespace crossbook
