// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crossbook/cost/latency.hpp"

namespace crossbook {
namespace {

constexpr Nanos day = seconds(86'400);
constexpr WindowShape month = {seconds(3'600), day + day, day, Nanos(30 * day.count())};
Wall at_hour(std::int64_t hour) { return Wall(seconds(3'600).count() * hour); }

TEST(Window, HoldsTheSlicesThatTouchTheLookback) {
  LatencyWindow window(month);
  window.add(at_hour(1), at_hour(1), Nanos(100));    // day 0 ends at hour 24
  window.add(at_hour(25), at_hour(25), Nanos(200));  // day 1
  EXPECT_EQ(window.estimate(at_hour(24 * 31 - 1)).samples, 2);
  EXPECT_EQ(window.estimate(at_hour(24 * 31)).samples, 1);  // day 0 ended 30 days ago
  EXPECT_EQ(window.estimate(at_hour(24 * 32)).samples, 0);
  EXPECT_EQ(window.estimate(at_hour(24 * 32)).p50, Nanos(0));
}

TEST(Window, PutsALateSampleIntoTheSliceOfItsOwnTime) {
  LatencyWindow window(month);
  window.add(at_hour(24 * 20), at_hour(24 * 20), Nanos(100));
  EXPECT_TRUE(window.add(at_hour(24 * 2), at_hour(24 * 20), Nanos(700)));
  EXPECT_EQ(window.window().slices().entries().front().number, 2);
  EXPECT_EQ(window.estimate(at_hour(24 * 33)).samples, 1);
}

TEST(Window, RefusesASampleFromBeforeIt) {
  LatencyWindow window(month);
  window.add(at_hour(24 * 100), at_hour(24 * 100), Nanos(100));
  EXPECT_FALSE(window.add(at_hour(24 * 60), at_hour(24 * 100), Nanos(100)));
  EXPECT_EQ(window.estimate(at_hour(24 * 100)).samples, 1);
}

TEST(Window, RoundsTimesBefore1970DownToo) {
  LatencyWindow window(month);
  window.add(Wall(-1), Wall(-1), Nanos(100));
  window.add(Wall(0), Wall(0), Nanos(100));
  ASSERT_EQ(window.window().slices().entries().size(), 2U);
  EXPECT_EQ(window.window().slices().entries().front().number, -1);
}

struct Sample {
  std::int64_t hour;
  std::int64_t late_hours;
  std::int64_t latency;
};

// The oracle keeps every raw record and counts anew those whose slices touch the window.
RC_GTEST_PROP(Window, SlidesAsIfRecomputedFromRawRecords, ()) {
  LatencyWindow window(month);
  std::vector<Sample> records;
  std::int64_t hour = 0;
  for (int i = 0; i < 300; ++i) {
    hour += *rc::gen::inRange(0, 24);
    const std::int64_t late = *rc::gen::weightedElement<std::int64_t>({{8, 0}, {2, 30}, {1, 24 * 40}});
    const std::int64_t latency = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    records.push_back({hour - late, late, latency});
    window.add(at_hour(hour - late), at_hour(hour), Nanos(latency));
    if (i % 10 != 0) continue;
    Sketch sketch;
    for (const Sample& record : records) {
      const std::int64_t slice = (record.hour + 24 * 1000) / 24 - 1000;
      if ((slice + 1) * 24 > hour - 24 * 30) sketch.add(record.latency);
    }
    RC_ASSERT(window.estimate(at_hour(hour)) == estimate_latency(sketch));
  }
}

TEST(Window, SaysWhenThereAreTooFewSamplesForAQuantile) {
  LatencyWindow window(month);
  for (int i = 0; i < 298; ++i) {
    window.add(Wall(i), Wall(i), milliseconds(i + 1));
    EXPECT_EQ(window.estimate(Wall(i)).p95_enough, i + 1 >= 59);
    EXPECT_FALSE(window.estimate(Wall(i)).p99_enough);
  }
  window.add(Wall(298), Wall(298), milliseconds(299));
  EXPECT_TRUE(window.estimate(Wall(298)).p99_enough);
}

TEST(Window, RefusesWordsThatAreNoWindow) {
  LatencyWindow window(month);
  for (int i = 0; i < 50; ++i) window.add(at_hour(i), at_hour(i), milliseconds(i));
  std::vector<std::int64_t> words;
  StateWriter out(words);
  window.save(out);
  for (std::size_t size = 0; size < words.size(); ++size) {
    StateReader in{std::span(words).first(size)};
    LatencyWindow cut(month);
    cut.load(in);
    EXPECT_FALSE(in.whole()) << size;
  }
}

}  // namespace
}  // namespace crossbook
