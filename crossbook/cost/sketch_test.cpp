// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/sketch.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace crossbook {
namespace {

using Stream = std::vector<std::int64_t>;

// The oracle: sort everything and take the nearest rank.
std::int64_t exact_quantile(Stream stream, PerMille share) {
  const auto rank = static_cast<std::ptrdiff_t>(nearest_rank(stream.size(), share)) - 1;
  std::nth_element(stream.begin(), stream.begin() + rank, stream.end());
  return stream[static_cast<std::size_t>(rank)];
}

Sketch sketch_of(const Stream& stream) {
  Sketch sketch;
  for (const std::int64_t value : stream) sketch.add(value);
  return sketch;
}

std::vector<std::int64_t> words_of(const Sketch& sketch) {
  std::vector<std::int64_t> words;
  StateWriter out(words);
  sketch.save(out);
  return words;
}

template <class Draw>
Stream a_million(Draw draw) {
  std::mt19937_64 random(7);
  Stream stream(1'000'000);
  for (std::int64_t& value : stream) value = std::max<std::int64_t>(1, static_cast<std::int64_t>(draw(random)));
  return stream;
}

void expect_within_one_percent(const Stream& stream) {
  const Sketch sketch = sketch_of(stream);
  for (const PerMille share : {1, 10, 50, 250, 500, 750, 900, 950, 990, 999, 1000}) {
    const auto exact = static_cast<double>(exact_quantile(stream, share));
    EXPECT_NEAR(static_cast<double>(sketch.quantile(share).value()), exact, exact * 0.01) << share;
  }
}

TEST(Sketch, IsWithinOnePercentOnLognormalLatencies) {
  std::lognormal_distribution<double> draw(17.6, 0.6);  // around 45 ms
  expect_within_one_percent(a_million(draw));
}

TEST(Sketch, IsWithinOnePercentOnTwoHumps) {
  std::lognormal_distribution<double> near(15.0, 0.1);
  std::lognormal_distribution<double> far(20.0, 0.3);
  bool toss = false;
  expect_within_one_percent(a_million([&](auto& random) { return (toss = !toss) ? near(random) : far(random); }));
}

TEST(Sketch, IsWithinOnePercentOnAConstant) {
  expect_within_one_percent(a_million([](auto&) { return 123'456'789; }));
}

TEST(Sketch, IsWithinOnePercentOnHeavyTails) {
  std::uniform_real_distribution<double> uniform(1e-6, 1.0);
  expect_within_one_percent(a_million([&](auto& random) { return 1e6 / uniform(random); }));  // Pareto, no mean
}

// Values at both ends of every bucket, where the middle is furthest, over the whole range and in falling order.
TEST(Sketch, IsWithinOnePercentOnTheEndsOfItsBuckets) {
  const auto lowest_in = [](int bucket) {
    std::int64_t below = 0;  // bisection: below < lowest value of the bucket <= above
    std::int64_t above = value_of_bucket(bucket);
    while (above - below > 1) (bucket_of((above + below) / 2) < bucket ? below : above) = (above + below) / 2;
    return above;
  };
  Stream stream;
  for (int bucket = buckets_max - 1; bucket > 0; --bucket) {
    stream.push_back(lowest_in(bucket));
    if (bucket > 1) stream.push_back(lowest_in(bucket) - 1);
  }
  Stream repeated;
  while (repeated.size() < 1'000'000) repeated.insert(repeated.end(), stream.begin(), stream.end());
  expect_within_one_percent(repeated);
}

TEST(Sketch, HasNoBucketWiderThanItPromises) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto value = static_cast<std::int64_t>(random() % bucketed_max) >> (random() % 50);
    const std::int64_t middle = value_of_bucket(bucket_of(value));
    EXPECT_LE(std::abs(middle - value), value / 100) << value;
  }
}

