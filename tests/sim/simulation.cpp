// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <algorithm>
#include <utility>

#include "crossbook/venue/registry.hpp"
#include "transcript.hpp"

namespace crossbook::sim {
namespace {

constexpr std::uint64_t orders_stream = 77'005;
// No feed of the day is trusted for longer without a word: the slowest of their venues' silence_max.
constexpr Nanos silence_longest = seconds(900);
constexpr Nanos settled_within = seconds(3'600);

}  // namespace

Simulation::Simulation(std::uint64_t seed, Transcript* transcript)
    : plan_(plan_of(seed)),
      random_(seed, orders_stream),
      transcript_(transcript),
      feeds_(plan_, now_),
      exchange_(plan_),
      oracle_(plan_) {
  command_at_ = after(plan_.command_every);
  if (plan_.disconnect_every > Nanos()) disconnect_at_ = after(plan_.disconnect_every);
  if (plan_.crash_every > Nanos()) crash_at_ = after(plan_.crash_every);
  start();
}

// A process begins. Listings have the numbers that they had before.
void Simulation::start() {
  engine_ = std::make_unique<engine::Engine>(plan_.engine);
  listings_.clear();
  for (const market::VenueOptions& venue : plan_.market.venues)
    listings_.push_back(engine_->add_listing(venue::find_feed(venue.feed).value(), venue.listings.front().raw_symbol));
  listings_.push_back(engine_->add_listing(venue::find_feed(house_feed).value(), house_symbol));
}

Outcome Simulation::run() {
  misbehave();
  let_feeds_die();
  settle();
  outcome_.broken = oracle_.broken();
  outcome_.effects = digest_.effects();
  outcome_.digest = digest_.hex();
  return outcome_;
}

// -- the day ---------------------------------------------------------------------------------------------------------

void Simulation::misbehave() {
  const Steady end = now_ + plan_.length;
  const Steady stop_at = plan_.stops ? now_ + Nanos(random_.below(plan_.length.count())) : end;
  while (step(stop_at)) {
  }
  if (plan_.stops && oracle_.broken().empty()) {
    stopped_ = true;
    give(StopCommand{}, "stop");
  }
  while (step(end)) {
  }
}

// Every feed dies, and nobody says so. By the ticks alone that the engine asks for, each order that waits for data only
// so long must go.
void Simulation::let_feeds_die() {
  command_at_.reset();
  disconnect_at_.reset();
  crash_at_.reset();
  exchange_.behave();
  for (int i = 0; i < 3; ++i) place(true);
  feeds_.die();
  Nanos longest;
  for (const auto& [id, order] : oracle_.orders())
    longest = std::max(longest, order.limits.data_age_max.value_or(Nanos()));
  const Steady end = now_ + silence_longest + longest + plan_.tick_lag + plan_.tick_lag + seconds(1);
  while (step(end)) {
  }
  if (plan_.engine.filters && oracle_.anyone_impatient())
    oracle_.complain("all feeds are dead, and an order that waits for data rests");
}

void Simulation::settle() {
  if (!stopped_ && oracle_.broken().empty()) {
    stopped_ = true;
    give(StopCommand{}, "stop, for the end");
  }
  const Steady end = now_ + settled_within;
  while (!live().empty() || exchange_.next_at())
    if (!step(end)) break;
  if (oracle_.broken().empty()) check_end();
}

bool Simulation::step(Steady end) {
  if (!oracle_.broken().empty()) return false;
  Steady at;
  const Next next = choose(at);
  if (next == Next::none || at > end) return false;
  now_ = std::max(now_, at);
  happen(next);
  return true;
}

// The earliest of all that is to come; of equal times the first of these.
Simulation::Next Simulation::choose(Steady& at) {
  Next next = Next::none;
  const auto offer = [&](const std::optional<Steady>& offered, Next what) {
    if (!offered || (next != Next::none && *offered >= at)) return;
    at = *offered;
    next = what;
  };
  offer(feeds_.next_at(), Next::feed);
  offer(exchange_.next_at(), Next::exchange);
  if (const auto due = engine_->next_due()) offer(*due + plan_.tick_lag, Next::tick);
  offer(command_at_, Next::command);
  offer(disconnect_at_, Next::disconnect);
  offer(crash_at_, Next::crash);
  return next;
}

void Simulation::happen(Next next) {
  switch (next) {
    case Next::feed: return take_feed();
    case Next::exchange: return take_exchange();
    case Next::tick: return give(Tick{}, "tick");
    case Next::command: return command();
    case Next::disconnect: return disconnect();
    case Next::crash: return crash();
    case Next::none: return;
  }
}

void Simulation::take_feed() {
  const Received received = feeds_.take(shown());
  std::string words;
  if (transcript_ != nullptr) {
    constexpr std::array<const char*, 7> kinds = {"open",    "close",     "sent to",     "frame of",
                                                  "body of", "behind on", "caught up on"};
    words = std::string(kinds[static_cast<std::size_t>(received.kind)]) + " " +
            std::string(venue::feed(received.feed).name) + ", " + std::to_string(received.size) + " bytes" +
            (*received.fault == '\0' ? "" : std::string(", ") + received.fault);
  }
  give(received.input(now_, wall()), words);
  if (received.feed == venue::find_feed(house_feed) && received.kind == Received::Kind::frame) check_house();
}

void Simulation::take_exchange() {
  if (const auto report = exchange_.next()) give(*report, transcript_ == nullptr ? "" : to_words(*report));
}

void Simulation::disconnect() {
  disconnect_at_ = after(plan_.disconnect_every);
  if (transcript_ != nullptr) transcript_->input({now_, wall(), Tick{}}, "the order gateway loses its connection");
  exchange_.disconnect(now_, live());
}

// -- commands --------------------------------------------------------------------------------------------------------

void Simulation::command() {
  command_at_ = after(plan_.command_every);
  const std::vector<OrderId> alive = live();
  if (!alive.empty() && random_.one_in(8)) {
    const OrderId id = alive[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(alive.size())))];
    give(CancelCommand{id}, "cancel command " + to_words(id));
  } else {
    place(false);
  }
}

