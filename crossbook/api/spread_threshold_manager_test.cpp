// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <cmath>
#include <future>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace crossbook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

// A manager whose time stands still until it is told.
class Desk {
 public:
  explicit Desk(SpreadThresholdManagerOptions options = {}) : manager(with_clock(std::move(options))) {}

  Order place(const std::string& id, double threshold_bps = 5.0) {
    return manager.place_order({.order_id = id,
                                .symbol = "BTC/USDT",
                                .side = "buy",
                                .price = 50'000.0,
                                .size = 1.0,
                                .spread_threshold_bps = threshold_bps});
  }
  // A spread around 10,000: 1 a bp.
  void spread_bps(double bps) { manager.update_spread("BTC/USDT", 10'000.0 - bps / 2.0, 10'000.0 + bps / 2.0); }
  std::vector<std::string> monitor() {
    std::vector<std::string> ids;
    for (const Order& order : manager.monitor_orders()) ids.push_back(order.order_id);
    return ids;
  }
  OrderStatus status(const std::string& id) { return manager.get_order(id).value().status; }
  std::vector<std::string> alarms() {
    std::vector<std::string> said;
    for (const ManagerAlarm& alarm : manager.get_alarms()) said.push_back(alarm.kind + " " + alarm.order_id);
    return said;
  }

  TimePoint now = TimePoint(std::chrono::hours(24 * 20'000));
  SpreadThresholdManager manager;

 private:
  SpreadThresholdManagerOptions with_clock(SpreadThresholdManagerOptions options) {
    options.clock = [this] { return now; };
    return options;
  }
};

template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "not refused";
}

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

// Cancels.

TEST(SpreadThresholdManager, ACancelIsPassedOnWithItsReason) {
  Desk desk;
  std::vector<std::string> said;
  desk.manager.set_cancel_callback([&](const Order& order, const std::string& reason) {
    said.push_back(order.order_id + " " + to_string(order.status) + " " + reason);
  });
  desk.place("a");
  desk.place("b");
  EXPECT_TRUE(desk.manager.cancel_order("a"));
  EXPECT_TRUE(desk.manager.cancel_order("b", "risk limit"));
  EXPECT_FALSE(desk.manager.cancel_order("b"));
  EXPECT_FALSE(desk.manager.cancel_order("nobody"));
  EXPECT_THAT(said, ElementsAre("a cancelling manual", "b cancelling risk limit"));
  EXPECT_EQ(desk.manager.get_order("b")->reason, "risk limit");
  EXPECT_EQ(std::get<std::string>(desk.manager.get_order("b")->metadata.at("cancel_reason")), "risk limit");
  desk.manager.set_cancel_callback({});
  desk.place("c");
  EXPECT_TRUE(desk.manager.cancel_order("c"));
  EXPECT_EQ(said.size(), 2U);
}

// What the original got wrong: the order was called cancelled, and could turn filled in silence.
TEST(SpreadThresholdManager, ACallbackThatThrowsLeavesTheOrderLiveAndServesTheOthers) {
  Desk desk;
  std::vector<std::string> asked;
  bool refuses = true;
  desk.manager.set_cancel_callback([&](const Order& order, const std::string&) {
    asked.push_back(order.order_id);
    if (refuses && order.order_id == "b") throw std::runtime_error("the exchange is down");
  });
  for (const char* id : {"a", "b", "c"}) desk.place(id);
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), testing::UnorderedElementsAre("a", "c"));
  EXPECT_EQ(desk.status("b"), OrderStatus::cancelling);
  EXPECT_EQ(desk.manager.get_active_orders().size(), 1U);
  EXPECT_THAT(desk.alarms(), ElementsAre("callback_failed b"));
  EXPECT_EQ(desk.manager.get_alarms()[0].message, "the exchange is down");
  EXPECT_EQ(desk.manager.get_alarms()[0].at, desk.now);

  asked.clear();
  desk.now += 999ms;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_THAT(asked, IsEmpty());
  desk.now += 1ms;
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_THAT(asked, ElementsAre("b"));
  refuses = false;
  // The spread came back: an order once due stays due.
  desk.spread_bps(1.0);
  desk.now += 1s;
  EXPECT_THAT(desk.monitor(), ElementsAre("b"));
  EXPECT_EQ(desk.status("b"), OrderStatus::cancelled);
  EXPECT_EQ(desk.manager.get_order("b")->reason, "spread_exceeded_threshold");
}

