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
  silence,          // no answer to a place or a query within the time for it
  cancel_silence,   // no answer to a cancel within the time for it
  reappeared,       // proof that an order lives which a query or a reject had called dead
};
inline constexpr std::size_t order_event_count = 16;
inline constexpr std::size_t order_state_count = 8;
[[nodiscard]] constexpr const char* to_string(OrderEvent event) {
  constexpr std::array<const char*, order_event_count> names = {
      "acknowledged",    "rejected", "partly_filled",  "wholly_filled", "cancelled",     "expired",
      "cancel_rejected", "gone",     "open",           "absent",        "absent_filled", "unanswered",
      "cancel_sent",     "silence",  "cancel_silence", "reappeared"};
  return names[static_cast<std::size_t>(event)];
}

// What a step asks for besides the new state.
enum class StepAction : std::uint8_t {
  none,
  query,      // ask the venue what became of it
  again,      // an order that is due is cancelled once more
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

namespace detail {

using Row = std::array<Step, order_event_count>;
struct Cell {
  OrderEvent event;
  Step step;
};

// A row in which every event leaves the state as it is, but for the cells that say otherwise.
template <std::size_t N>
constexpr Row row_of(OrderState state, const Cell (&cells)[N], Row row = {}) {
  if (row == Row{}) row.fill(Step{state, StepAction::none});
  for (const Cell& cell : cells) row[static_cast<std::size_t>(cell.event)] = cell.step;
  return row;
}

inline constexpr Step ask{OrderState::unknown, StepAction::query};

// What every live order has in common: only these words of a venue end it, and doubt is asked for.
constexpr Row live_row(OrderState state) {
  using enum OrderEvent;
  return row_of(state, {{rejected, {OrderState::rejected}},
                        {wholly_filled, {OrderState::filled}},
                        {cancelled, {OrderState::cancelled}},
                        {expired, {OrderState::expired}},
                        {absent, {OrderState::cancelled}},
                        {absent_filled, {OrderState::filled}},
                        {gone, ask},
                        {unanswered, ask},
                        {silence, {state, StepAction::query}}});
}

// An ended order answers to fills, and to proof that it lives; everything else comes late and changes nothing.
constexpr Row ended_row(OrderState state) {
  using enum OrderEvent;
  return row_of(state, {{partly_filled, {state, StepAction::late_fill}},
                        {wholly_filled, {OrderState::filled, StepAction::late_fill}},
                        {silence, {state, StepAction::query}},
                        {reappeared, {OrderState::unknown, StepAction::mismatch}}});
}

// By state, in the order of OrderState, then by event.
inline constexpr std::array<Row, order_state_count> steps = [] {
  using enum OrderEvent;
  using State = OrderState;
  const Row pending = row_of(State::pending,
                             {{acknowledged, {State::active}},
                              {partly_filled, {State::active}},
                              {open, {State::active}},
                              {cancel_sent, {State::cancelling}},
                              {silence, ask}},
                             live_row(State::pending));
  const Row active =
      row_of(State::active, {{rejected, {State::unknown, StepAction::mismatch}}, {cancel_sent, {State::cancelling}}},
             live_row(State::active));
  const Row cancelling = row_of(State::cancelling,
                                {{acknowledged, {State::cancelling, StepAction::again}},
                                 {partly_filled, {State::cancelling, StepAction::again}},
                                 {cancel_rejected, {State::cancelling, StepAction::again}},
                                 {open, {State::cancelling, StepAction::again}},
                                 {cancel_silence, {State::cancelling, StepAction::again}}},
                                live_row(State::cancelling));
  const Row unknown = row_of(State::unknown,
                             {{acknowledged, {State::unknown, StepAction::again}},
                              {partly_filled, {State::unknown, StepAction::again}},
                              {cancel_rejected, {State::unknown, StepAction::again}},
                              {open, {State::active, StepAction::again}},
                              {cancel_silence, {State::unknown, StepAction::again}},
                              {silence, ask}},
                             live_row(State::unknown));
  return std::array<Row, order_state_count>{pending,
                                            active,
                                            cancelling,
                                            ended_row(State::cancelled),
                                            ended_row(State::filled),
                                            ended_row(State::expired),
                                            ended_row(State::rejected),
                                            unknown};
}();

}  // namespace detail

// The step for every pair of state and event. Fills always win; only what a venue said ends an order.
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
  bool held = false;                         // the slot is in use
  bool denied = false;                       // ended by the word that it never was there
  std::uint32_t cancels = 0;                 // sent so far
  std::uint32_t queries = 0;                 // sent since the last answer
  std::uint32_t fills = no_slot;             // newest of its matches, in the fill ledger
  Slot ended_before = no_slot;               // neighbours in the list of ended orders, oldest first
  Slot ended_after = no_slot;
};

}  // namespace crossbook::guard
