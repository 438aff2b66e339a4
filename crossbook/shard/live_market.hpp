// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/shard/live_book.hpp"
#include "crossbook/shard/live_changes.hpp"
#include "crossbook/shard/live_request.hpp"

// Live books for programs: connects on a thread of its own, and hands out copies.
namespace crossbook::shard {

struct LiveMarketOptions {
  LiveRequest request;
  bool use_bbo = true;                   // an exchange's best bid and ask stream sharpens its book
  Nanos unread_max = milliseconds(100);  // an exchange that is read later than that is left out, as behind
};

struct LiveStatus {
  struct Connection {
    std::string feed;
    std::string_view phase;  // waiting, connecting, ...: SessionPhase
    bool open = false;
    std::uint64_t connects = 0;
    std::size_t subscriptions = 0;
    std::size_t subscriptions_live = 0;
  };
  bool running = false;
  std::uint64_t frames = 0;
  std::size_t books = 0;
  std::size_t books_ready = 0;
  std::vector<Connection> connections;
  // By feed, what it said last that kept a book or a connection away; forgotten once its session is live.
  std::map<std::string, std::string> problems;
};

class LiveMarket {
 public:
  // Connects and returns; books become ready as their exchanges answer. Errors, at once: every mistake of the request,
  // in a line each.
  [[nodiscard]] static sys::Outcome<std::unique_ptr<LiveMarket>> start(const LiveMarketOptions& options);
  // As stop().
  ~LiveMarket();
  LiveMarket(const LiveMarket&) = delete;
  LiveMarket& operator=(const LiveMarket&) = delete;

  // Closes every connection with a close frame, at most a second long, and waits for the thread. What was handed out
  // stays; book() and status() tell the last there was. From any thread; the second call waits for the first.
  void stop();
  [[nodiscard]] bool running() const;

  // The symbols that were asked for.
  [[nodiscard]] std::vector<std::string> symbols();
  // The consolidated book now, so many levels a side at most; empty until an exchange has answered. Errors: a symbol
  // that was not asked for.
  [[nodiscard]] sys::Outcome<LiveBook> book(std::string_view symbol, std::size_t depth);
  // The own book of each venue that has answered. `seen` holds what the last call with it answered: only what changed
  // since comes, or was heard since, second by second.
  [[nodiscard]] sys::Outcome<std::vector<LiveVenueBook>> venue_books(std::string_view symbol, std::size_t depth,
                                                                     SeenBooks* seen = nullptr);
  [[nodiscard]] LiveStatus status();
  // Waits until every book that was asked for is ready: true; or for so long, or until the end.
  [[nodiscard]] bool wait_ready(Nanos at_most);

  // Changes of the best of every symbol, beginning with how each is now; each reader has its own. `changes_max`: so
  // many wait to be read before changes are left out (LiveChanges). It ends with the market.
  [[nodiscard]] std::shared_ptr<LiveChanges> changes(std::size_t changes_max = 1'024);

 private:
  class Core;
  explicit LiveMarket(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace crossbook::shard