TEST(SpreadThresholdManager, ACancelTriedInVainFiveTimesIsAnAlarm) {
  Desk desk;
  int tries = 0;
  desk.manager.set_cancel_callback([&](const Order&, const std::string&) {
    ++tries;
    throw 1;  // not even an exception
  });
  desk.place("a");
  desk.spread_bps(50.0);
  for (int i = 0; i < 6; ++i, desk.now += 1s) desk.monitor();
  EXPECT_EQ(tries, 6);
  EXPECT_THAT(desk.alarms(), testing::Contains("cancel_unconfirmed a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::cancelling);
  EXPECT_FALSE(desk.manager.cancel_order("a"));
  EXPECT_EQ(tries, 7);
  desk.manager.set_cancel_callback({});
  EXPECT_TRUE(desk.manager.cancel_order("a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::cancelled);
}

TEST(SpreadThresholdManager, AFillDuringTheCancelWins) {
  Desk desk;
  desk.manager.set_cancel_callback([&](const Order& order, const std::string&) {
    EXPECT_TRUE(desk.manager.fill_order(order.order_id));
    EXPECT_FALSE(desk.manager.cancel_order(order.order_id));
    desk.place("instead of " + order.order_id);
  });
  desk.place("a");
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_EQ(desk.status("a"), OrderStatus::filled);
  EXPECT_EQ(desk.status("instead of a"), OrderStatus::pending);
  EXPECT_THAT(desk.alarms(), IsEmpty());
}

TEST(SpreadThresholdManager, ACallbackMayCancelTheOtherOrders) {
  Desk desk;
  std::vector<std::string> asked;
  desk.manager.set_cancel_callback([&](const Order& order, const std::string&) {
    asked.push_back(order.order_id);
    EXPECT_EQ(desk.manager.cancel_order("b"), order.order_id == "a");
    EXPECT_FALSE(desk.manager.cancel_order(order.order_id));  // its own cancel is running
    EXPECT_THAT(desk.manager.monitor_orders(), IsEmpty());
  });
  desk.place("a");
  desk.place("b");
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_THAT(asked, ElementsAre("a", "b"));
  EXPECT_EQ(desk.status("b"), OrderStatus::cancelled);
}

TEST(SpreadThresholdManager, AnOrderForgottenDuringItsCancelIsLeftAlone) {
  Desk desk;
  desk.manager.set_cancel_callback([&](const Order& order, const std::string&) {
    desk.manager.fill_order(order.order_id);
    EXPECT_EQ(desk.manager.clear_old_orders(0.0), 1U);
    desk.manager.set_cancel_callback({});
    desk.place("a", 99.0);  // the same id, and the same place in memory
  });
  desk.place("a");
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_EQ(desk.status("a"), OrderStatus::pending);
}

// Fills.

TEST(SpreadThresholdManager, AFillWithoutAQuantityIsAllThatIsLeft) {
  Desk desk;
  desk.place("a");
  EXPECT_TRUE(desk.manager.fill_order("a"));
  const Order order = desk.manager.get_order("a").value();
  EXPECT_EQ(order.status, OrderStatus::filled);
  EXPECT_EQ(order.filled, 1.0);
  EXPECT_FALSE(desk.manager.fill_order("a"));
  EXPECT_FALSE(desk.manager.fill_order("nobody"));
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), IsEmpty());
}

TEST(SpreadThresholdManager, PartialFillsAreDecimalSums) {
  Desk desk;
  desk.manager.place_order({.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 0.3});
  EXPECT_TRUE(desk.manager.fill_order("a", 0.1));
  EXPECT_EQ(desk.status("a"), OrderStatus::active);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 0.1);
  EXPECT_TRUE(desk.manager.fill_order("a", 0.2));
  EXPECT_EQ(desk.status("a"), OrderStatus::filled);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 0.3);
  EXPECT_THAT(desk.alarms(), IsEmpty());
}

