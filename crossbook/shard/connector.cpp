// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/connector.hpp"

#include <algorithm>
#include <utility>

#include "crossbook/core/check.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using venue::StreamKind;
constexpr StreamKind all_kinds[] = {StreamKind::book, StreamKind::trades, StreamKind::bbo};

const venue::StreamDialect& row_of(FeedId feed) {
  const venue::StreamDialect* const row = venue::find_streams(venue::feed(feed).name);
  CROSSBOOK_ASSERT(row != nullptr);
  return *row;
}

// An answer of a proxy, or of a page for people, is no answer.
bool is_json(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

}  // namespace

ConnectionId ConnectionIds::take() {
  if (free_.empty()) return ConnectionId{next_++};
  const ConnectionId id = free_.back();
  free_.pop_back();
  return id;
}

Connector::Connector(FeedId feed, const ConnectorOptions& options, ConnectionIds& ids)
    : feed_(feed),
      options_(options),
      ids_(&ids),
      dialect_(&row_of(feed)),
      budget_(*dialect_, options.shares),
      fetches_(budget_, options.seed + 1) {}

std::uint32_t Connector::streams_max() const {
  const std::uint32_t most =
      options_.streams_max == 0 ? dialect_->streams_max : std::min(options_.streams_max, dialect_->streams_max);
  return std::max(most, streams_a_symbol());
}

std::uint32_t Connector::streams_a_symbol() const {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < venue::stream_kinds; ++i)
    if (options_.kinds[i] && dialect_->kinds[i]) ++count;
  return count;
}

std::unique_ptr<Session> Connector::make_session() {
  const ConnectionId id = ids_->take();
  auto session = std::make_unique<Session>(*dialect_, venue::feed(feed_), options_.times, options_.stream_origin,
                                           budget_, id, options_.seed + 0x9E3779B97F4A7C15 * ++sessions_made_);
  if (by_connection_.size() <= index(id)) by_connection_.resize(index(id) + 1);
  by_connection_[index(id)] = session.get();
  return session;
}

std::size_t Connector::line_with_room() {
  for (std::size_t i = 0; i < lines_.size(); ++i)
    if (lines_[i].serving->streams() + streams_a_symbol() <= streams_max()) return i;
  lines_.push_back({make_session(), nullptr});
  return lines_.size() - 1;
}

Session* Connector::find(ConnectionId connection) {
  return index(connection) < by_connection_.size() ? by_connection_[index(connection)] : nullptr;
}

void Connector::watch(Moment now, ListingId listing, std::string_view raw_symbol, Actions& actions) {
  if (places_.size() <= index(listing)) places_.resize(index(listing) + 1);
  Place& place = places_[index(listing)];
  if (place.watched) return;
  const std::size_t lines = lines_.size();
  place = {.raw_symbol = std::string(raw_symbol), .line = line_with_room(), .watched = true};
  Line& line = lines_[place.line];
  const std::uint32_t depth = venue::depth_of(*dialect_, options_.depth);
  for (const StreamKind kind : all_kinds) {
    const auto i = static_cast<std::size_t>(kind);
    if (!options_.kinds[i] || !dialect_->kinds[i]) continue;
    line.serving->watch(now, listing, raw_symbol, kind, depth);
    if (line.successor) line.successor->watch(now, listing, raw_symbol, kind, depth);
  }
  if (!started_) return;
  if (lines_.size() > lines) line.serving->start(now, {}, actions);
  if (dialect_->instruments.each) ask_instruments(now);
  tick(now, actions);
}

void Connector::unwatch(Moment now, ListingId listing, Actions& actions) {
  if (index(listing) >= places_.size() || !places_[index(listing)].watched) return;
  places_[index(listing)].watched = false;
  Line& line = lines_[places_[index(listing)].line];
  line.serving->unwatch(now, listing);
  if (line.successor) line.successor->unwatch(now, listing);
  fetches_.drop(listing);
  if (started_) tick(now, actions);
}

void Connector::start(Moment now, Actions& actions) {
  if (started_) return;
  started_ = true;
  if (options_.instruments && !dialect_->instruments.path.empty()) instruments_due_ = now.at;
  for (Line& line : lines_) line.serving->start(now, {}, actions);
  tick(now, actions);
}

