// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/fee_latency_calibrator.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <stdexcept>
#include <thread>

#include "crossbook/api/published_fees.hpp"

namespace crossbook {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

RecordExecution execution(double fee = 5.2, double latency = 45.0, const char* order_type = "taker") {
  return {.exchange = "binance",
          .symbol = "BTC/USDT",
          .order_type = order_type,
          .size_usd = 1000.0,
          .actual_fee_bps = fee,
          .actual_latency_ms = latency,
          .price = 50000.0};
}

TEST(FeeLatencyCalibrator, GivesTheSeedsNumbers) {
  FeeLatencyCalibrator calibrator;
  for (int i = 0; i < 10; ++i) {
    calibrator.record_execution(execution(5.2, 40.0 + i));
    calibrator.record_execution(execution(-1.0, 60.0, "maker"));
  }
  const auto fees = calibrator.get_fee_calibration("binance").value();
  EXPECT_EQ(fees.exchange, "binance");
  EXPECT_DOUBLE_EQ(fees.taker_fee_bps, 5.2);
  EXPECT_DOUBLE_EQ(fees.maker_fee_bps, -1.0);
  EXPECT_DOUBLE_EQ(fees.maker_rebate_bps, 1.0);
  EXPECT_EQ(fees.sample_count, 20);
  EXPECT_DOUBLE_EQ(fees.confidence, 1.0);
  EXPECT_TRUE(fees.calibrated);
  const auto latency = calibrator.get_latency_calibration("binance").value();
  EXPECT_DOUBLE_EQ(latency.mean_latency_ms, (44.5 + 60.0) / 2.0);
  EXPECT_NEAR(latency.p50_latency_ms, 49.0, 0.49);
  EXPECT_NEAR(latency.p99_latency_ms, 60.0, 0.6);
  EXPECT_FALSE(latency.p99_enough);
  EXPECT_EQ(latency.sample_count, 20);
  const auto all = calibrator.get_all_calibrations();
  EXPECT_DOUBLE_EQ(all.fees.at("binance").taker_fee_bps, 5.2);
  EXPECT_EQ(all.latency.at("binance").samples, 20);
}

TEST(FeeLatencyCalibrator, KnowsNothingOfWhatWasNeverRecorded) {
  const FeeLatencyCalibrator calibrator;
  EXPECT_FALSE(calibrator.get_fee_calibration("kraken").has_value());
  EXPECT_FALSE(calibrator.get_latency_calibration("kraken").has_value());
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("kraken", "taker"), 5.0);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_latency("kraken"), 50.0);
  EXPECT_TRUE(calibrator.get_all_calibrations().fees.empty());
}

TEST(FeeLatencyCalibrator, BelowMinSamplesSaysNotCalibratedAndFallsBack) {
  FeeLatencyCalibrator calibrator({.min_samples = 10});
  for (int i = 0; i < 9; ++i) calibrator.record_execution(execution(7.5, 20.0));
  EXPECT_FALSE(calibrator.get_fee_calibration("binance")->calibrated);
  EXPECT_DOUBLE_EQ(calibrator.get_fee_calibration("binance")->taker_fee_bps, 7.5);
  EXPECT_DOUBLE_EQ(calibrator.get_fee_calibration("binance")->confidence, 0.45);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "taker", 9.0), 9.0);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_latency("binance", "p95", 70.0), 70.0);
  calibrator.record_execution(execution(7.5, 20.0));
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "taker", 9.0), 7.5);
  EXPECT_NEAR(calibrator.get_estimated_latency("binance", "p95", 70.0), 20.0, 0.2);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "maker", 9.0), 2.0);  // the seed's maker default
}

TEST(FeeLatencyCalibrator, CostIsFeePlusLatencyTimesVolatility) {
  FeeLatencyCalibrator calibrator;
  for (int i = 0; i < 10; ++i) calibrator.record_execution(execution(5.2, 100.0));
  EXPECT_DOUBLE_EQ(calibrator.estimate_total_cost_bps("binance", "taker", "mean", 2.0), 5.2 + 0.1 * 2.0);
  EXPECT_DOUBLE_EQ(calibrator.estimate_total_cost_bps("nowhere", "taker", "p95", 2.0), 5.0 + 0.05 * 2.0);
}

// The original: "must be non-negative", though its class reports rebates.
TEST(FeeLatencyCalibrator, AcceptsARebate) {
  FeeLatencyCalibrator calibrator;
  calibrator.record_execution(execution(-1.0, 45.0, "maker"));
  EXPECT_DOUBLE_EQ(calibrator.get_fee_calibration("binance")->maker_rebate_bps, 1.0);
}

