// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/fair_price.hpp"

#include <algorithm>

#include "crossbook/core/wide.hpp"

namespace crossbook::market {
namespace {

constexpr std::int64_t steps_a_second = 1'000'000'000 / FairPrice::step.count();
constexpr std::int64_t root_steps_a_second = 10;  // 100 steps: a step's deviation is a tenth of a second's
static_assert(root_steps_a_second * root_steps_a_second == steps_a_second);
constexpr std::int64_t pull_steps = 1 << 22;  // about 11.7 hours

std::int64_t parts_per_billion(std::int64_t of, std::int64_t ppb) {
  return static_cast<std::int64_t>(wide_product(of, ppb) / 1'000'000'000);
}

}  // namespace

FairPrice::FairPrice(const FairPriceOptions& options, Wall start, Random random)
    : options_(options), start_(start), random_(random), path_(memory_steps, options.start), price_(options.start) {}

std::int64_t FairPrice::at(Wall when) {
  const std::int64_t wanted = std::max<std::int64_t>(0, (when - start_).count() / step.count());
  while (steps_ < wanted) advance();
  CROSSBOOK_ASSERT(steps_ - wanted < static_cast<std::int64_t>(memory_steps));
  return path_[static_cast<std::size_t>(wanted) % memory_steps];
}

void FairPrice::advance() {
  if (random_.one_in(options_.regime_every.count() / step.count())) {
    constexpr std::int64_t regimes[] = {1, 1, 2, 5};
    regime_ = regimes[random_.below(4)];
  }
  const std::int64_t deviation_ppb = options_.volatility_ppm * regime_ * 1000 / root_steps_a_second;
  std::int64_t change = random_.normal(parts_per_billion(price_, deviation_ppb));
  if (random_.one_in(options_.jump_every.count() / step.count()))
    change += random_.normal(parts_per_billion(price_, options_.jump_ppm * 1000));
  change += (options_.start - price_) / pull_steps;
  price_ = std::max(price_ + change, options_.start / 16);
  ++steps_;
  path_[static_cast<std::size_t>(steps_) % memory_steps] = price_;
}

}  // namespace crossbook::market
