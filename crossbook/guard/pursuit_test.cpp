// SPDX-License-Identifier: Apache-2.0
#include "crossbook/guard/guard.hpp"

#include <gmock/gmock.h>

#include "crossbook/guard/desk_test_tools.hpp"

namespace crossbook::guard {
namespace {

using Kind = OrderReport::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

// --- pursuit ------------------------------------------------------------------------------------------------------

TEST(Guard, CancelsAPendingOrderAtOnceAndAgainWhenItIsAcknowledged) {
  Desk desk;
  desk.place_below(1, 10).told();
  desk.cancel(1);
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual", "1 pending>cancelling manual"));
  desk.says(1, Kind::acknowledged);
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual"));
  desk.says(1, Kind::acknowledged);
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.says(1, Kind::cancelled);
  EXPECT_THAT(desk.told(), ElementsAre("1 cancelling>cancelled manual"));
}

TEST(Guard, RepeatsACancelThatNobodyAnswersAndCallsAPerson) {
  GuardOptions options;
  options.cancel_tries_max = 2;
  Desk desk(options);
  desk.rest_below(1, 10).cancel(1).told();
  desk.wait(milliseconds(999));
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.wait(milliseconds(1));
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual"));
  desk.wait(seconds(1));
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual", "query 1", "alarm 1 cancel_unconfirmed"));
  EXPECT_EQ(desk.guard.pursuit(OrderId(1))->cancels, 3u);
  EXPECT_EQ(desk.state(1), OrderState::cancelling);
}

TEST(Guard, TriesARefusedCancelAgainAfterTwiceTheTime) {
  Desk desk;
  desk.rest_below(1, 10).cancel(1).says(1, Kind::cancel_rejected, OrderReason::venue_refused).told();
  EXPECT_EQ(desk.guard.pursuit(OrderId(1))->next_try, desk.now + milliseconds(250));
  EXPECT_FALSE(desk.guard.pursuit(OrderId(1))->in_flight);
  desk.wait(milliseconds(250)).says(1, Kind::cancel_rejected, OrderReason::venue_refused);
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual"));
  EXPECT_EQ(desk.guard.pursuit(OrderId(1))->next_try, desk.now + milliseconds(500));
}

TEST(Guard, AsksForAnOrderThatTheVenueNoLongerHas) {
  Desk desk;
  desk.rest_below(1, 10).cancel(1).told();
  desk.says(1, Kind::cancel_rejected, OrderReason::already_gone);
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "1 cancelling>unknown already_gone"));
  desk.fills(1, 7, 100);
  EXPECT_THAT(desk.told(), ElementsAre("1 unknown>filled +100"));
  desk.says(1, Kind::absent, OrderReason::ok, 100);
  EXPECT_THAT(desk.told(), IsEmpty());
}

TEST(Guard, AsksWhenAPlaceIsNotAnsweredAndEndsNothingByItself) {
  Desk desk;
  desk.place_below(1, 10).told();
  desk.wait(seconds(5));
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "1 pending>unknown"));
  desk.wait(seconds(3600));
  EXPECT_EQ(desk.state(1), OrderState::unknown);
  desk.told();
  desk.says(1, Kind::open);
  EXPECT_THAT(desk.told(), ElementsAre("1 unknown>active"));
}

TEST(Guard, AsksAtOnceForALostRequestAndLessOftenAfterwards) {
  Desk desk;
  desk.rest_below(1, 10).cancel(1).told();
  desk.says(1, Kind::unanswered);
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "1 cancelling>unknown"));
  desk.says(1, Kind::unanswered);
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.wait(milliseconds(250));
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 manual", "query 1"));
  desk.says(1, Kind::absent);
  EXPECT_THAT(desk.told(), ElementsAre("1 unknown>cancelled manual"));
}

TEST(Guard, KeepsALateAnswerOfAQueryFromAddingASecondCancel) {
  GuardOptions options;
  options.cancel_tries_max = 1;
  Desk desk(options);
  desk.rest_below(1, 10).cancel(1).wait(seconds(1)).told();  // a cancel and a query are out
  desk.says(1, Kind::open);
  EXPECT_THAT(desk.told(), IsEmpty());
  EXPECT_TRUE(desk.guard.pursuit(OrderId(1))->in_flight);
}

// --- budget -------------------------------------------------------------------------------------------------------

PlaceCommand buy_at(std::uint64_t id, std::int64_t price, std::int64_t quantity) {
  PlaceCommand command{OrderId(id), {}, {}};
  command.terms.price = Price(price);
  command.terms.quantity = Quantity(quantity);
  command.limits.spread_max = bps(10);
  return command;
}

