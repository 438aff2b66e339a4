// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

#include "crossbook/core/order.hpp"
#include "crossbook/core/wide.hpp"
#include "crossbook/guard/slot_heap.hpp"

// In which order the due orders of an account get the requests that are left.
namespace crossbook::guard {

// The touch of a listing: its best prices, at the listing's price scale.
struct Touch {
  std::optional<Price> bid;
  std::optional<Price> ask;
  int price_scale = 0;
};

// Nearest to the price that would fill it first, then the largest, then the eldest.
struct Urgency {
  std::int64_t distance = 0;  // in MicroBps of that price; 0 when it is not known
  std::int64_t size = 0;      // notional in units of 10^-2 of the quote currency, negated
  std::uint64_t id = 0;
  friend constexpr auto operator<=>(const Urgency&, const Urgency&) = default;
};

[[nodiscard]] constexpr std::int64_t saturated(Wide wide) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  if (wide > most) return most;
  return wide < -most ? -most : static_cast<std::int64_t>(wide);
}

[[nodiscard]] constexpr Wide power_of_ten(int exponent) {
  Wide power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// part / whole in MicroBps, towards zero, saturated. Range: |part| and whole below 2^124, whole above 0.
[[nodiscard]] constexpr std::int64_t micro_bps_of(Wide part, Wide whole) {
  constexpr int digits = 10;  // of 1e4 bps of 1e6
  Wide quotient = part / whole;
  if (quotient > 100'000'000 || quotient < -100'000'000)
    return quotient > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  Wide rest = part % whole;
  for (int digit = 0; digit < digits; ++digit) {
    rest *= 10;
    quotient = quotient * 10 + rest / whole;
    rest %= whole;
  }
  return static_cast<std::int64_t>(quotient);
}
static_assert(micro_bps_of(1, 3) == 3'333'333'333);
static_assert(micro_bps_of(-7, 2) == -35'000'000'000);

// Range: scales from 0 to 18.
[[nodiscard]] constexpr Urgency urgency_of(OrderId id, const OrderTerms& terms, const Touch& touch) {
  Urgency urgency{.id = static_cast<std::uint64_t>(id)};
  const Wide notional = wide_product(terms.price.count(), terms.quantity.count());
  const int scale = terms.price_scale + terms.quantity_scale - 2;
  urgency.size = -saturated(scale > 0 ? notional / power_of_ten(scale) : notional);
  const std::optional<Price>& taker = terms.action == Action::buy ? touch.ask : touch.bid;
  if (!taker || taker->count() <= 0 || terms.type == OrderType::market) return urgency;
  const Wide order_price = terms.price.count() * power_of_ten(touch.price_scale - terms.price_scale);
  const Wide touch_price = taker->count() * power_of_ten(terms.price_scale - touch.price_scale);
  const Wide away = terms.action == Action::buy ? touch_price - order_price : order_price - touch_price;
  urgency.distance = micro_bps_of(away, touch_price);
  return urgency;
}

// The due orders of one account that wait for a request.
using CancelQueue = SlotHeap<Urgency>;

}  // namespace crossbook::guard
