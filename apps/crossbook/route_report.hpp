// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/cost/all_in.hpp"
#include "crossbook/cost/router.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/sys/outcome.hpp"
#include "route_costs.hpp"
#include "route_fx.hpp"

// A routing plan over the books of a player, and how people and programs read it.
namespace crossbook::app {

// What the user says of a venue instead of what the captures do. Decimal texts.
struct VenueRules {
  std::optional<std::string> cap;           // base units: the most that is sent there
  std::optional<std::string> lot;           // base units
  std::optional<std::string> min_notional;  // in the venue's quote currency
};

struct RouteOptions {
  std::string symbol;
  Action action = Action::buy;
  std::string size;      // decimal text, base units; one of the two is set
  std::string notional;  // decimal text, quote units
  std::string home;
  std::map<std::string, VenueRules> rules;  // by venue
  std::vector<FxLeg> fx;
  LatencyPricing pricing;
};

// How far a price wanders, and where that number comes from.
struct Sigma {
  double per_sqrt_second = 1e-4;
  std::string source;
};

// How one venue's prices came into the plan's currency.
struct FxUsed {
  std::string pair;  // of the rate: the venue's currency in the plan's
  FxRate rate;
  bool declared = true;
  Sigma sigma;
  MicroBps latency;  // what the rate's own age costs, part of the venue's
};

// A venue of the request, and where its numbers come from.
struct RouteParty {
  std::string venue;
  std::string symbol;  // of its book
  std::string base;    // currencies
  std::string quote;
  TakerFee fee;
  OrderLatency latency;
  Nanos age;                 // of the book
  Nanos tau;                 // age, decision and order latency
  bool clipped = false;      // levels beyond 63 bits of quantity were left out
  std::optional<FxUsed> fx;  // its quote currency is not the plan's
  std::vector<Level> own;    // in its own quote currency, at own_price_scale and the report's quantity scale
  int own_price_scale = 0;
};

struct RouteReport {
  std::string symbol;
  std::string quote;
  Wall at;
  RouteOptions options;
  Sigma sigma;
  int price_scale = 0;
  int quantity_scale = 0;
  std::vector<RouteParty> parties;                  // by venue of the plan
  std::vector<std::pair<std::string, Reason>> out;  // not in the view
  std::vector<std::string> notes;                   // what was asked for and not available, in sentences
  RoutePlan plan;
};

// The sigma of a pair of the captures as measured so far.
using SigmaOf = std::function<Sigma(const std::string& symbol)>;

// Errors, in a sentence: a size or rule that is not a decimal above zero.
[[nodiscard]] sys::Outcome<RouteReport> route_report(const shard::Player& player, GroupId group,
                                                     const RouteOptions& options, VenueCosts& costs,
                                                     const SigmaOf& sigma_of);

[[nodiscard]] std::string route_json(const RouteReport& report);
[[nodiscard]] std::string route_text(const RouteReport& report);

}  // namespace crossbook::app
