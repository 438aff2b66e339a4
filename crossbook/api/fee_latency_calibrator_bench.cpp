// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/fee_latency_calibrator.hpp"

#include <benchmark/benchmark.h>

#include <array>

// The named face: names, doubles, checks and the lock on top of crossbook/cost, with executions behind it.
namespace crossbook {
namespace {

constexpr std::array<const char*, 5> venues = {"binance", "kraken", "coinbase", "okx", "bybit"};

void record(FeeLatencyCalibrator& calibrator, std::int64_t i) {
  calibrator.record_execution({.exchange = venues[static_cast<std::size_t>(i % 5)],
                               .symbol = "BTC/USDT",
                               .order_type = i % 4 == 0 ? "maker" : "taker",
                               .size_usd = 1'000.0,
                               .actual_fee_bps = 5.2,
                               .actual_latency_ms = 40.0 + static_cast<double>(i % 50),
                               .price = 50'000.0});
}

void face_record(benchmark::State& state) {
  FeeLatencyCalibrator calibrator;
  std::int64_t i = 0;
  while (i < state.range(0)) record(calibrator, i++);
  for (auto _ : state) record(calibrator, i++);
}

void face_estimate(benchmark::State& state) {
  FeeLatencyCalibrator calibrator;
  for (std::int64_t i = 0; i < state.range(0); ++i) record(calibrator, i);
  std::size_t i = 0;
  for (auto _ : state) {
    const char* venue = venues[i++ % venues.size()];
    benchmark::DoNotOptimize(calibrator.get_estimated_fee(venue, "taker"));
  }
}

BENCHMARK(face_record)->RangeMultiplier(10)->Range(1'000, 1'000'000);
BENCHMARK(face_estimate)->RangeMultiplier(10)->Range(1'000, 1'000'000);

}  // namespace
}  // namespace crossbook
