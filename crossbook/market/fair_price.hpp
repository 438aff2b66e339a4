// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/market/random.hpp"

namespace crossbook::market {

inline constexpr int fair_scale = 6;  // fair prices are counts of 10^-6 of the quote currency

struct FairPriceOptions {
  std::int64_t start = 64'250'000'000;  // 10^-6 quote: 64,250
  std::int64_t volatility_ppm = 60;     // of the price, a square root of a second, in the quiet regime
  Nanos jump_every = seconds(90);       // mean time between jumps
  std::int64_t jump_ppm = 700;          // deviation of a jump
  Nanos regime_every = seconds(45);     // mean time in one volatility regime
};

// The hidden price that all makers follow, each with its own lag: a random walk on a grid of 10 ms with jumps, with
// volatility regimes of 1, 2 and 5 times the quiet one, and a pull to its start over about half a day.
//
// A path depends on its seed alone, not on who asks when. Times may be asked in any order within the last
// `memory` before the latest time asked.
class FairPrice {
 public:
  static constexpr Nanos step = milliseconds(10);
  static constexpr std::size_t memory_steps = 4096;

  FairPrice(const FairPriceOptions&, Wall start, Random);

  // The price in force at that time, in 10^-6 quote; at times before the start, the first.
  std::int64_t at(Wall when);

 private:
  void advance();

  FairPriceOptions options_;
  Wall start_;
  Random random_;
  std::vector<std::int64_t> path_;  // ring of the last memory_steps prices
  std::int64_t steps_ = 0;          // the grid point that was computed last
  std::int64_t price_;
  std::int64_t regime_ = 1;  // multiple of the quiet volatility
};

}  // namespace crossbook::market
