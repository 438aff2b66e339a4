// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/gateway/displayed.hpp"
#include "crossbook/gateway/gateway.hpp"
#include "crossbook/gateway/latency.hpp"
#include "crossbook/gateway/listing_rules.hpp"
#include "crossbook/gateway/paper_book.hpp"
#include "crossbook/gateway/paper_order.hpp"

// An exchange on paper: our orders against the market as it is displayed. What it assumes, and what it cannot know, is
// docs/paper_trading.md.
namespace crossbook::gateway {

class StateWriter;

// What one exchange charges and how long it takes. Rates are within 100 % either way; below zero is a rebate.
struct PaperVenue {
  MicroBps maker_fee;
  MicroBps taker_fee;
  LatencyModel out;     // from our decision to the order's (or the query's) arrival at the venue
  LatencyModel back;    // from what happens there to our report
  LatencyModel cancel;  // from our decision to the cancel's arrival
};

enum class PaperVenueId : std::uint32_t {};

// Deterministic: the same calls give the same reports. Time comes in with the calls. In the order of the market, the
// caller
//   1. calls advance(at) before it applies an input of time `at`: an order that arrives up to then meets the book as it
//      was;
//   2. applies the input to its books;
//   3. calls on_book() for each listing whose levels or usability changed, and on_trade() for each print, in the order
//      in which they stood in the input.
class PaperGateway final : public Gateway {
 public:
  // Every venue draws its latencies from a generator of its own, made from the seed. `displayed` outlives the gateway.
  PaperGateway(const Displayed& displayed, std::uint64_t seed);

  // Ids count from 0, in the order of the calls. Adding the same venues again is part of every start.
  PaperVenueId add_venue(PaperVenue venue);
  // Replaces what a venue charges and how long it takes, for what happens from now on.
  void set_venue(PaperVenueId id, PaperVenue venue);
  // Says at which venue a listing is traded and what is accepted there; again: replaces the rules, not the venue.
  // Orders for a listing that was never listed are refused (venue_refused).
  void list(ListingId listing, PaperVenueId venue, const ListingRules& rules);

  void place(const PlaceOrder& place, Steady at, Wall wall) override;
  void cancel(const CancelOrder& cancel, Steady at, Wall wall) override;
  void cancel_all(Steady at, Wall wall) override;
  void query(const QueryOrder& query, Steady at, Wall wall) override;
  [[nodiscard]] std::vector<OpenOrder> open_orders() const override;
  // Open, or on its way there.
  [[nodiscard]] std::vector<OpenOrder> held_orders() const;
  // The greatest number of an order that it remembers; 0 where there is none.
  [[nodiscard]] OrderId last_order() const;
  Steady advance(Steady at, Wall wall, std::vector<TimedReport>& reports) override;
  // The part of advance() that tells nothing: requests reach the exchanges, up to `at` or the first report. Where
  // next_at() is not behind `at` then, a report is due, and the state is one that has not told it.
  void arrive_requests(Steady at, Wall wall);
  [[nodiscard]] std::optional<Steady> next_at() const override;

  // The displayed depth of a listing changed, or whether it is usable.
  void on_book(ListingId listing, Steady at, Wall wall);
  // The market traded. Prints that are history are not counted.
  void on_trade(const Trade& trade, Steady at, Wall wall);

  // Everything that an exchange keeps when we die: orders, places in the queues, taken depth, requests and reports
  // under way, generators. Text, one thing a line; not the venues and listings, which every start adds again.
  [[nodiscard]] std::string state() const;
  // Goes on from a state, with the same venues and listings added before. `at` is now: where that is before the time of
  // the state (the clock began anew) all its times are moved back. `listings` are today's handles, by those of the
  // state. Errors: malformed, and the gateway stays as it was.
  [[nodiscard]] Result<void> restore(std::string_view state, Steady at, std::span<const ListingId> listings);

  // Orders that ended are known to a query, and their numbers refused, until so many others ended after them.
  static constexpr std::size_t ended_kept = 256;

 private:
  enum class EventKind : std::uint8_t { place, duplicate, cancel, cancel_all, query, report };  // on disk; add only
  // Something that will be at a known time.
  struct Event {
    Steady at{};
    std::uint64_t sequence = 0;  // in which order it was asked for: decides at one instant
    EventKind kind = EventKind::report;
    PaperVenueId venue{};
    OrderReport report{};  // whole for a report; else only its order
    [[nodiscard]] bool after(const Event& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };
  struct Exchange {
    PaperVenue venue;
    Generator generator;
  };
  struct Listed {
    PaperVenueId venue{};
    ListingRules rules;
    PaperBook book;
  };
  // What a state holds.
  struct Saved;

  void go_to(Steady at, Wall wall);
  [[nodiscard]] Wall wall_of(Steady at) const { return Wall(at.nanos() + wall_ahead_); }
  [[nodiscard]] Listed* listed(ListingId listing);
  [[nodiscard]] PaperOrder* find(OrderId order);

  void send(EventKind kind, OrderId id, PaperVenueId venue);
  void push(Event event);
  Event pop();
  template <class Wanted>
  [[nodiscard]] std::vector<OpenOrder> orders_where(Wanted wanted) const;
  void tell(PaperVenueId venue, OrderReport report);

  void arrive(const Event& event);
  void arrive_order(PaperOrder& order, PaperVenueId venue);
  [[nodiscard]] std::optional<OrderReason> refusal_of(const PaperOrder& order, const Listed& where, bool usable) const;
  void match_arrival(PaperOrder& order, Listed& where);
  void report_matches(const Listed& where);
  void cancel_now(PaperOrder& order, PaperVenueId venue, OrderReason reason);
  void end(PaperOrder& order);
  void arrive_cancel(OrderId id, PaperOrder* order, PaperVenueId venue);
  void arrive_cancel_all(PaperVenueId venue);
  void arrive_query(OrderId id, const PaperOrder* order, PaperVenueId venue);

  void put_taken(StateWriter& out) const;
  void adopt(Saved saved);

  const Displayed& displayed_;
  std::uint64_t seed_;
  std::vector<Exchange> exchanges_;
  std::vector<std::optional<Listed>> listings_;  // by ListingId
  std::map<OrderId, PaperOrder> orders_;         // under way, open, and the last ones that ended
  std::deque<OrderId> ended_;                    // the oldest first
  std::vector<Event> events_;                    // a heap, the earliest on top
  std::vector<Match> matches_;
  Steady now_;
  std::int64_t wall_ahead_ = 0;  // ns of the wall clock ahead of the steady one, as last told
  std::uint64_t sequence_ = 0;
  std::uint64_t trade_ = 0;  // the last number given to a match
};

}  // namespace crossbook::gateway
