// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/cost/fees.hpp"

// A fee as the venue booked it: an amount of some currency. A rate only once that currency is understood.
namespace crossbook {

enum class FeeCurrency : std::uint8_t {
  quote,  // what the pair is priced in
  base,   // what was bought
  other,  // a discount token, points, anything else
};

// All counts of 1e-8: `amount` of the fee's currency (below zero: a rebate), `price` and `rate` of quote currency a
// unit.
struct BookedFee {
  std::int64_t amount = 0;
  FeeCurrency currency = FeeCurrency::quote;
  std::int64_t price = 0;            // of the fill: converts a fee taken in base
  std::optional<std::int64_t> rate;  // quote per unit of the fee's currency when it was charged; none: not known
};

// The fee as a rate of the notional (1e-6 quote). None where the fee is in a third currency without a rate, the
// notional is not known, or the rate is beyond fee_max: such a fee is kept apart in its own currency and never added up
// raw.
[[nodiscard]] std::optional<MicroBps> rate_of(const BookedFee& fee, std::int64_t notional);

// Half a unit of the last place in which the venue books fees, as a rate of the notional: how far rounding moves a fee.
// `unit` is that last place in 1e-8 of the quote currency (a cent: 1'000'000). Rounded up.
[[nodiscard]] MicroBps rounding_of(std::int64_t unit, std::int64_t notional);

}  // namespace crossbook
