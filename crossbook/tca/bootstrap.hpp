// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "crossbook/core/wide.hpp"

// How sure a mean is: a seeded block bootstrap. Fills of one order resemble each other, so whole blocks are drawn.
// Whole-number random draws and operations that IEEE 754 rounds exactly: the same on every compiler.
namespace crossbook::tca {

inline constexpr std::size_t resamples = 2'000;
// With fewer blocks there is no interval: its coverage would be a guess.
inline constexpr std::size_t blocks_min = 10;

struct Observation {
  std::uint64_t block = 0;  // the parent order
  double value = 0.0;
  double weight = 0.0;  // above zero: the notional
};

// Where 95 % of the resampled means lie: the 51st smallest and the 51st largest of 2,000.
struct Interval {
  double low = 0.0;
  double high = 0.0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// What an interval says of the sign.
enum class Evidence : std::uint8_t {
  too_few,  // fewer blocks than blocks_min
  none,     // it spans 0
  above,    // it lies above 0
  below,
};
[[nodiscard]] constexpr const char* to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::too_few: return "n too small";
    case Evidence::none: return "no evidence";
    case Evidence::above: return "above 0";
    case Evidence::below: return "below 0";
  }
  return "?";
}

struct Estimate {
  std::size_t n = 0;  // observations
  std::size_t blocks = 0;
  double mean = 0.0;         // weighted: sum of weight times value over sum of weights
  double median = 0.0;       // weighted: the least value with half of the weight at or below it
  double share_above = 0.0;  // of the observations, unweighted: above 0
  std::optional<Interval> interval;

  [[nodiscard]] Evidence evidence() const {
    if (!interval) return Evidence::too_few;
    if (interval->low > 0.0) return Evidence::above;
    return interval->high < 0.0 ? Evidence::below : Evidence::none;
  }
};

// splitmix64 (Steele, Lea and Flood, 2014). The state starts as the seed.
class Draws {
 public:
  constexpr explicit Draws(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // Below `limit`: the high half of a 128-bit product. `limit` is far below 2^64, so that the bias is nothing.
  constexpr std::size_t below(std::size_t limit) {
    return static_cast<std::size_t>(static_cast<UnsignedWide>(bits()) * limit >> 64);
  }

 private:
  std::uint64_t state_;
};

// Blocks are ordered by their numbers; sums run in the order of the observations, then in that of the draws. Those
// without weight, and values that are no numbers, are left out. Nothing where none is left.
[[nodiscard]] std::optional<Estimate> estimate(std::span<const Observation> observations, std::uint64_t seed = 1);

}  // namespace crossbook::tca
