// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crossbook/gateway/paper_test_tools.hpp"

// When a resting order is filled: behind the queue, when the market trades through, when the other side reaches it.
namespace crossbook::gateway {
namespace {

// By hand, our buy of 2 at 100 as order 1. `ahead` is displayed size before us; (n) is behind us.
//
//   what happens                         displayed at 100   ahead   ours
//   we arrive                                   5             5      2
//   others join behind                          9             5 (4)  2
//   sold 3 at 100; the book follows             6             2 (4)  2
//   others leave: displayed 3 may all
//   stand before us, so ahead stays 2           3             2 (1)  2
//   displayed 1: at most 1 is before us         1             1      2
//   10 s later, sold 2 at 100: 1 before us, then 1 ours
//   sold 5 at 100: nothing is before us, 1 ours
TEST(PaperQueue, FillsBehindTheDisplayedQueueAsComputedByHand) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 5");
  market.place("1 buy limit 2 at 100");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 acknowledged"});
  market.go(1);
  market.book("bid 100 x 9");
  market.go(2);
  market.print("sell 3 at 100");
  market.book("bid 100 x 6");
  market.go(3);
  market.book("bid 100 x 3");
  market.go(4);
  market.book("bid 100 x 1");
  EXPECT_EQ(market.reports(), Lines{});
  market.go(10'000);
  market.print("sell 2 at 100");
  EXPECT_EQ(market.reports(), Lines{"10000ms 1 fill 1 at 100 maker fee 0"});
  market.print("sell 5 at 100");
  EXPECT_EQ(market.reports(), Lines{"10000ms 1 fill 1 at 100 maker fee 0"});
  market.query(1);
  EXPECT_EQ(market.reports(), Lines{"10000ms 1 absent 2"});
}

TEST(PaperQueue, FillsWholeOnceTheMarketTradesThroughTheQueue) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 5");
  market.place("1 buy limit 2 at 100");
  market.print("sell 9 at 99.99");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 1 fill 2 at 100 maker fee 0"}));
}

TEST(PaperQueue, HasNothingBeforeItOnceTheMarketTradedBeyond) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 5");
  market.place("1 buy limit 2 at 100");
  market.print("sell 0.5 at 99.99");
  market.reports();
  market.print("sell 0.5 at 100");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 0.5 at 100 maker fee 0"});
}

TEST(PaperQueue, SharesOnePrintAmongTheOrdersThatItReaches) {
  PaperMarket market;
  market.book("ask 100 x 1, bid 99 x 1");
  market.place("1 sell limit 2 at 101");
  market.place("2 sell limit 2 at 100.5");
  market.place("3 sell limit 2 at 100.5");
  market.reports();
  market.print("buy 3 at 102");
  EXPECT_EQ(market.reports(), (Lines{"0ms 2 fill 2 at 100.5 maker fee 0", "0ms 3 fill 1 at 100.5 maker fee 0"}));
  market.print("buy 3 at 102");
  EXPECT_EQ(market.reports(), (Lines{"0ms 3 fill 1 at 100.5 maker fee 0", "0ms 1 fill 2 at 101 maker fee 0"}));
}

// Ahead of 1 stand 3; between 1 and 2 stand 4 more. Sold 6: 3 to the queue, 2 to order 1, 1 to the queue before 2.
TEST(PaperQueue, PutsOurOrdersOfOnePriceIntoOneQueue) {
  PaperMarket market;
  market.book("bid 100 x 3, ask 101 x 1");
  market.place("1 buy limit 2 at 100");
  market.book("bid 100 x 7");
  market.place("2 buy limit 2 at 100");
  market.reports();
  market.print("sell 6 at 100");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 2 at 100 maker fee 0"});
  market.print("sell 3 at 100");
  EXPECT_EQ(market.reports(), Lines{});
  market.print("sell 1 at 100");
  EXPECT_EQ(market.reports(), Lines{"0ms 2 fill 1 at 100 maker fee 0"});
}

