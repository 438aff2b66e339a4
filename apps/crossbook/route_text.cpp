// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "book_text.hpp"
#include "crossbook/core/decimal.hpp"
#include "route_report.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

double bps(MicroBps rate) { return static_cast<double>(rate.count()) / 1e6; }

// Counts of the report's scales as numbers for people.
class Numbers {
 public:
  explicit Numbers(const RouteReport& report) : report_(report) {}
  [[nodiscard]] std::string quantity(Quantity count) const {
    return format_decimal(count.count(), report_.quantity_scale);
  }
  [[nodiscard]] std::string price(Price count) const { return format_decimal(count.count(), report_.price_scale); }
  [[nodiscard]] std::string value(Wide count) const {
    return format_decimal(count, report_.price_scale + report_.quantity_scale);
  }
  // A cost is a value in 1e-10.
  [[nodiscard]] double cost(Wide count) const {
    double number = to_double(count) / static_cast<double>(rate_one);
    for (int i = 0; i < report_.price_scale + report_.quantity_scale; ++i) number /= 10.0;
    return number;
  }
  [[nodiscard]] double average(double counts) const {
    for (int i = 0; i < report_.price_scale; ++i) counts /= 10.0;
    return counts;
  }

 private:
  const RouteReport& report_;
};

// The worst of its own prices that a leg takes: what an order there would say.
std::string own_limit(const RouteReport& report, const RouteLeg& leg) {
  const RouteParty& party = report.parties[leg.venue];
  if (!party.fx) return Numbers(report).price(leg.limit);
  std::int64_t left = leg.quantity.count();
  for (const Level& level : party.own) {
    left -= level.quantity.count();
    if (left <= 0) return format_decimal(level.price.count(), party.own_price_scale);
  }
  return {};
}

// A fee taken in base makes what arrives less than what was bought.
struct BaseFee {
  double fee = 0.0;
  double net = 0.0;
};
std::optional<BaseFee> base_fee(const RouteReport& report, const RouteLeg& leg) {
  const RouteParty& party = report.parties[leg.venue];
  if (report.plan.action != Action::buy || fee_taken_in(party.venue) != FeeTakenIn::received) return {};
  double quantity = static_cast<double>(leg.quantity.count());
  for (int i = 0; i < report.quantity_scale; ++i) quantity /= 10.0;
  const double fee = quantity * bps(party.fee.rate) / 1e4;
  return BaseFee{fee, quantity - fee};
}

Json fee_currency(const RouteReport& report, const RouteParty& party) {
  const auto taken = fee_taken_in(party.venue);
  if (!taken) return nullptr;
  return report.plan.action == Action::buy && *taken == FeeTakenIn::received ? party.base : party.quote;
}

Json fx_json(const FxUsed& fx) {
  const auto rate = [&](Price price) { return format_decimal(price.count(), fx.rate.scale); };
  const double bid = static_cast<double>(fx.rate.bid.count());
  const double ask = static_cast<double>(fx.rate.ask.count());
  return {{"pair", fx.pair},
          {"bid", rate(fx.rate.bid)},
          {"ask", rate(fx.rate.ask)},
          {"spread_bps", 2e4 * (ask - bid) / (ask + bid)},
          {"age_ms", static_cast<double>(fx.rate.age.count()) / 1e6},
          {"latency_bps", bps(fx.latency)},
          {"source", fx.declared ? "declared" : "captured"},
          {"volatility", fx.sigma.per_sqrt_second},
          {"volatility_source", fx.sigma.source}};
}

Json leg_json(const RouteReport& report, const RouteLeg& leg) {
  const Numbers numbers(report);
  const RouteParty& party = report.parties[leg.venue];
  Json json{{"venue", party.venue}, {"symbol", party.symbol}, {"quantity", numbers.quantity(leg.quantity)}};
  json["limit_price"] = own_limit(report, leg);
  json["expected_average"] = numbers.average(leg.average());
  json["all_in_average"] = numbers.average(leg.all_in_average());
  json["value"] = numbers.value(leg.value);
  json["fee_bps"] = bps(party.fee.rate);
  json["fee"] = numbers.cost(leg.fee);
  json["fee_source"] = party.fee.source.text;
  json["fee_kind"] = to_string(party.fee.source.kind);
  json["fee_samples"] = party.fee.source.samples;
  json["fee_currency"] = fee_currency(report, party);
  const auto in_base = base_fee(report, leg);
  json["fee_in_base"] = in_base ? Json(in_base->fee) : Json();
  json["net_quantity"] = in_base ? Json(in_base->net) : Json();
  json["latency_cost"] = numbers.cost(leg.latency_cost);
  json["order_latency_ms"] = static_cast<double>(party.latency.time.count()) / 1e6;
  json["latency_source"] = party.latency.source.text;
  json["latency_kind"] = to_string(party.latency.source.kind);
  json["book_age_ms"] = static_cast<double>(party.age.count()) / 1e6;
  json["fx"] = party.fx ? fx_json(*party.fx) : Json();
  return json;
}

