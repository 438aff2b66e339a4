// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/managed_orders.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "crossbook/api/decimal_count.hpp"
#include "crossbook/core/check.hpp"
#include "crossbook/core/prefetch.hpp"

namespace crossbook {
namespace {

using guard::no_slot;
using guard::Slot;

guard::GuardOptions guard_options(const ManagedOrders::Limits& limits) {
  // A callback answers at once or not at all; the user's monitor_orders is the only clock.
  return {.orders_max = no_slot - 1,
          .place_ack_max = {},
          .cancel_ack_max = {},
          .backoff_first = limits.retry,
          .backoff_max = limits.retry,
          .retention = {},
          .refuse_due = false,
          .manual = true};
}

constexpr int slot_bits = 32;
Slot slot_of(OrderId number) { return static_cast<Slot>(static_cast<std::uint64_t>(number)); }
std::uint64_t hash_of(std::string_view order_id) { return std::hash<std::string_view>()(order_id); }

double to_seconds(Nanos nanos) { return static_cast<double>(nanos.count()) / 1e9; }

Wall wall(TimePoint time) {
  return Wall(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}
TimePoint time_point(Wall wall) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(wall.nanos())));
}

MicroBps threshold_of(const Order& order) {
  return MicroBps(std::llround(std::min(order.spread_threshold_bps, 1e12) * 1e6));
}

OrderLimits limits_of(const Order& order, const std::optional<Nanos>& age_max) {
  OrderLimits limits{.spread_max = threshold_of(order), .age_max = age_max};
  if (order.expires_at) limits.expires_at = wall(*order.expires_at);
  return limits;
}

}  // namespace

ManagedOrders::ManagedOrders(const Limits& limits)
    : limits_(limits),
      guard_(guard_options(limits)),
      account_(guard_.add_account()),
      nowhere_(guard_.add_watch(false)) {}

Slot ManagedOrders::find_slot(std::string_view order_id) const {
  return ids_.find(hash_of(order_id), [&](Slot slot) { return records_[slot].order.placed->order_id == order_id; });
}
ManagedOrders::Record* ManagedOrders::find(std::string_view order_id) {
  const Slot slot = find_slot(order_id);
  return slot == no_slot ? nullptr : &records_[slot];
}
const ManagedOrders::Record* ManagedOrders::find(std::string_view order_id) const {
  const Slot slot = find_slot(order_id);
  return slot == no_slot ? nullptr : &records_[slot];
}

ManagedOrders::Record* ManagedOrders::find(OrderId number) {
  Record& record = records_[slot_of(number)];
  return record.number == number && record.order.placed != nullptr ? &record : nullptr;
}

