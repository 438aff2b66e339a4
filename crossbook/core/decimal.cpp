// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/decimal.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace crossbook {
namespace {

constexpr int exponent_limit = 64;  // no venue writes prices beyond 1e+-64; keeps the arithmetic below in range

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The text cut into sign, digits on both sides of the point, and exponent.
struct Parts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int exponent = 0;
};

std::string_view take_digits(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && is_digit(rest[n])) ++n;
  const std::string_view digits = rest.substr(0, n);
  rest.remove_prefix(n);
  return digits;
}

Result<int> take_exponent(std::string_view& rest, std::string_view text) {
  const auto here = [&] { return static_cast<std::uint32_t>(text.size() - rest.size()); };
  rest.remove_prefix(1);
  const bool negative = !rest.empty() && rest.front() == '-';
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) rest.remove_prefix(1);
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return failure(Errc::malformed, "digits of an exponent", here());
  int exponent = 0;
  for (const char c : digits) {
    exponent = exponent * 10 + (c - '0');
    if (exponent > exponent_limit) return failure(Errc::overflow, "an exponent within 64", here());
  }
  return negative ? -exponent : exponent;
}

Result<Parts> split(std::string_view text) {
  Parts parts;
  std::string_view rest = text;
  const auto here = [&] { return static_cast<std::uint32_t>(text.size() - rest.size()); };
  if (!rest.empty() && rest.front() == '-') {
    parts.negative = true;
    rest.remove_prefix(1);
  }
  parts.whole = take_digits(rest);
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    parts.fraction = take_digits(rest);
    if (parts.fraction.empty()) return failure(Errc::malformed, "digits after the point", here());
  } else if (parts.whole.empty()) {
    return failure(Errc::malformed, "a digit", here());
  }
  if (!rest.empty() && (rest.front() == 'e' || rest.front() == 'E')) {
    CROSSBOOK_TRY(exponent, take_exponent(rest, text));
    parts.exponent = exponent;
  }
  if (!rest.empty()) return failure(Errc::malformed, "the end of a number", here());
  return parts;
}

// The digits of both sides read as one number, point moved to `scale` digits from the right.
Result<Wide> count_at(const Parts& parts, int scale) {
  const int fraction_size = static_cast<int>(parts.fraction.size());
  const int digits = static_cast<int>(parts.whole.size()) + fraction_size;
  const int kept = digits - fraction_size + scale + parts.exponent;  // digits at or above 10^-scale
  const auto digit = [&](int i) {
    const auto at = static_cast<std::size_t>(i);
    return at < parts.whole.size() ? parts.whole[at] : parts.fraction[at - parts.whole.size()];
  };
  constexpr Wide limit = (~static_cast<UnsignedWide>(0) >> 1) / 10 - 1;
  Wide count = 0;
  for (int i = 0; i < std::max(digits, kept); ++i) {
    const int value = i < digits ? digit(i) - '0' : 0;
    if (i >= kept) {
      if (value != 0) return failure(Errc::inexact, "no digit below the scale");
      continue;
    }
    if (count > limit) return failure(Errc::overflow, "a number within 127 bits");
    count = count * 10 + value;
  }
  return parts.negative ? -count : count;
}

}  // namespace

Result<DecimalShape> decimal_shape(std::string_view text) {
  CROSSBOOK_TRY(parts, split(text));
  DecimalShape shape;
  shape.decimals = std::max(0, static_cast<int>(parts.fraction.size()) - parts.exponent);
  // The last digit that is not 0, counted from the point.
  const std::size_t fraction_end = parts.fraction.find_last_not_of('0');
  int last = 0;
  if (fraction_end != std::string_view::npos) {
    last = static_cast<int>(fraction_end) + 1;
  } else if (const std::size_t whole_end = parts.whole.find_last_not_of('0'); whole_end != std::string_view::npos) {
    last = static_cast<int>(whole_end) + 1 - static_cast<int>(parts.whole.size());
  } else {
    return shape;  // zero
  }
  shape.scale = std::max(0, last - parts.exponent);
  return shape;
}

Result<Wide> parse_decimal_wide(std::string_view text, int scale) {
  CROSSBOOK_TRY(parts, split(text));
  return count_at(parts, scale);
}

Result<std::int64_t> parse_decimal(std::string_view text, int scale) {
  // The plain form with room to spare, which is nearly all of them, in one pass.
  std::size_t i = 0;
  std::int64_t count = 0;
  int decimals = 0;
  if (text.size() < 19) {
    while (i < text.size() && is_digit(text[i])) count = count * 10 + (text[i++] - '0');
    if (i > 0 && i < text.size() && text[i] == '.') {
      ++i;
      while (i < text.size() && is_digit(text[i]) && decimals < scale) {
        count = count * 10 + (text[i++] - '0');
        ++decimals;
      }
      while (i < text.size() && text[i] == '0' && decimals == scale) ++i;
      if (text[i - 1] == '.') i = 0;  // "5." is malformed: the careful path says so
    }
    if (i > 0 && i == text.size() && static_cast<int>(i) + scale - decimals < 19)
      return count * power_of_ten(scale - decimals);
  }
  CROSSBOOK_TRY(wide, parse_decimal_wide(text, scale));
  if (const auto count64 = narrow(wide)) return *count64;
  return failure(Errc::overflow, "a number within 63 bits");
}

std::string_view format_decimal(std::span<char, decimal_text_max> buffer, Wide count, int scale) {
  char* const end = buffer.data() + buffer.size();
  char* at = end;
  const bool negative = count < 0;
  UnsignedWide rest = negative ? -static_cast<UnsignedWide>(count) : static_cast<UnsignedWide>(count);
  while (scale > 0 && rest % 10 == 0) {  // trailing zeros are not digits
    rest /= 10;
    --scale;
    if (rest == 0) scale = 0;
  }
  for (int position = 0; rest != 0 || position <= scale; ++position) {
    if (position == scale && scale > 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) *--at = '-';
  return {at, static_cast<std::size_t>(end - at)};
}

std::string format_decimal(Wide count, int scale) {
  std::array<char, decimal_text_max> buffer;
  return std::string(format_decimal(buffer, count, scale));
}

Result<Wide> rescale_wide(Wide count, int from, int to) {
  for (; from < to; ++from) {
    constexpr Wide limit = (~static_cast<UnsignedWide>(0) >> 1) / 10 - 1;
    if (count > limit || count < -limit) return failure(Errc::overflow, "a number within 127 bits");
    count *= 10;
  }
  for (; from > to; --from) {
    if (count % 10 != 0) return failure(Errc::inexact, "a number without digits below the scale");
    count /= 10;
  }
  return count;
}

Result<std::int64_t> rescale(std::int64_t count, int from, int to) {
  CROSSBOOK_TRY(wide, rescale_wide(count, from, to));
  if (const auto count64 = narrow(wide)) return *count64;
  return failure(Errc::overflow, "a number within 63 bits");
}

}  // namespace crossbook
