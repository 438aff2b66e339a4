// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/engine/engine.hpp"
#include "naive_spread.hpp"
#include "plan.hpp"

// What the engine ought to do, worked out anew after every input: naive, slow, and by other means than the engine's.
namespace crossbook::sim {

// An order as the store would know it, and when it must go by the naive reading of its limits.
struct KnownOrder {
  OrderTerms terms;
  OrderLimits limits;
  Steady placed_at;
  Wall placed_wall;
  std::string market;  // the spread that it watches
  OrderState state = OrderState::pending;
  Quantity filled;
  std::set<std::uint64_t> trades;
  std::set<OrderReason> due;  // every reason that has come true
  std::optional<Steady> broken_since;
  std::uint32_t cancels = 0;
  Steady cancelled_at;  // when the last cancel went out
  bool here = true;     // false between the crash and its restoration
  [[nodiscard]] bool lives_here() const { return here && !ended(state); }
};

class Oracle {
 public:
  explicit Oracle(const Plan& plan) : plan_(plan) {}

  // Around each call of Engine::on.
  void before(const Input& input);
  void after(const Input& input, const Effects& effects, const engine::Engine& engine);
  // The process died; what the store knows stays.
  void crash();

  // The first promise that was broken; empty while all are kept.
  [[nodiscard]] const std::string& broken() const { return broken_; }
  [[nodiscard]] const std::map<OrderId, KnownOrder>& orders() const { return orders_; }
  [[nodiscard]] bool live(OrderId id) const;
  // Orders that must go once the data they watch is dead.
  [[nodiscard]] bool anyone_impatient() const;

  void complain(const std::string& what) {
    if (broken_.empty()) broken_ = what;
  }

 private:
  // One watched spread: what the guard was told, and since when it is unusable.
  struct Market {
    GroupOrListing where;
    bool consolidated = false;
    guard::Spread spread;
    std::optional<Steady> unusable_since;
    std::optional<Steady> crossed_since;
  };
  struct Socket {
    FeedId feed{};
    Steady heard_at;
    Steady fetched_at;  // a body of its feed came
    bool behind = false;
  };
  struct Bucket {
    std::int64_t credit = 0;
    Steady at;
  };

  void pass_time(Steady at, Wall wall);
  void take(const Input& input, const Effects& effects, const engine::Engine& engine);
  void take_place(const PlaceCommand& command, const Effects& effects, const engine::Engine& engine);
  void take_in(OrderId id, KnownOrder order, const engine::Engine& engine);
  void judge_place(const PlaceCommand& command, OrderReason refused, const engine::Engine& engine);
  void take_report(const OrderReport& report, const Effects& effects, const engine::Engine& engine);
  void follow(const Input& input, const Effects& effects);
  [[nodiscard]] static bool evident(const Input& input, const OrderChange& change, const KnownOrder& order);
  void spend(const Effects& effects, const engine::Engine& engine);
  void spend_one(ListingId listing, const engine::Engine& engine);

  Market& market(const KnownOrder& order, std::string& key, const engine::Engine& engine);
  void look(Market& market, const engine::Engine& engine);
  void look_at_markets(const engine::Engine& engine);
  [[nodiscard]] std::vector<OwnLevel> own() const;

  void hear(const Input& input);
  void check(const engine::Engine& engine);
  void check_silence(const engine::Engine& engine);
  void check_behind(const engine::Engine& engine);
  void check_order(OrderId id, const KnownOrder& known, const engine::Engine& engine);
  void check_cancels(const Effects& effects, const std::set<OrderId>& lived);

  const Plan& plan_;
  std::string broken_;
  std::map<OrderId, KnownOrder> orders_;
  std::map<std::string, Market> markets_;
  std::map<std::string, Bucket> buckets_;   // by venue
  std::map<ConnectionId, Socket> sockets_;  // open ones
  Steady at_;
  Wall wall_;
  bool stopped_ = false;
};

}  // namespace crossbook::sim
