// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "crossbook/core/wide.hpp"
#include "crossbook/cost/state.hpp"

// The small slices: counts and sums (see window.hpp for what a Slice is).
namespace crossbook {

// How many things happened.
class Tally {
 public:
  void add(std::int64_t count) { count_ += count; }
  void merge(const Tally& other) { count_ += other.count_; }
  void clear() { count_ = 0; }
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] static constexpr std::size_t bytes() { return 0; }
  void save(StateWriter& out) const { out.put(count_); }
  void load(StateReader& in) { count_ = in.take_within(0, loaded_count_max); }

 private:
  std::int64_t count_ = 0;
};

// How far expectations that came with executions were off, on average.
struct Surprise {
  std::int64_t fees = 0;
  double fee_bps = 0.0;  // actual - expected
  std::int64_t latencies = 0;
  double latency_ns = 0.0;
};

class SurpriseSums {
 public:
  struct Sample {
    std::optional<std::int64_t> fee;      // actual - expected, 1e-6 bps
    std::optional<std::int64_t> latency;  // likewise, ns
  };
  void add(const Sample& sample) {
    if (sample.fee) ++fees_;
    if (sample.latency) ++latencies_;
    fee_sum_ += sample.fee.value_or(0);
    latency_sum_ += sample.latency.value_or(0);
  }
  void merge(const SurpriseSums& other) {
    fees_ += other.fees_;
    latencies_ += other.latencies_;
    fee_sum_ += other.fee_sum_;
    latency_sum_ += other.latency_sum_;
  }
  void clear() { *this = SurpriseSums(); }
  [[nodiscard]] Surprise mean() const {
    Surprise surprise{.fees = fees_, .latencies = latencies_};
    if (fees_ > 0) surprise.fee_bps = to_double(fee_sum_) / static_cast<double>(fees_) * 1e-6;
    if (latencies_ > 0) surprise.latency_ns = to_double(latency_sum_) / static_cast<double>(latencies_);
    return surprise;
  }
  [[nodiscard]] static constexpr std::size_t bytes() { return 0; }
  void save(StateWriter& out) const {
    out.put(fees_);
    out.put(latencies_);
    out.put_wide(fee_sum_);
    out.put_wide(latency_sum_);
  }
  void load(StateReader& in) {
    fees_ = in.take_within(0, loaded_count_max);
    latencies_ = in.take_within(0, loaded_count_max);
    fee_sum_ = in.take_wide_within(-loaded_sum_max, loaded_sum_max);
    latency_sum_ = in.take_wide_within(-loaded_sum_max, loaded_sum_max);
  }

 private:
  std::int64_t fees_ = 0;
  std::int64_t latencies_ = 0;
  Wide fee_sum_ = 0;
  Wide latency_sum_ = 0;
};

}  // namespace crossbook