Json single_json(const RouteReport& report, const std::optional<RouteSingle>& single) {
  if (!single) return nullptr;
  const RouteParty& party = report.parties[single->leg.venue];
  const Numbers numbers(report);
  Json json{{"venue", party.venue}, {"quantity", numbers.quantity(single->leg.quantity)}};
  const bool some = single->leg.quantity.count() > 0;
  json["expected_average"] = some ? Json(numbers.average(single->leg.average())) : Json();
  json["all_in_average"] = some ? Json(numbers.average(single->leg.all_in_average())) : Json();
  json["saved_bps"] = single->saved_bps ? Json(*single->saved_bps) : Json();
  return json;
}

// Null without --home; an object that says why where that venue has no book in the view.
Json home_json(const RouteReport& report) {
  const std::string& home = report.options.home;
  if (home.empty() || report.plan.home) return single_json(report, report.plan.home);
  Json json{{"venue", home}, {"quantity", "0"}, {"expected_average", nullptr}, {"all_in_average", nullptr}};
  json["saved_bps"] = nullptr;
  json["reason"] = "not_in_the_view";
  return json;
}

Json plan_json(const RouteReport& report) {
  const Numbers numbers(report);
  const RoutePlan& plan = report.plan;
  const bool some = plan.filled.count() > 0;
  Json json{{"symbol", report.symbol}, {"side", to_string(plan.action)}, {"t", report.at.nanos()}};
  json["quote"] = report.quote;
  json["volatility"] = report.sigma.per_sqrt_second;
  json["volatility_source"] = report.sigma.source;
  json["filled"] = numbers.quantity(plan.filled);
  json["value"] = numbers.value(plan.value);
  json["expected_average"] = some ? Json(numbers.average(plan.average())) : Json();
  json["all_in_average"] = some ? Json(numbers.average(plan.all_in_average())) : Json();
  json["fee"] = numbers.cost(plan.fee);
  json["latency_cost"] = numbers.cost(plan.latency_cost);
  json["residual"] = report.options.size.empty() ? Json() : Json(numbers.quantity(plan.residual));
  json["residual_notional"] = report.options.size.empty() ? Json(numbers.value(plan.residual_notional)) : Json();
  json["shortfall"] = to_string(plan.shortfall);
  json["exact"] = plan.exact;
  json["gap_bps"] = plan.gap_bps ? Json(*plan.gap_bps) : Json();
  json["legs"] = Json::array();
  for (const RouteLeg& leg : plan.legs) json["legs"].push_back(leg_json(report, leg));
  json["unused"] = Json::object();
  for (const RoutePlan::NoLeg& no_leg : plan.unused)
    json["unused"][report.parties[no_leg.venue].venue] = to_string(no_leg.why);
  json["excluded"] = Json::object();
  for (const auto& [name, reason] : report.out) json["excluded"][name] = to_string(reason);
  json["clipped"] = Json::array();
  for (const RouteParty& party : report.parties)
    if (party.clipped) json["clipped"].push_back(party.venue);
  json["best_single"] = single_json(report, plan.best_single);
  json["home"] = home_json(report);
  json["notes"] = report.notes;
  return json;
}

std::string single_text(const RouteReport& report, const char* label, const std::optional<RouteSingle>& single) {
  if (!single) return {};
  const Numbers numbers(report);
  const RouteLeg& leg = single->leg;
  const std::string& venue = report.parties[leg.venue].venue;
  if (leg.quantity.count() == 0) return fmt::format("{:<18} {}: nothing can be done there\n", label, venue);
  return fmt::format("{:<18} {}: {} at {:.8g} all-in{}\n", label, venue, numbers.quantity(leg.quantity),
                     numbers.average(leg.all_in_average()),
                     single->saved_bps ? fmt::format("; the plan saves {:.4f} bps", *single->saved_bps)
                                       : "; not the same quantity, so no comparison");
}

