// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <random>

#include "bench_part.hpp"
#include "crossbook/cost/router.hpp"

namespace crossbook::app {
namespace {

constexpr std::size_t venues = 15;
constexpr std::size_t depth = 1'000;
constexpr std::int64_t levels_wanted = 300;

// Prices from 64,000.00 in steps of 1 to 3 ticks, sizes to 2 BTC in 1e-5, fees from -0.1 to 0.1 bps.
struct Books {
  Books() : levels(venues), rows(venues) {
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
  [[nodiscard]] RouteRequest request(Quantity size) const {
    RouteRequest request;
    request.venues = rows;
    request.size = size;
    return request;
  }
  [[nodiscard]] std::int64_t levels_taken(Router& router, Quantity size) const {
    std::int64_t count = 0;
    const auto plan = router.route(request(size));
    if (!plan) return 0;
    for (const RouteLeg& leg : plan->legs) {
      std::int64_t left = leg.quantity.count();
      for (auto level = levels[leg.venue].begin(); left > 0; ++level, ++count) left -= level->quantity.count();
    }
    return count;
  }
  [[nodiscard]] Quantity all() const {
    Quantity sum;
    for (const auto& side : levels)
      for (const Level& level : side) sum += level.quantity;
    return sum;
  }
  // The least size, to a hundredth, that takes so many levels.
  [[nodiscard]] Quantity size_for(Router& router, std::int64_t count) const {
    std::int64_t low = 0;
    std::int64_t high = all().count();
    while (high - low > 1'000) {
      const std::int64_t middle = low + (high - low) / 2;
      (levels_taken(router, Quantity(middle)) < count ? low : high) = middle;
    }
    return Quantity(high);
  }

  std::vector<std::vector<Level>> levels;
  std::vector<RouteVenue> rows;
};

}  // namespace

BenchPart bench_route() {
  const Books books;
  Router router;
  const Quantity some = books.size_for(router, levels_wanted);
  const Quantity all = books.all() - Quantity(1);  // all of it needs no order of cost
  std::int64_t filled = 0;
  const auto us = [&](Quantity size, std::int64_t calls) {
    return ns_per_call(7, calls,
                       [&](std::int64_t) {
                         if (const auto plan = router.route(books.request(size))) filled += plan->filled.count() & 1;
                       }) /
           1e3;
  };
  const double some_us = us(some, 2'000);
  const double all_us = us(all, 60);
  const std::int64_t some_levels = books.levels_taken(router, some);
  const std::int64_t all_levels = books.levels_taken(router, all);
  if (filled < 0) fmt::print(stderr, "\n");  // uses what was filled
  return {.name = "route",
          .json = {{"us", some_us},
                   {"venues", venues},
                   {"levels", some_levels},
                   {"sweep_us", all_us},
                   {"sweep_levels", all_levels}},
          .text = fmt::format("route: {:.1f} us for {} levels of {} venues, {:.0f} us for {} levels\n", some_us,
                              some_levels, venues, all_us, all_levels)};
}

}  // namespace crossbook::app
