// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "crossbook/core/order.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// What a taker really pays or gets per unit: price, fee and the price of being late, in whole numbers.
//   all_in = p (1 + s fee) + s w c,  c = p sigma sqrt(tau / 2 pi),  s = +1 to buy, -1 to sell
// c is proportional to the price, so fee and latency are one rate for the whole book of a venue.
namespace crossbook {

inline constexpr std::int64_t rate_one = 10'000'000'000;  // 1 in MicroBps: 1e4 bps of 1e6

// What a rate leaves of 1: 1 + s rate, in 1e-10. Rates are within (-1, 1), so that it is above zero.
[[nodiscard]] constexpr std::int64_t all_in_factor(Action action, MicroBps rate) {
  return action == Action::buy ? rate_one + rate.count() : rate_one - rate.count();
}

// Price with fee and latency cost, exact, in 1e-10 of the price's unit.
//   all_in(Action::buy, Price(10'000), MicroBps(26'000'000)) -> 10026 and no digit lost
[[nodiscard]] constexpr Wide all_in(Action action, Price price, MicroBps rate) {
  return wide_product(price.count(), all_in_factor(action, rate));
}
static_assert(all_in(Action::buy, Price(10'000), MicroBps(26'000'000)) == wide_product(10'026, rate_one));
static_assert(all_in(Action::sell, Price(10'000), MicroBps(-1'000'000)) == wide_product(10'001, rate_one));

// How waiting is priced.
enum class LatencyForm : std::uint8_t {
  diffusion,  // sigma sqrt(tau / 2 pi): the expected adverse move of a price that wanders
  linear,     // the original's: tau in seconds times the volatility per second
};

struct LatencyPricing {
  LatencyForm form = LatencyForm::diffusion;
  double volatility = 1e-4;  // a fraction per sqrt(second); per second in the linear form. 1e-4 until measured
  double weight = 0.3;       // latency_weight, from 0 (latency costs nothing) to 1
};

// The cost of acting `tau` late, as a rate of the price, `weight` included; rounded to 1e-6 bps.
// Nothing for a negative time. Only operations that IEEE 754 rounds exactly.
[[nodiscard]] inline MicroBps latency_rate(const LatencyPricing& pricing, Nanos tau) {
  constexpr double two_pi = 6.283185307179586;
  const double tau_s = static_cast<double>(tau.count() > 0 ? tau.count() : 0) / 1e9;
  const double share = pricing.form == LatencyForm::linear ? tau_s : std::sqrt(tau_s / two_pi);
  const double rate = pricing.weight * pricing.volatility * share * static_cast<double>(rate_one) + 0.5;
  constexpr double rate_max = static_cast<double>(rate_one - 1);
  return MicroBps(static_cast<std::int64_t>(rate < rate_max ? rate : rate_max));
}

// One unit of a venue's quote currency in the plan's quote currency: 1 USDC is bought for `ask` USDT and sold for
// `bid`, in 10^-scale. `age` is the rate's own.
struct FxRate {
  Price bid;
  Price ask;
  int scale = 0;
  Nanos age;
};

// A price in the plan's quote currency, rounded against the taker: asks up, bids down.
// Errors: overflow; malformed, where the rate is not above zero, crossed, or its scale is not in [0, 18].
[[nodiscard]] constexpr Result<Price> converted(Side side, Price price, const FxRate& rate) {
  if (rate.bid.count() <= 0 || rate.ask < rate.bid || rate.scale < 0 || rate.scale > 18)
    return failure(Errc::malformed, "an exchange rate above zero, bid not above ask");
  Wide unit = 1;
  for (int i = 0; i < rate.scale; ++i) unit *= 10;
  const Wide product = wide_product(price.count(), side == Side::ask ? rate.ask.count() : rate.bid.count());
  Wide whole = product / unit;
  const Wide rest = product - whole * unit;
  if (rest > 0 && side == Side::ask) ++whole;
  if (rest < 0 && side == Side::bid) --whole;
  const std::optional<std::int64_t> count = narrow(whole);
  if (!count) return failure(Errc::overflow, "a converted price within 63 bits");
  return Price(*count);
}

}  // namespace crossbook
