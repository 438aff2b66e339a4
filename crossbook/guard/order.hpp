// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"

// One order, and the only legal steps between its states.
namespace crossbook::guard {

enum class WatchId : std::uint32_t {};    // one spread that orders watch
enum class AccountId : std::uint16_t {};  // one account at one venue: whose requests share a budget

// Where an order stands in the table. A slot is used again after the order in it was forgotten.
using Slot = std::uint32_t;
inline constexpr Slot no_slot = 0xFFFF'FFFF;

// What can happen to an order: what a venue says of it, what we ask, and what nobody answered.
enum class OrderEvent : std::uint8_t {
  acknowledged,
  rejected,
  partly_filled,
  wholly_filled,  // the fill that completes its quantity, or goes beyond
  cancelled,
  expired,          // as cancelled, by its own terms, or by our cancel because of its expiry
  cancel_rejected,  // the venue refused to cancel
  gone,             // the venue refused to cancel what it no longer has
  open,             // answer of a query: it rests
  absent,           // answer of a query: it does not rest, and was not filled whole
  absent_filled,    // answer of a query: it does not rest, since it was filled whole
  unanswered,       // a request was lost on the way
  cancel_sent,      // we asked the venue to cancel
  silence,          // no answer within the time for it
  reappeared,       // proof that an order lives which a query or a reject had called dead
};
inline constexpr std::size_t order_event_count = 15;
inline constexpr std::size_t order_state_count = 8;
[[nodiscard]] constexpr const char* to_string(OrderEvent event) {
  constexpr std::array<const char*, order_event_count> names = {
      "acknowledged", "rejected", "partly_filled", "wholly_filled", "cancelled",   "expired", "cancel_rejected", "gone",
      "open",         "absent",   "absent_filled", "unanswered",    "cancel_sent", "silence", "reappeared"};
  return names[static_cast<std::size_t>(event)];
}

// What a step asks for besides the new state.
enum class StepAction : std::uint8_t {
  none,
  query,      // ask the venue what became of it
  again,      // cancel once more
  late_fill,  // count the fill, and tell a person
  mismatch,   // the venue contradicts what it had said: ask it, and tell a person
};
[[nodiscard]] constexpr const char* to_string(StepAction action) {
  constexpr std::array<const char*, 5> names = {"none", "query", "again", "late_fill", "mismatch"};
  return names[static_cast<std::size_t>(action)];
}

struct Step {
  OrderState to = OrderState::pending;
  StepAction action = StepAction::none;
  friend constexpr bool operator==(const Step&, const Step&) = default;
};

// The step for every pair of state and event. Fills always win; only what a venue said ends an order.
[[nodiscard]] constexpr Step step(OrderState from, OrderEvent event);

namespace detail {

using Row = std::array<Step, order_event_count>;

// The rows of step(): states in the order of OrderState, events in that of OrderEvent.
inline constexpr std::array<Row, order_state_count> steps = [] {
  using enum OrderState;
  constexpr Step ask{unknown, StepAction::query};
  constexpr Step doubt{unknown, StepAction::mismatch};
  constexpr auto stay = [](OrderState state, StepAction action = StepAction::none) { return Step{state, action}; };
  // An ended order answers to fills and to proof that it lives; everything else comes late and changes nothing.
  constexpr auto over = [](OrderState state) {
    Row row{};
    row.fill(Step{state, StepAction::none});
    row[static_cast<std::size_t>(OrderEvent::partly_filled)] = {state, StepAction::late_fill};
    row[static_cast<std::size_t>(OrderEvent::wholly_filled)] = {filled, StepAction::late_fill};
    row[static_cast<std::size_t>(OrderEvent::reappeared)] = {unknown, StepAction::mismatch};
    return row;
  };
  return std::array<Row, order_state_count>{
      Row{{{active},
           {rejected},
           {active},
           {filled},
           {cancelled},
           {expired},
           stay(pending),
           ask,
           {active},
           {cancelled},
           {filled},
           ask,
           {cancelling},
           ask,
           stay(pending)}},
      Row{{stay(active),
           doubt,
           stay(active),
           {filled},
           {cancelled},
           {expired},
           stay(active),
           ask,
           stay(active),
           {cancelled},
           {filled},
           ask,
           {cancelling},
           stay(active),
           stay(active)}},
      Row{{stay(cancelling, StepAction::again),
           {rejected},
           stay(cancelling),
           {filled},
           {cancelled},
           {expired},
           stay(cancelling, StepAction::again),
           ask,
           stay(cancelling, StepAction::again),
           {cancelled},
           {filled},
           ask,
           stay(cancelling),
           stay(cancelling, StepAction::again),
           stay(cancelling)}},
      over(cancelled),
      over(filled),
      over(expired),
      over(rejected),
      Row{{stay(unknown),
           {rejected},
           stay(unknown),
           {filled},
           {cancelled},
           {expired},
           stay(unknown),
           ask,
           {active},
           {cancelled},
           {filled},
           ask,
           stay(unknown),
           ask,
           stay(unknown)}},
  };
}();

}  // namespace detail

[[nodiscard]] constexpr Step step(OrderState from, OrderEvent event) {
  return detail::steps[static_cast<std::size_t>(from)][static_cast<std::size_t>(event)];
}

// An order as the guard knows it.
struct Order {
  OrderId id{};
  OrderTerms terms;
  OrderLimits limits;
  Quantity filled;  // the sum of its fills, each counted once; above terms.quantity only when a venue overfilled
  Steady placed_at;
  Wall placed_wall;
  Steady ended_at;  // when `state` is an end state
  WatchId watch{};
  AccountId account{};
  OrderState state = OrderState::pending;
  OrderReason end_reason = OrderReason::ok;  // why it ended, when it has
  std::optional<OrderReason> due;            // why it must go; once due it stays due
  bool acknowledged = false;                 // the venue has shown that it knows the order
  bool cancel_in_flight = false;             // a cancel was sent and nothing answered it yet
  bool query_in_flight = false;              // likewise a query
  bool waits_for_budget = false;             // due, and its cancel stands in the queue of its account
  bool denied = false;                       // ended by the word that it never was there
  std::uint32_t cancels = 0;                 // sent so far
  std::uint32_t queries = 0;                 // sent since the last answer
  std::uint32_t fills = no_slot;             // newest of its matches, in the fill ledger
  Slot ended_before = no_slot;               // neighbours in the list of ended orders, oldest first
  Slot ended_after = no_slot;
};

}  // namespace crossbook::guard
