// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "crossbook/core/check.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/venue/streams.hpp"

namespace crossbook::shard {

// A token bucket that keeps to a venue's rate in every window, not only on average: half of the allowance may go at
// once, the other half trickles. One in ten, and at least one of several, is left unused, since the network bunches
// what we spread. The state is one time (the generic cell rate algorithm, ITU-T I.371).
class RateBudget {
 public:
  RateBudget() = default;  // no limit
  // `shares`: how many keep to the same limit side by side.
  explicit RateBudget(venue::Rate rate, std::int32_t shares = 1) {
    if (rate.count <= 0) return;
    const std::int32_t kept = rate.count == 1 ? 1 : rate.count - std::max(1, rate.count / 10);
    const std::int32_t count = std::max(1, kept / shares);
    const std::int64_t window = rate.window.count() * (kept < shares ? (shares + kept - 1) / kept : 1);
    burst_ = (count + 1) / 2;
    const std::int64_t trickle = count - burst_ + 1;
    interval_ = Nanos((window + trickle - 1) / trickle);
  }

  // The first time, not before `at`, at which so much may be taken. More than the bucket holds counts as all of it.
  [[nodiscard]] Steady next(Steady at, std::int32_t cost = 1) const {
    if (interval_ == Nanos(0)) return at;
    const std::int64_t room = burst_ - std::min(cost, burst_);
    return std::max(at, empty_until_ - Nanos(room * interval_.count()));
  }
  [[nodiscard]] bool allows(Steady at, std::int32_t cost = 1) const { return next(at, cost) <= at; }

  void take(Steady at, std::int32_t cost = 1) {
    empty_until_ = std::max(at, empty_until_) + Nanos(std::int64_t{cost} * interval_.count());
  }
  // What may be taken at once when nothing was taken for long; 0: no limit.
  [[nodiscard]] std::int32_t burst() const { return burst_; }

 private:
  Nanos interval_;  // between two of the trickle
  std::int32_t burst_ = 0;
  Steady empty_until_;  // when the bucket would be full again
};

// What all sessions of one feed share: the venue counts by address, not by connection. Of REST they take half; the
// other half is for orders, whose cancels must never wait for market data.
struct SharedBudget {
  RateBudget connects;
  RateBudget messages;
  std::array<RateBudget, 2> rest;
  Steady held_until;  // the venue said to wait: neither connects nor requests before

  SharedBudget() = default;
  explicit SharedBudget(const venue::StreamDialect& dialect, std::int32_t shares = 1)
      : connects(dialect.connects, shares),
        messages(dialect.messages_of_address, shares),
        rest{RateBudget(dialect.rest_rates[0], 2 * shares), RateBudget(dialect.rest_rates[1], 2 * shares)} {}

  [[nodiscard]] Steady next_connect(Steady at) const { return connects.next(std::max(at, held_until)); }
  [[nodiscard]] Steady next_fetch(Steady at, std::int32_t weight) const {
    const Steady free = std::max(at, held_until);
    return std::max(rest[0].next(free, weight), rest[1].next(free, weight));
  }
  void take_fetch(Steady at, std::int32_t weight) {
    for (RateBudget& budget : rest) budget.take(at, weight);
  }
};

}  // namespace crossbook::shard
