// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "crossbook/core/decimal.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// Numbers of different scales beside each other: an order keeps its scales while its listing may grow finer.
namespace crossbook::gateway {

// Prices and quantities in 10^-18. Any 63-bit count fits; a wide quantity from 1.7e20 on counts as that much.
[[nodiscard]] constexpr Wide exact(Wide count, int scale) {
  Wide scaled = 0;
  if (__builtin_mul_overflow(count, static_cast<Wide>(power_of_ten(scale_max - scale)), &scaled)) {
    return count < 0 ? std::numeric_limits<Wide>::min() : std::numeric_limits<Wide>::max();
  }
  return scaled;
}

// How much of a wide amount fits into counts of 10^-scale, the rest cut off; at most the largest count. Not for less
// than 0.
[[nodiscard]] constexpr std::int64_t counts_within(Wide amount, int scale) {
  const Wide counts = amount / power_of_ten(scale_max - scale);
  return narrow(counts).value_or(std::numeric_limits<std::int64_t>::max());
}

// Where a price stands on its side: less is nearer to the touch. A level of one side reaches an order of the other
// where the two places add up to 0 or less.
[[nodiscard]] constexpr Wide place_of(Side side, Wide price) { return side == Side::ask ? price : -price; }
[[nodiscard]] constexpr Wide price_at(Side side, Wide place) { return side == Side::ask ? place : -place; }

// The fee on price * quantity in the same unit, rounded up (a rebate down). REQUIRES: a rate within 100 %.
[[nodiscard]] constexpr Wide fee_of(Price price, Quantity quantity, MicroBps rate) {
  constexpr std::int64_t whole = 10'000'000'000;  // 100 % in 1e-6 bps
  const Wide value = wide_product(price.count(), quantity.count());
  const Wide rest = value % whole * rate.count();
  const Wide up = rest > 0 && rest % whole != 0 ? 1 : 0;
  return value / whole * rate.count() + rest / whole + up;
}

}  // namespace crossbook::gateway
