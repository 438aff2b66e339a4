// SPDX-License-Identifier: Apache-2.0
#include "oracle.hpp"

#include <algorithm>
#include <variant>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::sim {
namespace {

std::string number(OrderId id) { return std::to_string(static_cast<std::uint64_t>(id)); }

std::string words(const guard::Spread& spread) {
  return spread ? format_decimal(spread->count(), 6) + " bps" : "no spread";
}

bool says_unknown(const Effects& effects, OrderId id) {
  return std::ranges::any_of(effects.alarms, [id](const OrderAlarm& alarm) {
    return alarm.order == id && alarm.kind == OrderAlarm::Kind::unknown_order;
  });
}

}  // namespace

bool Oracle::live(OrderId id) const {
  const auto found = orders_.find(id);
  return found != orders_.end() && !ended(found->second.state);
}

bool Oracle::anyone_impatient() const {
  return std::ranges::any_of(orders_, [](const auto& entry) {
    const KnownOrder& known = entry.second;
    return !ended(known.state) && known.limits.data_age_max && known.due.empty();
  });
}

void Oracle::before(const Input& input) {
  at_ = input.at;
  wall_ = input.wall;
  pass_time(at_, wall_);
}

// What time alone does, before anything else happens.
void Oracle::pass_time(Steady at, Wall wall) {
  const Nanos cross_dwell = plan_.engine.guard.cross_dwell;
  for (auto& [key, market] : markets_) {
    if (!market.spread || !market.crossed_since || at < *market.crossed_since + cross_dwell) continue;
    market.spread.reset();
    market.unusable_since = *market.crossed_since + cross_dwell;
  }
  for (auto& [id, order] : orders_) {
    if (!order.lives_here()) continue;
    const OrderLimits& limits = order.limits;
    const Market& market = markets_[order.market];
    if (limits.expires_at && *limits.expires_at <= wall) order.due.insert(OrderReason::order_expired);
    if (limits.age_max && at - order.placed_at >= *limits.age_max) order.due.insert(OrderReason::order_too_old);
    if (!plan_.exact) continue;
    if (order.broken_since && at - *order.broken_since >= limits.dwell)
      order.due.insert(OrderReason::spread_exceeded_threshold);
    if (limits.data_age_max && market.unusable_since && at - *market.unusable_since >= *limits.data_age_max)
      order.due.insert(OrderReason::data_unusable);
  }
}

void Oracle::after(const Input& input, const Effects& effects, const engine::Engine& engine) {
  take(input, effects, engine);
  follow(input, effects);
  spend(effects, engine);
  look_at_markets(engine);
  hear(input);
  check(engine);
}

void Oracle::crash() {
  markets_.clear();
  buckets_.clear();
  sockets_.clear();
  for (auto& [id, order] : orders_) order.here = false;
  stopped_ = false;
}

// -- what came in ----------------------------------------------------------------------------------------------------

void Oracle::take(const Input& input, const Effects& effects, const engine::Engine& engine) {
  if (const auto* place = std::get_if<PlaceCommand>(&input.what)) {
    take_place(*place, effects, engine);
  } else if (const auto* report = std::get_if<OrderReport>(&input.what)) {
    take_report(*report, effects, engine);
  } else if (const auto* cancel = std::get_if<CancelCommand>(&input.what)) {
    if (live(cancel->order)) orders_[cancel->order].due.insert(cancel->reason);
  } else if (std::holds_alternative<StopCommand>(input.what)) {
    stopped_ = true;
    for (auto& [id, order] : orders_)
      if (!ended(order.state)) order.due.insert(OrderReason::stopped);
  } else if (const auto* restored = std::get_if<RestoredOrder>(&input.what)) {
    KnownOrder& order = orders_[restored->order];
    order.placed_at = at_ - std::max(wall_ - restored->placed_at, Nanos());
    order.here = true;
    order.state = OrderState::unknown;
    order.due.clear();
    order.broken_since.reset();
    order.cancels = 0;
    market(order, order.market, engine);
    if (stopped_) order.due.insert(OrderReason::stopped);
    pass_time(at_, wall_);
  }
}

void Oracle::take_place(const PlaceCommand& command, const Effects& effects, const engine::Engine& engine) {
  KnownOrder order;
  order.terms = command.terms;
  order.limits = command.limits;
  order.placed_at = at_;
  order.placed_wall = wall_;
  market(order, order.market, engine);
  const auto told = std::ranges::find(effects.order_changes, command.order, &OrderChange::order);
  if (told == effects.order_changes.end()) return complain("nobody says what became of place " + number(command.order));
  judge_place(command, told->reason, engine);
  const bool sent = std::ranges::count(effects.places, command.order, &PlaceOrder::order) == 1;
  if (sent != (told->reason == OrderReason::ok)) complain("a place is neither sent nor refused");
  if (sent) orders_[command.order] = order;
}

