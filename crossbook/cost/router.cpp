// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/router.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

#include "crossbook/core/check.hpp"

namespace crossbook {
namespace {

// 64 venues of this value, times a factor below 2e10, stay within 127 bits.
constexpr Wide value_max = static_cast<Wide>(60'000'000'000'000) * 1'000'000'000'000;

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

MicroBps rate_of(const RouteVenue& venue) { return venue.fee + venue.latency; }

// Cost rises with it whether one buys or sells: to sell is to pay less than nothing.
std::int64_t cost_factor(Action action, const RouteVenue& venue) {
  const std::int64_t factor = all_in_factor(action, rate_of(venue));
  return action == Action::buy ? factor : -factor;
}

// The most lots whose value is at most `value`, over the best levels.
std::int64_t lots_within(std::span<const Level> levels, std::int64_t lot, std::int64_t limit, Wide value) {
  std::int64_t low = 0;
  for (std::int64_t high = limit / lot; low < high;) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (value_of(levels, middle * lot) <= value) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low * lot;
}

// The least quantity, a multiple of the lot, that reaches the minimums; more than `limit` where nothing does.
std::int64_t least_order(const RouteVenue& venue, std::int64_t limit) {
  const std::int64_t lot = venue.lot.count();
  std::int64_t quantity = std::max(lot, venue.min_quantity.count());
  if (quantity > limit) return int64_max;
  if (venue.min_notional > 0) {
    Wide value = 0;
    std::int64_t deep = 0;
    for (const Level& level : venue.levels) {
      const Wide price = level.price.count();
      const Wide missing = (venue.min_notional - value + price - 1) / price;
      const std::int64_t here = level.quantity.count();
      deep += static_cast<std::int64_t>(std::min<Wide>(missing, here));
      value += price * std::min<Wide>(missing, here);
      if (value >= venue.min_notional || deep > limit) break;
    }
    if (value < venue.min_notional || deep > limit) return int64_max;
    quantity = std::max(quantity, deep);
  }
  const Wide whole = (static_cast<Wide>(quantity) + lot - 1) / lot * lot;
  return whole > limit ? int64_max : static_cast<std::int64_t>(whole);
}

// Whether the venues of mask a come before those of b: the one with the earliest venue that the other lacks.
bool earlier(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t difference = a ^ b;
  return difference != 0 && (a & (difference & (~difference + 1))) != 0;
}

}  // namespace

Result<void> Router::check(const RouteRequest& request) const {
  if (request.size.has_value() == request.notional.has_value())
    return failure(Errc::malformed, "either a size or a notional");
  if ((request.size && request.size->count() <= 0) || (request.notional && *request.notional <= 0))
    return failure(Errc::malformed, "a size or notional above zero");
  if (request.notional && *request.notional > value_max) return failure(Errc::overflow, "a notional of at most 6e25");
  if (request.venues.size() > route_venues_max) return failure(Errc::malformed, "at most 64 venues");
  if (request.home && *request.home >= request.venues.size())
    return failure(Errc::malformed, "a home venue of the request");
  for (const RouteVenue& venue : request.venues) {
    const std::int64_t rate_parts_max = rate_one / 2;
    if (venue.lot.count() < 1) return failure(Errc::malformed, "a lot of at least one unit");
    if (venue.fee.count() >= rate_parts_max || venue.fee.count() <= -rate_parts_max || venue.latency.count() < 0 ||
        venue.latency.count() >= rate_parts_max)
      return failure(Errc::malformed, "fee and latency rates below one half");
  }
  return {};
}

// How much the venue has for this request, and its least order. Reads no further than the request reaches.
Result<Router::Offer> Router::offer_of(const RouteRequest& request, const RouteVenue& venue) const {
  const bool buys = request.action == Action::buy;
  const std::int64_t wanted = request.size ? request.size->count() : int64_max;
  const std::int64_t most = venue.cap ? std::min(wanted, std::max<std::int64_t>(0, venue.cap->count())) : wanted;
  Wide depth = 0;
  Wide value = 0;
  std::int64_t last = 0;
  bool deeper = false;  // there is more than was read
  bool enough_value = false;
  std::size_t read = 0;
  for (const Level& level : venue.levels) {
    const std::int64_t price = level.price.count();
    enough_value = request.notional && value > *request.notional;
    deeper = depth >= most || enough_value;
    if (deeper) break;
    if (price <= 0 || level.quantity.count() <= 0) return failure(Errc::malformed, "prices and quantities above zero");
    if (last != 0 && (buys ? price <= last : price >= last)) return failure(Errc::malformed, "levels best first");
    last = price;
    depth += level.quantity.count();
    value += wide_product(price, level.quantity.count());
    if (value > value_max) return failure(Errc::overflow, "values of at most 6e25");
    ++read;
  }
  Offer offer;
  const auto usable = static_cast<std::int64_t>(std::min<Wide>(depth, most));
  offer.limit = usable / venue.lot.count() * venue.lot.count();
  offer.all = usable < wanted && !enough_value;
  offer.value = value;
  for (Wide surplus = depth - offer.limit; read > 0; --read) {
    const Level& level = venue.levels[read - 1];
    offer.last = level.price;
    offer.value -= std::min<Wide>(surplus, level.quantity.count()) * level.price.count();
    if (surplus < level.quantity.count()) break;
    surplus -= level.quantity.count();
  }
  offer.minimum = least_order(venue, offer.limit);
  if (offer.minimum <= offer.limit) return offer;
  const bool capped = venue.cap && most < wanted && (deeper || depth > most);
  const bool shallow = depth < venue.lot.count() && depth < wanted;
  offer.why = capped ? Unused::capped : shallow ? Unused::no_depth : Unused::below_minimum;
  offer.limit = 0;
  return offer;
}

Result<void> Router::make_offers(const RouteRequest& request) {
  offers_.clear();
  for (const RouteVenue& venue : request.venues) {
    CROSSBOOK_TRY(offer, offer_of(request, venue));
    offers_.push_back(offer);
  }
  return {};
}

// Sources with lots that divide each other. False where a lot had to become coarser for it.
bool Router::make_sources(const RouteRequest& request) {
  venue_of_.clear();
  sources_.clear();
  minimums_.clear();
  for (std::size_t v = 0; v < offers_.size(); ++v) {
    if (offers_[v].limit == 0) continue;
    const RouteVenue& venue = request.venues[v];
    venue_of_.push_back(v);
    minimums_.push_back(offers_[v].minimum);
    sources_.push_back({venue.levels, cost_factor(request.action, venue), venue.lot.count(), 0, offers_[v].limit});
  }
  bool as_given = true;
  std::int64_t finer = 1;
  std::int64_t before = 0;
  for (;;) {  // the next coarser lot becomes a multiple of the last
    std::int64_t next = int64_max;
    for (std::size_t s = 0; s < sources_.size(); ++s) {
      const std::int64_t lot = request.venues[venue_of_[s]].lot.count();
      if (lot > before) next = std::min(next, lot);
    }
    if (next == int64_max) return as_given;
    const std::int64_t common = std::gcd(finer, next);
    const Wide multiple = static_cast<Wide>(finer / common) * next;
    const std::int64_t lot =
        multiple > int64_max / 4 ? int64_max / 4 / finer * finer : static_cast<std::int64_t>(multiple);
    as_given = as_given && lot == next;
    for (std::size_t s = 0; s < sources_.size(); ++s)
      if (request.venues[venue_of_[s]].lot.count() == next) sources_[s].lot = lot;
    before = next;
    finer = lot;
  }
}

bool Router::minimums_kept() const {
  for (std::size_t s = 0; s < sources_.size(); ++s)
    if (taken_[s] > 0 && taken_[s] < minimums_[s]) return false;
  return true;
}

// The best plan within the sources of `allowed`, those of `forced` at their minimum or above.
void Router::try_subset(std::uint64_t allowed, std::uint64_t forced, std::int64_t size) {
  tried_.clear();
  tried_of_.clear();
  Wide least = 0;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    if ((allowed >> s & 1) == 0) continue;
    WaterSource source = sources_[s];
    source.forced = (forced >> s & 1) != 0 ? minimums_[s] : 0;
    least += source.forced;
    tried_.push_back(source);
    tried_of_.push_back(s);
  }
  if (least > size) return;
  taken_.assign(tried_.size(), 0);
  const std::int64_t filled = water_.fill(tried_, size, taken_);
  if (best_.found && filled < best_.filled) return;
  Wide cost = 0;
  std::uint64_t mask = 0;
  for (std::size_t t = 0; t < tried_.size(); ++t) {
    if (taken_[t] == 0) continue;
    cost += value_of(tried_[t].levels, taken_[t]) * tried_[t].factor;
    mask |= std::uint64_t{1} << tried_of_[t];
  }
  if (best_.found && filled == best_.filled) {
    if (cost > best_.cost) return;
    const int venues = std::popcount(mask);
    const int fewest = std::popcount(best_.mask);
    if (cost == best_.cost && (venues > fewest || (venues == fewest && !earlier(mask, best_.mask)))) return;
  }
  best_.filled = filled;
  best_.cost = cost;
  best_.mask = mask;
  best_.found = true;
  best_.taken.assign(sources_.size(), 0);
  for (std::size_t t = 0; t < tried_.size(); ++t) best_.taken[tried_of_[t]] = taken_[t];
}