TEST(PaperQueue, DoesNotCountSizeTwiceThatTheBookGaveUpBeforeThePrintCame) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 1");
  market.place("1 buy limit 1 at 100");
  market.book("bid 100 x 2");
  market.go(100);
  market.print("sell 3 at 100");
  market.print("sell 2 at 100");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 acknowledged"});
  market.print("sell 1 at 100");
  EXPECT_EQ(market.reports(), Lines{"100ms 1 fill 1 at 100 maker fee 0"});
}

TEST(PaperQueue, TakesAPrintForNewOnceItIsTooLateToBeTheOneBefore) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 1");
  market.place("1 buy limit 1 at 100");
  market.book("bid 100 x 2");
  market.reports();
  market.go(2'001);
  market.print("sell 3 at 100");
  EXPECT_EQ(market.reports(), Lines{"2001ms 1 fill 1 at 100 maker fee 0"});
}

TEST(PaperQueue, IgnoresPrintsFromBeforeTheArrival) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 1");
  market.go(10);
  market.place("1 buy limit 1 at 100");
  market.reports();
  market.print("sell 9 at 99", market.wall() - milliseconds(1));
  EXPECT_EQ(market.reports(), Lines{});
  market.print("sell 9 at 99", market.wall());
  EXPECT_EQ(market.reports(), Lines{"10ms 1 fill 1 at 100 maker fee 0"});
}

TEST(PaperQueue, IgnoresPrintsOfTheOtherSide) {
  PaperMarket market;
  market.book("bid 100 x 1, ask 101 x 1");
  market.place("1 buy limit 1 at 100");
  market.reports();
  market.print("buy 9 at 99");
  market.print("sell 9 at 100.01");
  EXPECT_EQ(market.reports(), Lines{});
}

TEST(PaperQueue, WaitsBeyondTheDisplayedDepthUntilItsPriceIsShown) {
  PaperMarket market;
  market.book("bid 100 x 1, ask 101 x 1");
  market.place("1 buy limit 1 at 99");
  market.reports();
  market.print("sell 5 at 99");  // who stood there is not known
  market.book("bid 100 x 0, bid 99 x 4");
  market.print("sell 4 at 99");
  EXPECT_EQ(market.reports(), Lines{});
  market.print("sell 1 at 99");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 1 at 99 maker fee 0"});
}

TEST(PaperQueue, KeepsItsQueueWhileItsPriceIsBeyondTheDisplayedDepth) {
  PaperMarket market;
  market.book("bid 99 x 4, ask 101 x 1");
  market.place("1 buy limit 1 at 99");
  market.book("bid 99 x 0, bid 100 x 1");  // of a feed that keeps one level
  market.book("bid 100 x 0, bid 99 x 4");
  market.reports();
  market.print("sell 4 at 99");
  EXPECT_EQ(market.reports(), Lines{});
}

TEST(PaperQueue, FillsAtItsPriceWhenTheOtherSideReachesIt) {
  PaperMarket market;
  market.book("bid 100 x 5, ask 101 x 5");
  market.place("1 buy limit 2 at 100");
  market.reports();
  market.book("bid 100 x 0, ask 99.5 x 1.5");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 1.5 at 100 maker fee 0"});
  market.book("bid 99 x 1");
  EXPECT_EQ(market.reports(), Lines{});  // that 1.5 is taken
  market.book("ask 99.5 x 1.6");
  EXPECT_EQ(market.reports(), Lines{"0ms 1 fill 0.1 at 100 maker fee 0"});
}

TEST(PaperQueue, NeverMatchesOurOwnOrdersWithEachOther) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 102 x 1");
  market.place("1 buy limit 2 at 100");
  market.place("2 sell ioc 2 at 100");
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 acknowledged", "0ms 2 acknowledged", "0ms 2 cancelled no_liquidity"}));
}

}  // namespace
}  // namespace crossbook::gateway
