// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/guard/budget.hpp"
#include "crossbook/guard/cancel_queue.hpp"
#include "crossbook/guard/fill_ledger.hpp"
#include "crossbook/guard/order.hpp"
#include "crossbook/guard/order_table.hpp"
#include "crossbook/guard/spread.hpp"
#include "crossbook/guard/spread_index.hpp"
#include "crossbook/guard/timers.hpp"

// The orders that rest at venues: when each must go, and what became of it.
namespace crossbook::guard {

struct GuardOptions {
  std::size_t orders_reserve = 1'024;  // room made at the start
  std::size_t orders_max = 4'000'000;  // held at most, ended ones included; a place beyond is refused (table_full)
  std::optional<Nanos> place_ack_max = seconds(5);   // a place without an answer for as long is asked for; none: never
  std::optional<Nanos> cancel_ack_max = seconds(1);  // likewise a cancel is repeated; none: never
  Nanos backoff_first = milliseconds(250);           // after a cancel that was refused or lost; then twice that
  Nanos backoff_max = seconds(30);
  std::uint32_t cancel_tries_max = 5;            // then an alarm and a query, and again after as many
  std::optional<Nanos> retention = seconds(60);  // an ended order is known for as long; none: until forget()
  MicroBps cross_max{20'000'000};  // a consolidated spread crossed by more, for longer than cross_dwell, is unusable
  Nanos cross_dwell;
  bool refuse_due = true;  // a place that would be due at once is refused with the reason why
  std::int64_t rearm_per_mille =
      800;              // with refuse_due: refused until the spread falls below this share of the threshold
  bool manual = false;  // nothing becomes due but in advance(); for a caller who polls
};

// How the pursuit of a due order stands.
struct Pursuit {
  OrderReason due = OrderReason::ok;        // why it must go
  std::uint32_t cancels = 0;                // sent so far
  bool in_flight = false;                   // the last one was not answered yet
  OrderReason waits_for = OrderReason::ok;  // budget: the next one stands in the queue of its account
  std::optional<Steady> next_try;           // when the next one goes out unless an answer comes before
};

// Holds every live order, and ended ones for a while. A plain value without clock, thread or lock: what happened comes
// in with its time, what should be done is appended to Effects. Times of successive calls never decrease.
//
// After every call (with `manual`: after every advance()) each due live order has a cancel in flight, or a next try.
// An order once due stays due. Only a venue's word ends an order: acknowledged, refused, filled, cancelled or asked
// for. What a gateway owes: reports of one match carry one trade number; the matches that a query brings to light are
// reported before its answer; `absent` is said only when the request that placed the order can no longer arrive.
class Guard {
 public:
  explicit Guard(const GuardOptions& options = {});

  // A spread that orders may watch: of all venues (which may cross a little), or of one. Unusable until told.
  WatchId add_watch(bool consolidated);
  // An account whose requests share a budget; none: unlimited.
  AccountId add_account(const std::optional<BudgetOptions>& budget = {});

  // Takes the order in and sends it (PlaceOrder, OrderChange pending -> pending), or refuses it (OrderChange pending ->
  // rejected with stopped, duplicate_id, table_full, budget, or what refuse_due says). Of a refused order nothing is
  // kept, and one that was refused as a duplicate leaves the first as it is.
  void place(const PlaceCommand& command, WatchId watch, AccountId account, Steady at, Wall wall, Effects& effects);

  // Takes in an order of an earlier process as unknown, and asks for it (QueryOrder, OrderChange unknown -> unknown,
  // recovered). A known id changes nothing.
  void restore(const RestoredOrder& order, WatchId watch, AccountId account, Steady at, Wall wall, Effects& effects);
  // Of a restored order: a match that its `filled` counts already. Reported again, it counts no second time.
  void restore_trade(OrderId id, std::uint64_t trade);

  // Wants the order gone. Nothing when it is unknown or has ended; already due, it goes on as it does.
  void cancel(const CancelCommand& command, Steady at, Wall wall, Effects& effects);
  // Refuses every place from now on, and wants every live order gone.
  void stop(Steady at, Wall wall, Effects& effects);

  // What a gateway says. An alarm unknown_order when the guard does not hold the order.
  void on_report(const OrderReport& report, Steady at, Wall wall, Effects& effects);

  // The watched spread changed, or was seen again. O(1) when it breaks no threshold, O(k log n) when it breaks k.
  // Range: what spread_between answers.
  void on_spread(WatchId watch, Spread spread, Steady at, Wall wall, Effects& effects);
  // The touch of a listing moved: cancels that wait for budget go nearest first.
  void on_touch(ListingId listing, const Touch& touch);

  // Time passed: what is due by now is pursued, what was not answered is tried again, what ended long ago is forgotten.
  // With so many cancels in the effects the rest stays due, for the next call at the same time: who serves them in
  // between touches an order's memory once.
  void advance(Steady at, Wall wall, Effects& effects,
               std::size_t cancels_max = std::numeric_limits<std::size_t>::max());
  // The next moment at which advance() has something to do, as far as known now.
  [[nodiscard]] std::optional<Steady> next_due() const;

