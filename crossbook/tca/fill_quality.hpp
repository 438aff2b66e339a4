// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/tca/rows.hpp"

// How good one fill was, and what an order cost beside the mid that its decision saw. Formulas: Perold (1988) for the
// shortfall, Rule 605 for spreads and their periods. s = +1 to buy, -1 to sell; x is the fill's price, M a doubled mid,
// all at one scale; bps are 1e4 times a ratio.
namespace crossbook::tca {

[[nodiscard]] constexpr Wide sign_of(Action action) { return action == Action::buy ? 1 : -1; }

// Effective spread: 2 s (x - m0) / m0. Above zero is a cost. Nothing where the mid is not above zero, as below.
[[nodiscard]] std::optional<double> effective_spread_bps(Action action, Price price, std::int64_t decision_mid);
// Quoted half-spread at the decision: (ask - bid) / 2 / m0.
[[nodiscard]] std::optional<double> quoted_half_spread_bps(const Top& top);
// E/Q: effective over quoted spread; 1 is a fill at the touch. Nothing where the quoted spread is not above zero.
[[nodiscard]] std::optional<double> effective_over_quoted(Action action, Price price, const Top& top);
// Realised spread a horizon later: 2 s (x - m(t + h)) / m0, what the other side earned.
[[nodiscard]] std::optional<double> realised_spread_bps(Action action, Price price, std::int64_t decision_mid,
                                                        std::int64_t later_mid);
// Price impact: effective less realised spread, 2 s (m(t + h) - m0) / m0.
[[nodiscard]] std::optional<double> price_impact_bps(Action action, std::int64_t decision_mid, std::int64_t later_mid);
// Markout: s (m(t + h) - x) / x. Below zero on a maker's fills: the venue's takers knew more.
[[nodiscard]] std::optional<double> markout_bps(Action action, Price price, std::int64_t later_mid);

// What the shortfall of one order is made of.
struct ShortfallInput {
  Action action = Action::buy;
  Wide quantity = 0;
  std::optional<std::int64_t> decision_mid;
  std::optional<std::int64_t> sent_mid;
  std::optional<std::int64_t> end_mid;
  std::span<const FillRow> fills;
};
// The parts of 2 (sum s q (x - m0) + fees + s (Q - sum q) (m_end - m0)), exactly: with T the best price at the match of
// the side that a taker takes, or that a maker joined,
//   delay    = sum s q (M_sent - M_0)        spread = sum s q (2 T - M_match)      fees = 2 sum fee
//   latency  = sum s q (M_match - M_sent)    impact = sum s q (2 x - 2 T)          unfilled = s (Q - sum q) (M_end -
//   M_0)
// Nothing where a mid that they need is not known.
[[nodiscard]] std::optional<ShortfallParts> shortfall(const ShortfallInput& input);

}  // namespace crossbook::tca
