// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crossbook/gateway/paper_test_tools.hpp"

// What an order meets on its arrival: displayed depth, once; fees; refusals.
namespace crossbook::gateway {
namespace {

TEST(PaperTake, WalksTheDepthThatIsDisplayedOnArrival) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 1, ask 100.5 x 2, ask 101 x 3");
  market.place("1 buy market 4");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 1 fill 1 at 100 taker fee 0",
                                     "0ms 1 fill 2 at 100.5 taker fee 0", "0ms 1 fill 1 at 101 taker fee 0"}));
}

TEST(PaperTake, RestsWithWhatALimitCouldNotTake) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 1, ask 100.5 x 2, ask 101 x 3");
  market.place("1 buy limit 4 at 100.5");
  EXPECT_EQ(market.reports(),
            (Lines{"0ms 1 acknowledged", "0ms 1 fill 1 at 100 taker fee 0", "0ms 1 fill 2 at 100.5 taker fee 0"}));
  market.query(1);
  EXPECT_EQ(market.reports(), Lines{"0ms 1 open 3"});
  market.print("sell 0.25 at 100.4");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 0.25 at 100.5 maker fee 0"});
}

TEST(PaperTake, CancelsWhatAnImmediateOrderCouldNotTake) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 1, ask 100.5 x 2, ask 101 x 3");
  market.place("1 buy ioc 4 at 100");
  market.place("2 buy ioc 1 at 100.49");
  market.place("3 buy market 9");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 1 fill 1 at 100 taker fee 0",
                                     "0ms 1 cancelled remainder", "0ms 2 acknowledged", "0ms 2 cancelled no_liquidity",
                                     "0ms 3 acknowledged", "0ms 3 fill 2 at 100.5 taker fee 0",
                                     "0ms 3 fill 3 at 101 taker fee 0", "0ms 3 cancelled remainder"}));
}

TEST(PaperTake, ConsumesDisplayedSizeOnce) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 5, ask 101 x 5");
  market.place("1 buy limit 3 at 100");
  market.place("2 buy market 3");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 1 fill 3 at 100 taker fee 0", "0ms 2 acknowledged",
                                     "0ms 2 fill 2 at 100 taker fee 0", "0ms 2 fill 1 at 101 taker fee 0"}));
}

// 5 displayed, 3 taken. Reported again as 4: 1 left. As 2: none left, and 2 stay taken. As 6: 4 left.
TEST(PaperTake, LeavesAsMuchAsTheVenueDisplaysBeyondWhatWasTaken) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 5");
  market.place("1 buy market 3");
  market.book("ask 100 x 4");
  market.reports();
  market.place("2 buy ioc 0.4 at 100");
  EXPECT_EQ(market.reports(), (Lines{"0ms 2 acknowledged", "0ms 2 fill 0.4 at 100 taker fee 0"}));
  market.book("ask 100 x 2");
  market.place("3 buy ioc 9 at 100");
  EXPECT_EQ(market.reports(), (Lines{"0ms 3 acknowledged", "0ms 3 cancelled no_liquidity"}));
  market.book("ask 100 x 6");
  market.place("4 buy ioc 9 at 100");
  EXPECT_EQ(market.reports(),
            (Lines{"0ms 4 acknowledged", "0ms 4 fill 4 at 100 taker fee 0", "0ms 4 cancelled remainder"}));
  market.book("ask 100 x 0");
  market.book("ask 100 x 6");
  market.place("5 buy ioc 9 at 100");
  EXPECT_EQ(market.reports(),
            (Lines{"0ms 5 acknowledged", "0ms 5 fill 6 at 100 taker fee 0", "0ms 5 cancelled remainder"}));
}

