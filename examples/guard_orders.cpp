// SPDX-License-Identifier: Apache-2.0
// Resting orders that are pulled when the spread breaks their limit: every call of SpreadThresholdManager.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "crossbook/api/kept_orders.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"

using namespace std::chrono_literals;

int main() {
  // Time is the system's unless a clock is given; this one is turned by hand.
  auto now = std::chrono::system_clock::now();
  crossbook::SpreadThresholdManager manager({.max_spread_bps = 10.0,
                                             .auto_cancel = true,
                                             .check_interval_seconds = 1,
                                             .max_order_age_seconds = 3600,
                                             .max_data_age = 5,
                                             .clock = [&now] { return now; }});

  // Place an order with a spread threshold, and one with the default.
  const crossbook::Order order = manager.place_order({.order_id = "order_123",
                                                      .symbol = "BTC/USDT",
                                                      .side = "buy",
                                                      .price = 50000.0,
                                                      .size = 1.0,
                                                      .spread_threshold_bps = 5.0,
                                                      .expires_at = now + 30min,
                                                      .exchange = "kraken",
                                                      .metadata = {{"strategy", "maker"}}});
  manager.place_order({.order_id = "order_124", .symbol = "BTC/USDT", .side = "sell", .price = 50100.0, .size = 0.5});
  std::printf("%s is %s\n", order.order_id.c_str(), crossbook::to_string(order.status));

  // Update the spread, and let the manager end what must go.
  bool exchange_is_up = false;
  manager.set_cancel_callback([&](const crossbook::Order& cancelled, const std::string& reason) {
    if (!exchange_is_up) throw std::runtime_error("the exchange does not answer");
    std::printf("cancel %s: %s\n", cancelled.order_id.c_str(), reason.c_str());
  });
  manager.set_alarm_callback([](const crossbook::ManagerAlarm& alarm) {
    std::printf("alarm %s %s: %s\n", alarm.kind.c_str(), alarm.order_id.c_str(), alarm.message.c_str());
  });
  manager.update_spread("BTC/USDT", 49995.0, 50010.0);
  std::printf("at 3 bps %zu go\n", manager.monitor_orders().size());

  const auto [should_cancel, reason] = manager.should_cancel_order(order, 12.0);
  std::printf("at 12 bps it should %s: %s\n", should_cancel ? "go" : "stay", reason.c_str());

  manager.update_spread("BTC/USDT", 49980.0, 50015.0);
  if (const auto snapshot = manager.get_spread_snapshot("BTC/USDT"); snapshot && snapshot->spread_bps)
    std::printf("the spread is %.2f bps\n", *snapshot->spread_bps);
  // A cancel that failed is no cancel: the order stays live, and is tried again after check_interval_seconds.
  manager.monitor_orders();
  std::printf("order_123 is %s\n", crossbook::to_string(manager.get_order("order_123")->status));
  exchange_is_up = true;
  now += 1s;
  for (const crossbook::Order& ended : manager.monitor_orders())
    std::printf("%s is %s\n", ended.order_id.c_str(), crossbook::to_string(ended.status));

  // Fills, in part and of all that is left.
  manager.fill_order("order_124", 0.2);
  std::printf("%zu live, %.1f filled\n", manager.get_active_orders("BTC/USDT").size(),
              manager.get_order("order_124")->filled);
  manager.fill_order("order_124");

  // A cancel by hand; without data for max_data_age an order goes by itself.
  for (const char* id : {"order_125", "order_126"})
    manager.place_order({.order_id = id, .symbol = "ETH/USDT", .side = "buy", .price = 3000.0, .size = 2.0});
  manager.cancel_order("order_125", "manual");
  now += 6s;
  manager.monitor_orders();
  now += 25h;
  std::printf("%zu old orders forgotten\n", manager.clear_old_orders(24));

  // With a file, orders outlive the process; in the background, a thread looks at them every interval.
  const std::string file = std::filesystem::temp_directory_path() /
                           ("orders_" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count()));
  {
    crossbook::SpreadThresholdManager kept({.store = crossbook::open_orders(file)});
    kept.place_order({.order_id = "a", .symbol = "BTC/USDT", .side = "buy", .price = 50000.0, .size = 1.0});
  }
  {
    crossbook::SpreadThresholdManager kept({.store = crossbook::open_orders(file)});
    kept.start_monitoring();
    kept.stop_monitoring();
    std::printf("after a restart it is %s\n", crossbook::to_string(kept.get_order("a")->status));
    kept.cancel_order("a");
    for (const crossbook::OrderStep& step : kept.get_order_history("a"))
      std::printf("  %s %s\n", crossbook::to_string(step.status), step.reason.c_str());
  }
  std::filesystem::remove(file);
}
