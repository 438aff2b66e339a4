// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/latency.hpp"

namespace crossbook {
namespace {

// Everything but the quantiles.
LatencyEstimate moments_of(const Sketch& sketch) {
  LatencyEstimate estimate;
  estimate.samples = sketch.count();
  estimate.negatives = sketch.negatives();
  if (sketch.count() == 0) return estimate;
  estimate.mean_ns = sketch.mean();
  estimate.deviation_ns = sketch.standard_deviation();
  estimate.reliability = estimate.mean_ns > 0.0 ? 1.0 / (1.0 + estimate.deviation_ns / estimate.mean_ns) : 1.0;
  estimate.p95_enough = sketch.count() >= samples_for_p95;
  estimate.p99_enough = sketch.count() >= samples_for_p99;
  return estimate;
}

}  // namespace

LatencyEstimate estimate_latency(const Sketch& sketch) {
  LatencyEstimate estimate = moments_of(sketch);
  estimate.p50 = Nanos(sketch.quantile(500).value_or(0));
  estimate.p95 = Nanos(sketch.quantile(950).value_or(0));
  estimate.p99 = Nanos(sketch.quantile(990).value_or(0));
  return estimate;
}

bool LatencyWindow::add(Wall time, Wall now, Nanos latency) {
  if (window_.advance(now)) [[unlikely]]
    rebuild();
  if (!window_.add(time, now, latency.count())) return false;
  fresh_ = false;
  if (latency.count() < 0) return true;
  const int bucket = bucket_of(std::min(latency.count(), bucketed_max));
  p50_.added(bucket, window_.total());
  p95_.added(bucket, window_.total());
  p99_.added(bucket, window_.total());
  return true;
}

void LatencyWindow::merge(const LatencyWindow& other) {
  window_.merge(other.window_);
  rebuild();
}

void LatencyWindow::load(StateReader& in) {
  window_.load(in);
  rebuild();
}

void LatencyWindow::rebuild() {
  p50_.rebuild(window_.total());
  p95_.rebuild(window_.total());
  p99_.rebuild(window_.total());
  fresh_ = false;
}

void LatencyWindow::refresh() {
  estimate_ = moments_of(window_.total());
  if (estimate_.samples > 0) {
    estimate_.p50 = Nanos(p50_.value());
    estimate_.p95 = Nanos(p95_.value());
    estimate_.p99 = Nanos(p99_.value());
  }
  fresh_ = true;
}

}  // namespace crossbook
