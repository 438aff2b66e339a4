// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/core/input.hpp"
#include "crossbook/market/random.hpp"
#include "crossbook/market/session.hpp"
#include "house.hpp"
#include "plan.hpp"

// The venues' messages as they reach us: those of the simulated market, on connections that lose, repeat, reorder, hold
// back and falsify them, and those of the house.
namespace crossbook::sim {

struct Received {
  enum class Kind : std::uint8_t { open, close, sent, frame, body, behind, caught_up };
  Kind kind = Kind::frame;
  FeedId feed{};
  ConnectionId connection{};
  std::string url;
  std::string bytes;       // padded
  std::size_t size = 0;    // without the padding
  const char* fault = "";  // what was done to it on the way
  [[nodiscard]] Input input(Steady at, Wall wall) const;
};

class FaultyFeeds {
 public:
  // The first day begins at `at`.
  FaultyFeeds(const Plan& plan, Steady at);

  // When something is received next; nothing once all feeds are dead.
  [[nodiscard]] std::optional<Steady> next_at();
  // That. The house shows our orders with its own.
  Received take(const std::vector<ShownOrder>& ours);

  // The process starts anew: other sockets, and a market that opens them.
  void restart(Steady at);
  // Nothing will ever be received again, and nobody says so.
  void die() { dead_ = true; }

  [[nodiscard]] const House& house() const { return house_; }
  // In 10^-2 quote.
  [[nodiscard]] std::int64_t fair_price() const { return session_.fair_price(0) / 10'000; }

 private:
  using Key = std::pair<Steady, std::uint64_t>;
  struct Line {  // one venue's socket
    bool closed = false;
    Steady muted_until;
    bool keeps = false;  // what was muted comes afterwards
  };

  void pull();
  void deliver(Received received, Steady at);
  void forget_held(FeedId feed);
  void spoil(Received received, Steady at);
  void lag(Received received, Steady at);
  void falsify(Received& received);
  [[nodiscard]] bool one_in(std::int64_t n) { return n > 0 && random_.one_in(n); }
  [[nodiscard]] Steady arrives_at() const;

  FeedFaults faults_;
  market::SessionOptions options_;
  market::Random random_;
  market::Session session_;
  Steady began_at_;
  market::Record ahead_;  // the market's next
  std::map<Key, Received> under_way_;
  std::uint64_t sequence_ = 0;
  std::map<FeedId, Line> lines_;
  std::uint32_t sockets_ = 0;  // of processes before
  House house_;
  bool dead_ = false;
};

}  // namespace crossbook::sim
