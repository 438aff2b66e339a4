// SPDX-License-Identifier: Apache-2.0
#include "feeds.hpp"

#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::sim {
namespace {

constexpr std::uint64_t feeds_stream = 77'002;
constexpr std::uint64_t house_stream = 77'003;
constexpr std::uint32_t house_socket = 0;  // of each process; the market's come behind it
constexpr std::uint32_t sockets_of_a_process = 16;

market::Session session_of(market::SessionOptions options, std::uint64_t part) {
  options.seed = options.seed * 1'000 + part;
  return market::Session(std::move(options));
}

}  // namespace

Input Received::input(Steady at, Wall wall) const {
  const std::string_view text(bytes.data(), size);
  switch (kind) {
    case Kind::open: return {at, wall, SessionState{connection, feed, true, url}};
    case Kind::close: return {at, wall, SessionState{connection, feed, false, url}};
    case Kind::sent: return {at, wall, Sent{connection, text}};
    case Kind::body: return {at, wall, HttpBody{feed, url, text}};
    case Kind::frame: return {at, wall, Frame{connection, text}};
    case Kind::behind: return {at, wall, Behind{connection, true}};
    case Kind::caught_up: return {at, wall, Behind{connection, false}};
  }
  CROSSBOOK_ASSERT(false);
}

FaultyFeeds::FaultyFeeds(const Plan& plan, Steady at)
    : faults_(plan.feeds),
      options_(plan.market),
      random_(plan.seed, feeds_stream),
      session_(session_of(plan.market, 0)),
      house_(market::Random(plan.seed, house_stream)) {
  restart(at);
}

void FaultyFeeds::restart(Steady at) {
  session_ = session_of(options_, sockets_);
  sockets_ += sockets_of_a_process;
  began_at_ = at;
  under_way_.clear();
  lines_.clear();
  session_.next(ahead_);
  Received open;
  open.kind = Received::Kind::open;
  open.feed = venue::find_feed(house_feed).value();
  open.connection = ConnectionId(sockets_ + house_socket);
  deliver(open, at);
  Received turn = open;
  turn.kind = Received::Kind::frame;
  deliver(std::move(turn), at + house_.wait());
}

Steady FaultyFeeds::arrives_at() const { return began_at_ + (ahead_.t - options_.start); }

// What is first under way is next once the market can send nothing before it.
std::optional<Steady> FaultyFeeds::next_at() {
  if (dead_) return {};
  while (under_way_.empty() || arrives_at() <= under_way_.begin()->first.first) pull();
  return under_way_.begin()->first.first;
}

Received FaultyFeeds::take(const std::vector<ShownOrder>& ours) {
  const Steady at = under_way_.begin()->first.first;
  Received received = std::move(under_way_.begin()->second);
  under_way_.erase(under_way_.begin());
  const bool house = index(received.connection) == sockets_ + house_socket;
  if (!house || received.kind != Received::Kind::frame) return received;
  deliver(received, at + house_.wait());
  received.bytes = house_.turn(fair_price(), ours);
  received.size = received.bytes.size();
  received.bytes.append(frame_padding, ' ');
  return received;
}

void FaultyFeeds::deliver(Received received, Steady at) {
  under_way_.emplace(Key{at, sequence_++}, std::move(received));
}

// What an old socket still held never arrives.
void FaultyFeeds::forget_held(FeedId feed) {
  std::erase_if(under_way_, [feed](const auto& held) {
    return held.second.feed == feed && held.second.kind != Received::Kind::body;
  });
}

void FaultyFeeds::pull() {
  const Steady at = arrives_at();
  Received received;
  received.feed = venue::find_feed(ahead_.feed).value();
  const auto socket = std::ranges::find(options_.venues, ahead_.feed, &market::VenueOptions::feed);
  received.connection = ConnectionId(sockets_ + 1 + static_cast<std::uint32_t>(socket - options_.venues.begin()));
  received.url = ahead_.url;
  received.bytes = ahead_.raw;
  received.size = received.bytes.size();
  received.bytes.append(frame_padding, ' ');
  const market::Direction dir = ahead_.dir;
  session_.next(ahead_);
  if (dir == market::Direction::open) {
    received.kind = Received::Kind::open;
    forget_held(received.feed);
    lines_[received.feed] = {};
    deliver(std::move(received), at);
    return;
  }
  if (dir == market::Direction::out) received.kind = Received::Kind::sent;
  if (dir == market::Direction::http) received.kind = Received::Kind::body;
  spoil(std::move(received), at);
}

// At most one of the faults hits a message.
void FaultyFeeds::spoil(Received received, Steady at) {
  using Kind = Received::Kind;
  Line& line = lines_[received.feed];
  if (received.kind == Kind::sent) return deliver(std::move(received), at);
  if (line.closed && received.kind == Kind::frame) return;
  if (at < line.muted_until) {
    received.fault = "held back";
    if (line.keeps) deliver(std::move(received), line.muted_until);
    return;
  }
  if (one_in(faults_.drop)) return;
  if (one_in(faults_.mute)) {
    line.muted_until = at + Nanos(random_.waiting(random_.one_in(4) ? 20'000'000'000 : 2'000'000'000));
    line.keeps = random_.one_in(2);
    return;
  }
  if (received.kind == Kind::frame && one_in(faults_.close)) {
    line.closed = true;
    forget_held(received.feed);
    received.kind = Kind::close;
    return deliver(std::move(received), at);
  }
  if (received.kind == Kind::frame && one_in(faults_.lag)) lag(received, at);
  if (one_in(faults_.lie)) falsify(received);
  if (one_in(faults_.cut)) {
    received.size = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(received.size)));
    received.bytes.resize(received.size);
    received.bytes.append(frame_padding, ' ');
    received.fault = "cut";
  }
  if (one_in(faults_.reorder)) {
    received.fault = "late";
    return deliver(std::move(received), at + Nanos(random_.waiting(1'500'000'000)));
  }
  if (one_in(faults_.duplicate)) {
    Received again = received;
    again.fault = "again";
    deliver(std::move(again), at + Nanos(random_.waiting(300'000'000)));
  }
  deliver(std::move(received), at);
}

// Its connection is behind from here on, and again and again says so, for a while.
void FaultyFeeds::lag(Received received, Steady at) {
  received.bytes.clear();
  received.size = 0;
  received.kind = Received::Kind::behind;
  deliver(received, at);
  if (one_in(4)) deliver(received, at + Nanos(random_.waiting(300'000'000)));
  received.kind = Received::Kind::caught_up;
  deliver(std::move(received), at + Nanos(random_.waiting(1'000'000'000)));
}

// Another digit somewhere, or one more behind a decimal point.
void FaultyFeeds::falsify(Received& received) {
  std::vector<std::size_t> digits;
  const bool finer = random_.one_in(6);
  for (std::size_t i = 1; i < received.size; ++i) {
    const auto digit = [&](std::size_t at) { return received.bytes[at] >= '0' && received.bytes[at] <= '9'; };
    if (digit(i) && (!finer || received.bytes[i - 1] == '.')) digits.push_back(i);
  }
  if (digits.empty()) return;
  const std::size_t at = digits[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(digits.size())))];
  const char digit = static_cast<char>('0' + random_.below(10));
  if (finer) {
    received.bytes.insert(at, 1, digit);
    ++received.size;
  } else {
    received.bytes[at] = digit;
  }
  received.fault = "a lie";
}

}  // namespace crossbook::sim
