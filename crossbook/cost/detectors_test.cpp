// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "crossbook/cost/drift.hpp"
#include "crossbook/cost/tiers.hpp"

namespace crossbook {
namespace {

constexpr MicroBps bps(double rate) {
  return MicroBps(static_cast<std::int64_t>(rate * 1e6 + (rate < 0 ? -0.5 : 0.5)));
}

// Fills in a row, one a second; counts how many it takes until a change is reported.
struct Fills {
  TierDetector detector;
  std::int64_t second = 0;
  std::optional<TierChange> change;

  void fill(double rate, int times = 1) {
    for (int i = 0; i < times; ++i) {
      const Wall at(seconds(++second).count());
      if (const auto seen = detector.observe({at, bps(rate), MicroBps(0), 1'000'000'000})) change = seen;
    }
  }
};

TEST(Tiers, ANewTierIsSeenWithItsThirdFill) {
  Fills fills;
  fills.fill(10, 50);
  EXPECT_EQ(fills.detector.tier()->fee, bps(10));
  fills.fill(8, 2);
  EXPECT_EQ(fills.change, std::nullopt);
  fills.fill(8);
  EXPECT_EQ(fills.change, (TierChange{Wall(seconds(53).count()), bps(10), bps(8)}));
  EXPECT_EQ(fills.detector.tier()->fee, bps(8));
  EXPECT_EQ(fills.detector.tier()->since, Wall(seconds(51).count()));
}

TEST(Tiers, TheFirstTierIsNoChange) {
  Fills fills;
  fills.fill(10, 3);
  EXPECT_EQ(fills.change, std::nullopt);
  EXPECT_EQ(fills.detector.tier()->fee, bps(10));
}

TEST(Tiers, OutliersInBetweenAreNoTier) {
  Fills fills;
  fills.fill(10, 20);
  for (const double outlier : {0.0, 2'400.0, 3.3, 0.0}) {
    fills.fill(outlier);
    fills.fill(10);
  }
  fills.fill(99, 2);  // twice is not thrice
  fills.fill(10);
  EXPECT_EQ(fills.change, std::nullopt);
  EXPECT_EQ(fills.detector.tier()->fee, bps(10));
}

// The BNB runs out: 7.5 becomes 10.
TEST(Tiers, ADiscountTokenThatRunsOutIsATierChange) {
  Fills fills;
  fills.fill(7.5, 30);
  fills.fill(10, 3);
  EXPECT_EQ(fills.change->to, bps(10));
}

TEST(Tiers, FeesThatAreNoTiersGiveNone) {
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(7.0, 0.5);
  Fills fills;
  int with_tier = 0;
  for (int i = 0; i < 5'000; ++i) {
    fills.fill(noise(random));
    if (fills.detector.tier()) ++with_tier;
  }
  EXPECT_LT(with_tier, 250);
}

// Fees in whole cents: 8 bps of 150 dollars is 12 cents, and of 100 it is 8; of 120 it is 9.6, booked as 10.
TEST(Tiers, FillsAgreeWithinTheRoundingOfTheirCurrency) {
  TierDetector detector;
  std::optional<TierChange> change;
  std::mt19937_64 random(9);
  const auto fill = [&](double rate) {
    const auto cents = static_cast<std::int64_t>(5'000 + random() % 50'000);
    const double fee_cents = std::round(static_cast<double>(cents) * rate * 1e-4);
    const double booked = fee_cents / static_cast<double>(cents) * 1e4;
    const std::int64_t notional = cents * 10'000;
    const MicroBps rounding(static_cast<std::int64_t>(0.5 / static_cast<double>(cents) * 1e10));
    if (const auto seen = detector.observe({Wall(0), bps(booked), rounding, notional})) change = seen;
  };
  for (int i = 0; i < 100; ++i) fill(25);
  EXPECT_EQ(change, std::nullopt);
  EXPECT_NEAR(static_cast<double>(detector.tier()->fee.count()) * 1e-6, 25.0, 0.1);
  for (int i = 0; i < 3; ++i) fill(16);
  ASSERT_TRUE(change);
  EXPECT_NEAR(static_cast<double>(change->to.count()) * 1e-6, 16.0, 0.5);
  EXPECT_LE(std::abs(detector.tier()->fee.count() - bps(16).count()), detector.tier()->tolerance.count());
}

TEST(Tiers, ComeBackFromTheirWordsAndGoOn) {
  Fills fills;
  fills.fill(10, 50);
  fills.fill(8, 2);
  std::vector<std::int64_t> words;
  StateWriter out(words);
  fills.detector.save(out);
  StateReader in(words);
  Fills restarted;
  restarted.detector.load(in);
  EXPECT_TRUE(in.whole());
  EXPECT_EQ(restarted.detector.tier(), fills.detector.tier());
  restarted.fill(8);
  EXPECT_EQ(restarted.change->to, bps(8));
}

TEST(Drift, LogarithmIsWhatTheLibrarySays) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = static_cast<std::int64_t>((random() >> 1 >> (random() % 60)) | 1);
    const double exact = std::log2(static_cast<double>(value)) * 1024.0;
    EXPECT_LE(log2_in_1024ths(value), exact + 1e-6) << value;
    EXPECT_GE(log2_in_1024ths(value), exact - 7.0) << value;
  }
}

struct Latencies {
  std::mt19937_64 random;
  DriftDetector detector;
  // Samples until the first alarm, at most `most`.
  int until_alarm(double median_ms, double sigma, int most, std::optional<Drift>* seen = nullptr) {
    std::lognormal_distribution<double> draw(std::log(median_ms * 1e6), sigma);
    for (int i = 1; i <= most; ++i) {
      const auto drift = detector.observe(Wall(i), Nanos(static_cast<std::int64_t>(draw(random))));
      if (seen != nullptr) *seen = drift;
      if (drift) return i;
    }
    return most + 1;
  }
};

TEST(Drift, AShiftOfOneDeviationIsSeenInAboutTenSamples) {
  double sum = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    Latencies latencies{std::mt19937_64(seed), {}};
    if (latencies.until_alarm(45, 0.3, 150) <= 150) continue;  // a false alarm: not what is measured here
    std::optional<Drift> drift;
    sum += latencies.until_alarm(45 * std::exp(0.3), 0.3, 200, &drift);
    ASSERT_TRUE(drift);
    EXPECT_TRUE(drift->slower);
    EXPECT_NEAR(static_cast<double>(drift->usual.count()), 45e6, 6e6);
  }
  EXPECT_LT(sum / 200, 20.0);
}

TEST(Drift, ChanceAlarmsAreRare) {
  int alarms = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    Latencies latencies{std::mt19937_64(1'000 + seed), {}};
    for (int left = 2'000; left > 0;) {
      const int used = latencies.until_alarm(45, 0.3, left);
      if (used <= left) ++alarms;
      left -= used;
    }
  }
  EXPECT_LT(alarms, 50 * 2'000 / 150);  // on average more than 150 samples apart, the baseline's own error included
}

TEST(Drift, OneOutlierIsNoDrift) {
  Latencies latencies{std::mt19937_64(4), {}};
  latencies.until_alarm(45, 0.1, 130);
  EXPECT_EQ(latencies.detector.observe(Wall(1), seconds(3'600)), std::nullopt);
}

TEST(Drift, RearmsOnTheNewLevel) {
  Latencies latencies{std::mt19937_64(4), {}};
  latencies.until_alarm(45, 0.1, 120);
  ASSERT_LE(latencies.until_alarm(90, 0.1, 50), 50);
  EXPECT_GT(latencies.until_alarm(90, 0.1, 150), 100);
  std::optional<Drift> drift;
  ASSERT_LE(latencies.until_alarm(45, 0.1, 50, &drift), 50);
  EXPECT_FALSE(drift->slower);
}

}  // namespace
}  // namespace crossbook
