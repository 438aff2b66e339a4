// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::fakex {
namespace {

constexpr ConnectionId socket_id{0};  // one session, however often it connects
constexpr Nanos reconnect_after = milliseconds(500);
constexpr Nanos fetch_after = milliseconds(120);
constexpr Nanos fetch_again_after = seconds(1);
constexpr Nanos first_book_within = seconds(10);  // else the subscription is repeated

// A padded copy that lives until the next call.
std::string_view padded(std::string_view text) {
  static std::string buffer;
  buffer.assign(text);
  buffer.append(frame_padding, '\0');
  return std::string_view(buffer).substr(0, text.size());
}

}  // namespace

Client::Client(const market::EndpointOptions& options)
    : endpoint(options),
      protocol_(*market::find_protocol(options.venue.feed)),
      feed_(venue::find_feed(options.venue.feed).value()),
      engine_(engine::Options{}),
      start_(options.start),
      now_(options.start) {
  for (const market::ListingOptions& listing : options.venue.listings)
    listings_.push_back({.id = engine_.add_listing(feed_, listing.raw_symbol), .history = {}, .unready_since = {}});
  connect();
}

void Client::give(const decltype(Input::what)& what) {
  effects_.clear();
  engine_.on(Input{.at = Steady((now_ - start_).count()), .wall = now_, .what = what}, effects_);
  const auto position = [&](ListingId id) {
    return static_cast<std::size_t>(std::ranges::find(listings_, id, &Held::id) - listings_.begin());
  };
  for (const FetchSnapshot& fetch : effects_.fetches)
    plan(fetch_after, {.kind = Task::Kind::fetch, .listing = position(fetch.listing)});
  for (const Resync& resync : effects_.resyncs)
    plan(milliseconds(50), {.kind = Task::Kind::resync, .listing = position(resync.listing)});
}

void Client::plan(Nanos after, Task task) {
  for (const auto& [when, other] : tasks_)
    if (other.kind == task.kind && other.listing == task.listing) return;
  tasks_.emplace(now_ + after, task);
}

void Client::send(std::string_view text) {
  give(Sent{socket_id, padded(text)});
  endpoint.receive(market::ClientId(connection_), text, now_, outbox_);
  read_outbox();
}

void Client::connect() {
  if (endpoint.refuses_tls(now_) || endpoint.refuses_upgrade(now_, outbox_)) {
    read_outbox();
    return plan(seconds(1), {});
  }
  ++connection_;
  connected_ = true;
  deaf_ = false;
  heard_at_ = now_;
  for (Held& held : listings_) held.unready_since = now_;
  give(SessionState{socket_id, feed_, true, protocol_.url});
  endpoint.open(market::ClientId(connection_), "/stream", now_, outbox_);
  read_outbox();
  std::string text;
  for (std::size_t i = 0; connected_ && protocol_.request(text, endpoint.venue(), i); ++i, text.clear()) send(text);
}

void Client::drop_connection() {
  if (!connected_) return;
  connected_ = false;
  endpoint.closed(market::ClientId(connection_));
  give(SessionState{socket_id, feed_, false, {}});
  plan(reconnect_after, {});
}

void Client::fetch(std::size_t listing) {
  if (protocol_.rest_url == nullptr) return;  // the probe of a stale book; these venues are asked in the stream
  std::string url;
  protocol_.rest_url(url, endpoint.venue().listings[listing]);
  const market::HttpAnswer answer = endpoint.get(url.substr(url.find('/', 8)), now_, outbox_);
  read_outbox();
  const bool json = answer.status == 200 && answer.content_type == "application/json";
  if (!json) return plan(seconds(answer.retry_after_s.value_or(1)), {.kind = Task::Kind::fetch, .listing = listing});
  keep_truths();
  give(HttpBody{feed_, url, padded(answer.body)});
  if (!engine_.book(listings_[listing].id).ready())
    plan(fetch_again_after, {.kind = Task::Kind::fetch, .listing = listing});
}

void Client::resync(std::size_t listing) {
  if (!connected_ || engine_.book(listings_[listing].id).ready()) return;
  if (protocol_.rest) return plan(fetch_after, {.kind = Task::Kind::fetch, .listing = listing});
  if (protocol_.resync_request == nullptr) return drop_connection();
  std::string text;
  const market::ListingOptions& options = endpoint.venue().listings[listing];
  for (std::size_t i = 0; connected_ && protocol_.resync_request(text, endpoint.venue(), options, i); ++i, text.clear())
    send(text);
}

void Client::read_outbox() {
  keep_truths();
  const market::Outbox sent = std::exchange(outbox_, {});
  for (const market::Outgoing& outgoing : sent) {
    if (!connected_ || deaf_ || index(outgoing.client) != connection_) continue;
    switch (outgoing.kind) {
      case market::Outgoing::Kind::ping: break;
      case market::Outgoing::Kind::half_open: deaf_ = true; break;
      case market::Outgoing::Kind::close:
      case market::Outgoing::Kind::reset: drop_connection(); break;
      case market::Outgoing::Kind::text:
        heard_at_ = now_;
        give(Frame{socket_id, padded(outgoing.text)});
        look();
        break;
    }
  }
}

