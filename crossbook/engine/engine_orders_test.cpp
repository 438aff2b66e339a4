// SPDX-License-Identifier: Apache-2.0
//
// Orders in the engine: which market each watches, and what follows when that market is wide, wrong or silent.
#include <gmock/gmock.h>

#include "crossbook/engine/engine_orders_test_tools.hpp"

namespace crossbook::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = OrderReport::Kind;

// 10 bps, 20 bps and 40 bps around 10,000.
constexpr auto narrow_bid = "9995 x 1";
constexpr auto narrow_ask = "10005 x 1";
constexpr auto wide_bid = "9990 x 1";
constexpr auto wide_ask = "10010 x 1";

// -- places ----------------------------------------------------------------------------------------------------------

TEST(EngineOrders, AnOrderIsSentWhileTheSpreadIsNotAboveItsThreshold) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  EXPECT_THAT(desk.place(1, "buy 1 at 9990 on bybit-spot", above(10)).told(), ElementsAre("place 1"));
  EXPECT_EQ(desk.spread(1), "10");
}

TEST(EngineOrders, AnOrderIsRefusedWhileTheSpreadIsWide) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  EXPECT_THAT(desk.place(1, "buy 1 at 9990 on bybit-spot", above(9)).told(), ElementsAre("refuse 1 spread_wide"));
  EXPECT_EQ(desk.engine.guard().held(), 0u);
}

TEST(EngineOrders, ANumberThatIsKnownIsRefusedAndTheFirstOrderStays) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(10)).unheard();
  EXPECT_THAT(desk.place(1, "sell 2 at 10020 on okx", above(10)).told(), ElementsAre("refuse 1 duplicate_id"));
  EXPECT_EQ(desk.order(1).terms.action, Action::buy);
  EXPECT_EQ(desk.state(1), "active");
}

TEST(EngineOrders, AStopCancelsWhatRestsAndRefusesWhatComes) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(10)).rest(2, "sell 1 at 10020 on bybit-spot", {}).unheard();
  EXPECT_THAT(desk.stop().told(), ElementsAre("cancel 1 stopped", "cancel 2 stopped"));
  EXPECT_THAT(desk.place(3, "buy 1 at 9990 on bybit-spot", {}).told(), ElementsAre("refuse 3 stopped"));
  EXPECT_THAT(desk.restore(4, "buy 1 at 9990 on bybit-spot", {}, 0).told(), ElementsAre("cancel 4 stopped", "query 4"));
}

TEST(EngineOrders, APlaceIsJudgedByWhatTimeDidToTheBooks) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(10)).unheard();
  desk.now = desk.now + seconds(120);
  EXPECT_THAT(desk.place(2, "buy 1 at 9990 on bybit-spot", with_data_age(above(10), Nanos())).told(),
              ElementsAre("refuse 2 data_unusable"))
      << "no tick came before: the place itself brings the time in which the feed fell silent";
}

// -- which market ----------------------------------------------------------------------------------------------------

TEST(EngineOrders, KeepsAnOrderWhileAnotherVenueHoldsTheSpread) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(18)).unheard();
  EXPECT_THAT(desk.book("bybit-spot", wide_bid, wide_ask).told(), IsEmpty());
  EXPECT_EQ(desk.spread(1), "10");
  EXPECT_THAT(desk.change("okx", "9995 x 0, 9990 x 1", "").told(), IsEmpty());
  EXPECT_EQ(desk.spread(1), "15.003751");
  EXPECT_THAT(desk.change("okx", "", "10005 x 0, 10010 x 1").told(), ElementsAre("cancel 1 spread_exceeded_threshold"));
}

TEST(EngineOrders, CancelsOnTheConsolidatedSpreadThoughItsOwnVenueIsNarrow) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(15)).unheard();
  // OKX goes 3 % away; of two that disagree the one that was heard longer ago leaves the view.
  EXPECT_THAT(desk.book("okx", "10290 x 1", "10310 x 1").told(), ElementsAre("cancel 1 spread_exceeded_threshold"));
}

TEST(EngineOrders, CancelsOnTheOwnVenuesSpreadThoughAnotherIsNarrow) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", own_above(15)).rest(2, "buy 1 at 9990 on okx", own_above(15));
  EXPECT_THAT(desk.unheard().book("bybit-spot", wide_bid, wide_ask).told(),
              ElementsAre("cancel 1 spread_exceeded_threshold"));
  EXPECT_EQ(desk.spread(2), "10");
}

