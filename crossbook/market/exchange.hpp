// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/market/encode.hpp"
#include "crossbook/market/fair_price.hpp"
#include "crossbook/market/schedule.hpp"
#include "crossbook/market/session.hpp"
#include "crossbook/market/traded_book.hpp"

// One venue and our connection to it. Private to this room.
//
// A venue lives in its own clock, which runs behind ours by its latency: what happens there at time T is handled when
// it reaches us, at T + latency. So no frame is ever under way, and the books that the venue has published are at any
// time exactly what an honest client holds.
namespace crossbook::market {

// What the venues of a session share.
struct World {
  Schedule schedule;
  std::vector<FairPrice> fair;  // by instrument
  std::vector<Fault> faults;
  FaultOptions fault_options;
};

[[nodiscard]] constexpr Nanos microseconds(std::int64_t n) { return Nanos(n * 1'000); }

struct BookState {
  BookState(const VenueOptions&, const ListingOptions&, const InstrumentOptions&, Random);

  const ListingOptions* listing;
  TradedBook traded;

  Sides published;          // the window that the deltas so far add up to
  Sides changes;            // scratch
  std::int64_t last = 0;    // id of the last change that was published
  std::int64_t number = 0;  // of book frames
  std::int64_t bbo_number = 0;
  std::vector<Print> prints;  // not sent yet, from prints_sent
  std::size_t prints_sent = 0;
  bool prints_due = false;
  Level bbo_bid;
  Level bbo_ask;

  BookTruth truth = BookTruth::unknown;
  bool subscribed = false;               // deltas flow
  bool resyncing = false;                // a snapshot is asked for
  std::optional<std::size_t> open_drop;  // in World::faults

  Sides rest;  // the book in a REST answer
  std::int64_t rest_last = 0;
  std::string rest_url;
  std::string rest_body;
  bool rest_is_newest = false;  // nothing was published since the REST answer was read
  bool holds_rest = false;      // the client holds the REST answer and nothing newer
};

class Exchange {
 public:
  Exchange(const VenueOptions&, const std::vector<InstrumentOptions>&, Random, std::uint16_t position, Wall start,
           World&);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Handles what is due here. True where a record came of it.
  bool handle(const Due&, Record&);

  [[nodiscard]] const VenueOptions& options() const { return options_; }
  [[nodiscard]] std::optional<TrueBook> true_book(std::string_view raw_symbol) const;

 private:
  // exchange.cpp: the dialogue of client and venue.
  bool talk(const Due&, Record&);
  bool open_socket(Record&);
  bool send_request(const Due&, Record&);
  bool send_reply(const Due&, Record&);
  bool send_resync_request(const Due&, Record&);
  bool send_resync_reply(const Due&, Record&);
  bool beat(Record&);
  bool send_pong(Record&);

  // exchange_books.cpp: what makers and takers do, and what the venue says about it.
  void change_book(const Due&);
  bool send_trades(const Due&, Record&);
  bool send_bbo(BookState&, Record&);
  bool send_snapshot(BookState&, Record&);
  bool send_changes(const Due&, Record&);
  bool send_rest(BookState&, Record&);
  void take_rest(const Due&);
  [[nodiscard]] BookFrame frame_of(const BookState&, const Sides& sent, const Sides& book);

  // exchange_faults.cpp
  void fault(Happening);
  void drop(BookState&);
  void resync(std::size_t book);
  void recovered(BookState&);
  void fall_silent(FaultKind, Happening end, Nanos mean);
  void end_silence();
  [[nodiscard]] bool steady() const;

  [[nodiscard]] Stamp stamp();
  void add(Nanos after, Happening, std::size_t book = 0, std::uint32_t i = 0);
  bool record(Record&, Direction);
  [[nodiscard]] bool publishes_by_clock() const { return options_.publish_every > options_.quote_every; }
  [[nodiscard]] Nanos round_trip() const { return options_.latency + options_.latency; }

  const VenueOptions& options_;
  const Protocol& protocol_;
  World& world_;
  Random random_;
  std::uint16_t position_;
  std::string socket_name_;
  std::string http_name_;
  std::deque<BookState> books_;

  bool rest_;                  // books start by REST
  Wall now_;                   // ours
  Wall stamped_;               // the last stamp
  std::int64_t sequence_ = 0;  // of frames on the connection
  std::int64_t heartbeats_ = 0;
  std::uint32_t epoch_ = 0;  // connections so far
  bool connected_ = false;   // all subscriptions are answered
  bool muted_ = false;       // nothing reaches us
  bool drop_next_ = false;
  std::optional<std::size_t> open_silence_;  // in World::faults
};

}  // namespace crossbook::market
