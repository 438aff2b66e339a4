// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "crossbook/api/spread_threshold_manager_test_tools.hpp"

namespace crossbook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

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

// They are served in lots; what ends them stays in its order: time first, then the spread, each as placed.
TEST(SpreadThresholdManager, AThousandDueOrdersEndInOneCall) {
  Desk desk;
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) {
    const bool expires = i % 5 == 0;
    desk.manager.place_order({.order_id = std::to_string(i),
                              .symbol = "BTC/USDT",
                              .side = "buy",
                              .price = 1.0,
                              .size = 1.0,
                              .expires_at = expires ? std::optional(desk.now + 1s) : std::nullopt});
    if (expires) expected.push_back(std::to_string(i));
  }
  for (int i = 0; i < 1'000; ++i)
    if (i % 5 != 0) expected.push_back(std::to_string(i));
  desk.now += 2s;
  desk.spread_bps(50.0);
  EXPECT_EQ(desk.monitor(), expected);
  EXPECT_THAT(desk.monitor(), IsEmpty());
  EXPECT_EQ(desk.status("0"), OrderStatus::expired);
  EXPECT_EQ(desk.status("999"), OrderStatus::cancelled);
  EXPECT_THAT(desk.manager.get_active_orders(), IsEmpty());
}

TEST(SpreadThresholdManager, AHeldOrderIsTheWholeOrderAsItWas) {
  Desk desk;
  desk.manager.place_order({.order_id = "a",
                            .symbol = "BTC/USDT",
                            .side = "sell",
                            .price = 50'000.0,
                            .size = 2.0,
                            .metadata = {{"desk", std::string("north")}}});
  desk.spread_bps(50.0);
  const std::vector<HeldOrder> held = desk.manager.monitor_held();
  ASSERT_EQ(held.size(), 1U);
  const Order ended = held[0].read();
  EXPECT_EQ(ended, desk.manager.get_order("a"));
  EXPECT_EQ(ended, desk.manager.get_held("a").value().read());
  EXPECT_EQ(ended.reason, "spread_exceeded_threshold");
  EXPECT_EQ(ended.metadata,
            (std::map<std::string, MetadataValue>{
                {"desk", std::string("north")}, {"cancel_reason", std::string(ended.reason)}, {"cancel_value", 50.0}}));
  desk.manager.fill_order("a", 0.5);
  desk.manager.clear_old_orders(0.0);
  EXPECT_FALSE(desk.manager.get_held("a"));
  EXPECT_EQ(held[0].read(), ended);
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

}  // namespace
}  // namespace crossbook
