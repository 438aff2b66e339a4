// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/core/decimal.hpp"
#include "crossbook/cost/calibration.hpp"

// The ledger of the recordings against its oracle: counts, fees, latencies.
namespace crossbook {
namespace {

std::filesystem::path recordings() {
  if (const char* folder = std::getenv("CROSSBOOK_RECORDINGS")) return folder;
  return std::filesystem::path(CROSSBOOK_SOURCE_DIR) / ".." / "shared" / "data";
}

struct Fill {
  std::string order_id;
  std::string venue;
  Role role = Role::taker;
  std::int64_t price = 0;     // 1e-8
  std::int64_t quantity = 0;  // 1e-8
  std::int64_t fee = 0;       // 1e-8
  std::int64_t sent = 0;
  std::int64_t acknowledged = 0;
  std::int64_t exchange_ms = 0;
  std::int64_t received = 0;
};

std::vector<Fill> read_ledger(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<Fill> fills;
  while (std::getline(file, line)) {
    std::array<std::string, 16> field;
    std::istringstream row(line);
    for (std::string& text : field) std::getline(row, text, ',');
    const auto units = [](const std::string& text) { return parse_decimal(text, 8).value(); };
    fills.push_back({.order_id = field[0],
                     .venue = field[1],
                     .role = field[4] == "maker" ? Role::maker : Role::taker,
                     .price = units(field[6]),
                     .quantity = units(field[7]),
                     .fee = units(field[8]),
                     .sent = std::stoll(field[10]),
                     .acknowledged = std::stoll(field[11]),
                     .exchange_ms = std::stoll(field[12]),
                     .received = std::stoll(field[13])});
  }
  return fills;
}

// What expected.json says, by venue.
struct Expected {
  std::int64_t orders, fills;
  double fees;
  double maker_bps, taker_bps;
  std::int64_t fill_p50, fill_p90, fill_p99;  // sent to first fill, ns
};
const std::map<std::string, Expected> oracle = {
    {"binance", {213, 706, 888.37143689, 10, 10, 11'158'228, 23'348'581, 65'182'878}},
    {"binance-usdm", {359, 1'318, 3'045.62457215, 2, 5, 10'651'025, 20'771'482, 73'548'146}},
};

class Ledger : public testing::Test {
 protected:
  void SetUp() override {
    const auto path = recordings() / "derived" / "fills_btcusdt_20240808.csv";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no recording derived/fills_btcusdt_20240808.csv";
    fills = read_ledger(path);
  }
  void record_all() {
    std::map<std::string, bool> seen;
    std::sort(fills.begin(), fills.end(), [](const Fill& a, const Fill& b) { return a.received < b.received; });
    for (const Fill& fill : fills) {
      const bool first = !std::exchange(seen[fill.order_id], true);
      const Wide notional = wide_product(fill.price, fill.quantity) / 10'000'000'000;  // 1e-16 to 1e-6
      const auto notional64 = static_cast<std::int64_t>(notional);
      Execution execution{.market = calibrator.market(fill.venue, "BTC/USDT"),
                          .role = fill.role,
                          .at = Wall(fill.received),
                          .fee = rate_of({.amount = fill.fee}, notional64),
                          .fee_rounding = rounding_of(1, notional64),
                          .notional = notional64};
      if (first) {
        execution.latency = Nanos(fill.received - fill.sent);
        execution.order_to_ack = Nanos(fill.acknowledged - fill.sent);
        execution.ack_to_fill = Nanos(fill.received - fill.acknowledged);
      }
      EXPECT_TRUE(calibrator.record(execution));
      paid[fill.venue] += fill.fee;
    }
  }

  std::vector<Fill> fills;
  Calibrator calibrator;
  std::map<std::string, std::int64_t> paid;
};

TEST_F(Ledger, GivesItsOraclesCountsFeesAndLatencies) {
  record_all();
  for (const auto& [venue, expected] : oracle) {
    const ExchangeId id = calibrator.exchange(venue);
    EXPECT_EQ(calibrator.samples(id), expected.fills) << venue;
    EXPECT_NEAR(static_cast<double>(paid[venue]) * 1e-8, expected.fees, 1e-8);
    EXPECT_NEAR(calibrator.fee(id, Role::maker).median_bps, expected.maker_bps, 1e-3);
    EXPECT_NEAR(calibrator.fee(id, Role::taker).median_bps, expected.taker_bps, 1e-3);
    EXPECT_NEAR(calibrator.fee(id, Role::taker).weighted_bps.value(), expected.taker_bps, 1e-3);
    EXPECT_NEAR(calibrator.current_fee_bps(id, Role::taker), expected.taker_bps, 1e-3);
    const LatencyEstimate& latency = calibrator.latency(id);
    EXPECT_EQ(latency.samples, expected.orders);
    const auto within_1_percent = [&](Nanos estimate, std::int64_t exact) {
      EXPECT_NEAR(static_cast<double>(estimate.count()), static_cast<double>(exact), static_cast<double>(exact) * 0.01)
          << venue;
    };
    within_1_percent(latency.p50, expected.fill_p50);
    within_1_percent(latency.p99, expected.fill_p99);
    EXPECT_EQ(latency.p99_enough, expected.orders >= 299);
    const auto& total = calibrator.latency(id, Stage::ack_to_fill);
    EXPECT_EQ(total.samples + total.negatives, expected.orders);
  }
}

// The recorder's clock was 1.27 s behind the exchange's: the published delay is an interval from zero on.
TEST_F(Ledger, AnExchangeClockAheadGivesAnIntervalNotANegativeDelay) {
  std::sort(fills.begin(), fills.end(), [](const Fill& a, const Fill& b) { return a.received < b.received; });
  for (const auto& [venue, expected] : oracle) {
    const ExchangeId id = calibrator.exchange(venue);
    std::int64_t last = 0;
    for (const Fill& fill : fills) {
      if (fill.venue != venue) continue;
      calibrator.record(id, FeedStamp{Steady(fill.received), Wall(fill.received), Wall(fill.exchange_ms * 1'000'000)});
      last = fill.received;
    }
    const ClockEstimate clock = calibrator.clock_offset(id).estimate(Steady(last)).value();
    EXPECT_LT(clock.floor.count(), milliseconds(-1'200).count()) << venue;
    EXPECT_GE(clock.path_low.count(), 0) << venue;
    EXPECT_LT(clock.path_low, clock.path_high) << venue;
    EXPECT_GT(clock.offset_high.count(), milliseconds(1'260).count()) << venue;
    EXPECT_TRUE(clock.path_assumed);
    EXPECT_EQ(calibrator.latency(id, Stage::feed).negatives, 0) << venue;
  }
}

}  // namespace
}  // namespace crossbook