TEST(EngineOrders, AnOrderThatCameBeforeAnyBookWaitsForTheMarketOfItsSymbol) {
  OrderDesk desk;
  desk.rest(1, "buy 1 at 9990 on bybit-spot", above(15)).rest(2, "buy 1 at 9990 on bybit-spot", own_above(15));
  EXPECT_EQ(desk.spread(1), "unusable");
  EXPECT_THAT(desk.unheard().book("okx", narrow_bid, narrow_ask).told(), IsEmpty());
  EXPECT_EQ(desk.spread(1), "10") << "another venue of the symbol";
  EXPECT_EQ(desk.spread(2), "unusable");
  EXPECT_THAT(desk.book("bybit-spot", wide_bid, wide_ask).told(), ElementsAre("cancel 2 spread_exceeded_threshold"));
  EXPECT_THAT(desk.book("okx", wide_bid, wide_ask).told(), ElementsAre("cancel 1 spread_exceeded_threshold"));
}

TEST(EngineOrders, AContractOfUnknownSizeWatchesItsOwnVenue) {
  OrderDesk desk;
  desk.rest(1, "buy 1 at 9990 on okx-swap", above(15)).book("okx-swap", narrow_bid, narrow_ask);
  desk.rest(2, "buy 1 at 9990 on okx-swap", above(15));
  EXPECT_EQ(desk.spread(1), "10") << "it can be consolidated with no other, before its first book as after";
  EXPECT_EQ(desk.order(1).watch, desk.order(2).watch);
}

TEST(EngineOrders, AnOrderWatchesItsSymbolThoughItsBookIsInAGroupByHand) {
  OrderDesk desk;
  desk.engine.add_group("alone", {{venue::find_feed("bybit-spot").value(), "BTCUSDT"}});
  desk.book("bybit-spot", wide_bid, wide_ask).book("okx", narrow_bid, narrow_ask);
  ASSERT_THAT(desk.place(1, "buy 1 at 9990 on bybit-spot", above(15)).told(), ElementsAre("place 1"));
  EXPECT_EQ(desk.spread(1), "10");
}

TEST(EngineOrders, WhereSymbolsAreNotGroupedAnOrderWatchesTheGroupByHand) {
  OrderDesk desk({.group_symbols = false});
  desk.engine.add_group(
      "pair", {{venue::find_feed("bybit-spot").value(), "BTCUSDT"}, {venue::find_feed("okx").value(), "BTC-USDT"}});
  desk.book("bybit-spot", wide_bid, wide_ask).book("okx", narrow_bid, narrow_ask);
  ASSERT_THAT(desk.place(1, "buy 1 at 9990 on bybit-spot", above(15)).told(), ElementsAre("place 1"));
  EXPECT_EQ(desk.spread(1), "10");
}

// -- data that is no data --------------------------------------------------------------------------------------------

TEST(EngineOrders, AFeedThatDiesSilentlyLeadsToTheCancelByTicksAlone) {
  for (const auto& limits : {above(15), own_above(15)}) {
    OrderDesk desk;
    desk.book("bybit-spot", narrow_bid, narrow_ask);
    desk.rest(1, "buy 1 at 9990 on bybit-spot", with_data_age(limits, seconds(5))).unheard();
    const Steady heard = desk.now - milliseconds(2);
    EXPECT_THAT(desk.tick_for(seconds(3600)).told(), ElementsAre("cancel 1 data_unusable"));
    EXPECT_EQ(desk.now - heard, seconds(30 + 5)) << "Bybit is dead after 30 s without a frame";
  }
}

TEST(EngineOrders, WhileAnotherVenueIsHeardADeadOneTakesNoOrderWithIt) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", with_data_age(above(15), seconds(5)));
  desk.rest(2, "buy 1 at 9990 on bybit-spot", with_data_age(own_above(15), seconds(5))).unheard();
  for (int i = 0; i < 60; ++i) desk.pass(seconds(1)).change("okx", "9994 x 1", "");
  EXPECT_THAT(desk.told(), testing::Contains("cancel 2 data_unusable"));
  EXPECT_EQ(desk.state(1), "active");
}

