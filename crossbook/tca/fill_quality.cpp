// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/fill_quality.hpp"

namespace crossbook::tca {
namespace {

double ratio_bps(Wide part, Wide whole) { return 1e4 * to_double(part) / to_double(whole); }

Wide doubled(Price price) { return Wide{2} * price.count(); }

// The best price of the side that the fill met or joined.
std::optional<Price> touch_of(Action action, const FillRow& fill) {
  const Side side = fill.role == Role::taker ? taken_side(action) : resting_side(action);
  return side == Side::ask ? fill.top.ask : fill.top.bid;
}

// Adds one fill. False where its mid is not known.
bool add(const ShortfallInput& input, const FillRow& fill, ShortfallParts& parts) {
  const std::optional<std::int64_t> match_mid = doubled_mid(fill.top);
  const std::optional<Price> touch = touch_of(input.action, fill);
  if (!match_mid || !touch || !input.sent_mid) return false;
  const Wide signed_quantity = fill.quantity * sign_of(input.action);
  parts.delay += signed_quantity * (Wide{*input.sent_mid} - *input.decision_mid);
  parts.latency += signed_quantity * (Wide{*match_mid} - *input.sent_mid);
  parts.spread += signed_quantity * (doubled(*touch) - *match_mid);
  parts.impact += signed_quantity * (doubled(fill.price) - doubled(*touch));
  parts.fees += 2 * fill.fee;
  return true;
}

}  // namespace

std::optional<double> effective_spread_bps(Action action, Price price, std::int64_t decision_mid) {
  if (decision_mid <= 0) return {};
  return ratio_bps(2 * sign_of(action) * (doubled(price) - decision_mid), decision_mid);
}

std::optional<double> quoted_half_spread_bps(const Top& top) {
  const std::optional<std::int64_t> mid = doubled_mid(top);
  if (!mid || *mid <= 0) return {};
  return ratio_bps(Wide{top.ask->count()} - top.bid->count(), *mid);
}

std::optional<double> effective_over_quoted(Action action, Price price, const Top& top) {
  const std::optional<std::int64_t> mid = doubled_mid(top);
  if (!mid || *top.ask <= *top.bid) return {};
  const Wide effective = sign_of(action) * (doubled(price) - *mid);
  return to_double(effective) / to_double(Wide{top.ask->count()} - top.bid->count());
}

std::optional<double> realised_spread_bps(Action action, Price price, std::int64_t decision_mid,
                                          std::int64_t later_mid) {
  if (decision_mid <= 0) return {};
  return ratio_bps(2 * sign_of(action) * (doubled(price) - later_mid), decision_mid);
}

std::optional<double> price_impact_bps(Action action, std::int64_t decision_mid, std::int64_t later_mid) {
  if (decision_mid <= 0) return {};
  return ratio_bps(2 * sign_of(action) * (Wide{later_mid} - decision_mid), decision_mid);
}

std::optional<double> markout_bps(Action action, Price price, std::int64_t later_mid) {
  if (price.count() <= 0) return {};
  return ratio_bps(sign_of(action) * (Wide{later_mid} - doubled(price)), doubled(price));
}

std::optional<ShortfallParts> shortfall(const ShortfallInput& input) {
  if (!input.decision_mid) return {};
  ShortfallParts parts;
  Wide filled = 0;
  for (const FillRow& fill : input.fills) {
    if (!add(input, fill, parts)) return {};
    filled += fill.quantity;
  }
  if (filled == input.quantity) return parts;
  if (!input.end_mid) return {};
  parts.unfilled = sign_of(input.action) * (input.quantity - filled) * (Wide{*input.end_mid} - *input.decision_mid);
  return parts;
}

}  // namespace crossbook::tca
