// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crossbook/shard/effect_digest.hpp"
#include "exchange.hpp"
#include "feeds.hpp"
#include "oracle.hpp"
#include "plan.hpp"

// One simulated day: misbehaving feeds and venues, random orders, the real engine between them, and the oracle behind
// it. First everything misbehaves, then all feeds die, then all is stopped and settled.
namespace crossbook::sim {

class Transcript;

struct Outcome {
  std::string broken;  // the first promise that was broken, or nothing
  std::uint64_t inputs = 0;
  std::uint64_t orders = 0;
  std::uint64_t cancels = 0;
  std::uint64_t fills = 0;
  std::array<std::uint64_t, 32> reasons{};  // of first cancels, by OrderReason
  std::uint64_t effects = 0;
  std::string digest;  // of all effects
};

class Simulation {
 public:
  // `transcript` may be null.
  Simulation(std::uint64_t seed, Transcript* transcript);
  Outcome run();

 private:
  enum class Next : std::uint8_t { none, feed, exchange, tick, command, disconnect, crash };

  void start();
  void misbehave();
  void let_feeds_die();
  void settle();
  bool step(Steady end);
  [[nodiscard]] Next choose(Steady& at);
  void happen(Next next);

  void take_feed();
  void take_exchange();
  void command();
  void place(bool impatient);
  void disconnect();
  void crash();

  template <class What>
  void give(What what, const std::string& words);
  void give(const Input& input, const std::string& words);
  void act(const Input& input, const std::string& words);
  void carry_out();
  void check_truth();
  void check_house();
  void check_end();
  void count();

  [[nodiscard]] OrderTerms draw_terms();
  [[nodiscard]] OrderLimits draw_limits(bool impatient);
  [[nodiscard]] std::vector<ShownOrder> shown() const;
  [[nodiscard]] std::vector<OrderId> live() const;
  [[nodiscard]] Wall wall() const { return Wall(plan_.market.start.nanos() + now_.nanos()) + wall_ahead_; }
  [[nodiscard]] Steady after(Nanos mean) { return now_ + Nanos(random_.waiting(mean.count())); }

  Plan plan_;
  market::Random random_;
  Transcript* transcript_;
  Steady now_{1'000'000'000};
  Nanos wall_ahead_;
  std::unique_ptr<engine::Engine> engine_;
  Effects effects_;
  FaultyFeeds feeds_;
  FaultyExchange exchange_;
  Oracle oracle_;
  shard::EffectDigest digest_;
  Outcome outcome_;

  std::vector<ListingId> listings_;  // where orders are placed; the house is the last
  std::uint64_t next_order_ = 1;
  std::set<OrderId> strange_fills_;  // ended before a crash, and matched still
  bool stopped_ = false;
  bool loses_effects_ = false;  // the process dies before it acts
  std::optional<Steady> command_at_;
  std::optional<Steady> disconnect_at_;
  std::optional<Steady> crash_at_;
};

}  // namespace crossbook::sim
