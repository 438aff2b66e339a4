// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <ranges>

#include "crossbook/market/exchange.hpp"

namespace crossbook::market {
namespace {

constexpr std::size_t levels_hit_max = 6;

// Marks what differs between the published book and a REST answer, so that the next delta carries it whatever it is by
// then: a client that starts from the answer must come to the same book as one that followed all along.
void mark_differences(Side side, std::vector<Level>& published, const std::vector<Level>& answer,
                      std::vector<Level>& scratch) {
  constexpr Quantity differs(-1);
  scratch.clear();
  append_changes(side, published, answer, WindowRule{}, scratch);
  for (const Level& change : scratch) {
    const auto closer = [side](Price a, Price b) { return better(side, a, b); };
    const auto at = std::ranges::lower_bound(published, change.price, closer, &Level::price);
    if (at != published.end() && at->price == change.price) {
      at->quantity = differs;
    } else {
      published.insert(at, Level{change.price, differs});
    }
  }
}

}  // namespace

// Either the makers move, or a taker comes and finds what they left.
void Exchange::change_book(const Due& due) {
  BookState& state = books_[due.book];
  const std::int64_t mean = options_.quote_every.count();
  add(milliseconds(1) + Nanos(state.random.waiting(mean)), Happening::quote, due.book);
  if (state.random.one_in(std::max<std::int64_t>(1, options_.trade_every.count() / mean))) {
    hit(state);
  } else {
    const Wall seen = now_ - options_.latency - options_.lag;
    state.maker.refresh(world_.fair[state.listing->instrument].at(seen), state.book);
  }
  if (!connected_) {
    state.prints.clear();
    return;
  }
  if (!state.prints.empty() && !state.prints_due) {
    state.prints_due = true;
    add(microseconds(60), Happening::trades, due.book);
  }
  if (protocol_.bbo != nullptr && (state.prints_due || !protocol_.bbo_on_match))
    add(microseconds(110), Happening::bbo, due.book);
  if (!publishes_by_clock()) add(microseconds(200), Happening::publish, due.book, 1);
}

// Half of the takers know the price of this moment and take what is out of line with it; the others want one side or
// the other for reasons of their own.
void Exchange::hit(BookState& state) {
  const ListingOptions& listing = *state.listing;
  const std::int64_t fair = world_.fair[listing.instrument].at(now_ - options_.latency);
  const std::int64_t sum = state.book.bids().front().price.count() + state.book.asks().front().price.count();
  std::int64_t twice_fair = 2 * fair;
  for (int scale = listing.price_scale; scale < fair_scale; ++scale) twice_fair /= 10;
  const bool informed = state.random.one_in(2);
  const Side taker = (informed ? twice_fair > sum : state.random.one_in(2)) ? Side::bid : Side::ask;
  const std::int64_t drawn = state.random.waiting(state.taker_quantity.count());
  const Quantity wanted(std::max(drawn / listing.lot * listing.lot, listing.lot));
  const std::size_t before = state.prints.size();
  state.book.take(taker, wanted, levels_hit_max, state.prints);
  for (std::size_t i = before; i < state.prints.size(); ++i) state.prints[i].id = ++state.print_id;
}

bool Exchange::send_trades(const Due& due, Record& out) {
  BookState& state = books_[due.book];
  state.prints_due = false;
  if (muted_ || state.prints.empty()) return false;
  const std::span<const Print> waiting = std::span(state.prints).subspan(state.prints_sent);
  const std::span<const Print> sent = protocol_.one_print_a_frame ? waiting.first(1) : waiting;
  protocol_.trades(out.raw, TradeFrame{.listing = *state.listing, .stamp = stamp(), .prints = sent});
  ++sequence_;
  state.prints_sent += sent.size();
  if (state.prints_sent == state.prints.size()) {
    state.prints.clear();
    state.prints_sent = 0;
  } else {
    state.prints_due = true;
    add(microseconds(15), Happening::trades, due.book);
  }
  return record(out, Direction::in);
}

bool Exchange::send_bbo(BookState& state, Record& out) {
  const Level& bid = state.book.bids().front();
  const Level& ask = state.book.asks().front();
  if (muted_ || !connected_ || (bid == state.bbo_bid && ask == state.bbo_ask)) return false;
  state.bbo_bid = bid;
  state.bbo_ask = ask;
  protocol_.bbo(out.raw, BboFrame{.listing = *state.listing,
                                  .stamp = stamp(),
                                  .bid = bid,
                                  .ask = ask,
                                  .last = state.id_base + state.book.changes(),
                                  .number = ++state.bbo_number});
  ++sequence_;
  return record(out, Direction::in);
}

void Exchange::take_window(const BookState& state, Sides& window) const {
  for (const Side side : {Side::bid, Side::ask}) {
    const std::vector<Level>& levels = state.book.side(side);
    const auto sent = levels | std::views::take(options_.depth == 0 ? levels.size() : options_.depth);
    window[side == Side::bid ? bids : asks].assign(sent.begin(), sent.end());
  }
}

BookFrame Exchange::frame_of(const BookState& state, const Sides& sent, const Sides& book) {
  return {.venue = options_,
          .listing = *state.listing,
          .stamp = stamp(),
          .bids = sent[bids],
          .asks = sent[asks],
          .book_bids = book[bids],
          .book_asks = book[asks],
          .first = state.last + 1,
          .last = state.id_base + state.book.changes(),
          .previous = state.last,
          .number = state.number};
}

bool Exchange::send_snapshot(BookState& state, Record& out) {
  take_window(state, state.published);
  ++state.number;
  BookFrame frame = frame_of(state, state.published, state.published);
  frame.snapshot = true;
  protocol_.book(out.raw, frame);
  ++sequence_;
  state.last = frame.last;
  state.subscribed = true;
  recovered(state);
  return record(out, Direction::in);
}

bool Exchange::send_changes(const Due& due, Record& out) {
  BookState& state = books_[due.book];
  // Sent by the clock, or (i is 1) after each change.
  if (due.i == 0) add(options_.publish_every + microseconds(random_.below(2'000)), Happening::publish, due.book);
  if (muted_ || !state.subscribed) return false;
  const WindowRule rule{.depth = options_.depth, .with_pushed_out = protocol_.deletes_pushed_out};
  for (std::vector<Level>& side : state.changes) side.clear();
  append_changes(Side::bid, state.published[bids], state.book.bids(), rule, state.changes[bids]);
  append_changes(Side::ask, state.published[asks], state.book.asks(), rule, state.changes[asks]);
  if (state.changes[bids].empty() && state.changes[asks].empty()) return false;
  take_window(state, state.published);
  state.holds_rest = state.rest_is_newest = false;
  ++state.number;
  BookFrame frame = frame_of(state, options_.whole_books ? state.published : state.changes, state.published);
  frame.snapshot = options_.whole_books;
  const bool dropped = drop_next_ && state.truth == BookTruth::whole;
  if (!dropped) protocol_.book(out.raw, frame);
  state.last = frame.last;
  ++sequence_;
  if (dropped) {
    drop(state);
    return false;
  }
  if (state.truth == BookTruth::silent) state.truth = BookTruth::whole;
  if (state.truth != BookTruth::whole && options_.whole_books) recovered(state);
  if (state.truth != BookTruth::whole && !state.resyncing) resync(due.book);
  return record(out, Direction::in);
}

void Exchange::take_rest(const Due& due) {
  BookState& state = books_[due.book];
  state.rest[bids] = state.book.bids();
  state.rest[asks] = state.book.asks();
  BookFrame frame = frame_of(state, state.rest, state.rest);
  frame.snapshot = true;
  state.rest_url.clear();
  state.rest_body.clear();
  protocol_.rest_url(state.rest_url, *state.listing);
  protocol_.rest_body(state.rest_body, frame);
  mark_differences(Side::bid, state.published[bids], state.rest[bids], state.changes[bids]);
  mark_differences(Side::ask, state.published[asks], state.rest[asks], state.changes[asks]);
  state.rest_is_newest = true;
  add(milliseconds(random_.between(30, 250)), Happening::rest_send, due.book);
}

bool Exchange::send_rest(BookState& state, Record& out) {
  out.raw = state.rest_body;
  out.url = state.rest_url;
  state.holds_rest = state.rest_is_newest;
  recovered(state);
  return record(out, Direction::http);
}

}  // namespace crossbook::market
