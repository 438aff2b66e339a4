// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/fill_quality.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace crossbook::tca {
namespace {

Top top(std::int64_t bid, std::int64_t ask) { return {Price(bid), Price(ask)}; }

// Bought at 101 where the decision saw 99 to 101: half a spread of 1 above a mid of 100.
TEST(FillQuality, MeasuresSpreadsBesideTheMidOfTheDecision) {
  EXPECT_DOUBLE_EQ(*effective_spread_bps(Action::buy, Price(101), 200), 200.0);
  EXPECT_DOUBLE_EQ(*effective_spread_bps(Action::sell, Price(101), 200), -200.0);
  EXPECT_DOUBLE_EQ(*quoted_half_spread_bps(top(99, 101)), 100.0);
  EXPECT_DOUBLE_EQ(*effective_over_quoted(Action::buy, Price(101), top(99, 101)), 1.0);
  EXPECT_DOUBLE_EQ(*effective_over_quoted(Action::sell, Price(100), top(99, 101)), 0.0);
  EXPECT_FALSE(effective_over_quoted(Action::buy, Price(100), top(100, 100)));
  EXPECT_FALSE(quoted_half_spread_bps({Price(99), {}}));
}

// The mid went from 100 to 100.5 after a buy at 101.
TEST(FillQuality, EffectiveIsRealisedAndImpact) {
  EXPECT_DOUBLE_EQ(*realised_spread_bps(Action::buy, Price(101), 200, 201), 100.0);
  EXPECT_DOUBLE_EQ(*price_impact_bps(Action::buy, 200, 201), 100.0);
  EXPECT_DOUBLE_EQ(*markout_bps(Action::buy, Price(100), 201), 50.0);
  EXPECT_DOUBLE_EQ(*markout_bps(Action::sell, Price(100), 201), -50.0);
  EXPECT_FALSE(price_impact_bps(Action::buy, 0, 201));
}

FillRow fill(std::int64_t price, std::int64_t quantity, std::int64_t fee, Top at, Role role = Role::taker) {
  return {.role = role, .price = Price(price), .quantity = quantity, .fee = fee, .top = at};
}

// Decided at mid 100, sent at 101, matched at 99 to 105 (mid 102) for 106: 4 units of 10, fee 3; ended at mid 110.
TEST(Shortfall, FollowsTheMidFromTheDecisionToTheEnd) {
  const std::vector fills{fill(106, 4, 3, top(99, 105))};
  const auto parts = shortfall({Action::buy, 10, 200, 202, 220, fills});
  ASSERT_TRUE(parts);
  EXPECT_EQ(*parts, (ShortfallParts{.delay = 2 * 4 * 1,
                                    .latency = 2 * 4 * 1,
                                    .spread = 2 * 4 * 3,
                                    .impact = 2 * 4 * 1,
                                    .fees = 2 * 3,
                                    .unfilled = 2 * 6 * 10}));
}

TEST(Shortfall, AMakerEarnsTheSpreadAndHasNoImpactAtItsTouch) {
  const std::vector fills{fill(99, 4, -1, top(99, 105), Role::maker)};
  const auto parts = shortfall({Action::buy, 4, 204, 204, {}, fills});
  ASSERT_TRUE(parts);
  EXPECT_EQ(*parts, (ShortfallParts{.spread = -2 * 4 * 3, .fees = -2}));
}

TEST(Shortfall, IsUnknownWhereAMidThatItNeedsIsUnknown) {
  const std::vector fills{fill(106, 4, 3, top(99, 105))};
  EXPECT_TRUE(shortfall({Action::buy, 4, 200, 202, {}, fills}));
  EXPECT_FALSE(shortfall({Action::buy, 5, 200, 202, {}, fills}));
  EXPECT_FALSE(shortfall({Action::buy, 4, 200, {}, {}, fills}));
  EXPECT_FALSE(shortfall({Action::buy, 4, {}, 202, {}, fills}));
  const std::vector one_sided{fill(106, 4, 3, {Price(99), {}})};
  EXPECT_FALSE(shortfall({Action::buy, 4, 200, 202, {}, one_sided}));
  EXPECT_TRUE(shortfall({Action::buy, 4, 200, {}, 202, {}}));
}

// The whole, computed without its parts: 2 (sum s q (x - m0) + fees + s (Q - sum q) (m_end - m0)).
RC_GTEST_PROP(Shortfall, PartsAddUpExactlyToTheWhole, ()) {
  const auto price = [] { return *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000); };
  const auto action = *rc::gen::element(Action::buy, Action::sell);
  const Wide sign = action == Action::buy ? 1 : -1;
  const std::int64_t decision_mid = price();
  const std::int64_t end_mid = price();
  std::vector<FillRow> fills;
  Wide filled = 0;
  Wide whole = 0;
  for (int n = *rc::gen::inRange(0, 6); n > 0; --n) {
    const auto quantity = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000'000);
    const auto fee = *rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000);
    const auto role = *rc::gen::element(Role::maker, Role::taker);
    fills.push_back(fill(price(), quantity, fee, top(price(), price()), role));
    filled += quantity;
    whole += sign * quantity * (2 * Wide{fills.back().price.count()} - decision_mid) + 2 * Wide{fee};
  }
  const Wide quantity = filled + *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  whole += sign * (quantity - filled) * (Wide{end_mid} - decision_mid);
  const auto parts = shortfall({action, quantity, decision_mid, price(), end_mid, fills});
  RC_ASSERT(parts.has_value());
  RC_ASSERT(parts->total() == whole);
}

}  // namespace
}  // namespace crossbook::tca