// A place is refused when and only when there is a reason.
void Oracle::judge_place(const PlaceCommand& command, OrderReason refused, const engine::Engine& engine) {
  const OrderLimits& limits = command.limits;
  KnownOrder order{.terms = command.terms, .limits = limits};
  std::string key;
  const Market& watched = market(order, key, engine);
  const bool known = engine.guard().find(command.order) != nullptr && orders_.contains(command.order);
  if (stopped_ != (refused == OrderReason::stopped)) complain("stopped, and a place is not refused for it");
  if (stopped_ || known) return;
  const bool expired = limits.expires_at && *limits.expires_at <= wall_;
  if (expired != (refused == OrderReason::order_expired)) complain("an expiry is not what it is refused for");
  if (!plan_.exact || expired) return;
  const bool wide = limits.spread_max && watched.spread && *watched.spread > *limits.spread_max;
  if (wide && refused != OrderReason::spread_wide) complain("placed into a wide spread");
  const bool narrow =
      !limits.spread_max || (watched.spread && watched.spread->count() * 1'000 < limits.spread_max->count() * 800);
  if (narrow && refused == OrderReason::spread_wide) complain("refused for a spread that is narrow");
  const bool old =
      limits.data_age_max && watched.unusable_since && at_ - *watched.unusable_since >= *limits.data_age_max;
  if (old && refused != OrderReason::spread_wide && refused != OrderReason::data_unusable)
    complain("placed on data that is too old");
  if (!old && refused == OrderReason::data_unusable) complain("refused for data that is not too old");
}

void Oracle::take_report(const OrderReport& report, const Effects& effects, const engine::Engine& engine) {
  const bool strange = says_unknown(effects, report.order);
  if (strange && live(report.order) && orders_[report.order].here)
    return complain("order " + number(report.order) + " lives and is not known");
  if (strange != (engine.guard().find(report.order) == nullptr)) complain("an alarm of a strange order, or none");
  if (strange || report.kind != OrderReport::Kind::fill) return;
  KnownOrder& order = orders_[report.order];
  if (!order.trades.insert(report.fill.trade).second) return;
  order.filled += report.fill.quantity;
  const bool late = std::ranges::any_of(effects.alarms, [&](const OrderAlarm& alarm) {
    return alarm.order == report.order && alarm.kind == OrderAlarm::Kind::late_fill;
  });
  if (late != ended(order.state)) complain("a fill is late, and nobody is told; or it is not");
}

// -- what came out ---------------------------------------------------------------------------------------------------

void Oracle::follow(const Input& input, const Effects& effects) {
  std::set<OrderId> lived;
  for (const auto& [id, order] : orders_)
    if (order.lives_here()) lived.insert(id);
  const auto* place = std::get_if<PlaceCommand>(&input.what);
  for (const OrderChange& change : effects.order_changes) {
    if (place != nullptr && place->order == change.order && change.from == OrderState::pending &&
        (change.to == OrderState::pending || change.to == OrderState::rejected))
      continue;
    const auto found = orders_.find(change.order);
    if (found == orders_.end()) return complain("a change of an order that nobody placed");
    KnownOrder& order = found->second;
    if (order.state != change.from) complain("the steps of order " + number(change.order) + " do not join");
    if (change.fill ? change.filled != order.filled : change.filled > order.filled)
      complain("the fills of order " + number(change.order) + " are not its sum");
    if (!ended(change.from) && ended(change.to) && !evident(input, change, order))
      complain("order " + number(change.order) + " ends without evidence");
    if (ended(change.from) && !ended(change.to)) order.due.insert(OrderReason::recovered);
    order.state = change.to;
    if (!ended(change.to)) lived.insert(change.order);
  }
  check_cancels(effects, lived);
}

// Only the venue's word of this moment ends an order.
bool Oracle::evident(const Input& input, const OrderChange& change, const KnownOrder& order) {
  using Kind = OrderReport::Kind;
  const auto* report = std::get_if<OrderReport>(&input.what);
  if (report == nullptr || report->order != change.order) return false;
  switch (report->kind) {
    case Kind::rejected: return change.to == OrderState::rejected;
    case Kind::cancelled: return change.to == OrderState::cancelled || order.due.contains(OrderReason::order_expired);
    case Kind::expired: return change.to == OrderState::expired;
    case Kind::fill: return change.to == OrderState::filled && order.filled >= order.terms.quantity;
    case Kind::absent:
      return change.to == (report->filled >= order.terms.quantity ? OrderState::filled : OrderState::cancelled);
    default: return false;
  }
}

void Oracle::check_cancels(const Effects& effects, const std::set<OrderId>& lived) {
  if (stopped_ && !effects.places.empty()) complain("something is placed after the stop");
  std::set<OrderId> seen;
  for (const CancelOrder& cancel : effects.cancels) {
    if (!lived.contains(cancel.order)) return complain("a cancel of an order that does not live");
    if (!seen.insert(cancel.order).second) complain("two cancels of one order at once");
    KnownOrder& order = orders_[cancel.order];
    order.cancelled_at = at_;
    if (++order.cancels != cancel.attempt) complain("a cancel that is not counted");
  }
}

// Requests within the budgets: credit in nanoseconds, counted by hand.
void Oracle::spend(const Effects& effects, const engine::Engine& engine) {
  for (const PlaceOrder& place : effects.places) spend_one(place.terms.listing, engine);
  for (const CancelOrder& cancel : effects.cancels) spend_one(cancel.listing, engine);
  for (const QueryOrder& query : effects.queries) spend_one(query.listing, engine);
}

void Oracle::spend_one(ListingId listing, const engine::Engine& engine) {
  const std::string venue(venue::feed(engine.listings()[listing].feed).venue);
  const auto budget = plan_.engine.budgets.find(venue);
  if (budget == plan_.engine.budgets.end()) return;
  const std::int64_t full = budget->second.burst * budget->second.per_request.count();
  const auto [bucket, fresh] = buckets_.try_emplace(venue, Bucket{full, at_});
  bucket->second.credit = std::min(full, bucket->second.credit + (at_ - bucket->second.at).count());
  bucket->second.at = at_;
  bucket->second.credit -= budget->second.per_request.count();
  if (bucket->second.credit < 0) complain("more requests to " + venue + " than its budget has");
}

// -- markets ---------------------------------------------------------------------------------------------------------

Oracle::Market& Oracle::market(const KnownOrder& order, std::string& key, const engine::Engine& engine) {
  const ListingId listing = order.terms.listing;
  const std::string& symbol = engine.listings()[listing].instrument.symbol;
  const bool all = order.limits.watched == WatchedSpread::consolidated;
  key = all ? symbol : "own " + std::to_string(index(listing));
  const auto [found, fresh] = markets_.try_emplace(key);
  Market& market = found->second;
  if (!fresh) return market;
  market.consolidated = all;
  market.where.listing = listing;
  if (all) market.where.group = engine.find_group(symbol);
  if (all && !market.where.group) complain("nobody consolidates " + symbol);
  look(market, engine);
  return market;
}

std::vector<OwnLevel> Oracle::own() const {
  std::vector<OwnLevel> levels;
  if (!plan_.engine.own_orders_shown) return levels;
  for (const auto& [id, order] : orders_) {
    const OrderTerms& terms = order.terms;
    const bool rests = terms.type == OrderType::limit || terms.type == OrderType::post_only;
    if (!order.lives_here() || !rests || order.filled >= terms.quantity) continue;
    levels.push_back({terms.listing, resting_side(terms.action), exactly(terms.price.count(), terms.price_scale),
                      exactly((terms.quantity - order.filled).count(), terms.quantity_scale)});
  }
  return levels;
}

// The spread as it stands, and whether a crossing is still borne.
void Oracle::look(Market& market, const engine::Engine& engine) {
  const guard::Spread spread = naive_spread(engine, market.where, own());
  const guard::GuardOptions& options = plan_.engine.guard;
  const bool crossed = spread && *spread < (market.consolidated ? -options.cross_max : MicroBps());
  if (!crossed) market.crossed_since.reset();
  if (crossed && market.consolidated && !market.crossed_since) market.crossed_since = at_;
  const bool borne = crossed && market.consolidated && *market.crossed_since + options.cross_dwell > at_;
  if (spread && (!crossed || borne)) {
    market.spread = spread;
    market.unusable_since.reset();
  } else {
    market.spread.reset();
    if (!market.unusable_since) market.unusable_since = at_;
  }
}

void Oracle::look_at_markets(const engine::Engine& engine) {
  for (auto& [key, market] : markets_) look(market, engine);
  for (auto& [id, order] : orders_) {
    if (!order.lives_here()) continue;
    const OrderLimits& limits = order.limits;
    const Market& market = markets_[order.market];
    if (limits.spread_max && market.spread) {
      if (*market.spread <= *limits.spread_max) order.broken_since.reset();
      else if (!order.broken_since) order.broken_since = at_;
    }
    if (order.broken_since && limits.dwell <= Nanos()) order.due.insert(OrderReason::spread_exceeded_threshold);
    if (market.unusable_since && limits.data_age_max && *limits.data_age_max <= Nanos())
      order.due.insert(OrderReason::data_unusable);
  }
}

// -- what must hold --------------------------------------------------------------------------------------------------

// A socket, and the fetched books of its feed.
void Oracle::hear(const Input& input) {
  if (const auto* session = std::get_if<SessionState>(&input.what)) {
    if (session->open) sockets_[session->connection] = {.feed = session->feed, .heard_at = at_};
    else sockets_.erase(session->connection);
  } else if (const auto* frame = std::get_if<Frame>(&input.what)) {
    sockets_[frame->connection].heard_at = at_;
  } else if (const auto* told = std::get_if<Behind>(&input.what)) {
    sockets_[told->connection].behind = told->behind;
  } else if (const auto* body = std::get_if<HttpBody>(&input.what)) {
    for (auto& [connection, socket] : sockets_)
      if (socket.feed == body->feed) socket.fetched_at = at_;
  }
}

void Oracle::check(const engine::Engine& engine) {
  for (const auto& [id, order] : orders_) check_order(id, order, engine);
  for (std::size_t i = 0; i < engine.groups(); ++i) {
    const std::string wrong = contradiction(engine, engine.group(GroupId(static_cast<std::uint32_t>(i))));
    if (!wrong.empty()) complain(wrong);
  }
  const auto due = engine.next_due();
  if (due && *due <= at_) complain("what is due now was not done now");
  if (plan_.engine.filters) check_silence(engine);
  check_behind(engine);
}

// A socket that has been silent for too long has no book that is ready, and a tick will come before another one has.
void Oracle::check_silence(const engine::Engine& engine) {
  const auto due = engine.next_due();
  for (const auto& [connection, socket] : sockets_) {
    const venue::Feed& feed = venue::feed(socket.feed);
    const Steady silent_at = socket.heard_at + feed.silence_max;
    if (silent_at > at_ && (!due || *due > silent_at))
      complain("nobody wakes when " + std::string(feed.name) + " is silent");
    if (std::max(socket.heard_at, socket.fetched_at) + feed.silence_max > at_) continue;
    for (const Listing& listing : engine.listings())
      if (listing.feed == socket.feed && engine.book(listing.id).ready())
        complain(std::string(feed.name) + " is silent, and its book is trusted");
  }
}

// What is read too late is not a price; what is read in time is.
void Oracle::check_behind(const engine::Engine& engine) {
  std::set<FeedId> late;
  for (const auto& [connection, socket] : sockets_)
    if (socket.behind) late.insert(socket.feed);
  for (const Listing& listing : engine.listings()) {
    const book::VenueBook& book = engine.book(listing.id);
    const std::string name(venue::feed(listing.feed).name);
    if (late.contains(listing.feed) ? book.ready() : book.reason() == Reason::behind)
      complain(name + (book.ready() ? " is read too late, and its book is trusted"
                                    : " is read in time, and its book is held back"));
  }
}

void Oracle::check_order(OrderId id, const KnownOrder& known, const engine::Engine& engine) {
  const guard::Guard& guard = engine.guard();
  const guard::Order* order = guard.find(id);
  const std::string name = "order " + number(id);
  if (!known.here) return;
  if (order == nullptr) {
    if (!ended(known.state)) complain(name + " lives and is forgotten");
    return;
  }
  if (order->state != known.state) complain(name + " is not where its steps led");
  if (order->filled != known.filled) complain(name + ": a match is not counted, or counted twice");
  if (ended(known.state)) return;
  const Market& watched = markets_[known.market];
  const bool ambiguous = !plan_.exact && watched.crossed_since;
  if (!ambiguous && guard.spread(order->watch) != watched.spread)
    complain(name + " watches " + words(guard.spread(order->watch)) + ", and its market has " + words(watched.spread));
  const auto next_query = guard.next_query(id);
  if ((order->state == OrderState::unknown || order->state == OrderState::pending) &&
      (!next_query || *next_query <= at_))
    complain(name + " is not known, and nobody asks");
  const auto pursuit = guard.pursuit(id);
  if (!known.due.empty() && !pursuit)
    complain(name + " must go (" + to_string(*known.due.begin()) + ") and is not pursued");
  if (!pursuit) return;
  if (plan_.exact && !known.due.contains(pursuit->due))
    complain(name + " is pursued for no reason: " + to_string(pursuit->due));
  if (!pursuit->next_try || *pursuit->next_try <= at_) complain(name + " is due, and nobody tries again");
  const bool waits = pursuit->waits_for == OrderReason::budget;
  if (pursuit->in_flight && waits) complain(name + " has a cancel in flight and waits for budget");
  if (pursuit->in_flight && (known.cancels == 0 || *pursuit->next_try > known.cancelled_at + seconds(31)))
    complain(name + " waits for a cancel that is not in flight");
}

}  // namespace crossbook::sim
