// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/shard/market_records.hpp"
#include "crossbook/shard/paper_loop.hpp"

// A paper session on the simulated market, and a journal whose disk can be looked at, filled up and pulled out.
namespace crossbook::shard {

// The process dies here.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

// What is on disk, and what would be with the next commit.
class MemoryJournal final : public Journal {
 public:
  struct Kept {
    Intent intent;
    OrderState state = OrderState::pending;
    std::map<std::uint64_t, OrderFill> executions;
  };
  std::map<OrderId, Kept> disk;
  std::vector<Learned> learned_rows;
  std::string exchanges_state;
  std::size_t calls = 0;
  std::size_t kill_at = 0;                      // this call is the last; 0: never
  std::size_t full_at = 0;                      // from this call on the disk is full; 0: never
  std::size_t exchanges_full_at = 0;            // ... for the exchanges' state alone
  std::function<void(std::size_t)> on_intents;  // intents that a commit is about to write

  void intent(const Intent& intent) override {
    count();
    waiting_.push_back([this, intent] { disk.try_emplace(intent.order, Kept{intent, OrderState::pending, {}}); });
    ++intents_waiting_;
  }
  void step(OrderId order, OrderState to, OrderReason, Wall) override {
    count();
    waiting_.push_back([this, order, to] { disk.at(order).state = to; });
  }
  void execution(OrderId order, const OrderFill& fill, Wall) override {
    count();
    waiting_.push_back([this, order, fill] { disk.at(order).executions.emplace(fill.trade, fill); });
  }
  void learned(const Learned& row) override {
    count();
    waiting_.push_back([this, row] { learned_rows.push_back(row); });
  }
  void performance(const tca::Rows&) override { count(); }
  sys::Status commit() override {
    count();
    if (full_at != 0 && calls >= full_at) return sys::fault("memory: the disk is full");
    if (intents_waiting_ > 0 && on_intents) on_intents(intents_waiting_);
    intents_waiting_ = 0;
    for (const auto& write : std::exchange(waiting_, {})) write();
    return {};
  }
  sys::Status keep_exchanges(const std::string& state) override {
    count();
    if (exchanges_full_at != 0 && calls >= exchanges_full_at) return sys::fault("memory: no room for the exchanges");
    exchanges_state = state;
    return {};
  }

  [[nodiscard]] std::vector<RestoredIntent> live_orders() const {
    std::vector<RestoredIntent> live;
    for (const auto& [id, kept] : disk) {
      if (ended(kept.state)) continue;
      RestoredIntent& restored = live.emplace_back();
      restored.intent = kept.intent;
      restored.wanted_gone = kept.state == OrderState::cancelling;
      for (const auto& [trade, fill] : kept.executions) {
        restored.filled += fill.quantity;
        restored.trades.push_back(trade);
      }
    }
    return live;
  }
  [[nodiscard]] OrderId next_order() const {
    return disk.empty() ? OrderId(1) : OrderId(static_cast<std::uint64_t>(disk.rbegin()->first) + 1);
  }
  // What the dead process had not written is gone.
  void lose_memory() {
    waiting_.clear();
    intents_waiting_ = 0;
  }

 private:
  void count() {
    if (++calls == kill_at) throw Killed();
  }

  std::vector<std::function<void()>> waiting_;
  std::size_t intents_waiting_ = 0;
};

inline VenueBelief test_belief(std::string_view, std::string_view) {
  return {.maker = MicroBps(1'000'000), .taker = MicroBps(4'000'000), .out = milliseconds(5), .back = milliseconds(5)};
}

// A few of each kind: takers at the best venue, resting orders under a tight and a wide limit, some that expire or are
// cancelled by hand.
inline PaperScript busy_script() {
  PaperScript script = example_flow("500");
  for (ScriptOrder& order : script.orders) {
    order.after = Nanos(order.after.count() / 4);
    order.every = milliseconds(700);
  }
  ScriptOrder tight = script.orders[1];
  tight.after = milliseconds(2'300);
  tight.limits.spread_max = MicroBps(400'000);
  tight.limits.watched = WatchedSpread::own_venue;
  script.orders.push_back(tight);
  ScriptOrder brief = script.orders[1];
  brief.type = OrderType::limit;
  brief.price_from = PriceFrom::mid;
  brief.after = milliseconds(2'600);
  brief.cancel_after = milliseconds(900);
  script.orders.push_back(brief);
  return script;
}

// Plays a session of the simulated market, from its beginning.
class PaperRun {
 public:
  explicit PaperRun(std::uint64_t seed, Journal* journal = nullptr, PaperScript script = busy_script(),
                    OrderId first = OrderId(1), std::size_t performance_kept = 10'000)
      : records_({.seed = seed, .duration = seconds(12)}),
        loop_(player_, {.script = std::move(script),
                        .belief = test_belief,
                        .calibrator = Calibrator(),
                        .first_order = first,
                        .journal = journal,
                        .listener = nullptr,
                        .performance_kept = performance_kept}) {}

  // False at the end of the session.
  bool step() {
    record_ = records_.next();
    if (record_ == nullptr) return false;
    loop_.play(*record_, record_->connection, record_->at);
    return true;
  }
  void play() {
    while (step()) {
    }
    loop_.finish();
  }

  [[nodiscard]] Player& player() { return player_; }
  [[nodiscard]] PaperLoop& loop() { return loop_; }
  [[nodiscard]] const engine::Engine& engine() const { return player_.engine(); }
  // The last one that was played.
  [[nodiscard]] const capture::Arrival& record() const { return *record_; }

 private:
  MarketRecords records_;
  const capture::Arrival* record_ = nullptr;
  Player player_{PlayerOptions{.engine = {.use_bbo = true}, .groups = {}}};
  PaperLoop loop_;
};

}  // namespace crossbook::shard
