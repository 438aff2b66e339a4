// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/capture/recorder.hpp"
#include "crossbook/core/effect.hpp"
#include "crossbook/shard/connector.hpp"
#include "crossbook/shard/paper_loop.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/sys/http_client.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/url.hpp"
#include "crossbook/sys/websocket.hpp"

// One thread's share of the live world: it opens the sockets that its connectors ask for, turns what arrives into
// records for the engine (and for the recorder), and carries out what engine and connectors want done.
namespace crossbook::shard {

// A feed to connect to, and how.
struct LiveFeed {
  FeedId feed{};  // REQUIRES: has a row of streams
  std::vector<std::string> raw_symbols;
  ConnectorOptions connector;
  std::optional<sys::Endpoint> dial;  // instead of the venue's own host and port; names and certificates stay its own
  std::shared_ptr<sys::TlsContext> tls;  // whom to trust
  bool deflate = false;                  // offer permessage-deflate
};

struct LiveOptions {
  std::vector<LiveFeed> feeds;
  // Where nothing came for so long, a tick tells the engine that time passed.
  Nanos quiet = milliseconds(50);
  // A message that may have waited unread for longer is too old to be a price: its connection is behind until what is
  // read is younger than half of this.
  Nanos unread_max = milliseconds(100);
  std::string user_agent = "crossbook";
};

// Is told what happens, for logs, views and metrics. Calls come on the shard's thread.
class LiveListener {
 public:
  LiveListener() = default;
  LiveListener(const LiveListener&) = delete;
  LiveListener& operator=(const LiveListener&) = delete;
  virtual ~LiveListener() = default;

  // After each input, whether it changed something or not; of a connection that is behind only after those that did
  // more than change its books, which are no prices then. Once it has caught up, all that came back is told at once.
  virtual void on_effects(Moment /*now*/, const Effects& /*effects*/) {}
  virtual void on_subscription(Moment /*now*/, FeedId /*feed*/, const SubscriptionChange& /*change*/) {}
  virtual void on_session(Moment /*now*/, FeedId /*feed*/, const SessionChange& /*change*/) {}
  // A connection fell behind, or caught up; what was read before that may have waited for `unread`.
  virtual void on_behind(Moment /*now*/, FeedId /*feed*/, ConnectionId /*connection*/, bool /*behind*/,
                         Nanos /*unread*/) {}
  virtual void on_fetch_failed(Moment /*now*/, FeedId /*feed*/, std::string_view /*why*/) {}
};

// A connection for status pages.
struct LiveConnection {
  FeedId feed{};
  ConnectionId connection{};
  SessionPhase phase = SessionPhase::waiting;
  bool open = false;
  std::uint64_t connects = 0;
  std::size_t subscriptions = 0;
  std::size_t subscriptions_live = 0;
  std::size_t unsent_bytes = 0;
  std::optional<Nanos> behind;  // for so long already, where it is
  Nanos unread;                 // what is read now may have waited for so long
  std::uint64_t times_behind = 0;
};

class LiveShard {
 public:
  // Lists the symbols; nothing is opened before start(). All that is passed by reference or pointer outlives the shard;
  // recorder and listener may be absent.
  LiveShard(sys::Loop& loop, Player& player, LiveOptions options, capture::Recorder* recorder, LiveListener* listener);
  ~LiveShard();
  LiveShard(const LiveShard&) = delete;
  LiveShard& operator=(const LiveShard&) = delete;

  // From the start on this loop trades on what comes. It plays the same player, and outlives the shard.
  void trade(PaperLoop& paper);
  void start();
  // Unsubscribes from nothing, closes every connection with a close frame, and calls `done` once all are closed, at
  // most a second later.
  void stop(std::function<void()> done);

  // At any time. Errors: a feed that the options do not name.
  sys::Status watch(FeedId feed, std::string_view raw_symbol);
  void unwatch(ListingId listing);

  [[nodiscard]] const Player& player() const { return player_; }
  [[nodiscard]] std::vector<LiveConnection> connections() const;
  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }

 private:
  class Socket;
  struct Venue {
    LiveFeed options;
    std::string name;  // of the feed
    std::unique_ptr<Connector> connector;
    Actions actions;  // wanted and not yet carried out
  };

  [[nodiscard]] Venue* find(FeedId feed);
  [[nodiscard]] bool changes_side(Socket& socket, Nanos unread) const;
  void look(Moment now);
  void judge(Socket& socket, Moment now, Nanos unread);
  void on_timer();
  void plan();

  // What a socket tells.
  void on_open(Socket& socket, Moment now);
  void on_message(Socket& socket, Moment now, std::string_view bytes);
  void on_alive(Socket& socket, Moment now);
  void on_closed(Socket& socket, Moment now, const sys::Closed& closed);

  // A record: into the recorder, into the engine, then what follows from it.
  const Effects& take(const capture::Record& record, ConnectionId connection);
  void take_of(Socket& socket, Moment now, capture::Direction dir, std::string_view payload);
  void take_tick(Moment now);
  void follow(Moment now, const Effects& effects);
  void gather(Moment now, const Effects& effects);
  void serve_books(Moment now);

  // Actions of a connector.
  void carry_out(Moment now, Venue& venue);
  void connect(Venue& venue, const Connect& connect);
  void send(Moment now, const Send& send);
  void close(Moment now, const Close& close);
  void fetch(Venue& venue, const Fetch& fetch);
  void on_fetched(Moment now, Venue& venue, const Fetch& fetch, const sys::Outcome<sys::HttpReply>& reply);
  [[nodiscard]] ConnectionId number(FeedId feed, ConnectionId connection);

  sys::Loop& loop_;
  Player& player_;
  LiveOptions options_;
  capture::Recorder* recorder_;
  LiveListener* listener_;
  PaperLoop* paper_ = nullptr;

  ConnectionIds ids_;
  std::vector<Venue> venues_;
  std::vector<std::size_t> venue_of_;  // by FeedId: position in venues_, plus one
  sys::HttpClient http_;
  sys::Timer timer_;
  // By the connector's number. A socket that was closed lives on among closing_ until its close frame is through.
  std::map<ConnectionId, std::unique_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<Socket>> closing_;
  // The engine's numbers: one for each feed and number of the connector, as in a replay.
  std::map<std::pair<FeedId, ConnectionId>, ConnectionId> numbers_;
  std::string padded_;                   // reused: what we send, as the engine sees it
  std::vector<ConnectionId> looked_at_;  // reused
  std::vector<Resync> resyncs_;          // asked for and not yet handed to a connector
  std::vector<FetchSnapshot> fetches_;
  Steady last_input_;
  std::uint64_t ticks_ = 0;
  std::function<void()> stopped_;
};

}  // namespace crossbook::shard
