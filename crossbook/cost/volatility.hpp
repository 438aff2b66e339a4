// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "crossbook/core/units.hpp"

namespace crossbook {

// How far a price wanders: the standard deviation of its relative changes over steps of one second, weighted
// exponentially with a mean age of five minutes. A fraction per square root of a second. A price that stands still is a
// change of 0; while there is no price the clock stands still.
class Volatility {
 public:
  static constexpr Nanos step = seconds(1);
  static constexpr double steps_mean = 300.0;
  static constexpr std::int64_t steps_min = 60;      // before, nothing was measured
  static constexpr std::int64_t steps_max = 10'000;  // after a longer silence it begins anew

  // From `t` on the price is this, in any unit; nothing where it is not known. In order of t; prices above zero.
  void set(Wall t, std::optional<double> price);
  // Counts the steps up to `t`.
  void settle(Wall t);

  [[nodiscard]] std::int64_t steps() const { return steps_; }
  // None until it was watched for a minute.
  [[nodiscard]] std::optional<double> per_sqrt_second() const;

 private:
  void add(double change);

  std::optional<double> price_;
  std::optional<double> last_;  // at the last step
  Wall due_;                    // of the next step
  double squares_ = 0.0;
  double weight_ = 0.0;  // that the samples so far have; what is missing to 1 would be the zero it began with
  std::int64_t steps_ = 0;
};

// No price is known finer than its tick: one tick a minute is the least that it wanders.
[[nodiscard]] inline double volatility_floor(double tick, double price) { return tick / price / std::sqrt(60.0); }

}  // namespace crossbook
