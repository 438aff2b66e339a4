// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "crossbook/gateway/paper_test_tools.hpp"

// Messages take time: what arrives first wins, and reports come later than what they say.
namespace crossbook::gateway {
namespace {

// 10 ms to the venue, 20 for a cancel, 5 back.
PaperVenue slow_venue() {
  PaperVenue venue = quick_venue();
  venue.out = LatencyModel::fixed(milliseconds(10));
  venue.cancel = LatencyModel::fixed(milliseconds(20));
  venue.back = LatencyModel::fixed(milliseconds(5));
  return venue;
}

TEST(PaperRace, MeetsTheBookOfItsArrivalNotOfItsDecision) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 100 x 1");
  market.place("1 buy market 1");
  market.go(9);
  market.book("ask 100 x 0, ask 101 x 1");
  market.go(11);
  market.book("ask 101 x 0, ask 100 x 1");
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "15ms 1 fill 1 at 101 taker fee 0"}));
}

TEST(PaperRace, MeetsTheBookFromBeforeAChangeAtTheInstantOfItsArrival) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 100 x 1");
  market.place("1 buy market 1");
  market.go(10);
  market.book("ask 100 x 0, ask 101 x 1");
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "15ms 1 fill 1 at 100 taker fee 0"}));
}

TEST(PaperRace, LetsAFillBeforeTheCancelsArrivalWin) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 100");
  market.go(50);
  market.cancel(1);
  market.go(69);
  market.print("sell 5 at 99");
  market.go(100);
  EXPECT_EQ(market.reports(),
            (Lines{"15ms 1 acknowledged", "74ms 1 fill 2 at 100 maker fee 0", "75ms 1 cancel_rejected already_gone"}));
  market.query(1);
  market.go(200);
  EXPECT_EQ(market.reports(), Lines{"115ms 1 absent 2"});
}

TEST(PaperRace, CancelsWhatAPartialFillLeft) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 100");
  market.go(50);
  market.cancel(1);
  market.go(69);
  market.print("sell 0.5 at 99");
  market.go(71);
  market.print("sell 5 at 99");
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "74ms 1 fill 0.5 at 100 maker fee 0", "75ms 1 cancelled"}));
  market.query(1);
  market.go(200);
  EXPECT_EQ(market.reports(), Lines{"115ms 1 absent 0.5"});
}

TEST(PaperRace, TakesACancelThatComesAgainForNothingNew) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 100");
  market.go(50);
  market.cancel(1);
  market.cancel(1);
  market.go(100);
  market.cancel(1);
  market.go(200);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "75ms 1 cancelled", "75ms 1 cancel_rejected already_gone",
                                     "125ms 1 cancel_rejected already_gone"}));
}

TEST(PaperRace, LetsNoCancelOvertakeItsOrder) {
  PaperVenue venue = slow_venue();
  venue.cancel = LatencyModel::fixed(milliseconds(1));
  PaperMarket market(venue);
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 100");
  market.cancel(1);
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "15ms 1 cancelled"}));
}

TEST(PaperRace, AnswersForOrdersThatItNeverSaw) {
  PaperMarket market(slow_venue());
  market.cancel(1);
  market.query(2);
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 2 absent 0", "25ms 1 cancel_rejected already_gone"}));
}

TEST(PaperRace, CancelsAllThatIsThereWhenTheRequestArrives) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 98");
  market.place("2 sell limit 2 at 102");
  market.cancel_all();
  market.go(11);
  market.place("3 sell limit 2 at 103");
  market.go(100);
  EXPECT_EQ(market.reports(), (Lines{"15ms 1 acknowledged", "15ms 2 acknowledged", "25ms 1 cancelled",
                                     "25ms 2 cancelled", "26ms 3 acknowledged"}));
  ASSERT_EQ(market.gateway().open_orders().size(), 1U);
  EXPECT_EQ(market.gateway().open_orders().front().order, OrderId(3));
}

TEST(PaperRace, StopsAtEachReportSoThatTheAnswerToItComesInTime) {
  PaperMarket market(slow_venue());
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy limit 2 at 98");
  std::vector<TimedReport> reports;
  const Steady reached = market.gateway().advance(Steady(90'000'000), Wall(90'000'000), reports);
  EXPECT_EQ(reached, Steady(15'000'000));
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.front().wall, Wall(15'000'000));
  EXPECT_EQ(reports.front().report.ts_event, Wall(10'000'000));
  EXPECT_FALSE(market.gateway().next_at());
  EXPECT_EQ(market.gateway().advance(Steady(90'000'000), Wall(90'000'000), reports), Steady(90'000'000));
  EXPECT_EQ(reports.size(), 1U);
}

// The slowest possible report first: no later one of the same order may overtake it.
TEST(PaperRace, KeepsTheReportsOfOneOrderInTheirOrder) {
  PaperVenue venue = slow_venue();
  venue.back = LatencyModel::of_quantiles(milliseconds(1), milliseconds(100), milliseconds(1'000));
  PaperMarket market(venue);
  market.book("bid 99 x 1, ask 101 x 1");
  for (int id = 1; id <= 50; ++id) market.place(std::to_string(id) + " buy limit 2 at 98");
  market.go(20);
  for (std::uint64_t id = 1; id <= 50; ++id) market.cancel(id);
  market.go(5'000);
  std::map<std::string, std::string> last;
  for (const std::string& line : market.reports()) {
    const std::string order = line.substr(line.find(' ') + 1);
    const std::string id = order.substr(0, order.find(' '));
    EXPECT_EQ(order, id + (last[id].empty() ? " acknowledged" : " cancelled"));
    last[id] = order;
  }
  EXPECT_EQ(last.size(), 50U);
}

TEST(PaperRace, ForgetsOrdersOnlyOnceManyOthersEnded) {
  PaperMarket market;
  market.book("bid 99 x 1, ask 101 x 1");
  market.place("1 buy market 1");
  market.place("2 sell market 1");
  for (std::size_t id = 3; id <= PaperGateway::ended_kept + 1; ++id) market.place(std::to_string(id) + " buy market 1");
  market.reports();
  market.query(1);
  market.query(2);
  EXPECT_EQ(market.reports(), (Lines{"0ms 1 absent 0", "0ms 2 absent 1"}));
}

TEST(PaperRace, GivesTheSameReportsForTheSameCalls) {
  const auto run = [] {
    PaperVenue venue = slow_venue();
    venue.out = venue.back = LatencyModel::of_quantiles(milliseconds(5), milliseconds(20), milliseconds(90));
    PaperMarket market(venue);
    market.book("bid 99 x 1, ask 101 x 50");
    for (int id = 1; id <= 50; ++id) market.place(std::to_string(id) + " buy market 1");
    market.go(1'000);
    return market.reports();
  };
  const Lines first = run();
  EXPECT_EQ(first.size(), 100U);
  EXPECT_EQ(run(), first);
}

}  // namespace
}  // namespace crossbook::gateway
