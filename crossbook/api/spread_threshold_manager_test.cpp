// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "crossbook/api/spread_threshold_manager_test_tools.hpp"

namespace crossbook {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// The calls of the seed's third module, as they stand there.

TEST(SpreadThresholdManager, RunsTheSeedsUsage) {
  SpreadThresholdManager manager({.max_spread_bps = 10.0, .auto_cancel = true, .max_order_age_seconds = 3600});
  const Order order = manager.place_order({.order_id = "order_123",
                                           .symbol = "BTC/USDT",
                                           .side = "buy",
                                           .price = 50000.0,
                                           .size = 1.0,
                                           .spread_threshold_bps = 5.0,
                                           .expires_at = std::chrono::system_clock::now() + 30min});
  EXPECT_EQ(order.status, OrderStatus::pending);
  manager.update_spread("BTC/USDT", 49995.0, 50010.0);  // 3 bps
  EXPECT_THAT(manager.monitor_orders(), IsEmpty());
  const auto [should_cancel, reason] = manager.should_cancel_order(order, 12.0);
  EXPECT_TRUE(should_cancel);
  EXPECT_EQ(reason, "spread_exceeded_threshold");
  std::vector<std::string> said;
  manager.set_cancel_callback(
      [&](const Order& cancelled, const std::string& why) { said.push_back(cancelled.order_id + ": " + why); });
  manager.update_spread("BTC/USDT", 49950.0, 50010.0);
  ASSERT_EQ(manager.monitor_orders().size(), 1U);
  EXPECT_THAT(said, ElementsAre("order_123: spread_exceeded_threshold"));
  EXPECT_EQ(manager.get_order("order_123")->status, OrderStatus::cancelled);
  EXPECT_FALSE(manager.cancel_order("order_123"));
}

TEST(SpreadThresholdManager, HasTheSeedsDefaults) {
  const SpreadThresholdManagerOptions options;
  EXPECT_EQ(options.max_spread_bps, 10.0);
  EXPECT_TRUE(options.auto_cancel);
  EXPECT_EQ(options.check_interval_seconds, 1.0);
  EXPECT_FALSE(options.max_order_age_seconds);
  EXPECT_FALSE(options.max_data_age);
  Desk desk;
  const Order order =
      desk.manager.place_order({.order_id = "a", .symbol = "BTC/USDT", .side = "sell", .price = 1.0, .size = 2.0});
  EXPECT_EQ(order.spread_threshold_bps, 10.0);
  EXPECT_EQ(order.order_type, "limit");
  EXPECT_EQ(order.exchange, "unknown");
  EXPECT_EQ(order.created_at, desk.now);
  EXPECT_FALSE(order.expires_at);
  EXPECT_EQ(order.filled, 0.0);
  EXPECT_THAT(order.metadata, IsEmpty());
  EXPECT_EQ(desk.manager.get_order("a"), order);
}

TEST(SpreadThresholdManager, StatusesAreTheSeedsWords) {
  EXPECT_STREQ(to_string(OrderStatus::pending), "pending");
  EXPECT_STREQ(to_string(OrderStatus::active), "active");
  EXPECT_STREQ(to_string(OrderStatus::filled), "filled");
  EXPECT_STREQ(to_string(OrderStatus::cancelled), "cancelled");
  EXPECT_STREQ(to_string(OrderStatus::expired), "expired");
}

// Spread.

TEST(SpreadThresholdManager, CancelsAboveTheThresholdAndNotAtIt) {
  Desk desk;
  desk.place("a", 10.0);
  desk.spread_bps(10.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.spread_bps(10.01);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  const Order order = desk.manager.get_order("a").value();
  EXPECT_EQ(order.reason, "spread_exceeded_threshold");
  EXPECT_EQ(std::get<std::string>(order.metadata.at("cancel_reason")), "spread_exceeded_threshold");
  EXPECT_NEAR(std::get<double>(order.metadata.at("cancel_value")), 10.01, 1e-9);
}

// 10 bps of prices like 0.9995 and 1.0005 are 10.000000000000009 in floating point.
TEST(SpreadThresholdManager, ComparesDecimalsExactly) {
  Desk desk;
  desk.place("a", 10.0);
  desk.manager.update_spread("BTC/USDT", 0.9995, 1.0005);
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.manager.update_spread("BTC/USDT", 0.9995, 1.00050001);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
}

TEST(SpreadThresholdManager, TheSpreadOfNowDecides) {
  Desk desk;
  desk.place("a");
  desk.spread_bps(50.0);
  desk.spread_bps(1.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
}

TEST(SpreadThresholdManager, AnOrderPlacedIntoAWideSpreadIsDueAtTheNextLook) {
  Desk desk;
  desk.spread_bps(50.0);
  EXPECT_EQ(desk.place("a").status, OrderStatus::pending);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
}

TEST(SpreadThresholdManager, TouchesOnlyTheOrdersOfTheSymbol) {
  Desk desk;
  desk.place("a");
  desk.manager.place_order({.order_id = "b", .symbol = "ETH/USDT", .side = "buy", .price = 1.0, .size = 1.0});
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_EQ(desk.status("b"), OrderStatus::pending);
}

TEST(SpreadThresholdManager, AnOrderFollowsItsOwnExchangeOnceThatIsTold) {
  Desk desk;
  for (const char* exchange : {"kraken", "binance"})
    desk.manager.place_order(
        {.order_id = exchange, .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 1.0, .exchange = exchange});
  desk.manager.update_spread("BTC/USDT", 9'999.0, 10'001.0, "kraken");
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), ElementsAre("binance"));
  desk.manager.update_spread("BTC/USDT", 9'900.0, 10'001.0, "kraken");
  EXPECT_THAT(desk.monitor(), ElementsAre("kraken"));
}

TEST(SpreadThresholdManager, TheDataOfItsOwnExchangeDecidesAboutAgeToo) {
  Desk desk({.max_data_age = 5.0});
  const Order order = desk.manager.place_order({.order_id = "a",
                                                .symbol = "BTC/USDT",
                                                .side = "buy",
                                                .price = 1.0,
                                                .size = 1.0,
                                                .spread_threshold_bps = 5.0,
                                                .exchange = "kraken"});
  desk.manager.update_spread("BTC/USDT", 9'999.0, 10'001.0, "kraken");
  desk.spread_bps(50.0);
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(false, std::string("ok")));
  desk.now += 6s;
  desk.spread_bps(1.0);
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(true, std::string("data_unusable")));
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
}

