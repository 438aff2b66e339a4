// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

#include "crossbook/api/decimal_count.hpp"
#include "crossbook/api/manager_checks.hpp"
#include "crossbook/api/manager_core.hpp"

namespace crossbook {
namespace {

constexpr std::int64_t overfill_sizes_max = 8;

void check(const SpreadThresholdManager::Place& given) {
  checks::check_text("order_id", given.order_id);
  checks::check_text("symbol", given.symbol);
  checks::check_one_of("side", given.side, {"buy", "sell"}, "\"buy\" or \"sell\"");
  checks::check_above_zero("price", given.price);
  checks::check_above_zero("size", given.size);
  checks::check_one_of("order_type", given.order_type, {"limit", "post_only", "ioc", "market"},
                       "\"limit\", \"post_only\", \"ioc\" or \"market\"");
  if (given.spread_threshold_bps) checks::check_from_zero("spread_threshold_bps", *given.spread_threshold_bps);
  checks::check_text("exchange", given.exchange);
}

std::vector<Order> read_all(const std::vector<HeldOrder>& held) {
  std::vector<Order> orders;
  orders.reserve(held.size());
  for (const HeldOrder& order : held) orders.push_back(order.read());
  return orders;
}

}  // namespace

HeldOrder SpreadThresholdManager::Core::place_order(Place given) {
  check(given);
  Owed owed;
  std::unique_lock lock(mutex_);
  if (orders_.find(given.order_id) != nullptr)
    checks::refuse("order_id", checks::quoted(given.order_id), "one that is not known");
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
  ManagedOrders::Record& record = orders_.place(std::make_shared<const Order>(std::move(order)), now);
  const OrderId number = record.number;
  HeldOrder placed = record.order;
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
  checks::check_text("symbol", symbol);
  checks::check_finite("best_bid", best_bid);
  checks::check_finite("best_ask", best_ask);
  if (exchange) checks::check_text("exchange", *exchange);
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

std::pair<bool, std::string> SpreadThresholdManager::Core::should_cancel_order(
    const Order& order, std::optional<double> current_spread_bps) {
  std::optional<MicroBps> spread;
  if (current_spread_bps) {
    checks::check_finite("current_spread_bps", *current_spread_bps);
    spread = MicroBps(std::llround(std::clamp(*current_spread_bps, -1e12, 1e12) * 1e6));
  }
  checks::check_from_zero("order.spread_threshold_bps", order.spread_threshold_bps);
  const std::scoped_lock lock(mutex_);
  const OrderReason reason = orders_.why_due(order, spread, now());
  const bool stays = reason == OrderReason::ok || reason == OrderReason::no_spread_data ||
                     reason == OrderReason::order_already_terminated;
  return {!stays, to_string(reason)};
}

bool SpreadThresholdManager::Core::fill_order(const std::string& order_id, std::optional<double> quantity) {
  if (quantity) checks::check_above_zero("quantity", *quantity);
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
        checks::refuse("quantity", *quantity, "such that the fills are at most eight times the order's size");
      if (*given == 0) checks::refuse("quantity", *quantity, "at least 1e-18 of the order's size");
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

std::optional<HeldOrder> SpreadThresholdManager::Core::get_order(std::string_view order_id) {
  const std::scoped_lock lock(mutex_);
  const ManagedOrders::Record* record = orders_.find(order_id);
  if (record == nullptr) return {};
  return record->order;
}

std::vector<HeldOrder> SpreadThresholdManager::Core::get_active_orders(const std::optional<std::string_view>& symbol) {
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
  checks::check_from_zero("max_age_hours", max_age_hours);
  Owed owed;
  std::size_t count = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Now now = this->now();
    count = orders_.forget_ended(now.at - nanos(max_age_hours * 3'600.0), [&](const std::string& order_id) {
      if (!options_.store || !owed.store_error.empty()) return;
      try {
        owed.kept = options_.store->forget(order_id);
      } catch (const std::exception& error) {
        owed.store_error = error.what();
      }
    });
  }
  pay(owed);
  return count;
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

Order SpreadThresholdManager::place_order(Place place) { return core_->place_order(std::move(place)).read(); }
HeldOrder SpreadThresholdManager::place_held(Place place) { return core_->place_order(std::move(place)); }
void SpreadThresholdManager::update_spread(std::string_view symbol, double best_bid, double best_ask,
                                           std::optional<std::string_view> exchange) {
  core_->update_spread(symbol, best_bid, best_ask, exchange);
}
std::vector<Order> SpreadThresholdManager::monitor_orders() { return read_all(core_->monitor_orders()); }
std::vector<HeldOrder> SpreadThresholdManager::monitor_held() { return core_->monitor_orders(); }
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
  const std::optional<HeldOrder> held = core_->get_order(order_id);
  if (!held) return {};
  return held->read();
}
std::optional<HeldOrder> SpreadThresholdManager::get_held(std::string_view order_id) const {
  return core_->get_order(order_id);
}
std::vector<Order> SpreadThresholdManager::get_active_orders(std::optional<std::string_view> symbol) const {
  return read_all(core_->get_active_orders(symbol));
}
std::vector<HeldOrder> SpreadThresholdManager::get_active_held(std::optional<std::string_view> symbol) const {
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
