// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/cost/sketch.hpp"
#include "crossbook/shard/order_maker.hpp"

// What became of the orders of a paper session, in numbers.
namespace crossbook::shard {

inline constexpr std::size_t order_states = 8;

// How an exchange did, of the session alone.
struct VenueAccount {
  std::uint64_t orders = 0;  // sent
  std::uint64_t fills = 0;
  std::uint64_t maker_fills = 0;
};

struct PaperAccount {
  std::uint64_t wishes = 0;                          // orders of the script whose time came
  std::map<Unmade, std::uint64_t> unmade;            // of these, those that never became an order
  std::array<std::uint64_t, order_states> states{};  // orders by OrderState: where they are now
  std::map<OrderReason, std::uint64_t> refused;      // by us or the venue: why
  std::map<OrderReason, std::uint64_t> cancels;      // orders that had to go: why
  std::map<OrderAlarm::Kind, std::uint64_t> alarms;
  std::map<std::string, VenueAccount, std::less<>> venues;  // by venue
  std::uint64_t restored = 0;                               // orders of an earlier process
  std::uint64_t adopted = 0;                                // of these, those that live on
  std::uint64_t restored_gone = 0;                          // ... and those that had ended meanwhile
  std::uint64_t strangers = 0;                              // orders that an exchange held and the journal did not
  std::uint64_t strangers_gone = 0;                         // of these, those that the exchange said are gone
  Sketch acknowledged;                                      // from the decision to the acknowledgement
  Sketch gone;  // from the decision to cancel to the proof that the order is gone

  [[nodiscard]] std::uint64_t in(OrderState state) const { return states[static_cast<std::size_t>(state)]; }
  void enter(OrderState state) { ++states[static_cast<std::size_t>(state)]; }
  void move(OrderState from, OrderState to) {
    --states[static_cast<std::size_t>(from)];
    ++states[static_cast<std::size_t>(to)];
  }
};

}  // namespace crossbook::shard
