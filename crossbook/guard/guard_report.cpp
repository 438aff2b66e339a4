// SPDX-License-Identifier: Apache-2.0
//
// What follows from the word of a gateway.
#include <algorithm>

#include "crossbook/guard/guard.hpp"

namespace crossbook::guard {

void Guard::on_report(const OrderReport& report, Steady at, Wall wall, Effects& effects) {
  using Kind = OrderReport::Kind;
  begin(at, wall);
  if (!options_.manual) fire(effects);
  const Slot slot = table_.find(report.order);
  if (slot == no_slot) {
    effects.alarms.push_back({report.order, OrderAlarm::Kind::unknown_order});
    return;
  }
  switch (report.kind) {
    case Kind::acknowledged: on_acknowledged(slot, effects); break;
    case Kind::rejected: on_rejected(slot, report.reason, effects); break;
    case Kind::fill: on_fill(slot, report.fill, effects); break;
    case Kind::cancelled:
    case Kind::expired: on_gone(slot, report, effects); break;
    case Kind::cancel_rejected: on_cancel_rejected(slot, report.reason, effects); break;
    case Kind::open:
    case Kind::absent: on_answer(slot, report, effects); break;
    case Kind::unanswered: on_unanswered(slot, effects); break;
  }
  if (queued_ > 0) serve_queues(effects);
}

// The venue knows the order. True when that is new: a cancel sent before may have come too early.
bool Guard::shown(Slot slot) {
  Order& order = table_[slot];
  if (order.acknowledged) return false;
  order.acknowledged = true;
  if (order.state == OrderState::pending) timers_.query.clear(slot);
  return true;
}

void Guard::on_acknowledged(Slot slot, Effects& effects) {
  const Order& order = table_[slot];
  // After a reject it is a late word; after `absent` it is proof that the query came too early.
  if (ended(order.state) && order.denied && order.state != OrderState::rejected) {
    revive(slot, effects);
    return;
  }
  const bool first = shown(slot);
  if (apply(slot, OrderEvent::acknowledged, OrderReason::ok, nullptr, effects) == StepAction::again && first)
    cancel_again(slot, effects);
}

void Guard::on_rejected(Slot slot, OrderReason reason, Effects& effects) {
  if (apply(slot, OrderEvent::rejected, reason, nullptr, effects) == StepAction::mismatch) ask(slot, effects);
}

void Guard::on_fill(Slot slot, const OrderFill& fill, Effects& effects) {
  Order& order = table_[slot];
  std::int64_t filled = 0;
  if (fill.quantity <= Quantity() || __builtin_add_overflow(order.filled.count(), fill.quantity.count(), &filled)) {
    alarm(slot, OrderAlarm::Kind::mismatch, effects);
    return;
  }
  if (!fills_.add(slot, order.fills, fill.trade)) return;
  order.filled = Quantity(filled);
  const bool first = shown(slot);
  const bool whole = order.filled >= order.terms.quantity;
  const OrderEvent event = whole ? OrderEvent::wholly_filled : OrderEvent::partly_filled;
  const StepAction action = apply(slot, event, OrderReason::ok, &fill, effects);
  if (order.filled > order.terms.quantity) alarm(slot, OrderAlarm::Kind::overfill, effects);
  if (action == StepAction::again && first) cancel_again(slot, effects);
  if (action != StepAction::late_fill) return;
  if (whole) order.end_reason = OrderReason::ok;
  else if (order.denied) ask(slot, effects);
}

void Guard::on_gone(Slot slot, const OrderReport& report, Effects& effects) {
  const Order& order = table_[slot];
  const OrderReason reason = order.due.value_or(report.reason);
  const bool expired = report.kind == OrderReport::Kind::expired || reason == OrderReason::order_expired;
  apply(slot, expired ? OrderEvent::expired : OrderEvent::cancelled, reason, nullptr, effects);
}

void Guard::on_cancel_rejected(Slot slot, OrderReason reason, Effects& effects) {
  const bool gone = reason == OrderReason::already_gone;
  const StepAction action =
      apply(slot, gone ? OrderEvent::gone : OrderEvent::cancel_rejected, reason, nullptr, effects);
  if (action == StepAction::query) ask(slot, effects);
  if (table_[slot].due && !ended(table_[slot].state)) cancel_later(slot);
}

// The answer of a query. The matches that it knows were reported before.
void Guard::on_answer(Slot slot, const OrderReport& report, Effects& effects) {
  Order& order = table_[slot];
  const bool open = report.kind == OrderReport::Kind::open;
  order.query_in_flight = false;
  order.queries = 0;
  timers_.query.clear(slot);
  if (ended(order.state)) {
    if (open && order.denied) revive(slot, effects);
    return;
  }
  if (report.filled != order.filled) alarm(slot, OrderAlarm::Kind::mismatch, effects);
  if (open) {
    shown(slot);
    apply(slot, OrderEvent::open, OrderReason::ok, nullptr, effects);
    if (!order.cancel_in_flight) cancel_again(slot, effects);
    else apply(slot, OrderEvent::cancel_sent, *order.due, nullptr, effects);
    return;
  }
  const bool whole = report.filled >= order.terms.quantity;
  const OrderReason why = report.reason == OrderReason::ok ? OrderReason::already_gone : report.reason;
  const OrderReason reason = whole ? OrderReason::ok : order.due.value_or(why);
  apply(slot, whole ? OrderEvent::absent_filled : OrderEvent::absent, reason, nullptr, effects);
}

void Guard::on_unanswered(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  if (ended(order.state)) return;
  order.query_in_flight = false;
  if (apply(slot, OrderEvent::unanswered, OrderReason::ok, nullptr, effects) == StepAction::query) ask(slot, effects);
  if (order.due) cancel_later(slot);
}

// A cancel among these effects has not left yet: it comes after what the report tells.
void Guard::cancel_again(Slot slot, Effects& effects) {
  const Order& order = table_[slot];
  const bool leaves =
      std::ranges::any_of(effects.cancels, [&order](const CancelOrder& c) { return c.order == order.id; });
  if (order.due && !leaves) want_cancel(slot, effects);
}

// An order that was called dead lives. Nobody counts on it any more, so it must go.
void Guard::revive(Slot slot, Effects& effects) {
  Order& order = table_[slot];
  order.denied = false;
  order.due = order.due.value_or(OrderReason::recovered);
  order.acknowledged = true;
  apply(slot, OrderEvent::reappeared, OrderReason::recovered, nullptr, effects);
  ask(slot, effects);
  want_cancel(slot, effects);
}

}  // namespace crossbook::guard