void Connector::stop(Moment now, Actions& actions) {
  started_ = false;
  instruments_due_.reset();
  fetches_.clear();
  for (Line& line : lines_) {
    if (line.successor) retire(now, std::move(line.successor), SessionReason::stopped, actions);
    retire(now, std::move(line.serving), SessionReason::stopped, actions);
  }
  lines_.clear();
  places_.clear();
}

void Connector::opened(Moment now, ConnectionId connection, Actions& actions) {
  if (Session* const session = find(connection)) session->opened(now, actions);
  after(now, actions);
}

void Connector::closed(Moment now, ConnectionId connection, const Closure& closure, Actions& actions) {
  if (Session* const session = find(connection)) session->closed(now, closure, actions);
  after(now, actions);
}

void Connector::received(Moment now, ConnectionId connection, const EventBatch& batch, std::string_view padded_frame,
                         Actions& actions) {
  Session* const session = find(connection);
  if (session == nullptr) return;
  const std::size_t before = actions.size();
  if (batch.kind == FrameKind::events) {
    session->received(now, batch, actions);
    if (actions.size() == before) [[likely]]
      return;
  } else {
    session->received(now, reader_.read(*dialect_, padded_frame), actions);
  }
  after(now, actions);
}

void Connector::alive(Moment now, ConnectionId connection) {
  if (Session* const session = find(connection)) session->alive(now);
}

void Connector::resync(Moment now, ListingId listing, Actions& actions) {
  if (index(listing) >= places_.size() || !places_[index(listing)].watched) return;
  if (dialect_->resync == venue::ResyncBy::rest) return fetch_snapshot(now, listing, actions);
  lines_[places_[index(listing)].line].serving->resync(now, listing, actions);
  after(now, actions);
}

void Connector::fetch_snapshot(Moment now, ListingId listing, Actions& actions) {
  if (index(listing) >= places_.size() || !places_[index(listing)].watched) return;
  const Place& place = places_[index(listing)];
  if (dialect_->append_snapshot_url == nullptr) {
    lines_[place.line].serving->resync(now, listing, actions);
  } else {
    std::string path;
    dialect_->append_snapshot_url(path, place.raw_symbol, venue::depth_of(*dialect_, options_.depth));
    Fetches::Wish wish;
    wish.url = rest_url(path);
    wish.weight = dialect_->snapshot_weight;
    wish.listing = listing;
    fetches_.want(now, std::move(wish));
    fetches_.tick(now, actions);
  }
  after(now, actions);
}

std::string Connector::rest_url(std::string_view path) const {
  return with_origin(std::string(dialect_->rest).append(path), options_.rest_origin);
}

void Connector::ask_addresses(Moment now) {
  for (Session* const session : by_connection_) {
    if (session == nullptr || !session->wants_address()) continue;
    session->address_asked();
    Fetches::Wish wish;
    wish.purpose = FetchPurpose::address;
    wish.url = rest_url(dialect_->token_path);
    wish.post = true;
    wish.connection = session->id();
    fetches_.want(now, std::move(wish));
  }
}

void Connector::ask_instruments(Moment now) {
  const venue::InstrumentsUrl& instruments = dialect_->instruments;
  Fetches::Wish wish;
  wish.purpose = FetchPurpose::instruments;
  wish.weight = instruments.weight;
  if (!instruments.each) {
    wish.url = rest_url(instruments.path);
    return fetches_.want(now, std::move(wish));
  }
  for (const Place& place : places_) {
    if (!place.watched) continue;
    Fetches::Wish one = wish;
    one.url = rest_url(std::string(instruments.path).append(place.raw_symbol).append(instruments.tail));
    fetches_.want(now, std::move(one));
  }
}

// Too many requests, a ban, or a time to come again: nothing is asked before.
void Connector::hold(Moment now, const FetchAnswer& answer) {
  const bool limited = answer.status == 429 || answer.status == 418;
  if (!limited && !answer.retry_after) return;
  const Nanos wait = answer.retry_after.value_or(answer.status == 429 ? seconds(60) : seconds(600));
  budget_.held_until = std::max(budget_.held_until, now.at + wait);
}

