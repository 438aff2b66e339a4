// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/bootstrap.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace crossbook::tca {
namespace {

struct Sums {
  double weighted = 0.0;
  double weight = 0.0;
};

// Finite, with a weight: comparisons with a NaN are false.
bool counts(const Observation& one) {
  constexpr double huge = 1e300;
  return one.weight > 0.0 && one.weight < huge && one.value > -huge && one.value < huge;
}

double median_of(std::vector<Observation> observations, double weight) {
  // Equal values are one step of the sum, whatever their order.
  std::ranges::sort(observations, [](const Observation& a, const Observation& b) {
    return a.value != b.value ? a.value < b.value : a.weight < b.weight;
  });
  double below = 0.0;
  for (const Observation& one : observations) {
    below += one.weight;
    if (below >= weight / 2.0) return one.value;
  }
  return observations.back().value;
}

Interval interval_of(std::span<const Sums> blocks, std::uint64_t seed) {
  Draws draws(seed);
  std::vector<double> means;
  means.reserve(resamples);
  for (std::size_t i = 0; i < resamples; ++i) {
    Sums sums;
    for (std::size_t drawn = 0; drawn < blocks.size(); ++drawn) {
      const Sums& block = blocks[draws.below(blocks.size())];
      sums.weighted += block.weighted;
      sums.weight += block.weight;
    }
    means.push_back(sums.weighted / sums.weight);
  }
  std::ranges::sort(means);
  constexpr std::size_t tail = resamples / 40;
  return {means[tail], means[resamples - 1 - tail]};
}

}  // namespace

std::optional<Estimate> estimate(std::span<const Observation> observations, std::uint64_t seed) {
  std::vector<Observation> used;
  std::map<std::uint64_t, Sums> by_block;
  Sums all;
  std::size_t above = 0;
  for (const Observation& one : observations) {
    if (!counts(one)) continue;
    used.push_back(one);
    Sums& block = by_block[one.block];
    block.weighted += one.weight * one.value;
    block.weight += one.weight;
    all.weighted += one.weight * one.value;
    all.weight += one.weight;
    above += one.value > 0.0 ? 1 : 0;
  }
  if (used.empty()) return {};
  Estimate estimate{.n = used.size(), .blocks = by_block.size(), .mean = all.weighted / all.weight};
  estimate.share_above = static_cast<double>(above) / static_cast<double>(used.size());
  estimate.median = median_of(std::move(used), all.weight);
  if (by_block.size() < blocks_min) return estimate;
  std::vector<Sums> blocks;
  blocks.reserve(by_block.size());
  for (const auto& [number, sums] : by_block) blocks.push_back(sums);
  estimate.interval = interval_of(blocks, seed);
  return estimate;
}

}  // namespace crossbook::tca
