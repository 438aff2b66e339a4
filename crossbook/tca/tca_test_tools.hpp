// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/tca/bootstrap.hpp"
#include "crossbook/tca/tracker.hpp"

// A few venues with whole books, and a tracker that is driven as the loop drives it. Prices are in cents, quantities in
// thousandths.
namespace crossbook::tca {

struct Venue {
  std::string name;
  MicroBps fee;
  Nanos latency;
  std::int64_t lot = 1;
  std::int64_t min_quantity = 0;
  std::int64_t min_notional = 0;
};

class Market {
 public:
  using Levels = std::vector<Level>;

  explicit Market(std::vector<Venue> venues) : venues_(std::move(venues)) {
    for (const Venue& venue : venues_) {
      group_.add({.name = venue.name, .price_scale = 2, .quantity_scale = 3});
      books_.emplace_back(book::BookSettings{});
    }
    for (const book::VenueBook& book : books_) pointers_.push_back(&book);
  }
  Market(const Market&) = delete;
  Market& operator=(const Market&) = delete;

  // Time goes on; nothing happens but timers.
  void pass(Nanos time) { now = now + time; }
  void tick() {
    tracker.advance(now, [this](GroupId) { return view(); });
  }

  // The venue's whole book now.
  void book(std::size_t venue, const Levels& bids, const Levels& asks) {
    tick();
    EventBatch batch;
    batch.bids = bids;
    batch.asks = asks;
    BookEvent event{.kind = BookEventKind::snapshot};
    event.bids = {0, static_cast<std::uint32_t>(bids.size())};
    event.asks = {0, static_cast<std::uint32_t>(asks.size())};
    books_[venue].on(event, batch, now, Wall(now.nanos()));
    publish(venue);
  }
  // One level a side of quantity 10.
  void quote(std::size_t venue, std::int64_t bid, std::int64_t ask) {
    book(venue, {level(bid, 10'000)}, {level(ask, 10'000)});
  }
  void lose(std::size_t venue) {
    tick();
    books_[venue].fail(book::BookState::gapped, Reason::gap);
    publish(venue);
  }

  bool decide(std::uint64_t order, Action action, std::int64_t quantity, std::size_t venue,
              std::optional<std::size_t> home = {}) {
    return decide({leg(order, action, quantity, venue)}, home);
  }
  bool decide(const std::vector<Leg>& legs, std::optional<std::size_t> home = {}) {
    std::vector<VenueTerms> terms;
    for (std::size_t v = 0; v < venues_.size(); ++v)
      terms.push_back({.member = static_cast<book::Member>(v),
                       .taker_fee = venues_[v].fee,
                       .latency = venues_[v].latency,
                       .lot = Quantity(venues_[v].lot),
                       .min_quantity = Quantity(venues_[v].min_quantity),
                       .min_notional = venues_[v].min_notional});
    Decision decision{.group = GroupId(0), .symbol = "BTC/USD", .legs = legs, .venues = terms};
    if (home) decision.home = static_cast<book::Member>(*home);
    return tracker.on_decision(decision, now, Wall(now.nanos()), view());
  }
  static Leg leg(std::uint64_t order, Action action, std::int64_t quantity, std::size_t venue) {
    return {.order = OrderId(order),
            .member = static_cast<book::Member>(venue),
            .terms = {.action = action, .quantity = Quantity(quantity), .price_scale = 2, .quantity_scale = 3}};
  }
  void send(std::uint64_t order) { tracker.on_sent(OrderId(order), now); }
  bool fill(std::uint64_t order, std::uint64_t trade, std::int64_t price, std::int64_t quantity, std::int64_t fee = 0,
            Role role = Role::taker) {
    return fill_at(now, order, trade, price, quantity, fee, role);
  }
  bool fill_at(Steady matched_at, std::uint64_t order, std::uint64_t trade, std::int64_t price, std::int64_t quantity,
               std::int64_t fee = 0, Role role = Role::taker) {
    const OrderFill match{
        .trade = trade, .price = Price(price), .quantity = Quantity(quantity), .role = role, .fee = fee};
    return tracker.on_fill(OrderId(order), match, matched_at, Wall(matched_at.nanos()));
  }
  void end(std::uint64_t order) { tracker.on_end(OrderId(order), now); }
  void finish() {
    tracker.finish(now, [this](GroupId) { return view(); });
  }