void Simulation::place(bool impatient) {
  const bool again = next_order_ > 1 && random_.one_in(25);
  PlaceCommand command;
  command.order =
      OrderId(again ? static_cast<std::uint64_t>(random_.between(1, static_cast<std::int64_t>(next_order_) - 1))
                    : next_order_++);
  // A number is used again only while it is known: the store never gives one twice.
  if (again && engine_->guard().find(command.order) == nullptr) command.order = OrderId(next_order_++);
  command.terms = draw_terms();
  command.limits = draw_limits(impatient);
  give(command, transcript_ == nullptr ? ""
                                       : "place command " + to_words(command.order) + " " +
                                             to_words(command.terms, *engine_) + to_words(command.limits));
}

OrderTerms Simulation::draw_terms() {
  OrderTerms terms;
  const auto venues = static_cast<std::int64_t>(listings_.size());
  const bool house = random_.one_in(2);
  terms.listing = house ? listings_.back() : listings_[static_cast<std::size_t>(random_.below(venues))];
  terms.action = random_.one_in(2) ? Action::buy : Action::sell;
  const std::int64_t kind = random_.below(12);
  terms.type = kind == 0 ? OrderType::immediate_or_cancel : kind < 5 ? OrderType::post_only : OrderType::limit;
  terms.price_scale = house_price_scale;
  const std::int64_t fair = feeds_.fair_price();
  const std::int64_t away = fair * random_.between(-200, 3'000) / 1'000'000;
  terms.price = Price(terms.action == Action::buy ? fair - away : fair + away);
  // Sometimes exactly where others stand.
  const auto& rows = feeds_.house().others(resting_side(terms.action));
  if (!rows.empty() && random_.one_in(3)) terms.price = Price(rows.front().price);
  terms.quantity = Quantity(random_.between(1, 6));
  return terms;
}

OrderLimits Simulation::draw_limits(bool impatient) {
  OrderLimits limits;
  if (random_.one_in(3)) limits.watched = WatchedSpread::own_venue;
  const std::int64_t micro_bps = random_.waiting(8'000'000);
  const Nanos dwell = Nanos(random_.waiting(800'000'000));
  const Nanos age = Nanos(random_.waiting(20'000'000'000));
  const Nanos life = Nanos(random_.waiting(30'000'000'000));
  const Nanos data_age = Nanos(random_.waiting(2'000'000'000));
  if (!impatient && !random_.one_in(5)) limits.spread_max = MicroBps(micro_bps);
  if (random_.one_in(2)) limits.dwell = dwell;
  if (!impatient && random_.one_in(3)) limits.age_max = age;
  if (!impatient && random_.one_in(3)) limits.expires_at = wall() + life;
  if (impatient || random_.one_in(2)) limits.data_age_max = random_.one_in(4) ? Nanos() : data_age;
  return limits;
}

// -- crash and restart -----------------------------------------------------------------------------------------------

// The process dies, perhaps between deciding and acting. The store knows every intent and every execution.
void Simulation::crash() {
  crash_at_ = after(plan_.crash_every);
  if (random_.one_in(2)) {
    loses_effects_ = true;
    place(false);
    loses_effects_ = false;
  }
  if (transcript_ != nullptr) transcript_->input({now_, wall(), Tick{}}, "the process dies, and another begins");
  exchange_.crash(now_);
  feeds_.restart(now_);
  oracle_.crash();
  start();
  if (stopped_) give(StopCommand{}, "stop, as before");
  const std::map<OrderId, KnownOrder> stored = oracle_.orders();
  for (const auto& [id, order] : stored) {
    if (ended(order.state)) continue;
    give(RestoredOrder{id, order.terms, order.limits, order.placed_wall, order.filled}, "restored " + to_words(id));
    for (const std::uint64_t trade : order.trades)
      give(RestoredTrade{id, trade}, "restored trade " + std::to_string(trade));
  }
}

// -- one input -------------------------------------------------------------------------------------------------------

template <class What>
void Simulation::give(What what, const std::string& words) {
  if (plan_.wall_step > 0 && random_.one_in(plan_.wall_step))
    wall_ahead_ += Nanos(random_.one_in(3) ? random_.normal(3'600'000'000'000) : random_.normal(1'000'000'000));
  give(Input{now_, wall(), std::move(what)}, words);
}

void Simulation::give(const Input& input, const std::string& words) {
  if (plan_.exact && !std::holds_alternative<Tick>(input.what)) act({input.at, input.wall, Tick{}}, "tick");
  act(input, words);
}

void Simulation::act(const Input& input, const std::string& words) {
  if (!oracle_.broken().empty()) return;
  if (transcript_ != nullptr) transcript_->input(input, words);
  effects_.clear();
  oracle_.before(input);
  engine_->on(input, effects_);
  digest_.add(input.wall, effects_);
  if (!loses_effects_) carry_out();
  if (transcript_ != nullptr) transcript_->effects(effects_, *engine_);
  oracle_.after(input, effects_, *engine_);
  const auto* report = std::get_if<OrderReport>(&input.what);
  const bool strange = !effects_.alarms.empty() && effects_.alarms.back().kind == OrderAlarm::Kind::unknown_order;
  if (report != nullptr && report->kind == OrderReport::Kind::fill && strange) strange_fills_.insert(report->order);
  check_truth();
  count();
}

void Simulation::carry_out() {
  for (const PlaceOrder& place : effects_.places) exchange_.place(place, now_);
  for (const CancelOrder& cancel : effects_.cancels) exchange_.cancel(cancel, now_);
  for (const QueryOrder& query : effects_.queries) exchange_.query(query, now_);
}

void Simulation::count() {
  ++outcome_.inputs;
  outcome_.orders += effects_.places.size();
  outcome_.cancels += effects_.cancels.size();
  for (const CancelOrder& cancel : effects_.cancels)
    if (cancel.attempt == 1) ++outcome_.reasons[static_cast<std::size_t>(cancel.reason)];
  for (const OrderChange& change : effects_.order_changes) outcome_.fills += change.fill ? 1U : 0U;
}

// -- the truth -------------------------------------------------------------------------------------------------------

// What lives at a venue, or may yet arrive there, lives here.
void Simulation::check_truth() {
  for (const auto& [id, order] : exchange_.orders())
    if ((order.open || order.under_way) && !oracle_.live(id))
      oracle_.complain("order " + to_words(id) + " lives at its venue and is called dead here");
}

// Where the house shows exactly the orders that we believe to be there, the spread without ours is that of its others.
void Simulation::check_house() {
  const ListingId house = listings_.back();
  if (!plan_.engine.own_orders_shown || !engine_->book(house).ready()) return;
  std::vector<OwnLevel> own;
  std::vector<ShownOrder> believed;
  for (const auto& [id, order] : oracle_.orders()) {
    const bool rests = order.terms.type == OrderType::limit || order.terms.type == OrderType::post_only;
    if (order.terms.listing != house || ended(order.state) || !rests) continue;
    const std::int64_t left = (order.terms.quantity - order.filled).count();
    const Side side = resting_side(order.terms.action);
    believed.push_back({side, order.terms.price.count(), left});
    own.push_back({house, side, exactly(order.terms.price.count(), house_price_scale), exactly(left, 0)});
  }
  if (believed != feeds_.house().ours()) return;
  guard::Spread expected;
  const auto& bids = feeds_.house().others(Side::bid);
  const auto& asks = feeds_.house().others(Side::ask);
  if (!bids.empty() && !asks.empty())
    expected = guard::spread_between(Price(bids.front().price), Price(asks.front().price));
  if (naive_spread(*engine_, {std::nullopt, house}, own) != expected)
    oracle_.complain("the house's spread without ours is not that of its others");
}

void Simulation::check_end() {
  if (!live().empty()) return oracle_.complain("order " + to_words(live().front()) + " never ends");
  const bool forgets = plan_.engine.guard.retention || plan_.crash_every > Nanos();
  if (!forgets && !strange_fills_.empty()) oracle_.complain("a match of an order that was forgotten");
  for (const auto& [id, order] : oracle_.orders()) {
    const auto found = exchange_.orders().find(id);
    const Quantity matched = found == exchange_.orders().end() ? Quantity() : found->second.filled;
    if (strange_fills_.contains(id)) continue;
    if (order.filled != matched) oracle_.complain("the fills of order " + to_words(id) + " are not conserved");
    if ((matched == order.terms.quantity) != (order.state == OrderState::filled))
      oracle_.complain("order " + to_words(id) + " is filled whole and not called filled, or called so");
  }
}

// -- helpers ---------------------------------------------------------------------------------------------------------

std::vector<OrderId> Simulation::live() const {
  std::vector<OrderId> alive;
  for (const auto& [id, order] : oracle_.orders())
    if (!ended(order.state)) alive.push_back(id);
  return alive;
}

// Our orders in the house's book, where it shows them.
std::vector<ShownOrder> Simulation::shown() const {
  std::vector<ShownOrder> orders;
  if (!plan_.engine.own_orders_shown) return orders;
  for (const auto& [id, order] : exchange_.orders()) {
    if (!order.open || order.terms.listing != listings_.back()) continue;
    orders.push_back(
        {resting_side(order.terms.action), order.terms.price.count(), (order.terms.quantity - order.filled).count()});
  }
  return orders;
}

}  // namespace crossbook::sim
