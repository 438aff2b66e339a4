// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <algorithm>

namespace crossbook::sim {
namespace {

constexpr std::uint64_t exchange_stream = 77'004;
constexpr std::int64_t turn_mean_ns = 6'000'000'000;

bool rests(OrderType type) { return type == OrderType::limit || type == OrderType::post_only; }

}  // namespace

FaultyExchange::FaultyExchange(const Plan& plan) : faults_(plan.wire), random_(plan.seed, exchange_stream) {}

Nanos FaultyExchange::latency() { return Nanos(random_.waiting(honest_ ? 1'000'000 : faults_.latency.count())); }

void FaultyExchange::place(const PlaceOrder& place, Steady at) {
  Order& order = orders_[place.order];
  order.terms = place.terms;
  order.under_way = true;
  send(What::place, place.order, at);
}
void FaultyExchange::cancel(const CancelOrder& cancel, Steady at) { send(What::cancel, cancel.order, at); }
void FaultyExchange::query(const QueryOrder& query, Steady at) { send(What::query, query.order, at); }

// A request leaves. Lost ones never arrive, so that the place among them is under way no longer.
void FaultyExchange::send(What what, OrderId id, Steady at) {
  at_ = at;
  Order& order = orders_[id];
  const bool lost = one_in(faults_.lose);
  if (lost || one_in(faults_.vanish)) {
    if (what == What::place) order.under_way = false;
    if (lost) tell(id, OrderReport::Kind::unanswered);
    return;
  }
  Steady arrives = at + latency();
  if (!faults_.overtake || honest_) arrives = std::max(arrives, order.last_request);
  order.last_request = arrives;
  add(what, id, arrives);
}

void FaultyExchange::add(What what, OrderId id, Steady at) {
  Event event;
  event.what = what;
  event.report.order = id;
  events_.emplace(Key{at, sequence_++}, event);
}

std::optional<Steady> FaultyExchange::next_at() const {
  if (events_.empty()) return {};
  return events_.begin()->first.first;
}

std::optional<OrderReport> FaultyExchange::next() {
  at_ = events_.begin()->first.first;
  const Event event = events_.begin()->second;
  events_.erase(events_.begin());
  const OrderId id = event.report.order;
  Order& order = orders_[id];
  switch (event.what) {
    case What::place: arrive_place(id, order); break;
    case What::cancel: arrive_cancel(id, order); break;
    case What::query: arrive_query(id, order); break;
    case What::match: turn(id, order); break;
    case What::report: return event.report;
  }
  return {};
}

void FaultyExchange::arrive_place(OrderId id, Order& order) {
  order.under_way = false;
  if (one_in(faults_.refuse_place)) return tell(id, OrderReport::Kind::rejected, OrderReason::venue_refused);
  order.open = true;
  tell(id, OrderReport::Kind::acknowledged);
  if (rests(order.terms.type)) {
    add(What::match, id, at_ + Nanos(random_.waiting(turn_mean_ns)));
    return;
  }
  if (!honest_) match(id, order, Quantity(random_.between(1, order.terms.quantity.count())));
  if (order.open) end(id, order, OrderReport::Kind::cancelled, OrderReason::remainder);
}

void FaultyExchange::arrive_cancel(OrderId id, Order& order) {
  using Kind = OrderReport::Kind;
  if (one_in(faults_.refuse_cancel)) return tell(id, Kind::cancel_rejected, OrderReason::venue_refused);
  if (order.open) return end(id, order, Kind::cancelled, OrderReason::ok);
  tell(id, Kind::cancel_rejected, OrderReason::already_gone);
}

void FaultyExchange::arrive_query(OrderId id, Order& order) {
  if (order.under_way) return tell(id, OrderReport::Kind::unanswered);
  OrderReport answer;
  answer.order = id;
  answer.kind = OrderReport::Kind::fill;
  for (const OrderFill& fill : order.fills) {
    answer.fill = fill;
    tell(answer);
  }
  answer.kind = order.open ? OrderReport::Kind::open : OrderReport::Kind::absent;
  answer.fill = {};
  answer.filled = order.filled;
  tell(answer);
}

// Something happens to an order that rests: mostly a match.
void FaultyExchange::turn(OrderId id, Order& order) {
  if (!order.open || honest_) return;
  if (one_in(faults_.quit)) {
    const bool expires = random_.one_in(2);
    return end(id, order, expires ? OrderReport::Kind::expired : OrderReport::Kind::cancelled,
               OrderReason::venue_refused);
  }
  match(id, order, Quantity(random_.between(1, (order.terms.quantity - order.filled).count())));
  if (order.open) add(What::match, id, at_ + Nanos(random_.waiting(turn_mean_ns)));
}

void FaultyExchange::match(OrderId id, Order& order, Quantity quantity) {
  OrderReport report;
  report.order = id;
  report.kind = OrderReport::Kind::fill;
  report.fill.trade = ++trade_;
  report.fill.price = order.terms.price;
  report.fill.quantity = quantity;
  order.fills.push_back(report.fill);
  order.filled += quantity;
  if (order.filled == order.terms.quantity) order.open = false;
  tell(report);
}

void FaultyExchange::end(OrderId id, Order& order, OrderReport::Kind how, OrderReason reason) {
  order.open = false;
  tell(id, how, reason);
}

void FaultyExchange::tell(OrderId id, OrderReport::Kind kind, OrderReason reason) {
  OrderReport report;
  report.order = id;
  report.kind = kind;
  report.reason = reason;
  tell(report);
}

void FaultyExchange::tell(const OrderReport& report) {
  if (report.kind != OrderReport::Kind::fill && one_in(faults_.swallow)) return;
  Order& order = orders_[report.order];
  Steady arrives = at_ + latency();
  if (!faults_.overtake || honest_) arrives = std::max(arrives, order.last_report);
  order.last_report = arrives;
  const Event event{What::report, report};
  events_.emplace(Key{arrives, sequence_++}, event);
  if (one_in(faults_.duplicate)) events_.emplace(Key{arrives + latency() + latency(), sequence_++}, event);
}

void FaultyExchange::disconnect(Steady at, const std::vector<OrderId>& live) {
  at_ = at;
  std::erase_if(events_, [](const auto& entry) {
    const Event& event = entry.second;
    return event.what != What::match && (event.what != What::report || event.report.kind != OrderReport::Kind::fill);
  });
  for (auto& [id, order] : orders_) order.under_way = false;
  for (const OrderId id : live) tell(id, OrderReport::Kind::unanswered);
}

}  // namespace crossbook::sim