TEST(SpreadThresholdManager, APartlyFilledOrderIsStillGuarded) {
  Desk desk;
  desk.place("a");
  desk.manager.fill_order("a", 0.4);
  desk.spread_bps(50.0);
  EXPECT_THAT(desk.monitor(), ElementsAre("a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::cancelled);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 0.4);
}

TEST(SpreadThresholdManager, ALateFillIsCountedInFullAndRaisesAnAlarm) {
  Desk desk;
  std::vector<std::string> told;
  desk.manager.set_alarm_callback([&](const ManagerAlarm& alarm) {
    told.push_back(alarm.kind);
    EXPECT_TRUE(desk.manager.get_order(alarm.order_id));  // no lock is held
    throw std::runtime_error("nobody listens");
  });
  desk.place("a");
  desk.manager.cancel_order("a");
  EXPECT_TRUE(desk.manager.fill_order("a", 0.25));
  EXPECT_EQ(desk.status("a"), OrderStatus::cancelled);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 0.25);
  EXPECT_TRUE(desk.manager.fill_order("a"));
  EXPECT_EQ(desk.status("a"), OrderStatus::filled);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 1.0);
  EXPECT_THAT(told, ElementsAre("late_fill", "late_fill"));
  EXPECT_THAT(desk.alarms(), ElementsAre("late_fill a", "late_fill a"));
}

TEST(SpreadThresholdManager, AnOverfillIsCountedInFullAndRaisesAnAlarm) {
  Desk desk;
  desk.place("a");
  EXPECT_TRUE(desk.manager.fill_order("a", 1.5));
  EXPECT_EQ(desk.status("a"), OrderStatus::filled);
  EXPECT_EQ(desk.manager.get_order("a")->filled, 1.5);
  EXPECT_THAT(desk.alarms(), ElementsAre("overfill a"));
  EXPECT_THAT(refusal([&] { desk.manager.fill_order("a", 6.6); }), HasSubstr("quantity must be such that"));
  EXPECT_EQ(desk.manager.get_order("a")->filled, 1.5);
}

// What is held.

TEST(SpreadThresholdManager, LiveOrdersAreGivenInTheOrderOfTheirPlacing) {
  Desk desk;
  desk.manager.place_order({.order_id = "e", .symbol = "ETH/USDT", .side = "buy", .price = 1.0, .size = 1.0});
  for (const char* id : {"b", "a", "c"}) desk.place(id);
  desk.manager.cancel_order("a");
  const auto ids = [](const std::vector<Order>& orders) {
    std::vector<std::string> found;
    for (const Order& order : orders) found.push_back(order.order_id);
    return found;
  };
  EXPECT_THAT(ids(desk.manager.get_active_orders()), ElementsAre("e", "b", "c"));
  EXPECT_THAT(ids(desk.manager.get_active_orders("BTC/USDT")), ElementsAre("b", "c"));
  EXPECT_THAT(desk.manager.get_active_orders("nothing"), IsEmpty());
  EXPECT_FALSE(desk.manager.get_order("nobody"));
}

// What the original got wrong: orders older than the cap were dropped, live ones included.
TEST(SpreadThresholdManager, ClearingForgetsOnlyWhatEndedLongAgo) {
  Desk desk;
  desk.place("lives");
  desk.place("ended");
  desk.manager.cancel_order("ended");
  desk.now += 23h;
  desk.place("ended later");
  desk.manager.fill_order("ended later");
  EXPECT_EQ(desk.manager.clear_old_orders(), 0U);
  desk.now += 2h;
  EXPECT_EQ(desk.manager.clear_old_orders(), 1U);
  EXPECT_FALSE(desk.manager.get_order("ended"));
  EXPECT_TRUE(desk.manager.get_order("ended later"));
  desk.now += 1'000h;
  EXPECT_EQ(desk.manager.clear_old_orders(0.5), 1U);
  EXPECT_EQ(desk.manager.clear_old_orders(0.0), 0U);
  EXPECT_EQ(desk.status("lives"), OrderStatus::pending);
  EXPECT_EQ(desk.place("ended").status, OrderStatus::pending);
}

