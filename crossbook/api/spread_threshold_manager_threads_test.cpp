// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "crossbook/api/spread_threshold_manager_test_tools.hpp"

namespace crossbook {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

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
