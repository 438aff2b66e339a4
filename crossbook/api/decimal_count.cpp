// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/decimal_count.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/guard/spread.hpp"

namespace crossbook {
namespace {

// digits * 10^exponent, with at most 17 digits and no zero at the end.
struct Decimal {
  std::int64_t digits = 0;
  int length = 0;
  int exponent = 0;
};

Decimal shortest(double number) {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* at = text.data();
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') continue;
    decimal.digits = decimal.digits * 10 + (*at - '0');
    ++decimal.length;
  }
  CROSSBOOK_ASSERT(at != end && decimal.length <= 17);
  ++at;
  if (*at == '+') ++at;
  std::from_chars(at, end, decimal.exponent);
  decimal.exponent -= decimal.length - 1;
  return decimal;
}

std::optional<std::int64_t> at_scale(const Decimal& decimal, int scale) {
  const int power = decimal.exponent + scale;
  if (power > scale_max) return {};
  if (power >= 0) {
    std::int64_t count = 0;
    if (__builtin_mul_overflow(decimal.digits, power_of_ten(power), &count)) return {};
    return count;
  }
  if (power < -scale_max) return 0;
  const std::int64_t unit = power_of_ten(-power);
  return decimal.digits / unit + (decimal.digits % unit >= unit - unit / 2 ? 1 : 0);
}

// The number of the digit before the point, from 0: 3 of 1234.5, -1 of 0.5.
int magnitude(const Decimal& decimal) { return decimal.exponent + decimal.length - 1; }

// Prices of up to 8 decimals below 1e6, which nearly all are, need no text: see exact_size().
std::optional<std::int64_t> short_price(double price) {
  if (price >= 1e6) return {};
  const std::int64_t count = std::llround(price * 1e8);
  if (static_cast<double>(count) / 1e8 != price) return {};
  return count;
}

}  // namespace

CountedSize counted_size(double size) {
  const Decimal decimal = shortest(size);
  const int scale = 17 - magnitude(decimal);
  return {at_scale(decimal, scale).value_or(0), scale};
}

std::optional<std::int64_t> decimal_count(double size, int scale) { return at_scale(shortest(size), scale); }

double counted_double(std::int64_t count, int scale) {
  std::array<char, 48> text;
  char* at = std::to_chars(text.data(), text.data() + 24, count).ptr;
  *at++ = 'e';
  at = std::to_chars(at, text.data() + text.size(), -scale).ptr;
  double number = 0.0;
  // A number too small for a double is its zero, which from_chars leaves as it was.
  (void)std::from_chars(text.data(), at, number);
  return number;
}

std::optional<MicroBps> decimal_spread(double bid, double ask) {
  if (!(bid > 0.0) || !(ask > 0.0) || bid > ask) return {};
  const auto short_bid = short_price(bid);
  const auto short_ask = short_price(ask);
  if (short_bid && short_ask && *short_bid > 0) return guard::spread_between(Price(*short_bid), Price(*short_ask));
  // The bid is at most the ask: what it loses below 1e-17 of the ask is no part of the spread.
  const CountedSize counted = counted_size(ask);
  const std::int64_t bid_count = std::max<std::int64_t>(1, decimal_count(bid, counted.scale).value_or(1));
  return guard::spread_between(Price(bid_count), Price(counted.count));
}

}  // namespace crossbook
