// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/booked_fee.hpp"

namespace crossbook {
namespace {

constexpr std::int64_t unit_count = 100'000'000;           // 1e-8 to one
constexpr std::int64_t micro_bps_of_one = 10'000'000'000;  // 1e4 bps, in 1e-6 bps
constexpr std::int64_t notional_to_amount = unit_count / notional_unit;

// To the nearest, halves away from zero.
Wide divide(Wide dividend, Wide divisor) { return (dividend + (dividend < 0 ? -divisor / 2 : divisor / 2)) / divisor; }

}  // namespace

std::optional<MicroBps> rate_of(const BookedFee& fee, std::int64_t notional) {
  if (notional <= 0) return {};
  Wide quote = fee.amount;
  if (fee.currency == FeeCurrency::other) {
    if (!fee.rate) return {};
    quote = divide(wide_product(fee.amount, *fee.rate), unit_count);
  } else if (fee.currency == FeeCurrency::base) {
    quote = divide(wide_product(fee.amount, fee.price), unit_count);
  }
  constexpr Wide range = static_cast<Wide>(1) << 90;  // keeps the product below in 127 bits
  if (quote > range || quote < -range) return {};
  const Wide rate = divide(quote * micro_bps_of_one, static_cast<Wide>(notional) * notional_to_amount);
  if (rate > fee_max.count() || rate < -fee_max.count()) return {};
  return MicroBps(static_cast<std::int64_t>(rate));
}

MicroBps rounding_of(std::int64_t unit, std::int64_t notional) {
  if (notional <= 0 || unit <= 0) return MicroBps(0);
  const Wide twice = static_cast<Wide>(notional) * notional_to_amount * 2;
  const Wide rate = (wide_product(unit, micro_bps_of_one) + twice - 1) / twice;
  return MicroBps(rate > fee_max.count() ? fee_max.count() : static_cast<std::int64_t>(rate));
}

}  // namespace crossbook
