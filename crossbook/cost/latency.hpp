// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/cost/sketch.hpp"
#include "crossbook/cost/window.hpp"

// How long a venue takes, from what it took.
namespace crossbook {

// Times in ns. Quantiles by nearest rank, within 0.79 %; mean and deviation exact. All zero without samples.
struct LatencyEstimate {
  std::int64_t samples = 0;
  Nanos p50;
  Nanos p95;
  Nanos p99;
  double mean_ns = 0.0;
  double deviation_ns = 0.0;
  double reliability = 0.0;    // 1 / (1 + deviation / mean): 1 when it always takes the same
  bool p95_enough = false;     // 59 samples or more; below, say "n too small" beside the number
  bool p99_enough = false;     // 299 or more
  std::int64_t negatives = 0;  // samples below zero, counted apart

  friend bool operator==(const LatencyEstimate&, const LatencyEstimate&) = default;
};
[[nodiscard]] LatencyEstimate estimate_latency(const Sketch& sketch);

// A window of latencies whose quantiles are current after every sample.
class LatencyWindow {
 public:
  explicit LatencyWindow(const WindowShape& shape) : window_(shape) {}

  // False when `time` has left the window. `now` is not before `time`.
  bool add(Wall time, Wall now, Nanos latency);
  void merge(const LatencyWindow& other);

  // Over the slices that touch [now - lookback, now]. Valid until the next call of any member.
  const LatencyEstimate& estimate(Wall now) {
    if (window_.advance(now)) [[unlikely]]
      rebuild();
    if (!fresh_) refresh();
    return estimate_;
  }
  [[nodiscard]] const Window<Sketch>& window() const { return window_; }
  [[nodiscard]] std::size_t bytes() const { return sizeof *this + window_.bytes(); }

  void advance(Wall now) {
    if (window_.advance(now)) rebuild();
  }
  void save(StateWriter& out) const { window_.save(out); }
  void load(StateReader& in);

 private:
  void rebuild();
  void refresh();

  Window<Sketch> window_;
  QuantileCursor p50_{500};
  QuantileCursor p95_{950};
  QuantileCursor p99_{990};
  LatencyEstimate estimate_;
  bool fresh_ = true;
};

}  // namespace crossbook
