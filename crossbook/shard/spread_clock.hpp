// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/core/units.hpp"

namespace crossbook::shard {

// The time-weighted mean of a spread that is set whenever it changes. Times without a spread do not count.
class SpreadClock {
 public:
  // From `t` on the spread is this, in 1e-6 bps; nothing where a side is missing or the book is not ready.
  void set(Wall t, std::optional<std::int64_t> micro_bps) {
    settle(t);
    spread_ = micro_bps;
    since_ = t;
  }
  // Counts the spread of now up to `t`.
  void settle(Wall t) {
    if (spread_ && t > since_) {
      weighted_ += wide_product(*spread_, (t - since_).count());
      measured_ += t - since_;
    }
    since_ = t;
  }
  [[nodiscard]] Nanos measured() const { return measured_; }
  // In 1e-6 bps; nothing where no time was measured.
  [[nodiscard]] std::optional<std::int64_t> mean_micro_bps() const {
    if (measured_ == Nanos()) return {};
    return static_cast<std::int64_t>(weighted_ / measured_.count());
  }

 private:
  std::optional<std::int64_t> spread_;
  Wall since_;
  Wide weighted_ = 0;
  Nanos measured_;
};

// 1e4 (ask - bid) / mid in 1e-6 bps, rounded towards zero.
[[nodiscard]] constexpr std::optional<std::int64_t> spread_micro_bps(Price bid, Price ask) {
  const Wide doubled_mid = static_cast<Wide>(bid.count()) + ask.count();
  if (doubled_mid <= 0) return {};
  return narrow(static_cast<Wide>((ask - bid).count()) * 20'000'000'000 / doubled_mid);
}

}  // namespace crossbook::shard