ManagedOrders::Record& ManagedOrders::take_in(std::shared_ptr<const Order> order, Now now) {
  if (free_.empty()) {
    CROSSBOOK_ASSERT(records_.size() < no_slot);
    const auto fresh = static_cast<Slot>(records_.size());
    records_.emplace_back().number = OrderId(fresh);
    free_.push_back(fresh);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  Record& record = records_[slot];
  const auto number = OrderId(static_cast<std::uint64_t>(record.number) + (std::uint64_t{1} << slot_bits));
  record = Record();
  record.number = number;
  record.sequence = ++placed_;
  record.placed_at = now.at;
  record.target = &target(symbol(order->symbol), order->exchange, now);
  const CountedSize counted = counted_size(order->size);
  record.scale = counted.scale;
  record.size = Quantity(counted.count);
  record.order.last_change_at = order->last_change_at;
  ids_.insert(hash_of(order->order_id), slot);
  record.order.placed = std::move(order);
  push(record.target->live, record);
  return record;
}

ManagedOrders::Record& ManagedOrders::place(std::shared_ptr<const Order> order, Now now) {
  Record& record = take_in(std::move(order), now);
  const Order& placed = *record.order.placed;
  const PlaceCommand command{.order = record.number,
                             .terms = {.action = placed.side == to_string(Action::buy) ? Action::buy : Action::sell,
                                       .price = Price(1),
                                       .quantity = record.size},
                             .limits = limits_of(placed, limits_.age_max)};
  guard_.place(command, record.target->watch, account_, now.at, now.wall, effects_);
  settle(now);
  return record;
}

// What happened to the order in its first life is told to the guard again; the order itself is as it was kept.
void ManagedOrders::restore(const Order& order, Now then, Steady ended_at) {
  Record& record = place(std::make_shared<const Order>(order), then);
  const auto filled = order.filled > 0.0 ? decimal_count(order.filled, record.scale) : std::nullopt;
  if (filled && *filled > 0) fill(record, *filled, then);
  switch (order.status) {
    case OrderStatus::cancelling:
      want_gone(record, order.reason, then);
      cancel_failed(record, then);
      break;
    case OrderStatus::cancelled: cancelled(record, then); break;
    case OrderStatus::expired: report(record, OrderReport::Kind::expired, then); break;
    case OrderStatus::rejected: report(record, OrderReport::Kind::rejected, then); break;
    case OrderStatus::pending:
    case OrderStatus::active:
    case OrderStatus::filled:
    case OrderStatus::unknown: break;
  }
  // What was noted of its end stands in its own metadata.
  record.order = {.placed = std::move(record.order.placed),
                  .status = order.status,
                  .filled = order.filled,
                  .last_change_at = order.last_change_at,
                  .words = order.reason};
  record.ended_at = ended_at;
  changed_.clear();
  alarms_.clear();
  cancels_.clear();
}

void ManagedOrders::remove(Record& record, Now now) {
  report(record, OrderReport::Kind::rejected, now);
  std::erase(changed_, record.number);
  std::erase(cancels_, record.number);
  if (!ended(record.order.status)) return;
  drop(ended_, record);
  forget(record);
}

const ManagedOrders::Told& ManagedOrders::Target::told() const { return own.snapshot ? own : symbol->told; }

ManagedOrders::Symbol& ManagedOrders::symbol(std::string_view name) {
  const auto found = symbols_.find(name);
  return found != symbols_.end() ? found->second : symbols_[std::string(name)];
}

ManagedOrders::Target& ManagedOrders::target(Symbol& symbol, std::string_view exchange, Now now) {
  for (const auto& known : symbol.targets)
    if (known->exchange == exchange) return *known;
  Target& fresh = *symbol.targets.emplace_back(std::make_unique<Target>());
  fresh.exchange = exchange;
  fresh.symbol = &symbol;
  fresh.watch = guard_.add_watch(false);
  if (const auto& told = symbol.told.snapshot) tell(fresh, decimal_spread(told->best_bid, told->best_ask), now);
  return fresh;
}

const ManagedOrders::Target* ManagedOrders::find_target(std::string_view symbol, std::string_view exchange) const {
  const auto found = symbols_.find(symbol);
  if (found == symbols_.end()) return nullptr;
  for (const auto& known : found->second.targets)
    if (known->exchange == exchange) return known.get();
  return nullptr;
}

// By an unusable spread nothing is due: the age of the data decides, and that is looked after here.
void ManagedOrders::tell(const Target& target, const std::optional<MicroBps>& spread, Now now) {
  guard_.on_spread(target.watch, spread.value_or(MicroBps(0)), now.at, now.wall, effects_);
}

void ManagedOrders::update(std::string_view name, std::optional<std::string_view> exchange, SpreadSnapshot snapshot,
                           Now now) {
  const auto spread = decimal_spread(snapshot.best_bid, snapshot.best_ask);
  Symbol& told = symbol(name);
  Target* only = exchange ? &target(told, *exchange, now) : nullptr;
  Told& place = only != nullptr ? only->own : told.told;
  place.snapshot = std::move(snapshot);
  if (spread) place.usable_at = now.at;
  if (only != nullptr) {
    tell(*only, spread, now);
  } else {
    for (const auto& follower : told.targets)
      if (!follower->own.snapshot) tell(*follower, spread, now);
  }
  settle(now);
}

const SpreadSnapshot* ManagedOrders::snapshot(std::string_view symbol, std::optional<std::string_view> exchange) const {
  const Told* told = nullptr;
  if (exchange) {
    const Target* found = find_target(symbol, *exchange);
    if (found != nullptr) told = &found->own;
  } else if (const auto found = symbols_.find(symbol); found != symbols_.end()) {
    told = &found->second.told;
  }
  return told != nullptr && told->snapshot ? &*told->snapshot : nullptr;
}

bool ManagedOrders::pursue(Now now, std::vector<OrderId>& cancels, std::size_t cancels_max) {
  guard_.advance(now.at, now.wall, effects_, cancels_max);
  const bool more = effects_.cancels.size() >= cancels_max;
  for (const CancelOrder& cancel : effects_.cancels) {
    prefetch(records_[slot_of(cancel.order)]);
    guard_.prefetch(cancel.order);
  }
  settle(now);
  if (limits_.data_age_max && !more) pursue_old_data(now);
  cancels.insert(cancels.end(), cancels_.begin(), cancels_.end());
  cancels_.clear();
  return more;
}

// Since when an order has been without usable data: its last update, and not before it was placed.
bool ManagedOrders::data_too_old(const Told& told, Steady placed_at, Now now) const {
  if (!limits_.data_age_max) return false;
  return guard::after(std::max(told.usable_at.value_or(placed_at), placed_at), *limits_.data_age_max) < now.at;
}

void ManagedOrders::pursue_old_data(Now now) {
  for (const auto& [name, symbol] : symbols_) {
    for (const auto& target : symbol.targets) {
      // In the order of placing: behind one that may still wait, all may.
      for (Slot slot = target->live.first; slot != no_slot; slot = records_[slot].after) {
        if (!data_too_old(target->told(), records_[slot].placed_at, now)) break;
        guard_.cancel({records_[slot].number, OrderReason::data_unusable}, now.at, now.wall, effects_);
      }
    }
  }
  settle(now);
}

void ManagedOrders::want_gone(Record& record, const std::string& reason, Now now) {
  const guard::Order* held = guard_.find(record.number);
  if (held == nullptr || held->due) return;
  guard_.cancel({record.number, OrderReason::manual}, now.at, now.wall, effects_);
  settle(now);
  std::erase(cancels_, record.number);
  record.order.words = reason;
}

void ManagedOrders::cancelled(Record& record, Now now) { report(record, OrderReport::Kind::cancelled, now); }
void ManagedOrders::cancel_failed(Record& record, Now now) { report(record, OrderReport::Kind::cancel_rejected, now); }

void ManagedOrders::report(const Record& record, OrderReport::Kind kind, Now now) {
  guard_.on_report({.order = record.number, .kind = kind, .reason = OrderReason::manual}, now.at, now.wall, effects_);
  settle(now);
}

void ManagedOrders::fill(Record& record, std::int64_t quantity, Now now) {
  const OrderReport report{.order = record.number,
                           .kind = OrderReport::Kind::fill,
                           .fill = {.trade = ++record.trades, .price = Price(1), .quantity = Quantity(quantity)}};
  guard_.on_report(report, now.at, now.wall, effects_);
  settle(now);
}

void ManagedOrders::settle(Now now) {
  for (const OrderChange& step : effects_.order_changes) change(step, now);
  for (const CancelOrder& cancel : effects_.cancels) cancels_.push_back(cancel.order);
  alarms_.insert(alarms_.end(), effects_.alarms.begin(), effects_.alarms.end());
  effects_.clear();
}

void ManagedOrders::change(const OrderChange& step, Now now) {
  Record& record = *find(step.order);
  record.order.status = step.to;
  record.order.last_change_at = time_point(now.wall);
  if (step.to == OrderState::cancelling && step.from != step.to) note_due(record, step.reason, now);
  if (step.fill) {
    record.filled = step.filled;
    record.order.filled = counted_double(step.filled.count(), record.scale);
  }
  if (!ended(step.from) && ended(step.to)) {
    drop(record.target->live, record);
    record.ended_at = now.at;
    push(ended_, record);
  }
  changed_.push_back(record.number);
}

void ManagedOrders::note_due(Record& record, OrderReason reason, Now now) const {
  HeldOrder& order = record.order;
  order.code = reason;
  order.words.clear();
  order.noted = true;
  if (const auto value = value_of(record, reason, now)) order.cancel_value = value;
}

std::optional<double> ManagedOrders::value_of(const Record& record, OrderReason reason, Now now) {
  const Told& told = record.target->told();
  switch (reason) {
    case OrderReason::spread_exceeded_threshold: return told.snapshot ? told.snapshot->spread_bps : std::nullopt;
    case OrderReason::order_expired:
      return to_seconds(now.wall - wall(record.order.placed->expires_at.value_or(time_point(now.wall))));
    case OrderReason::order_too_old: return to_seconds(now.at - record.placed_at);
    case OrderReason::data_unusable:
      return to_seconds(now.at - std::max(told.usable_at.value_or(record.placed_at), record.placed_at));
    default: return {};
  }
}

OrderReason ManagedOrders::why_due(const Order& order, const std::optional<MicroBps>& spread, Now now) const {
  const Record* known = find(order.order_id);
  const Target* watched = known != nullptr ? known->target : find_target(order.symbol, order.exchange);
  guard::Order asked;
  if (const guard::Order* held = known != nullptr ? guard_.find(known->number) : nullptr) {
    asked = *held;
  } else {
    asked.state = order.status;
    asked.placed_at = now.at - std::max(now.wall - wall(order.created_at), Nanos());
    asked.watch = nowhere_;
  }
  asked.limits = limits_of(order, limits_.age_max);
  const MicroBps threshold = *std::exchange(asked.limits.spread_max, std::nullopt);
  if (const auto due = guard_.why_due(asked, now.at, now.wall)) return *due;
  if (spread) return *spread > threshold ? OrderReason::spread_exceeded_threshold : OrderReason::ok;

  static const Told nothing;
  const auto symbol = symbols_.find(order.symbol);
  const Told& told = watched != nullptr ? watched->told() : symbol != symbols_.end() ? symbol->second.told : nothing;
  std::optional<MicroBps> now_told;
  if (told.snapshot) now_told = decimal_spread(told.snapshot->best_bid, told.snapshot->best_ask);
  if (now_told && *now_told > threshold) return OrderReason::spread_exceeded_threshold;
  if (data_too_old(told, asked.placed_at, now)) return OrderReason::data_unusable;
  return now_told ? OrderReason::ok : OrderReason::no_spread_data;
}

std::vector<HeldOrder> ManagedOrders::live(const std::optional<std::string_view>& symbol) const {
  std::vector<const Record*> found;
  const auto gather = [&](const Symbol& of) {
    for (const auto& target : of.targets)
      for (Slot slot = target->live.first; slot != no_slot; slot = records_[slot].after)
        found.push_back(&records_[slot]);
  };
  if (!symbol) {
    for (const auto& [name, of] : symbols_) gather(of);
  } else if (const auto of = symbols_.find(*symbol); of != symbols_.end()) {
    gather(of->second);
  }
  std::ranges::sort(found, {}, &Record::sequence);
  std::vector<HeldOrder> orders;
  orders.reserve(found.size());
  for (const Record* record : found) orders.push_back(record->order);
  return orders;
}

std::size_t ManagedOrders::forget_ended(Steady at, const std::function<void(const std::string& order_id)>& each) {
  std::size_t count = 0;
  for (; ended_.first != no_slot && records_[ended_.first].ended_at <= at; ++count) {
    Record& record = records_[ended_.first];
    each(record.order.placed->order_id);
    drop(ended_, record);
    forget(record);
  }
  return count;
}

void ManagedOrders::forget(Record& record) {
  guard_.forget(record.number);
  ids_.erase(hash_of(record.order.placed->order_id), slot_of(record.number));
  record.order = HeldOrder();
  free_.push_back(slot_of(record.number));
}

void ManagedOrders::push(List& list, Record& record) {
  const Slot added = slot_of(record.number);
  record.before = list.last;
  record.after = no_slot;
  (list.last == no_slot ? list.first : records_[list.last].after) = added;
  list.last = added;
}

void ManagedOrders::drop(List& list, Record& record) {
  (record.before == no_slot ? list.first : records_[record.before].after) = record.after;
  (record.after == no_slot ? list.last : records_[record.after].before) = record.before;
}

}  // namespace crossbook
