// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <tuple>

#include "crossbook/api/decimal_count.hpp"
#include "crossbook/api/managed_orders.hpp"

namespace crossbook {
namespace {

constexpr std::size_t text_max = 256;
constexpr std::size_t alarms_max = 1'000;
constexpr double seconds_max = 9e9;  // 285 years
constexpr std::int64_t overfill_sizes_max = 8;

[[noreturn]] void refuse(std::string_view argument, std::string_view value, std::string_view expected) {
  std::string message(argument);
  message.append(" must be ").append(expected).append(", not ").append(value);
  throw std::invalid_argument(message);
}

[[noreturn]] void refuse(std::string_view argument, double value, std::string_view expected) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", value);
  refuse(argument, std::string_view(text.data()), expected);
}

std::string quoted(std::string_view text) {
  std::string quoted(1, '"');
  quoted.append(text).push_back('"');
  return quoted;
}

void check_text(std::string_view argument, std::string_view value) {
  if (value.empty()) refuse(argument, "\"\"", "a text");
  if (value.size() > text_max) refuse(argument, "a longer one", "a text of at most 256 bytes");
}
void check_above_zero(std::string_view argument, double value) {
  if (!std::isfinite(value) || value <= 0.0) refuse(argument, value, "a number above zero");
}
void check_from_zero(std::string_view argument, double value) {
  if (!std::isfinite(value) || value < 0.0) refuse(argument, value, "a number from zero");
}
void check_finite(std::string_view argument, double value) {
  if (!std::isfinite(value)) refuse(argument, value, "a finite number");
}
void check_one_of(std::string_view argument, std::string_view value, std::initializer_list<std::string_view> known,
                  std::string_view expected) {
  if (std::ranges::find(known, value) == known.end()) refuse(argument, quoted(value), expected);
}

void check(const SpreadThresholdManager::Place& given) {
  check_text("order_id", given.order_id);
  check_text("symbol", given.symbol);
  check_one_of("side", given.side, {"buy", "sell"}, "\"buy\" or \"sell\"");
  check_above_zero("price", given.price);
  check_above_zero("size", given.size);
  check_one_of("order_type", given.order_type, {"limit", "post_only", "ioc", "market"},
               "\"limit\", \"post_only\", \"ioc\" or \"market\"");
  if (given.spread_threshold_bps) check_from_zero("spread_threshold_bps", *given.spread_threshold_bps);
  check_text("exchange", given.exchange);
}

Nanos nanos(double seconds) { return Nanos(std::llround(std::min(seconds, seconds_max) * 1e9)); }

ManagedOrders::Limits checked(const SpreadThresholdManagerOptions& options) {
  check_from_zero("max_spread_bps", options.max_spread_bps);
  check_from_zero("check_interval_seconds", options.check_interval_seconds);
  ManagedOrders::Limits limits;
  // A guard wants some time between two tries.
  limits.retry = std::max(nanos(options.check_interval_seconds), Nanos(1));
  if (options.max_order_age_seconds) {
    check_above_zero("max_order_age_seconds", *options.max_order_age_seconds);
    limits.age_max = nanos(*options.max_order_age_seconds);
  }
  if (options.max_data_age) {
    check_above_zero("max_data_age", *options.max_data_age);
    limits.data_age_max = nanos(*options.max_data_age);
  }
  return limits;
}

std::int64_t since_1970(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
TimePoint time_point(Wall wall) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(wall.nanos())));
}

}  // namespace

