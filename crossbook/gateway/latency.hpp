// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/core/units.hpp"

// How long a message is on its way, drawn from what was measured.
namespace crossbook::gateway {

// splitmix64 (Steele, Lea and Flood, 2014): integers only, the same draws with every compiler.
class Generator {
 public:
  explicit Generator(std::uint64_t state) : state_(state) {}
  [[nodiscard]] std::uint64_t next();
  // In [0, 1'000'000).
  [[nodiscard]] std::int64_t millionths();

  [[nodiscard]] std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

// `share` millionths of all messages take no longer than `time`.
struct LatencyPoint {
  std::int64_t share = 0;
  Nanos time;
};

// Drawn on the straight lines between the points; the first point's time below it, the last one's above it.
class LatencyModel {
 public:
  LatencyModel() : LatencyModel(fixed(Nanos(0))) {}
  // REQUIRES: at least one point, shares rising within [0, 1'000'000], times not falling, none below zero.
  explicit LatencyModel(std::vector<LatencyPoint> points);

  [[nodiscard]] static LatencyModel fixed(Nanos time);
  // As a calibration has them. Nothing is known of the quicker half: it takes the median; nor of the last hundredth: it
  // takes p99. A quantile below the one before it counts as that one.
  [[nodiscard]] static LatencyModel of_quantiles(Nanos p50, Nanos p95, Nanos p99);

  // A fixed time leaves the generator as it is.
  [[nodiscard]] Nanos draw(Generator& generator) const;

 private:
  std::vector<LatencyPoint> points_;
};

}  // namespace crossbook::gateway
