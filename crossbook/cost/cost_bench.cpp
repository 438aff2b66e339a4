// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "crossbook/cost/calibration.hpp"

// What recording and asking cost with a history behind, beside a recomputation of everything on each execution, which
// is what the original did. Inputs: 5 venues of 2 symbols, lognormal latencies (median 45 ms, sigma 0.6), three fee
// values.
namespace crossbook {
namespace {

constexpr std::int64_t month_ns = days(30).count();

struct Ledger {
  explicit Ledger(std::int64_t count, int venues = 5) {
    for (int venue = 0; venue < venues; ++venue)
      for (const char* symbol : {"BTC/USDT", "ETH/USDT"})
        markets.push_back(calibrator.market("venue" + std::to_string(venue), symbol));
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(17.6, 0.6);
    for (Execution& execution : executions) {
      execution.market = markets[random() % markets.size()];
      execution.role = random() % 4 == 0 ? Role::maker : Role::taker;
      execution.fee = MicroBps(execution.role == Role::maker ? -1'000'000
                               : random() % 50 == 0          ? 7'500'000
                                                             : 10'000'000);
      execution.notional = static_cast<std::int64_t>(random() % 10'000 + 1) * notional_unit;
      execution.latency = Nanos(static_cast<std::int64_t>(latency(random)));
    }
    step = month_ns / count;
    for (std::int64_t i = 0; i < count; ++i) record(step);
  }
  void record(std::int64_t after) {
    now += after;
    Execution& execution = executions[next++ % executions.size()];
    execution.at = Wall(now);
    calibrator.record(execution);
  }

  Calibrator calibrator;
  std::vector<MarketId> markets;
  std::vector<Execution> executions = std::vector<Execution>(1 << 16);
  std::size_t next = 0;
  std::int64_t now = month_ns * 100;
  std::int64_t step = 0;
};

void record(benchmark::State& state) {
  Ledger ledger(state.range(0));
  for (auto _ : state) ledger.record(1'000);
}

void record_one_venue(benchmark::State& state) {
  Ledger ledger(state.range(0), 1);
  for (auto _ : state) ledger.record(1'000);
}

void estimate_by_handle(benchmark::State& state) {
  Ledger ledger(state.range(0));
  std::size_t i = 0;
  for (auto _ : state) {
    const MarketId market = ledger.markets[i++ % ledger.markets.size()];
    benchmark::DoNotOptimize(ledger.calibrator.fee(market, Role::taker).median_bps);
    benchmark::DoNotOptimize(ledger.calibrator.latency(market, Role::taker).p95);
  }
}

void record_then_estimate(benchmark::State& state) {
  Ledger ledger(state.range(0));
  for (auto _ : state) {
    ledger.record(1'000);
    const Execution& last = ledger.executions[(ledger.next - 1) % ledger.executions.size()];
    benchmark::DoNotOptimize(ledger.calibrator.fee(last.market, last.role).median_bps);
    benchmark::DoNotOptimize(ledger.calibrator.latency(last.market, last.role).p95);
  }
}

void memory(benchmark::State& state) {
  Ledger ledger(state.range(0));
  std::size_t most = 0;
  for (const MarketId market : ledger.markets) most = std::max(most, ledger.calibrator.bytes(market, Role::taker));
  for (auto _ : state) benchmark::DoNotOptimize(ledger.calibrator.bytes());
  state.counters["bytes_per_cell"] = static_cast<double>(most);
  state.counters["bytes"] = static_cast<double>(ledger.calibrator.bytes());
}

// The original's way: all records kept, the venue's picked out and its statistics made anew with every execution.
void record_recomputing_all(benchmark::State& state) {
  struct Record {
    std::size_t venue;
    double fee, latency;
  };
  std::vector<Record> records;
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency(3.8, 0.6);
  for (std::int64_t i = 0; i < state.range(0); ++i) records.push_back({random() % 5, 10.0, latency(random)});
  std::vector<double> latencies;
  std::size_t venue = 0;
  for (auto _ : state) {
    records[venue].latency += 1.0;
    latencies.clear();
    double fees = 0;
    for (const Record& record : records) {
      if (record.venue != venue % 5) continue;
      latencies.push_back(record.latency);
      fees += record.fee;
    }
    std::sort(latencies.begin(), latencies.end());
    benchmark::DoNotOptimize(latencies[latencies.size() * 95 / 100] + fees);
    ++venue;
    if (venue == records.size()) venue = 0;
  }
}

BENCHMARK(record_one_venue)->RangeMultiplier(10)->Range(1'000, 1'000'000);
BENCHMARK(record)->RangeMultiplier(10)->Range(1'000, 1'000'000);
BENCHMARK(estimate_by_handle)->RangeMultiplier(10)->Range(1'000, 1'000'000);
BENCHMARK(record_then_estimate)->RangeMultiplier(10)->Range(1'000, 1'000'000);
BENCHMARK(memory)->RangeMultiplier(10)->Range(1'000, 1'000'000)->Iterations(1);
BENCHMARK(record_recomputing_all)->RangeMultiplier(10)->Range(1'000, 1'000'000);

}  // namespace
}  // namespace crossbook