TEST(SpreadThresholdManager, MetadataIsTheUsers) {
  Desk desk;
  const std::map<std::string, MetadataValue> mine = {{"strategy", "maker"}, {"level", std::int64_t{3}}};
  desk.manager.place_order(
      {.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 1.0, .metadata = mine});
  EXPECT_EQ(desk.manager.get_order("a")->metadata, mine);
  desk.manager.cancel_order("a");
  EXPECT_EQ(desk.manager.get_order("a")->metadata.at("strategy"), MetadataValue("maker"));
}

// Bad input.

TEST(SpreadThresholdManager, BadInputNamesArgumentAndValueAndChangesNothing) {
  Desk desk;
  const SpreadThresholdManager::Place good{
      .order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 1.0};
  const auto with = [&](auto change) {
    return refusal([&] {
      SpreadThresholdManager::Place bad = good;
      change(bad);
      desk.manager.place_order(bad);
    });
  };
  EXPECT_EQ(with([](auto& bad) { bad.order_id = ""; }), "order_id must be a text, not \"\"");
  EXPECT_EQ(with([](auto& bad) { bad.symbol = ""; }), "symbol must be a text, not \"\"");
  EXPECT_EQ(with([](auto& bad) { bad.side = "BUY"; }), "side must be \"buy\" or \"sell\", not \"BUY\"");
  EXPECT_THAT(with([](auto& bad) { bad.order_type = "iceberg"; }), HasSubstr("order_type must be"));
  EXPECT_EQ(with([](auto& bad) { bad.price = 0.0; }), "price must be a number above zero, not 0");
  EXPECT_EQ(with([](auto& bad) { bad.price = nan; }), "price must be a number above zero, not nan");
  EXPECT_EQ(with([](auto& bad) { bad.size = -1.5; }), "size must be a number above zero, not -1.5");
  EXPECT_EQ(with([](auto& bad) { bad.size = infinite; }), "size must be a number above zero, not inf");
  EXPECT_THAT(with([](auto& bad) { bad.spread_threshold_bps = -1.0; }), HasSubstr("spread_threshold_bps must be"));
  EXPECT_THAT(with([](auto& bad) { bad.exchange = ""; }), HasSubstr("exchange must be"));
  EXPECT_THAT(desk.manager.get_active_orders(), IsEmpty());
  EXPECT_EQ(with([](auto&) {}), "not refused");
  EXPECT_EQ(with([](auto&) {}), "order_id must be one that is not known, not \"a\"");

  EXPECT_THAT(refusal([&] { desk.manager.update_spread("BTC/USDT", nan, 1.0); }), HasSubstr("best_bid"));
  EXPECT_THAT(refusal([&] { desk.manager.update_spread("BTC/USDT", 1.0, infinite); }), HasSubstr("best_ask"));
  EXPECT_THAT(refusal([&] { desk.manager.update_spread("", 1.0, 2.0); }), HasSubstr("symbol"));
  EXPECT_FALSE(desk.manager.get_spread_snapshot("BTC/USDT"));
  EXPECT_THAT(refusal([&] { desk.manager.fill_order("a", 0.0); }), HasSubstr("quantity"));
  EXPECT_THAT(refusal([&] { desk.manager.fill_order("a", nan); }), HasSubstr("quantity"));
  EXPECT_THAT(refusal([&] { (void)desk.manager.should_cancel_order(desk.manager.get_order("a").value(), nan); }),
              HasSubstr("current_spread_bps"));
  EXPECT_THAT(refusal([&] { desk.manager.clear_old_orders(-1.0); }), HasSubstr("max_age_hours"));
  EXPECT_EQ(desk.status("a"), OrderStatus::pending);

  const auto option = [](SpreadThresholdManagerOptions options) {
    return refusal([&] { const SpreadThresholdManager manager(options); });
  };
  EXPECT_THAT(option({.max_spread_bps = nan}), HasSubstr("max_spread_bps"));
  EXPECT_THAT(option({.check_interval_seconds = -1.0}), HasSubstr("check_interval_seconds"));
  EXPECT_THAT(option({.max_order_age_seconds = 0.0}), HasSubstr("max_order_age_seconds"));
  EXPECT_THAT(option({.max_data_age = -1.0}), HasSubstr("max_data_age"));
}