TEST(EngineOrders, AnOrderWithoutALimitForDataWaitsForEver) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask).rest(1, "buy 1 at 9990 on bybit-spot", above(15)).unheard();
  EXPECT_THAT(desk.tick_for(seconds(7200)).told(), IsEmpty());
  EXPECT_EQ(desk.spread(1), "unusable");
}

TEST(EngineOrders, AGapMakesTheSpreadUnusableUntilTheBookIsWholeAgain) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", with_data_age(above(15), seconds(5)));
  desk.rest(2, "buy 1 at 9990 on bybit-spot", with_data_age(above(15), Nanos())).unheard();
  desk.lose_message("bybit-spot").change("bybit-spot", "", "10005 x 0, 10030 x 1");
  EXPECT_THAT(desk.told(), ElementsAre("cancel 2 data_unusable")) << "in the frame that shows the gap";
  EXPECT_EQ(desk.spread(1), "unusable") << "35 bps stand in the book, and prove nothing";
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  EXPECT_EQ(desk.spread(1), "10");
  EXPECT_THAT(desk.pass(seconds(6)).told(), testing::Not(testing::Contains("cancel 1 data_unusable")));
}

TEST(EngineOrders, ASpreadThatItsChecksumDisprovesIsNoSpread) {
  OrderDesk desk;
  desk.book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on okx", above(15)).rest(2, "buy 1 at 9990 on okx", own_above(15)).unheard();
  desk.wrong_checksum().change("okx", "9995 x 0, 9990 x 1", "10005 x 0, 10010 x 1");
  EXPECT_THAT(desk.told(), IsEmpty());
  EXPECT_EQ(desk.spread(1), "unusable");
  EXPECT_EQ(desk.spread(2), "unusable");
}

TEST(EngineOrders, ABookThatCrossesItselfHasNoSpread) {
  OrderDesk desk;
  desk.book("okx", narrow_bid, narrow_ask).rest(1, "buy 1 at 9990 on okx", own_above(15));
  EXPECT_EQ(desk.change("okx", "10006 x 1", "").spread(1), "unusable") << "crossed by 1 bps";
  EXPECT_EQ(desk.change("okx", "10006 x 0", "").spread(1), "10");
}

TEST(EngineOrders, WhatAFrameDoesOnTheWayIsNobodysMarket) {
  OrderDesk desk;
  desk.book("okx", narrow_bid, narrow_ask);
  desk.rest(1, "buy 1 at 9990 on okx", above(15)).rest(2, "buy 1 at 9990 on okx", own_above(15)).unheard();
  desk.changes("okx", {{"9995 x 0, 9980 x 1", ""}, {"", "10005 x 0, 10020 x 1"}, {narrow_bid, narrow_ask}});
  EXPECT_THAT(desk.told(), IsEmpty()) << "40 bps for two of the three changes of one frame";
  desk.changes("okx", {{"9996 x 1", ""}, {"9996 x 0, 9995 x 0, 9980 x 1", ""}});
  EXPECT_THAT(desk.told(), ElementsAre("cancel 2 spread_exceeded_threshold", "cancel 1 spread_exceeded_threshold"));
}

// -- without our own -------------------------------------------------------------------------------------------------

TEST(EngineOrders, OurOrderAloneAtTheBestIsNotTheMarket) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(20)).change("bybit-spot", "9995 x 2", "");
  EXPECT_EQ(desk.spread(1), "20");
  desk.rest(2, "buy 2 at 9995 on bybit-spot", own_above(20));
  EXPECT_EQ(desk.spread(2), "20");
  EXPECT_THAT(desk.unheard().change("bybit-spot", "9990 x 0, 9989 x 1", "").told(),
              ElementsAre("cancel 2 spread_exceeded_threshold", "cancel 1 spread_exceeded_threshold"))
      << "the level behind ours is the market's best";
}

TEST(EngineOrders, ABookWhoseSideIsAllOursHasNoSpread) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", "9995 x 2", wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", with_data_age(above(20), seconds(1)));
  EXPECT_EQ(desk.spread(1), "unusable");
  EXPECT_THAT(desk.unheard().pass(seconds(2)).told(), ElementsAre("cancel 1 data_unusable"));
}