TEST(SpreadThresholdManager, GivesTheSnapshotToldLast) {
  Desk desk;
  EXPECT_FALSE(desk.manager.get_spread_snapshot("BTC/USDT"));
  desk.manager.update_spread("BTC/USDT", 49'995.0, 50'005.0);
  const SpreadSnapshot snapshot = desk.manager.get_spread_snapshot("BTC/USDT").value();
  EXPECT_EQ(snapshot.symbol, "BTC/USDT");
  EXPECT_EQ(snapshot.timestamp, desk.now);
  EXPECT_EQ(snapshot.best_bid, 49'995.0);
  EXPECT_EQ(snapshot.best_ask, 50'005.0);
  EXPECT_EQ(snapshot.mid_price, 50'000.0);
  EXPECT_EQ(snapshot.spread_bps, 2.0);
  EXPECT_FALSE(desk.manager.get_spread_snapshot("BTC/USDT", "kraken"));
  desk.manager.update_spread("BTC/USDT", 1.0, 2.0, "kraken");
  EXPECT_EQ(desk.manager.get_spread_snapshot("BTC/USDT", "kraken")->best_bid, 1.0);
  EXPECT_EQ(desk.manager.get_spread_snapshot("BTC/USDT")->best_bid, 49'995.0);
}

// What the original got wrong: a one-sided or crossed book had a spread of 0 or less, and never cancelled.
TEST(SpreadThresholdManager, OneSidedAndCrossedAreUnusableNotZero) {
  Desk desk({.max_data_age = 5.0});
  desk.place("a");
  for (const auto& [bid, ask] : {std::pair(0.0, 101.0), std::pair(102.0, 101.0), std::pair(-1.0, 101.0)}) {
    desk.manager.update_spread("BTC/USDT", bid, ask);
    const SpreadSnapshot snapshot = desk.manager.get_spread_snapshot("BTC/USDT").value();
    EXPECT_FALSE(snapshot.spread_bps);
    EXPECT_FALSE(snapshot.mid_price);
    EXPECT_EQ(snapshot.best_bid, bid);
    EXPECT_THAT(desk.monitor(), IsEmpty());
  }
  EXPECT_EQ(desk.manager.should_cancel_order(desk.manager.get_order("a").value()).second, "no_spread_data");
  desk.now += 6s;
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_EQ(desk.manager.get_order("a")->reason, "data_unusable");
}

TEST(SpreadThresholdManager, AnUnusableSpreadDoesNotCancelByTheOneBefore) {
  Desk desk;
  desk.place("a");
  desk.spread_bps(50.0);
  desk.manager.update_spread("BTC/USDT", 0.0, 101.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
}

TEST(SpreadThresholdManager, WithoutDataNothingIsCancelledUnlessAnAgeIsSet) {
  Desk patient;
  const Order order = patient.place("a");
  patient.now += 1'000h;
  EXPECT_THAT(patient.monitor(), IsEmpty());
  EXPECT_EQ(patient.manager.should_cancel_order(order), std::pair(false, std::string("no_spread_data")));

  Desk desk({.max_data_age = 5.0});
  desk.place("a");
  desk.now += 5s;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.now += 1ms;
  EXPECT_EQ(desk.manager.should_cancel_order(desk.manager.get_order("a").value()),
            std::pair(true, std::string("data_unusable")));
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_NEAR(std::get<double>(desk.manager.get_order("a")->metadata.at("cancel_value")), 5.001, 1e-9);
}

TEST(SpreadThresholdManager, DataThatStoppedIsOldDataWhateverItSaidLast) {
  Desk desk({.max_data_age = 5.0});
  desk.place("a");
  for (int i = 0; i < 10; ++i, desk.now += 4s) {
    desk.spread_bps(1.0);
    EXPECT_THAT(desk.monitor(), IsEmpty());
  }
  desk.now += 2s;
  desk.place("later");
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  desk.now += 6s;
  EXPECT_THAT(desk.monitor(), ElementsAre("later"));
}

// Time.

TEST(SpreadThresholdManager, AnExpiredOrderEndsAsExpired) {
  Desk desk;
  desk.manager.place_order({.order_id = "a",
                            .symbol = "BTC/USDT",
                            .side = "buy",
                            .price = 1.0,
                            .size = 1.0,
                            .expires_at = desk.now + 30min});
  desk.now += 29min;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.now += 2min;
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::expired);
  EXPECT_EQ(desk.manager.get_order("a")->reason, "order_expired");
  EXPECT_EQ(std::get<double>(desk.manager.get_order("a")->metadata.at("cancel_value")), 60.0);
}

TEST(SpreadThresholdManager, AnOrderWhoseExpiryHasPassedIsAcceptedAndDueAtOnce) {
  Desk desk;
  const Order order = desk.manager.place_order(
      {.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 1.0, .expires_at = desk.now - 1s});
  EXPECT_EQ(order.status, OrderStatus::pending);
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(true, std::string("order_expired")));
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
}

TEST(SpreadThresholdManager, AnOldOrderIsCancelled) {
  Desk desk({.max_order_age_seconds = 3600});
  desk.place("a");
  desk.now += 59min;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.now += 2min;
  EXPECT_EQ(desk.manager.should_cancel_order(desk.manager.get_order("a").value()),
            std::pair(true, std::string("order_too_old")));
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::cancelled);
  EXPECT_EQ(desk.manager.get_order("a")->reason, "order_too_old");
}

TEST(SpreadThresholdManager, AClockThatIsSetBackMakesNothingDueAndBreaksNothing) {
  Desk desk({.max_order_age_seconds = 10});
  desk.place("a");
  desk.now -= 1h;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  desk.spread_bps(1.0);
  desk.place("b");
  desk.now += 1h + 11s;
  EXPECT_THAT(desk.monitor(), ElementsAre("a", "b"));
}

TEST(SpreadThresholdManager, ShouldCancelOrderJudgesTheOrderThatIsGiven) {
  Desk desk;
  Order order = desk.place("a", 5.0);
  desk.spread_bps(7.0);
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(true, std::string("spread_exceeded_threshold")));
  EXPECT_EQ(desk.manager.should_cancel_order(order, 5.0), std::pair(false, std::string("ok")));
  order.spread_threshold_bps = 8.0;
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(false, std::string("ok")));
  order.order_id = "of another desk";
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(false, std::string("ok")));
  order.spread_threshold_bps = 6.0;
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(true, std::string("spread_exceeded_threshold")));
  order.status = OrderStatus::filled;
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(false, std::string("order_already_terminated")));
  order.symbol = "never told";
  order.status = OrderStatus::active;
  EXPECT_EQ(desk.manager.should_cancel_order(order), std::pair(false, std::string("no_spread_data")));
  desk.manager.cancel_order("a");
  order = desk.manager.get_order("a").value();
  order.status = OrderStatus::active;  // a stale copy
  EXPECT_EQ(desk.manager.should_cancel_order(order, 99.0), std::pair(false, std::string("order_already_terminated")));
}

TEST(SpreadThresholdManager, WithAutoCancelOffMonitoringEndsNothing) {
  Desk desk({.auto_cancel = false, .max_order_age_seconds = 1});
  const Order order = desk.place("a");
  desk.spread_bps(50.0);
  desk.now += 1h;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_EQ(desk.status("a"), OrderStatus::pending);
  EXPECT_TRUE(desk.manager.should_cancel_order(order).first);
  EXPECT_TRUE(desk.manager.cancel_order("a"));
}

}  // namespace
}  // namespace crossbook
