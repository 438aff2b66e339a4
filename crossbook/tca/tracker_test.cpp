// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossbook/tca/fill_quality.hpp"
#include "crossbook/tca/report.hpp"
#include "crossbook/tca/tca_test_tools.hpp"

namespace crossbook::tca {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Venue> two_venues{{"a", MicroBps(10'000'000), milliseconds(10)},
                                    {"b", MicroBps(20'000'000), milliseconds(40)}};

std::optional<std::int64_t> markout(const Rows& rows, std::uint64_t trade, Nanos horizon) {
  for (const MarkoutRow& row : rows.markouts)
    if (row.trade == trade && row.horizon == horizon) return row.doubled_mid;
  return {};
}

TEST(Tracker, PinsTheBookThatTheDecisionSaw) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.quote(1, 9'995, 10'020);
  ASSERT_TRUE(market.decide(7, Action::buy, 500, 0, 1));
  market.quote(0, 9'000, 9'010);
  ASSERT_EQ(market.rows().decisions.size(), 1U);
  const DecisionRow& row = market.rows().decisions[0];
  EXPECT_EQ(row.top, (Top{Price(9'995), Price(10'010)}));
  EXPECT_EQ(row.scales, (Scales{2, 3}));
  EXPECT_EQ(row.quantity, 500);
  EXPECT_EQ(row.home, "b");
  EXPECT_EQ(row.contributors, "a b");
  EXPECT_TRUE(row.all_ready);
}

TEST(Tracker, SaysWhichBooksWereNotReady) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  ASSERT_TRUE(market.decide(7, Action::buy, 500, 0));
  EXPECT_EQ(market.rows().decisions[0].contributors, "a");
  EXPECT_FALSE(market.rows().decisions[0].all_ready);
}

