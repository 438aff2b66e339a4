// SPDX-License-Identifier: Apache-2.0
#include "crossbook/guard/guard.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "crossbook/guard/desk_test_tools.hpp"

namespace crossbook::guard {
namespace {

using Kind = OrderReport::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

// --- the spread ---------------------------------------------------------------------------------------------------

TEST(Guard, PullsExactlyTheOrdersWhoseThresholdTheSpreadBreaks) {
  Desk desk;
  desk.spread(5).rest_below(1, 10).rest_below(2, 20).rest_below(3, 30).told();
  desk.spread(20);
  EXPECT_THAT(desk.told(),
              ElementsAre("cancel 1 spread_exceeded_threshold", "1 active>cancelling spread_exceeded_threshold"));
  desk.spread_is(bps(20) + MicroBps(1));
  EXPECT_THAT(desk.told(),
              ElementsAre("cancel 2 spread_exceeded_threshold", "2 active>cancelling spread_exceeded_threshold"));
  EXPECT_EQ(desk.state(3), OrderState::active);
}

TEST(Guard, WaitsForTheDwellAndForgetsItWhenTheSpreadComesBack) {
  Desk desk;
  OrderLimits limits;
  limits.spread_max = bps(10);
  limits.dwell = milliseconds(50);
  desk.spread(5).place(1, limits).says(1, Kind::acknowledged).told();
  desk.spread(11).wait(milliseconds(49)).spread(10).wait(seconds(1));
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.spread(11).wait(milliseconds(49)).spread(12);
  EXPECT_THAT(desk.told(), IsEmpty());
  EXPECT_EQ(desk.guard.next_due(), desk.now + milliseconds(1));
  desk.now = desk.now + milliseconds(1);
  desk.spread(5);  // until now it was above: the dwell has passed before this spread is looked at
  EXPECT_EQ(desk.told().front(), "cancel 1 spread_exceeded_threshold");
}

TEST(Guard, RefusesAPlaceUntilTheSpreadIsWellBelowItsThreshold) {
  Desk desk;
  desk.spread(12).place_below(1, 10);
  EXPECT_THAT(desk.told(), ElementsAre("1 pending>rejected spread_wide"));
  desk.spread(9).place_below(2, 10).spread(8).place_below(3, 10);
  EXPECT_THAT(desk.told(), ElementsAre("2 pending>rejected spread_wide", "3 pending>rejected spread_wide"));
  desk.spread_is(bps(8) - MicroBps(1)).place_below(4, 10).spread(9).place_below(5, 10);
  EXPECT_THAT(desk.told(), ElementsAre("place 4", "place 5", "4 pending>pending", "5 pending>pending"));
  EXPECT_EQ(desk.guard.find(OrderId(1)), nullptr);
}

// The words of the promise, by a scan of everything that was seen.
bool refused_by_a_scan(const std::vector<std::int64_t>& seen, std::int64_t threshold) {
  bool refused = false;
  for (const std::int64_t spread : seen) {
    if (spread * 10 < threshold * 8) refused = false;
    if (spread > threshold) refused = true;
  }
  return refused;
}

RC_GTEST_PROP(Guard, RefusesAWidePlaceAsAScanOfAllSpreadsWould, ()) {
  Desk desk;
  std::vector<std::int64_t> seen;
  const auto length = *rc::gen::inRange<std::uint64_t>(1, 30);
  for (std::uint64_t id = 1; id <= length; ++id) {
    seen.push_back(*rc::gen::inRange(-10, 40));
    desk.spread_is(MicroBps(seen.back()));
    OrderLimits limits;
    limits.spread_max = MicroBps(*rc::gen::inRange(0, 40));
    desk.effects.clear();
    desk.place(id, limits);
    RC_ASSERT(desk.effects.places.empty() == refused_by_a_scan(seen, limits.spread_max->count()));
  }
}

TEST(Guard, RefusesNothingBecauseOfASpreadThatNeverBrokeTheThreshold) {
  Desk desk;
  desk.spread(10).place_below(1, 10);
  EXPECT_EQ(desk.told().front(), "place 1");
}

TEST(Guard, TakesAWideOrderInAndPullsItWhereRefusingIsOff) {
  GuardOptions options;
  options.refuse_due = false;
  Desk desk(options);
  desk.spread(12).place_below(1, 10);
  EXPECT_THAT(desk.told(), ElementsAre("place 1", "cancel 1 spread_exceeded_threshold", "1 pending>pending",
                                       "1 pending>cancelling spread_exceeded_threshold"));
}

// --- data ---------------------------------------------------------------------------------------------------------

TEST(Guard, PullsNothingForLackOfDataUnlessAnAgeIsSet) {
  Desk desk;
  OrderLimits limits;
  limits.data_age_max = seconds(5);
  desk.rest_below(1, 10).place(2, limits).says(2, Kind::acknowledged).told();
  desk.spread(5).wait(seconds(60)).no_spread().wait(seconds(5) - Nanos(1));
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.wait(Nanos(1));
  EXPECT_EQ(desk.told().front(), "cancel 2 data_unusable");
  desk.wait(seconds(3600));
  EXPECT_EQ(desk.state(1), OrderState::active);
}

TEST(Guard, CountsTheAgeOfDataThatNeverCameFromTheFirstOrder) {
  Desk desk;
  OrderLimits limits;
  limits.data_age_max = seconds(5);
  desk.wait(seconds(60)).place(1, limits).says(1, Kind::acknowledged).told();
  EXPECT_EQ(desk.guard.next_due(), desk.now + seconds(5));
  desk.wait(seconds(4)).spread(1).wait(seconds(4)).told();
  EXPECT_EQ(desk.state(1), OrderState::active);
}

TEST(Guard, RefusesAnOrderWhoseDataIsTooOldAlready) {
  Desk desk;
  OrderLimits limits;
  limits.data_age_max = seconds(5);
  desk.spread(5).no_spread().wait(seconds(5)).place(1, limits);
  EXPECT_THAT(desk.told(), ElementsAre("1 pending>rejected data_unusable"));
}

TEST(Guard, TakesAConsolidatedSpreadThatCrossesALittleAndNoneThatCrossesMuch) {
  GuardOptions options;
  options.cross_dwell = milliseconds(100);
  Desk desk(options);
  desk.spread(-20);
  EXPECT_EQ(desk.guard.spread(desk.all), bps(-20));
  desk.spread(-21).wait(milliseconds(99));
  EXPECT_EQ(desk.guard.spread(desk.all), bps(-21));
  desk.spread(-22).wait(milliseconds(1));
  EXPECT_EQ(desk.guard.spread(desk.all), std::nullopt);
  desk.spread(-3);
  EXPECT_EQ(desk.guard.spread(desk.all), bps(-3));
}

TEST(Guard, ForgetsACrossingThatWasShort) {
  GuardOptions options;
  options.cross_dwell = milliseconds(100);
  Desk desk(options);
  desk.spread(-21).spread(4).wait(seconds(1));
  EXPECT_EQ(desk.guard.spread(desk.all), bps(4));
  desk.spread(-21).wait(milliseconds(60)).spread(-20).spread(-21).wait(milliseconds(60));
  EXPECT_EQ(desk.guard.spread(desk.all), bps(-21));
}

TEST(Guard, CallsAnyCrossingOfOneVenueUnusable) {
  Desk desk;
  const WatchId own = desk.guard.add_watch(false);
  desk.guard.on_spread(own, MicroBps(), desk.now, desk.wall(), desk.effects);
  EXPECT_EQ(desk.guard.spread(own), MicroBps());
  desk.guard.on_spread(own, MicroBps(-1), desk.now, desk.wall(), desk.effects);
  EXPECT_EQ(desk.guard.spread(own), std::nullopt);
}

// --- time ---------------------------------------------------------------------------------------------------------

TEST(Guard, PullsAnExpiredOrderByTheWallAndAnOldOneByTheSteadyClock) {
  Desk desk;
  OrderLimits expires, ages;
  expires.expires_at = desk.wall() + seconds(10);
  ages.age_max = seconds(20);
  desk.place(1, expires).place(2, ages).says(1, Kind::acknowledged).says(2, Kind::acknowledged).told();
  desk.now = desk.now + seconds(1);
  desk.guard.advance(desk.now, desk.wall() + seconds(30), desk.effects);  // the wall clock was set
  EXPECT_EQ(desk.told().front(), "cancel 1 order_expired");
  desk.guard.advance(desk.now + seconds(19), desk.wall(), desk.effects);
  EXPECT_EQ(desk.told().front(), "cancel 2 order_too_old");
  desk.now = desk.now + seconds(19);
  desk.says(1, Kind::cancelled).says(2, Kind::cancelled);
  EXPECT_EQ(desk.state(1), OrderState::expired);
  EXPECT_EQ(desk.state(2), OrderState::cancelled);
}

TEST(Guard, RefusesAnExpiredOrder) {
  Desk desk;
  OrderLimits limits;
  limits.expires_at = desk.wall();
  EXPECT_THAT(desk.place(1, limits).told(), ElementsAre("1 pending>rejected order_expired"));
}

// --- polling --------------------------------------------------------------------------------------------------------

GuardOptions polled() {
  GuardOptions options;
  options.manual = true;
  options.refuse_due = false;
  options.place_ack_max.reset();
  options.cancel_ack_max.reset();
  options.retention.reset();
  options.backoff_first = options.backoff_max = seconds(1);
  return options;
}

TEST(Guard, DecidesByTheSpreadOfNowWhereTheCallerPolls) {
  Desk desk(polled());
  desk.place_below(1, 10).place_below(2, 30).told();
  desk.spread(50).spread(20);
  EXPECT_THAT(desk.told(), IsEmpty());
  EXPECT_EQ(desk.guard.why_due(*desk.guard.find(OrderId(1)), desk.now, desk.wall()),
            OrderReason::spread_exceeded_threshold);
  desk.wait(Nanos());
  EXPECT_EQ(desk.told().front(), "cancel 1 spread_exceeded_threshold");
  desk.says(1, Kind::cancel_rejected, OrderReason::venue_refused);  // the callback threw
  desk.wait(milliseconds(999));
  EXPECT_EQ(desk.state(1), OrderState::cancelling);
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.wait(milliseconds(1));
  EXPECT_EQ(desk.told().front(), "cancel 1 spread_exceeded_threshold");
  desk.says(1, Kind::cancelled).wait(seconds(1'000'000));
  EXPECT_EQ(desk.state(1), OrderState::cancelled);
  EXPECT_TRUE(desk.guard.forget(OrderId(1)));
  EXPECT_EQ(desk.guard.next_due(), std::nullopt);
}

TEST(Guard, PullsAsManyAtOnceAsTheCallerAsksForAndLeavesNone) {
  constexpr std::uint64_t orders = 100;
  Desk desk(polled());
  for (std::uint64_t id = 1; id <= orders; ++id) desk.place_below(id, 10);
  desk.spread(20).told();
  std::vector<std::uint64_t> pulled;
  for (const std::size_t most : {1U, 15U, 16U, 17U, 40U, 40U}) {
    desk.guard.advance(desk.now, desk.wall(), desk.effects, most);
    EXPECT_EQ(desk.effects.cancels.size(), std::min(most, orders - pulled.size()));
    for (const CancelOrder& cancel : desk.effects.cancels) pulled.push_back(static_cast<std::uint64_t>(cancel.order));
    desk.effects.clear();
  }
  std::vector<std::uint64_t> all(orders);
  std::iota(all.begin(), all.end(), 1U);
  EXPECT_EQ(pulled, all);
}

}  // namespace
}  // namespace crossbook::guard
