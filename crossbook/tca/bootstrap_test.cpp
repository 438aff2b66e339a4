// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/bootstrap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace crossbook::tca {
namespace {

// About normal: the sum of twelve even draws, with mean 0 and deviation 1.
double noise(Draws& draws) {
  double sum = -6.0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(draws.below(1'000'001)) / 1e6;
  return sum;
}

std::vector<Observation> sample(std::size_t n, double mean, std::uint64_t seed) {
  Draws draws(seed);
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < n; ++i) observations.push_back({i, mean + noise(draws), 1.0});
  return observations;
}

// The generator's published values for seed 0.
TEST(Draws, AreThoseOfSplitmix64) {
  Draws draws(0);
  EXPECT_EQ(draws.bits(), 0xE220A8397B1DCDAFU);
  EXPECT_EQ(draws.bits(), 0x6E789E6AA1B965F4U);
  EXPECT_EQ(draws.bits(), 0x06C45D188009454FU);
}

TEST(Estimate, WeighsByNotional) {
  const std::vector<Observation> observations{{1, 10.0, 1.0}, {2, -2.0, 5.0}, {3, 4.0, 2.0}};
  const auto all = estimate(observations);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->n, 3U);
  EXPECT_DOUBLE_EQ(all->mean, 1.0);
  EXPECT_DOUBLE_EQ(all->median, -2.0);
  EXPECT_DOUBLE_EQ(all->share_above, 2.0 / 3.0);
  EXPECT_FALSE(all->interval);
  EXPECT_EQ(all->evidence(), Evidence::too_few);
}

TEST(Estimate, LeavesOutWhatIsNoNumberOrHasNoWeight) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Observation> observations{{1, nan, 1.0}, {2, 3.0, 0.0}, {3, 4.0, nan}, {4, 5.0, 2.0}};
  EXPECT_EQ(estimate(observations)->n, 1U);
  EXPECT_FALSE(estimate(std::span(observations).first(3)));
}

TEST(Estimate, IsTheSameEveryTimeForOneSeed) {
  const auto observations = sample(200, 0.1, 7);
  EXPECT_EQ(*estimate(observations)->interval, *estimate(observations)->interval);
  EXPECT_NE(*estimate(observations)->interval, *estimate(observations, 2)->interval);
  // To the last bit, as every compiler must have it and tools/tca_recompute.py does.
  std::vector<Observation> squares;
  for (std::uint64_t i = 0; i < 12; ++i)
    squares.push_back({i, static_cast<double>(i * i), 1.0 + static_cast<double>(i)});
  const auto interval = estimate(squares)->interval;
  EXPECT_EQ(interval->low, 32.08);
  EXPECT_EQ(interval->high, 83.52631578947368);
}

TEST(Estimate, SaysNoEvidenceWhereTheIntervalSpansZero) {
  EXPECT_EQ(estimate(sample(400, 0.0, 3))->evidence(), Evidence::none);
  EXPECT_EQ(estimate(sample(400, 1.0, 3))->evidence(), Evidence::above);
  EXPECT_EQ(estimate(sample(400, -1.0, 3))->evidence(), Evidence::below);
}

// 300 samples with a known mean: the interval holds it about 95 times of 100.
TEST(Estimate, IntervalsHoldTheTrueMeanAboutAsOftenAsTheySay) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Interval interval = *estimate(sample(60, 2.0, 1'000 + seed))->interval;
    held += interval.low <= 2.0 && 2.0 <= interval.high ? 1 : 0;
  }
  EXPECT_GE(held, 273);  // 91 %
  EXPECT_LE(held, 297);  // 99 %
}

// Ten fills of one order say the same thing ten times: the interval is about as wide as with one fill each, and not
// sqrt(10) times narrower.
TEST(Estimate, RepeatedFillsOfOneOrderAreNoMoreEvidence) {
  const auto single = sample(100, 0.5, 5);
  std::vector<Observation> repeated;
  std::vector<Observation> taken_apart;
  for (const Observation& one : single) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      repeated.push_back(one);
      taken_apart.push_back({one.block * 10 + i, one.value, one.weight});
    }
  }
  const auto width = [](const std::vector<Observation>& observations) {
    const Interval interval = *estimate(observations)->interval;
    return interval.high - interval.low;
  };
  EXPECT_NEAR(width(repeated), width(single), 1e-9);
  EXPECT_LT(width(taken_apart), 0.5 * width(single));
}

}  // namespace
}  // namespace crossbook::tca
