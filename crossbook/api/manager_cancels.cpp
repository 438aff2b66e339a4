// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <exception>
#include <stdexcept>

#include "crossbook/api/manager_checks.hpp"
#include "crossbook/api/manager_core.hpp"

// How orders end: what is due, the callback, and the thread that looks again and again.
namespace crossbook {
namespace {

// Few enough that what was touched of them is still near.
constexpr std::size_t cancels_at_once = 64;

// An order that make_shared made has the count of its owners right before it.
void prefetch_owners(const Order* order) { __builtin_prefetch(reinterpret_cast<const char*>(order) - 8, 1); }

}  // namespace

// Runs the callback for one order whose cancel was asked for, and tells what came of it. The order, where this ended
// it.
std::optional<HeldOrder> SpreadThresholdManager::Core::serve(OrderId number, const std::string* reason, Owed& owed) {
  std::unique_lock lock(mutex_);
  ManagedOrders::Record* record = orders_.find(number);
  if (record == nullptr || ended(record->order.status) || record->calling) return {};
  std::string failure;
  if (const auto callback = cancel_callback_) {
    record->calling = true;
    const Order order = record->order.read();
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
      raise(owed, {.order_id = record->order.placed->order_id,
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
void SpreadThresholdManager::Core::end_all(const std::vector<OrderId>& cancels, std::vector<HeldOrder>& ended_orders,
                                           Now now) {
  for (const OrderId number : cancels)
    if (const ManagedOrders::Record* record = orders_.find(number)) prefetch_owners(record->order.placed.get());
  for (const OrderId number : cancels) {
    ManagedOrders::Record* record = orders_.find(number);
    if (record == nullptr || ended(record->order.status) || record->calling) continue;
    orders_.cancelled(*record, now);
    if (ended(record->order.status)) ended_orders.push_back(record->order);
  }
}

std::vector<HeldOrder> SpreadThresholdManager::Core::monitor_orders() {
  if (!options_.auto_cancel) return {};
  Owed owed;
  std::vector<OrderId> cancels;
  std::vector<HeldOrder> ended_orders;
  bool calls = false;
  {
    const std::scoped_lock lock(mutex_);
    const Now now = this->now();
    calls = cancel_callback_ != nullptr;
    if (calls) orders_.pursue(now, cancels, guard::no_slot);
    for (bool more = !calls; more; cancels.clear()) {
      more = orders_.pursue(now, cancels, cancels_at_once);
      if (more) ended_orders.reserve(ended_orders.size() + orders_.live_count());
      end_all(cancels, ended_orders, now);
    }
    settle(owed, now);
  }
  for (const OrderId number : cancels)
    if (auto order = serve(number, nullptr, owed)) ended_orders.push_back(std::move(*order));
  pay(owed);
  return ended_orders;
}

bool SpreadThresholdManager::Core::cancel_order(const std::string& order_id, const std::string& reason) {
  checks::check_text("reason", reason);
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
  checks::check_above_zero("check_interval_seconds", options_.check_interval_seconds);
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

}  // namespace crossbook