TEST(Tracker, RefusesAnOrderThatItKnows) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  EXPECT_TRUE(market.decide(7, Action::buy, 500, 0));
  EXPECT_FALSE(market.decide(7, Action::buy, 500, 0));
  EXPECT_FALSE(market.decide(std::vector<Leg>{}));
  EXPECT_FALSE(market.fill(8, 1, 10'010, 1));
  EXPECT_TRUE(market.fill(7, 1, 10'010, 1));
  EXPECT_FALSE(market.fill(7, 1, 10'010, 1));
}

// The mid at 50 ms is what all inputs up to and including that time made of it.
TEST(Tracker, TakesTheMidThatStoodAtTheHorizon) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::buy, 500, 0);
  market.fill(7, 1, 10'010, 500);
  market.pass(milliseconds(49));
  market.quote(0, 9'991, 10'011);
  market.pass(milliseconds(1));
  market.quote(0, 9'992, 10'012);
  EXPECT_FALSE(markout(market.rows(), 1, milliseconds(50)));
  market.pass(Nanos(1));
  market.quote(0, 9'999, 10'019);
  EXPECT_EQ(markout(market.rows(), 1, milliseconds(50)), 9'992 + 10'012);
  market.pass(seconds(10));
  market.quote(0, 1, 2);
  EXPECT_EQ(markout(market.rows(), 1, seconds(1)), 9'999 + 10'019);
}

TEST(Tracker, AHorizonAfterTheSessionHasNoRowAndAMissingSideNoMid) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::buy, 500, 0);
  market.fill(7, 1, 10'010, 500);
  market.lose(0);
  market.pass(seconds(1));
  market.end(7);
  market.finish();
  ASSERT_EQ(market.rows().markouts.size(), 2U);
  for (const MarkoutRow& row : market.rows().markouts) EXPECT_FALSE(row.doubled_mid);
  EXPECT_EQ(market.tracker.open_decisions(), 0U);
}

// Reported 30 ms after it happened: mids are those of the match.
TEST(Tracker, MeasuresFromTheMatchAndNotFromItsReport) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::buy, 500, 0);
  market.pass(milliseconds(10));
  const Steady matched_at = market.now;
  market.pass(milliseconds(20));
  market.quote(0, 10'090, 10'110);
  market.pass(milliseconds(10));
  market.fill_at(matched_at, 7, 1, 10'010, 500);
  EXPECT_EQ(market.rows().fills[0].top, (Top{Price(9'990), Price(10'010)}));
  market.pass(milliseconds(20));
  market.quote(0, 10'290, 10'310);
  market.pass(milliseconds(1));
  market.tick();
  EXPECT_EQ(markout(market.rows(), 1, milliseconds(50)), 10'290 + 10'310);
}

TEST(Tracker, EvenAHorizonBeforeTheReportHasItsMid) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::buy, 500, 0);
  const Steady matched_at = market.now;
  market.pass(milliseconds(60));
  market.quote(0, 10'090, 10'110);
  market.fill_at(matched_at, 7, 1, 10'010, 500);
  market.pass(Nanos(1));
  market.tick();
  EXPECT_EQ(markout(market.rows(), 1, milliseconds(50)), 9'990 + 10'010);
}

// Each reference meets its own venue's book when the order would have been there: a after 10 ms, b after 40 ms.
TEST(Tracker, EvaluatesEachVenueAfterItsOwnLatency) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.quote(1, 9'990, 10'010);
  market.decide(7, Action::buy, 1'000, 0, 1);
  market.send(7);
  market.pass(milliseconds(10));
  market.fill(7, 1, 10'010, 1'000, 10'010);
  market.end(7);
  market.pass(milliseconds(20));
  market.quote(0, 10'090, 10'110);
  market.quote(1, 10'090, 10'110);
  market.pass(milliseconds(20));
  market.finish();
  ASSERT_EQ(market.rows().references.size(), 2U);
  EXPECT_EQ(market.rows().references[0].value, 10'010 * 1'000);
  EXPECT_EQ(market.rows().references[1].value, 10'110 * 1'000);
  EXPECT_EQ(*market.rows().references[1].all_in, 10'110'000 + 20'220);
  const ImprovementRow& row = market.rows().improvements.at(0);
  EXPECT_EQ(row.best_venue, "a");
  EXPECT_DOUBLE_EQ(*row.best_single_bps, 0.0);
  EXPECT_DOUBLE_EQ(*row.home_bps, 1e4 * (10'130'220.0 - 10'020'010.0) / 10'130'220.0);
}

TEST(Tracker, AReferenceWhoseBookIsLostHasNoCost) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.quote(1, 9'990, 10'010);
  market.decide(7, Action::buy, 1'000, 0, 1);
  market.lose(1);
  market.fill(7, 1, 10'010, 1'000);
  market.end(7);
  market.pass(seconds(1));
  market.finish();
  EXPECT_FALSE(market.rows().references.at(1).ready);
  EXPECT_FALSE(market.rows().references.at(1).all_in);
  EXPECT_FALSE(market.rows().improvements.at(0).home_bps);
  EXPECT_TRUE(market.rows().improvements.at(0).best_single_bps);
}

// Half is filled; the other half costs what the consolidated book asks when the order ends.
TEST(Tracker, CompletesWhatWasNotFilledAtTheEnd) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.quote(1, 9'980, 10'020);
  market.decide(7, Action::buy, 1'000, 0, 1);
  market.send(7);
  market.pass(milliseconds(50));
  market.fill(7, 1, 10'010, 500);
  market.book(0, {Market::level(10'080, 1)}, {Market::level(10'100, 300)});
  market.quote(1, 10'080, 10'110);
  market.end(7);
  market.pass(seconds(2));
  market.quote(0, 5'000, 5'010);
  market.finish();
  const ImprovementRow& row = market.rows().improvements.at(0);
  const Wide first = 10'100 * 300;
  const Wide second = 10'110 * 200;
  EXPECT_EQ(*row.all_in,
            10'010 * 500 + first + fee_of(first, MicroBps(10'000'000)) + second + fee_of(second, MicroBps(20'000'000)));
  const ShortfallParts& parts = market.rows().orders.at(0).parts.value();
  EXPECT_EQ(parts.unfilled, 500 * ((10'080 + 10'100) - 20'000));
}

// The order is filled whole; alone, b has half of it and takes the rest from the consolidated book at the end.
TEST(Tracker, CompletesAReferenceThatIsTooThin) {
  Market market({{"a", {}, {}}, {"b", {}, {}}});
  market.quote(0, 9'990, 10'000);
  market.book(1, {Market::level(9'990, 10)}, {Market::level(10'020, 500)});
  market.decide(7, Action::buy, 1'000, 0, 1);
  market.fill(7, 1, 10'000, 1'000);
  market.quote(0, 10'000, 10'010);
  market.end(7);
  market.pass(milliseconds(1));
  market.finish();
  EXPECT_EQ(market.rows().references.at(1).quantity, 500);
  ASSERT_TRUE(market.rows().references.at(1).all_in);
  EXPECT_EQ(*market.rows().references.at(1).all_in, 10'020 * 500 + 10'010 * 500);
}

TEST(Tracker, ComparesARoutedDecisionAsAWhole) {
  Market market({{"a", {}, {}}, {"b", {}, {}}});
  market.book(0, {Market::level(9'990, 10)}, {Market::level(10'000, 500), Market::level(10'100, 500)});
  market.book(1, {Market::level(9'990, 10)}, {Market::level(10'000, 500), Market::level(10'200, 500)});
  market.decide({Market::leg(1, Action::buy, 500, 0), Market::leg(2, Action::buy, 500, 1)}, 1);
  market.fill(1, 1, 10'000, 500);
  market.fill(2, 1, 10'000, 500);
  market.end(1);
  EXPECT_THAT(market.rows().improvements, IsEmpty());
  market.end(2);
  market.pass(seconds(301));
  market.tick();
  const ImprovementRow& row = market.rows().improvements.at(0);
  EXPECT_EQ(row.decision, OrderId(1));
  EXPECT_DOUBLE_EQ(*row.best_single_bps, 1e4 * 50'000 / 10'050'000.0);
  EXPECT_DOUBLE_EQ(*row.home_bps, 1e4 * 100'000 / 10'100'000.0);
  EXPECT_EQ(market.rows().orders.size(), 2U);
  EXPECT_EQ(market.tracker.open_decisions(), 0U);
}

TEST(Tracker, ALateFillOfAnEndedOrderCounts) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::buy, 1'000, 0);
  market.send(7);
  market.fill(7, 1, 10'010, 400);
  market.end(7);
  market.pass(milliseconds(100));
  EXPECT_TRUE(market.fill(7, 2, 10'010, 600));
  market.pass(seconds(302));
  market.tick();
  EXPECT_EQ(market.rows().orders.at(0).filled, 1'000);
  EXPECT_EQ(market.rows().orders.at(0).parts->unfilled, 0);
  EXPECT_FALSE(market.fill(7, 3, 10'010, 1));
}

TEST(Tracker, AnOpenOrderIsValuedWhenTheSessionEnds) {
  Market market(two_venues);
  market.quote(0, 9'990, 10'010);
  market.decide(7, Action::sell, 1'000, 0);
  market.send(7);
  market.pass(seconds(1));
  market.quote(0, 9'890, 9'910);
  market.finish();
  const OrderEndRow& row = market.rows().orders.at(0);
  EXPECT_TRUE(row.open);
  EXPECT_EQ(row.parts.value(), (ShortfallParts{.unfilled = 1'000 * 200}));
}

// A finer digit arrives while an order is open: later rows are at the finer scale, and say so.
TEST(Tracker, FollowsAGroupToAFinerScale) {
  book::Consolidated group;
  const auto member = group.add({.name = "a", .price_scale = 1, .quantity_scale = 0});
  const auto set = [&](std::int64_t bid, std::int64_t ask, Steady at) {
    group.set(
        member,
        {.bid = book::WideLevel{Price(bid), WideQuantity(9)}, .ask = book::WideLevel{Price(ask), WideQuantity(9)}}, at);
  };
  const MarketView view{&group, {}};
  const auto view_of = [&](GroupId) { return view; };
  set(99, 101, Steady(1));
  Tracker tracker;
  const std::vector<Leg> legs{{.order = OrderId(1),
                               .member = member,
                               .terms = {.quantity = Quantity(5), .price_scale = 1, .quantity_scale = 0}}};
  ASSERT_TRUE(tracker.on_decision({.group = GroupId(0), .symbol = "A/B", .legs = legs}, Steady(1), Wall(1), view));
  tracker.on_sent(OrderId(1), Steady(2));
  group.rescale(member, 2, 0);
  set(1'001, 1'004, Steady(3));
  tracker.on_top(GroupId(0), Steady(3), group);
  ASSERT_TRUE(tracker.on_fill(OrderId(1), {.trade = 1, .price = Price(101), .quantity = Quantity(5), .fee = 2},
                              Steady(4), Wall(4)));
  group.rescale(member, 3, 0);
  set(10'010, 10'040, Steady(5));
  tracker.on_top(GroupId(0), Steady(5), group);
  tracker.on_end(OrderId(1), Steady(5));
  tracker.finish(Steady(6), view_of);
  const Rows& rows = tracker.rows();
  EXPECT_EQ(rows.decisions[0].scales, (Scales{1, 0}));
  EXPECT_EQ(rows.fills[0].scales, (Scales{2, 0}));
  EXPECT_EQ(rows.fills[0].price, Price(1'010));
  EXPECT_EQ(rows.fills[0].fee, 20);
  EXPECT_EQ(rows.orders[0].parts.value(),
            (ShortfallParts{.latency = 5 * 50, .spread = 5 * 30, .impact = 5 * 120, .fees = 400}));
}

TEST(Tracker, CountsContractsInBaseUnits) {
  book::Consolidated group;
  const auto member = group.add({.name = "a", .price_scale = 0, .quantity_scale = 0, .contract_size = {{5, 2}}});
  group.set(member,
            {.bid = book::WideLevel{Price(99), WideQuantity(9)}, .ask = book::WideLevel{Price(101), WideQuantity(9)}},
            Steady(1));
  Tracker tracker;
  const std::vector<Leg> legs{{.order = OrderId(1),
                               .member = member,
                               .terms = {.quantity = Quantity(3), .price_scale = 0, .quantity_scale = 0}}};
  ASSERT_TRUE(tracker.on_decision({.symbol = "A/B:B", .legs = legs}, Steady(1), Wall(1), MarketView{&group, {}}));
  ASSERT_TRUE(
      tracker.on_fill(OrderId(1), {.trade = 1, .price = Price(101), .quantity = Quantity(2)}, Steady(1), Wall(1)));
  EXPECT_EQ(tracker.rows().decisions[0].quantity, 15);
  EXPECT_EQ(tracker.rows().fills[0].quantity, 10);
  EXPECT_EQ(tracker.rows().fills[0].scales, (Scales{0, 2}));
}

// The identity over a whole wandering market, each order computed from its raw rows without its parts.
TEST(Tracker, PartsAddUpToTheTotalOfEveryOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Market market({{"a", MicroBps(10'000'000), milliseconds(15), 10},
                   {"b", MicroBps(-1'000'000), milliseconds(35), 1, 100},
                   {"c", MicroBps(26'000'000), milliseconds(60), 5, 0, 1'000'000}});
    wander(market, 3, seed, 40);
    market.finish();
    const Rows& rows = market.rows();
    ASSERT_EQ(rows.orders.size(), 40U);
    std::size_t known = 0;
    for (const OrderEndRow& order : rows.orders) {
      if (!order.parts) continue;
      ++known;
      const auto decision = std::ranges::find(rows.decisions, order.decision, &DecisionRow::decision);
      const Wide mid = *doubled_mid(decision->top);
      const Wide sign = sign_of(decision->action);
      Wide total = sign * (order.quantity - order.filled) * (order.end_mid.value_or(0) - mid);
      for (const FillRow& fill : rows.fills)
        if (fill.order == order.order)
          total += sign * fill.quantity * (2 * Wide{fill.price.count()} - mid) + 2 * fill.fee;
      EXPECT_EQ(order.parts->total(), total);
    }
    EXPECT_GT(known, 30U);
  }
}

// Home asks 10 above the fair price; the other venue asks from 0 to 20 less than home, 10 on average: what buying there
// saves is known, and the interval must hold it about 95 times of 100. The other venue alone does just as well.
TEST(Tracker, TheIntervalHoldsAKnownImprovement) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Market market({{"home", {}, milliseconds(5)}, {"other", {}, milliseconds(5)}});
    Draws draws(seed);
    for (std::uint64_t order = 1; order <= 60; ++order) {
      const std::int64_t ask = 100'010 - static_cast<std::int64_t>(draws.below(21));
      market.quote(0, 99'990, 100'010);
      market.quote(1, 99'990, ask);
      market.decide(order, Action::buy, 1'000, 1, 0);
      market.send(order);
      market.pass(milliseconds(5));
      market.fill(order, order, ask, 1'000);
      market.end(order);
      market.pass(seconds(1));
    }
    market.finish();
    Rows rows = market.rows();
    rows.fills.clear();  // improvements alone: the intervals of all else take ten times as long
    rows.markouts.clear();
    const ImprovementQuality quality = report(rows).at(0).improvement;
    const double truth = 1e4 * 10.0 / 100'010.0;
    EXPECT_EQ(quality.home_bps->n, 60U);
    EXPECT_EQ(quality.home_bps->evidence(), Evidence::above);
    EXPECT_EQ(quality.best_single_bps->evidence(), Evidence::none);
    held += quality.home_bps->interval->low <= truth && truth <= quality.home_bps->interval->high ? 1 : 0;
  }
  EXPECT_GE(held, 35);
}

}  // namespace
}  // namespace crossbook::tca
