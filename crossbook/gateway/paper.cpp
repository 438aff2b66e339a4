// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/paper.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "crossbook/core/check.hpp"
#include "crossbook/gateway/exact.hpp"

namespace crossbook::gateway {
namespace {

using Stage = PaperOrder::Stage;
using Kind = OrderReport::Kind;

bool is_rate(MicroBps rate) { return rate >= MicroBps(-10'000'000'000) && rate <= MicroBps(10'000'000'000); }

OrderReport report_of(OrderId order, Kind kind, OrderReason reason = OrderReason::ok) {
  OrderReport report;
  report.order = order;
  report.kind = kind;
  report.reason = reason;
  return report;
}

bool may_rest(OrderType type) { return type == OrderType::limit || type == OrderType::post_only; }

}  // namespace

PaperGateway::PaperGateway(const Displayed& displayed, std::uint64_t seed) : displayed_(displayed), seed_(seed) {}

PaperVenueId PaperGateway::add_venue(PaperVenue venue) {
  const auto id = static_cast<PaperVenueId>(exchanges_.size());
  Generator mixed(seed_ ^ (exchanges_.size() + 1));
  exchanges_.push_back({.venue = {}, .generator = Generator(mixed.next())});
  set_venue(id, std::move(venue));
  return id;
}

void PaperGateway::set_venue(PaperVenueId id, PaperVenue venue) {
  CROSSBOOK_ASSERT(is_rate(venue.maker_fee) && is_rate(venue.taker_fee));
  exchanges_[index(id)].venue = std::move(venue);
}

void PaperGateway::list(ListingId listing, PaperVenueId venue, const ListingRules& rules) {
  CROSSBOOK_ASSERT(index(venue) < exchanges_.size());
  if (listings_.size() <= index(listing)) listings_.resize(index(listing) + 1);
  std::optional<Listed>& slot = listings_[index(listing)];
  if (slot) slot->rules = rules;
  else slot.emplace(Listed{.venue = venue, .rules = rules, .book = PaperBook(listing, displayed_)});
}

PaperGateway::Listed* PaperGateway::listed(ListingId listing) {
  if (index(listing) >= listings_.size() || !listings_[index(listing)]) return nullptr;
  return &*listings_[index(listing)];
}

PaperOrder* PaperGateway::find(OrderId order) {
  const auto found = orders_.find(order);
  return found == orders_.end() ? nullptr : &found->second;
}

void PaperGateway::go_to(Steady at, Wall wall) {
  now_ = std::max(now_, at);
  wall_ahead_ = wall.nanos() - at.nanos();
}

void PaperGateway::push(Event event) {
  event.sequence = ++sequence_;
  events_.push_back(event);
  std::ranges::push_heap(events_, std::mem_fn(&Event::after));
}

void PaperGateway::send(EventKind kind, OrderId id, PaperVenueId venue) {
  Exchange& exchange = exchanges_[index(venue)];
  const bool cancels = kind == EventKind::cancel || kind == EventKind::cancel_all;
  Event event{.at = now_ + (cancels ? exchange.venue.cancel : exchange.venue.out).draw(exchange.generator),
              .kind = kind,
              .venue = venue,
              .report = report_of(id, Kind::unanswered)};
  if (PaperOrder* order = find(id)) event.at = order->last_request = std::max(event.at, order->last_request);
  push(event);
}

void PaperGateway::place(const PlaceOrder& place, Steady at, Wall wall) {
  go_to(at, wall);
  const Listed* where = listed(place.terms.listing);
  if (where == nullptr) {
    push({.at = now_, .report = report_of(place.order, Kind::rejected, OrderReason::venue_refused)});
    return;
  }
  const bool fresh = orders_.try_emplace(place.order, PaperOrder{.order = place.order, .terms = place.terms}).second;
  send(fresh ? EventKind::place : EventKind::duplicate, place.order, where->venue);
}

void PaperGateway::cancel(const CancelOrder& cancel, Steady at, Wall wall) {
  go_to(at, wall);
  if (const Listed* where = listed(cancel.listing)) return send(EventKind::cancel, cancel.order, where->venue);
  push({.at = now_, .report = report_of(cancel.order, Kind::cancel_rejected, OrderReason::already_gone)});
}

void PaperGateway::cancel_all(Steady at, Wall wall) {
  go_to(at, wall);
  for (std::size_t i = 0; i < exchanges_.size(); ++i) {
    send(EventKind::cancel_all, OrderId(0), static_cast<PaperVenueId>(i));
  }
}

void PaperGateway::query(const QueryOrder& query, Steady at, Wall wall) {
  go_to(at, wall);
  if (const Listed* where = listed(query.listing)) return send(EventKind::query, query.order, where->venue);
  push({.at = now_, .report = report_of(query.order, Kind::absent)});
}

template <class Wanted>
std::vector<OpenOrder> PaperGateway::orders_where(Wanted wanted) const {
  std::vector<OpenOrder> found;
  for (const auto& [id, order] : orders_) {
    if (wanted(order.stage)) found.push_back({.order = id, .terms = order.terms, .filled = order.filled});
  }
  return found;
}

std::vector<OpenOrder> PaperGateway::open_orders() const {
  return orders_where([](Stage stage) { return stage == Stage::open; });
}

std::vector<OpenOrder> PaperGateway::held_orders() const {
  return orders_where([](Stage stage) { return stage != Stage::ended; });
}

OrderId PaperGateway::last_order() const { return orders_.empty() ? OrderId(0) : orders_.rbegin()->first; }

PaperGateway::Event PaperGateway::pop() {
  std::ranges::pop_heap(events_, std::mem_fn(&Event::after));
  const Event event = events_.back();
  events_.pop_back();
  now_ = std::max(now_, event.at);
  return event;
}

void PaperGateway::arrive_requests(Steady at, Wall wall) {
  wall_ahead_ = wall.nanos() - at.nanos();
  while (!events_.empty() && events_.front().at <= at && events_.front().kind != EventKind::report) arrive(pop());
}

Steady PaperGateway::advance(Steady at, Wall wall, std::vector<TimedReport>& reports) {
  arrive_requests(at, wall);
  Steady until = at;
  while (!events_.empty() && events_.front().at <= until && events_.front().kind == EventKind::report) {
    const Event event = pop();
    until = event.at;
    reports.push_back({.at = event.at, .wall = wall_of(event.at), .report = event.report});
  }
  now_ = std::max(now_, until);
  return until;
}

std::optional<Steady> PaperGateway::next_at() const {
  return events_.empty() ? std::nullopt : std::optional(events_.front().at);
}

void PaperGateway::tell(PaperVenueId venue, OrderReport report) {
  Exchange& exchange = exchanges_[index(venue)];
  report.ts_event = wall_of(now_);
  Event event{.at = now_ + exchange.venue.back.draw(exchange.generator), .venue = venue, .report = report};
  if (PaperOrder* order = find(report.order)) event.at = order->last_report = std::max(event.at, order->last_report);
  push(event);
}

void PaperGateway::arrive(const Event& event) {
  const OrderId id = event.report.order;
  PaperOrder* order = find(id);
  switch (event.kind) {
    case EventKind::place: return arrive_order(*order, event.venue);
    case EventKind::duplicate: return tell(event.venue, report_of(id, Kind::rejected, OrderReason::duplicate_id));
    case EventKind::cancel: return arrive_cancel(id, order, event.venue);
    case EventKind::cancel_all: return arrive_cancel_all(event.venue);
    case EventKind::query: return arrive_query(id, order, event.venue);
    case EventKind::report: return;
  }
}

void PaperGateway::arrive_order(PaperOrder& order, PaperVenueId venue) {
  Listed& where = *listed(order.terms.listing);
  const bool usable = where.book.usable();
  order.arrived = wall_of(now_);
  order.arrival = ++sequence_;
  if (const std::optional<OrderReason> reason = refusal_of(order, where, usable)) {
    tell(venue, report_of(order.order, Kind::rejected, *reason));
    return end(order);
  }
  tell(venue, report_of(order.order, Kind::acknowledged));
  order.stage = Stage::open;
  order.blind = !usable;
  if (usable) return match_arrival(order, where);
  if (may_rest(order.terms.type)) return where.book.rest(order);
  cancel_now(order, venue, OrderReason::no_liquidity);
}

std::optional<OrderReason> PaperGateway::refusal_of(const PaperOrder& order, const Listed& where, bool usable) const {
  const std::optional<Amount> best = usable ? where.book.best_for(order.terms.action) : std::nullopt;
  if (const std::optional<OrderReason> reason = refusal(order.terms, where.rules, best)) return reason;
  if (order.terms.type != OrderType::post_only || !usable || !where.book.would_take(order)) return {};
  return OrderReason::would_take;
}

void PaperGateway::match_arrival(PaperOrder& order, Listed& where) {
  where.book.take(order, now_, matches_);
  report_matches(where);
  if (order.remaining() == Quantity(0)) return;
  if (may_rest(order.terms.type)) return where.book.rest(order);
  const bool nothing = order.filled == Quantity(0);
  cancel_now(order, where.venue, nothing ? OrderReason::no_liquidity : OrderReason::remainder);
}

void PaperGateway::report_matches(const Listed& where) {
  const PaperVenue& venue = exchanges_[index(where.venue)].venue;
  for (const Match& match : matches_) {
    PaperOrder& order = *find(match.order);
    const MicroBps rate = match.role == Role::maker ? venue.maker_fee : venue.taker_fee;
    OrderReport report = report_of(match.order, Kind::fill);
    report.fill = {.trade = ++trade_,
                   .price = match.price,
                   .quantity = match.quantity,
                   .role = match.role,
                   .fee_rate = rate,
                   .fee = fee_of(match.price, match.quantity, rate)};
    tell(where.venue, report);
    if (order.remaining() == Quantity(0) && order.stage == Stage::open) end(order);
  }
  matches_.clear();
}

void PaperGateway::cancel_now(PaperOrder& order, PaperVenueId venue, OrderReason reason) {
  tell(venue, report_of(order.order, Kind::cancelled, reason));
  end(order);
}

void PaperGateway::end(PaperOrder& order) {
  if (order.stage == Stage::open) listed(order.terms.listing)->book.remove(order);
  order.stage = Stage::ended;
  ended_.push_back(order.order);
  if (ended_.size() <= ended_kept) return;
  orders_.erase(ended_.front());
  ended_.pop_front();
}

void PaperGateway::arrive_cancel(OrderId id, PaperOrder* order, PaperVenueId venue) {
  if (order != nullptr && order->stage == Stage::open) return cancel_now(*order, venue, OrderReason::ok);
  tell(venue, report_of(id, Kind::cancel_rejected, OrderReason::already_gone));
}

void PaperGateway::arrive_cancel_all(PaperVenueId venue) {
  for (const OpenOrder& open : open_orders()) {
    if (listed(open.terms.listing)->venue == venue) cancel_now(*find(open.order), venue, OrderReason::ok);
  }
}

void PaperGateway::arrive_query(OrderId id, const PaperOrder* order, PaperVenueId venue) {
  const bool open = order != nullptr && order->stage == Stage::open;
  OrderReport report = report_of(id, open ? Kind::open : Kind::absent);
  if (order != nullptr) report.filled = order->filled;
  tell(venue, report);
}

void PaperGateway::on_book(ListingId listing, Steady at, Wall wall) {
  go_to(at, wall);
  Listed* where = listed(listing);
  if (where == nullptr || where->book.idle() || !where->book.usable()) return;
  where->book.shown(now_);
  for (PaperOrder* order : where->book.blind()) {
    order->blind = false;
    where->book.remove(*order);
    if (order->terms.type == OrderType::post_only && where->book.would_take(*order)) {
      cancel_now(*order, where->venue, OrderReason::would_take);
    } else {
      match_arrival(*order, *where);
    }
  }
  where->book.meet(now_, matches_);
  report_matches(*where);
}

void PaperGateway::on_trade(const Trade& trade, Steady at, Wall wall) {
  go_to(at, wall);
  Listed* where = listed(trade.listing);
  if (where == nullptr || trade.history) return;
  where->book.traded(trade, now_, matches_);
  report_matches(*where);
}

}  // namespace crossbook::gateway
