// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/market/random.hpp"

namespace crossbook::sim {
namespace {

using market::Random;

constexpr std::uint64_t plan_stream = 77'001;

// A rate between two bounds in two of three days, never else.
std::int64_t sometimes(Random& random, std::int64_t first, std::int64_t last) {
  const std::int64_t rate = random.between(first, last);
  return random.one_in(3) ? 0 : rate;
}
Nanos sometimes_every(Random& random, std::int64_t first_s, std::int64_t last_s, std::int64_t days) {
  const Nanos every = seconds(random.between(first_s, last_s));
  return random.one_in(days) ? every : Nanos();
}

// Two to four of the market's venues, shallow and slow, so that hours of silence cost little beside busy seconds.
std::vector<market::VenueOptions> slow_venues(Random& random) {
  std::vector<market::VenueOptions> venues = market::default_venues();
  for (std::size_t i = venues.size(); i > 1; --i)
    std::swap(venues[i - 1], venues[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  venues.resize(static_cast<std::size_t>(random.between(2, 4)));
  for (market::VenueOptions& venue : venues) {
    venue.listings.resize(1);
    venue.levels = 14;
    venue.quote_every = milliseconds(random.between(150, 900));
    venue.publish_every = std::max(venue.publish_every, venue.quote_every);
    if (random.one_in(2)) venue.publish_every = venue.quote_every;
    venue.trade_every = seconds(3);
    venue.half_spread_ppb *= random.between(1, 12);
    venue.gap_ppb *= random.between(1, 6);
  }
  return venues;
}

market::SessionOptions market_of(Random& random, std::uint64_t seed) {
  market::SessionOptions options;
  options.seed = seed;
  options.instruments.resize(1);
  options.venues = slow_venues(random);
  options.faults = {.stall_every = sometimes_every(random, 15, 60, 2),
                    .stall_for = seconds(3),
                    .disconnect_every = seconds(random.between(10, 40)),
                    .disconnect_for = seconds(1),
                    .drop_every = sometimes_every(random, 8, 40, 2)};
  return options;
}

engine::Options engine_of(Random& random, const std::vector<market::VenueOptions>& venues) {
  engine::Options options;
  options.filters = !random.one_in(6);
  options.own_orders_shown = random.one_in(2);
  options.guard.orders_reserve = 4;
  options.guard.cancel_tries_max = static_cast<std::uint32_t>(random.between(1, 5));
  options.guard.cross_dwell = milliseconds(random.between(-300, 600));
  options.guard.cross_dwell = std::max(options.guard.cross_dwell, Nanos());
  if (random.one_in(2)) options.guard.retention.reset();
  const auto budget = [&random] {
    return guard::BudgetOptions{.burst = random.between(2, 10), .per_request = milliseconds(random.between(50, 2'000))};
  };
  for (const market::VenueOptions& venue : venues)
    if (random.one_in(2)) options.budgets[venue.feed == "bybit-spot" ? "bybit" : venue.feed] = budget();
  if (random.one_in(2)) options.budgets["bittrex"] = budget();
  return options;
}

}  // namespace

Plan plan_of(std::uint64_t seed) {
  Random random(seed, plan_stream);
  Plan plan;
  plan.seed = seed;
  plan.market = market_of(random, seed);
  plan.engine = engine_of(random, plan.market.venues);
  plan.feeds = {.drop = sometimes(random, 20, 200),
                .duplicate = sometimes(random, 10, 100),
                .reorder = sometimes(random, 20, 200),
                .lie = sometimes(random, 15, 150),
                .cut = sometimes(random, 100, 400),
                .mute = sometimes(random, 80, 400),
                .close = sometimes(random, 200, 600),
                .lag = sometimes(random, 60, 300)};
  plan.wire = {.vanish = sometimes(random, 4, 30),
               .lose = sometimes(random, 4, 30),
               .refuse_place = sometimes(random, 5, 30),
               .refuse_cancel = sometimes(random, 3, 30),
               .swallow = sometimes(random, 4, 30),
               .duplicate = sometimes(random, 3, 30),
               .quit = sometimes(random, 3, 20),
               .overtake = random.one_in(2),
               .latency = milliseconds(random.between(1, 300))};
  plan.length = seconds(random.between(20, 60));
  plan.tick_lag = random.one_in(2) ? Nanos() : Nanos(random.between(1, 5'000'000));
  plan.exact = random.one_in(2);
  plan.wall_step = sometimes(random, 40, 400);
  plan.command_every = milliseconds(random.between(200, 1'500));
  plan.disconnect_every = sometimes_every(random, 5, 30, 2);
  plan.crash_every = sometimes_every(random, 8, 40, 3);
  plan.stops = random.one_in(4);
  return plan;
}

}  // namespace crossbook::sim
