// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crossbook/market/exchange.hpp"

namespace crossbook::market {

void Exchange::change_book(const Due& due) {
  BookState& state = books_[due.book];
  add(state.traded.draw_wait(), Happening::quote, due.book);
  state.traded.turn(world_.fair[state.listing->instrument], now_ - options_.latency, state.prints);
  if (!connected_) {
    state.prints.clear();
    return;
  }
  if (protocol_.trades == nullptr) state.prints.clear();
  if (!state.prints.empty() && !state.prints_due) {
    state.prints_due = true;
    add(microseconds(60), Happening::trades, due.book);
  }
  if (protocol_.bbo != nullptr && (state.prints_due || !protocol_.bbo_on_match))
    add(microseconds(110), Happening::bbo, due.book);
  if (!publishes_by_clock()) add(microseconds(200), Happening::publish, due.book, 1);
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
  const Level& bid = state.traded.book().bids().front();
  const Level& ask = state.traded.book().asks().front();
  if (muted_ || !connected_ || (bid == state.bbo_bid && ask == state.bbo_ask)) return false;
  state.bbo_bid = bid;
  state.bbo_ask = ask;
  protocol_.bbo(out.raw, BboFrame{.listing = *state.listing,
                                  .stamp = stamp(),
                                  .bid = bid,
                                  .ask = ask,
                                  .last = state.traded.last_id(),
                                  .number = ++state.bbo_number});
  ++sequence_;
  return record(out, Direction::in);
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
          .last = state.traded.last_id(),
          .previous = state.last,
          .number = state.number};
}

bool Exchange::send_snapshot(BookState& state, Record& out) {
  state.traded.take_window(options_.depth, state.published);
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
  append_changes(Side::bid, state.published[bids], state.traded.book().bids(), rule, state.changes[bids]);
  append_changes(Side::ask, state.published[asks], state.traded.book().asks(), rule, state.changes[asks]);
  if (state.changes[bids].empty() && state.changes[asks].empty()) return false;
  state.traded.take_window(options_.depth, state.published);
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
  state.rest[bids] = state.traded.book().bids();
  state.rest[asks] = state.traded.book().asks();
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
