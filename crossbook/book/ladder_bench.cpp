// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <vector>

#include "crossbook/book/churn.hpp"
#include "crossbook/book/ladder.hpp"
#include "crossbook/book/venue_book.hpp"

// Nanoseconds per level set with the best of its side read after each, beside the two structures that one would write
// first. Compare the rows of one run; the machine's clock wanders.
namespace crossbook::book {
namespace {

struct LadderBook {
  Ladder bids{Side::bid};
  Ladder asks{Side::ask};
  std::int64_t set(const LevelUpdate& update) {
    Ladder& side = update.side == Side::bid ? bids : asks;
    side.set(update.price, update.quantity);
    const auto best = side.best();
    return best ? best->price.count() + best->quantity.count() : 0;
  }
  void clear() {
    bids.clear();
    asks.clear();
  }
};

// Keys are negated for bids, so that the best is first.
struct MapBook {
  std::map<std::int64_t, std::int64_t> sides[2];
  std::int64_t set(const LevelUpdate& update) {
    auto& side = sides[update.side == Side::bid ? 0 : 1];
    const std::int64_t key = update.side == Side::bid ? -update.price.count() : update.price.count();
    if (update.quantity == Quantity()) side.erase(key);
    else side[key] = update.quantity.count();
    return side.empty() ? 0 : side.begin()->first + side.begin()->second;
  }
  void clear() {
    for (auto& side : sides) side.clear();
  }
};

struct VectorBook {
  std::vector<std::pair<std::int64_t, std::int64_t>> sides[2];  // best last
  std::int64_t set(const LevelUpdate& update) {
    auto& side = sides[update.side == Side::bid ? 0 : 1];
    const std::int64_t key = update.side == Side::bid ? update.price.count() : -update.price.count();
    const auto place =
        std::lower_bound(side.begin(), side.end(), key, [](const auto& l, std::int64_t k) { return l.first < k; });
    const bool held = place != side.end() && place->first == key;
    if (update.quantity == Quantity()) {
      if (held) side.erase(place);
    } else if (held) {
      place->second = update.quantity.count();
    } else {
      side.insert(place, {key, update.quantity.count()});
    }
    return side.empty() ? 0 : side.back().first + side.back().second;
  }
  void clear() {
    for (auto& side : sides) side.clear();
  }
};

template <class Book>
void ladder_churn(benchmark::State& state, const Churn& churn) {
  if (churn.updates.empty()) {
    state.SkipWithError("the Binance recording was not found");
    return;
  }
  Book seeded;  // after one pass, so that what is measured is the steady state
  for (const LevelUpdate& update : churn.snapshot) seeded.set(update);
  for (const LevelUpdate& update : churn.updates) seeded.set(update);
  seeded.clear();
  for (const LevelUpdate& update : churn.snapshot) seeded.set(update);
  for (auto _ : state) {
    state.PauseTiming();
    Book book = seeded;
    state.ResumeTiming();
    std::int64_t sum = 0;
    for (const LevelUpdate& update : churn.updates) sum += book.set(update);
    benchmark::DoNotOptimize(sum);
  }
  const auto levels = static_cast<double>(churn.updates.size());
  state.counters["s_per_level"] =
      benchmark::Counter(levels, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

const Churn& generated() {
  static const Churn churn = generated_churn(1, 200'000);
  return churn;
}
const Churn& recorded() {
  static const Churn churn = recorded_churn();
  return churn;
}

void BM_GeneratedLadder(benchmark::State& state) { ladder_churn<LadderBook>(state, generated()); }
void BM_GeneratedSortedVector(benchmark::State& state) { ladder_churn<VectorBook>(state, generated()); }
void BM_GeneratedMap(benchmark::State& state) { ladder_churn<MapBook>(state, generated()); }
void BM_BinanceLadder(benchmark::State& state) { ladder_churn<LadderBook>(state, recorded()); }
void BM_BinanceSortedVector(benchmark::State& state) { ladder_churn<VectorBook>(state, recorded()); }
void BM_BinanceMap(benchmark::State& state) { ladder_churn<MapBook>(state, recorded()); }
BENCHMARK(BM_GeneratedLadder)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_GeneratedSortedVector)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_GeneratedMap)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BinanceLadder)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BinanceSortedVector)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BinanceMap)->Unit(benchmark::kMillisecond);

// A book of 100 levels a side that is rarely touched, as ten thousand of them are.
void BM_QuietBookBytes(benchmark::State& state) {
  VenueBook book({.rule = SequenceRule::none});
  EventBatch batch;
  BookEvent event{.kind = BookEventKind::snapshot};
  for (std::int64_t i = 0; i < 100; ++i) {
    batch.bids.push_back({Price(10'000 - i), Quantity(1 + i)});
    batch.asks.push_back({Price(10'001 + i), Quantity(1 + i)});
  }
  event.bids = event.asks = {0, 100};
  book.on(event, batch, Steady(0), Wall(0));
  for (auto _ : state) benchmark::DoNotOptimize(book.bytes());
  state.counters["bytes_per_book"] = static_cast<double>(book.bytes());
  state.counters["mib_per_10000"] = static_cast<double>(book.bytes()) * 1e4 / 1048576.0;
}
BENCHMARK(BM_QuietBookBytes);

}  // namespace
}  // namespace crossbook::book
