// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/capture/session.hpp"
#include "crossbook/gateway/paper.hpp"
#include "crossbook/shard/displayed_books.hpp"
#include "crossbook/shard/effect_digest.hpp"
#include "crossbook/shard/journal.hpp"
#include "crossbook/shard/order_maker.hpp"
#include "crossbook/shard/paper_account.hpp"
#include "crossbook/shard/paper_costs.hpp"
#include "crossbook/shard/paper_script.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/tca/tracker.hpp"

// The whole loop on a played session: books -> best venue -> cost -> place -> guard -> fill or cancel -> record ->
// better cost. Orders go to exchanges on paper; everything else is what would run live.
namespace crossbook::shard {

// An order of ours while it lives.
struct TrackedOrder {
  OrderId id{};
  ListingId listing{};
  std::string venue;
  std::string symbol;
  OrderTerms terms;
  Steady decided_at;
  std::optional<Steady> sent_at;
  std::optional<Steady> acknowledged_at;
  std::optional<Steady> cancel_at;  // the first cancel was decided
  std::optional<Wall> arrived;      // the venue's own time of it
  // At the decision; nothing of an order of an earlier process.
  std::optional<Nanos> expected_latency;
  std::optional<MicroBps> expected_maker_fee;
  std::optional<MicroBps> expected_taker_fee;
  OrderReason due = OrderReason::ok;  // why it must go
  bool restored = false;              // of an earlier process
  bool recorded = false;              // its intent is in the journal
  bool filled_once = false;
};

// Is told each step as it happens.
class PaperListener {
 public:
  virtual ~PaperListener() = default;
  virtual void on_decided(const TrackedOrder& order, const MadeOrder& made, Wall wall) = 0;
  virtual void on_unmade(const ScriptOrder& wish, Unmade why, Wall wall) = 0;
  virtual void on_cancel(const TrackedOrder& order, const CancelOrder& cancel, Wall wall) = 0;
  virtual void on_change(const TrackedOrder& order, const OrderChange& change, Wall wall) = 0;
  virtual void on_alarm(const OrderAlarm& alarm, Wall wall) = 0;
};

struct PaperOptions {
  PaperScript script;
  BeliefOf belief;
  Calibrator calibrator;                  // what earlier sessions learned
  OrderId first_order{1};                 // above every number that was ever used
  Journal* journal = nullptr;             // none: nothing outlives the process
  PaperListener* listener = nullptr;      // both outlive the loop
  std::size_t performance_kept = 10'000;  // decisions that a report at the end is made of
};

class PaperLoop {
 public:
  // REQUIRES: the player outlives the loop, and nobody else plays it.
  PaperLoop(Player& player, PaperOptions options);

  // Orders and exchanges of an earlier process, before the first record. Each order is unknown until its exchange told.
  // Errors: an order at a feed that is not known. A state of exchanges that cannot be read shows in healthy() with the
  // first record.
  [[nodiscard]] sys::Status restore(std::vector<RestoredIntent> orders, const std::string& exchanges);

  // Everything that happens before the record, then the record.
  void play(const capture::Record& record, ConnectionId connection, Steady at);
  // The same in parts, for a caller that plays the records itself: everything that happens up to this time, before the
  // player is given a record of it; then what the record led to.
  void advance(Steady at, Wall wall);
  void played(const Effects& effects, Steady at, Wall wall);
  // Time passes without a record.
  void tick(Steady at, Wall wall);
  // When time alone has something to do.
  [[nodiscard]] std::optional<Steady> next_due() const;
  // Nothing is placed any more, and all that lives is cancelled.
  void stop();
  // Stops, and time goes on for as long as the exchanges need to say so, `finish_max` at most.
  void finish();
  static constexpr Nanos finish_max = seconds(30);

  // Is told of each input that is no record, once it was taken, and what it led to, which lives until the call returns.
  using Follower = std::function<void(const Input&, const Effects&)>;
  void follow(Follower follower) { follower_ = std::move(follower); }

