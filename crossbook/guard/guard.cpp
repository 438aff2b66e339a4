// SPDX-License-Identifier: Apache-2.0
#include "crossbook/guard/guard.hpp"

#include <algorithm>
#include <array>

#include "crossbook/core/check.hpp"

namespace crossbook::guard {

Guard::Guard(const GuardOptions& options) : options_(options) {
  CROSSBOOK_ASSERT(options.backoff_first > Nanos() && options.cancel_tries_max > 0 && options.rearm_per_mille > 0);
  table_.reserve(options.orders_reserve);
  fills_.reserve(options.orders_reserve);
}

WatchId Guard::add_watch(bool consolidated) {
  const auto watch = static_cast<Slot>(index_.add_watch());
  watches_.emplace_back().consolidated = consolidated;
  watch_timers_.grow(watches_.size());
  return WatchId(watch);
}

AccountId Guard::add_account(const std::optional<BudgetOptions>& budget) {
  Account& account = accounts_.emplace_back();
  if (budget) account.budget.emplace(*budget);
  return AccountId(static_cast<std::uint16_t>(accounts_.size() - 1));
}

void Guard::begin(Steady at, Wall wall) {
  CROSSBOOK_ASSERT(at >= at_);
  at_ = at;
  wall_ = wall;
}

// An order that would be due on arrival: `ok` when it would rest.
OrderReason Guard::due_on_arrival(const OrderLimits& limits, const Watch& watch) const {
  if (limits.expires_at && *limits.expires_at <= wall_) return OrderReason::order_expired;
  if (limits.spread_max && watch.refused_up_to && *limits.spread_max <= *watch.refused_up_to)
    return OrderReason::spread_wide;
  if (limits.data_age_max && watch.unusable_since && after(*watch.unusable_since, *limits.data_age_max) <= at_)
    return OrderReason::data_unusable;
  return OrderReason::ok;
}

OrderReason Guard::refusal(const PlaceCommand& command, WatchId watch, AccountId account) {
  if (stopped_) return OrderReason::stopped;
  if (table_.find(command.order) != no_slot) return OrderReason::duplicate_id;
  if (table_.held() >= options_.orders_max) return OrderReason::table_full;
  if (options_.refuse_due) {
    const OrderReason reason = due_on_arrival(command.limits, watches_[index(watch)]);
    if (reason != OrderReason::ok) return reason;
  }
  std::optional<Budget>& budget = accounts_[index(account)].budget;
  return budget && !budget->take_for_place(at_) ? OrderReason::budget : OrderReason::ok;
}

Slot Guard::take_in(OrderId id, const OrderTerms& terms, const OrderLimits& limits, WatchId watch, AccountId account) {
  CROSSBOOK_ASSERT(index(watch) < watches_.size() && index(account) < accounts_.size());
  const Slot slot = table_.add(id);
  Order& order = table_[slot];
  order.terms = terms;
  order.limits = limits;
  order.watch = watch;
  order.account = account;
  order.placed_at = at_;
  order.placed_wall = wall_;
  const std::size_t slots = table_.slots();
  index_.grow(slots);
  timers_.grow(slots);
  impatient_places_.grow(slots);
  queue_places_.grow(slots);
  return slot;
}

void Guard::place(const PlaceCommand& command, WatchId watch, AccountId account, Steady at, Wall wall,
                  Effects& effects) {
  CROSSBOOK_ASSERT(index(watch) < watches_.size() && index(account) < accounts_.size());
  begin(at, wall);
  if (!options_.manual) fire(effects);
  const OrderReason reason = refusal(command, watch, account);
  OrderChange change{.order = command.order, .listing = command.terms.listing, .reason = reason};
  if (reason != OrderReason::ok) {
    change.to = OrderState::rejected;
    effects.order_changes.push_back(change);
    return;
  }
  const Slot slot = take_in(command.order, command.terms, command.limits, watch, account);
  effects.places.push_back({command.order, command.terms, at});
  effects.order_changes.push_back(change);
  if (options_.place_ack_max) timers_.query.set(slot, after(at, *options_.place_ack_max));
  start_waiting(slot, effects);
  if (!options_.manual) fire(effects);
}

void Guard::restore(const RestoredOrder& restored, WatchId watch, AccountId account, Steady at, Wall wall,
                    Effects& effects) {
  begin(at, wall);
  if (!options_.manual) fire(effects);
  if (table_.find(restored.order) != no_slot) return;
  const Slot slot = take_in(restored.order, restored.terms, restored.limits, watch, account);
  Order& order = table_[slot];
  order.state = OrderState::unknown;
  order.filled = restored.filled;
  order.placed_wall = restored.placed_at;
  order.placed_at = at - std::max(wall - restored.placed_at, Nanos());
  effects.order_changes.push_back({.order = order.id,
                                   .listing = order.terms.listing,
                                   .from = OrderState::unknown,
                                   .to = OrderState::unknown,
                                   .reason = OrderReason::recovered,
                                   .filled = order.filled});
  ask(slot, effects);
  if (stopped_) make_due(slot, OrderReason::stopped, effects);
  else start_waiting(slot, effects);
  if (!options_.manual) fire(effects);
}

void Guard::restore_trade(OrderId id, std::uint64_t trade) {
  const Slot slot = table_.find(id);
  if (slot != no_slot) fills_.add(slot, table_[slot].fills, trade);
}

// Sets what can make the order due; a threshold that the spread breaks already makes it due now, or after its dwell.
void Guard::start_waiting(Slot slot, Effects& effects) {
  const Order& order = table_[slot];
  const OrderLimits& limits = order.limits;
  Watch& watch = watches_[index(order.watch)];
  if (limits.expires_at) timers_.expiry.set(slot, *limits.expires_at);
  if (limits.age_max) timers_.age.set(slot, after(order.placed_at, *limits.age_max));
  if (limits.data_age_max) {
    if (!watch.spread && !watch.unusable_since) watch.unusable_since = at_;
    watch.impatient.push(impatient_places_, slot, *limits.data_age_max);
    watch_clock(order.watch);
  }
  if (!limits.spread_max) return;
  if (!watch.spread || *watch.spread <= *limits.spread_max) {
    index_.insert(index(order.watch), slot, *limits.spread_max);
  } else if (limits.dwell > Nanos() || options_.manual) {
    index_.insert_broken(index(order.watch), slot, *limits.spread_max);
    timers_.dwell.set(slot, after(at_, limits.dwell));
  } else {
    make_due(slot, OrderReason::spread_exceeded_threshold, effects);
  }
}

// A due or ended order waits for nothing any more.
void Guard::stop_waiting(Slot slot) {
  const Order& order = table_[slot];
  timers_.expiry.clear(slot);
  timers_.age.clear(slot);
  timers_.dwell.clear(slot);
  if (order.limits.spread_max) index_.remove(index(order.watch), slot);
  if (order.limits.data_age_max && watches_[index(order.watch)].impatient.remove(impatient_places_, slot))
    watch_clock(order.watch);
}

void Guard::cancel(const CancelCommand& command, Steady at, Wall wall, Effects& effects) {
  begin(at, wall);
  if (!options_.manual) fire(effects);
  const Slot slot = table_.find(command.order);
  if (slot == no_slot || ended(table_[slot].state)) return;
  make_due(slot, command.reason, effects);
  serve_queues(effects);
}

void Guard::stop(Steady at, Wall wall, Effects& effects) {
  begin(at, wall);
  stopped_ = true;
  for (Slot slot = 0; slot < table_.slots(); ++slot)
    if (table_[slot].held && !ended(table_[slot].state)) make_due(slot, OrderReason::stopped, effects);
  if (!options_.manual) fire(effects);
  serve_queues(effects);
}

void Guard::on_touch(ListingId listing, const Touch& touch) {
  if (index(listing) >= touches_.size()) touches_.resize(index(listing) + 1);
  touches_[index(listing)] = touch;
  ++touch_moves_;
}

void Guard::advance(Steady at, Wall wall, Effects& effects, std::size_t cancels_max) {
  begin(at, wall);
  fire(effects, cancels_max);
}

void Guard::fire(Effects& effects, std::size_t cancels_max) {
  fire_timers(effects, cancels_max);
  if (watch_timers_.any_due(at_)) fire_watches(effects);
  if (queued_ > 0) serve_queues(effects);
  if (table_.oldest_ended() != no_slot) forget_old();
}

void Guard::fire_timers(Effects& effects, std::size_t cancels_max) {
  const auto more = [&] { return effects.cancels.size() < cancels_max; };
  while (timers_.expiry.any_due(wall_) && more()) make_due(timers_.expiry.pop(), OrderReason::order_expired, effects);
  while (timers_.age.any_due(at_) && more()) make_due(timers_.age.pop(), OrderReason::order_too_old, effects);
  while (timers_.dwell.any_due(at_) && more()) fire_dwell(effects, cancels_max - effects.cancels.size());
  while (timers_.cancel.any_due(at_) && more()) on_cancel_timer(timers_.cancel.pop(), effects);
  while (timers_.query.any_due(at_)) {
    const Slot slot = timers_.query.pop();
    if (apply(slot, OrderEvent::silence, OrderReason::ok, nullptr, effects) == StepAction::query)
      send_query(slot, effects);
  }
}

// A few orders whose thresholds have been broken for long enough, `orders_max` at most.
void Guard::fire_dwell(Effects& effects, std::size_t orders_max) {
  std::array<Slot, 16> due;
  std::size_t count = 0;
  for (; count < std::min(due.size(), orders_max) && timers_.dwell.any_due(at_); ++count) {
    due[count] = timers_.dwell.pop();
    table_.prefetch(due[count]);
  }
  for (std::size_t i = 0; i < count; ++i) make_due(due[i], OrderReason::spread_exceeded_threshold, effects);
}

void Guard::fire_watches(Effects& effects) {
  while (watch_timers_.any_due(at_)) fire_watch(WatchId(watch_timers_.pop()), effects);
}

void Guard::serve_queues(Effects& effects) {
  if (queued_ == 0) return;
  for (Account& account : accounts_) {
    if (account.queue.empty() || account.budget->next_cancel(at_) > at_) continue;
    if (account.touches_seen != touch_moves_)
      account.queue.rekey(queue_places_, [this](Slot slot) { return urgency(slot); });
    account.touches_seen = touch_moves_;
    while (!account.queue.empty() && account.budget->take_for_cancel(at_)) {
      const Slot slot = account.queue.pop(queue_places_);
      --queued_;
      table_[slot].waits_for_budget = false;
      send_cancel(slot, effects);
    }
  }
}

void Guard::forget_old() {
  if (!options_.retention) return;
  for (Slot slot = table_.oldest_ended(); slot != no_slot; slot = table_.oldest_ended()) {
    if (after(table_[slot].ended_at, *options_.retention) > at_) return;
    forget_slot(slot);
  }
}

void Guard::forget_slot(Slot slot) {
  timers_.clear(slot);
  fills_.forget(table_[slot].fills);
  table_.forget(slot);
}

bool Guard::forget(OrderId id) {
  const Slot slot = table_.find(id);
  if (slot == no_slot || !ended(table_[slot].state)) return false;
  forget_slot(slot);
  return true;
}

std::optional<Steady> Guard::next_due() const {
  std::optional<Steady> next;
  const auto earlier = [&next](std::optional<Steady> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  earlier(timers_.age.next());
  earlier(timers_.dwell.next());
  earlier(timers_.cancel.next());
  earlier(timers_.query.next());
  earlier(watch_timers_.next());
  if (const auto expiry = timers_.expiry.next()) earlier(after(at_, std::max(*expiry - wall_, Nanos())));
  for (const Account& account : accounts_)
    if (!account.queue.empty()) earlier(account.budget->next_cancel(at_));
  if (options_.retention && table_.oldest_ended() != no_slot)
    earlier(after(table_[table_.oldest_ended()].ended_at, *options_.retention));
  return next;
}

const Order* Guard::find(OrderId id) const {
  const Slot slot = table_.find(id);
  return slot == no_slot ? nullptr : &table_[slot];
}

std::optional<Pursuit> Guard::pursuit(OrderId id) const {
  const Slot slot = table_.find(id);
  if (slot == no_slot || !table_[slot].due || ended(table_[slot].state)) return {};
  const Order& order = table_[slot];
  Pursuit pursuit{.due = *order.due, .cancels = order.cancels, .in_flight = order.cancel_in_flight};
  pursuit.next_try = timers_.cancel.of(slot);
  if (order.waits_for_budget) {
    pursuit.waits_for = OrderReason::budget;
    pursuit.next_try = accounts_[index(order.account)].budget->next_cancel(at_);
  }
  return pursuit;
}

std::optional<Steady> Guard::next_query(OrderId id) const {
  const Slot slot = table_.find(id);
  return slot == no_slot ? std::nullopt : timers_.query.of(slot);
}

std::optional<OrderReason> Guard::why_due(const Order& order, Steady at, Wall wall) const {
  if (ended(order.state)) return OrderReason::order_already_terminated;
  if (order.due) return order.due;
  const OrderLimits& limits = order.limits;
  const Watch& watch = watches_[index(order.watch)];
  if (limits.expires_at && *limits.expires_at <= wall) return OrderReason::order_expired;
  if (limits.age_max && after(order.placed_at, *limits.age_max) <= at) return OrderReason::order_too_old;
  if (limits.spread_max && watch.spread && *watch.spread > *limits.spread_max)
    return OrderReason::spread_exceeded_threshold;
  if (limits.data_age_max && watch.unusable_since && after(*watch.unusable_since, *limits.data_age_max) <= at)
    return OrderReason::data_unusable;
  return {};
}

Spread Guard::spread(WatchId watch) const { return watches_[index(watch)].spread; }

std::size_t Guard::bytes() const {
  std::size_t sum = table_.bytes() + fills_.bytes() + index_.bytes() + timers_.bytes() + watch_timers_.bytes() +
                    impatient_places_.bytes() + queue_places_.bytes() + watches_.capacity() * sizeof(Watch) +
                    accounts_.capacity() * sizeof(Account) + touches_.capacity() * sizeof(Touch);
  for (const Watch& watch : watches_) sum += watch.impatient.bytes();
  for (const Account& account : accounts_) sum += account.queue.bytes();
  return sum;
}

}  // namespace crossbook::guard
