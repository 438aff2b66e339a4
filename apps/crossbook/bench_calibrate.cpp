// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

#include "bench_part.hpp"
#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/cost/calibration.hpp"

namespace crossbook::app {
namespace {

constexpr std::int64_t executions_behind = 1'000'000;
constexpr std::size_t prepared = 1 << 14;  // executions and records made beforehand, used again and again
constexpr std::array<const char*, 5> venues = {"binance", "kraken", "coinbase", "okx", "bybit"};
constexpr std::array<const char*, 2> symbols = {"BTC/USDT", "ETH/USDT"};

// Five venues of two symbols; lognormal latencies, median 45 ms; three fees.
struct Draw {
  std::mt19937_64 random{1};
  std::lognormal_distribution<double> latency_ns{17.6, 0.6};

  RecordExecution record() {
    const bool maker = random() % 4 == 0;
    return {.exchange = venues[random() % venues.size()],
            .symbol = symbols[random() % symbols.size()],
            .order_type = maker ? "maker" : "taker",
            .size_usd = static_cast<double>(random() % 10'000 + 1),
            .actual_fee_bps = maker                ? -1.0
                              : random() % 50 == 0 ? 7.5
                                                   : 10.0,
            .actual_latency_ms = latency_ns(random) / 1e6,
            .price = 50'000.0};
  }
};

std::vector<RecordExecution> records() {
  Draw draw;
  std::vector<RecordExecution> records;
  for (std::size_t i = 0; i < prepared; ++i) records.push_back(draw.record());
  return records;
}

Execution by_handle(Calibrator& calibrator, const RecordExecution& record) {
  return {.market = calibrator.market(record.exchange, record.symbol),
          .role = record.order_type == "maker" ? Role::maker : Role::taker,
          .fee = MicroBps(static_cast<std::int64_t>(record.actual_fee_bps.value_or(0) * 1e6)),
          .notional = static_cast<std::int64_t>(record.size_usd.value_or(0)) * notional_unit,
          .latency = Nanos(static_cast<std::int64_t>(record.actual_latency_ms.value_or(0) * 1e6))};
}

struct Handles {
  double record_ns = 0;
  double estimate_ns = 0;
  std::size_t bytes_per_cell = 0;
};

Handles bench_handles(const std::vector<RecordExecution>& given) {
  Calibrator calibrator;
  std::vector<Execution> executions;
  for (const RecordExecution& record : given) executions.push_back(by_handle(calibrator, record));
  const std::int64_t step = days(30).count() / executions_behind;
  std::int64_t now = days(10'000).count();
  const auto record = [&](std::int64_t i, std::int64_t after) {
    Execution& execution = executions[static_cast<std::size_t>(i) % executions.size()];
    execution.at = Wall(now += after);
    calibrator.record(execution);
  };
  for (std::int64_t i = 0; i < executions_behind; ++i) record(i, step);
  Handles result;
  result.record_ns = ns_per_call(7, 100'000, [&](std::int64_t i) { record(i, 1'000); });
  double sum = 0;
  result.estimate_ns = ns_per_call(7, 1'000'000, [&](std::int64_t i) {
    const MarketId market = executions[static_cast<std::size_t>(i) % executions.size()].market;
    sum += calibrator.fee(market, Role::taker).median_bps;
  });
  if (sum == 1) fmt::print(stderr, "\n");  // uses the sum
  for (const ExchangeId exchange : calibrator.exchanges())
    for (const MarketId market : calibrator.markets(exchange))
      for (const Role role : {Role::maker, Role::taker})
        result.bytes_per_cell = std::max(result.bytes_per_cell, calibrator.bytes(market, role));
  return result;
}

struct Face {
  double record_ns = 0;
  double estimate_ns = 0;
};

Face bench_face(std::vector<RecordExecution> given) {
  FeeLatencyCalibrator calibrator;
  const auto begin = std::chrono::system_clock::now() - std::chrono::hours(24 * 29);
  for (std::int64_t i = 0; i < executions_behind; ++i) {
    RecordExecution& record = given[static_cast<std::size_t>(i) % given.size()];
    record.timestamp = begin + std::chrono::milliseconds(i * (24 * 29 * 3'600 / (executions_behind / 1'000)));
    calibrator.record_execution(record);
  }
  for (RecordExecution& record : given) record.timestamp.reset();
  Face result;
  result.record_ns = ns_per_call(7, 100'000, [&](std::int64_t i) {
    calibrator.record_execution(given[static_cast<std::size_t>(i) % given.size()]);
  });
  double sum = 0;
  result.estimate_ns = ns_per_call(7, 300'000, [&](std::int64_t i) {
    sum += calibrator.get_estimated_fee(venues[static_cast<std::size_t>(i) % venues.size()], "taker");
  });
  if (sum == 1) fmt::print(stderr, "\n");
  return result;
}

}  // namespace

BenchPart bench_calibrate() {
  const std::vector<RecordExecution> given = records();
  const Handles handles = bench_handles(given);
  const Face face = bench_face(given);
  return {.name = "calibrate",
          .json = {{"record_ns", handles.record_ns},
                   {"estimate_ns", handles.estimate_ns},
                   {"face_record_ns", face.record_ns},
                   {"face_estimate_ns", face.estimate_ns},
                   {"bytes_per_cell", handles.bytes_per_cell},
                   {"executions", executions_behind}},
          .text = fmt::format("calibrate: {:.0f} ns to record, {:.1f} ns to estimate by handle; {:.0f} and {:.1f} ns "
                              "through the class; {} executions behind, {} bytes a market and role\n",
                              handles.record_ns, handles.estimate_ns, face.record_ns, face.estimate_ns,
                              executions_behind, handles.bytes_per_cell)};
}

}  // namespace crossbook::app
