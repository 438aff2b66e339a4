// SPDX-License-Identifier: Apache-2.0
//
// Steps of an order, and the pursuit of those that must go.
#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/guard/guard.hpp"

namespace crossbook::guard {

// Takes the step and tells of it. The caller does what the answer asks for, as far as it is not an alarm.
StepAction Guard::apply(Slot slot, OrderEvent event, OrderReason reason, const OrderFill* fill, Effects& effects) {
  Order& order = table_[slot];
  const OrderState from = order.state;
  const Step next = step(from, event);
  order.state = next.to;
  if (!ended(from) && ended(next.to)) end(slot, event, reason);
  if (ended(from) && !ended(next.to)) table_.revive(slot);
  if (from != next.to || fill != nullptr) {
    OrderChange& change = effects.order_changes.emplace_back();
    change.order = order.id;
    change.listing = order.terms.listing;
    change.from = from;
    change.to = next.to;
    change.reason = reason;
    if (fill != nullptr) change.fill = *fill;
    change.filled = order.filled;
  }
  if (next.action == StepAction::late_fill) alarm(slot, OrderAlarm::Kind::late_fill, effects);
  if (next.action == StepAction::mismatch) alarm(slot, OrderAlarm::Kind::mismatch, effects);
  return next.action;
}

void Guard::end(Slot slot, OrderEvent event, OrderReason reason) {
  Order& order = table_[slot];
  stop_waiting(slot);
  timers_.clear(slot);
  if (order.waits_for_budget) {
    accounts_[index(order.account)].queue.remove(queue_places_, slot);
    --queued_;
  }
  order.waits_for_budget = order.cancel_in_flight = order.query_in_flight = false;
  order.queries = 0;
  order.ended_at = at_;
  order.end_reason = reason;
  order.denied = event == OrderEvent::rejected || (event == OrderEvent::absent && !order.acknowledged);
  table_.end(slot);
}

void Guard::make_due(Slot slot, OrderReason reason, Effects& effects) {
  Order& order = table_[slot];
  if (order.due) return;
  order.due = reason;
  stop_waiting(slot);
  want_cancel(slot, effects);
}

// The next cancel goes out now, or waits for budget.
void Guard::want_cancel(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  if (order.waits_for_budget) return;
  order.cancel_in_flight = false;
  timers_.cancel.clear(slot);
  Account& account = accounts_[index(order.account)];
  if (!account.budget) {
    send_cancel(slot, effects);
    return;
  }
  order.waits_for_budget = true;
  account.queue.push(queue_places_, slot, urgency(slot));
  ++queued_;
}

void Guard::send_cancel(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  apply(slot, OrderEvent::cancel_sent, *order.due, nullptr, effects);
  ++order.cancels;
  order.cancel_in_flight = true;
  if (options_.cancel_ack_max)
    timers_.cancel.set(slot, after(at_, std::max(*options_.cancel_ack_max, backoff(order.cancels))));
  effects.cancels.push_back({order.id, order.terms.listing, *order.due, order.cancels, at_});
}

// The last cancel did nothing, or may have: another one after a while.
void Guard::cancel_later(Slot slot) {
  Order& order = table_[slot];
  if (order.waits_for_budget) return;
  order.cancel_in_flight = false;
  timers_.cancel.set(slot, after(at_, backoff(order.cancels)));
}

void Guard::on_cancel_timer(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  if (order.cancels > 0 && order.cancels % options_.cancel_tries_max == 0) {
    alarm(slot, OrderAlarm::Kind::cancel_unconfirmed, effects);
    ask(slot, effects);
  }
  apply(slot, OrderEvent::cancel_silence, *order.due, nullptr, effects);
  want_cancel(slot, effects);
}

// Asks what became of the order: at once when nothing was asked since the last answer, else after a while.
void Guard::ask(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  if (order.query_in_flight) return;
  if (order.queries == 0) send_query(slot, effects);
  else timers_.query.set(slot, after(at_, backoff(order.queries)));
}

void Guard::send_query(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  std::optional<Budget>& budget = accounts_[index(order.account)].budget;
  if (budget && !budget->take_for_cancel(at_)) {
    timers_.query.set(slot, std::max(budget->next_cancel(at_), after(at_, Nanos(1))));
    return;
  }
  ++order.queries;
  order.query_in_flight = true;
  if (options_.place_ack_max)
    timers_.query.set(slot, after(at_, std::max(*options_.place_ack_max, backoff(order.queries))));
  else timers_.query.clear(slot);
  effects.queries.push_back({order.id, order.terms.listing});
}

void Guard::alarm(Slot slot, OrderAlarm::Kind kind, Effects& effects) const {
  effects.alarms.push_back({table_[slot].id, kind});
}

Nanos Guard::backoff(std::uint32_t tries) const {
  Nanos wait = options_.backoff_first;
  for (std::uint32_t i = 1; i < tries && wait < options_.backoff_max; ++i) wait += wait;
  return std::min(wait, options_.backoff_max);
}

Urgency Guard::urgency(Slot slot) const {
  const Order& order = table_[slot];
  const std::size_t listing = index(order.terms.listing);
  return urgency_of(order.id, order.terms, listing < touches_.size() ? touches_[listing] : Touch{});
}

}  // namespace crossbook::guard
