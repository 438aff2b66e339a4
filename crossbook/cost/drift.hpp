// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/cost/state.hpp"

// Has a latency changed for good? Two-sided CUSUM (Page 1954) on the logarithm, in whole numbers.
namespace crossbook {

// log2(value) in 1/1024, at most 7/1024 too low. Range: value >= 1.
[[nodiscard]] std::int32_t log2_in_1024ths(std::int64_t value);

struct Drift {
  Wall at;
  bool slower = false;  // or faster
  Nanos usual;          // the median that it left
  friend bool operator==(const Drift&, const Drift&) = default;
};

// The first 100 samples make a baseline (median and MAD of the logarithm). Each later one adds its standardised
// residual z, limited to +-4 so that no single one alarms: S = max(0, S + |z| - 0.5) per side, alarm above 5, which a
// lasting shift of one deviation reaches after about 10 samples and chance about once in 900. After an alarm a new
// baseline is learned from what follows. Latencies with a daily pattern alarm daily: a mark on a chart, not a reason to
// act.
class DriftDetector {
 public:
  static constexpr std::size_t baseline_size = 100;

  // The alarm that this sample raises. Samples below 1 ns are skipped.
  std::optional<Drift> observe(Wall at, Nanos latency);

  void save(StateWriter& out) const;
  void load(StateReader& in);

 private:
  void learn();

  std::vector<std::int32_t> learning_;  // logarithms, until there are baseline_size of them
  bool armed_ = false;
  std::int32_t centre_ = 0;     // log2 in 1/1024
  std::int32_t deviation_ = 1;  // likewise
  std::int64_t rise_ = 0;       // deviations in 1/1024
  std::int64_t fall_ = 0;
};

}  // namespace crossbook
