// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/liveness.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace crossbook::book {
namespace {

Steady at_ms(std::int64_t ms) { return Steady(0) + milliseconds(ms); }

// A stream that sends every `interval_ms`, `messages` times, from 0 on.
Liveness regular(std::int64_t messages, std::int64_t interval_ms) {
  Liveness stream;
  for (std::int64_t i = 0; i < messages; ++i) stream.message(at_ms(i * interval_ms));
  return stream;
}

TEST(Intervals, KnowTheirThousandthLongest) {
  Intervals intervals;
  for (int i = 0; i < 9'980; ++i) intervals.record(milliseconds(100));
  for (int i = 0; i < 20; ++i) intervals.record(milliseconds(3'000));
  EXPECT_GE(intervals.p999(), milliseconds(3'000));
  EXPECT_LE(intervals.p999(), milliseconds(3'375));
  for (int i = 0; i < 100'000; ++i) intervals.record(milliseconds(100));
  EXPECT_LE(intervals.p999(), milliseconds(113));
  EXPECT_LE(intervals.count(), 110'000U);
}

TEST(Liveness, WaitsAMinuteBeforeItKnowsTheStream) {
  const Liveness stream = regular(30, 10);  // 29 intervals
  EXPECT_EQ(stream.late_after(), seconds(60));
  EXPECT_EQ(stream.dead_after(), seconds(900));
}

TEST(Liveness, TakesTheLongestIntervalFirstAndTheQuantileLater) {
  Liveness few = regular(200, 1'000);
  EXPECT_EQ(few.late_after(), seconds(5));
  EXPECT_EQ(few.dead_after(), seconds(20));
  Liveness many = regular(40'000, 10);
  EXPECT_EQ(many.late_after(), late_min);
  EXPECT_EQ(many.dead_after(), dead_min);
  const Liveness slow = regular(200, 100'000);
  EXPECT_EQ(slow.late_after(), late_max);
  EXPECT_EQ(slow.dead_after(), dead_max);
}

TEST(Liveness, WaitsLongerFromTheFirstLongSilenceOn) {
  Liveness stream = regular(200, 1'000);
  stream.message(at_ms(202'000));
  EXPECT_EQ(stream.late_after(), seconds(15));
}

TEST(Liveness, ALateBookIsStaleOnlyOnceTheMarketWentOn) {
  Liveness stream = regular(200, 1'000);  // silent from 199 s on, late 5 s later
  stream.consensus(2'000'000, 200);
  stream.message(at_ms(200'000));
  stream.consensus(2'001'200, 200);  // 5 bps of 2,000,000 are 1,000, and the half spread 200
  EXPECT_EQ(stream.stale(at_ms(206'000)), Reason::none);
  EXPECT_TRUE(stream.late(at_ms(205'001)));
  EXPECT_FALSE(stream.late(at_ms(205'000)));
  stream.consensus(2'001'201, 200);
  EXPECT_EQ(stream.stale(at_ms(204'000)), Reason::none);  // the market moved, but the stream is not late
  EXPECT_EQ(stream.stale(at_ms(206'000)), Reason::late);
  stream.consensus(2'000'000, 200);  // it was beyond at some time
  EXPECT_EQ(stream.stale(at_ms(206'000)), Reason::late);
  stream.message(at_ms(206'500));
  EXPECT_EQ(stream.stale(at_ms(206'500)), Reason::none);
}

TEST(Liveness, ADeadStreamIsStaleWhateverTheMarketDid) {
  const Liveness stream = regular(200, 1'000);
  EXPECT_EQ(stream.stale(at_ms(219'000)), Reason::none);
  EXPECT_EQ(stream.stale(at_ms(219'001)), Reason::silent);
}

TEST(Liveness, AHeartbeatIsALifeSignAndNoInterval) {
  Liveness stream = regular(200, 1'000);
  stream.heartbeat(at_ms(210'000));
  EXPECT_FALSE(stream.late(at_ms(214'000)));
  EXPECT_EQ(stream.late_after(), seconds(5));
}

TEST(Liveness, SaysWhenToLookAgain) {
  const Liveness stream = regular(200, 1'000);
  EXPECT_EQ(stream.next_due(at_ms(199'000)), at_ms(204'000) + Nanos(1));
  EXPECT_EQ(stream.next_due(at_ms(205'000)), at_ms(219'000) + Nanos(1));
  EXPECT_FALSE(stream.next_due(at_ms(219'001)));
}

TEST(Liveness, ProbesOnceAMinute) {
  Liveness stream;
  EXPECT_TRUE(stream.take_probe(at_ms(0)));
  EXPECT_FALSE(stream.take_probe(at_ms(59'999)));
  EXPECT_TRUE(stream.take_probe(at_ms(60'000)));
}

TEST(Deadlines, LookOnceWhenDueAndAgainWhenTold) {
  Deadlines deadlines;
  deadlines.schedule(7, at_ms(100));
  deadlines.schedule(3, at_ms(100));
  deadlines.schedule(5, at_ms(50));
  std::vector<std::uint32_t> looked;
  const auto look = [&](std::uint32_t id) -> std::optional<Steady> {
    looked.push_back(id);
    return id == 3 ? std::optional(at_ms(200)) : std::nullopt;
  };
  EXPECT_EQ(deadlines.next(), at_ms(50));
  deadlines.advance(at_ms(99), look);
  EXPECT_EQ(looked, (std::vector<std::uint32_t>{5}));
  deadlines.advance(at_ms(150), look);
  EXPECT_EQ(looked, (std::vector<std::uint32_t>{5, 3, 7}));
  EXPECT_EQ(deadlines.next(), at_ms(200));
}

TEST(Deadlines, AnEarlierTimeReplacesALaterOne) {
  Deadlines deadlines;
  deadlines.schedule(1, at_ms(100));
  deadlines.schedule(1, at_ms(10));
  deadlines.schedule(1, at_ms(50));
  int looks = 0;
  deadlines.advance(at_ms(1'000), [&](std::uint32_t) -> std::optional<Steady> {
    ++looks;
    return {};
  });
  EXPECT_EQ(looks, 1);
  EXPECT_FALSE(deadlines.next());
}

}  // namespace
}  // namespace crossbook::book