// More venues than can be tried in all combinations: only those whose minimum is more than a lot are switched on and
// off, of these the ones that take most without minimums; the others are in where they reach theirs, else out.
void Router::repair_many(std::int64_t size) {
  const std::vector<std::int64_t> relaxed = taken_;
  std::vector<std::size_t> bound;
  std::uint64_t free = 0;
  for (std::size_t s = 0; s < sources_.size(); ++s) {
    if (minimums_[s] > sources_[s].lot) {
      bound.push_back(s);
    } else {
      free |= std::uint64_t{1} << s;
    }
  }
  std::sort(bound.begin(), bound.end(), [&](std::size_t a, std::size_t b) {
    const bool broken_a = relaxed[a] > 0 && relaxed[a] < minimums_[a];
    const bool broken_b = relaxed[b] > 0 && relaxed[b] < minimums_[b];
    if (broken_a != broken_b) return broken_a;
    return relaxed[a] != relaxed[b] ? relaxed[a] > relaxed[b] : a < b;
  });
  const std::size_t switched = std::min(bound.size(), route_exact_max);
  exact_ = exact_ && bound.size() <= route_exact_max;
  std::uint64_t kept = 0;
  for (std::size_t i = switched; i < bound.size(); ++i)
    if (relaxed[bound[i]] >= minimums_[bound[i]]) kept |= std::uint64_t{1} << bound[i];
  for (std::uint64_t on = 0; on < (std::uint64_t{1} << switched); ++on) {
    std::uint64_t forced = kept;
    for (std::size_t i = 0; i < switched; ++i)
      if ((on >> i & 1) != 0) forced |= std::uint64_t{1} << bound[i];
    try_subset(free | forced, forced, size);
  }
}