TEST(Guard, SpendsTheBudgetOnTheOrdersNextToTheTouchFirst) {
  Desk desk({}, BudgetOptions{.burst = 10, .per_request = seconds(1)});
  desk.guard.on_touch(ListingId(0), {Price(10'000), Price(10'001), 0});
  desk.spread(5);
  desk.place(buy_at(1, 9'000, 1)).place(buy_at(2, 9'990, 1)).place(buy_at(3, 9'990, 5)).place(buy_at(4, 10'000, 1));
  for (const std::uint64_t id : {1U, 2U, 3U, 4U}) desk.says(id, Kind::acknowledged);
  for (std::uint64_t i = 0; i < 4; ++i) desk.place(buy_at(10 + i, 5'000, 1));
  const auto words = desk.told();
  EXPECT_EQ(words.back(), "13 pending>rejected budget");  // five places are the half of ten
  desk.spread(11);
  std::vector<std::uint64_t> sent;
  for (const CancelOrder& cancel : desk.effects.cancels) sent.push_back(static_cast<std::uint64_t>(cancel.order));
  EXPECT_THAT(sent, ElementsAre(4, 3, 2, 1, 10));
}

TEST(Guard, ShowsWhatWaitsForBudgetAndSendsItWhenItIsThere) {
  Desk desk({}, BudgetOptions{.burst = 2, .per_request = seconds(1)});
  desk.guard.on_touch(ListingId(0), {Price(10'000), Price(10'001), 0});
  PlaceCommand sell = buy_at(3, 10'500, 1);
  sell.terms.action = Action::sell;
  desk.spread(5).place(buy_at(1, 9'900, 1)).wait(seconds(2)).place(buy_at(2, 9'990, 1)).wait(seconds(2)).place(sell);
  desk.says(1, Kind::acknowledged).says(2, Kind::acknowledged).says(3, Kind::acknowledged);
  desk.told();
  desk.spread(11);
  EXPECT_EQ(desk.effects.cancels.size(), 1u);
  EXPECT_EQ(desk.effects.cancels[0].order, OrderId(2));
  const std::optional<Pursuit> waits = desk.guard.pursuit(OrderId(1));
  EXPECT_EQ(waits->waits_for, OrderReason::budget);
  EXPECT_EQ(waits->next_try, desk.now + seconds(1));
  EXPECT_EQ(waits->due, OrderReason::spread_exceeded_threshold);
  EXPECT_EQ(desk.state(1), OrderState::active);
  desk.says(2, Kind::cancelled).told();
  desk.guard.on_touch(ListingId(0), {Price(10'400), Price(10'401), 0});  // the market comes to the sell order
  desk.wait(seconds(1));
  EXPECT_EQ(desk.told().front(), "cancel 3 spread_exceeded_threshold");
  desk.says(3, Kind::cancelled).told();
  desk.fills(1, 1, 1).wait(seconds(9));
  EXPECT_THAT(desk.told(), ElementsAre("1 active>filled +1"));
}

// --- fills --------------------------------------------------------------------------------------------------------

TEST(Guard, CountsAMatchOnceHoweverOftenItIsReported) {
  Desk desk;
  desk.rest_below(1, 10).fills(1, 7, 30).fills(1, 7, 30).fills(1, 8, 30).told();
  EXPECT_EQ(desk.filled(1), 60);
  EXPECT_EQ(desk.state(1), OrderState::active);
  desk.fills(1, 9, 40);
  EXPECT_THAT(desk.told(), ElementsAre("1 active>filled +40"));
}

TEST(Guard, CountsALateFillInFullAndCallsAPerson) {
  Desk desk;
  desk.rest_below(1, 10).cancel(1).says(1, Kind::cancelled).told();
  desk.fills(1, 7, 30);
  EXPECT_THAT(desk.told(), ElementsAre("alarm 1 late_fill", "1 cancelled>cancelled +30"));
  desk.fills(1, 8, 70);
  EXPECT_THAT(desk.told(), ElementsAre("alarm 1 late_fill", "1 cancelled>filled +70"));
  EXPECT_EQ(desk.filled(1), 100);
  EXPECT_EQ(desk.guard.live(), 0u);
}

TEST(Guard, CountsWhatAVenueOverfilled) {
  Desk desk;
  desk.rest_below(1, 10).told();
  desk.fills(1, 7, 130);
  EXPECT_THAT(desk.told(), ElementsAre("alarm 1 overfill", "1 active>filled +130"));
  desk.fills(1, 8, 0);
  EXPECT_THAT(desk.told(), ElementsAre("alarm 1 mismatch"));
  EXPECT_EQ(desk.filled(1), 130);
}

TEST(Guard, SaysWhenTheVenuesSumIsNotItsOwn) {
  Desk desk;
  desk.rest_below(1, 10).fills(1, 7, 30).told();
  desk.says(1, Kind::absent, OrderReason::ok, 40);
  EXPECT_THAT(desk.told(), ElementsAre("alarm 1 mismatch", "1 active>cancelled already_gone"));
}

TEST(Guard, CallsAPersonForAnOrderThatIsNotOurs) {
  Desk desk;
  EXPECT_THAT(desk.says(9, Kind::acknowledged).told(), ElementsAre("alarm 9 unknown_order"));
}

TEST(Guard, PullsAnOrderThatReappearsAfterItWasCalledDead) {
  Desk desk;
  desk.place_below(1, 10).says(1, Kind::unanswered).says(1, Kind::absent).told();
  EXPECT_EQ(desk.state(1), OrderState::cancelled);
  desk.says(1, Kind::acknowledged);
  EXPECT_THAT(desk.told(),
              ElementsAre("cancel 1 recovered", "query 1", "alarm 1 mismatch", "1 cancelled>unknown recovered"));
  EXPECT_EQ(desk.guard.live(), 1u);
}

TEST(Guard, AsksForARejectedOrderThatFills) {
  Desk desk;
  desk.place_below(1, 10).says(1, Kind::rejected, OrderReason::venue_refused).told();
  desk.says(1, Kind::acknowledged);
  EXPECT_THAT(desk.told(), IsEmpty());
  desk.fills(1, 7, 30);
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "alarm 1 late_fill", "1 rejected>rejected +30"));
  desk.says(1, Kind::open, OrderReason::ok, 30);
  EXPECT_THAT(desk.told(),
              ElementsAre("cancel 1 recovered", "query 1", "alarm 1 mismatch", "1 rejected>unknown recovered"));
}

TEST(Guard, NamesWhyTheVenueEndedAnOrder) {
  Desk desk;
  desk.rest_below(1, 10).rest_below(2, 10).told();
  desk.says(1, Kind::cancelled, OrderReason::disconnected).says(2, Kind::expired);
  EXPECT_THAT(desk.told(), ElementsAre("1 active>cancelled disconnected", "2 active>expired"));
}

// --- stop, restart, room --------------------------------------------------------------------------------------------

TEST(Guard, SendsNothingButCancelsAfterTheStop) {
  Desk desk;
  desk.rest_below(1, 10).place_below(2, 10).told();
  desk.stop();
  EXPECT_THAT(desk.told(), ElementsAre("cancel 1 stopped", "cancel 2 stopped", "1 active>cancelling stopped",
                                       "2 pending>cancelling stopped"));
  desk.place_below(3, 10);
  EXPECT_THAT(desk.told(), ElementsAre("3 pending>rejected stopped"));
}

TEST(Guard, AsksForARestoredOrderAndCountsItsMatchesOnce) {
  Desk desk;
  RestoredOrder restored;
  restored.order = OrderId(1);
  restored.terms.quantity = Quantity(100);
  restored.limits.age_max = seconds(60);
  restored.placed_at = desk.wall() - seconds(40);
  restored.filled = Quantity(30);
  desk.guard.restore(restored, desk.all, desk.account, desk.now, desk.wall(), desk.effects);
  desk.guard.restore_trade(OrderId(1), 7);
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "1 unknown>unknown recovered"));
  desk.fills(1, 7, 30).says(1, Kind::open, OrderReason::ok, 30);
  EXPECT_THAT(desk.told(), ElementsAre("1 unknown>active"));
  EXPECT_EQ(desk.filled(1), 30);
  desk.wait(seconds(20));
  EXPECT_EQ(desk.told().front(), "cancel 1 order_too_old");
}

TEST(Guard, RefusesADuplicateAndLeavesTheFirstAsItIs) {
  Desk desk;
  desk.rest_below(1, 10).told();
  EXPECT_THAT(desk.place_below(1, 99).told(), ElementsAre("1 pending>rejected duplicate_id"));
  EXPECT_EQ(desk.guard.find(OrderId(1))->limits.spread_max, bps(10));
}

TEST(Guard, ForgetsEndedOrdersAfterTheRetentionAndLiveOnesNever) {
  GuardOptions options;
  options.orders_max = 2;
  Desk desk(options);
  desk.rest_below(1, 10).rest_below(2, 10).says(2, Kind::cancelled).place_below(3, 10);
  EXPECT_EQ(desk.told().back(), "3 pending>rejected table_full");
  desk.wait(seconds(60)).place_below(4, 10).wait(seconds(3600));
  EXPECT_EQ(desk.guard.find(OrderId(2)), nullptr);
  EXPECT_EQ(desk.guard.live(), 2u);
  EXPECT_FALSE(desk.guard.forget(OrderId(1)));
}

}  // namespace
}  // namespace crossbook::guard