class SpreadThresholdManager::Core {
 public:
  explicit Core(SpreadThresholdManagerOptions options);
  ~Core() { stop_monitoring(); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Order place_order(Place place);
  void update_spread(std::string_view symbol, double best_bid, double best_ask,
                     std::optional<std::string_view> exchange);
  std::vector<Order> monitor_orders();
  std::pair<bool, std::string> should_cancel_order(const Order& order, std::optional<double> current_spread_bps);
  bool cancel_order(const std::string& order_id, const std::string& reason);
  bool fill_order(const std::string& order_id, std::optional<double> quantity);
  void set_cancel_callback(CancelCallback callback);
  std::optional<Order> get_order(const std::string& order_id);
  std::vector<Order> get_active_orders(const std::optional<std::string_view>& symbol);
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
  std::optional<Order> serve(OrderId number, const std::string* reason, Owed& owed);
  std::vector<Order> end_all(const std::vector<OrderId>& cancels, Owed& owed, Now now);
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

SpreadThresholdManager::Core::Core(SpreadThresholdManagerOptions options)
    : options_(std::move(options)), orders_(checked(options_)) {
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  steady_offset_ = since_1970(std::chrono::system_clock::now()) -
                   std::chrono::duration_cast<std::chrono::nanoseconds>(steady).count();
  if (options_.store) restore();
}

Now SpreadThresholdManager::Core::now() {
  Now now;
  now.wall = Wall(since_1970(options_.clock ? options_.clock() : std::chrono::system_clock::now()));
  if (options_.clock) {
    now.at = Steady(now.wall.nanos());
  } else {
    const auto steady = std::chrono::steady_clock::now().time_since_epoch();
    now.at = Steady(std::chrono::duration_cast<std::chrono::nanoseconds>(steady).count() + steady_offset_);
  }
  now.at = last_at_ = std::max(last_at_, now.at);
  return now;
}

// Ended ones first, by their ends; then live ones, by their beginnings; of one time, as they were kept. Times are of
// the past, and do not decrease.
void SpreadThresholdManager::Core::restore() {
  struct Kept {
    bool live = false;
    std::int64_t then = 0;
    std::size_t number = 0;
    Order order;
    [[nodiscard]] auto key() const { return std::tuple(live, then, number); }
  };
  std::vector<Kept> kept;
  options_.store->replay([&](const Order& order) {
    const bool live = !ended(order.status);
    kept.push_back({live, since_1970(live ? order.created_at : order.last_change_at), kept.size(), order});
  });
  std::ranges::sort(kept, {}, &Kept::key);
  const Now present = now();
  Steady at;
  for (const Kept& one : kept) {
    const Steady then(one.then);
    // Live orders keep their ages; what an ended one needs of its time is taken down apart.
    if (one.live) at = std::clamp(then, at, present.at);
    orders_.restore(one.order, {at, present.wall}, std::min(then, present.at));
  }
}

// With the lock held, after each change: what is to be kept is handed to the store, which does not wait for the disk.
void SpreadThresholdManager::Core::settle(Owed& owed, Now now) {
  std::vector<OrderId>& changed = orders_.changed();
  for (const OrderId number : changed) {
    const ManagedOrders::Record* record = orders_.find(number);
    if (!options_.store || record == nullptr || !owed.store_error.empty()) continue;
    try {
      owed.kept = options_.store->keep(record->order);
    } catch (const std::exception& error) {
      owed.store_error = error.what();
    }
  }
  changed.clear();
  for (const OrderAlarm& alarm : orders_.alarms()) {
    const ManagedOrders::Record* record = orders_.find(alarm.order);
    raise(owed, {.order_id = record != nullptr ? record->order.order_id : std::string(),
                 .kind = to_string(alarm.kind),
                 .at = time_point(now.wall)});
  }
  orders_.alarms().clear();
}

void SpreadThresholdManager::Core::raise(Owed& owed, ManagerAlarm alarm) {
  if (alarms_.size() >= alarms_max) alarms_.pop_front();
  alarms_.push_back(alarm);
  owed.alarms.push_back(std::move(alarm));
}

// Without the lock: callbacks of alarms, and the disk.
void SpreadThresholdManager::Core::pay(const Owed& owed) {
  if (!owed.alarms.empty()) {
    std::shared_ptr<const AlarmCallback> callback;
    {
      const std::scoped_lock lock(mutex_);
      callback = alarm_callback_;
    }
    for (const ManagerAlarm& alarm : owed.alarms) {
      if (callback == nullptr) break;
      try {
        (*callback)(alarm);
      } catch (...) {  // an alarm that cannot be told stands in get_alarms()
      }
    }
  }
  if (!owed.store_error.empty()) throw std::runtime_error(owed.store_error);
  if (owed.kept > 0) options_.store->wait(owed.kept);
}

Order SpreadThresholdManager::Core::place_order(Place given) {
  check(given);
  Owed owed;
  std::unique_lock lock(mutex_);
  if (orders_.find(given.order_id) != nullptr) refuse("order_id", quoted(given.order_id), "one that is not known");
  const Now now = this->now();
  Order order{.order_id = std::move(given.order_id),
              .symbol = std::move(given.symbol),
              .side = std::move(given.side),
              .order_type = std::move(given.order_type),
              .price = given.price,
              .size = given.size,
              .spread_threshold_bps = given.spread_threshold_bps.value_or(options_.max_spread_bps),
              .created_at = time_point(now.wall),
              .expires_at = given.expires_at,
              .status = OrderStatus::pending,
              .exchange = std::move(given.exchange),
              .metadata = std::move(given.metadata),
              .last_change_at = time_point(now.wall)};
  ManagedOrders::Record& record = orders_.place(std::move(order), now);
  const OrderId number = record.number;
  Order placed = record.order;
  settle(owed, now);
  lock.unlock();
  try {
    pay(owed);
  } catch (...) {
    // What is not on disk was not placed.
    lock.lock();
    if (ManagedOrders::Record* there = orders_.find(number)) orders_.remove(*there, this->now());
    throw;
  }
  return placed;
}

void SpreadThresholdManager::Core::update_spread(std::string_view symbol, double best_bid, double best_ask,
                                                 std::optional<std::string_view> exchange) {
  check_text("symbol", symbol);
  check_finite("best_bid", best_bid);
  check_finite("best_ask", best_ask);
  if (exchange) check_text("exchange", *exchange);
  SpreadSnapshot snapshot{.symbol = std::string(symbol), .best_bid = best_bid, .best_ask = best_ask};
  if (best_bid > 0.0 && best_ask >= best_bid) {
    const double width = best_ask - best_bid;
    snapshot.mid_price = best_bid + width / 2.0;
    snapshot.spread_bps = 1e4 * width / *snapshot.mid_price;
    if (!std::isfinite(*snapshot.spread_bps)) snapshot.spread_bps = width / *snapshot.mid_price * 1e4;
  }
  const std::scoped_lock lock(mutex_);
  const Now now = this->now();
  snapshot.timestamp = time_point(now.wall);
  orders_.update(symbol, exchange, std::move(snapshot), now);
}

// Runs the callback for one order whose cancel was asked for, and tells what came of it. The order, where this ended
// it.
std::optional<Order> SpreadThresholdManager::Core::serve(OrderId number, const std::string* reason, Owed& owed) {
  std::unique_lock lock(mutex_);
  ManagedOrders::Record* record = orders_.find(number);
  if (record == nullptr || ended(record->order.status) || record->calling) return {};
  std::string failure;
  if (const auto callback = cancel_callback_) {
    record->calling = true;
    const Order order = record->order;
    lock.unlock();
    bool returned = false;
    try {
      (*callback)(order, reason != nullptr ? *reason : order.reason);
      returned = true;
    } catch (const std::exception& error) {
      failure = error.what();
    } catch (...) {
      failure = "an exception that is no std::exception";
    }
    lock.lock();
    record = orders_.find(number);
    if (record == nullptr) return {};
    record->calling = false;
    if (!returned) {
      const Now now = this->now();
      orders_.cancel_failed(*record, now);
      raise(owed, {.order_id = record->order.order_id,
                   .kind = "callback_failed",
                   .message = std::move(failure),
                   .at = time_point(now.wall)});
      settle(owed, now);
      return {};
    }
  }
  if (ended(record->order.status)) return {};
  const Now now = this->now();
  orders_.cancelled(*record, now);
  settle(owed, now);
  if (!ended(record->order.status)) return {};
  return record->order;
}

// With the lock held and no callback to run: each order whose cancel was asked for has ended, all at one time.
std::vector<Order> SpreadThresholdManager::Core::end_all(const std::vector<OrderId>& cancels, Owed& owed, Now now) {
  std::vector<const ManagedOrders::Record*> served;
  served.reserve(cancels.size());
  for (const OrderId number : cancels) {
    ManagedOrders::Record* record = orders_.find(number);
    if (record == nullptr || ended(record->order.status) || record->calling) continue;
    orders_.cancelled(*record, now);
    served.push_back(record);
  }
  settle(owed, now);
  std::vector<Order> orders;
  orders.reserve(served.size());
  for (const ManagedOrders::Record* record : served)
    if (ended(record->order.status)) orders.push_back(record->order);
  return orders;
}

std::vector<Order> SpreadThresholdManager::Core::monitor_orders() {
  if (!options_.auto_cancel) return {};
  Owed owed;
  std::vector<OrderId> cancels;
  std::vector<Order> ended;
  bool calls = false;
  {
    const std::scoped_lock lock(mutex_);
    const Now now = this->now();
    orders_.pursue(now, cancels);
    settle(owed, now);
    calls = cancel_callback_ != nullptr;
    if (!calls) ended = end_all(cancels, owed, now);
  }
  for (std::size_t i = 0; calls && i < cancels.size(); ++i)
    if (auto order = serve(cancels[i], nullptr, owed)) ended.push_back(std::move(*order));
  pay(owed);
  return ended;
}

std::pair<bool, std::string> SpreadThresholdManager::Core::should_cancel_order(
    const Order& order, std::optional<double> current_spread_bps) {
  std::optional<MicroBps> spread;
  if (current_spread_bps) {
    check_finite("current_spread_bps", *current_spread_bps);
    spread = MicroBps(std::llround(std::clamp(*current_spread_bps, -1e12, 1e12) * 1e6));
  }
  check_from_zero("order.spread_threshold_bps", order.spread_threshold_bps);
  const std::scoped_lock lock(mutex_);
  const OrderReason reason = orders_.why_due(order, spread, now());
  const bool stays = reason == OrderReason::ok || reason == OrderReason::no_spread_data ||
                     reason == OrderReason::order_already_terminated;
  return {!stays, to_string(reason)};
}

bool SpreadThresholdManager::Core::cancel_order(const std::string& order_id, const std::string& reason) {
  check_text("reason", reason);
  Owed owed;
  OrderId number{};
  {
    const std::scoped_lock lock(mutex_);
    ManagedOrders::Record* record = orders_.find(order_id);
    if (record == nullptr || ended(record->order.status) || record->calling) return false;
    const Now now = this->now();
    number = record->number;
    orders_.want_gone(*record, reason, now);
    settle(owed, now);
  }
  const bool ended_it = serve(number, &reason, owed).has_value();
  pay(owed);
  return ended_it;
}

bool SpreadThresholdManager::Core::fill_order(const std::string& order_id, std::optional<double> quantity) {
  if (quantity) check_above_zero("quantity", *quantity);
  Owed owed;
  {
    const std::scoped_lock lock(mutex_);
    ManagedOrders::Record* record = orders_.find(order_id);
    if (record == nullptr) return false;
    const std::int64_t filled = record->filled.count();
    std::int64_t count = record->size.count() - filled;
    if (quantity) {
      const auto given = decimal_count(*quantity, record->scale);
      if (!given || *given > overfill_sizes_max * record->size.count() - filled)
        refuse("quantity", *quantity, "such that the fills are at most eight times the order's size");
      if (*given == 0) refuse("quantity", *quantity, "at least 1e-18 of the order's size");
      count = *given;
    }
    if (count <= 0) return false;
    const Now now = this->now();
    orders_.fill(*record, count, now);
    settle(owed, now);
  }
  pay(owed);
  return true;
}

void SpreadThresholdManager::Core::set_cancel_callback(CancelCallback callback) {
  auto next = callback ? std::make_shared<const CancelCallback>(std::move(callback)) : nullptr;
  const std::scoped_lock lock(mutex_);
  cancel_callback_.swap(next);
}

void SpreadThresholdManager::Core::set_alarm_callback(AlarmCallback callback) {
  auto next = callback ? std::make_shared<const AlarmCallback>(std::move(callback)) : nullptr;
  const std::scoped_lock lock(mutex_);
  alarm_callback_.swap(next);
}

std::optional<Order> SpreadThresholdManager::Core::get_order(const std::string& order_id) {
  const std::scoped_lock lock(mutex_);
  const ManagedOrders::Record* record = orders_.find(order_id);
  if (record == nullptr) return {};
  return record->order;
}

std::vector<Order> SpreadThresholdManager::Core::get_active_orders(const std::optional<std::string_view>& symbol) {
  const std::scoped_lock lock(mutex_);
  return orders_.live(symbol);
}

std::optional<SpreadSnapshot> SpreadThresholdManager::Core::get_spread_snapshot(
    std::string_view symbol, std::optional<std::string_view> exchange) {
  const std::scoped_lock lock(mutex_);
  const SpreadSnapshot* snapshot = orders_.snapshot(symbol, exchange);
  if (snapshot == nullptr) return {};
  return *snapshot;
}

std::size_t SpreadThresholdManager::Core::clear_old_orders(double max_age_hours) {
  check_from_zero("max_age_hours", max_age_hours);
  Owed owed;
  std::size_t count = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Now now = this->now();
    count = orders_.forget_ended(now.at - nanos(max_age_hours * 3'600.0), [&](const Order& order) {
      if (!options_.store || !owed.store_error.empty()) return;
      try {
        owed.kept = options_.store->forget(order.order_id);
      } catch (const std::exception& error) {
        owed.store_error = error.what();
      }
    });
  }
  pay(owed);
  return count;
}

void SpreadThresholdManager::Core::watch(const std::stop_token& stop) {
  const std::chrono::nanoseconds interval(nanos(options_.check_interval_seconds).count());
  std::mutex idle;
  std::condition_variable_any wakes;
  while (!stop.stop_requested()) {
    try {
      monitor_orders();
    } catch (const std::exception& error) {
      Owed owed;
      {
        const std::scoped_lock lock(mutex_);
        raise(owed, {.kind = "monitoring_failed", .message = error.what(), .at = time_point(now().wall)});
      }
      pay(owed);
    }
    std::unique_lock lock(idle);
    wakes.wait_for(lock, stop, interval, [] { return false; });
  }
}

void SpreadThresholdManager::Core::start_monitoring() {
  check_above_zero("check_interval_seconds", options_.check_interval_seconds);
  std::jthread old;  // one that was told to stop by its own callback: its end is waited for without the lock
  const std::scoped_lock lock(monitor_mutex_);
  if (thread_.joinable() && !thread_.get_stop_token().stop_requested()) return;
  if (thread_.get_id() == std::this_thread::get_id())
    throw std::runtime_error("the monitoring cannot start again before its callback has returned");
  old = std::move(thread_);
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void SpreadThresholdManager::Core::stop_monitoring() {
  std::jthread ending;
  {
    const std::scoped_lock lock(monitor_mutex_);
    thread_.request_stop();
    if (thread_.get_id() == std::this_thread::get_id()) return;
    ending = std::move(thread_);
  }
}

bool SpreadThresholdManager::Core::monitoring() {
  const std::scoped_lock lock(monitor_mutex_);
  return thread_.joinable() && !thread_.get_stop_token().stop_requested();
}

std::vector<ManagerAlarm> SpreadThresholdManager::Core::get_alarms() {
  const std::scoped_lock lock(mutex_);
  return {alarms_.begin(), alarms_.end()};
}

std::vector<OrderStep> SpreadThresholdManager::Core::get_order_history(const std::string& order_id) const {
  return options_.store ? options_.store->history(order_id) : std::vector<OrderStep>();
}

SpreadThresholdManager::SpreadThresholdManager(SpreadThresholdManagerOptions options)
    : core_(std::make_unique<Core>(std::move(options))) {}
SpreadThresholdManager::~SpreadThresholdManager() = default;
SpreadThresholdManager::SpreadThresholdManager(SpreadThresholdManager&&) noexcept = default;
SpreadThresholdManager& SpreadThresholdManager::operator=(SpreadThresholdManager&&) noexcept = default;

Order SpreadThresholdManager::place_order(Place place) { return core_->place_order(std::move(place)); }
void SpreadThresholdManager::update_spread(std::string_view symbol, double best_bid, double best_ask,
                                           std::optional<std::string_view> exchange) {
  core_->update_spread(symbol, best_bid, best_ask, exchange);
}
std::vector<Order> SpreadThresholdManager::monitor_orders() { return core_->monitor_orders(); }
std::pair<bool, std::string> SpreadThresholdManager::should_cancel_order(
    const Order& order, std::optional<double> current_spread_bps) const {
  return core_->should_cancel_order(order, current_spread_bps);
}
bool SpreadThresholdManager::cancel_order(const std::string& order_id, const std::string& reason) {
  return core_->cancel_order(order_id, reason);
}
bool SpreadThresholdManager::fill_order(const std::string& order_id, std::optional<double> quantity) {
  return core_->fill_order(order_id, quantity);
}
void SpreadThresholdManager::set_cancel_callback(CancelCallback callback) {
  core_->set_cancel_callback(std::move(callback));
}
std::optional<Order> SpreadThresholdManager::get_order(const std::string& order_id) const {
  return core_->get_order(order_id);
}
std::vector<Order> SpreadThresholdManager::get_active_orders(std::optional<std::string_view> symbol) const {
  return core_->get_active_orders(symbol);
}
std::optional<SpreadSnapshot> SpreadThresholdManager::get_spread_snapshot(
    std::string_view symbol, std::optional<std::string_view> exchange) const {
  return core_->get_spread_snapshot(symbol, exchange);
}
std::size_t SpreadThresholdManager::clear_old_orders(double max_age_hours) {
  return core_->clear_old_orders(max_age_hours);
}
void SpreadThresholdManager::start_monitoring() { core_->start_monitoring(); }
void SpreadThresholdManager::stop_monitoring() { core_->stop_monitoring(); }
bool SpreadThresholdManager::monitoring() const { return core_->monitoring(); }
void SpreadThresholdManager::set_alarm_callback(AlarmCallback callback) {
  core_->set_alarm_callback(std::move(callback));
}
std::vector<ManagerAlarm> SpreadThresholdManager::get_alarms() const { return core_->get_alarms(); }
std::vector<OrderStep> SpreadThresholdManager::get_order_history(const std::string& order_id) const {
  return core_->get_order_history(order_id);
}

}  // namespace crossbook