TEST(SpreadThresholdManager, TakesEveryFiniteSizeAndPrice) {
  Desk desk;
  for (const double size : {5e-324, 1e-30, 1e-9, 0.1, 3'307.9982700421942, 1e15, 1e30, 1.7976931348623157e308}) {
    desk.manager.place_order({.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = size, .size = size});
    EXPECT_TRUE(desk.manager.fill_order("a"));
    EXPECT_EQ(desk.manager.get_order("a")->filled, size);
    EXPECT_EQ(desk.manager.clear_old_orders(0.0), 1U);
    desk.manager.update_spread("BTC/USDT", size, size);
    EXPECT_EQ(desk.manager.get_spread_snapshot("BTC/USDT")->spread_bps, 0.0);
  }
}

// Threads.

TEST(SpreadThresholdManager, FourThreadsAndACallbackThatCallsTheManagerAgain) {
  SpreadThresholdManager manager({.check_interval_seconds = 0.001});
  std::atomic<int> asked = 0;
  std::atomic<int> ended = 0;
  manager.set_cancel_callback([&](const Order& order, const std::string&) {
    if (++asked % 7 == 0) throw std::runtime_error("not this time");
    EXPECT_TRUE(manager.get_order(order.order_id));
    manager.update_spread(order.symbol, 99.0, 99.01);
    if (asked % 5 == 0) manager.fill_order(order.order_id, 0.25);
    if (asked % 11 == 0) manager.cancel_order(order.order_id);
  });
  constexpr int rounds = 500;
  manager.start_monitoring();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const std::string symbol = t % 2 == 0 ? "BTC/USDT" : "ETH/USDT";
      for (int i = 0; i < rounds; ++i) {
        const std::string id = std::to_string(t) + "/" + std::to_string(i);
        manager.place_order({.order_id = id, .symbol = symbol, .side = "sell", .price = 1.0, .size = 1.0});
        manager.update_spread(symbol, 99.0, i % 3 == 0 ? 99.5 : 99.01);
        if (i % 4 == 0) manager.cancel_order(id, "thread");
        if (i % 4 == 1) manager.fill_order(id);
        if (i % 16 == 0) ended += static_cast<int>(manager.monitor_orders().size());
        if (i % 64 == 0) (void)manager.get_active_orders(symbol);
      }
    });
  for (std::thread& thread : threads) thread.join();
  manager.stop_monitoring();
  EXPECT_FALSE(manager.monitoring());
  std::set<std::string> live;
  for (const Order& order : manager.get_active_orders()) live.insert(order.order_id);
  int known = 0;
  for (int t = 0; t < 4; ++t)
    for (int i = 0; i < rounds; ++i) {
      const auto order = manager.get_order(std::to_string(t) + "/" + std::to_string(i));
      ASSERT_TRUE(order);
      ++known;
      EXPECT_EQ(live.contains(order->order_id), !crossbook::ended(order->status));
    }
  EXPECT_EQ(known, 4 * rounds);
}

TEST(SpreadThresholdManager, MonitorsInTheBackgroundUntilItIsStopped) {
  SpreadThresholdManager manager({.check_interval_seconds = 0.001});
  std::promise<std::string> said;
  manager.set_cancel_callback([&](const Order& order, const std::string& reason) {
    said.set_value(order.order_id + " " + reason);
    manager.set_cancel_callback({});
    manager.stop_monitoring();  // by its own thread: ends after this callback
  });
  EXPECT_FALSE(manager.monitoring());
  manager.start_monitoring();
  manager.start_monitoring();
  EXPECT_TRUE(manager.monitoring());
  manager.place_order({.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 1.0, .size = 1.0});
  manager.update_spread("BTC/USDT", 99.0, 101.0);
  EXPECT_EQ(said.get_future().get(), "a spread_exceeded_threshold");
  manager.stop_monitoring();
  EXPECT_FALSE(manager.monitoring());
  EXPECT_EQ(manager.get_order("a")->status, OrderStatus::cancelled);
  manager.start_monitoring();  // and may start again
  EXPECT_TRUE(manager.monitoring());
}

