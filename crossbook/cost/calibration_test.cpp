// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/calibration.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace crossbook {
namespace {

constexpr MicroBps bps(double rate) {
  return MicroBps(static_cast<std::int64_t>(rate * 1e6 + (rate < 0 ? -0.5 : 0.5)));
}
constexpr std::int64_t day_ns = days(1).count();
Wall on_day(std::int64_t day, std::int64_t ns = 0) { return Wall(day * day_ns + ns); }

// One execution before it has handles.
struct Row {
  const char* exchange = "kraken";
  const char* symbol = "BTC/USD";
  Role role = Role::taker;
  Wall at;
  double fee = 26;
  std::int64_t latency_ms = 45;
};

bool record(Calibrator& calibrator, const Row& row) {
  return calibrator.record({.market = calibrator.market(row.exchange, row.symbol),
                            .role = row.role,
                            .at = row.at,
                            .fee = bps(row.fee),
                            .notional = 1'000 * notional_unit,
                            .latency = milliseconds(row.latency_ms),
                            .order_to_ack = milliseconds(row.latency_ms / 2),
                            .expected_fee = bps(10)});
}

// Executions of three months on a few markets, in order of time.
std::vector<Row> quarter(unsigned seed, int count) {
  std::mt19937_64 random(seed);
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    static constexpr std::array<const char*, 3> exchanges = {"kraken", "binance", "okx"};
    static constexpr std::array<const char*, 2> symbols = {"BTC/USD", "ETH/USD"};
    static constexpr std::array<double, 4> fees = {26, 10, -1, 7.5};
    rows.push_back({exchanges[random() % 3], symbols[random() % 2], random() % 3 == 0 ? Role::maker : Role::taker,
                    on_day(0, static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(90 * day_ns))),
                    fees[random() % 4], static_cast<std::int64_t>(1 + random() % 400)});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.at < b.at; });
  return rows;
}

Calibrator fed(const std::vector<Row>& rows) {
  Calibrator calibrator;
  for (const Row& row : rows) record(calibrator, row);
  return calibrator;
}

TEST(Calibration, LearnsFeesAndLatenciesPerExchangeAndPerMarket) {
  Calibrator calibrator;
  for (int i = 0; i < 20; ++i) {
    record(calibrator, {.at = Wall(i), .fee = 26, .latency_ms = 40});
    record(calibrator, {.symbol = "ETH/USD", .role = Role::maker, .at = Wall(i), .fee = 16, .latency_ms = 80});
  }
  const ExchangeId kraken = calibrator.exchange("kraken");
  const MarketId btc = calibrator.market("kraken", "BTC/USD");
  EXPECT_DOUBLE_EQ(calibrator.fee(kraken, Role::taker).median_bps, 26);
  EXPECT_DOUBLE_EQ(calibrator.fee(kraken, Role::maker).median_bps, 16);
  EXPECT_EQ(calibrator.fee(btc, Role::maker).samples, 0);
  EXPECT_EQ(calibrator.samples(kraken), 40);
  EXPECT_EQ(calibrator.samples(btc), 20);
  EXPECT_DOUBLE_EQ(calibrator.latency(kraken).mean_ns, 60e6);
  EXPECT_DOUBLE_EQ(calibrator.latency(kraken, Stage::order_to_ack).mean_ns, 30e6);
  EXPECT_DOUBLE_EQ(calibrator.latency(btc).mean_ns, 40e6);
  EXPECT_DOUBLE_EQ(calibrator.latency(kraken).reliability, 1.0 / (1.0 + 20.0 / 60.0));
  EXPECT_DOUBLE_EQ(calibrator.surprise(kraken).fee_bps, 11.0);
  EXPECT_EQ(calibrator.last_updated(kraken), Wall(19));
}

// The original had one fee for all symbols.
TEST(Calibration, EachSymbolHasItsOwnFee) {
  Calibrator calibrator;
  for (int i = 0; i < 20; ++i) {
    record(calibrator, {.symbol = "BTC/USD", .at = Wall(i), .fee = 26});
    record(calibrator, {.symbol = "USDC/USD", .at = Wall(i), .fee = 0.5});
  }
  EXPECT_DOUBLE_EQ(calibrator.fee(calibrator.market("kraken", "BTC/USD"), Role::taker).median_bps, 26);
  EXPECT_DOUBLE_EQ(calibrator.fee(calibrator.market("kraken", "USDC/USD"), Role::taker).median_bps, 0.5);
}

