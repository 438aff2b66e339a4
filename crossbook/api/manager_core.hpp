// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "crossbook/api/managed_orders.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"

// What is behind SpreadThresholdManager: its orders, the lock, the clock, the store, the callbacks and the background.
namespace crossbook {

inline constexpr double seconds_max = 9e9;  // 285 years

inline Nanos nanos(double seconds) { return Nanos(std::llround(std::min(seconds, seconds_max) * 1e9)); }

inline std::int64_t since_1970(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
inline TimePoint time_point(Wall wall) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(wall.nanos())));
}

class SpreadThresholdManager::Core {
 public:
  explicit Core(SpreadThresholdManagerOptions options);
  ~Core() { stop_monitoring(); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  HeldOrder place_order(Place place);
  void update_spread(std::string_view symbol, double best_bid, double best_ask,
                     std::optional<std::string_view> exchange);
  std::vector<HeldOrder> monitor_orders();
  std::pair<bool, std::string> should_cancel_order(const Order& order, std::optional<double> current_spread_bps);
  bool cancel_order(const std::string& order_id, const std::string& reason);
  bool fill_order(const std::string& order_id, std::optional<double> quantity);
  void set_cancel_callback(CancelCallback callback);
  std::optional<HeldOrder> get_order(std::string_view order_id);
  std::vector<HeldOrder> get_active_orders(const std::optional<std::string_view>& symbol);
  std::optional<SpreadSnapshot> get_spread_snapshot(std::string_view symbol, std::optional<std::string_view> exchange);
  std::size_t clear_old_orders(double max_age_hours);
  void start_monitoring();
  void stop_monitoring();
  bool monitoring();
  void set_alarm_callback(AlarmCallback callback);
  std::vector<ManagerAlarm> get_alarms();
  std::vector<OrderStep> get_order_history(const std::string& order_id) const;

 private:
  // What a call owes once the lock is gone.
  struct Owed {
    std::uint64_t kept = 0;  // to be on disk
    std::string store_error;
    std::vector<ManagerAlarm> alarms;
  };

  Now now();
  void restore();
  void settle(Owed& owed, Now now);
  void raise(Owed& owed, ManagerAlarm alarm);
  std::optional<HeldOrder> serve(OrderId number, const std::string* reason, Owed& owed);
  void end_all(const std::vector<OrderId>& cancels, std::vector<HeldOrder>& ended_orders, Now now);
  void pay(const Owed& owed);
  void watch(const std::stop_token& stop);

  const SpreadThresholdManagerOptions options_;
  std::mutex mutex_;
  ManagedOrders orders_;
  std::shared_ptr<const CancelCallback> cancel_callback_;
  std::shared_ptr<const AlarmCallback> alarm_callback_;
  std::deque<ManagerAlarm> alarms_;
  Steady last_at_;
  std::int64_t steady_offset_ = 0;  // from the steady clock to 1970, as the system saw it at the start

  std::mutex monitor_mutex_;  // of thread_; never taken with mutex_ held
  std::jthread thread_;
};

}  // namespace crossbook
