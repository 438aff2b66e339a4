// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// Spreads as the guard compares them.
namespace crossbook::guard {

// Ask minus bid over their mid, in MicroBps, rounded up: `spread > threshold` is then exact for every whole threshold.
// Negative when crossed. None when a price is not above zero. Both prices have the same scale.
[[nodiscard]] constexpr std::optional<MicroBps> spread_between(Price bid, Price ask) {
  if (bid.count() <= 0 || ask.count() <= 0) return {};
  constexpr Wide micro_bps_of_one = 10'000'000'000;  // 1e4 bps of 1e6
  const Wide numerator = (static_cast<Wide>(ask.count()) - bid.count()) * 2 * micro_bps_of_one;
  const Wide denominator = static_cast<Wide>(ask.count()) + bid.count();
  const Wide towards_zero = numerator / denominator;
  const bool round_up = numerator > 0 && numerator % denominator != 0;
  return MicroBps(static_cast<std::int64_t>(towards_zero + (round_up ? 1 : 0)));
}
static_assert(spread_between(Price(9'995), Price(10'005)) == MicroBps(10'000'000));  // 10 bps
static_assert(spread_between(Price(10'001), Price(9'999)) == MicroBps(-2'000'000));
static_assert(spread_between(Price(1), Price(2)) == MicroBps(6'666'666'667));

// The spread of a watch at one moment: a number, or unusable (a side missing, a book not ready).
using Spread = std::optional<MicroBps>;

}  // namespace crossbook::guard
