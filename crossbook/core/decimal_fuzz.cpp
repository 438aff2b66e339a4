// SPDX-License-Identifier: Apache-2.0
//
// Any text as a decimal, against big numbers done naively: a string of decimal digits of any length and a power of ten.
// The first byte is the scale.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook {
namespace {

// digits * 10^exponent. Without leading or trailing zeros; zero has no digits.
struct Naive {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;
};

// No venue writes an exponent beyond this; decimal.cpp refuses it, whatever the digits.
constexpr std::int64_t exponent_max = 64;

// A number, or why it is none.
struct Parsed {
  std::optional<Naive> number;
  Errc error = Errc::malformed;
};

std::string take_digits(std::string_view& rest) {
  const std::size_t n = std::min(rest.find_first_not_of("0123456789"), rest.size());
  std::string digits(rest.substr(0, n));
  rest.remove_prefix(n);
  return digits;
}

bool take(std::string_view& rest, std::string_view any_of) {
  if (rest.empty() || any_of.find(rest.front()) == std::string_view::npos) return false;
  rest.remove_prefix(1);
  return true;
}

// [-] digits [. digits] [(e|E) [+|-] digits]
Parsed naive(std::string_view rest) {
  Naive number;
  number.negative = take(rest, "-");
  number.digits = take_digits(rest);
  if (take(rest, ".")) {
    const std::string fraction = take_digits(rest);
    if (fraction.empty()) return {};
    number.digits += fraction;
    number.exponent = -static_cast<std::int64_t>(fraction.size());
  }
  if (number.digits.empty()) return {};
  if (take(rest, "eE")) {
    const bool minus = rest.starts_with('-');
    take(rest, "+-");
    std::string digits = take_digits(rest);
    if (digits.empty()) return {};
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    if (digits.size() > 2 || std::stoi(digits) > exponent_max) return {.error = Errc::overflow};
    number.exponent += minus ? -std::stoi(digits) : std::stoi(digits);
  }
  if (!rest.empty()) return {};
  while (number.digits.ends_with('0')) {
    number.digits.pop_back();
    ++number.exponent;
  }
  number.digits.erase(0, std::min(number.digits.find_first_not_of('0'), number.digits.size()));
  return {.number = number};
}

// One type's range, as digits. `sure` is what is always read; up to `most` it may be an overflow already.
struct Range {
  std::string_view sure, most, most_negative;
};
constexpr Range range64{"9223372036854775807", "9223372036854775807", "9223372036854775808"};
constexpr Range range128{"170141183460469231731687303715884105700", "170141183460469231731687303715884105727",
                         "170141183460469231731687303715884105728"};

bool above(std::string_view digits, std::string_view limit) {
  return digits.size() != limit.size() ? digits.size() > limit.size() : digits > limit;
}

// The number in units of 10^-scale as digits; nothing where it is finer, or far beyond every range.
std::optional<std::string> units(const Naive& number, int scale) {
  const std::int64_t zeros = number.digits.empty() ? 0 : number.exponent + scale;
  if (zeros < 0 || zeros > 2 * exponent_max) return {};
  return number.digits + std::string(static_cast<std::size_t>(zeros), '0');
}

template <class T>
void check_value(T count, const Naive& number, int scale, const Range& range) {
  const auto digits = units(number, scale);
  CROSSBOOK_ASSERT(digits.has_value());
  CROSSBOOK_ASSERT(!above(*digits, number.negative ? range.most_negative : range.most));
  const std::string sign = number.negative && !digits->empty() ? "-" : "";
  CROSSBOOK_ASSERT(format_decimal(count, 0) == (digits->empty() ? "0" : sign + *digits));
}

// A number may be both too fine and too large: either may be said.
void check_error(Errc code, const Naive& number, int scale, const Range& range) {
  CROSSBOOK_ASSERT(!number.digits.empty());  // zero fits everywhere
  const bool fine = number.exponent + scale < 0;
  std::string above_scale = number.digits;  // the part at or above 10^-scale
  if (fine)
    above_scale.resize(above_scale.size() -
                       std::min(above_scale.size(), static_cast<std::size_t>(-number.exponent - scale)));
  const auto digits = fine ? std::optional(above_scale) : units(number, scale);
  const bool large = !digits || above(*digits, range.sure);
  CROSSBOOK_ASSERT((code == Errc::inexact && fine) || (code == Errc::overflow && large));
}

template <class T>
void check(const Result<T>& read, const Parsed& text, int scale, const Range& range) {
  if (!text.number) {
    CROSSBOOK_ASSERT(!read.has_value() && read.error().code == text.error);
    return;
  }
  if (read) return check_value(*read, *text.number, scale, range);
  check_error(read.error().code, *text.number, scale, range);
}

void check_shape(std::string_view text, const Parsed& parsed) {
  const auto shape = decimal_shape(text);
  CROSSBOOK_ASSERT(shape.has_value() == parsed.number.has_value());
  if (!shape) return;
  const Naive& number = *parsed.number;
  const std::int64_t scale = number.digits.empty() || number.exponent > 0 ? 0 : -number.exponent;
  CROSSBOOK_ASSERT(shape->scale == scale);
  CROSSBOOK_ASSERT(shape->decimals >= shape->scale);
}

// What is written is canonical and reads back, at every scale.
void check_written(Wide count, int scale) {
  const std::string text = format_decimal(count, scale);
  CROSSBOOK_ASSERT(text.find_first_of("eE+") == std::string::npos);
  CROSSBOOK_ASSERT(text.find('.') == std::string::npos || (text.back() != '0' && text.back() != '.'));
  CROSSBOOK_ASSERT(text != "-0");
  const auto again = parse_decimal_wide(text, scale);
  CROSSBOOK_ASSERT(again.has_value() && *again == count);
}

}  // namespace
}  // namespace crossbook

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace crossbook;
  if (size == 0) return 0;
  const int scale = bytes[0] % (scale_max + 1);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const Parsed parsed = naive(text);
  const auto wide = parse_decimal_wide(text, scale);
  check(parse_decimal(text, scale), parsed, scale, range64);
  check(wide, parsed, scale, range128);
  check_shape(text, parsed);
  if (wide) check_written(*wide, scale);
  return 0;
}
