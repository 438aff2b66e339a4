// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/report.hpp"

#include <gtest/gtest.h>

#include "crossbook/tca/tca_test_tools.hpp"

namespace crossbook::tca {
namespace {

// A decision on a book of 99 to 101 in units of 10^-scale, filled at once at `price`.
void trade(Rows& rows, std::uint64_t order, const char* symbol, std::int64_t price, Role role, int scale = 0) {
  Wide unit = 1;
  for (int i = 0; i < scale; ++i) unit *= 10;
  const auto scaled = [&](std::int64_t count) { return Price(static_cast<std::int64_t>(count * unit)); };
  const Top top{scaled(99), scaled(101)};
  const Scales scales{scale, 0};
  rows.decisions.push_back(
      {.decision = OrderId(order), .symbol = symbol, .scales = scales, .quantity = 10, .top = top});
  rows.fills.push_back({.order = OrderId(order),
                        .decision = OrderId(order),
                        .trade = 1,
                        .venue = role == Role::maker ? "m" : "t",
                        .role = role,
                        .scales = scales,
                        .price = scaled(price),
                        .quantity = 10,
                        .fee = unit,
                        .top = top});
  rows.orders.push_back({.order = OrderId(order),
                         .decision = OrderId(order),
                         .scales = scales,
                         .quantity = 10,
                         .filled = 10,
                         .parts = ShortfallParts{.spread = 20 * unit, .fees = 2 * unit}});
}

TEST(Report, GivesEachMetricByVenueAndRole) {
  Rows rows;
  trade(rows, 1, "BTC/USD", 101, Role::taker);
  trade(rows, 2, "BTC/USD", 99, Role::maker);
  const std::vector<Report> reports = report(rows);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].decisions, 2U);
  EXPECT_EQ(reports[0].fills.fills, 2U);
  EXPECT_DOUBLE_EQ(reports[0].fill_share, 1.0);
  ASSERT_EQ(reports[0].groups.size(), 2U);
  EXPECT_EQ(reports[0].groups[0].venue, "m");
  EXPECT_DOUBLE_EQ(reports[0].groups[0].fills.effective_spread_bps->mean, -200.0);
  EXPECT_DOUBLE_EQ(reports[0].groups[1].fills.effective_spread_bps->mean, 200.0);
  EXPECT_DOUBLE_EQ(reports[0].groups[1].fills.effective_over_quoted->mean, 1.0);
  EXPECT_DOUBLE_EQ(reports[0].groups[1].fills.fee_bps->mean, 1e4 / 1010.0);
  EXPECT_FALSE(reports[0].fills.markout_bps[0]);
}

TEST(Report, NamesTheHomesThatDecisionsWereComparedWith) {
  Rows rows;
  for (const std::uint64_t order : {1U, 2U, 3U, 4U}) trade(rows, order, "BTC/USD", 101, Role::taker);
  rows.decisions[0].home = rows.decisions[2].home = "okx";
  rows.decisions[3].home = "kraken";
  EXPECT_EQ(report(rows).at(0).homes, (std::vector<std::string>{"kraken", "okx"}));
}

TEST(Report, DoesNotAddUpDifferentQuoteCurrencies) {
  Rows rows;
  trade(rows, 1, "BTC/USD", 101, Role::taker);
  trade(rows, 2, "BTC/USDT:USDT", 101, Role::taker);
  trade(rows, 3, "ETH/USD", 101, Role::taker);
  EXPECT_EQ(report(rows).size(), 2U);
  EXPECT_EQ(report(rows).at(0).quote, "USD");
  EXPECT_EQ(report(rows).at(0).decisions, 2U);
  EXPECT_EQ(report(rows).at(1).quote, "USDT");
  ASSERT_EQ(report(rows, "ETH/USD").size(), 1U);
  EXPECT_EQ(report(rows, "ETH/USD").at(0).fills.fills, 1U);
  EXPECT_TRUE(report(rows, "XRP/USD").empty());
}

TEST(Report, AddsPartsOfDifferentScalesExactly) {
  Rows rows;
  trade(rows, 1, "BTC/USD", 101, Role::taker, 3);
  trade(rows, 2, "BTC/USD", 101, Role::taker, 1);
  rows.orders[1].parts->spread += 1;
  const ShortfallQuality shortfall = report(rows).at(0).shortfall;
  EXPECT_EQ(shortfall.scale, 3);
  EXPECT_EQ(shortfall.sums.spread, 40'100);
  EXPECT_EQ(shortfall.sums.fees, 4'000);
  EXPECT_EQ(shortfall.sums.total(), 44'100);
  EXPECT_DOUBLE_EQ(shortfall.notional, 2'000.0);
}

TEST(Report, CountsOrdersWhosePartsAreUnknown) {
  Rows rows;
  trade(rows, 1, "BTC/USD", 101, Role::taker);
  rows.orders[0].parts.reset();
  EXPECT_EQ(report(rows).at(0).shortfall.unknown, 1U);
  EXPECT_EQ(report(rows).at(0).shortfall.orders, 0U);
  EXPECT_FALSE(report(rows).at(0).shortfall.total_bps);
}

// The same rows give the same report however often, to the last bit.
TEST(Report, IsTheSameEveryTime) {
  Market market({{"a", {}, milliseconds(15)}, {"b", {}, milliseconds(35)}});
  wander(market, 2, 5, 30);
  market.finish();
  const Report first = report(market.rows()).at(0);
  const Report second = report(market.rows()).at(0);
  EXPECT_EQ(first.fills.effective_spread_bps->mean, second.fills.effective_spread_bps->mean);
  EXPECT_EQ(*first.shortfall.total_bps->interval, *second.shortfall.total_bps->interval);
  EXPECT_EQ(*first.improvement.home_bps->interval, *second.improvement.home_bps->interval);
}

}  // namespace
}  // namespace crossbook::tca
