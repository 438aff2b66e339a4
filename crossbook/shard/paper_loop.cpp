// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_loop.hpp"

#include <algorithm>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

// An order that ended is known for so long, for fills that come late.
constexpr Nanos ended_kept = seconds(120);

}  // namespace

PaperLoop::PaperLoop(Player& player, PaperOptions options)
    : player_(player),
      options_(std::move(options)),
      costs_(player.engine(), options_.script, options_.belief, std::move(options_.calibrator)),
      maker_(player.engine(), costs_, options_.script.home),
      displayed_(player.engine()),
      gateway_(displayed_, options_.script.seed),
      next_order_(options_.first_order),
      first_order_(options_.first_order) {
  for (const ScriptOrder& order : options_.script.orders) wishes_.push_back({order, order.after, order.count});
}

// -- time ------------------------------------------------------------------------------------------------------------

void PaperLoop::play(const capture::Record& record, ConnectionId connection, Steady at) {
  advance(at, record.t);
  played(player_.play(record, connection, at), at, record.t);
}

void PaperLoop::advance(Steady at, Wall wall) {
  begin(at, wall);
  advance_to(at, wall);
  before(at);
}

void PaperLoop::played(const Effects& effects, Steady at, Wall wall) { settle(effects, at, wall, nullptr); }

void PaperLoop::tick(Steady at, Wall wall) {
  begin(at, wall);
  advance_to(at, wall);
  take({at, wall, Tick{}});
}

void PaperLoop::begin(Steady at, Wall wall) {
  if (began_at_) return;
  began_at_ = at_ = at;
  wall_ = wall;
  costs_.calibrator().advance(wall);
  restore_now(at, wall);
}

// Everything that is due by then, in the order of its time: reports first, then the script, then timers.
void PaperLoop::advance_to(Steady at, Wall wall) {
  for (auto next = next_due(); next && *next <= at; next = next_due()) {
    const Steady now = std::max(*next, at_);
    const Wall now_wall = wall_at(now);
    deliver(now, now_wall);
    serve_script(now, now_wall);
    if (const auto due = player_.engine().next_due(); due && *due <= now) take({now, now_wall, Tick{}});
  }
  deliver(at, wall);
  forget_old(at);
}

