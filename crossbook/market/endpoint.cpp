// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "crossbook/core/check.hpp"
#include "crossbook/market/endpoint_machine.hpp"

namespace crossbook::market {
namespace {

constexpr int policy_violation = 1008;
constexpr int message_too_big = 1009;

const Skin& skin_of(std::string_view feed) {
  const auto found = std::ranges::find(skins(), feed, [](const Skin* skin) { return skin->protocol->feed; });
  CROSSBOOK_ASSERT(found != skins().end());
  return **found;
}

std::vector<FaultSymbol> symbols_of(const EndpointOptions& options) {
  std::vector<FaultSymbol> symbols;
  for (const ListingOptions& listing : options.venue.listings)
    symbols.push_back({.symbol = options.instruments[listing.instrument].symbol, .raw_symbol = listing.raw_symbol});
  return symbols;
}

// Streams of one seed differ by venue: two venues in one process draw different numbers.
std::uint64_t venue_seed(const EndpointOptions& options) {
  std::uint64_t seed = options.seed;
  for (const char c : options.venue.feed) seed = seed * 131 + static_cast<unsigned char>(c);
  return seed;
}

// A contract and its pair have one fair price: they draw the same numbers.
std::size_t first_of_pair(const EndpointOptions& options, std::size_t instrument) {
  const auto pair_of = [&](std::size_t i) {
    const std::string_view symbol = options.instruments[i].symbol;
    return symbol.substr(0, symbol.find(':'));
  };
  std::size_t first = 0;
  while (pair_of(first) != pair_of(instrument)) ++first;
  return first;
}

}  // namespace

Subscription* find_subscription(Client& client, std::size_t stream) {
  const auto found = std::ranges::find(client.subscriptions, stream, &Subscription::stream);
  return found == client.subscriptions.end() ? nullptr : &*found;
}

std::string bare_payload(std::string text) {
  constexpr std::string_view data = R"("data":)";
  if (!text.starts_with(R"({"stream":)")) return text;
  text.erase(0, text.find(data) + data.size());
  if (!text.empty()) text.pop_back();
  return text;
}

std::span<const Skin* const> skins() {
  static constexpr std::array all{&binance_skin,           &binance_us_skin, &binance_usdm_skin, &binance_coinm_skin,
                                  &bitstamp_skin,          &bybit_skin,      &bybit_linear_skin, &coinbase_skin,
                                  &coinbase_exchange_skin, &kraken_skin,     &okx_skin};
  return all;
}

std::vector<std::string_view> endpoint_feeds() {
  std::vector<std::string_view> feeds;
  for (const Skin* skin : skins()) feeds.push_back(skin->protocol->feed);
  return feeds;
}

EndpointMachine::EndpointMachine(EndpointOptions given)
    : options(std::move(given)),
      skin(skin_of(options.venue.feed)),
      plan(options.faults, options.venue.feed, symbols_of(options), venue_seed(options), options.start),
      random(venue_seed(options)),
      now(options.start),
      stamped_(options.start - seconds(1)) {
  for (std::size_t i = 0; i < options.instruments.size(); ++i)
    fair.emplace_back(options.instruments[i].fair, options.start, Random(options.seed, first_of_pair(options, i)));
  for (const ListingOptions& listing : options.venue.listings) {
    const std::size_t book = books.size();
    books.push_back(
        {.traded = TradedBook(options.venue, listing, options.instruments[listing.instrument], Random(random.bits())),
         .streams = {},
         .prints = {},
         .older = {},
         .newer = {}});
    books.back().traded.open(fair[listing.instrument], options.start);
    age(books.back());
    books.back().older = books.back().newer;
    if (!options.dialogue_only) add(Nanos(random.below(options.venue.quote_every.count())), Happening::quote, book);
  }
  if (skin.protocol->heartbeat_every.count() > 0 && !options.dialogue_only)
    add(skin.protocol->heartbeat_every, Happening::heartbeat);
  if (skin.ping_every.count() > 0) add(skin.ping_every, Happening::ping);
  take_turn();
}

void EndpointMachine::add(Nanos after, Happening what, std::size_t book, std::size_t i) {
  schedule.add(Due{
      .t = now + after, .what = what, .book = static_cast<std::uint16_t>(book), .i = static_cast<std::uint32_t>(i)});
}

void EndpointMachine::advance(Wall to) {
  while (const auto next = schedule.next()) {
    if (*next > to) break;
    const Due due = schedule.take();
    now = due.t;
    handle(due);
  }
  now = std::max(now, to);
  forget_dead();
}

void EndpointMachine::handle(const Due& due) {
  using enum Happening;
  switch (due.what) {
    case quote: return change_book(due.book);
    case publish: {
      Stream& stream = streams[due.i];
      stream.scheduled = !stream.clients.empty();
      if (!stream.scheduled) return;
      add(stream.spoken.publish_every + Nanos(random.below(2'000'000)), publish, due.book, due.i);
      return this->publish(due.i);
    }
    case heartbeat: return beat();
    case ping: return send_pings();
    case release: return this->release(ClientId(due.i));
    case deadline: return expire(ClientId(due.i));
    case turn: return take_turn();
    default: CROSSBOOK_ASSERT(false);
  }
}

Client* EndpointMachine::find_client(ClientId id) {
  const auto found = std::ranges::find(clients, id, &Client::id);
  return found == clients.end() || found->dead ? nullptr : &*found;
}

void EndpointMachine::open(ClientId id, std::string_view target) {
  ++counts.clients;
  Client& client = clients.emplace_back();
  client.id = id;
  client.second_began = now;
  if (skin.subscribe_within.count() > 0) add(skin.subscribe_within, Happening::deadline, 0, index(id));
  Talk talk(*this, client);
  if (skin.opened != nullptr) skin.opened(talk, target);
  pay_snapshots(client);
}

void EndpointMachine::receive(ClientId id, std::string_view text) {
  Client* client = find_client(id);
  if (client == nullptr) return;
  ++counts.received;
  Talk talk(*this, *client);
  if (text.size() > skin.message_bytes_max) return talk.close(message_too_big, "message too big");
  if (now - client->second_began >= seconds(1)) {
    client->second_began = now;
    client->messages_in_second = 0;
  }
  if (++client->messages_in_second > skin.messages_a_second_max)
    return talk.close(policy_violation, "Too many requests");
  skin.received(talk, text);
  pay_snapshots(*client);
}

void EndpointMachine::closed(ClientId id) {
  for (Client& client : clients)
    if (client.id == id) client.dead = true;
  forget_dead();
}

void EndpointMachine::forget_dead() {
  for (Client& client : clients) {
    if (!client.dead) continue;
    for (const Subscription& subscription : client.subscriptions)
      std::erase(streams[subscription.stream].clients, client.id);
    client.subscriptions.clear();
  }
  std::erase_if(clients, [](const Client& client) { return client.dead; });
}

void EndpointMachine::say(Client& client, std::string text) {
  if (client.bare) text = bare_payload(std::move(text));
  send(client, Outgoing{.client = client.id, .text = std::move(text)});
}

void EndpointMachine::send(Client& client, Outgoing outgoing) {
  if (client.dead) return;
  if (client.held_until) {
    client.held.push_back(std::move(outgoing));
    return;
  }
  if (outgoing.kind == Outgoing::Kind::text) ++counts.sent;
  if (outgoing.kind != Outgoing::Kind::text && outgoing.kind != Outgoing::Kind::ping) client.dead = true;
  outbox->push_back(std::move(outgoing));
}

void EndpointMachine::release(ClientId id) {
  Client* client = find_client(id);
  if (client == nullptr || !client->held_until || *client->held_until > now) return;
  client->held_until.reset();
  for (Outgoing& outgoing : std::exchange(client->held, {})) send(*client, std::move(outgoing));
}

void EndpointMachine::expire(ClientId id) {
  Client* client = find_client(id);
  if (client == nullptr || !client->subscriptions.empty()) return;
  Talk(*this, *client).close(policy_violation, "no subscription");
}

void EndpointMachine::beat() {
  add(skin.protocol->heartbeat_every, Happening::heartbeat);
  for (Client& client : clients)
    for (const Subscription& subscription : client.subscriptions) {
      const StreamKey& key = streams[subscription.stream].key;
      if (key.channel != Channel::heartbeats || client.dead) continue;
      Talk talk(*this, client);
      if (skin.heartbeat != nullptr) {
        skin.heartbeat(talk, key, ++client.heartbeats);
        continue;
      }
      std::string text;
      skin.protocol->heartbeat(text, stamp(client), ++client.heartbeats);
      say(client, std::move(text));
    }
}

void EndpointMachine::send_pings() {
  add(skin.ping_every, Happening::ping);
  for (Client& client : clients)
    send(client,
         Outgoing{.client = client.id, .kind = Outgoing::Kind::ping, .text = std::to_string(now.nanos() / 1'000'000)});
}

// The venue's clock, which never shows one microsecond twice unless a fault turns it back.
Stamp EndpointMachine::stamp() {
  stamped_ = std::max(now, stamped_ + Nanos(1'000));
  Nanos off{0};
  for (const FaultName fault : {FaultName::clock_skew, FaultName::clock_step})
    if (const auto by = plan.in_force(fault, {}, now)) off += *by;
  return {.at = stamped_ + off};
}

Stamp EndpointMachine::stamp(Client& client) {
  Stamp stamp = this->stamp();
  stamp.connection_sequence = client.sequence++;
  return stamp;
}

std::optional<std::size_t> EndpointMachine::find_book(std::string_view raw_symbol) const {
  const auto found = std::ranges::find(options.venue.listings, raw_symbol, &ListingOptions::raw_symbol);
  if (found == options.venue.listings.end()) return {};
  const auto book = static_cast<std::size_t>(found - options.venue.listings.begin());
  return books[book].delisted ? std::nullopt : std::optional(book);
}

std::optional<std::size_t> EndpointMachine::find_stream(const StreamKey& key) const {
  for (std::size_t i = 0; i < streams.size(); ++i)
    if (streams[i].key == key) return i;
  return {};
}

std::size_t EndpointMachine::make_stream(const StreamKey& key) {
  if (const auto found = find_stream(key)) return *found;
  Stream& stream = streams.emplace_back();
  stream.key = key;
  stream.spoken = options.venue;
  stream.spoken.listings.clear();
  stream.spoken.depth = key.depth;
  stream.spoken.whole_books = key.whole_books;
  if (key.slow) stream.spoken.publish_every = skin.slow_every;
  if (key.channel != Channel::heartbeats) books[key.book].streams.push_back(streams.size() - 1);
  return streams.size() - 1;
}

bool EndpointMachine::subscribe(Client& client, const StreamKey& key, bool with_snapshot) {
  const std::size_t stream = make_stream(key);
  if (find_subscription(client, stream) != nullptr) return false;
  const bool silenced = key.channel == Channel::book && plan.strikes(FaultName::ack_then_silence, key.book, now);
  client.subscriptions.push_back({.stream = stream, .silenced = silenced, .kept_back = {}});
  if (streams[stream].clients.empty() && !options.dialogue_only) start(stream);
  streams[stream].clients.push_back(client.id);
  if (key.channel == Channel::book && with_snapshot) client.snapshots.push_back(stream);
  return true;
}

bool EndpointMachine::unsubscribe(Client& client, const StreamKey& key) {
  const auto stream = find_stream(key);
  if (!stream || find_subscription(client, *stream) == nullptr) return false;
  leave(client, *stream);
  return true;
}

bool EndpointMachine::subscribed(ClientId id, Channel channel, std::string_view raw_symbol) const {
  const auto client = std::ranges::find(clients, id, &Client::id);
  if (client == clients.end()) return false;
  return std::ranges::any_of(client->subscriptions, [&](const Subscription& subscription) {
    const StreamKey& key = streams[subscription.stream].key;
    return key.channel == channel &&
           (channel == Channel::heartbeats || options.venue.listings[key.book].raw_symbol == raw_symbol);
  });
}

void EndpointMachine::leave(Client& client, std::size_t stream) {
  std::erase_if(client.subscriptions, [&](const Subscription& s) { return s.stream == stream; });
  std::erase(client.snapshots, stream);
  std::erase(streams[stream].clients, client.id);
}

void EndpointMachine::pay_snapshots(Client& client) {
  for (const std::size_t stream : std::exchange(client.snapshots, {})) {
    Subscription* subscription = find_subscription(client, stream);
    const bool in_stream = !skin.protocol->rest && !streams[stream].key.whole_books && !options.dialogue_only;
    if (in_stream && subscription != nullptr) send_snapshot(client, *subscription, streams[stream]);
  }
}

// The faces that the venues' files see.

void Talk::say(std::string text) { machine_.say(client_, std::move(text)); }
void Talk::refuse(std::string text) {
  ++machine_.counts.refused;
  say(std::move(text));
}
void Talk::close(int code, std::string reason) {
  ++machine_.counts.refused;
  machine_.send(client_,
                Outgoing{.client = client_.id, .kind = Outgoing::Kind::close, .text = std::move(reason), .code = code});
}
const VenueOptions& Talk::venue() const { return machine_.options.venue; }
const Protocol& Talk::protocol() const { return *machine_.skin.protocol; }
const ListingOptions& Talk::listing(std::size_t book) const { return machine_.options.venue.listings[book]; }
std::string_view Talk::symbol(std::size_t book) const {
  return machine_.options.instruments[listing(book).instrument].symbol;
}
std::optional<std::size_t> Talk::find(std::string_view raw_symbol) const { return machine_.find_book(raw_symbol); }
bool Talk::halted(std::size_t book) const { return machine_.books[book].halted; }
bool Talk::subscribe(const StreamKey& key, bool with_snapshot) {
  return machine_.subscribe(client_, key, with_snapshot);
}
bool Talk::unsubscribe(const StreamKey& key) { return machine_.unsubscribe(client_, key); }
bool Talk::subscribed(const StreamKey& key) const {
  const auto stream = machine_.find_stream(key);
  return stream && find_subscription(client_, *stream) != nullptr;
}
std::vector<StreamKey> Talk::subscriptions() const {
  std::vector<StreamKey> keys;
  for (const Subscription& subscription : client_.subscriptions)
    keys.push_back(machine_.streams[subscription.stream].key);
  return keys;
}
Stamp Talk::stamp() { return machine_.stamp(client_); }

// The public face: time first, then what was asked.

Endpoint::Endpoint(EndpointOptions options) : machine_(std::make_unique<EndpointMachine>(std::move(options))) {}
Endpoint::~Endpoint() = default;
Endpoint::Endpoint(Endpoint&&) noexcept = default;
Endpoint& Endpoint::operator=(Endpoint&&) noexcept = default;

void Endpoint::advance(Wall now, Outbox& out) {
  machine_->outbox = &out;
  machine_->advance(now);
}

bool Endpoint::refuses_tls(Wall now) { return machine_->plan.strikes(FaultName::tls_failure, {}, now).has_value(); }

std::optional<HttpAnswer> Endpoint::refuses_upgrade(Wall now, Outbox& out) {
  advance(now, out);
  return machine_->refuses_upgrade();
}

void Endpoint::open(ClientId client, std::string_view target, Wall now, Outbox& out) {
  advance(now, out);
  machine_->open(client, target);
}

void Endpoint::receive(ClientId client, std::string_view text, Wall now, Outbox& out) {
  advance(now, out);
  machine_->receive(client, text);
}

void Endpoint::closed(ClientId client) { machine_->closed(client); }

HttpAnswer Endpoint::get(std::string_view target, Wall now, Outbox& out) {
  advance(now, out);
  return machine_->get(target);
}

bool Endpoint::subscribed(ClientId client, Channel channel, std::string_view raw_symbol) const {
  return machine_->subscribed(client, channel, raw_symbol);
}

bool Endpoint::subscribed(ClientId id) const {
  const Client* client = machine_->find_client(id);
  return client != nullptr && !client->subscriptions.empty();
}

void Endpoint::forward(ClientId id, std::string text, Outbox& out) {
  machine_->outbox = &out;
  if (Client* client = machine_->find_client(id)) machine_->say(*client, std::move(text));
}

std::int64_t Endpoint::take_sequence(ClientId id, std::int64_t ahead) {
  Client* client = machine_->find_client(id);
  if (client == nullptr) return 0;
  client->sequence += ahead;
  return client->sequence++;
}

Wall Endpoint::next_due() const { return machine_->schedule.next().value_or(machine_->now + seconds(1)); }
std::optional<Truth> Endpoint::true_book(std::string_view raw_symbol, std::uint32_t depth) const {
  return machine_->true_book(raw_symbol, depth);
}
std::vector<Truth>& Endpoint::truths() { return machine_->truths; }
const VenueOptions& Endpoint::venue() const { return machine_->options.venue; }
std::string_view Endpoint::path() const { return machine_->skin.path; }
const EndpointCounts& Endpoint::counts() const { return machine_->counts; }
std::span<const std::int64_t> Endpoint::struck() const { return machine_->plan.struck(); }

}  // namespace crossbook::market
