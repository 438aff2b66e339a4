// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/kept_executions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/store/store.hpp"

namespace crossbook {
namespace {

class KeptExecutionsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "crossbook_kept_XXXXXX").string();
    folder = mkdtemp(path.data());
    file = folder / "crossbook.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static RecordExecution nth(int n) {
    return {.exchange = n % 3 == 0 ? "kraken" : "binance",
            .symbol = "BTC/USDT",
            .order_type = n % 4 == 0 ? "maker" : "taker",
            .size_usd = 1'000.123456 * n + 0.000001,
            .actual_fee_bps = 5.0 + 0.1 * (n % 7),
            .actual_latency_ms = 30.0 + n / 7.0,
            .price = 50'000.0 + n / 3.0,
            .expected_fee_bps = 4.7,
            .expected_latency_ms = 31.3,
            .timestamp = TimePoint(std::chrono::hours(24 * 20'000) + std::chrono::nanoseconds(n * 60'000'000'001)),
            .order_to_ack_ms = n / 11.0};
  }

  std::filesystem::path folder;
  std::string file;
};

TEST_F(KeptExecutionsTest, ARestartedCalibratorIsTheSameBitForBit) {
  FeeLatencyCalibrator straight;
  {
    FeeLatencyCalibrator calibrator({.store = open_executions(file, Keep::batched)});
    for (int n = 1; n < 500; ++n) {
      calibrator.record_execution(nth(n));
      straight.record_execution(nth(n));
    }
  }
  const FeeLatencyCalibrator restarted({.store = open_executions(file)});
  EXPECT_EQ(restarted.state(), straight.state());
  EXPECT_EQ(restarted.get_latency_calibration("binance")->sample_count, 333);
}

TEST_F(KeptExecutionsTest, EachIsOnDiskBeforeTheCallReturns) {
  FeeLatencyCalibrator calibrator({.store = open_executions(file)});
  calibrator.record_execution(nth(1));
  calibrator.record_execution(nth(2));
  const auto other = store::open_store(file, {.access = store::Access::read});
  ASSERT_TRUE(other);
  EXPECT_EQ((*other)->executions().value(), 2);
}

// An exchange's export knows no latency, and a fee in a third currency has no rate.
TEST_F(KeptExecutionsTest, ImportedFillsThatKnowLessCountForWhatTheyKnow) {
  {
    auto store = store::open_store(file);
    ASSERT_TRUE(store);
    store::Fill fill{.exchange = "binance", .symbol = "BTC/USDT", .trade_id = "1", .price = 50'000.0};
    fill.execution.at = Wall(1'750'000'000'000'000'000);
    fill.execution.apart = ApartFee{"BNB", 60'000};
    ASSERT_TRUE((*store)->record(fill));
    fill.trade_id = "2";
    fill.execution.apart.reset();
    fill.execution.fee = MicroBps(7'500'000);
    ASSERT_TRUE((*store)->record(fill));
  }
  const FeeLatencyCalibrator calibrator({.store = open_executions(file)});
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->sample_count, 2);
  EXPECT_EQ(calibrator.get_fee_calibration("binance")->taker_fee_bps, 7.5);
  EXPECT_EQ(calibrator.get_latency_calibration("binance")->sample_count, 0);
}

TEST_F(KeptExecutionsTest, AFileThatCannotBeOpenedIsNamed) {
  const std::string missing = folder / "no" / "such.db";
  try {
    (void)open_executions(missing);
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(missing));
  }
}

}  // namespace
}  // namespace crossbook
