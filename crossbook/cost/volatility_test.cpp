// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/volatility.hpp"

#include <gtest/gtest.h>

#include <random>

namespace crossbook {
namespace {

Wall at(double seconds_in) { return Wall(1'700'000'000'000'000'000 + static_cast<std::int64_t>(seconds_in * 1e9)); }

TEST(Volatility, IsNotKnownBeforeAMinute) {
  Volatility volatility;
  volatility.set(at(0), 100.0);
  volatility.settle(at(59.5));
  EXPECT_FALSE(volatility.per_sqrt_second());
  volatility.settle(at(60));
  EXPECT_EQ(volatility.per_sqrt_second(), 0.0);
}

// A walk with steps of a tenth of a second: sigma is that of a second, whatever the rhythm of the changes.
TEST(Volatility, FindsTheSigmaOfAWalk) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> change(0.0, 2e-5);
  Volatility volatility;
  double price = 100.0;
  for (int i = 0; i < 40'000; ++i) {
    price *= 1.0 + change(random);
    volatility.set(at(i * 0.1), price);
  }
  EXPECT_NEAR(*volatility.per_sqrt_second(), 2e-5 * std::sqrt(10.0), 0.15 * 2e-5 * std::sqrt(10.0));
}

// The weight of the start would pull a short measurement to zero.
TEST(Volatility, IsNotDrawnToZeroByAShortSession) {
  Volatility volatility;
  for (int i = 0; i <= 80; ++i) volatility.set(at(i), i % 2 == 0 ? 100.0 : 100.01);
  EXPECT_NEAR(*volatility.per_sqrt_second(), 1e-4, 1e-6);
}

TEST(Volatility, WhatWasFiveMinutesAgoCountsAThird) {
  Volatility volatility;
  for (int i = 0; i <= 3'000; ++i) volatility.set(at(i), i % 2 == 0 ? 100.0 : 100.01);
  const double before = *volatility.per_sqrt_second();
  volatility.settle(at(3'300));
  EXPECT_NEAR(*volatility.per_sqrt_second() * *volatility.per_sqrt_second() / (before * before), 0.368, 0.01);
}

TEST(Volatility, AGapWithoutAPriceIsNoMove) {
  Volatility volatility;
  volatility.set(at(0), 100.0);
  volatility.set(at(90), std::nullopt);
  volatility.set(at(500), 200.0);
  volatility.settle(at(600));
  EXPECT_EQ(volatility.per_sqrt_second(), 0.0);
  EXPECT_EQ(volatility.steps(), 190);
}

TEST(Volatility, BeginsAnewAfterHoursOfSilence) {
  Volatility volatility;
  volatility.set(at(0), 100.0);
  volatility.set(at(90), 101.0);
  volatility.set(at(90'000), 150.0);
  EXPECT_FALSE(volatility.per_sqrt_second());
}

}  // namespace
}  // namespace crossbook