std::optional<Steady> PaperLoop::next_due() const {
  std::optional<Steady> next;
  const auto earlier = [&next](std::optional<Steady> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  earlier(gateway_.next_at());
  // What an engine was due to do up to now it has done: a timer that stands still must not hold time up.
  if (const auto due = player_.engine().next_due()) earlier(std::max(*due, at_ + Nanos(1)));
  if (stopped() || !began_at_) return next;
  for (const Wish& wish : wishes_)
    if (wish.left > 0) earlier(*began_at_ + wish.next);
  if (!script_cancels_.empty()) earlier(script_cancels_.begin()->first);
  return next;
}

// Of an order of an earlier process that is not ours any more: it had ended, or nobody here knows it. That it is gone
// needs nothing more; what it traded is an alarm of the engine.
bool PaperLoop::is_of_the_past(const OrderReport& report) {
  if (report.kind == OrderReport::Kind::fill || report.order >= first_order_) return false;
  const bool gone = report.kind == OrderReport::Kind::cancelled || report.kind == OrderReport::Kind::cancel_rejected;
  if (gone && strangers_.erase(report.order) == 1) ++account_.strangers_gone;
  return !orders_.contains(report.order);
}

// An exchange does not forget what it told us. So its state is on disk before it tells: whatever we hear, and keep or
// not, it tells again after a crash, under the same number.
void PaperLoop::deliver(Steady at, Wall wall) {
  Steady reached = at;
  do {
    reports_.clear();
    gateway_.arrive_requests(at, wall);
    if (const auto next = gateway_.next_at(); next && *next <= at) keep_exchanges();
    reached = gateway_.advance(at, wall, reports_);
    // Handing one on may lead to requests, never to another call of this function.
    for (const gateway::TimedReport& timed : reports_)
      if (!is_of_the_past(timed.report)) take({std::max(timed.at, at_), timed.wall, timed.report}, &timed.report);
  } while (reached < at || !reports_.empty());
}

void PaperLoop::stop() {
  if (!began_at_ || std::exchange(stop_told_, true)) return;
  take({at_, wall_, StopCommand{}});
}

void PaperLoop::finish() {
  if (!began_at_) return;
  stop();
  follow_up();
  const Steady last = at_ + finish_max;
  for (auto next = next_due(); live() > 0 && next && *next <= last; next = next_due())
    advance_to(*next, wall_at(*next));
  tracker_.finish(at_, [this](GroupId group) { return view_of(group); });
  keep_performance();
  keep_exchanges();
}

// -- the script ------------------------------------------------------------------------------------------------------

void PaperLoop::serve_script(Steady at, Wall wall) {
  if (stopped()) return;
  while (!script_cancels_.empty() && script_cancels_.begin()->first <= at) {
    const OrderId order = script_cancels_.begin()->second;
    script_cancels_.erase(script_cancels_.begin());
    take({at, wall, CancelCommand{order, OrderReason::manual}});
  }
  for (Wish& due : wishes_)
    if (due.left > 0 && *began_at_ + due.next <= at) wish(due, at, wall);
}

void PaperLoop::wish(Wish& wish, Steady at, Wall wall) {
  --wish.left;
  wish.next += wish.order.every.value_or(Nanos());
  const Action action =
      wish.turned ? (wish.order.action == Action::buy ? Action::sell : Action::buy) : wish.order.action;
  if (wish.order.alternate) wish.turned = !wish.turned;
  ++account_.wishes;
  const auto made = maker_.make(wish.order, action, at, wall);
  if (made) return place(*made, wish.order, at, wall);
  ++account_.unmade[made.error()];
  if (options_.listener != nullptr) options_.listener->on_unmade(wish.order, made.error(), wall);
}

void PaperLoop::place(const MadeOrder& made, const ScriptOrder& order, Steady at, Wall wall) {
  const OrderId id = next_order_;
  next_order_ = OrderId(static_cast<std::uint64_t>(id) + 1);
  const engine::Group& group = player_.engine().group(made.group);
  list(made.terms.listing);
  TrackedOrder& tracked = orders_[id];
  tracked = {.id = id,
             .listing = made.terms.listing,
             .venue = std::string(made.venue),
             .symbol = group.name,
             .terms = made.terms,
             .decided_at = at,
             .expected_latency = made.latency,
             .expected_maker_fee = costs_.fee(made.terms.listing, Role::maker),
             .expected_taker_fee = costs_.fee(made.terms.listing, Role::taker)};
  account_.enter(OrderState::pending);
  const tca::Leg leg{.order = id, .member = made.member, .venue = made.venue, .terms = made.terms};
  tracker_.on_decision(
      {.group = made.group, .symbol = group.name, .legs = {&leg, 1}, .venues = made.venues, .home = made.home}, at,
      wall, view_of(made.group));
  if (options_.listener != nullptr) options_.listener->on_decided(tracked, made, wall);
  if (order.cancel_after) script_cancels_.emplace(at + *order.cancel_after, id);
  take({at, wall, PlaceCommand{.order = id, .terms = made.terms, .limits = made.limits}});
}

// -- one input -------------------------------------------------------------------------------------------------------

void PaperLoop::before(Steady at) {
  if (tracker_.due(at)) tracker_.advance(at, [this](GroupId group) { return view_of(group); });
}

void PaperLoop::take(const Input& input, const OrderReport* report) {
  before(input.at);
  const Effects& effects = player_.take(input);
  if (follower_) follower_(input, effects);
  settle(effects, input.at, input.wall, report);
}

void PaperLoop::settle(const Effects& effects, Steady at, Wall wall, const OrderReport* report) {
  at_ = at;
  wall_ = wall;
  digest_.add(wall, effects);
  show_market(effects, at, wall);
  carry_out(effects, at, wall, report);
  keep_performance();
  follow_up();
}

// What was refused for want of a journal, and what follows from that.
void PaperLoop::follow_up() {
  while (!follow_up_.empty()) {
    Input next = follow_up_.front();
    follow_up_.erase(follow_up_.begin());
    next.at = at_;
    next.wall = wall_;
    take(next, std::get_if<OrderReport>(&next.what));
  }
}

// The exchanges see the books as they are now, and each print.
void PaperLoop::show_market(const Effects& effects, Steady at, Wall wall) {
  for (const GroupId group : effects.groups) {
    tracker_.on_top(group, at, player_.engine().group(group).consolidated);
    costs_.on_top(group, wall);
  }
  const auto listed = [this](ListingId listing) {
    return index(listing) < listed_.size() && listed_[index(listing)] != 0;
  };
  for (const ListingId listing : effects.books)
    if (listed(listing)) gateway_.on_book(listing, at, wall);
  for (const Trade& trade : player_.engine().batch().trades)
    if (!trade.history && listed(trade.listing)) gateway_.on_trade(trade, at, wall);
  learn_delays(at, wall);
}

// Each message that carries its venue's time says something about the way that it came.
void PaperLoop::learn_delays(Steady at, Wall wall) {
  for (const BookEvent& event : player_.engine().batch().books) {
    if (!event.ts_event || event.kind == BookEventKind::snapshot) continue;
    const FeedId feed = player_.engine().listings()[event.listing].feed;
    if (exchange_of_.size() <= index(feed)) exchange_of_.resize(index(feed) + 1);
    std::optional<ExchangeId>& exchange = exchange_of_[index(feed)];
    if (!exchange) exchange = costs_.calibrator().exchange(venue::feed(feed).venue);
    costs_.calibrator().record(*exchange, FeedStamp{at, wall, *event.ts_event});
    return;
  }
}

tca::MarketView PaperLoop::view_of(GroupId id) {
  const engine::Group& group = player_.engine().group(id);
  view_books_ = player_.engine().books(group);
  return {&group.consolidated, view_books_};
}

// -- carrying out ----------------------------------------------------------------------------------------------------

// An intent is on disk before its order leaves; a cancel leaves first.
void PaperLoop::carry_out(const Effects& effects, Steady at, Wall wall, const OrderReport* report) {
  for (const CancelOrder& cancel : effects.cancels) {
    gateway_.cancel(cancel, at, wall);
    const auto found = orders_.find(cancel.order);
    if (found == orders_.end()) continue;
    TrackedOrder& order = found->second;
    if (!order.cancel_at) {
      order.cancel_at = at;
      order.due = cancel.reason;
      ++account_.cancels[cancel.reason];
    }
    if (options_.listener != nullptr) options_.listener->on_cancel(order, cancel, wall);
  }
  for (const PlaceOrder& order : effects.places) write_intent(order, wall);
  const bool recorded = effects.places.empty() || commit();
  for (const PlaceOrder& order : effects.places) {
    if (recorded) {
      send(order, at, wall);
    } else {
      follow_up_.push_back(
          {at, wall,
           OrderReport{
               .order = order.order, .kind = OrderReport::Kind::rejected, .reason = OrderReason::not_recorded}});
    }
  }
  for (const QueryOrder& query : effects.queries) gateway_.query(query, at, wall);
  for (const OrderChange& change : effects.order_changes) on_change(change, at, wall, report);
  for (const OrderAlarm& alarm : effects.alarms) {
    ++account_.alarms[alarm.kind];
    if (options_.listener != nullptr) options_.listener->on_alarm(alarm, wall);
  }
}

void PaperLoop::send(const PlaceOrder& order, Steady at, Wall wall) {
  gateway_.place(order, at, wall);
  tracker_.on_sent(order.order, at);
  TrackedOrder& tracked = orders_[order.order];
  tracked.sent_at = at;
  ++account_.venues[tracked.venue].orders;
}

void PaperLoop::on_change(const OrderChange& change, Steady at, Wall wall, const OrderReport* report) {
  const auto found = orders_.find(change.order);
  if (found == orders_.end()) {
    // Ended so long ago that only its number is left: the match is kept all the same.
    if (change.fill && options_.journal != nullptr) options_.journal->execution(change.order, *change.fill, wall);
    return;
  }
  TrackedOrder& order = found->second;
  const bool moved = change.from != change.to;
  if (moved) account_.move(change.from, change.to);
  if (order.restored && change.from == OrderState::unknown && moved)
    ++(ended(change.to) ? account_.restored_gone : account_.adopted);
  if (report != nullptr && report->kind == OrderReport::Kind::acknowledged && !order.acknowledged_at) {
    order.acknowledged_at = at;
    order.arrived = report->ts_event;
    if (order.sent_at) account_.acknowledged.add((at - *order.sent_at).count());
  }
  if (change.fill) on_fill(order, *change.fill, at, wall, report);
  if (moved && order.recorded && options_.journal != nullptr)
    options_.journal->step(change.order, change.to, change.reason, wall);
  if (moved && ended(change.to)) on_end(order, change, at, wall);
  if (options_.listener != nullptr) options_.listener->on_change(order, change, wall);
}

void PaperLoop::on_fill(TrackedOrder& order, const OrderFill& fill, Steady at, Wall wall, const OrderReport* report) {
  const Nanos ago = report != nullptr && report->ts_event ? wall - *report->ts_event : Nanos();
  tracker_.on_fill(order.id, fill, at - std::max(ago, Nanos()), wall);
  VenueAccount& venue = account_.venues[order.venue];
  ++venue.fills;
  if (fill.role == Role::maker) ++venue.maker_fills;
  if (options_.journal != nullptr) options_.journal->execution(order.id, fill, wall);

  Execution execution{.market = costs_.market(order.listing), .role = fill.role, .at = wall, .fee = fill.fee_rate};
  Wide notional = wide_product(fill.price.count(), fill.quantity.count());
  int scale = order.terms.price_scale + order.terms.quantity_scale;
  for (; scale > 6; --scale) notional /= 10;
  for (; scale < 6; ++scale) notional *= 10;
  execution.notional = narrow(notional).value_or(0);
  if (execution.notional > notional_max) execution.notional = 0;  // counts for the median all the same
  execution.expected_fee = fill.role == Role::maker ? order.expected_maker_fee : order.expected_taker_fee;
  if (!order.filled_once && order.sent_at) {
    if (order.acknowledged_at) execution.order_to_ack = *order.acknowledged_at - *order.sent_at;
    // How long an order rests, or waits for the book to come back, is the market's doing, not the venue's.
    if (fill.role == Role::taker && report != nullptr && report->ts_event && report->ts_event == order.arrived) {
      execution.latency = at - *order.sent_at;
      if (order.expected_latency) execution.expected_latency = Nanos(order.expected_latency->count() * 2);
    }
  }
  order.filled_once = true;
  costs_.calibrator().record(execution);
  if (options_.journal == nullptr) return;
  const double price =
      static_cast<double>(fill.price.count()) / static_cast<double>(power_of_ten(order.terms.price_scale));
  options_.journal->learned({order.venue, order.symbol, order.id, fill.trade, price, execution});
}

void PaperLoop::on_end(TrackedOrder& order, const OrderChange& change, Steady at, Wall wall) {
  tracker_.on_end(order.id, at);
  ended_.emplace_back(at, order.id);
  if (change.to == OrderState::rejected) ++account_.refused[change.reason];
  if (!order.cancel_at || (change.to != OrderState::cancelled && change.to != OrderState::expired)) return;
  const Nanos taken = at - *order.cancel_at;
  account_.gone.add(taken.count());
  costs_.calibrator().record(costs_.calibrator().exchange(order.venue), Stage::cancel_to_ack, wall, taken);
}

void PaperLoop::forget_old(Steady at) {
  for (; !ended_.empty() && at - ended_.front().first > ended_kept; ended_.pop_front()) {
    const auto found = orders_.find(ended_.front().second);
    const guard::Order* held = player_.engine().guard().find(ended_.front().second);
    if (found != orders_.end() && held == nullptr) orders_.erase(found);
  }
}

}  // namespace crossbook::shard