TEST(SpreadThresholdManager, EndsInTheMiddleOfMonitoring) {
  std::promise<void> called;
  {
    SpreadThresholdManager manager({.check_interval_seconds = 1'000.0});
    manager.set_cancel_callback([&](const Order&, const std::string&) { called.set_value(); });
    manager.place_order({.order_id = "a",
                         .symbol = "BTC/USDT",
                         .side = "buy",
                         .price = 1.0,
                         .size = 1.0,
                         .expires_at = std::chrono::system_clock::now() - 1s});
    manager.start_monitoring();
    called.get_future().get();
  }
  EXPECT_THAT(refusal([] { SpreadThresholdManager({.check_interval_seconds = 0.0}).start_monitoring(); }),
              HasSubstr("check_interval_seconds"));
}

// Against a model: a plain list that is scanned.

struct Modelled {
  std::string id;
  double threshold = 0.0;
  std::optional<TimePoint> expires_at;
  TimePoint placed;
  bool live = true;
};

RC_GTEST_PROP(SpreadThresholdManager, EndsExactlyWhatAScanWouldEnd, ()) {
  Desk desk({.max_order_age_seconds = 50.0, .max_data_age = 20.0});
  std::vector<Modelled> model;
  double spread = -1.0;  // below zero: unusable
  std::optional<TimePoint> usable;
  const int steps = *rc::gen::inRange(1, 120);
  for (int i = 0; i < steps; ++i) {
    desk.now += std::chrono::milliseconds(*rc::gen::inRange(1, 4'000));
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
      case 1: {
        Modelled order{.id = std::to_string(i), .threshold = *rc::gen::inRange(0, 20) * 1.0, .placed = desk.now};
        if (*rc::gen::inRange(0, 3) == 0) order.expires_at = desk.now + std::chrono::seconds(*rc::gen::inRange(-5, 30));
        desk.manager.place_order({.order_id = order.id,
                                  .symbol = "BTC/USDT",
                                  .side = "buy",
                                  .price = 1.0,
                                  .size = 1.0,
                                  .spread_threshold_bps = order.threshold,
                                  .expires_at = order.expires_at});
        model.push_back(order);
        break;
      }
      case 2: {
        spread = *rc::gen::inRange(0, 20) * 1.0;
        usable = desk.now;
        desk.spread_bps(spread);
        break;
      }
      case 3: {
        spread = -1.0;
        desk.manager.update_spread("BTC/USDT", 2.0, 1.0);
        break;
      }
      case 4: {
        if (model.empty()) break;
        Modelled& order = model[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(model.size())))];
        RC_ASSERT(desk.manager.cancel_order(order.id) == order.live);
        order.live = false;
        break;
      }
      default: {
        std::set<std::string> due;
        for (Modelled& order : model) {
          const TimePoint fresh = usable ? std::max(*usable, order.placed) : order.placed;
          const bool goes =
              order.live && (spread > order.threshold || (order.expires_at && *order.expires_at <= desk.now) ||
                             desk.now - order.placed >= 50s || desk.now - fresh > 20s);
          if (!goes) continue;
          order.live = false;
          due.insert(order.id);
        }
        const auto ended = desk.monitor();
        RC_ASSERT(std::set<std::string>(ended.begin(), ended.end()) == due);
      }
    }
  }
  std::size_t live = 0;
  for (const Modelled& order : model) live += order.live ? 1 : 0;
  RC_ASSERT(desk.manager.get_active_orders().size() == live);
}

}  // namespace
}  // namespace crossbook