void Client::keep_truths() {
  for (market::Truth& truth : endpoint.truths()) {
    auto& known = truths_[truth.raw_symbol];
    const std::int64_t number = truth.sequence;
    known.insert_or_assign(number, std::move(truth));
    if (known.size() > 2'000) known.erase(known.begin());
  }
  endpoint.truths().clear();
}

void Client::run(Nanos duration) {
  const Wall end = now_ + duration;
  for (;;) {
    Wall next = endpoint.next_due();
    if (!tasks_.empty()) next = std::min(next, tasks_.begin()->first);
    if (const auto due = engine_.next_due()) next = std::min(next, start_ + Nanos(due->nanos()));
    if (next > end) break;
    now_ = std::max(now_, next);
    endpoint.advance(now_, outbox_);
    read_outbox();
    give(Tick{});
    look();
    do_tasks();
    watch();
  }
  now_ = end;
}

void Client::do_tasks() {
  while (!tasks_.empty() && tasks_.begin()->first <= now_) {
    const Task task = tasks_.begin()->second;
    tasks_.erase(tasks_.begin());
    switch (task.kind) {
      case Task::Kind::connect: connect(); break;
      case Task::Kind::fetch: fetch(task.listing); break;
      case Task::Kind::resync: resync(task.listing); break;
    }
    look();
  }
}

// A connection that is silent for too long is given up; a book that does not come is asked for again.
void Client::watch() {
  if (!connected_) return;
  if (now_ - heard_at_ > venue::feed(feed_).silence_max + milliseconds(10)) return drop_connection();
  for (std::size_t i = 0; i < listings_.size(); ++i) {
    Held& held = listings_[i];
    const book::BookState state = engine_.book(held.id).state();
    if (state == book::BookState::ready || state == book::BookState::stale) {
      held.unready_since.reset();
    } else if (!held.unready_since) {
      held.unready_since = now_;
    } else if (now_ - *held.unready_since > first_book_within) {
      held.unready_since = now_;
      if (protocol_.rest) return drop_connection();  // the stream is silent, or has nothing to bridge from
      resync(i);
      if (!connected_) return;
    }
  }
}

std::string Client::state(std::size_t listing) const {
  const book::VenueBook& book = engine_.book(listings_[listing].id);
  std::string text = to_string(book.state());
  if (book.reason() != Reason::none) text += std::string(": ") + to_string(book.reason());
  return text;
}

void Client::look() {
  for (std::size_t i = 0; i < listings_.size(); ++i) {
    Held& held = listings_[i];
    const book::VenueBook& book = engine_.book(held.id);
    if (book.ready()) {
      held.was_ready = true;
      compare(held, endpoint.venue().listings[i].raw_symbol);
    } else if (held.was_ready && book.state() != book::BookState::syncing) {
      const std::string now = state(i);
      if (std::ranges::find(held.history, now) == held.history.end()) held.history.push_back(now);
    }
  }
}

// The number by which this feed's book is known, as Truth::sequence has it.
std::optional<std::int64_t> Client::number_of(const book::VenueBook& book) const {
  const std::string_view feed = venue::feed(feed_).name;
  if (feed != "kraken" && !feed.starts_with("coinbase")) return book.last_seq();
  if (!book.ts_event()) return {};
  return feed == "coinbase" ? book.ts_event()->nanos() : book.ts_event()->nanos() / 1'000;
}

void Client::compare(Held& held, std::string_view raw_symbol) {
  const auto number = number_of(engine_.book(held.id));
  const auto known = truths_.find(raw_symbol);
  if (!number || known == truths_.end() || held.compared == number) return;
  held.compared = number;
  // Coinbase's levels carry microseconds of the venue's nanoseconds.
  const auto truth = known->second.lower_bound(*number);
  if (truth == known->second.end() || truth->first - *number >= 1'000) return;
  if (truth->first != *number && protocol_.feed != "coinbase") return;
  ++compared_;
  held.wrong = held.wrong || !equal(held.id, truth->second);
}

bool Client::is_right(std::size_t listing) const {
  const auto truth = endpoint.true_book(endpoint.venue().listings[listing].raw_symbol);
  return truth && engine_.book(listings_[listing].id).ready() && equal(listings_[listing].id, *truth);
}

bool Client::equal(ListingId id, const market::Truth& truth) const {
  const Listing& listing = engine_.listings()[id];
  const book::VenueBook& book = engine_.book(id);
  const auto same = [](std::int64_t mine, int scale, std::int64_t theirs, int their_scale) {
    return scale >= their_scale ? mine == theirs * power_of_ten(scale - their_scale)
                                : mine * power_of_ten(their_scale - scale) == theirs;
  };
  for (const Side side : {Side::bid, Side::ask}) {
    const std::vector<Level>& levels = side == Side::bid ? truth.bids : truth.asks;
    if (book.levels(side) != levels.size()) return false;
    std::size_t i = 0;
    bool equal = true;
    book.for_each(side, [&](const book::WideLevel& level) {
      equal = same(level.price.count(), listing.price_scale, levels[i].price.count(), truth.price_scale) &&
              same(static_cast<std::int64_t>(level.quantity.count()), listing.quantity_scale,
                   levels[i].quantity.count(), truth.quantity_scale);
      ++i;
      return equal;
    });
    if (!equal) return false;
  }
  return true;
}

}  // namespace crossbook::fakex