  // The order, or null. Valid until the next call that is not const.
  [[nodiscard]] const Order* find(OrderId id) const;
  // Asks for the memory where that order is looked up: before reports of many, one after the other.
  void prefetch(OrderId id) const { table_.prefetch(id); }
  // Of a due live order; none otherwise.
  [[nodiscard]] std::optional<Pursuit> pursuit(OrderId id) const;
  // When a query that nobody answered is sent, or sent again; of a pending order, when its place counts as unanswered.
  [[nodiscard]] std::optional<Steady> next_query(OrderId id) const;
  // Why the order would be due now, by what the guard knows: manual and the like when it is due already; none: it
  // rests.
  [[nodiscard]] std::optional<OrderReason> why_due(const Order& order, Steady at, Wall wall) const;
  // The last spread of the watch; none while unusable.
  [[nodiscard]] Spread spread(WatchId watch) const;

  [[nodiscard]] std::size_t live() const { return table_.live(); }  // orders that have not ended
  [[nodiscard]] std::size_t held() const { return table_.held(); }  // and those that have, and are not forgotten yet
  [[nodiscard]] bool stopped() const { return stopped_; }
  // Visits each held order that has not ended (has ended), by slot: the same order for the same inputs.
  template <class Visit>
  void for_each_live(Visit&& visit) const {
    for (Slot slot = 0; slot < table_.slots(); ++slot)
      if (table_[slot].held && !ended(table_[slot].state)) visit(table_[slot]);
  }
  template <class Visit>
  void for_each_ended(Visit&& visit) const {
    for (Slot slot = table_.oldest_ended(); slot != no_slot; slot = table_[slot].ended_after) visit(table_[slot]);
  }
  // Forgets an order that has ended; false when it is unknown or lives.
  bool forget(OrderId id);
  // Memory held by tables, heaps and queues.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Watch {
    bool consolidated = false;
    Spread spread;                        // the last one, while usable
    std::optional<Steady> crossed_since;  // by more than cross_max
    std::optional<Steady> unusable_since;
    std::optional<MicroBps> refused_up_to;  // thresholds that a spread had broken, and that are not re-armed
    SlotHeap<Nanos> impatient;              // orders that wait for data no longer than this
  };
  struct Account {
    std::optional<Budget> budget;
    CancelQueue queue;
    std::uint64_t touches_seen = 0;  // moves of touches, when the queue was put in order
  };

  // guard.cpp: what comes in.
  void begin(Steady at, Wall wall);
  Slot take_in(OrderId id, const OrderTerms& terms, const OrderLimits& limits, WatchId watch, AccountId account);
  [[nodiscard]] OrderReason refusal(const PlaceCommand& command, WatchId watch, AccountId account);
  [[nodiscard]] OrderReason due_on_arrival(const OrderLimits& limits, const Watch& watch) const;
  void start_waiting(Slot slot, Effects& effects);
  void stop_waiting(Slot slot);
  void fire(Effects& effects, std::size_t cancels_max = std::numeric_limits<std::size_t>::max());
  void fire_timers(Effects& effects, std::size_t cancels_max);
  void fire_dwell(Effects& effects, std::size_t orders_max);
  void fire_watches(Effects& effects);
  void serve_queues(Effects& effects);
  void forget_old();
  void forget_slot(Slot slot);

  // guard_watch.cpp: what follows from a spread.
  [[nodiscard]] bool cross_passes(Watch& watch) const;
  void use(WatchId watch, MicroBps spread, Effects& effects);
  void lose(WatchId watch, Steady since);
  void watch_clock(WatchId watch);
  void fire_watch(WatchId watch, Effects& effects);

  // guard_report.cpp: what follows from a report.
  void on_acknowledged(Slot slot, Effects& effects);
  void on_rejected(Slot slot, OrderReason reason, Effects& effects);
  void on_fill(Slot slot, const OrderFill& fill, Effects& effects);
  void on_gone(Slot slot, const OrderReport& report, Effects& effects);
  void on_cancel_rejected(Slot slot, OrderReason reason, Effects& effects);
  void on_answer(Slot slot, const OrderReport& report, Effects& effects);
  void on_unanswered(Slot slot, Effects& effects);
  bool shown(Slot slot);
  void cancel_again(Slot slot, Effects& effects);
  void revive(Slot slot, Effects& effects);

  // guard_pursuit.cpp: steps, cancels and queries.
  StepAction apply(Slot slot, OrderEvent event, OrderReason reason, const OrderFill* fill, Effects& effects);
  void end(Slot slot, OrderEvent event, OrderReason reason);
  void make_due(Slot slot, OrderReason reason, Effects& effects);
  void want_cancel(Slot slot, Effects& effects);
  void send_cancel(Slot slot, Effects& effects);
  void cancel_later(Slot slot);
  void on_cancel_timer(Slot slot, Effects& effects);
  void ask(Slot slot, Effects& effects);
  void send_query(Slot slot, Effects& effects);
  void alarm(Slot slot, OrderAlarm::Kind kind, Effects& effects) const;
  [[nodiscard]] Nanos backoff(std::uint32_t tries) const;
  [[nodiscard]] Urgency urgency(Slot slot) const;

  GuardOptions options_;
  OrderTable table_;
  FillLedger fills_;
  SpreadIndex index_;
  Timers timers_;
  std::vector<Watch> watches_;
  Deadlines<SteadyClock> watch_timers_;  // by watch: it becomes unusable, or its most impatient order due
  SlotPlaces impatient_places_;          // of all watches' impatient orders
  std::vector<Account> accounts_;
  SlotPlaces queue_places_;     // of all accounts' queues
  std::size_t queued_ = 0;      // orders in all queues
  std::vector<Touch> touches_;  // by listing
  std::uint64_t touch_moves_ = 0;
  bool stopped_ = false;
  Steady at_;  // now, and the wall's
  Wall wall_;
};

}  // namespace crossbook::guard
