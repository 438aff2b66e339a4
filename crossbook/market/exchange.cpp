// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/exchange.hpp"

#include <algorithm>
#include <utility>

#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"

namespace crossbook::market {
namespace {

const Protocol& protocol_of(const VenueOptions& options) {
  const Protocol* protocol = find_protocol(options.feed);
  CROSSBOOK_ASSERT(protocol != nullptr);
  CROSSBOOK_ASSERT(protocol->deletes_pushed_out || options.depth > 0);
  return *protocol;
}

void reserve(Sides& sides, std::size_t levels) {
  for (std::vector<Level>& side : sides) side.reserve(levels);
}

}  // namespace

BookState::BookState(const VenueOptions& venue, const ListingOptions& what, const InstrumentOptions& traded_there,
                     Random draws)
    : listing(&what), traded(venue, what, traded_there, draws), last(traded.last_id()) {
  for (Sides* sides : {&published, &changes, &rest}) reserve(*sides, 4 * venue.levels);
  prints.reserve(64);
}

Exchange::Exchange(const VenueOptions& options, const std::vector<InstrumentOptions>& instruments, Random random,
                   std::uint16_t position, Wall start, World& world)
    : options_(options),
      protocol_(protocol_of(options)),
      world_(world),
      random_(random),
      position_(position),
      socket_name_("ws." + std::to_string(position + 1)),
      http_name_("http." + std::to_string(position + 1)),
      rest_(protocol_.rest && !options.whole_books),
      now_(start),
      stamped_(start - seconds(1)) {
  for (const ListingOptions& listing : options.listings) {
    CROSSBOOK_ASSERT(listing.instrument < instruments.size());
    books_.emplace_back(options, listing, instruments[listing.instrument], Random(random_.bits()));
    BookState& state = books_.back();
    state.traded.open(world_.fair[listing.instrument], start);
    const std::size_t book = books_.size() - 1;
    add(Nanos(random_.below(options.quote_every.count())), Happening::quote, book);
    if (publishes_by_clock()) add(Nanos(random_.below(options.publish_every.count())), Happening::publish, book);
  }
  add(milliseconds(20 + 15 * position), Happening::open);
  if (protocol_.heartbeat_every.count() > 0) add(protocol_.heartbeat_every, Happening::heartbeat);
  const FaultOptions& faults = world_.fault_options;
  const auto plan = [&](Nanos every, Happening what) {
    if (every.count() > 0) add(Nanos(random_.waiting(every.count())), what);
  };
  plan(faults.stall_every, Happening::fault_stall);
  plan(faults.disconnect_every, Happening::fault_disconnect);
  if (protocol_.shows_loss) plan(faults.drop_every, Happening::fault_drop);
}

bool Exchange::handle(const Due& due, Record& out) {
  now_ = due.t;
  using enum Happening;
  switch (due.what) {
    case quote: change_book(due); return false;
    case publish: return send_changes(due, out);
    case heartbeat: return beat(out);
    case fault_stall:
    case fault_disconnect:
    case fault_drop: fault(due.what); return false;
    case resume: end_silence(); return false;
    case open: return open_socket(out);
    default: return due.epoch == epoch_ && talk(due, out);
  }
}

// What belongs to one connection and is void once it is gone.
bool Exchange::talk(const Due& due, Record& out) {
  using enum Happening;
  switch (due.what) {
    case request: return send_request(due, out);
    case reply: return send_reply(due, out);
    case snapshot: return send_snapshot(books_[due.book], out);
    case trades: return send_trades(due, out);
    case bbo: return send_bbo(books_[due.book], out);
    case pong: return send_pong(out);
    case rest_take: take_rest(due); return false;
    case rest_send: return send_rest(books_[due.book], out);
    case resync_request: return send_resync_request(due, out);
    case resync_reply: return send_resync_reply(due, out);
    default: CROSSBOOK_ASSERT(false);
  }
}

bool Exchange::open_socket(Record& out) {
  ++epoch_;
  sequence_ = 0;
  connected_ = muted_ = drop_next_ = false;
  if (open_silence_) world_.faults[*std::exchange(open_silence_, {})].over_at = now_;
  for (BookState& state : books_) {
    state.truth = BookTruth::unknown;
    state.subscribed = state.resyncing = state.holds_rest = state.prints_due = false;
    state.prints.clear();
    state.prints_sent = 0;
    state.bbo_bid = state.bbo_ask = Level{};
    for (std::vector<Level>& side : state.published) side.clear();
  }
  add(microseconds(random_.between(500, 3'000)), Happening::request);
  out.url = protocol_.url;
  return record(out, Direction::open);
}

bool Exchange::send_request(const Due& due, Record& out) {
  if (!protocol_.request(out.raw, options_, due.i)) {
    add(round_trip(), Happening::reply);
    return false;
  }
  add(microseconds(100), Happening::request, 0, due.i + 1);
  out.url = protocol_.url;
  return record(out, Direction::out);
}

bool Exchange::send_reply(const Due& due, Record& out) {
  if (protocol_.reply(out.raw, options_, due.i, stamp())) {
    add(microseconds(random_.between(50, 400)), Happening::reply, 0, due.i + 1);
    ++sequence_;
    return record(out, Direction::in);
  }
  connected_ = true;
  for (std::size_t book = 0; book < books_.size(); ++book) {
    books_[book].subscribed = rest_ || options_.whole_books;
    if (!books_[book].subscribed) add(milliseconds(random_.between(1, 20)), Happening::snapshot, book);
  }
  return false;
}

bool Exchange::send_resync_request(const Due& due, Record& out) {
  if (!protocol_.resync_request(out.raw, options_, *books_[due.book].listing, due.i)) {
    add(round_trip(), Happening::resync_reply, due.book);
    return false;
  }
  add(microseconds(100), Happening::resync_request, due.book, due.i + 1);
  out.url = protocol_.url;
  return record(out, Direction::out);
}

bool Exchange::send_resync_reply(const Due& due, Record& out) {
  BookState& state = books_[due.book];
  state.subscribed = false;
  if (!protocol_.resync_reply(out.raw, options_, *state.listing, due.i, stamp())) {
    add(milliseconds(random_.between(1, 20)), Happening::snapshot, due.book);
    return false;
  }
  add(microseconds(random_.between(200, 2'000)), Happening::resync_reply, due.book, due.i + 1);
  ++sequence_;
  return record(out, Direction::in);
}

bool Exchange::beat(Record& out) {
  add(protocol_.heartbeat_every, Happening::heartbeat);
  if (!connected_ || muted_) return false;
  if (protocol_.ping == nullptr) return send_pong(out);
  add(round_trip(), Happening::pong);
  protocol_.ping(out.raw);
  out.url = protocol_.url;
  return record(out, Direction::out);
}

bool Exchange::send_pong(Record& out) {
  if (muted_) return false;
  protocol_.heartbeat(out.raw, stamp(), ++heartbeats_);
  ++sequence_;
  return record(out, Direction::in);
}

std::optional<TrueBook> Exchange::true_book(std::string_view raw_symbol) const {
  const auto named = [&](const BookState& s) { return s.listing->raw_symbol == raw_symbol; };
  const auto state = std::ranges::find_if(books_, named);
  if (state == books_.end()) return {};
  TrueBook book{.bids = {},
                .asks = {},
                .price_scale = state->listing->price_scale,
                .quantity_scale = state->listing->quantity_scale,
                .truth = state->truth};
  if (state->truth == BookTruth::unknown || state->truth == BookTruth::lost) return book;
  const Sides& held = state->holds_rest ? state->rest : state->published;
  book.bids = held[bids];
  book.asks = held[asks];
  return book;
}

// A venue's clock never shows one microsecond twice: Bitstamp orders its frames by it.
Stamp Exchange::stamp() {
  const Wall drawn = now_ - options_.latency - Nanos(random_.waiting(options_.latency_jitter.count()));
  stamped_ = std::max(drawn, stamped_ + microseconds(1));
  return {.at = stamped_, .connection_sequence = sequence_};
}

void Exchange::add(Nanos after, Happening what, std::size_t book, std::uint32_t i) {
  world_.schedule.add(Due{.t = now_ + after,
                          .what = what,
                          .venue = position_,
                          .book = static_cast<std::uint16_t>(book),
                          .i = i,
                          .epoch = epoch_});
}

bool Exchange::record(Record& out, Direction dir) {
  out.t = now_;
  out.feed = options_.feed;
  out.conn = dir == Direction::http ? http_name_ : socket_name_;
  out.dir = dir;
  out.raw.reserve(out.raw.size() + frame_padding);
  return true;
}

}  // namespace crossbook::market