TEST(FeeLatencyCalibrator, NamesWhatIsWrongAndChangesNothing) {
  FeeLatencyCalibrator calibrator;
  const auto refused = [&](auto change, const char* argument) {
    RecordExecution bad = execution();
    change(bad);
    EXPECT_THAT([&] { calibrator.record_execution(bad); }, ThrowsMessage<std::invalid_argument>(HasSubstr(argument)));
  };
  refused([](auto& e) { e.exchange = ""; }, "exchange");
  refused([](auto& e) { e.symbol = ""; }, "symbol");
  refused([](auto& e) { e.order_type = "limit"; }, "order_type must be \"maker\" or \"taker\", not \"limit\"");
  refused([](auto& e) { e.size_usd = 0.0; }, "size_usd");
  refused([](auto& e) { e.size_usd = infinite; }, "size_usd must be a number above zero, not inf");
  refused([](auto& e) { e.actual_fee_bps = nan; }, "actual_fee_bps");
  refused([](auto& e) { e.actual_fee_bps.reset(); }, "actual_fee_bps must be given");
  refused([](auto& e) { e.actual_latency_ms = -1.0; },
          "actual_latency_ms must be a latency in ms from 0 to 1e9, not -1");
  refused([](auto& e) { e.actual_latency_ms.reset(); }, "actual_latency_ms");
  refused([](auto& e) { e.price = -50000.0; }, "price");
  refused([](auto& e) { e.price.reset(); }, "price");
  refused([](auto& e) { e.expected_fee_bps = nan; }, "expected_fee_bps");
  refused([](auto& e) { e.expected_latency_ms = -5.0; }, "expected_latency_ms");
  EXPECT_FALSE(calibrator.get_fee_calibration("binance").has_value());
  EXPECT_THROW((void)calibrator.get_estimated_fee("binance", "limit"), std::invalid_argument);
  EXPECT_THROW((void)calibrator.get_estimated_latency("binance", "p42"), std::invalid_argument);
  EXPECT_THROW((void)calibrator.get_estimated_fee("binance", "taker", nan), std::invalid_argument);
  EXPECT_THROW((void)calibrator.estimate_total_cost_bps("binance", "taker", "p50", nan), std::invalid_argument);
  EXPECT_THROW(FeeLatencyCalibrator({.lookback_days = 0}), std::invalid_argument);
  EXPECT_THROW(FeeLatencyCalibrator({.min_samples = 0}), std::invalid_argument);
}

TEST(FeeLatencyCalibrator, WithoutASizeAFillCountsForTheMedianOnly) {
  FeeLatencyCalibrator calibrator;
  RecordExecution unsized = execution(7.5);
  unsized.size_usd.reset();
  calibrator.record_execution(unsized);
  EXPECT_DOUBLE_EQ(calibrator.get_fee_calibration("binance")->taker_fee_bps, 7.5);
  EXPECT_FALSE(calibrator.get_fee_calibration("binance")->taker.weighted_bps.has_value());
}

TEST(FeeLatencyCalibrator, RecordedDaysAreCalibratedAsOfTheirOwnEnd) {
  FeeLatencyCalibrator calibrator;
  RecordExecution old = execution();
  old.timestamp = TimePoint(std::chrono::seconds(1'723'161'258));  // August 2024
  for (int i = 0; i < 12; ++i) calibrator.record_execution(old);
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->sample_count, 12);
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->last_updated, *old.timestamp);
}

TEST(FeeLatencyCalibrator, ExecutionsLeaveWithTheWindow) {
  TimePoint now(1'000'000h);
  FeeLatencyCalibrator calibrator({.lookback_days = 30, .clock = [&] { return now; }});
  for (int i = 0; i < 12; ++i) calibrator.record_execution(execution(9.0));
  now += 24h * 20;
  for (int i = 0; i < 10; ++i) calibrator.record_execution(execution(7.0));
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "taker"), 9.0);
  now += 24h * 12;
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "taker"), 7.0);
  now += 24h * 40;
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->sample_count, 0);
  EXPECT_FALSE(calibrator.get_fee_calibration("binance")->calibrated);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("binance", "taker"), 5.0);
}

