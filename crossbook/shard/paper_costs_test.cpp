// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_costs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crossbook/engine/engine_orders_test_tools.hpp"

namespace crossbook::shard {
namespace {

// The shortest, the longest and the middle one of many draws, in ms.
struct Drawn {
  std::int64_t least = 0;
  std::int64_t middle = 0;
  std::int64_t most = 0;
  friend bool operator==(const Drawn&, const Drawn&) = default;
};
Drawn drawn(const gateway::LatencyModel& model) {
  gateway::Generator generator(1);
  std::vector<std::int64_t> times;
  for (int i = 0; i < 2'001; ++i) times.push_back(model.draw(generator).count() / 1'000'000);
  std::ranges::sort(times);
  return {times.front(), times[1'000], times.back()};
}

// An exchange of which this is believed and that is scripted.
struct Exchange {
  explicit Exchange(const VenueBelief& belief, const ScriptVenue& scripted = {}) {
    desk.book("okx", "100 x 1", "101 x 1");
    PaperScript script;
    script.venues["okx"] = scripted;
    PaperCosts costs(desk.engine, script, [&](auto, auto) { return belief; }, Calibrator());
    venue = costs.exchange(ListingId(0));
    expected_out = costs.latency(ListingId(0));
  }
  engine::OrderDesk desk;
  gateway::PaperVenue venue;
  Nanos expected_out;
};

LatencyEstimate measured(std::int64_t samples) {
  return {.samples = samples,
          .p50 = milliseconds(80),
          .p95 = milliseconds(90),
          .p99 = milliseconds(600),
          .p95_enough = samples >= 59,
          .p99_enough = samples >= 299};
}

TEST(PaperCosts, TakesHalfOfAMeasuredRoundTripEachWay) {
  VenueBelief belief{.maker = engine::bps(1), .taker = engine::bps(7)};
  belief.round_trip = measured(300);
  const Exchange exchange(belief);
  EXPECT_EQ(drawn(exchange.venue.out), (Drawn{40, 40, 300}));
  EXPECT_EQ(drawn(exchange.venue.back), (Drawn{40, 40, 300}));
  EXPECT_EQ(drawn(exchange.venue.cancel), (Drawn{40, 40, 300}));
  EXPECT_EQ(exchange.expected_out, milliseconds(40));
  EXPECT_EQ(exchange.venue.maker_fee, engine::bps(1));
  EXPECT_EQ(exchange.venue.taker_fee, engine::bps(7));
}

// Ten executions say nothing about one in a hundred.
TEST(PaperCosts, AssumesTheSlowOnesWhereTooFewWereMeasured) {
  VenueBelief belief;
  belief.round_trip = measured(10);
  EXPECT_EQ(drawn(Exchange(belief).venue.out), (Drawn{40, 40, 160}));
  belief.round_trip = measured(59);
  EXPECT_EQ(drawn(Exchange(belief).venue.out), (Drawn{40, 40, 160}));
}

TEST(PaperCosts, PutsTheScriptBeforeWhatWasMeasured) {
  VenueBelief belief{.maker = engine::bps(1), .taker = engine::bps(7)};
  belief.round_trip = measured(300);
  const ScriptVenue scripted{.taker = engine::bps(9), .latency = milliseconds(5)};
  const Exchange exchange(belief, scripted);
  EXPECT_EQ(drawn(exchange.venue.out), (Drawn{5, 5, 5}));
  EXPECT_EQ(drawn(exchange.venue.back), (Drawn{40, 40, 300}));
  EXPECT_EQ(exchange.venue.maker_fee, engine::bps(1));
  EXPECT_EQ(exchange.venue.taker_fee, engine::bps(9));
}

// An exchange with a fee beyond 100 % is a mistake of the file that was imported, and no reason to end.
TEST(PaperCosts, KeepsRatesToWhatAnExchangeCanCharge) {
  const Exchange exchange({.maker = engine::bps(-1'000'000), .taker = engine::bps(1'000'000)});
  EXPECT_EQ(exchange.venue.maker_fee, engine::bps(-10'000));
  EXPECT_EQ(exchange.venue.taker_fee, engine::bps(10'000));
}

}  // namespace
}  // namespace crossbook::shard
