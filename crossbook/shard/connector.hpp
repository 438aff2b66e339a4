// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/shard/fetches.hpp"
#include "crossbook/shard/rate_budget.hpp"
#include "crossbook/shard/session.hpp"
#include "crossbook/shard/session_action.hpp"
#include "crossbook/venue/streams.hpp"

namespace crossbook::shard {

// Hands out connection ids for all connectors of a shard; an id comes back when its session is over, so that the
// engine's table of connections stays small.
class ConnectionIds {
 public:
  [[nodiscard]] ConnectionId take();
  void give_back(ConnectionId id) { free_.push_back(id); }

 private:
  std::uint32_t next_ = 0;
  std::vector<ConnectionId> free_;
};

struct ConnectorOptions {
  std::uint32_t depth = 0;  // levels a side of the books; 0: the feed's own choice (StreamDialect::depth)
  std::array<bool, venue::stream_kinds> kinds{true, true, false};  // book, trades, bbo
  std::uint32_t streams_max = 0;                                   // on one connection; 0: the feed's own limit
  std::int32_t shares = 1;                                         // shards that share the address, and so its limits
  std::uint64_t seed = 0;                                          // of the jitter; another one for each process
  std::string stream_origin;  // in place of scheme and host of stream addresses: "wss://127.0.0.1:9443"; empty: none
  std::string rest_origin;    // likewise for REST
  bool instruments = true;    // fetch ticks, lots and minimums at the start, and again
  Nanos instruments_every = seconds(3600);
  SessionTimes times;
};

// All connections of one feed: which symbols go on which connection, the sessions, what they share, and REST.
//
// The shard calls, and carries out what is appended. Times never decrease. Listings are added to the engine first.
class Connector {
 public:
  // REQUIRES: the feed has a row of streams (venue::find_streams), and `ids` outlives the connector.
  Connector(FeedId feed, const ConnectorOptions& options, ConnectionIds& ids);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Symbols may come and go at any time.
  void watch(Moment now, ListingId listing, std::string_view raw_symbol, Actions& actions);
  void unwatch(Moment now, ListingId listing, Actions& actions);
  void start(Moment now, Actions& actions);
  void stop(Moment now, Actions& actions);

  void opened(Moment now, ConnectionId connection, Actions& actions);
  void closed(Moment now, ConnectionId connection, const Closure& closure, Actions& actions);
  // A frame that the engine has decoded: `batch` is Engine::batch(). The bytes are those of the frame, padded.
  void received(Moment now, ConnectionId connection, const EventBatch& batch, std::string_view padded_frame,
                Actions& actions);
  // A ping or pong of the WebSocket itself.
  void alive(Moment now, ConnectionId connection);

  // What the engine asked for.
  void resync(Moment now, ListingId listing, Actions& actions);
  void fetch_snapshot(Moment now, ListingId listing, Actions& actions);
  // What came of a Fetch. True: the body is for the engine (an HttpBody of this feed and the Fetch's url).
  [[nodiscard]] bool fetched(Moment now, const FetchAnswer& answer, Actions& actions);

  // Time passed; call it at due() at the latest. due() is later than the last tick().
  void tick(Moment now, Actions& actions);
  [[nodiscard]] std::optional<Steady> due() const;

  [[nodiscard]] FeedId feed() const { return feed_; }
  [[nodiscard]] const venue::StreamDialect& dialect() const { return *dialect_; }
  // Sessions for status pages, successors behind those that they replace; valid until the next call.
  [[nodiscard]] std::vector<const Session*> sessions() const;
  [[nodiscard]] const SharedBudget& budget() const { return budget_; }

 private:
  // One connection of the plan: the session that serves, and while it rolls over the one that will.
  struct Line {
    std::unique_ptr<Session> serving;
    std::unique_ptr<Session> successor;
  };
  struct Place {
    std::string raw_symbol;
    std::size_t line = 0;
    bool watched = false;
  };

  [[nodiscard]] std::unique_ptr<Session> make_session();
  [[nodiscard]] std::size_t line_with_room();
  [[nodiscard]] Session* find(ConnectionId connection);
  void watch_all(Moment now, const Session& from, Session& to);
  void after(Moment now, Actions& actions);
  [[nodiscard]] std::optional<Steady> leaves_at(const Line& line) const;
  void roll_over(Moment now, Line& line, Actions& actions);
  void retire(Moment now, std::unique_ptr<Session> session, SessionReason reason, Actions& actions);
  void ask_addresses(Moment now);
  void ask_instruments(Moment now);
  [[nodiscard]] std::string rest_url(std::string_view path) const;
  void hold(Moment now, const FetchAnswer& answer);
  [[nodiscard]] std::uint32_t streams_max() const;
  [[nodiscard]] std::uint32_t streams_a_symbol() const;

  FeedId feed_;
  ConnectorOptions options_;
  ConnectionIds* ids_;
  const venue::StreamDialect* dialect_;
  SharedBudget budget_;
  Fetches fetches_;
  venue::AnswerReader reader_;
  std::vector<Line> lines_;
  std::vector<std::unique_ptr<Session>> retired_;  // until the call is over
  std::vector<Session*> by_connection_;            // by ConnectionId
  std::vector<Place> places_;                      // by ListingId
  std::uint64_t sessions_made_ = 0;
  std::uint64_t addresses_read_ = 0;
  bool started_ = false;
  std::optional<Steady> instruments_due_;
};

}  // namespace crossbook::shard