TEST(Calibration, ConfidenceGrowsToOneAtTwiceTheMinimum) {
  const Calibrator calibrator({.min_samples = 10});
  EXPECT_DOUBLE_EQ(calibrator.confidence(0), 0.0);
  EXPECT_DOUBLE_EQ(calibrator.confidence(5), 0.25);
  EXPECT_DOUBLE_EQ(calibrator.confidence(20), 1.0);
  EXPECT_DOUBLE_EQ(calibrator.confidence(2'000), 1.0);
}

// The original accepted a p99 of 10 samples, which holds a value above the true p99 with 9.6 % probability.
TEST(Calibration, TenSamplesAreTooFewForAP99) {
  Calibrator calibrator;
  for (int i = 0; i < 10; ++i) record(calibrator, {.at = Wall(i)});
  const LatencyEstimate& estimate = calibrator.latency(calibrator.exchange("kraken"));
  EXPECT_EQ(estimate.samples, 10);
  EXPECT_FALSE(estimate.p95_enough);
  EXPECT_FALSE(estimate.p99_enough);
}

TEST(Calibration, MergingEqualsOneFedBoth) {
  const std::vector<Row> rows = quarter(1, 2'000);
  std::vector<Row> odd;
  std::vector<Row> even;
  for (std::size_t i = 0; i < rows.size(); ++i) (i % 2 == 1 ? odd : even).push_back(rows[i]);
  Calibrator merged = fed(odd);
  merged.merge(fed(even));
  Calibrator both = fed(rows);
  EXPECT_EQ(merged.state(false), both.state(false));
  for (const ExchangeId id : both.exchanges()) {
    const ExchangeId same = *merged.find_exchange(both.name(id));
    EXPECT_EQ(merged.fee(same, Role::taker), both.fee(id, Role::taker));
    EXPECT_EQ(merged.latency(same), both.latency(id));
    EXPECT_EQ(merged.samples(same), both.samples(id));
  }
}

TEST(Calibration, OrderWithinASliceChangesNothing) {
  std::vector<Row> rows = quarter(2, 1'500);
  Calibrator in_order = fed(rows);
  std::mt19937_64 random(3);
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(
        begin, rows.end(), [&](const Row& row) { return row.at.nanos() / day_ns != begin->at.nanos() / day_ns; });
    std::shuffle(begin, end, random);
    begin = end;
  }
  EXPECT_EQ(fed(rows).state(false), in_order.state(false));
}

TEST(Calibration, ARestartAnywhereChangesNothing) {
  const std::vector<Row> rows = quarter(4, 1'000);
  Calibrator calibrator = fed(rows);
  Calibrator restarted;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    record(restarted, rows[i]);
    if (i % 300 == 150) restarted = Calibrator::restore(restarted.state()).value();
  }
  EXPECT_EQ(restarted.state(), calibrator.state());
  const auto kraken = [](Calibrator& c) { return c.fee(c.exchange("kraken"), Role::taker); };
  EXPECT_EQ(kraken(restarted), kraken(calibrator));
}

// The oracle: a calibrator that is given only the raw records of the slices that the window touches.
TEST(Calibration, SlidingOverNinetyDaysEqualsRecomputation) {
  const std::vector<Row> rows = quarter(5, 2'500);
  Calibrator sliding;
  std::size_t next = 0;
  for (std::int64_t day = 0; day < 90; ++day) {
    for (; next < rows.size() && rows[next].at < on_day(day, day_ns / 2); ++next) record(sliding, rows[next]);
    sliding.advance(on_day(day, day_ns / 2));
    Calibrator recomputed;
    for (std::size_t i = 0; i < next; ++i)
      if (rows[i].at >= on_day(day - 30)) record(recomputed, rows[i]);  // that slice still touches [now - 30 days, now]
    recomputed.advance(sliding.now());
    for (const ExchangeId id : recomputed.exchanges()) {
      const ExchangeId same = sliding.exchange(recomputed.name(id));
      ASSERT_EQ(sliding.samples(same), recomputed.samples(id)) << day;
      for (const Role role : {Role::maker, Role::taker}) ASSERT_EQ(sliding.fee(same, role), recomputed.fee(id, role));
      for (const Stage stage : {Stage::execution, Stage::order_to_ack})
        ASSERT_EQ(sliding.latency(same, stage), recomputed.latency(id, stage)) << day;
      for (const MarketId market : recomputed.markets(id)) {
        const MarketId mine = sliding.market(recomputed.name(id), recomputed.symbol(market));
        ASSERT_EQ(sliding.latency(mine), recomputed.latency(market));
        ASSERT_EQ(sliding.fee(mine, Role::taker), recomputed.fee(market, Role::taker));
      }
    }
  }
}

TEST(Calibration, RefusesWhatIsOlderThanTheWindowAndSaysSo) {
  Calibrator calibrator;
  record(calibrator, {.at = on_day(100)});
  EXPECT_TRUE(record(calibrator, {.at = on_day(70)}));
  EXPECT_FALSE(record(calibrator, {.at = on_day(69)}));
  EXPECT_EQ(calibrator.refused(), 1);
  EXPECT_EQ(calibrator.samples(calibrator.exchange("kraken")), 2);
}

TEST(Calibration, ATimeBeyondAllBoundsIsRefusedAndMovesNothing) {
  Calibrator calibrator;
  record(calibrator, {.at = on_day(100)});
  EXPECT_FALSE(record(calibrator, {.at = Wall(std::numeric_limits<std::int64_t>::max())}));
  EXPECT_EQ(calibrator.now(), on_day(100));
}

TEST(Calibration, ATierChangeMovesTheCurrentFeeWithTheThirdFill) {
  Calibrator calibrator;
  const MarketId market = calibrator.market("kraken", "BTC/USD");
  for (int i = 0; i < 500; ++i) record(calibrator, {.at = Wall(i), .fee = 26});
  for (int i = 0; i < 2; ++i) record(calibrator, {.at = Wall(500 + i), .fee = 24});
  EXPECT_NEAR(calibrator.current_fee_bps(market, Role::taker), 26, 0.01);
  record(calibrator, {.at = Wall(502), .fee = 24});
  EXPECT_DOUBLE_EQ(calibrator.current_fee_bps(market, Role::taker), 24);
  EXPECT_EQ(calibrator.current_fee(market, Role::taker), bps(24));
  EXPECT_DOUBLE_EQ(calibrator.fee(market, Role::taker).median_bps, 26);  // the seed's field stays a median
  ASSERT_EQ(calibrator.tier_alarms().size(), 2U);                        // over the exchange, and in the market
  EXPECT_EQ(calibrator.tier_alarms()[1].market, market);
  EXPECT_EQ(calibrator.tier_alarms()[1].change.to, bps(24));
}

// Ledgers of one venue each; after 50 fills the rate to reckon with is right to 0.1 bps.
TEST(Calibration, IsWithinATenthOfABasisPointAfterFiftyFills) {
  std::mt19937_64 random(8);
  struct Ledger {
    const char* name;
    double before, after;
    int outlier_every;
  };
  for (const Ledger& ledger : {Ledger{"flat", 10, 10, 0}, Ledger{"tier change", 40, 26, 0}, Ledger{"rebate", 2, -1, 0},
                               Ledger{"discount token runs out", 7.5, 10, 0}, Ledger{"outliers", 5, 5, 25}}) {
    Calibrator calibrator;
    const MarketId market = calibrator.market("venue", "BTC/USDT");
    for (int i = 0; i < 300; ++i) {
      const bool outlier = ledger.outlier_every > 0 && i % ledger.outlier_every == 7;
      const double rate = outlier ? 240 : i < 250 ? ledger.before : ledger.after;
      const auto notional = static_cast<std::int64_t>(1'000 + random() % 20'000) * notional_unit;
      // Fees are booked in 1e-8 of the quote currency.
      const auto amount = std::llround(static_cast<double>(notional) * 1e2 * rate * 1e-4);
      calibrator.record({.market = market,
                         .at = Wall(i),
                         .fee = rate_of({.amount = amount}, notional),
                         .fee_rounding = rounding_of(1, notional),
                         .notional = notional});
    }
    EXPECT_NEAR(calibrator.current_fee_bps(market, Role::taker), ledger.after, 0.1) << ledger.name;
  }
}

TEST(Calibration, AThirdCurrencyWithoutARateIsKeptApart) {
  Calibrator calibrator;
  const MarketId market = calibrator.market("binance", "BTC/USDT");
  for (int i = 0; i < 3; ++i)
    calibrator.record({.market = market, .at = Wall(i), .latency = milliseconds(5), .apart = ApartFee{"BNB", 150'000}});
  const ExchangeId binance = calibrator.exchange("binance");
  EXPECT_EQ(calibrator.fee(binance, Role::taker).samples, 0);
  EXPECT_EQ(calibrator.samples(binance), 3);
  EXPECT_EQ(calibrator.latency(binance).samples, 3);
  EXPECT_EQ(calibrator.fees_apart(binance).at("BNB"), (Calibrator::Apart{3, 450'000}));
}

TEST(Calibration, AMarketsPriorGoesBeforeItsExchanges) {
  Calibrator calibrator;
  const MarketId market = calibrator.market("okx", "BTC/USDT");
  EXPECT_DOUBLE_EQ(calibrator.fee(market, Role::taker).estimate_bps, 5.0);
  EXPECT_DOUBLE_EQ(calibrator.fee(market, Role::maker).estimate_bps, 2.0);
  calibrator.set_prior(calibrator.exchange("okx"), Role::taker, {bps(10), PriorKind::published});
  EXPECT_DOUBLE_EQ(calibrator.fee(market, Role::taker).estimate_bps, 10.0);
  calibrator.set_prior(market, Role::taker, {bps(6), PriorKind::account});
  EXPECT_DOUBLE_EQ(calibrator.fee(market, Role::taker).estimate_bps, 6.0);
}

TEST(Calibration, HistoryHasAPointPerSlice) {
  Calibrator calibrator;
  for (std::int64_t day = 0; day < 40; ++day)
    for (int i = 0; i <= day; ++i) record(calibrator, {.at = on_day(day, i), .fee = static_cast<double>(day)});
  const auto points = calibrator.history(calibrator.exchange("kraken"));
  ASSERT_EQ(points.size(), 31U);
  EXPECT_EQ(points.front().from, on_day(9));
  EXPECT_EQ(points.back().fees[static_cast<std::size_t>(Role::taker)].samples, 40);
  EXPECT_DOUBLE_EQ(points.back().fees[static_cast<std::size_t>(Role::taker)].median_bps, 39);
  EXPECT_EQ(points.back().latency.samples, 40);
  const auto hours = calibrator.history(calibrator.market("kraken", "BTC/USD"), Calibrator::Grain::hour);
  EXPECT_EQ(hours.size(), 3U);
  EXPECT_EQ(hours.back().length, seconds(3'600));
}

TEST(Calibration, ADriftIsAnAlarm) {
  Calibrator calibrator;
  for (int i = 0; i < 150; ++i) record(calibrator, {.at = Wall(i), .latency_ms = 40 + i % 7});
  EXPECT_TRUE(calibrator.drift_alarms().empty());
  for (int i = 150; i < 180; ++i) record(calibrator, {.at = Wall(i), .latency_ms = 60 + i % 7});
  ASSERT_EQ(calibrator.drift_alarms().size(), 2U);
  EXPECT_TRUE(calibrator.drift_alarms().front().drift.slower);
}

TEST(Calibration, LearnsTheFeedDelayFromFrames) {
  Calibrator calibrator;
  const ExchangeId binance = calibrator.exchange("binance");
  for (std::int64_t i = 0; i < 1'000; ++i) {
    const std::int64_t t = seconds(5'000).count() + milliseconds(100 * i).count();
    const std::int64_t queued = milliseconds(i % 10).count();
    calibrator.record(binance, FeedStamp{Steady(t + queued), Wall(t + queued), Wall(t + milliseconds(1'270).count())});
  }
  EXPECT_NEAR(static_cast<double>(calibrator.latency(binance, Stage::feed).p50.count()), 4e6, 0.1e6);
  const auto clock = calibrator.clock_offset(binance).estimate(Steady(seconds(5'100).count()));
  EXPECT_GE(clock->path_low, Nanos(0));
  EXPECT_LE(clock->offset_low, milliseconds(1'270));
}

TEST(Calibration, AlarmsOutliveARestart) {
  Calibrator calibrator;
  const MarketId market = calibrator.market("kraken", "BTC/USD");
  for (std::int64_t i = 0; i < 400; ++i)
    calibrator.record({.market = market,
                       .at = Wall(day_ns + i),
                       .fee = bps(i < 200 ? 26 : 24),
                       .latency = milliseconds(i < 300 ? 40 + i % 7 : 400)});
  ASSERT_EQ(calibrator.tier_alarms().size(), 2U);
  ASSERT_FALSE(calibrator.drift_alarms().empty());
  Calibrator restarted = Calibrator::restore(calibrator.state()).value();
  ASSERT_EQ(restarted.tier_alarms().size(), 2U);
  EXPECT_EQ(restarted.tier_alarms()[0].market, std::nullopt);
  EXPECT_EQ(restarted.symbol(*restarted.tier_alarms()[1].market), "BTC/USD");
  EXPECT_EQ(restarted.tier_alarms()[1].change.at, calibrator.tier_alarms()[1].change.at);
  EXPECT_EQ(restarted.tier_alarms()[1].change.to, bps(24));
  ASSERT_EQ(restarted.drift_alarms().size(), calibrator.drift_alarms().size());
  EXPECT_TRUE(restarted.drift_alarms()[0].drift.slower);
  EXPECT_EQ(restarted.state(), calibrator.state());
}

// A bucket's number far beyond any fee was once multiplied by its width as it came.
TEST(Calibration, WordsAtTheEndsOfTheirRangeAreRefusedOrHarmless) {
  const std::vector<std::int64_t> words = fed(quarter(6, 50)).state();
  const std::size_t step = words.size() / 500 + 1;
  for (std::size_t i = 0; i < words.size(); i += step) {
    for (const std::int64_t end : {std::numeric_limits<std::int64_t>::min(), std::int64_t{1} << 41,
                                   std::int64_t{1} << 62, std::numeric_limits<std::int64_t>::max()}) {
      std::vector<std::int64_t> broken = words;
      broken[i] = end;
      auto restored = Calibrator::restore(broken);
      if (!restored) continue;
      for (const ExchangeId id : restored->exchanges()) (void)restored->history(id);
    }
  }
}

RC_GTEST_PROP(Calibration, NoWordsWhateverMakeItFall, ()) {
  static const std::vector<std::int64_t> words = fed(quarter(6, 50)).state();
  std::vector<std::int64_t> broken = words;
  const auto at = *rc::gen::inRange<std::size_t>(0, words.size());
  broken[at] = *rc::gen::oneOf(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange<std::int64_t>(-3, 100));
  if (*rc::gen::arbitrary<bool>()) broken.resize(*rc::gen::inRange<std::size_t>(0, broken.size()));
  if (auto restored = Calibrator::restore(broken)) {
    for (const ExchangeId id : restored->exchanges()) {
      (void)restored->fee(id, Role::taker);
      (void)restored->latency(id);
      (void)restored->history(id);
    }
  }
}

TEST(Calibration, ACellOfAMillionExecutionsFitsIn64KiB) {
#ifdef NDEBUG
  constexpr std::int64_t count = 1'000'000;
#else
  constexpr std::int64_t count = 100'000;  // checked builds are slow
#endif
  Calibrator calibrator;
  const MarketId market = calibrator.market("kraken", "BTC/USD");
  std::mt19937_64 random(12);
  std::lognormal_distribution<double> latency(17.6, 0.6);
  for (std::int64_t i = 0; i < count; ++i) {
    calibrator.record({.market = market,
                       .at = Wall(i * (30 * day_ns / count)),
                       .fee = bps(i % 10 == 0 ? 16 : 26),
                       .notional = 1'000 * notional_unit,
                       .latency = Nanos(static_cast<std::int64_t>(latency(random)))});
  }
  EXPECT_LT(calibrator.bytes(market, Role::taker), 64U * 1024);
}

#ifdef NDEBUG
TEST(Calibration, MemoryIsFlatOverTenMillionExecutions) {
  Calibrator calibrator;
  const MarketId market = calibrator.market("kraken", "BTC/USD");
  std::mt19937_64 random(13);
  std::lognormal_distribution<double> latency(17.6, 0.6);
  std::array<Nanos, 4'096> latencies;
  for (Nanos& value : latencies) value = Nanos(static_cast<std::int64_t>(latency(random)));
  std::size_t early = 0;
  for (std::int64_t i = 0; i < 10'000'000; ++i) {
    calibrator.record({.market = market,
                       .at = Wall(i * (300 * day_ns / 10'000'000)),
                       .fee = bps(26),
                       .notional = 1'000 * notional_unit,
                       .latency = latencies[random() % latencies.size()]});
    if (i == 2'000'000) early = calibrator.bytes();
  }
  EXPECT_LT(calibrator.bytes(), early + early / 10);
}
#endif

}  // namespace
}  // namespace crossbook
