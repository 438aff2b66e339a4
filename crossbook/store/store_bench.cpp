// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "crossbook/store/calibrations.hpp"
#include "crossbook/store/store.hpp"

namespace crossbook::store {
namespace {

Fill nth_fill(std::int64_t n) {
  return {.exchange = n % 3 == 0 ? "kraken" : "binance",
          .symbol = n % 2 == 0 ? "BTC/USDT" : "ETH/USDT",
          .trade_id = std::to_string(5'266'584'067 + n),
          .order_id = {},
          .price = 50'000.5,
          .execution = {.role = Role::taker,
                        .at = Wall(1'750'000'000'000'000'000 + n * 1'000'000),
                        .fee = MicroBps(5'000'000),
                        .notional = 1'000'000'000,
                        .latency = milliseconds(40 + n % 13)}};
}

// A file in the folder where the benchmark runs: on its disk, not in memory.
class BenchFile {
 public:
  BenchFile() { remove(); }
  BenchFile(const BenchFile&) = delete;
  BenchFile& operator=(const BenchFile&) = delete;
  ~BenchFile() { remove(); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void remove() const {
    for (const char* end : {"", "-wal", "-shm"}) std::remove((path_ + end).c_str());
  }
  std::string path_ = "store_bench_" + std::to_string(getpid()) + ".db";
};

// From the first record to the last acknowledgement. `items_per_second` is executions on disk.
void record_durably(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const BenchFile file;
    auto store = open_store(file.path());
    if (!store) return state.SkipWithError(store.error().c_str());
    state.ResumeTiming();
    for (std::int64_t n = 0; n < state.range(0); ++n) {
      if (!(*store)->record(nth_fill(n))) return state.SkipWithError("record");
    }
    if (!(*store)->flush()) return state.SkipWithError("flush");
    state.PauseTiming();
    store->reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(record_durably)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

// One execution at a time, each waited for: what a sync of this disk costs.
void record_and_wait(benchmark::State& state) {
  const BenchFile file;
  auto store = open_store(file.path());
  if (!store) return state.SkipWithError(store.error().c_str());
  std::int64_t n = 0;
  for (auto _ : state) {
    const auto ticket = (*store)->record(nth_fill(n++));
    if (!ticket || !(*store)->wait(*ticket)) return state.SkipWithError("record");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record_and_wait)->Unit(benchmark::kMicrosecond)->UseRealTime();

// All executions read back into a calibrator: a start without kept slices.
void replay(benchmark::State& state) {
  const BenchFile file;
  auto store = open_store(file.path());
  if (!store) return state.SkipWithError(store.error().c_str());
  for (std::int64_t n = 0; n < state.range(0); ++n) {
    if (!(*store)->record(nth_fill(n))) return state.SkipWithError("record");
  }
  if (!(*store)->flush()) return state.SkipWithError("flush");
  for (auto _ : state) {
    auto read = read_calibrations(**store, {}, From::beginning);
    if (!read || read->caught != state.range(0)) return state.SkipWithError("replay");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(replay)->Arg(1'000'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace crossbook::store
