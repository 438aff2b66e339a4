// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/clock_offset.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace crossbook {
namespace {

// A venue whose clock is `offset` ahead of ours and runs `skew_ppm` fast, and a network with a fastest path and jitter.
struct World {
  double offset_ms = 0;
  double skew_ppm = 0;
  double path_ms = 20;   // venue to us
  double back_ms = 20;   // us to venue
  double jitter_ms = 5;  // exponential, on top
  std::int64_t stamp_unit = 1'000'000;
  std::mt19937_64 random{17};
  std::int64_t now = seconds(1'000).count();  // true time = our steady and wall clock
  ClockOffset clock{};

  [[nodiscard]] std::int64_t offset_at(std::int64_t t) const {
    return static_cast<std::int64_t>(offset_ms * 1e6 +
                                     skew_ppm * 1e-6 * static_cast<double>(t - seconds(1'000).count()));
  }
  [[nodiscard]] std::int64_t jitter() {
    std::exponential_distribution<double> draw(1.0 / (jitter_ms * 1e6 + 1.0));
    return static_cast<std::int64_t>(draw(random));
  }
  Nanos message() {
    const std::int64_t sent = now;
    const std::int64_t delay = static_cast<std::int64_t>(path_ms * 1e6) + jitter();
    const std::int64_t stamp = (sent + offset_at(sent)) / stamp_unit * stamp_unit;
    received = std::max(received, sent + delay);
    return clock.add(FeedStamp{Steady(received), Wall(received), Wall(stamp)});
  }
  void question() {
    const std::int64_t there = now + static_cast<std::int64_t>(back_ms * 1e6) + jitter();
    const std::int64_t venue = (there + offset_at(there)) / 1'000'000 * 1'000'000;
    const std::int64_t answered = there + static_cast<std::int64_t>(path_ms * 1e6) + jitter();
    clock.add(TwoWaySample{Steady(answered), Wall(now), Wall(venue), Wall(venue), Wall(answered)});
  }
  // Messages every 100 ms. Calls check(estimate) after each.
  template <class Check>
  void run(int seconds_long, Check check, bool ask = false) {
    for (int i = 0; i < seconds_long * 10; ++i) {
      now += milliseconds(100).count();
      message();
      if (ask && i % 100 == 0) question();
      check(clock.estimate(Steady(received)).value());
    }
  }
  void run(int seconds_long) {
    run(seconds_long, [](const ClockEstimate&) {});
  }
  void expect_inside(const ClockEstimate& estimate) const {
    ASSERT_LE(estimate.offset_low.count(), offset_at(received)) << received;
    ASSERT_GE(estimate.offset_high.count(), offset_at(received)) << received;
    ASSERT_GE(estimate.path_low.count(), 0);
    ASSERT_LE(estimate.path_low.count(), static_cast<std::int64_t>(path_ms * 1e6));
    ASSERT_LE(estimate.path_low, estimate.path_high);
  }
  std::int64_t received = 0;
};

TEST(ClockOffset, TheTruthIsInsideWhateverTheOffset) {
  for (const double offset : {-5'000.0, -40.0, 0.0, 13.0, 1'270.0, 86'400'000.0}) {
    World world{.offset_ms = offset};
    world.run(120, [&](const ClockEstimate& estimate) { world.expect_inside(estimate); });
  }
}

TEST(ClockOffset, TheTruthIsInsideUnderSkew) {
  for (const double skew : {-90.0, -20.0, 5.0, 60.0, 90.0}) {
    World world{.offset_ms = 300, .skew_ppm = skew};
    world.run(1'500, [&](const ClockEstimate& estimate) { world.expect_inside(estimate); });
    const ClockEstimate end = world.clock.estimate(Steady(world.received)).value();
    EXPECT_NEAR(end.skew_ppb.value(), -skew * 1e3, 2e3);  // received - sent falls when the venue's clock runs fast
    EXPECT_TRUE(world.clock.steps().empty());
    EXPECT_FALSE(end.skew_alarm);
  }
}

TEST(ClockOffset, TheTruthIsInsideUnderAsymmetry) {
  for (const double path : {1.0, 20.0, 80.0}) {
    for (const double back : {1.0, 20.0, 80.0}) {
      World world{.offset_ms = -77, .skew_ppm = 30, .path_ms = path, .back_ms = back};
      world.run(
          300,
          [&](const ClockEstimate& estimate) {
            world.expect_inside(estimate);
            EXPECT_TRUE(estimate.consistent);
          },
          true);
    }
  }
}

TEST(ClockOffset, ATwoWaySampleNarrowsTheIntervalToItsRoundTrip) {
  World world{.offset_ms = 40, .jitter_ms = 1};
  world.run(60);
  const ClockEstimate assumed = world.clock.estimate(Steady(world.received)).value();
  EXPECT_TRUE(assumed.path_assumed);
  world.run(60, [](const ClockEstimate&) {}, true);
  const ClockEstimate measured = world.clock.estimate(Steady(world.received)).value();
  EXPECT_FALSE(measured.path_assumed);
  EXPECT_LT((measured.offset_high - measured.offset_low).count(), milliseconds(50).count());
  EXPECT_GT((assumed.offset_high - assumed.offset_low).count(), milliseconds(200).count());
  world.expect_inside(measured);
}

// The hftbacktest recordings: received - sent is -1.27 s all day.
TEST(ClockOffset, AClockAheadOfOursGivesAnIntervalAndNeverANegativeDelay) {
  World world{.offset_ms = 1'270, .path_ms = 5};
  world.run(120, [&](const ClockEstimate& estimate) {
    EXPECT_LT(estimate.floor.count(), milliseconds(-1'000).count());
    EXPECT_GE(estimate.path_low, Nanos(0));
    EXPECT_LT(estimate.path_low, estimate.path_high);
    world.expect_inside(estimate);
  });
  for (int i = 0; i < 100; ++i) EXPECT_GE(world.message(), Nanos(0));
}

TEST(ClockOffset, TheExcessIsTheQueueingWhateverTheClock) {
  World world{.offset_ms = -700, .skew_ppm = 40, .path_ms = 30, .jitter_ms = 5, .stamp_unit = 1};
  world.run(300);
  std::int64_t sum = 0;
  for (int i = 0; i < 3'000; ++i) {
    world.now += milliseconds(100).count();
    sum += world.message().count();
  }
  EXPECT_NEAR(static_cast<double>(sum) / 3'000, 5e6, 0.5e6);
}

TEST(ClockOffset, AStepDownIsSeenAtOnce) {
  World world{.offset_ms = 0, .jitter_ms = 2};
  world.run(120);
  world.offset_ms = 50;  // the venue's clock goes ahead: messages seem faster
  world.run(1);
  ASSERT_EQ(world.clock.steps().size(), 1U);
  EXPECT_NEAR(static_cast<double>(world.clock.steps()[0].by.count()), -50e6, 6e6);
  world.run(120, [&](const ClockEstimate& estimate) { world.expect_inside(estimate); });
}

TEST(ClockOffset, AStepUpIsSeenWithinFourSlicesAndThenInside) {
  World world{.offset_ms = 0, .jitter_ms = 2};
  world.run(120);
  world.offset_ms = -300;
  world.run(45);
  ASSERT_EQ(world.clock.steps().size(), 1U);
  EXPECT_NEAR(static_cast<double>(world.clock.steps()[0].by.count()), 300e6, 6e6);
  world.run(200, [&](const ClockEstimate& estimate) { world.expect_inside(estimate); });
}

TEST(ClockOffset, JitterAloneIsNoStep) {
  for (const double jitter : {0.1, 5.0, 50.0}) {
    World world{.jitter_ms = jitter};
    world.run(1'000);
    EXPECT_LE(world.clock.steps().size(), jitter > 20 ? 2U : 0U) << jitter;
  }
}

TEST(ClockOffset, DriftBeyondWhatClocksDoRaisesTheAlarm) {
  World world{.skew_ppm = 180, .jitter_ms = 1};
  world.run(400);
  EXPECT_TRUE(world.clock.estimate(Steady(world.received))->skew_alarm);
}

TEST(ClockOffset, KnowsNothingBeforeTheFirstMessage) { EXPECT_FALSE(ClockOffset().estimate(Steady(5)).has_value()); }

TEST(ClockOffset, ARoundTripBelowZeroIsIgnored) {
  World world{};
  world.run(1);
  world.clock.add(TwoWaySample{Steady(world.received), Wall(1'000), Wall(500), Wall(5'000), Wall(1'100)});
  EXPECT_TRUE(world.clock.estimate(Steady(world.received))->path_assumed);
}

TEST(ClockOffset, MemoryStaysFlat) {
  World world{.skew_ppm = 50};
  world.run(700);
  const std::size_t before = world.clock.bytes();
  world.run(3'000);
  EXPECT_LT(world.clock.bytes(), before + before / 2);
  EXPECT_LT(world.clock.bytes(), 64U * 1024);
}

}  // namespace
}  // namespace crossbook
