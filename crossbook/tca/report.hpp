// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/tca/bootstrap.hpp"
#include "crossbook/tca/fill_quality.hpp"
#include "crossbook/tca/rows.hpp"

// All rows in one view: how often, how good, how sure. Blocks of the bootstrap are decisions.
namespace crossbook::tca {

// Fills, each weighted by its value. What no fill knows has no estimate.
struct FillQuality {
  std::size_t fills = 0;
  std::size_t orders = 0;  // with a fill
  double value = 0.0;      // in quote currency
  std::optional<Estimate> effective_spread_bps;
  std::optional<Estimate> quoted_half_spread_bps;
  std::optional<Estimate> effective_over_quoted;
  std::optional<Estimate> fee_bps;
  std::array<std::optional<Estimate>, horizons.size()> realised_spread_bps;
  std::array<std::optional<Estimate>, horizons.size()> price_impact_bps;
  std::array<std::optional<Estimate>, horizons.size()> markout_bps;
};

// The shortfall of all orders whose parts are known, in bps of the notional at the decision's mid.
struct ShortfallQuality {
  std::size_t orders = 0;
  std::size_t unknown = 0;  // orders without parts
  int scale = 0;            // of `sums`: they are in 10^-scale of the quote currency, doubled
  ShortfallParts sums;      // exact; their total is the shortfall
  double notional = 0.0;
  std::optional<Estimate> delay_bps;
  std::optional<Estimate> latency_bps;
  std::optional<Estimate> spread_bps;
  std::optional<Estimate> impact_bps;
  std::optional<Estimate> fees_bps;
  std::optional<Estimate> unfilled_bps;
  std::optional<Estimate> total_bps;
};

// Decisions, each weighted by what it really cost. Above zero: cheaper than the reference.
struct ImprovementQuality {
  std::optional<Estimate> best_single_bps;
  std::optional<Estimate> home_bps;
  std::optional<Estimate> average_bps;
};

struct GroupReport {
  std::string venue;
  Role role = Role::taker;
  FillQuality fills;
};

// Of all symbols with one quote currency: values in different ones are not added up.
struct Report {
  std::string quote;
  std::size_t decisions = 0;
  std::size_t orders = 0;          // that ended, or were open at the end
  std::size_t orders_open = 0;     // at the session's end
  double fill_share = 0.0;         // of the wanted notional
  std::vector<std::string> homes;  // that decisions were compared with, by name
  FillQuality fills;
  std::vector<GroupReport> groups;  // by venue, then role
  ShortfallQuality shortfall;
  ImprovementQuality improvement;
};

// By quote currency. With a symbol, of that one alone. Rows come in the order in which they were appended; those of a
// decision that is not among them are left out.
[[nodiscard]] std::vector<Report> report(const Rows& rows, std::string_view symbol = {});

// The part of a symbol behind the slash: BTC/USDT -> USDT, BTC/USDT:USDT -> USDT. The whole where there is none.
[[nodiscard]] std::string_view quote_of(std::string_view symbol);

}  // namespace crossbook::tca
