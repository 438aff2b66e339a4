// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/router.hpp"

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

// What a split costs. Input: 15 venues of 1,000 levels a side, prices from 64,000.00 in steps of 1 to 3 ticks, sizes
// to 2 BTC in 1e-5, fees from -1 to 26 bps, seeded. The argument is how many levels the size consumes.
namespace crossbook {
namespace {

struct Books {
  explicit Books(std::size_t venues = 15, std::size_t depth = 1'000) : levels(venues), rows(venues) {
    std::mt19937_64 random(7);
    for (std::size_t v = 0; v < venues; ++v) {
      auto price = static_cast<std::int64_t>(6'400'000 + random() % 300);
      for (std::size_t i = 0; i < depth; ++i) {
        levels[v].push_back({Price(price), Quantity(static_cast<std::int64_t>(1 + random() % 200'000))});
        price += static_cast<std::int64_t>(1 + random() % 3);
      }
      rows[v].levels = levels[v];
      rows[v].fee = MicroBps(static_cast<std::int64_t>(random() % 3) * 100'000 - 100'000);
      rows[v].latency = MicroBps(static_cast<std::int64_t>(random() % 30'000));
      rows[v].min_quantity = Quantity(10);
    }
  }
  // A size that takes about so many levels.
  [[nodiscard]] Quantity size_of(std::int64_t count) const {
    Router router;
    std::int64_t low = 0;
    std::int64_t high = 2'000'000'000;
    while (high - low > 1'000) {
      const std::int64_t middle = (low + high) / 2;
      (levels_taken(router, Quantity(middle)) < count ? low : high) = middle;
    }
    return Quantity(high);
  }
  [[nodiscard]] std::int64_t levels_taken(Router& router, Quantity size) const {
    std::int64_t count = 0;
    const auto plan = router.route(request(size));
    for (const RouteLeg& leg : plan->legs)
      for (std::int64_t left = leg.quantity.count(); const Level& level : levels[leg.venue]) {
        if (left <= 0) break;
        left -= level.quantity.count();
        ++count;
      }
    return count;
  }
  [[nodiscard]] RouteRequest request(Quantity size) const {
    RouteRequest request;
    request.venues = rows;
    request.size = size;
    return request;
  }

  std::vector<std::vector<Level>> levels;
  std::vector<RouteVenue> rows;
};

void route_size(benchmark::State& state) {
  const Books books;
  const Quantity size = books.size_of(state.range(0));
  Router router;
  state.counters["levels"] = static_cast<double>(books.levels_taken(router, size));
  for (auto _ : state) benchmark::DoNotOptimize(router.route(books.request(size)).has_value());
}

// More than there is: every level of every venue.
void route_sweep(benchmark::State& state) {
  const Books books;
  Router router;
  for (auto _ : state) benchmark::DoNotOptimize(router.route(books.request(Quantity(2'000'000'000))).has_value());
}

// Six venues, each minimum binding: all 63 combinations are tried.
void route_with_minimums(benchmark::State& state) {
  Books books(6, 100);
  for (RouteVenue& venue : books.rows) venue.min_quantity = Quantity(400'000);
  Router router;
  for (auto _ : state) benchmark::DoNotOptimize(router.route(books.request(Quantity(900'000))).has_value());
}

void route_mixed_lots(benchmark::State& state) {
  Books books(6, 100);
  for (std::size_t v = 0; v < books.rows.size(); ++v)
    books.rows[v].lot = Quantity(v % 3 == 0 ? 1 : v % 3 == 1 ? 10 : 1'000);
  Router router;
  for (auto _ : state) benchmark::DoNotOptimize(router.route(books.request(Quantity(1'234'567))).has_value());
}

BENCHMARK(route_size)->Arg(5)->Arg(300)->Arg(3'000)->Arg(15'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(route_sweep)->Unit(benchmark::kMicrosecond);
BENCHMARK(route_with_minimums)->Unit(benchmark::kMicrosecond);
BENCHMARK(route_mixed_lots)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace crossbook
