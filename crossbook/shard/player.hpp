// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/capture/format.hpp"
#include "crossbook/core/effect.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/shard/report.hpp"
#include "crossbook/shard/spread_clock.hpp"
#include "crossbook/shard/top_digest.hpp"

// Turns recorded (or simulated) sessions into inputs of one engine, and keeps the account of what followed.
namespace crossbook::shard {

// A consolidated book by hand: NAME=feed:RAW,feed:RAW,...
struct GroupRequest {
  std::string name;
  std::vector<std::pair<std::string, std::string>> members;  // feed name, raw symbol
};

struct PlayerOptions {
  engine::Options engine;
  std::vector<GroupRequest> groups;
  bool raw_symbols = false;  // key books and trades by the venue's own spelling
};

// How one consolidated book's best was made up over time.
struct MemberShare {
  std::string name;
  ListingId listing{};
  Nanos at_best_bid;  // for so long it stood at the best bid, alone or with others
  Nanos at_best_ask;
  SpreadClock spread;  // of its own book, while ready
};

class Player {
 public:
  // Errors: the name of a feed in a group request that is not known.
  [[nodiscard]] static std::optional<std::string> unknown_feed(const std::vector<GroupRequest>& groups);
  explicit Player(PlayerOptions options);

  // Plays one record: the input that it means, and nothing else. `connection` numbers (file, feed, conn) from 0.
  // The effects live until the next call.
  const Effects& play(const capture::Record& record, ConnectionId connection, Steady at);
  // Time passes without a record.
  const Effects& tick(Steady at, Wall wall) { return take({at, wall, Tick{}}); }
  // Anything else that happens to the engine: commands and reports of orders.
  const Effects& take(const Input& input);

  // Takes up a symbol of a feed before any record names it.
  ListingId list(FeedId feed, std::string_view raw_symbol) { return engine_.add_listing(feed, raw_symbol); }

  [[nodiscard]] const engine::Engine& engine() const { return engine_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  [[nodiscard]] std::optional<Wall> first_t() const { return first_t_; }
  [[nodiscard]] Wall last_t() const { return last_t_; }
  [[nodiscard]] const std::vector<ReplayError>& errors() const { return errors_; }
  // The key of a listing in reports: its symbol, or the venue's own spelling.
  [[nodiscard]] std::string key(const Listing& listing) const;

  // Everything so far; books list `depth` levels a side, 0 is all. Files are named by their position.
  [[nodiscard]] ReplayReport report(std::size_t depth, const std::vector<std::string>& files) const;
  [[nodiscard]] std::vector<MemberShare> shares(GroupId group) const;
  [[nodiscard]] SpreadClock spread(GroupId group) const;

 private:
  struct BookAccount {
    TopDigest digest{false};
    std::array<std::optional<book::WideLevel>, 2> top;
    std::array<int, 2> scales{-1, -1};  // price and quantity scale that `top` was read at
    SpreadClock spread;
    std::uint64_t trades = 0;
    std::uint64_t taker_buys = 0;
    Wide volume = 0;  // at the scale below
    int volume_scale = 0;
  };
  // For how long each member stood at the best bid and at the best ask.
  struct TimeAtBest {
    std::optional<Wall> since;               // when the members below became the best
    std::array<std::uint64_t, 2> members{};  // masks of bid and ask
    std::array<std::array<Nanos, 2>, book::members_max> times{};
    void settle(Wall t);
  };
  struct GroupAccount {
    TopDigest digest{true};
    SpreadClock spread;
    std::uint64_t crossed_changes = 0;
    std::optional<Wall> crossed_since;
    Nanos crossed_time;
    TimeAtBest time_at_best;
  };

  void feed_engine(const capture::Record& record, FeedId feed, ConnectionId connection, Steady at);
  void open(ConnectionId connection, FeedId feed, const capture::Record& record, Steady at);
  void account(const capture::Record& record);
  void account_book(ListingId id, Wall t);
  void account_group(GroupId id, Wall t);
  void account_trades();
  void note_error(const capture::Record& record, std::optional<std::string> symbol, std::string reason);

  [[nodiscard]] QuoteText quote(const Listing& listing, const std::optional<book::WideLevel>& level) const;
  [[nodiscard]] QuoteText quote(const engine::Group& group, Side side) const;
  [[nodiscard]] BookReport report_book(const Listing& listing, std::size_t depth) const;
  [[nodiscard]] ConsolidatedReport report_group(std::size_t group, std::size_t depth) const;

  PlayerOptions options_;
  engine::Engine engine_;
  Effects effects_;
  std::vector<BookAccount> books_;    // by ListingId
  std::vector<GroupAccount> groups_;  // by GroupId
  std::vector<bool> opened_;          // by ConnectionId
  std::vector<ReplayError> errors_;
  std::vector<std::uint32_t> error_files_;  // of errors_, by position
  std::set<std::string, std::less<>> unknown_feeds_;
  std::set<FeedId> feeds_seen_;
  std::uint64_t frames_ = 0;
  std::optional<Wall> first_t_;
  Wall last_t_;
};

}  // namespace crossbook::shard