  [[nodiscard]] const Rows& rows() const { return tracker.rows(); }
  [[nodiscard]] MarketView view() const { return {&group_, pointers_}; }
  static Level level(std::int64_t price, std::int64_t quantity) { return {Price(price), Quantity(quantity)}; }

  Tracker tracker;
  Steady now{1'000'000'000};

 private:
  void publish(std::size_t venue) {
    const book::VenueBook& book = books_[venue];
    group_.set(static_cast<book::Member>(venue),
               {.bid = book.published_top(Side::bid), .ask = book.published_top(Side::ask), .reason = book.reason()},
               now);
    tracker.on_top(GroupId(0), now, group_);
  }

  std::vector<Venue> venues_;
  std::deque<book::VenueBook> books_;
  std::vector<const book::VenueBook*> pointers_;
  book::Consolidated group_;
};

// A market that wanders, and orders that take and rest in it, from one seed: everything that a store may hold.
inline void wander(Market& market, std::size_t venues, std::uint64_t seed, std::uint64_t orders) {
  Draws draws(seed);
  const auto below = [&](std::int64_t limit) {
    return static_cast<std::int64_t>(draws.below(static_cast<std::size_t>(limit)));
  };
  std::int64_t fair = 10'000'00;
  const auto move = [&] {
    fair += below(201) - 100;
    const auto venue = static_cast<std::size_t>(below(static_cast<std::int64_t>(venues)));
    Market::Levels bids;
    Market::Levels asks;
    // One draw a statement: arguments have no order of their own.
    for (std::int64_t i = 0; i < 5; ++i) {
      const std::int64_t bid = fair - 20 - below(30) - 60 * i;
      const std::int64_t bid_size = 1 + below(400);
      const std::int64_t ask = fair + 20 + below(30) + 60 * i;
      bids.push_back(Market::level(bid, bid_size));
      asks.push_back(Market::level(ask, 1 + below(400)));
    }
    market.book(venue, bids, asks);
  };
  for (std::size_t i = 0; i < 10 * venues; ++i) move();
  std::uint64_t trade = 0;
  for (std::uint64_t order = 1; order <= orders; ++order) {
    const auto action = below(2) == 0 ? Action::buy : Action::sell;
    const std::int64_t quantity = 50 + below(1'500);
    const auto venue = static_cast<std::size_t>(below(static_cast<std::int64_t>(venues)));
    market.decide(order, action, quantity, venue, 0);
    for (int i = 0; i < 2; ++i) market.pass(milliseconds(below(30))), move();
    market.send(order);
    std::int64_t left = quantity;
    for (std::int64_t fills = below(4); fills > 0 && left > 0; --fills) {
      market.pass(milliseconds(below(400)));
      move();
      const std::int64_t taken = 1 + below(left);
      const std::int64_t price = fair + below(81) - 40;
      const Role role = below(3) == 0 ? Role::maker : Role::taker;
      const Steady matched_at = market.now - milliseconds(below(20));
      const Wide fee = fee_of(wide_product(price, taken), MicroBps(below(30'000'000) - 5'000'000));
      market.fill_at(matched_at, order, ++trade, price, taken, static_cast<std::int64_t>(fee), role);
      left -= taken;
    }
    market.pass(milliseconds(below(900)));
    move();
    if (below(20) == 0) market.lose(venue);
    market.end(order);
    for (int i = 0; i < 4; ++i) market.pass(milliseconds(1 + below(6'000))), move();
  }
}

}  // namespace crossbook::tca