  // The first error of the journal, or of the start: from then on nothing is placed, and what lives is cancelled.
  [[nodiscard]] const sys::Status& healthy() const { return healthy_; }
  [[nodiscard]] const PaperAccount& account() const { return account_; }
  [[nodiscard]] const EffectDigest& digest() const { return digest_; }
  // Of the newest decisions: at least `performance_kept` of them where there were so many. All are in the journal.
  [[nodiscard]] const tca::Rows& performance() const { return rows_; }
  [[nodiscard]] Calibrator& calibrator() { return costs_.calibrator(); }
  [[nodiscard]] std::size_t live() const { return player_.engine().guard().live(); }
  // Live orders, and those that ended in the last two minutes.
  [[nodiscard]] const std::map<OrderId, TrackedOrder>& orders() const { return orders_; }

 private:
  struct Wish {
    ScriptOrder order;
    Nanos next;  // after the session's begin
    std::int64_t left = 0;
    bool turned = false;  // the next one goes the other way round
  };

  void begin(Steady at, Wall wall);
  void restore_now(Steady at, Wall wall);
  void advance_to(Steady at, Wall wall);
  // Nothing is placed any more.
  [[nodiscard]] bool stopped() const { return stop_told_ || !healthy_; }
  [[nodiscard]] Wall wall_at(Steady at) const { return wall_ + (at - at_); }
  void deliver(Steady at, Wall wall);
  [[nodiscard]] bool is_of_the_past(const OrderReport& report);
  void serve_script(Steady at, Wall wall);
  void wish(Wish& wish, Steady at, Wall wall);
  void place(const MadeOrder& made, const ScriptOrder& order, Steady at, Wall wall);

  void take(const Input& input, const OrderReport* report = nullptr);
  void before(Steady at);
  void settle(const Effects& effects, Steady at, Wall wall, const OrderReport* report);
  void follow_up();
  void show_market(const Effects& effects, Steady at, Wall wall);
  void learn_delays(Steady at, Wall wall);
  void carry_out(const Effects& effects, Steady at, Wall wall, const OrderReport* report);
  void send(const PlaceOrder& order, Steady at, Wall wall);
  void on_change(const OrderChange& change, Steady at, Wall wall, const OrderReport* report);
  void on_fill(TrackedOrder& order, const OrderFill& fill, Steady at, Wall wall, const OrderReport* report);
  void on_end(TrackedOrder& order, const OrderChange& change, Steady at, Wall wall);
  void write_intent(const PlaceOrder& order, Wall wall);
  [[nodiscard]] bool commit();
  void keep_exchanges();
  void fail(sys::Status status);
  void keep_performance();
  void forget_performance();
  void forget_old(Steady at);

  void list(ListingId listing);
  [[nodiscard]] std::string exchanges_state() const;
  [[nodiscard]] sys::Status restore_exchanges(const std::string& state, Steady at);
  [[nodiscard]] tca::MarketView view_of(GroupId group);

  Player& player_;
  PaperOptions options_;
  PaperCosts costs_;
  OrderMaker maker_;
  DisplayedBooks displayed_;
  gateway::PaperGateway gateway_;
  tca::Tracker tracker_;
  tca::Rows rows_;
  PaperAccount account_;
  EffectDigest digest_;
  sys::Status healthy_;
  Follower follower_;

  std::vector<Wish> wishes_;
  std::map<OrderId, TrackedOrder> orders_;
  std::multimap<Steady, OrderId> script_cancels_;
  std::deque<std::pair<Steady, OrderId>> ended_;  // the oldest first
  OrderId next_order_;
  std::map<std::string, gateway::PaperVenueId, std::less<>> venues_;
  std::vector<ListingId> venue_order_;  // the first listing of each venue, in the order of the venues
  std::vector<std::uint8_t> listed_;    // by ListingId
  std::vector<RestoredIntent> restored_;
  std::string restored_exchanges_;
  std::vector<Input> follow_up_;  // inputs that carrying out led to
  std::set<OrderId> strangers_;   // held by an exchange, unknown to us, and not yet gone
  std::vector<gateway::TimedReport> reports_;
  std::vector<const book::VenueBook*> view_books_;
  std::vector<std::optional<ExchangeId>> exchange_of_;  // by FeedId
  std::optional<Steady> began_at_;
  Steady at_;  // of the last thing that happened, and its wall
  Wall wall_;
  OrderId first_order_{};  // of this process; below it are those of earlier ones
  bool stop_told_ = false;
};

}  // namespace crossbook::shard
