// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"
#include "crossbook/cost/all_in.hpp"
#include "crossbook/cost/water_fill.hpp"

// Splits a market order over venues: the plan fills the most that lots and minimums allow, up to the size; among those
// it costs least all-in; ties by fewer venues, then by the earlier ones. Prices and quantities of all venues are at
// one common scale; a value is their product. Costs are values in 1e-10.
namespace crossbook {

// A venue's side of the book that is taken, and its rules. The position in the request is its id.
struct RouteVenue {
  std::span<const Level> levels;  // best first, prices and quantities above zero; live as long as the request
  MicroBps fee;                   // of the value; below zero is a rebate
  MicroBps latency;               // latency_rate(): what being late costs, weight included
  Quantity lot{1};                // orders are a multiple of it
  Quantity min_quantity;          // the least order
  Wide min_notional = 0;          // the least value of an order, at the displayed prices
  std::optional<Quantity> cap{};  // the most that may be sent here
};

// Exactly one of `size` and `notional` is set: a quantity in base units, or a value in quote units, both gross of fees.
struct RouteRequest {
  Action action = Action::buy;
  std::span<const RouteVenue> venues;  // at most venues_max
  std::optional<Quantity> size{};
  std::optional<Wide> notional{};
  std::optional<std::size_t> home{};  // the venue to compare with
};
inline constexpr std::size_t route_venues_max = 64;
// Up to so many venues, and beyond it up to so many whose minimum is more than a lot, the plan is the optimum.
inline constexpr std::size_t route_exact_max = 6;

// Why a venue has no leg.
enum class Unused : std::uint8_t {
  not_needed,     // its levels are dearer, or its minimum would be
  no_depth,       // nothing displayed, or less than a lot
  capped,         // its cap is less than a lot or its minimum
  below_minimum,  // all that may be taken is less than its least order
};
[[nodiscard]] constexpr const char* to_string(Unused unused) {
  switch (unused) {
    case Unused::not_needed: return "not_needed";
    case Unused::no_depth: return "no_depth";
    case Unused::capped: return "capped";
    case Unused::below_minimum: return "below_minimum";
  }
  return "?";
}

// What part of a request is not in the plan, and why.
enum class Shortfall : std::uint8_t {
  none,
  depth,  // all that may be taken is taken
  rules,  // the rest is less than a lot, or would break a minimum
};
[[nodiscard]] constexpr const char* to_string(Shortfall shortfall) {
  switch (shortfall) {
    case Shortfall::none: return "none";
    case Shortfall::depth: return "depth";
    case Shortfall::rules: return "lots_and_minimums";
  }
  return "?";
}

// An order at one venue and what it is expected to cost. all_in = 1e10 value + s (fee + latency_cost).
struct RouteLeg {
  std::size_t venue = 0;
  Quantity quantity;
  Price limit;  // of the worst level that it takes
  Wide value = 0;
  Wide fee = 0;
  Wide latency_cost = 0;
  Wide all_in = 0;  // paid for a buy, received for a sell

  [[nodiscard]] double average() const { return to_double(value) / static_cast<double>(quantity.count()); }
  [[nodiscard]] double all_in_average() const {
    return to_double(all_in) / static_cast<double>(rate_one) / static_cast<double>(quantity.count());
  }
};

// The whole order at one venue, as far as it goes there. quantity 0: nothing can be done there.
struct RouteSingle {
  RouteLeg leg;
  // What the plan saves against it per unit, all-in, in bps of its all-in average; nothing where it does not do as much
  // of the request as the plan.
  std::optional<double> saved_bps;
};

struct RoutePlan {
  Action action = Action::buy;
  std::vector<RouteLeg> legs;  // by venue
  Quantity filled;
  Wide value = 0;
  Wide fee = 0;
  Wide latency_cost = 0;
  Wide all_in = 0;
  Quantity residual;           // of `size`
  Wide residual_notional = 0;  // of `notional`
  Shortfall shortfall = Shortfall::none;
  bool exact = true;              // no other plan is better
  std::optional<double> gap_bps;  // where not exact: above the cost without lots and minimums, at most
  struct NoLeg {
    std::size_t venue = 0;
    Unused why = Unused::not_needed;
  };
  std::vector<NoLeg> unused;               // every venue that has no leg
  std::optional<RouteSingle> best_single;  // does most of the request, then best all-in
  std::optional<RouteSingle> home;

  [[nodiscard]] double average() const { return to_double(value) / static_cast<double>(filled.count()); }
  [[nodiscard]] double all_in_average() const {
    return to_double(all_in) / static_cast<double>(rate_one) / static_cast<double>(filled.count());
  }
};

// Reuses its memory from call to call. Deterministic.
class Router {
 public:
  // Errors: malformed (neither or both of size and notional, not above zero; too many venues; a lot below one; a rate
  // of 1 or more; levels out of order or not above zero), overflow (values beyond 6e25).
  [[nodiscard]] Result<RoutePlan> route(const RouteRequest& request);

 private:
  // A venue as the search sees it.
  struct Offer {
    std::int64_t minimum = 0;  // least quantity above zero, a multiple of the lot
    std::int64_t limit = 0;    // most, a multiple of the lot; 0: out
    Unused why = Unused::not_needed;
    bool all = false;  // the limit is all that its book or its cap has, not the size
    Wide value = 0;    // of the limit
    Price last;        // of the worst level that the limit takes
  };
  struct Best {
    std::int64_t filled = 0;
    Wide cost = 0;
    std::uint64_t mask = 0;
    std::vector<std::int64_t> taken;
    bool found = false;
  };

  [[nodiscard]] Result<void> check(const RouteRequest& request) const;
  [[nodiscard]] Result<void> make_offers(const RouteRequest& request);
  [[nodiscard]] Result<Offer> offer_of(const RouteRequest& request, const RouteVenue& venue) const;
  [[nodiscard]] bool make_sources(const RouteRequest& request);
  void solve(std::int64_t size);
  void solve_notional(const RouteRequest& request);
  void try_subset(std::uint64_t allowed, std::uint64_t forced, std::int64_t size);
  void repair_many(std::int64_t size);
  [[nodiscard]] bool minimums_kept() const;
  [[nodiscard]] Wide value_taken() const;
  [[nodiscard]] double gap_to_relaxed();
  [[nodiscard]] RouteLeg leg_of(const RouteRequest& request, std::size_t venue, std::int64_t quantity) const;
  [[nodiscard]] RouteSingle single(const RouteRequest& request, std::size_t venue) const;
  [[nodiscard]] bool falls_short(const RouteRequest& request, const RouteLeg& leg) const;
  [[nodiscard]] bool better_single(const RouteRequest& request, const RouteLeg& a, const RouteLeg& b) const;
  void compare(const RouteRequest& request, RoutePlan& plan) const;
  [[nodiscard]] RoutePlan plan_of(const RouteRequest& request);

  WaterFill water_;
  std::vector<Offer> offers_;          // by venue
  std::vector<std::size_t> venue_of_;  // by source: venues with an offer only
  std::vector<WaterSource> sources_;
  std::vector<std::int64_t> minimums_;  // by source
  std::vector<WaterSource> tried_;
  std::vector<std::size_t> tried_of_;  // by tried source: its source
  std::vector<std::int64_t> taken_;
  Best best_;
  std::int64_t solved_size_ = 0;
  bool exact_ = true;
};

}  // namespace crossbook