// A line, and one below it for what is not usual: an exchange rate, a fee taken in base.
std::string leg_text(const RouteReport& report, const RouteLeg& leg) {
  const Numbers numbers(report);
  const RouteParty& party = report.parties[leg.venue];
  std::string text =
      fmt::format("{:<14} {:>16} {:>14} {:>14.8g} {:>9.3f} {:>12.6g} {:>12.6g}  {}\n", party.venue,
                  numbers.quantity(leg.quantity), own_limit(report, leg), numbers.average(leg.average()),
                  bps(party.fee.rate), numbers.cost(leg.fee), numbers.cost(leg.latency_cost), party.fee.source.text);
  if (party.fx)
    text +=
        fmt::format("{:<14} limit in {}; {} at {} / {}, {}, {} old: its age costs {:.3f} bps\n", "", party.quote,
                    party.fx->pair, format_decimal(party.fx->rate.bid.count(), party.fx->rate.scale),
                    format_decimal(party.fx->rate.ask.count(), party.fx->rate.scale),
                    party.fx->declared ? "declared" : "captured", age_text(party.fx->rate.age), bps(party.fx->latency));
  if (const auto in_base = base_fee(report, leg))
    text += fmt::format("{:<14} its fee is taken in {}: {:.8g}, so {:.8g} arrive\n", "", party.base, in_base->fee,
                        in_base->net);
  if (party.latency.source.kind == CostKind::learned)
    text += fmt::format("{:<14} {:.1f} ms to its book: {}\n", "", static_cast<double>(party.latency.time.count()) / 1e6,
                        party.latency.source.text);
  return text;
}

}  // namespace

std::string route_json(const RouteReport& report) { return plan_json(report).dump(1) + "\n"; }

std::string route_text(const RouteReport& report) {
  const Numbers numbers(report);
  const RoutePlan& plan = report.plan;
  std::string text = fmt::format("{} {} of {} at {}\n", to_string(plan.action),
                                 report.options.size.empty() ? "for " + report.options.notional : report.options.size,
                                 report.symbol, utc_text(report.at));
  text += fmt::format("{:<14} {:>16} {:>14} {:>14} {:>9} {:>12} {:>12}  {}\n", "venue", "quantity", "limit", "average",
                      "fee bps", "fee", "latency", "fee is");
  for (const RouteLeg& leg : plan.legs) text += leg_text(report, leg);
  if (plan.filled.count() > 0)
    text += fmt::format("{:<14} {:>16} {:>14} {:>14.8g}   all-in {:.8g}\n", "total", numbers.quantity(plan.filled), "",
                        numbers.average(plan.average()), numbers.average(plan.all_in_average()));
  if (plan.shortfall != Shortfall::none)
    text += fmt::format("not filled: {} ({})\n",
                        report.options.size.empty() ? numbers.value(plan.residual_notional) + " in quote units"
                                                    : numbers.quantity(plan.residual),
                        to_string(plan.shortfall));
  if (plan.gap_bps) text += fmt::format("not proved best: at most {:.4f} bps above the bound\n", *plan.gap_bps);
  text += fmt::format("volatility         {:.3g} per square root of a second, {}\n", report.sigma.per_sqrt_second,
                      report.sigma.source);
  text += single_text(report, "best single venue", plan.best_single);
  text += single_text(report, "home venue", plan.home);
  if (!report.options.home.empty() && !plan.home)
    text += fmt::format("{:<18} {}: does not contribute\n", "home venue", report.options.home);
  for (const RoutePlan::NoLeg& no_leg : plan.unused)
    text += fmt::format("no leg             {}: {}\n", report.parties[no_leg.venue].venue, to_string(no_leg.why));
  for (const auto& [name, reason] : report.out)
    text += fmt::format("not in the view    {}: {}\n", name, to_string(reason));
  for (const RouteParty& party : report.parties)
    if (party.clipped) text += fmt::format("levels left out    {}: beyond 63 bits at this scale\n", party.venue);
  for (const std::string& note : report.notes) text += fmt::format("note               {}\n", note);
  return text;
}

}  // namespace crossbook::app