TEST(FeeLatencyCalibrator, PublishedSchedulesStandUntilFillsSayOtherwise) {
  FeeLatencyCalibrator calibrator;
  calibrator.use_schedules(published_fee_schedules());
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("bitstamp", "taker"), 40.0);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("deribit", "maker"), 1.5);
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("nowhere", "taker"), 5.0);
  for (int i = 0; i < 3; ++i) calibrator.record_execution(execution(7.5));
  EXPECT_NEAR(calibrator.get_estimated_fee("binance", "taker"), 7.5, 0.05);
  calibrator.set_account_fees("bitstamp", 10.0, 20.0);
  calibrator.use_schedules(published_fee_schedules());
  EXPECT_DOUBLE_EQ(calibrator.get_estimated_fee("bitstamp", "taker"), 20.0);
}

TEST(PublishedFees, EveryRowHasADateAndASource) {
  EXPECT_GE(published_fee_schedules().tiers().size(), 20U);
  for (const FeeTier& tier : published_fee_schedules().tiers()) {
    EXPECT_EQ(tier.read_on.size(), 10U) << tier.exchange;
    EXPECT_FALSE(tier.source.empty()) << tier.exchange;
    EXPECT_LT(tier.taker, MicroBps(200'000'000)) << tier.exchange;
  }
  EXPECT_TRUE(published_fee_schedules().find("kraken", "spot", 0)->unverified);
  EXPECT_EQ(published_fee_schedules().find("kraken", "spot", 60'000)->taker, MicroBps(30'000'000));
}

TEST(PublishedFees, AMistakeIsNamedWithItsLine) {
  const std::string head = "exchange,products,volume_usd_min,maker_bps,taker_bps,read_on,source,unverified\n";
  const auto refused = [](const std::string& text, const char* what) {
    EXPECT_THAT([&] { (void)parse_fee_schedules(text); }, ThrowsMessage<std::invalid_argument>(HasSubstr(what)));
  };
  refused("okx,spot\n", "line 1: the names of the columns");
  refused(head + "okx,spot,0,8,ten,2026-09-01,page,no\n", "line 2: a number is expected, not \"ten\"");
  refused(head + "okx,spot,0,8,10,2026-09-01,page\n", "line 2: eight fields");
  refused(head + "okx,spot,0,8,10,2026-09-01,page,perhaps\n", "line 2: yes or no");
}

struct MemoryStore : ExecutionStore {
  std::vector<RecordExecution> rows;
  bool full = false;
  void keep(const RecordExecution& row) override {
    if (full) throw std::runtime_error("disk full");
    rows.push_back(row);
  }
  void replay(const std::function<void(const RecordExecution&)>& each) override {
    for (const RecordExecution& row : rows) each(row);
  }
};

TEST(FeeLatencyCalibrator, AStoreGivesBackTheSameCalibration) {
  const auto store = std::make_shared<MemoryStore>();
  FeeLatencyCalibrator calibrator({.store = store});
  for (int i = 0; i < 30; ++i) calibrator.record_execution(execution(5.0 + i % 3, 30.0 + i));
  const FeeLatencyCalibrator restarted({.store = store});
  EXPECT_EQ(restarted.state(), calibrator.state());
  store->full = true;
  EXPECT_THROW(calibrator.record_execution(execution()), std::runtime_error);
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->sample_count, 30);
}

TEST(FeeLatencyCalibrator, MergesAndRestores) {
  FeeLatencyCalibrator a;
  FeeLatencyCalibrator b;
  FeeLatencyCalibrator both;
  for (int i = 0; i < 40; ++i) {
    RecordExecution row = execution(5.0 + i % 2, 30.0 + i);
    row.timestamp = TimePoint(std::chrono::hours(400'000 + i));
    (i % 2 == 0 ? a : b).record_execution(row);
    both.record_execution(row);
  }
  a.merge(b);
  EXPECT_EQ(a.get_fee_calibration("binance")->taker, both.get_fee_calibration("binance")->taker);
  FeeLatencyCalibrator restored;
  restored.restore(both.state());
  EXPECT_EQ(restored.state(), both.state());
  EXPECT_THROW(restored.restore({1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(restored.merge(restored), std::invalid_argument);
}

TEST(FeeLatencyCalibrator, ServesSeveralThreads) {
  FeeLatencyCalibrator calibrator;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        calibrator.record_execution(execution());
        (void)calibrator.get_estimated_fee("binance", "taker");
        (void)calibrator.get_all_calibrations();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->sample_count, 2'000);
}

}  // namespace
}  // namespace crossbook
