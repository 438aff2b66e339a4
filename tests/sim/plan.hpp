// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossbook/core/units.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/market/session.hpp"

// What a seed makes of a simulated day: who takes part, and how badly they behave.
namespace crossbook::sim {

// Each happens to one message in so many; 0 is never.
struct FeedFaults {
  std::int64_t drop = 0;       // it never arrives
  std::int64_t duplicate = 0;  // it comes again a little later
  std::int64_t reorder = 0;    // it comes behind those that follow
  std::int64_t lie = 0;        // a digit of it is another one, or there is one more
  std::int64_t cut = 0;        // it ends too early
  std::int64_t mute = 0;       // from now on nothing arrives for a while; lost, or all at once afterwards
  std::int64_t close = 0;      // the socket closes
  std::int64_t lag = 0;        // from now on it is read too late for a while, and the reader says so
};

// Likewise of requests to the venues, and of their reports.
struct WireFaults {
  std::int64_t vanish = 0;         // a request is lost and nobody notices
  std::int64_t lose = 0;           // a request is lost and the gateway says so
  std::int64_t refuse_place = 0;   // the venue rejects an order
  std::int64_t refuse_cancel = 0;  // the venue does not want to cancel now
  std::int64_t swallow = 0;        // a report that is no fill is lost
  std::int64_t duplicate = 0;      // a report comes twice
  std::int64_t quit = 0;           // the venue ends an order by itself, in place of a match
  bool overtake = false;           // requests and reports of one order overtake each other
  Nanos latency = milliseconds(20);
};

struct Plan {
  std::uint64_t seed = 1;
  engine::Options engine;
  market::SessionOptions market;  // its venues, slow; the house venue comes beside them
  FeedFaults feeds;
  WireFaults wire;
  Nanos length = seconds(60);  // of the misbehaviour; then the feeds die, then all is settled
  Nanos tick_lag;              // timers are served so late
  bool exact = false;          // a tick comes before every other input, so that the oracle can follow to the nanosecond
  std::int64_t wall_step = 0;  // the wall clock steps with one input in so many
  Nanos command_every = milliseconds(700);  // mean
  Nanos disconnect_every;                   // of the order gateway, mean; 0: never
  Nanos crash_every;                        // of the process, mean; 0: never
  bool stops = false;                       // somebody stops everything on the way
};

[[nodiscard]] Plan plan_of(std::uint64_t seed);

}  // namespace crossbook::sim
