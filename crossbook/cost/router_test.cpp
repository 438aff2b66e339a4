// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/router.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <tuple>

#include "crossbook/cost/all_in.hpp"

namespace crossbook {
namespace {

MicroBps bps(double value) { return MicroBps(static_cast<std::int64_t>(value * 1e6)); }

struct Venue {
  std::vector<Level> levels;
  RouteVenue rules;
};

// Venues by hand: what is asked for, and the plan as text.
struct Market {
  Action action = Action::buy;
  std::vector<Venue> venues{};

  Venue& add(const std::vector<std::pair<std::int64_t, std::int64_t>>& levels, double fee_bps = 0.0) {
    Venue& venue = venues.emplace_back();
    for (const auto& [price, quantity] : levels) venue.levels.push_back({Price(price), Quantity(quantity)});
    venue.rules.fee = bps(fee_bps);
    return venue;
  }
  [[nodiscard]] Result<RoutePlan> route(RouteRequest request) const {
    std::vector<RouteVenue> rows;
    for (const Venue& venue : venues) {
      rows.push_back(venue.rules);
      rows.back().levels = venue.levels;
    }
    request.action = action;
    request.venues = rows;
    Router router;
    return router.route(request);
  }
  [[nodiscard]] RoutePlan of_size(std::int64_t size, std::optional<std::size_t> home = {}) const {
    RouteRequest request;
    request.size = Quantity(size);
    request.home = home;
    return route(request).value();
  }
  [[nodiscard]] RoutePlan of_notional(std::int64_t notional) const {
    RouteRequest request;
    request.notional = notional;
    return route(request).value();
  }
};

std::vector<std::pair<std::size_t, std::int64_t>> legs(const RoutePlan& plan) {
  std::vector<std::pair<std::size_t, std::int64_t>> legs;
  for (const RouteLeg& leg : plan.legs) legs.emplace_back(leg.venue, leg.quantity.count());
  return legs;
}
using Legs = std::vector<std::pair<std::size_t, std::int64_t>>;

TEST(AllIn, ChargesFeeAndLatencyAgainstTheTaker) {
  EXPECT_EQ(all_in(Action::buy, Price(100'000), bps(10)), wide_product(100'100, rate_one));
  EXPECT_EQ(all_in(Action::sell, Price(100'000), bps(10)), wide_product(99'900, rate_one));
  EXPECT_EQ(all_in(Action::buy, Price(100'000), bps(-1)), wide_product(99'990, rate_one));
}

TEST(AllIn, LatencyCostsTheExpectedAdverseMove) {
  // 1 bps per sqrt(second) for 50 ms: sqrt(0.05 / 2 pi) = 0.0892062 bps.
  EXPECT_EQ(latency_rate({.weight = 1.0}, milliseconds(50)), MicroBps(89'206));
  EXPECT_EQ(latency_rate({.weight = 0.3}, milliseconds(50)), MicroBps(26'762));
  EXPECT_EQ(latency_rate({.weight = 0.0}, milliseconds(50)), MicroBps(0));
  EXPECT_EQ(latency_rate({.form = LatencyForm::linear, .weight = 1.0}, milliseconds(50)), MicroBps(50'000));
  EXPECT_EQ(latency_rate({.weight = 1.0}, Nanos(-5)), MicroBps(0));
}

TEST(AllIn, ConvertedPricesRoundAgainstTheTaker) {
  const FxRate usdc{.bid = Price(9'998), .ask = Price(10'001), .scale = 4, .age = Nanos(0)};
  EXPECT_EQ(converted(Side::ask, Price(12'345), usdc).value(), Price(12'347));  // 12346.2345
  EXPECT_EQ(converted(Side::bid, Price(12'345), usdc).value(), Price(12'342));  // 12342.531
  EXPECT_EQ(converted(Side::ask, Price(10'000), usdc).value(), Price(10'001));
  const FxRate crossed{.bid = Price(2), .ask = Price(1), .scale = 0, .age = Nanos(0)};
  EXPECT_EQ(converted(Side::bid, Price(1), crossed).error().code, Errc::malformed);
}

TEST(Router, TakesTheCheapestLevelsAfterFees) {
  Market market;
  market.add({{1'000'000, 5}, {1'000'900, 5}}, 10);
  market.add({{1'000'500, 5}}, 0);
  const RoutePlan plan = market.of_size(7);
  EXPECT_EQ(legs(plan), (Legs{{0, 2}, {1, 5}}));
  EXPECT_TRUE(plan.exact);
  EXPECT_EQ(plan.shortfall, Shortfall::none);
}

TEST(Router, SellsWhereMostIsLeft) {
  Market market{.action = Action::sell};
  market.add({{1'000'000, 5}}, 10);  // leaves 999'000
  market.add({{999'500, 5}}, -1);    // leaves 999'599.95
  const RoutePlan plan = market.of_size(6);
  EXPECT_EQ(legs(plan), (Legs{{0, 1}, {1, 5}}));
  EXPECT_EQ(plan.all_in, wide_product(999'000, rate_one) + wide_product(5 * 999'500, rate_one + 1'000'000));
}

TEST(Router, ALegSaysWhatItsPartsCost) {
  Market market;
  market.add({{100, 5}, {110, 5}}, 10).rules.latency = bps(2);
  const RouteLeg leg = market.of_size(8).legs.at(0);
  EXPECT_EQ(leg.limit, Price(110));
  EXPECT_EQ(leg.value, 830);
  EXPECT_DOUBLE_EQ(leg.average(), 103.75);
  EXPECT_EQ(leg.fee, wide_product(830, 10'000'000));
  EXPECT_EQ(leg.latency_cost, wide_product(830, 2'000'000));
  EXPECT_EQ(leg.all_in, leg.value * rate_one + leg.fee + leg.latency_cost);
}

TEST(Router, AMinimumMovesTheOrderElsewhereRatherThanBreakIt) {
  Market market;
  market.add({{100, 3}, {101, 10}});
  market.add({{100, 2}, {102, 10}}).rules.min_quantity = Quantity(4);
  EXPECT_EQ(legs(market.of_size(5)), (Legs{{0, 5}}));
}

TEST(Router, AMinimumNotionalIsOfTheDisplayedPrices) {
  Market market;
  market.add({{100, 3}, {300, 10}});
  market.add({{90, 1}, {150, 10}}).rules.min_notional = 200;  // 90 + 150: two units
  EXPECT_EQ(legs(market.of_size(1)), (Legs{{0, 1}}));
  EXPECT_EQ(legs(market.of_size(5)), (Legs{{0, 3}, {1, 2}}));
}

TEST(Router, FillingMoreGoesBeforeCostingLess) {
  Market market;
  market.add({{100, 8}});
  market.add({{101, 10}}).rules.lot = Quantity(10);
  EXPECT_EQ(legs(market.of_size(10)), (Legs{{1, 10}}));  // 8 would be cheaper, and is less
}

TEST(Router, EqualCostGoesToFewerVenuesThenToTheFirst) {
  Market market;
  market.add({{100, 1}});
  market.add({{100, 2}});
  market.add({{100, 2}});
  EXPECT_EQ(legs(market.of_size(2)), (Legs{{1, 2}}));
  EXPECT_EQ(legs(market.of_size(3)), (Legs{{0, 1}, {1, 2}}));
  EXPECT_EQ(legs(market.of_size(4)), (Legs{{1, 2}, {2, 2}}));
}

TEST(Router, WhatIsLeftIsStatedWithItsReason) {
  Market market;
  market.add({{100, 8}}).rules.lot = Quantity(5);
  market.add({{100, 3}}).rules.min_quantity = Quantity(4);
  market.add({});
  market.add({{100, 30}}).rules.cap = Quantity(0);
  const RoutePlan plan = market.of_size(12);
  EXPECT_EQ(legs(plan), (Legs{{0, 5}}));
  EXPECT_EQ(plan.residual, Quantity(7));
  ASSERT_EQ(plan.unused.size(), 3U);
  EXPECT_EQ(plan.unused[0].why, Unused::below_minimum);
  EXPECT_EQ(plan.unused[1].why, Unused::no_depth);
  EXPECT_EQ(plan.unused[2].why, Unused::capped);
  EXPECT_EQ(plan.shortfall, Shortfall::depth);
  Market coarse;
  coarse.add({{100, 80}}).rules.lot = Quantity(5);
  EXPECT_EQ(coarse.of_size(12).shortfall, Shortfall::rules);
}

TEST(Router, ComparesWithTheBestSingleAndTheHomeVenue) {
  Market market;
  market.add({{100, 5}, {102, 5}});
  market.add({{101, 10}});
  market.add({{90, 1}});
  const RoutePlan plan = market.of_size(10, 2);  // 90 + 5 x 100 + 4 x 101 = 994
  ASSERT_TRUE(plan.best_single.has_value());
  EXPECT_EQ(plan.best_single->leg.venue, 0U);  // 1010 at both: the first
  EXPECT_NEAR(*plan.best_single->saved_bps, 1e4 * 16 / 1010, 1e-9);
  ASSERT_TRUE(plan.home.has_value());
  EXPECT_EQ(plan.home->leg.quantity, Quantity(1));
  EXPECT_FALSE(plan.home->saved_bps.has_value());  // it fills less: not the same thing
}

TEST(Router, ANotionalBuysTheMostThatItPaysFor) {
  Market market;
  market.add({{100, 5}, {110, 5}});
  market.add({{105, 5}});
  const RoutePlan plan = market.of_notional(1'000);  // 500 + 420, 80 left
  EXPECT_EQ(legs(plan), (Legs{{0, 5}, {1, 4}}));
  EXPECT_EQ(plan.residual_notional, 80);
  EXPECT_EQ(plan.shortfall, Shortfall::rules);
  EXPECT_EQ(market.of_notional(5'000).shortfall, Shortfall::depth);
}

TEST(Router, ASaleForANotionalIsComparedByItsAverage) {
  Market market{.action = Action::sell};
  market.add({{100, 50}});
  market.add({{90, 50}});  // more base for the same money is not better
  const RoutePlan plan = market.of_notional(1'000);
  EXPECT_EQ(legs(plan), (Legs{{0, 10}}));
  EXPECT_EQ(plan.best_single->leg.venue, 0U);
  EXPECT_DOUBLE_EQ(*plan.best_single->saved_bps, 0.0);
}

TEST(Router, RefusesWhatItCannotJudge) {
  Market market;
  market.add({{100, 5}, {99, 5}});
  RouteRequest request;
  EXPECT_EQ(market.route(request).error().code, Errc::malformed);  // neither size nor notional
  request.size = Quantity(10);
  EXPECT_STREQ(market.route(request).error().what, "levels best first");
  market.venues[0].levels = {{Price(0), Quantity(1)}};
  EXPECT_STREQ(market.route(request).error().what, "prices and quantities above zero");
  market.venues[0].levels = {{Price(std::int64_t{1} << 62), Quantity(std::int64_t{1} << 62)}};
  EXPECT_EQ(market.route(request).error().code, Errc::overflow);
}

TEST(Router, LotsThatDoNotDivideEachOtherAreSaid) {
  Market market;
  market.add({{100, 30}}).rules.lot = Quantity(3);
  market.add({{90, 30}}).rules.lot = Quantity(5);
  const RoutePlan plan = market.of_size(20);
  EXPECT_FALSE(plan.exact);
  ASSERT_TRUE(plan.gap_bps.has_value());
  for (const RouteLeg& leg : plan.legs) EXPECT_EQ(leg.quantity.count() % (leg.venue == 0 ? 3 : 5), 0);
}

// More is filled, then it costs less, then fewer venues, then earlier ones.
using Score = std::tuple<std::int64_t, Wide, int, std::vector<std::size_t>>;

struct Exhaustive {
  const Market& market;
  std::int64_t size;
  std::vector<std::int64_t> quantities{};
  std::optional<Score> best{};
  std::vector<std::int64_t> best_quantities{};

  void search(std::int64_t filled) {
    const std::size_t v = quantities.size();
    if (v == market.venues.size()) return judge(filled);
    const Venue& venue = market.venues[v];
    std::int64_t depth = 0;
    for (const Level& level : venue.levels) depth += level.quantity.count();
    if (venue.rules.cap) depth = std::min(depth, venue.rules.cap->count());
    for (std::int64_t q = 0; q <= depth && filled + q <= size; q += venue.rules.lot.count()) {
      if (q > 0 && (q < venue.rules.min_quantity.count() || naive_value(venue, q) < venue.rules.min_notional)) continue;
      quantities.push_back(q);
      search(filled + q);
      quantities.pop_back();
    }
  }
  static Wide naive_value(const Venue& venue, std::int64_t quantity) {
    Wide value = 0;
    for (const Level& level : venue.levels)
      for (std::int64_t i = 0; i < level.quantity.count() && quantity > 0; ++i, --quantity)
        value += level.price.count();
    return value;
  }
  void judge(std::int64_t filled) {
    Wide cost = 0;
    std::vector<std::size_t> used;
    for (std::size_t v = 0; v < quantities.size(); ++v) {
      const RouteVenue& rules = market.venues[v].rules;
      const std::int64_t rate = rules.fee.count() + rules.latency.count();
      const Wide value = naive_value(market.venues[v], quantities[v]);
      cost += market.action == Action::buy ? value * (rate_one + rate) : -value * (rate_one - rate);
      if (quantities[v] > 0) used.push_back(v);
    }
    Score score{-filled, cost, static_cast<int>(used.size()), used};
    if (best && !(score < *best)) return;
    best = std::move(score);
    best_quantities = quantities;
  }
};

// Over the whole range from the first case on: small numbers first would leave most cases trivial.
template <class T>
T pick(T from, T end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(from, end));
}

Market random_market(std::size_t venues_max, bool minimums) {
  Market market;
  market.action = *rc::gen::element(Action::buy, Action::sell);
  const auto venues = pick<std::size_t>(1, venues_max + 1);
  const std::int64_t step = *rc::gen::element<std::int64_t>(1, 2, 3);
  for (std::size_t v = 0; v < venues; ++v) {
    Venue& venue = market.venues.emplace_back();
    std::int64_t price = pick<std::int64_t>(1'000, 1'004);
    const int levels = pick<int>(0, 4);
    for (int i = 0; i < levels; ++i) {
      venue.levels.push_back({Price(price), Quantity(pick<std::int64_t>(1, 4))});
      price += (market.action == Action::buy ? 1 : -1) * pick<std::int64_t>(1, 4);
    }
    venue.rules.fee = MicroBps(*rc::gen::element<std::int64_t>(-20'000'000, -1'000'000, 0, 0, 10'000'000, 10'000'000));
    venue.rules.latency = MicroBps(*rc::gen::element<std::int64_t>(0, 0, 123'457));
    const int lot = *rc::gen::element(0, 0, 1, 2);
    venue.rules.lot = Quantity(lot == 0 ? 1 : lot == 1 ? step : 2 * step);
    if (!minimums) continue;
    venue.rules.min_quantity = Quantity(*rc::gen::element<std::int64_t>(0, 0, 1, 2, 3, 5));
    venue.rules.min_notional = *rc::gen::element<std::int64_t>(0, 0, 0, 1'000, 2'500, 4'000);
    if (pick<int>(0, 5) == 0) venue.rules.cap = Quantity(pick<std::int64_t>(0, 5));
  }
  return market;
}

std::vector<std::int64_t> quantities(const RoutePlan& plan, std::size_t venues) {
  std::vector<std::int64_t> quantities(venues);
  for (const RouteLeg& leg : plan.legs) quantities[leg.venue] = leg.quantity.count();
  return quantities;
}

std::string text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += std::to_string(number) + " ";
  return text;
}

// Cost and fill of what was answered, judged by the search's own arithmetic.
void expect_not_beaten(const Market& market, std::int64_t size) {
  const RoutePlan plan = market.of_size(size);
  Exhaustive search{.market = market, .size = size};
  search.search(0);
  Exhaustive ours{.market = market, .size = size};
  ours.quantities = quantities(plan, market.venues.size());
  ours.judge(plan.filled.count());
  if (*ours.best != *search.best)
    RC_FAIL("planned " + text(ours.best_quantities) + "best " + text(search.best_quantities));
  RC_ASSERT(plan.exact);
  for (std::size_t v = 0; v < market.venues.size(); ++v) {
    const Venue& venue = market.venues[v];
    const std::int64_t q = ours.best_quantities[v];
    RC_ASSERT(q % venue.rules.lot.count() == 0);
    RC_ASSERT(q == 0 || q >= venue.rules.min_quantity.count());
    RC_ASSERT(q == 0 || Exhaustive::naive_value(venue, q) >= venue.rules.min_notional);
  }
  RC_ASSERT(plan.residual.count() == size - plan.filled.count());
  RC_ASSERT(plan.legs.size() + plan.unused.size() == market.venues.size());
}

// 100 markets a run, 100 runs: 10,000 cases; a seed is printed where one fails.
RC_GTEST_PROP(Router, IsNeverBeatenByExhaustiveSearch, ()) {
  for (int i = 0; i < 100; ++i) {
    const Market market = random_market(4, true);
    expect_not_beaten(market, pick<std::int64_t>(1, 16));
  }
}

RC_GTEST_PROP(Router, IsNeverBeatenOverSixVenuesEither, ()) {
  const Market market = random_market(6, true);
  expect_not_beaten(market, pick<std::int64_t>(1, 12));
}

RC_GTEST_PROP(Router, ANotionalIsTheLargestSizeThatItPaysFor, ()) {
  const Market market = random_market(4, false);
  const auto notional = pick<std::int64_t>(500, 15'000);
  const RoutePlan plan = market.of_notional(notional);
  RC_ASSERT(plan.value <= notional);
  for (std::int64_t size = 1; size < 40; ++size) {
    const RoutePlan other = market.of_size(size);
    if (other.value <= notional) RC_ASSERT(other.filled <= plan.filled);
  }
}

// Many venues: rules are kept, no more than the gap is lost, and without minimums nothing is.
RC_GTEST_PROP(Router, ManyVenuesKeepTheRulesAndSayTheGap, ()) {
  Market market = random_market(12, true);
  for (Venue& venue : market.venues) venue.rules.lot = Quantity(1);
  const auto size = pick<std::int64_t>(1, 60);
  const RoutePlan plan = market.of_size(size);
  RC_ASSERT(plan.filled.count() <= size);
  if (!plan.exact) RC_ASSERT(plan.gap_bps.value() >= 0.0);
  for (const RouteLeg& leg : plan.legs) {
    const Venue& venue = market.venues[leg.venue];
    RC_ASSERT(leg.quantity >= venue.rules.min_quantity);
    RC_ASSERT(leg.value >= venue.rules.min_notional);
    if (venue.rules.cap) RC_ASSERT(leg.quantity <= *venue.rules.cap);
  }
}

}  // namespace
}  // namespace crossbook