TEST(EngineOrders, ALevelThatIsPartlyOursIsTheMarkets) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(20)).change("bybit-spot", "9995 x 2.001", "");
  EXPECT_EQ(desk.spread(1), "14.996251") << "9,995 to 10,010";
  desk.rest(2, "sell 1 at 10005 on bybit-spot", above(20)).change("bybit-spot", "", "10005 x 1");
  EXPECT_EQ(desk.spread(1), "14.996251");
  desk.change("bybit-spot", "", "10005 x 3");
  EXPECT_EQ(desk.spread(1), "10");
}

TEST(EngineOrders, WhatWasFilledOrCancelledIsNoLongerOurs) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", "9995 x 5, 9990 x 1", wide_ask);
  desk.rest(1, "buy 5 at 9995 on bybit-spot", above(30));
  EXPECT_EQ(desk.spread(1), "20");
  desk.fills(1, 7, 2);
  EXPECT_EQ(desk.spread(1), "14.996251") << "3 of 5 are ours";
  desk.change("bybit-spot", "9995 x 3", "");
  EXPECT_EQ(desk.spread(1), "20");
  desk.says(1, Kind::cancelled);
  EXPECT_EQ(desk.spread(1), "14.996251") << "somebody else's, until the venue says otherwise";
}

TEST(EngineOrders, TheConsolidatedSpreadSeesEveryVenueWithoutOurs) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask).book("okx", "9985 x 1", "10015 x 1");
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(20)).rest(2, "sell 3 at 10005 on okx", above(20));
  desk.change("bybit-spot", "9995 x 2", "").change("okx", "", "10005 x 3");
  EXPECT_EQ(desk.spread(1), "20") << "9,990 and 10,010 of Bybit's others";
  desk.change("okx", "9993 x 1", "");
  EXPECT_EQ(desk.spread(1), "16.997451") << "9,993 of OKX";
  EXPECT_EQ(desk.spread(1), desk.spread(2));
}

TEST(EngineOrders, BehindOurOwnBestTheBestOfTheOthersMoves) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask).book("okx", "9994 x 1", wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(20)).change("bybit-spot", "9995 x 2", "");
  EXPECT_EQ(desk.spread(1), "15.996801") << "9,994 of OKX";
  desk.change("okx", "9994 x 0, 9991 x 1", "");
  EXPECT_EQ(desk.spread(1), "18.999051") << "9,991, though the best of all books did not move";
}

TEST(EngineOrders, OnPaperTheBooksNeverHoldOurs) {
  OrderDesk desk;
  desk.book("bybit-spot", "9995 x 2, 9990 x 1", wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(30));
  EXPECT_EQ(desk.spread(1), "14.996251");
}

TEST(EngineOrders, FinerDigitsOfTheVenueFindOurOrderStill) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask);
  desk.rest(1, "buy 2 at 9995 on bybit-spot", above(30)).change("bybit-spot", "9995 x 2", "");
  desk.change("bybit-spot", "9000.000000000001 x 0.000000001", "");
  EXPECT_EQ(desk.spread(1), "20");
  desk.change("bybit-spot", "9995 x 2.000000001", "");
  EXPECT_EQ(desk.spread(1), "14.996251");
}

TEST(EngineOrders, FinerDigitsOfOneVenueLeaveTheOrdersAtAnotherAsTheyAre) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask).book("okx", "9995 x 2, 9990 x 1", wide_ask);
  desk.rest(1, "buy 2 at 9995 on okx", own_above(30)).rest(2, "buy 1 at 9990 on bybit-spot", {});
  desk.change("bybit-spot", "9000.000000000001 x 0.000000001", "").change("okx", "9990 x 2", "");
  EXPECT_EQ(desk.spread(1), "20");
}

TEST(EngineOrders, AnOrderWhosePriceLeavesTheVenuesRangeStandsInNoLevel) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask);
  desk.rest(1, "sell 2 at 9000000 on bybit-spot", above(30)).rest(2, "buy 2 at 9995 on bybit-spot", above(30));
  desk.change("bybit-spot", "9995 x 2, 9000.0000000000001 x 1", "");
  EXPECT_EQ(desk.spread(2), "20") << "9,000,000 at 13 decimals is beyond 63 bits";
  EXPECT_EQ(desk.spread(1), "20");
}

TEST(EngineOrders, AnOrderFinerThanAllThatTheVenueShowedIsFoundOnceItIsShown) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask);
  desk.rest(1, "buy 2 at 9995.000000001 on bybit-spot", above(30));
  desk.change("bybit-spot", "9995.000000001 x 2", "");
  EXPECT_EQ(desk.spread(1), "20");
}

