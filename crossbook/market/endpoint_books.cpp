// SPDX-License-Identifier: Apache-2.0
// What is traded at an endpoint, and what it says about it.
#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/market/endpoint_machine.hpp"

namespace crossbook::market {
namespace {

constexpr Nanos snapshot_age_min = seconds(5);  // of a stale REST snapshot

std::span<const Level> best(const std::vector<Level>& levels, std::size_t limit) {
  return std::span(levels).first(limit == 0 ? levels.size() : std::min(limit, levels.size()));
}

}  // namespace

void EndpointMachine::start(std::size_t position) {
  Stream& stream = streams[position];
  if (stream.key.channel != Channel::book) return;
  const ListedBook& listed = books[stream.key.book];
  listed.traded.take_window(stream.key.depth, stream.published);
  stream.marked.reset();
  stream.last = listed.traded.last_id();
  stream.stamped = stamp().at;
  ++stream.number;
  keep_truth(stream, frame_of(stream, stream.published));
  if (stream.spoken.publish_every <= stream.spoken.quote_every || stream.scheduled) return;
  stream.scheduled = true;
  add(Nanos(random.below(stream.spoken.publish_every.count())), Happening::publish, stream.key.book, position);
}

void EndpointMachine::change_book(std::size_t book) {
  ListedBook& listed = books[book];
  add(listed.traded.draw_wait(), Happening::quote, book);
  if (listed.halted || listed.delisted) return;
  if (now - listed.newer.at >= snapshot_age_min) age(listed);
  listed.prints.clear();
  listed.traded.turn(fair[options.venue.listings[book].instrument], now, listed.prints);
  for (const std::size_t position : listed.streams) {
    Stream& stream = streams[position];
    if (stream.clients.empty()) continue;
    const bool after_each_change = stream.spoken.publish_every <= stream.spoken.quote_every;
    switch (stream.key.channel) {
      case Channel::book:
        if (after_each_change) publish(position);
        break;
      case Channel::trades: publish_trades(stream, listed); break;
      case Channel::bbo: publish_bbo(stream, listed, !listed.prints.empty()); break;
      default: break;
    }
  }
}

void EndpointMachine::age(ListedBook& listed) {
  listed.older = listed.newer;
  listed.traded.take_window(0, listed.newer.sides);
  listed.newer.at = now;
  listed.newer.last = listed.traded.last_id();
}

// A frame that shows the stream as it was published last.
BookFrame EndpointMachine::frame_of(const Stream& stream, const Sides& sent) {
  return {.venue = stream.spoken,
          .listing = options.venue.listings[stream.key.book],
          .stamp = {.at = stream.stamped},
          .bids = sent[bids],
          .asks = sent[asks],
          .book_bids = stream.published[bids],
          .book_asks = stream.published[asks],
          .first = stream.last + 1,
          .last = stream.last,
          .previous = stream.last,
          .number = stream.number};
}

void EndpointMachine::publish(std::size_t position) {
  Stream& stream = streams[position];
  const ListedBook& listed = books[stream.key.book];
  if (listed.halted || listed.delisted) return;
  const WindowRule rule{.depth = stream.key.depth, .with_pushed_out = skin.protocol->deletes_pushed_out};
  const Sides& before = stream.marked ? *stream.marked : stream.published;
  for (std::vector<Level>& side : changes_) side.clear();
  append_changes(Side::bid, before[bids], listed.traded.book().bids(), rule, changes_[bids]);
  append_changes(Side::ask, before[asks], listed.traded.book().asks(), rule, changes_[asks]);
  if (changes_[bids].empty() && changes_[asks].empty()) return;
  listed.traded.take_window(stream.key.depth, stream.published);
  stream.marked.reset();
  stream.stamped = stamp().at;
  ++stream.number;
  BookFrame frame = frame_of(stream, stream.key.whole_books ? stream.published : changes_);
  frame.snapshot = stream.key.whole_books;
  frame.last = listed.traded.last_id();
  stream.last = frame.last;
  keep_truth(stream, frame);
  for (const ClientId id : stream.clients)
    if (Client* client = find_client(id)) deliver(*client, *find_subscription(*client, position), stream, frame);
}

void EndpointMachine::publish_trades(Stream& stream, ListedBook& listed) {
  if (listed.prints.empty()) return;
  const std::size_t at_once = skin.protocol->one_print_a_frame ? 1 : listed.prints.size();
  for (std::size_t i = 0; i < listed.prints.size(); i += at_once)
    for (const ClientId id : stream.clients) {
      Client* client = find_client(id);
      if (client == nullptr) continue;
      std::string text;
      skin.protocol->trades(text, TradeFrame{.listing = options.venue.listings[stream.key.book],
                                             .stamp = stamp(*client),
                                             .prints = std::span(listed.prints).subspan(i, at_once)});
      say(*client, std::move(text));
    }
}

void EndpointMachine::publish_bbo(Stream& stream, ListedBook& listed, bool after_trade) {
  const Level& bid = listed.traded.book().bids().front();
  const Level& ask = listed.traded.book().asks().front();
  if ((bid == stream.bid && ask == stream.ask) || (skin.protocol->bbo_on_match && !after_trade)) return;
  stream.bid = bid;
  stream.ask = ask;
  ++stream.number;
  for (const ClientId id : stream.clients) {
    Client* client = find_client(id);
    if (client == nullptr) continue;
    std::string text;
    skin.protocol->bbo(text, BboFrame{.listing = options.venue.listings[stream.key.book],
                                      .stamp = stamp(*client),
                                      .bid = bid,
                                      .ask = ask,
                                      .last = listed.traded.last_id(),
                                      .number = stream.number});
    say(*client, std::move(text));
  }
}

void EndpointMachine::send_snapshot(Client& client, Subscription& subscription, Stream& stream) {
  BookFrame frame = frame_of(stream, stream.published);
  frame.snapshot = true;
  deliver(client, subscription, stream, frame);
}

void EndpointMachine::keep_truth(const Stream& stream, const BookFrame& frame) {
  ++counts.published;
  if (!options.truths) return;
  Truth& truth = truths.emplace_back(truth_of(stream));
  truth.sequence = skin.sequence(frame);
}

Truth EndpointMachine::truth_of(const Stream& stream) const {
  const ListingOptions& listing = options.venue.listings[stream.key.book];
  return {.symbol = options.instruments[listing.instrument].symbol,
          .raw_symbol = listing.raw_symbol,
          .depth = stream.key.depth,
          .at = stream.stamped,
          .sequence = 0,
          .price_scale = listing.price_scale,
          .quantity_scale = listing.quantity_scale,
          .bids = stream.published[bids],
          .asks = stream.published[asks]};
}

std::optional<Truth> EndpointMachine::true_book(std::string_view raw_symbol, std::uint32_t depth) const {
  for (const Stream& stream : streams) {
    if (stream.key.channel != Channel::book || stream.number == 0) continue;
    if (options.venue.listings[stream.key.book].raw_symbol != raw_symbol) continue;
    if (depth != 0 && stream.key.depth != depth) continue;
    Truth truth = truth_of(stream);
    const BookFrame frame{.venue = stream.spoken,
                          .listing = options.venue.listings[stream.key.book],
                          .stamp = {.at = stream.stamped},
                          .bids = {},
                          .asks = {},
                          .book_bids = {},
                          .book_asks = {},
                          .last = stream.last,
                          .number = stream.number};
    truth.sequence = skin.sequence(frame);
    return truth;
  }
  return {};
}

// What the venue's own book is now, or for a fault an old one or another symbol's. Where clients bridge from it, what
// differs from the stream comes again with the next message.
BookFrame EndpointMachine::rest_frame(std::size_t book, std::size_t limit) {
  if (plan.strikes(FaultName::stale_snapshot, book, now)) return stale_frame(book);
  if (plan.strikes(FaultName::wrong_snapshot, book, now)) book = (book + 1) % books.size();
  const ListedBook& listed = books[book];
  listed.traded.take_window(0, rest_);
  Stream spoken;
  spoken.key.book = book;
  spoken.spoken = options.venue;
  BookFrame frame{.venue = options.venue,
                  .listing = options.venue.listings[book],
                  .stamp = stamp(),
                  .snapshot = true,
                  .bids = best(rest_[bids], limit),
                  .asks = best(rest_[asks], limit),
                  .book_bids = rest_[bids],
                  .book_asks = rest_[asks],
                  .last = listed.traded.last_id()};
  if (!skin.protocol->rest) return frame;
  for (const std::size_t position : listed.streams) {
    Stream& stream = streams[position];
    if (stream.key.channel != Channel::book || stream.clients.empty()) continue;
    if (!stream.marked) stream.marked = stream.published;
    mark_differences(Side::bid, (*stream.marked)[bids], rest_[bids], scratch_);
    mark_differences(Side::ask, (*stream.marked)[asks], rest_[asks], scratch_);
  }
  if (options.truths) {
    Stream shown;
    shown.key.book = book;
    shown.published = rest_;
    shown.stamped = frame.stamp.at;
    truths.push_back(truth_of(shown));
    truths.back().sequence = skin.sequence(frame);
  }
  return frame;
}

BookFrame EndpointMachine::stale_frame(std::size_t book) {
  const ListedBook& listed = books[book];
  rest_ = listed.older.sides;
  return {.venue = options.venue,
          .listing = options.venue.listings[book],
          .stamp = {.at = listed.older.at},
          .snapshot = true,
          .bids = rest_[bids],
          .asks = rest_[asks],
          .book_bids = rest_[bids],
          .book_asks = rest_[asks],
          .last = listed.older.last};
}

const VenueOptions& Rest::venue() const { return machine_.options.venue; }
const Protocol& Rest::protocol() const { return *machine_.skin.protocol; }
std::string_view Rest::symbol(std::size_t book) const {
  return machine_.options.instruments[venue().listings[book].instrument].symbol;
}
std::int64_t Rest::min_notional(std::size_t book) const { return venue().listings[book].min_notional; }
std::optional<std::size_t> Rest::find(std::string_view raw_symbol) const { return machine_.find_book(raw_symbol); }
std::vector<std::size_t> Rest::listed() const {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < machine_.books.size(); ++i)
    if (!machine_.books[i].delisted) positions.push_back(i);
  return positions;
}
bool Rest::halted(std::size_t book) const { return machine_.books[book].halted; }
Wall Rest::time() const { return machine_.stamp().at; }
BookFrame Rest::book(std::size_t book, std::size_t limit) {
  machine_.book_shown = true;
  return machine_.rest_frame(book, limit);
}

}  // namespace crossbook::market