// 3 of 5 are taken at 100, which is displayed for 200 s; then nothing beyond 90 is, until it comes back.
std::string left_after_hidden_for(std::int64_t seconds) {
  PaperMarket market;
  market.book("bid 89 x 1, ask 100 x 5");
  market.place("1 buy market 3");
  market.go(200'000);
  market.book("ask 100 x 5");
  market.book("ask 90 x 1, ask 100 x 0");
  market.go(200'000 + seconds * 1'000);
  market.book("bid 89 x 2");
  market.book("ask 90 x 0, ask 100 x 5");
  market.reports();
  market.place("2 buy ioc 9 at 100");
  return market.reports().at(1);
}

TEST(PaperTake, ForgetsWhatLiesBeyondTheDisplayForMinutes) {
  EXPECT_EQ(left_after_hidden_for(299), "499000ms 2 fill 2 at 100 taker fee 0");
  EXPECT_EQ(left_after_hidden_for(301), "501000ms 2 fill 5 at 100 taker fee 0");
}

// 0.001 at 333.33 is worth 0.33333. 10 bps of it are 0.00033333, in units of 0.00001 rounded up: 0.00034.
// A rebate of 1 bps is 0.000033333, rounded down: 0.00003.
TEST(PaperTake, ChargesTheRoleRoundedAgainstUs) {
  PaperVenue venue = quick_venue();
  venue.taker_fee = MicroBps(10'000'000);
  venue.maker_fee = MicroBps(-1'000'000);
  PaperMarket market(venue);
  market.book("bid 333 x 1, ask 333.33 x 1");
  market.place("1 buy market 0.001");
  market.place("2 sell limit 0.001 at 333.33");
  market.reports();
  market.print("buy 1 at 334");
  market.place("3 buy market 0.5");
  EXPECT_EQ(market.reports(), (Lines{"0ms 2 fill 0.001 at 333.33 maker fee -0.00003", "0ms 3 acknowledged",
                                     "0ms 3 fill 0.5 at 333.33 taker fee 0.16667"}));
}

TEST(PaperTake, KeepsFeesExactWhereValueTimesRateLeaves128Bits) {
  const Price price(9'000'000'000'000'000'007);
  const Quantity quantity(9'000'000'000'000'000'011);
  const Wide value = wide_product(price.count(), quantity.count());
  EXPECT_TRUE(fee_of(price, quantity, MicroBps(10'000'000'000)) == value);
  EXPECT_TRUE(fee_of(price, quantity, MicroBps(-10'000'000'000)) == -value);
  EXPECT_TRUE(fee_of(price, quantity, MicroBps(1)) == value / 10'000'000'000 + 1);
  EXPECT_TRUE(fee_of(price, quantity, MicroBps(-1)) == -(value / 10'000'000'000));
}

TEST(PaperTake, GivesEveryMatchANumberOfItsOwn) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 1, ask 101 x 1");
  std::vector<TimedReport> reports;
  for (const std::uint64_t id : {1U, 2U}) {
    OrderTerms terms;
    terms.type = OrderType::market;
    terms.quantity = Quantity(1'500);
    terms.price_scale = 2;
    terms.quantity_scale = 3;
    if (id == 2) terms.action = Action::sell;
    market.gateway().place({.order = OrderId(id), .terms = terms, .decided_at = {}}, market.at(), market.wall());
  }
  market.gateway().advance(market.at(), market.wall(), reports);
  std::vector<std::uint64_t> trades;
  for (const TimedReport& report : reports) {
    if (report.report.kind == OrderReport::Kind::fill) trades.push_back(report.report.fill.trade);
  }
  EXPECT_EQ(trades, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(PaperTake, RefusesWhatTheRulesForbid) {
  const ListingRules rules{.tick = Amount{.count = 5, .scale = 1},
                           .lot = Amount{.count = 1, .scale = 2},
                           .quantity_min = Amount{.count = 2, .scale = 2},
                           .notional_min = Amount{.count = 10, .scale = 0}};
  PaperMarket market(quick_venue(), rules);
  market.book("bid 100 x 1, ask 101 x 1");
  market.place("1 buy limit 1 at 100.1");
  market.place("2 buy limit 0.105 at 100");
  market.place("3 buy limit 0.01 at 100");
  market.place("4 buy limit 0.09 at 100.5");
  market.place("5 buy post_only 1 at 101");
  market.place("6 buy post_only 0.1 at 100.5");
  market.place("6 buy limit 0.1 at 100");
  market.place("7 buy market 0.09");
  market.place("8 sell market 0");
  market.place("9 buy limit 1 at 0");
  EXPECT_EQ(market.reports(),
            (Lines{"0ms 1 rejected invalid_price", "0ms 2 rejected invalid_quantity", "0ms 3 rejected invalid_quantity",
                   "0ms 4 rejected invalid_notional", "0ms 5 rejected would_take", "0ms 6 acknowledged",
                   "0ms 6 rejected duplicate_id", "0ms 7 rejected invalid_notional", "0ms 8 rejected invalid_quantity",
                   "0ms 9 rejected invalid_price"}));
}

TEST(PaperTake, RefusesAListingThatWasNeverListed) {
  PaperMarket market;
  PlaceOrder place;
  place.order = OrderId(1);
  place.terms.listing = ListingId(7);
  market.gateway().place(place, market.at(), market.wall());
  market.go(0);
  EXPECT_EQ(market.reports(), Lines{"0ms 1 rejected venue_refused"});
}

TEST(PaperTake, AcceptsButFillsNothingUntilTheBookIsUsable) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100 x 1");
  market.lose_book(true);
  market.place("1 buy limit 2 at 100");
  market.place("2 buy market 1");
  market.place("3 buy post_only 1 at 101");
  market.place("4 buy post_only 1 at 99");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 2 acknowledged", "0ms 2 cancelled no_liquidity",
                                     "0ms 3 acknowledged", "0ms 4 acknowledged"}));
  market.book("ask 100 x 3");
  EXPECT_EQ(market.reports(), Lines{});
  market.lose_book(false);
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 fill 2 at 100 taker fee 0", "0ms 3 cancelled would_take"}));
  market.print("sell 1.5 at 99");
  EXPECT_EQ(market.reports(), Lines{"0ms 4 fill 0.5 at 99 maker fee 0"});
}

TEST(PaperTake, ComparesExactlyWhenTheListingGrowsFiner) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 100.01 x 1");
  market.place("1 buy limit 1 at 100");
  market.reports();
  market.books().grow({.price = 4, .quantity = 5});
  market.book("ask 100.0001 x 0.50001, ask 100.01 x 2.00009");
  EXPECT_EQ(market.reports(), Lines{});
  market.book("ask 100.0001 x 0, ask 99.9999 x 0.50001");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 0.5 at 100 maker fee 0"});
  market.place("2 buy ioc 2 at 100.01");
  EXPECT_EQ(market.reports(), (Lines{"0ms 2 acknowledged", "0ms 2 fill 2 at 100.01 taker fee 0"}));
}

TEST(PaperTake, RoundsAPriceFinerThanTheOrdersAgainstIt) {
  PaperMarket market;
  market.books().grow({.price = 4, .quantity = 3});
  market.book("bid 98.9999 x 1, ask 99.9901 x 1");
  market.place("1 buy limit 1 at 100");
  market.place("2 sell market 1");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 1 fill 1 at 100 taker fee 0", "0ms 2 acknowledged",
                                     "0ms 2 fill 1 at 98.99 taker fee 0"}));
}

}  // namespace
}  // namespace crossbook::gateway