TEST(EngineOrders, AnOrderOfAFinerSizeIsFoundOnceItIsShown) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", wide_bid, wide_ask).rest(1, "buy 0.0000000005 at 9995 on bybit-spot", above(30));
  desk.change("bybit-spot", "9995 x 0.0000000005", "");
  EXPECT_EQ(desk.spread(1), "20");
}

TEST(EngineOrders, AnOrderThatNeverRestsIsInNoLevel) {
  OrderDesk desk({.own_orders_shown = true});
  desk.book("bybit-spot", "9995 x 2, 9990 x 1", wide_ask).rest(1, "buy 1 at 9980 on bybit-spot", above(30));
  OrderTerms terms = desk.order(1).terms;
  terms.type = OrderType::immediate_or_cancel;
  terms.price = Price(9995);
  terms.quantity = Quantity(2);
  desk.send(PlaceCommand{OrderId(2), terms, {}});
  EXPECT_EQ(desk.spread(1), "14.996251");
}

// -- budgets ---------------------------------------------------------------------------------------------------------

Options four_requests_at_bybit() {
  Options options;
  options.budgets["bybit"] = {.burst = 4, .per_request = seconds(1)};
  return options;
}

TEST(EngineOrders, TheFeedsOfAVenueShareItsBudget) {
  OrderDesk desk(four_requests_at_bybit());
  desk.place(1, "buy 1 at 9990 on bybit-spot", {}).place(2, "buy 1 at 9990 on bybit-linear", {});
  desk.place(3, "buy 1 at 9990 on bybit-linear", {}).place(4, "buy 1 at 9990 on okx", {});
  EXPECT_THAT(desk.told(), ElementsAre("place 1", "place 2", "place 4", "refuse 3 budget"));
}

TEST(EngineOrders, CancelsBeyondTheBudgetWaitNearestFirstThoughTheBookIsQuiet) {
  OrderDesk desk(four_requests_at_bybit());
  desk.book("bybit-spot", narrow_bid, narrow_ask).pass(seconds(1)).unheard();
  desk.restore(1, "buy 9 at 9000 on bybit-spot", {}, 0).restore(2, "buy 1 at 9900 on bybit-spot", {}, 0);
  desk.restore(3, "buy 1 at 9990 on bybit-spot", {}, 0).restore(4, "buy 1 at 9800 on bybit-spot", {}, 0);
  EXPECT_THAT(desk.told(), ElementsAre("query 1", "query 2", "query 3", "query 4"));
  EXPECT_THAT(desk.stop().told(), IsEmpty()) << "four queries have emptied the budget";
  EXPECT_EQ(desk.engine.guard().pursuit(OrderId(1))->waits_for, OrderReason::budget);
  for (const std::uint64_t next : {3U, 2U, 4U, 1U}) {
    const std::string id = std::to_string(next);
    EXPECT_THAT(desk.tick_for(seconds(1)).told(), ElementsAre("cancel " + id + " stopped"));
    EXPECT_THAT(desk.says(next, Kind::cancelled).told(), ElementsAre(id + " is cancelled"));
  }
}

// -- time ------------------------------------------------------------------------------------------------------------

TEST(EngineOrders, ANextDueIsKeptToTheNanosecond) {
  OrderDesk desk({.filters = false});
  EXPECT_EQ(desk.engine.next_due(), std::nullopt);
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  OrderLimits dwelling = above(15);
  dwelling.dwell = milliseconds(700);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", dwelling);
  EXPECT_EQ(desk.engine.next_due(), std::nullopt) << "a resting order waits for the market";
  desk.unheard().book("bybit-spot", wide_bid, wide_ask);
  const Steady due = desk.now + milliseconds(700);
  EXPECT_EQ(desk.engine.next_due(), due);
  EXPECT_THAT(desk.pass(milliseconds(700) - Nanos(1)).told(), IsEmpty());
  EXPECT_THAT(desk.pass(Nanos(1)).told(), ElementsAre("cancel 1 spread_exceeded_threshold"));
  EXPECT_EQ(desk.now, due);
}