void Router::solve(std::int64_t size) {
  best_.found = false;
  best_.filled = 0;
  best_.cost = 0;
  best_.mask = 0;
  best_.taken.assign(sources_.size(), 0);
  solved_size_ = size;
  if (sources_.empty()) return;
  const bool few = sources_.size() <= route_exact_max;
  taken_.assign(sources_.size(), 0);
  const std::int64_t filled = water_.fill(sources_, size, taken_);
  if (minimums_kept() && !(few && water_.tied())) {
    best_.filled = filled;
    best_.taken = taken_;
    return;
  }
  if (!few) return repair_many(size);
  for (std::uint64_t mask = 1; mask < (std::uint64_t{1} << sources_.size()); ++mask) try_subset(mask, mask, size);
}

Wide Router::value_taken() const {
  Wide value = 0;
  for (std::size_t s = 0; s < sources_.size(); ++s) value += value_of(sources_[s].levels, best_.taken[s]);
  return value;
}

// The most base whose least-cost plan stays within the notional. Without minimums and with equal lots the order of cost
// gives it at once; else it is searched from there, since a plan's value grows with its size.
void Router::solve_notional(const RouteRequest& request) {
  if (sources_.empty()) return solve(0);
  std::int64_t lot = sources_[0].lot;
  Wide total = 0;
  for (const WaterSource& source : sources_) {
    lot = std::min(lot, source.lot);
    total += source.limit;
  }
  const Wide notional = *request.notional;
  const auto within = [&](std::int64_t size) {
    solve(size);
    return value_taken() <= notional;
  };
  std::int64_t low = 0;
  std::int64_t high = water_.affordable(sources_, lot, notional) / lot;
  const auto lots_max = static_cast<std::int64_t>(std::min<Wide>(total, int64_max) / lot);
  std::int64_t step = 1;
  bool fits = within(high * lot);
  while (fits && high < lots_max) {
    low = high;
    high = step > lots_max - high ? lots_max : high + step;
    step *= 2;
    fits = within(high * lot);
  }
  if (fits) return;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (within(middle * lot) ? low : high) = middle;
  }
  solve(low * lot);
}

// How far the cost is above that of the same quantity without lots and minimums, which no plan can beat.
double Router::gap_to_relaxed() {
  tried_ = sources_;
  for (WaterSource& source : tried_) source.lot = 1;
  taken_.assign(tried_.size(), 0);
  water_.fill(tried_, best_.filled, taken_);
  Wide bound = 0;
  Wide cost = 0;
  for (std::size_t s = 0; s < tried_.size(); ++s) {
    bound += value_of(tried_[s].levels, taken_[s]) * tried_[s].factor;
    cost += value_of(sources_[s].levels, best_.taken[s]) * sources_[s].factor;
  }
  const double base = to_double(bound < 0 ? -bound : bound);
  return base > 0 ? 1e4 * to_double(cost - bound) / base : 0.0;
}

