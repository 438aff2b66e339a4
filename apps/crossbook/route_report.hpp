// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/cost/all_in.hpp"
#include "crossbook/cost/router.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/sys/outcome.hpp"

// A routing plan over the books of a player, and how people and programs read it.
namespace crossbook::app {

struct RouteOptions {
  std::string symbol;
  Action action = Action::buy;
  std::string size;      // decimal text, base units; one of the two is set
  std::string notional;  // decimal text, quote units
  std::string home;
  std::map<std::string, double> fees_bps;  // by venue, instead of what is published
  double latency_ms = 50.0;
  LatencyPricing pricing;
};

// A venue of the request, and where its numbers come from.
struct RouteParty {
  std::string venue;
  std::string fee_source;  // "given", "published 2026-09-01", "default"
  MicroBps fee;
  Nanos age;             // of the book
  Nanos tau;             // age, decision and order latency
  bool clipped = false;  // levels beyond 63 bits of quantity were left out
};

struct RouteReport {
  std::string symbol;
  Wall at;
  RouteOptions options;
  int price_scale = 0;
  int quantity_scale = 0;
  std::vector<RouteParty> parties;                  // by venue of the plan
  std::vector<std::pair<std::string, Reason>> out;  // not in the view
  RoutePlan plan;
};

// Errors, in a sentence: a size that is not a decimal above zero.
[[nodiscard]] sys::Outcome<RouteReport> route_report(const shard::Player& player, GroupId group,
                                                     const RouteOptions& options);

[[nodiscard]] std::string route_json(const RouteReport& report);
[[nodiscard]] std::string route_text(const RouteReport& report);

}  // namespace crossbook::app
