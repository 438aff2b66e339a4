// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/api/held_order.hpp"

namespace crossbook {

// The spread of a symbol as it was told last.
struct SpreadSnapshot {
  std::string symbol;
  TimePoint timestamp{};
  double best_bid = 0.0;
  double best_ask = 0.0;
  std::optional<double> spread_bps{};  // 1e4 (ask - bid) / mid; none: unusable, a side not above zero or bid > ask
  std::optional<double> mid_price{};   // likewise
};

// Something that a person must see.
struct ManagerAlarm {
  std::string order_id{};
  // callback_failed, cancel_unconfirmed (tried five times in vain), late_fill (of an order that had ended), overfill
  // (more than its size), monitoring_failed (of the background thread; no order id)
  std::string kind{};
  std::string message{};  // the exception's text, where there is one
  TimePoint at{};
};

struct SpreadThresholdManagerOptions {
  double max_spread_bps = 10.0;                   // the threshold of orders that are placed without one
  bool auto_cancel = true;                        // false: monitor_orders does nothing
  double check_interval_seconds = 1.0;            // of the background, and until a cancel that failed is tried again
  std::optional<double> max_order_age_seconds{};  // none: no limit
  std::optional<double> max_data_age{};           // seconds without usable spread data; none: waits for ever
  std::shared_ptr<OrderStore> store{};            // its orders are there again; what a call did is kept on return
  std::function<TimePoint()> clock{};             // none: the system's
};

// The seed's manager: orders, each with the spread that it bears, and cancels when the spread is wider. Names and
// doubles in and out; states, thresholds and timers are those of crossbook/guard.
//
// Safe to use from several threads. Callbacks run with no lock held and may call the manager. Bad input (NaN, infinite,
// a price or size not above zero, an unknown side or order type, an empty id, an id that is known) throws
// std::invalid_argument that names the argument and the value, and changes nothing. An error of the store throws
// std::runtime_error: of place_order, the order is not placed; of the other calls, what they did stays done.
class SpreadThresholdManager {
 public:
  // What the keywords of Python's place_order are here. The first five are required.
  struct Place {
    std::string order_id;
    std::string symbol;
    std::string side;  // "buy" or "sell"
    double price = 0.0;
    double size = 0.0;                             // base units
    std::string order_type = "limit";              // "limit", "post_only", "ioc" or "market"
    std::optional<double> spread_threshold_bps{};  // none: max_spread_bps
    std::optional<TimePoint> expires_at{};         // passed already: due at once
    std::string exchange = "unknown";
    std::map<std::string, MetadataValue> metadata{};
  };
  using CancelCallback = std::function<void(const Order& order, const std::string& reason)>;
  using AlarmCallback = std::function<void(const ManagerAlarm& alarm)>;

  explicit SpreadThresholdManager(SpreadThresholdManagerOptions options = {});
  // Ends the monitoring. No call may be under way.
  ~SpreadThresholdManager();
  SpreadThresholdManager(SpreadThresholdManager&&) noexcept;
  SpreadThresholdManager& operator=(SpreadThresholdManager&&) noexcept;

  // A pending order, which is live. An id is known until clear_old_orders forgot it.
  Order place_order(Place place);

  // A crossed spread or a side that is not above zero is no error: it is stored, as unusable. An order watches what is
  // told without an exchange; from the first time that its own exchange is told, that instead.
  void update_spread(std::string_view symbol, double best_bid, double best_ask,
                     std::optional<std::string_view> exchange = {});

  // Ends what is due by the spread and the time of now, and returns it: an order ends when the cancel callback returned
  // (or none is set). When it threw, the order stays live as cancelling, an alarm is raised, and it is tried again not
  // before check_interval_seconds have passed; the others are served. With auto_cancel off: nothing, and empty.
  std::vector<Order> monitor_orders();

  // Whether the order must go, and the code why: ok, no_spread_data, order_already_terminated, order_expired,
  // order_too_old, spread_exceeded_threshold, data_unusable. By the order's own fields; of an order that is known, its
  // status is the present one. Without a spread: by the one that it watches.
  [[nodiscard]] std::pair<bool, std::string> should_cancel_order(const Order& order,
                                                                 std::optional<double> current_spread_bps = {}) const;

  // Whether this call ended it. False: not known, ended before, the callback threw, or is running for it elsewhere.
  bool cancel_order(const std::string& order_id, const std::string& reason = "manual");

  // Records a fill, of all that is left or of `quantity`; whole, the order is filled. Fills always count: one of an
  // order that had ended raises the alarm late_fill, one beyond its size overfill. False: not known, or nothing is left
  // to fill. A quantity that brings the sum above eight times the size is refused as bad input.
  bool fill_order(const std::string& order_id, std::optional<double> quantity = {});

  // An empty function: none; a cancel then ends an order at once.
  void set_cancel_callback(CancelCallback callback);

  [[nodiscard]] std::optional<Order> get_order(const std::string& order_id) const;
  // Those that have not ended, in the order of their placing.
  [[nodiscard]] std::vector<Order> get_active_orders(std::optional<std::string_view> symbol = {}) const;
  // What update_spread was told last, without an exchange or of this one.
  [[nodiscard]] std::optional<SpreadSnapshot> get_spread_snapshot(std::string_view symbol,
                                                                  std::optional<std::string_view> exchange = {}) const;
  // Forgets orders that ended that long ago or longer, and says how many. Never one that lives.
  std::size_t clear_old_orders(double max_age_hours = 24.0);

  // The same calls, whose answers share what never changes of an order and are read when needed: for many orders at
  // once.
  HeldOrder place_held(Place place);
  std::vector<HeldOrder> monitor_held();
  [[nodiscard]] std::optional<HeldOrder> get_held(std::string_view order_id) const;
  [[nodiscard]] std::vector<HeldOrder> get_active_held(std::optional<std::string_view> symbol = {}) const;

  // Calls monitor_orders every check_interval_seconds (above zero) on a thread of its own, until stop_monitoring or the
  // end of the manager. Already running: nothing. After stop_monitoring in a callback of that thread it can start again
  // only once that callback has returned; before: std::runtime_error.
  void start_monitoring();
  // Returns once the thread has ended; called from a callback of that thread, it ends after the callback.
  void stop_monitoring();
  [[nodiscard]] bool monitoring() const;

  // Called with no lock held; what it throws is dropped.
  void set_alarm_callback(AlarmCallback callback);
  // The latest 1,000, the oldest first.
  [[nodiscard]] std::vector<ManagerAlarm> get_alarms() const;
  // The states of an order, from the store; empty without one.
  [[nodiscard]] std::vector<OrderStep> get_order_history(const std::string& order_id) const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace crossbook
