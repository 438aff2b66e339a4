// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/manager_core.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <tuple>

#include "crossbook/api/manager_checks.hpp"

namespace crossbook {
namespace {

constexpr std::size_t alarms_max = 1'000;

ManagedOrders::Limits checked(const SpreadThresholdManagerOptions& options) {
  checks::check_from_zero("max_spread_bps", options.max_spread_bps);
  checks::check_from_zero("check_interval_seconds", options.check_interval_seconds);
  ManagedOrders::Limits limits;
  // A guard wants some time between two tries.
  limits.retry = std::max(nanos(options.check_interval_seconds), Nanos(1));
  if (options.max_order_age_seconds) {
    checks::check_above_zero("max_order_age_seconds", *options.max_order_age_seconds);
    limits.age_max = nanos(*options.max_order_age_seconds);
  }
  if (options.max_data_age) {
    checks::check_above_zero("max_data_age", *options.max_data_age);
    limits.data_age_max = nanos(*options.max_data_age);
  }
  return limits;
}

}  // namespace

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
    if (!options_.store || !owed.store_error.empty()) break;
    const ManagedOrders::Record* record = orders_.find(number);
    if (record == nullptr) continue;
    try {
      owed.kept = options_.store->keep(record->order.read());
    } catch (const std::exception& error) {
      owed.store_error = error.what();
    }
  }
  changed.clear();
  for (const OrderAlarm& alarm : orders_.alarms()) {
    const ManagedOrders::Record* record = orders_.find(alarm.order);
    raise(owed, {.order_id = record != nullptr ? record->order.placed->order_id : std::string(),
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

}  // namespace crossbook
