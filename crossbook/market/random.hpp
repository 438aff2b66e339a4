// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossbook/core/check.hpp"
#include "crossbook/core/wide.hpp"

namespace crossbook::market {

// A seeded generator: splitmix64 (Steele, Lea and Flood, 2014). Integers only, so that every compiler at every level of
// optimisation draws the same numbers.
class Random {
 public:
  // Streams of one seed are independent: each part of the market draws from its own and disturbs no other.
  constexpr explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(seed) ^ mix(stream * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03)) {}

  constexpr std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15;
    return mix(state_);
  }

  // Even over [0, bound). REQUIRES: bound > 0. Biased by less than bound / 2^64.
  constexpr std::int64_t below(std::int64_t bound) {
    CROSSBOOK_ASSERT(bound > 0);
    const auto product = static_cast<UnsignedWide>(bits()) * static_cast<std::uint64_t>(bound);
    return static_cast<std::int64_t>(product >> 64);
  }

  // Even over [first, last].
  constexpr std::int64_t between(std::int64_t first, std::int64_t last) { return first + below(last - first + 1); }

  // True once in `n` draws on average.
  constexpr bool one_in(std::int64_t n) { return below(n) == 0; }

  // Nearly normal with mean 0 and the deviation given: four 16-bit uniforms added, cut off at 3.46 deviations.
  constexpr std::int64_t normal(std::int64_t deviation) {
    const std::uint64_t b = bits();
    const auto sum = static_cast<std::int64_t>((b & 0xFFFF) + (b >> 16 & 0xFFFF) + (b >> 32 & 0xFFFF) + (b >> 48));
    constexpr std::int64_t mean = 131'070;
    constexpr std::int64_t unit = 37'837;  // deviation of the sum: 65536 * sqrt(4 / 12)
    return static_cast<std::int64_t>(wide_product(sum - mean, deviation) / unit);
  }

  // 0, 1, 2, ... with a half, a quarter, an eighth, ...; at most 63.
  constexpr std::int64_t halvings() {
    std::uint64_t b = bits() | std::uint64_t{1} << 63;
    std::int64_t zeros = 0;
    for (; (b & 1) == 0; b >>= 1) ++zeros;
    return zeros;
  }

  // Waiting time of a steady process, with that mean: a sum of halvings, whole numbers only; at least 1.
  constexpr std::int64_t waiting(std::int64_t mean) {
    // A geometric tail (each halving is 0.693 means) with an even part inside each step is the exponential law.
    const std::int64_t step = mean * 693 / 1000;
    const std::int64_t steps = halvings();  // drawn first: operands of + have no order of their own
    const std::int64_t time = steps * step + below(step + 1);
    return time < 1 ? 1 : time;
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace crossbook::market