TEST(EngineOrders, TheEarliestOfOrdersAndFeedsIsDueNext) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  const Steady feed = desk.engine.next_due().value();
  EXPECT_EQ(feed, desk.now + book::late_min) << "the book may be late then";
  OrderLimits limits;
  limits.age_max = seconds(900);
  desk.rest(1, "buy 1 at 9990 on bybit-spot", limits);
  EXPECT_EQ(desk.engine.next_due(), feed);
  limits.age_max = milliseconds(50);
  desk.rest(2, "buy 1 at 9990 on bybit-spot", limits);
  EXPECT_EQ(desk.engine.next_due(), desk.order(2).placed_at + milliseconds(50));
  EXPECT_THAT(desk.unheard().tick_for(seconds(10)).told(), ElementsAre("cancel 2 order_too_old"));
}

TEST(EngineOrders, WhatIsDueIsDoneThoughNoOrderIsLeft) {
  Options options{.filters = false};
  options.guard.cross_dwell = milliseconds(100);
  OrderDesk desk(options);
  desk.book("bybit-spot", narrow_bid, narrow_ask).place(1, "buy 1 at 9990 on okx", above(5));
  desk.book("okx", "10030 x 1", "10031 x 1");  // crossed by 25 bps
  ASSERT_EQ(desk.engine.guard().held(), 0u);
  EXPECT_EQ(desk.engine.next_due(), desk.now + milliseconds(100));
  desk.pass(milliseconds(100));
  EXPECT_EQ(desk.engine.next_due(), std::nullopt) << "who ticks when asked to would never stop";
}

TEST(EngineOrders, AnExpiryFollowsTheWallClockWhereverItSteps) {
  OrderDesk desk({.filters = false});
  OrderLimits limits;
  limits.expires_at = desk.wall() + seconds(60);
  desk.rest(1, "buy 1 at 9990 on okx", limits).rest(2, "buy 1 at 9990 on okx", limits).unheard();
  desk.wall_ahead -= seconds(3600);
  EXPECT_THAT(desk.pass(seconds(120)).told(), IsEmpty()) << "the wall clock was set back an hour";
  desk.wall_ahead += seconds(3600);
  EXPECT_THAT(desk.pass(Nanos(1)).told(), ElementsAre("cancel 1 order_expired", "cancel 2 order_expired"));
}

TEST(EngineOrders, AnAcknowledgementThatComesWithTheExpirySendsOneCancel) {
  OrderDesk desk({.filters = false});
  OrderLimits limits;
  limits.expires_at = desk.wall() + milliseconds(10);
  desk.place(1, "buy 1 at 9990 on okx", limits).unheard();
  desk.now = desk.now + milliseconds(20);
  EXPECT_THAT(desk.says(1, Kind::acknowledged).told(), ElementsAre("cancel 1 order_expired"));
  desk.place(2, "buy 1 at 9990 on okx", {}).cancel(2).unheard();
  EXPECT_THAT(desk.says(2, Kind::acknowledged).told(), ElementsAre("cancel 2 manual"))
      << "the first may have come before the order";
}

// -- after a restart -------------------------------------------------------------------------------------------------

TEST(EngineOrders, ARestoredOrderIsAskedForAndItsOldMatchesCountOnce) {
  OrderDesk desk;
  desk.book("bybit-spot", narrow_bid, narrow_ask);
  desk.restore(1, "buy 5 at 9990 on bybit-spot", above(15), 2).restore_trade(1, 41).restore_trade(1, 42);
  EXPECT_THAT(desk.told(), ElementsAre("query 1"));
  EXPECT_EQ(desk.state(1), "unknown");
  desk.fills(1, 41, 1).fills(1, 42, 1).fills(1, 43, 1).says(1, Kind::open, 3);
  EXPECT_THAT(desk.told(), IsEmpty());
  EXPECT_EQ(desk.state(1), "active");
  EXPECT_EQ(desk.order(1).filled, Quantity(3));
  EXPECT_THAT(desk.fills(1, 44, 2).told(), ElementsAre("1 is filled"));
}

TEST(EngineOrders, ARestoredOrderWhoseSpreadIsWideIsCancelledAtOnce) {
  OrderDesk desk;
  desk.book("bybit-spot", wide_bid, wide_ask);
  EXPECT_THAT(desk.restore(1, "buy 5 at 9990 on bybit-spot", above(15), 0).told(),
              ElementsAre("cancel 1 spread_exceeded_threshold", "query 1"));
}

}  // namespace
}  // namespace crossbook::engine
