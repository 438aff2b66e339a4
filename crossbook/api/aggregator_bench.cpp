// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"

// aggregate() beside the original's way: for each level of each exchange, look through the list of levels so far for
// one within the tolerance. Input: 5 exchanges of 100 levels a side, prices on a tick of 0.01, seeded.
namespace crossbook {
namespace {

constexpr int exchanges = 5;

std::vector<OrderBookSnapshot> snapshots(std::int64_t depth) {
  std::mt19937_64 random(3);
  std::vector<OrderBookSnapshot> books(exchanges);
  for (OrderBookSnapshot& book : books) {
    book.symbol = "BTC/USDT";
    auto bid = static_cast<std::int64_t>(6'000'000 - random() % 50);
    auto ask = static_cast<std::int64_t>(6'000'010 + random() % 50);
    for (std::int64_t i = 0; i < depth; ++i) {
      const auto size = [&] { return static_cast<double>(1 + random() % 100'000) / 1e5; };
      book.bids.push_back({static_cast<double>(bid) / 100.0, size()});
      book.asks.push_back({static_cast<double>(ask) / 100.0, size()});
      bid -= static_cast<std::int64_t>(1 + random() % 9);
      ask += static_cast<std::int64_t>(1 + random() % 9);
    }
  }
  return books;
}

std::string name(int exchange) { return "exchange" + std::to_string(exchange); }

void aggregate(benchmark::State& state) {
  MultiExchangeOrderbookAggregator aggregator;
  const auto books = snapshots(state.range(0));
  for (int x = 0; x < exchanges; ++x)
    aggregator.add_exchange_orderbook(name(x), books[static_cast<std::size_t>(x)], 50.0 + x);
  const auto levels = static_cast<int>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(aggregator.aggregate("BTC/USDT", levels));
}

void best_exchange(benchmark::State& state) {
  MultiExchangeOrderbookAggregator aggregator;
  const auto books = snapshots(state.range(0));
  for (int x = 0; x < exchanges; ++x) aggregator.add_exchange_orderbook(name(x), books[static_cast<std::size_t>(x)]);
  for (auto _ : state) benchmark::DoNotOptimize(aggregator.get_best_exchange("BTC/USDT", "buy", 1e6));
}

void add(benchmark::State& state) {
  MultiExchangeOrderbookAggregator aggregator;
  const auto books = snapshots(state.range(0));
  for (auto _ : state) aggregator.add_exchange_orderbook("exchange", books[0]);
}

struct ListLevel {
  double price = 0.0;
  double size = 0.0;
  std::vector<std::string> exchanges;
};

std::vector<ListLevel> list_merge(const std::vector<OrderBookSnapshot>& books, bool bids, double tolerance) {
  std::vector<ListLevel> levels;
  for (int x = 0; x < exchanges; ++x) {
    const OrderBookSnapshot& book = books[static_cast<std::size_t>(x)];
    for (const OrderBookLevel& level : bids ? book.bids : book.asks) {
      const auto near = std::find_if(levels.begin(), levels.end(), [&](const ListLevel& other) {
        return std::abs(other.price - level.price) / other.price <= tolerance;
      });
      if (near == levels.end()) {
        levels.push_back({level.price, level.size, {name(x)}});
      } else {
        near->size += level.size;
        near->exchanges.push_back(name(x));
      }
    }
  }
  std::sort(levels.begin(), levels.end(),
            [&](const ListLevel& a, const ListLevel& b) { return bids ? a.price > b.price : a.price < b.price; });
  return levels;
}

// The original's algorithm in C++; tolerance 0 merges equal prices only.
void original_list_merge(benchmark::State& state) {
  const auto books = snapshots(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(list_merge(books, true, 0.0));
    benchmark::DoNotOptimize(list_merge(books, false, 0.0));
  }
}

BENCHMARK(aggregate)->Args({100, 20})->Args({100, 500})->Args({1'000, 5'000})->Unit(benchmark::kMicrosecond);
BENCHMARK(original_list_merge)->Arg(100)->Arg(1'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(best_exchange)->Arg(100)->Unit(benchmark::kMicrosecond);
BENCHMARK(add)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crossbook