TEST(Sketch, CountsZerosAsZeroAndNegativesApart) {
  const Sketch sketch = sketch_of({-5, 0, 0, 0, 10, -1});
  EXPECT_EQ(sketch.count(), 4);
  EXPECT_EQ(sketch.negatives(), 2);
  EXPECT_EQ(sketch.zeros(), 3);
  EXPECT_EQ(sketch.quantile(500), 0);
  EXPECT_EQ(sketch.quantile(1000), 10);
  EXPECT_DOUBLE_EQ(sketch.mean(), 2.5);
}

TEST(Sketch, SaysNothingAboutNothing) {
  EXPECT_EQ(Sketch().quantile(500), std::nullopt);
  EXPECT_EQ(sketch_of({-3}).quantile(500), std::nullopt);
}

TEST(Sketch, TakesTheLargestNumberAsTheEndOfItsRange) {
  EXPECT_EQ(bucket_of(sketch_of({std::numeric_limits<std::int64_t>::max()}).quantile(500).value()), buckets_max - 1);
}

// 1e15 ns and a nanosecond: a naive sum of squares in doubles gives 0 or NaN here.
TEST(Sketch, KeepsTheDeviationOfLargeNearbyValuesExact) {
  Sketch sketch;
  for (int i = 0; i < 100'000; ++i) sketch.add(999'999'999'999'999 - i % 2);
  EXPECT_DOUBLE_EQ(sketch.standard_deviation(), 0.5);
  EXPECT_DOUBLE_EQ(sketch.mean(), 999'999'999'999'998.5);
}

TEST(Sketch, KnowsFromHowManySamplesAQuantileSaysAnything) {
  EXPECT_EQ(samples_for_p95, static_cast<std::int64_t>(std::ceil(std::log(0.05) / std::log(0.95))));
  EXPECT_EQ(samples_for_p99, static_cast<std::int64_t>(std::ceil(std::log(0.05) / std::log(0.99))));
}

RC_GTEST_PROP(Sketch, MergingIsAsIfOneHadSeenBoth, (const Stream& a, const Stream& b)) {
  Sketch merged = sketch_of(a);
  merged.merge(sketch_of(b));
  Stream both = b;  // in another order, too
  both.insert(both.end(), a.begin(), a.end());
  std::reverse(both.begin(), both.end());
  RC_ASSERT(words_of(merged) == words_of(sketch_of(both)));
}

RC_GTEST_PROP(Sketch, ComesBackFromItsWords, (const Stream& stream)) {
  const auto words = words_of(sketch_of(stream));
  StateReader in(words);
  Sketch loaded;
  loaded.load(in);
  RC_ASSERT(in.whole());
  RC_ASSERT(words_of(loaded) == words);
  RC_ASSERT(loaded.count() == sketch_of(stream).count());
}

RC_GTEST_PROP(Sketch, ACursorStandsWhereCountingAnewWouldPutIt, ()) {
  const auto exponents = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50));
  const PerMille share = *rc::gen::inRange(1, 1001);
  Sketch sketch;
  QuantileCursor cursor(share);
  for (const int exponent : exponents) {
    const std::int64_t value = *rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << exponent);
    cursor.added(sketch.add(value), sketch);
    RC_ASSERT(cursor.value() == sketch.quantile(share).value());
  }
}

TEST(Sketch, CountsPastEveryWidthOfItsCells) {
  BucketCounts counts;
  counts.add(40, 255);
  counts.add(41);
  counts.add(700);
  counts.add(40);
  EXPECT_EQ(counts.at(40), 256U);
  counts.add(40, 70'000);
  counts.add(5, 1);
  counts.add(40, 5'000'000'000);
  EXPECT_EQ(counts.at(40), 5'000'070'256U);
  EXPECT_EQ(counts.at(41), 1U);
  EXPECT_EQ(counts.at(700), 1U);
  EXPECT_EQ(counts.at(5), 1U);
  EXPECT_EQ(counts.next_above(41), 700);
  EXPECT_EQ(counts.next_below(700), 41);
  EXPECT_EQ(counts.next_below(5), -1);
  EXPECT_EQ(counts.next_above(700), -1);
}

}  // namespace
}  // namespace crossbook
