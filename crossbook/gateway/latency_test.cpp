// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/latency.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace crossbook::gateway {
namespace {

std::vector<Nanos> draws(const LatencyModel& model, std::size_t count) {
  Generator generator(7);
  std::vector<Nanos> times(count);
  std::ranges::generate(times, [&] { return model.draw(generator); });
  std::ranges::sort(times);
  return times;
}

TEST(Latency, DrawsTheQuantilesThatItWasGiven) {
  const auto times = draws(LatencyModel::of_quantiles(Nanos(1'000), Nanos(10'000), Nanos(50'000)), 100'000);
  EXPECT_EQ(times.front(), Nanos(1'000));
  EXPECT_EQ(times[49'000], Nanos(1'000));
  EXPECT_NEAR(static_cast<double>(times[95'000].count()), 10'000, 2'500);
  EXPECT_NEAR(static_cast<double>(times[97'000].count()), 30'000, 2'500);
  EXPECT_EQ(times[99'500], Nanos(50'000));
  EXPECT_EQ(times.back(), Nanos(50'000));
}

TEST(Latency, TakesAQuantileBelowTheOneBeforeForThatOne) {
  const auto times = draws(LatencyModel::of_quantiles(Nanos(20), Nanos(10), Nanos(5)), 1'000);
  EXPECT_EQ(times.front(), Nanos(20));
  EXPECT_EQ(times.back(), Nanos(20));
}

TEST(Latency, LeavesTheGeneratorAloneWhereTheTimeIsFixed) {
  Generator generator(7);
  EXPECT_EQ(LatencyModel::fixed(Nanos(5)).draw(generator), Nanos(5));
  EXPECT_EQ(generator.state(), 7U);
}

// The first numbers of splitmix64 from the seed 1234567, as its authors publish them.
TEST(Latency, GeneratesThePublishedNumbers) {
  Generator generator(1'234'567);
  EXPECT_EQ(generator.next(), 6'457'827'717'110'365'317U);
  EXPECT_EQ(generator.next(), 3'203'168'211'198'807'973U);
}

}  // namespace
}  // namespace crossbook::gateway
