// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/spread_threshold_manager.hpp"

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

// The named face over crossbook/guard, beside the original's way: on each look, all orders are scanned. Input: orders
// of one symbol at one exchange, thresholds 5 to 104 bps, a spread of 2 bps that wobbles and breaks none.
namespace crossbook {
namespace {

std::string id(std::int64_t number) { return "order_" + std::to_string(number); }

void place(SpreadThresholdManager& manager, std::int64_t number) {
  manager.place_order({.order_id = id(number),
                       .symbol = "BTC/USDT",
                       .side = "buy",
                       .price = 50'000.0,
                       .size = 1.0,
                       .spread_threshold_bps = 5.0 + static_cast<double>(number % 100),
                       .exchange = "kraken"});
}

void place_all(SpreadThresholdManager& manager, std::int64_t count) {
  for (std::int64_t n = 0; n < count; ++n) place(manager, n);
}

void face_update(benchmark::State& state) {
  SpreadThresholdManager manager;
  place_all(manager, state.range(0));
  double ask = 50'010.0;
  for (auto _ : state) {
    manager.update_spread("BTC/USDT", 50'000.0, ask);
    ask = ask == 50'010.0 ? 50'010.5 : 50'010.0;
  }
}

void face_update_and_monitor(benchmark::State& state) {
  SpreadThresholdManager manager;
  place_all(manager, state.range(0));
  double ask = 50'010.0;
  for (auto _ : state) {
    manager.update_spread("BTC/USDT", 50'000.0, ask);
    benchmark::DoNotOptimize(manager.monitor_orders());
    ask = ask == 50'010.0 ? 50'010.5 : 50'010.0;
  }
}

void face_place(benchmark::State& state) {
  SpreadThresholdManager manager;
  place_all(manager, state.range(0));
  std::int64_t next = state.range(0);
  for (auto _ : state) place(manager, next++);
}

void face_place_and_fill(benchmark::State& state) {
  SpreadThresholdManager manager;
  place_all(manager, state.range(0));
  std::int64_t next = state.range(0);
  for (auto _ : state) {
    place(manager, next);
    manager.fill_order(id(next++));
  }
}

// A spread that breaks all thresholds at once, with a callback: time of each order.
void face_trigger(benchmark::State& state) {
  std::int64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    SpreadThresholdManager manager;
    manager.set_cancel_callback([](const Order& order, const std::string&) { benchmark::DoNotOptimize(order.size); });
    for (std::int64_t n = 0; n < state.range(0); ++n) place(manager, next++);
    state.ResumeTiming();
    manager.update_spread("BTC/USDT", 49'000.0, 51'000.0);
    benchmark::DoNotOptimize(manager.monitor_orders());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Likewise without a callback: each ends at once. What comes back are whole orders, or what shares them.
template <auto monitor>
void face_trigger_unheard(benchmark::State& state) {
  std::int64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    SpreadThresholdManager manager;
    for (std::int64_t n = 0; n < state.range(0); ++n) place(manager, next++);
    manager.update_spread("BTC/USDT", 49'000.0, 51'000.0);
    state.ResumeTiming();
    benchmark::DoNotOptimize((manager.*monitor)());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// The original's look, in C++ and without its objects: each order asks for its spread by symbol.
void original_scan(benchmark::State& state) {
  SpreadThresholdManager manager;
  place_all(manager, state.range(0));
  const std::vector<Order> orders = manager.get_active_orders();
  std::map<std::string, double> spreads = {{"BTC/USDT", 2.0}};
  for (auto _ : state) {
    std::size_t due = 0;
    for (const Order& order : orders)
      due += !ended(order.status) && spreads.at(order.symbol) > order.spread_threshold_bps ? 1U : 0U;
    benchmark::DoNotOptimize(due);
  }
}

BENCHMARK(face_update)->Arg(1'000)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(face_update_and_monitor)->Arg(1'000)->Arg(10'000)->Arg(1'000'000);
// Tables double at 1,048,576 orders, which takes a quarter of a second; this many cross no doubling.
BENCHMARK(face_place)->Arg(1'000)->Arg(900'000)->Iterations(100'000);
BENCHMARK(face_place_and_fill)->Arg(1'000)->Arg(900'000)->Iterations(100'000);
BENCHMARK(face_trigger)->Arg(1'000)->Arg(10'000)->Arg(100'000);
BENCHMARK(face_trigger_unheard<&SpreadThresholdManager::monitor_orders>)->Arg(1'000)->Arg(10'000);
BENCHMARK(face_trigger_unheard<&SpreadThresholdManager::monitor_held>)->Arg(1'000)->Arg(10'000);
BENCHMARK(original_scan)->Arg(1'000)->Arg(10'000);

}  // namespace
}  // namespace crossbook
