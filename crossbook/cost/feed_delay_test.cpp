// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/feed_delay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace crossbook {
namespace {

constexpr std::int64_t begin_ns = 1'700'000'000'000'000'000;

// A feed whose venue's clock is ahead of ours, with a fastest path and exponential queueing; true delays are kept.
struct SimulatedFeed {
  Nanos ahead = milliseconds(1'270);
  Nanos path = milliseconds(5);
  double skew = 0.0;
  std::vector<std::int64_t> delays;

  FeedDelay watch(int messages) {
    FeedDelay feed;
    std::mt19937_64 random(1);
    std::exponential_distribution<double> queueing(1.0 / 3e6);
    for (int i = 0; i < messages; ++i) {
      const std::int64_t at = std::int64_t{i} * 50'000'000;
      const std::int64_t delay = path.count() + static_cast<std::int64_t>(queueing(random));
      const std::int64_t drift = static_cast<std::int64_t>(skew * static_cast<double>(at));
      const std::int64_t sent = (begin_ns + at - delay + ahead.count() + drift) / 1'000'000 * 1'000'000;
      feed.add({Steady(at), Wall(begin_ns + at), Wall(sent)});
      delays.push_back(delay);
    }
    return feed;
  }
  [[nodiscard]] std::int64_t delay_at(double share) {
    std::sort(delays.begin(), delays.end());
    return delays[static_cast<std::size_t>(share * static_cast<double>(delays.size() - 1))];
  }
};

TEST(FeedDelay, OfAnExchangeWhoseClockIsAheadIsAnIntervalAboveZero) {
  SimulatedFeed simulated;
  const auto estimate = simulated.watch(4'000).estimate();
  ASSERT_TRUE(estimate);
  EXPECT_LT(estimate->clock.floor, Nanos(0));
  EXPECT_GE(estimate->clock.path_low, Nanos(0));
  EXPECT_LE(estimate->clock.offset_low, simulated.ahead);
  EXPECT_GE(estimate->clock.offset_high, simulated.ahead);
  for (const auto& [share, excess] : {std::pair(0.5, estimate->excess_p50), std::pair(0.99, estimate->excess_p99)}) {
    EXPECT_LE(excess + estimate->clock.path_low, Nanos(simulated.delay_at(share) + 1'100'000)) << share;
    EXPECT_GE(excess + estimate->clock.path_high, Nanos(simulated.delay_at(share))) << share;
  }
}

// The first messages were first judged by themselves; at the end they are judged by the floor that came later.
TEST(FeedDelay, ExcessIsOverTheFloorOfTheWholeSessionAlsoUnderSkew) {
  for (const double skew : {0.0, 50e-6, -50e-6}) {
    SimulatedFeed simulated;
    simulated.skew = skew;
    const auto estimate = simulated.watch(6'000).estimate();
    const auto queueing = static_cast<double>(simulated.delay_at(0.95) - simulated.path.count());
    EXPECT_NEAR(static_cast<double>(estimate->excess_p95.count()), queueing, 1.2e6) << skew;
  }
}

TEST(FeedDelay, SaysHowManyMessagesItSaw) {
  FeedDelay feed;
  EXPECT_FALSE(feed.estimate());
  feed.add({Steady(1), Wall(begin_ns), Wall(begin_ns + 5)});
  const auto estimate = feed.estimate();
  EXPECT_EQ(estimate->samples, 1);
  EXPECT_FALSE(estimate->p95_enough);
  EXPECT_EQ(estimate->excess_p50, Nanos(0));
}

}  // namespace
}  // namespace crossbook