RouteLeg Router::leg_of(const RouteRequest& request, std::size_t venue, std::int64_t quantity) const {
  const RouteVenue& at = request.venues[venue];
  RouteLeg leg;
  leg.venue = venue;
  leg.quantity = Quantity(quantity);
  if (quantity > 0 && quantity == offers_[venue].limit) {
    leg.value = offers_[venue].value;
    leg.limit = offers_[venue].last;
    quantity = 0;
  }
  for (const Level& level : at.levels) {
    if (quantity == 0) break;
    const std::int64_t taken = std::min(quantity, level.quantity.count());
    leg.value += wide_product(level.price.count(), taken);
    leg.limit = level.price;
    quantity -= taken;
  }
  leg.fee = leg.value * at.fee.count();
  leg.latency_cost = leg.value * at.latency.count();
  leg.all_in = leg.value * all_in_factor(request.action, rate_of(at));
  return leg;
}

RouteSingle Router::single(const RouteRequest& request, std::size_t venue) const {
  const RouteVenue& at = request.venues[venue];
  const Offer& offer = offers_[venue];
  std::int64_t quantity = offer.limit;
  if (request.notional) quantity = lots_within(at.levels, at.lot.count(), quantity, *request.notional);
  if (quantity < offer.minimum) quantity = 0;
  return {leg_of(request, venue, quantity), {}};
}

// Whether the venue's book ends before the request does.
bool Router::falls_short(const RouteRequest& request, const RouteLeg& leg) const {
  if (request.size) return leg.quantity != *request.size;
  const Offer& offer = offers_[leg.venue];
  return offer.all && leg.quantity.count() == offer.limit;
}

// Fills more of the request, then gets the better average.
bool Router::better_single(const RouteRequest& request, const RouteLeg& a, const RouteLeg& b) const {
  const bool whole = !falls_short(request, a) && !falls_short(request, b);
  const Wide amount_a = request.size ? a.quantity.count() : a.value;
  const Wide amount_b = request.size ? b.quantity.count() : b.value;
  if (!whole && amount_a != amount_b) return amount_a > amount_b;
  return request.action == Action::buy ? a.all_in_average() < b.all_in_average()
                                       : a.all_in_average() > b.all_in_average();
}

void Router::compare(const RouteRequest& request, RoutePlan& plan) const {
  const auto finish = [&](RouteSingle& single) {
    const RouteLeg& leg = single.leg;
    if (leg.quantity.count() == 0 || plan.filled.count() == 0) return;
    const bool same_notional = request.notional && plan.shortfall != Shortfall::depth && !falls_short(request, leg);
    if (leg.quantity != plan.filled && !same_notional) return;
    const double saved = leg.all_in_average() - plan.all_in_average();
    single.saved_bps = 1e4 * (plan.action == Action::buy ? saved : -saved) / leg.all_in_average();
    if (leg.quantity == plan.filled && leg.all_in == plan.all_in) single.saved_bps = 0.0;
  };
  for (std::size_t v = 0; v < request.venues.size(); ++v) {
    if (offers_[v].limit == 0) continue;
    const RouteSingle candidate = single(request, v);
    if (candidate.leg.quantity.count() == 0) continue;
    if (!plan.best_single || better_single(request, candidate.leg, plan.best_single->leg)) plan.best_single = candidate;
  }
  if (plan.best_single) finish(*plan.best_single);
  if (!request.home) return;
  plan.home = single(request, *request.home);
  finish(*plan.home);
}

RoutePlan Router::plan_of(const RouteRequest& request) {
  RoutePlan plan;
  plan.action = request.action;
  plan.filled = Quantity(best_.filled);
  std::size_t source = 0;
  bool all = true;
  for (std::size_t v = 0; v < offers_.size(); ++v) {
    const bool offers = source < venue_of_.size() && venue_of_[source] == v;
    const std::int64_t quantity = offers ? best_.taken[source++] : 0;
    all = all && offers_[v].all && quantity == offers_[v].limit;
    if (quantity == 0) {
      plan.unused.push_back({v, offers_[v].why});
      continue;
    }
    const RouteLeg leg = leg_of(request, v, quantity);
    plan.value += leg.value;
    plan.fee += leg.fee;
    plan.latency_cost += leg.latency_cost;
    plan.all_in += leg.all_in;
    plan.legs.push_back(leg);
  }
  if (request.size) plan.residual = *request.size - plan.filled;
  if (request.notional) plan.residual_notional = *request.notional - plan.value;
  const bool complete = request.size ? plan.residual.count() == 0 : plan.residual_notional == 0;
  if (!complete) plan.shortfall = all ? Shortfall::depth : Shortfall::rules;
  plan.exact = exact_;
  if (!exact_) plan.gap_bps = gap_to_relaxed();
  compare(request, plan);
  return plan;
}

Result<RoutePlan> Router::route(const RouteRequest& request) {
  CROSSBOOK_CHECKED(check(request));
  CROSSBOOK_CHECKED(make_offers(request));
  exact_ = make_sources(request);
  if (request.size) {
    solve(request.size->count());
  } else {
    solve_notional(request);
  }
  return plan_of(request);
}

}  // namespace crossbook
