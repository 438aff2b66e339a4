// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <iterator>

#include <gtest/gtest.h>

#include "crossbook/gateway/paper_test_tools.hpp"

// The paper exchange survives our death: another process goes on from its text as if nothing had happened.
namespace crossbook::gateway {
namespace {

constexpr std::array only = {ListingId(0)};

PaperVenue uneven_venue() {
  PaperVenue venue = quick_venue();
  venue.out = LatencyModel::of_quantiles(milliseconds(5), milliseconds(20), milliseconds(90));
  venue.back = venue.out;
  venue.cancel = venue.out;
  venue.taker_fee = MicroBps(2'500'000);
  return venue;
}

// A queue, taken depth, an order beyond the depth, one that arrived blind, requests and reports under way.
void busy(PaperMarket& market, std::int64_t after_ms, std::int64_t until_ms) {
  const auto step = [&](std::int64_t at, auto&& act) {
    if (at <= after_ms || at > until_ms) return;
    market.go(at);
    act();
  };
  step(0, [&] { market.book("bid 100 x 5, ask 101 x 5"); });
  step(1, [&] { market.place("1 buy limit 2 at 100"); });
  step(1, [&] { market.place("2 buy market 2"); });
  step(1, [&] { market.place("3 buy limit 1 at 90"); });
  step(99, [&] { market.lose_book(true); });
  step(100, [&] { market.place("4 sell limit 1 at 102"); });
  step(200, [&] { market.cancel(3); });
  step(201, [&] { market.place("5 buy market 9"); });
  step(202, [&] { market.query(1); });
}

void finish(PaperMarket& market) {
  market.go(300);
  market.lose_book(false);
  market.book("bid 100 x 3");
  market.place("6 buy market 4");
  market.go(400);
  market.print("sell 4 at 100");
  market.print("buy 4 at 103");
  market.cancel_all();
  for (const std::uint64_t id : {1U, 2U, 3U, 4U, 5U, 6U}) market.query(id);
  market.go(1'000);
}

TEST(PaperState, GoesOnAsIfNothingHadHappened) {
  PaperMarket whole(uneven_venue());
  busy(whole, -1, 202);
  finish(whole);
  const Lines expected = whole.reports();
  for (std::int64_t ms = 0; ms < 300; ++ms) {
    SCOPED_TRACE(ms);
    PaperMarket before(uneven_venue());
    busy(before, -1, ms);
    before.go(ms);
    PaperMarket after(uneven_venue());
    after.go_on_from(before);
    EXPECT_EQ(after.gateway().state(), before.gateway().state());
    busy(after, ms, 202);
    finish(after);
    Lines lines = before.reports();
    std::ranges::copy(after.reports(), std::back_inserter(lines));
    ASSERT_EQ(lines, expected);
  }
}

TEST(PaperState, GoesOnUnderOtherHandles) {
  PaperMarket before(uneven_venue());
  busy(before, -1, 202);
  const std::string state = before.gateway().state();
  BooksByHand books;
  PaperGateway after(books, 1);
  after.list(ListingId(2), after.add_venue(uneven_venue()), {});
  ASSERT_FALSE(after.restore(state, Steady(0), {})) << "without a handle for the state's listing";
  ASSERT_TRUE(after.restore(state, Steady(0), std::array{ListingId(2)}));
  ASSERT_FALSE(after.open_orders().empty());
  for (const OpenOrder& order : after.open_orders()) EXPECT_EQ(order.terms.listing, ListingId(2));
}

TEST(PaperState, KeepsTheOrderOfRequests) {
  PaperVenue venue = quick_venue();
  venue.out = LatencyModel::fixed(milliseconds(50));
  PaperMarket before(venue);
  before.book("bid 100 x 5, ask 101 x 5");
  before.place("1 buy limit 2 at 100");
  PaperMarket after(venue);
  after.go_on_from(before);
  after.cancel(1);
  after.go(100);
  EXPECT_EQ(after.reports(), (Lines{"50ms 1 acknowledged", "50ms 1 cancelled"}));
}

TEST(PaperState, KeepsWhatTheBookGaveUpBeforeThePrintCame) {
  PaperMarket before;
  before.book("bid 100 x 5, ask 101 x 5");
  before.place("1 buy limit 2 at 100");
  before.book("bid 100 x 2");
  PaperMarket after;
  after.go_on_from(before);
  after.print("sell 5 at 100");  // 3 that the book gave up already, 2 that stood before us
  EXPECT_EQ(after.reports(), Lines{});
}

// 3 of 5 were taken at 100, which has been beyond the display since.
void hide_taken(PaperMarket& market) {
  market.book("bid 89 x 1, ask 100 x 5");
  market.place("1 buy market 3");
  market.book("ask 90 x 1, ask 100 x 0");
}

std::string left_when_back(PaperMarket& market) {
  market.book("bid 89 x 2");
  market.book("ask 90 x 0, ask 100 x 5");
  market.place("2 buy ioc 9 at 100");
  return market.reports().at(1);
}

TEST(PaperState, KeepsSinceWhenATakenLevelIsBeyondTheDisplay) {
  PaperMarket before;
  hide_taken(before);
  before.go(200'000);
  PaperMarket soon;
  soon.go_on_from(before);
  soon.go(299'000);
  EXPECT_EQ(left_when_back(soon), "299000ms 2 fill 2 at 100 taker fee 0");
  PaperMarket late;
  late.go_on_from(before);
  late.go(301'000);
  EXPECT_EQ(left_when_back(late), "301000ms 2 fill 5 at 100 taker fee 0");
}

TEST(PaperState, ReadsTheFirstLayoutWhichDoesNotSayIt) {
  PaperMarket before;
  hide_taken(before);
  std::string state = before.gateway().state();
  ASSERT_TRUE(state.starts_with("paper 2\n"));
  state.replace(0, 7, "paper 1");
  const std::size_t line_end = state.find('\n', state.find("\nlevel ") + 1);
  const std::size_t last_word = state.rfind(' ', line_end);
  state.erase(last_word, line_end - last_word);
  PaperMarket after;
  ASSERT_TRUE(after.gateway().restore(state, Steady(0), only));
  after.book("bid 89 x 1, ask 100 x 5");
  after.place("2 buy ioc 9 at 100");
  EXPECT_EQ(after.reports().at(1), "0ms 2 fill 2 at 100 taker fee 0");
}

TEST(PaperState, MovesBackWhenTheClockBeganAnew) {
  PaperMarket before(uneven_venue());
  busy(before, -1, 202);
  before.reports();
  PaperMarket after(uneven_venue());
  ASSERT_TRUE(after.gateway().restore(before.gateway().state(), Steady(0), only));
  before.go(1'202);
  after.go(1'000);
  EXPECT_EQ(after.reports().size(), before.reports().size());
  EXPECT_FALSE(after.gateway().next_at());
}

TEST(PaperState, RefusesTextThatIsNotWhole) {
  PaperMarket before(uneven_venue());
  busy(before, -1, 202);
  const std::string state = before.gateway().state();
  PaperMarket after(uneven_venue());
  const std::string empty = after.gateway().state();
  for (std::size_t length = 0; length + 1 < state.size(); ++length) {
    ASSERT_FALSE(after.gateway().restore(state.substr(0, length), Steady(0), only)) << length;
  }
  EXPECT_FALSE(after.gateway().restore(state + "1", Steady(0), only));
  EXPECT_EQ(after.gateway().state(), empty);
  EXPECT_TRUE(after.gateway().restore(state, Steady(0), only));
}

// A damaged digit may go unseen, since the text has no checksum of its own; it never does harm.
TEST(PaperState, GoesOnFromDamagedNumbersOrRefusesThem) {
  PaperMarket before(uneven_venue());
  busy(before, -1, 202);
  const std::string state = before.gateway().state();
  std::size_t refused = 0;
  for (std::size_t at = 0; at < state.size(); ++at) {
    for (const char other : {'0', '9', '-', ' '}) {
      std::string damaged = state;
      damaged[at] = other;
      PaperMarket after(uneven_venue());
      if (!after.gateway().restore(damaged, Steady(202'000'000), only)) ++refused;
      finish(after);
    }
  }
  EXPECT_GT(refused, state.size());
}

TEST(PaperState, RefusesAStateOfOtherVenuesOrListings) {
  PaperMarket before(uneven_venue());
  busy(before, -1, 202);
  const std::string state = before.gateway().state();
  BooksByHand books;
  PaperGateway unlisted(books, 1);
  EXPECT_FALSE(unlisted.restore(state, Steady(0), only));
  unlisted.add_venue(quick_venue());
  EXPECT_FALSE(unlisted.restore(state, Steady(0), only));
  unlisted.list(ListingId(0), PaperVenueId(0), {});
  EXPECT_TRUE(unlisted.restore(state, Steady(0), only));
}

}  // namespace
}  // namespace crossbook::gateway