bool Connector::fetched(Moment now, const FetchAnswer& answer, Actions& actions) {
  auto wish = fetches_.take(answer.id);
  hold(now, answer);
  if (!wish) {
    after(now, actions);
    return false;
  }
  const bool usable = answer.status == 200 && is_json(answer.body);
  if (wish->purpose == FetchPurpose::address) {
    Session* const session = find(*wish->connection);
    std::optional<std::string> url;
    if (usable)
      if (auto read = reader_.read_address(*dialect_, answer.body, static_cast<std::int64_t>(++addresses_read_)))
        url = std::move(*read);
    if (session != nullptr) session->address(now, std::move(url), actions);
  } else if (!usable) {
    fetches_.again(now, std::move(*wish));
  }
  after(now, actions);
  return usable && wish->purpose != FetchPurpose::address;
}

void Connector::watch_all(Moment now, const Session& from, Session& to) {
  for (const Subscription& subscription : from.subscriptions())
    if (!subscription.unwatched)
      to.watch(now, subscription.listing, subscription.raw_symbol, subscription.kind, subscription.depth);
}

void Connector::retire(Moment now, std::unique_ptr<Session> session, SessionReason reason, Actions& actions) {
  session->end(now, reason, actions);
  fetches_.drop(session->id());
  by_connection_[index(session->id())] = nullptr;
  ids_->give_back(session->id());
  retired_.push_back(std::move(session));
}

// When the connection that serves may close.
std::optional<Steady> Connector::leaves_at(const Line& line) const {
  if (!line.successor || !line.successor->serves()) return {};
  const auto since = line.successor->live_since();
  return since ? std::optional(*since + options_.times.overlap) : std::nullopt;
}

// Make before break: a successor is made when the connection is about to be cut, and serves before the other closes.
void Connector::roll_over(Moment now, Line& line, Actions& actions) {
  if (!line.successor) {
    const auto due = line.serving->successor_due();
    if (!due || now.at < *due) return;
    line.successor = make_session();
    watch_all(now, *line.serving, *line.successor);
    line.successor->start(now, line.serving->id(), actions);
    return;
  }
  // One that is closed has nothing more to lose; one that serves is left for one that has served beside it for a while,
  // so that the engine knows the newcomer's messages.
  const auto leaves = leaves_at(line);
  if (line.serving->phase() == SessionPhase::waiting || (leaves && now.at >= *leaves)) {
    retire(now, std::move(line.serving), SessionReason::replaced, actions);
    line.serving = std::move(line.successor);
  }
}

// What every call ends with: successions, addresses and REST.
void Connector::after(Moment now, Actions& actions) {
  for (Line& line : lines_) roll_over(now, line, actions);
  ask_addresses(now);
  if (const auto due = fetches_.due(); due && now.at >= *due) fetches_.tick(now, actions);
  retired_.clear();
}

void Connector::tick(Moment now, Actions& actions) {
  if (!started_) return;
  for (std::size_t i = 0; i < by_connection_.size(); ++i)
    if (Session* const session = by_connection_[i])
      if (const auto due = session->due(); due && now.at >= *due) session->tick(now, actions);
  if (instruments_due_ && now.at >= *instruments_due_) {
    ask_instruments(now);
    instruments_due_ = now.at + options_.instruments_every;
  }
  after(now, actions);
}

std::optional<Steady> Connector::due() const {
  std::optional<Steady> earliest = fetches_.due();
  const auto consider = [&earliest](std::optional<Steady> time) {
    if (time) earliest = earliest ? std::min(*earliest, *time) : *time;
  };
  consider(instruments_due_);
  for (const Line& line : lines_) {
    consider(line.serving->due());
    if (line.successor) {
      consider(line.successor->due());
      consider(leaves_at(line));
    } else {
      consider(line.serving->successor_due());
    }
  }
  return earliest;
}

std::vector<const Session*> Connector::sessions() const {
  std::vector<const Session*> all;
  for (const Line& line : lines_) {
    all.push_back(line.serving.get());
    if (line.successor) all.push_back(line.successor.get());
  }
  return all;
}

}  // namespace crossbook::shard
