// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/api/spread_threshold_manager.hpp"

namespace crossbook {

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

// The text of the std::invalid_argument that the call throws.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "not refused";
}

}  // namespace crossbook
