// SPDX-License-Identifier: Apache-2.0
#include "tca_report.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/decimal.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;
using Maybe = std::optional<tca::Estimate>;

constexpr std::array<const char*, tca::horizons.size()> horizon_names = {"50ms", "1s", "15s", "1min", "5min"};

Json estimate_json(const Maybe& estimate) {
  if (!estimate) return nullptr;
  Json json = {{"n", estimate->n},
               {"blocks", estimate->blocks},
               {"mean", estimate->mean},
               {"median", estimate->median},
               {"share_above_zero", estimate->share_above},
               {"low", nullptr},
               {"high", nullptr},
               {"evidence", tca::to_string(estimate->evidence())}};
  if (!estimate->interval) return json;
  json["low"] = estimate->interval->low;
  json["high"] = estimate->interval->high;
  return json;
}

// Names and estimates in the order in which they are shown.
using Metrics = std::vector<std::pair<std::string, const Maybe*>>;

Metrics metrics_of(const tca::FillQuality& fills) {
  Metrics metrics{{"effective_spread_bps", &fills.effective_spread_bps},
                  {"quoted_half_spread_bps", &fills.quoted_half_spread_bps},
                  {"effective_over_quoted", &fills.effective_over_quoted},
                  {"fee_bps", &fills.fee_bps}};
  const auto add = [&](const char* name, const auto& estimates) {
    for (std::size_t h = 0; h < estimates.size(); ++h)
      metrics.emplace_back(fmt::format("{}_{}", name, horizon_names[h]), &estimates[h]);
  };
  add("realised_spread_bps", fills.realised_spread_bps);
  add("price_impact_bps", fills.price_impact_bps);
  add("markout_bps", fills.markout_bps);
  return metrics;
}

Metrics metrics_of(const tca::ImprovementQuality& improvement) {
  return {{"best_single_bps", &improvement.best_single_bps},
          {"home_bps", &improvement.home_bps},
          {"average_bps", &improvement.average_bps}};
}

struct Part {
  const char* name;
  Wide doubled;
  const Maybe* bps;
};
std::array<Part, 7> parts_of(const tca::ShortfallQuality& shortfall) {
  const tca::ShortfallParts& sums = shortfall.sums;
  return {{{"delay", sums.delay, &shortfall.delay_bps},
           {"latency", sums.latency, &shortfall.latency_bps},
           {"spread", sums.spread, &shortfall.spread_bps},
           {"impact", sums.impact, &shortfall.impact_bps},
           {"fees", sums.fees, &shortfall.fees_bps},
           {"unfilled", sums.unfilled, &shortfall.unfilled_bps},
           {"total", sums.total(), &shortfall.total_bps}}};
}
// Half of a doubled sum, exactly.
std::string sum_text(Wide doubled, int scale) { return format_decimal(doubled * 5, scale + 1); }

Json metrics_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, estimate] : metrics) json[name] = estimate_json(*estimate);
  return json;
}

Json fills_json(const tca::FillQuality& fills) {
  return {{"fills", fills.fills},
          {"orders", fills.orders},
          {"value", fills.value},
          {"metrics", metrics_json(metrics_of(fills))}};
}

Json report_json(const tca::Report& report) {
  Json json = {{"quote", report.quote},
               {"decisions", report.decisions},
               {"orders", report.orders},
               {"orders_open", report.orders_open},
               {"fill_share", report.fill_share},
               {"homes", report.homes},
               {"improvement", metrics_json(metrics_of(report.improvement))},
               {"shortfall",
                {{"orders", report.shortfall.orders},
                 {"unknown", report.shortfall.unknown},
                 {"notional", report.shortfall.notional}}},
               {"all", fills_json(report.fills)},
               {"groups", Json::array()}};
  for (const Part& part : parts_of(report.shortfall))
    json["shortfall"][part.name] = {{"sum", sum_text(part.doubled, report.shortfall.scale)},
                                    {"bps", estimate_json(*part.bps)}};
  for (const tca::GroupReport& group : report.groups) {
    Json entry = {{"venue", group.venue}, {"role", to_string(group.role)}};
    entry.update(fills_json(group.fills));
    json["groups"].push_back(entry);
  }
  return json;
}

std::string interval_text(const Maybe& estimate) {
  if (!estimate->interval) return "n too small";
  std::string text = fmt::format("[{:.3f}, {:.3f}]", estimate->interval->low, estimate->interval->high);
  if (estimate->evidence() == tca::Evidence::none) text += " no evidence";
  return text;
}

// What no fill or order knows has no line.
void add_line(std::string& text, std::string_view name, const Maybe& estimate) {
  if (!estimate) return;
  fmt::format_to(std::back_inserter(text), "  {:<26} {:>6} {:>10.3f} {:>10.3f} {:>6.1f} %  {}\n", name, estimate->n,
                 estimate->mean, estimate->median, 100.0 * estimate->share_above, interval_text(estimate));
}

void add_table(std::string& text, const std::string& title, const Metrics& metrics) {
  fmt::format_to(std::back_inserter(text), "\n{}\n  {:<26} {:>6} {:>10} {:>10} {:>8}  {}\n", title, "", "n", "mean",
                 "median", "above 0", "95 % of the mean");
  const std::size_t empty = text.size();
  for (const auto& [name, estimate] : metrics) add_line(text, name, *estimate);
  if (text.size() == empty) text += "  nothing known\n";
}

void add_shortfall(std::string& text, const tca::Report& report) {
  const tca::ShortfallQuality& shortfall = report.shortfall;
  fmt::format_to(std::back_inserter(text),
                 "\nimplementation shortfall of {} orders ({} unknown); above 0 is a cost\n"
                 "  {:<10} {:>24} {:>10}  {}\n",
                 shortfall.orders, shortfall.unknown, "", report.quote, "bps", "95 % of the mean");
  for (const Part& part : parts_of(shortfall)) {
    fmt::format_to(std::back_inserter(text), "  {:<10} {:>24}", part.name, sum_text(part.doubled, shortfall.scale));
    if (*part.bps)
      fmt::format_to(std::back_inserter(text), " {:>10.3f}  {}", (*part.bps)->mean, interval_text(*part.bps));
    text += '\n';
  }
}

void add_report(std::string& text, const tca::Report& report) {
  fmt::format_to(std::back_inserter(text), "{}: {} decisions, {} orders ({} open at the end), {} fills", report.quote,
                 report.decisions, report.orders, report.orders_open, report.fills.fills);
  fmt::format_to(std::back_inserter(text), ", {:.1f} % of the wanted notional filled\n", 100.0 * report.fill_share);
  const std::string home =
      report.homes.empty() ? "home (none)" : fmt::format("home ({})", fmt::join(report.homes, ", "));
  add_table(
      text,
      fmt::format("price improvement, all-in; above 0 is cheaper than the best single venue, {}, their average", home),
      metrics_of(report.improvement));
  add_shortfall(text, report);
  add_table(text, "all fills", metrics_of(report.fills));
  if (report.groups.size() < 2) return;
  for (const tca::GroupReport& group : report.groups)
    add_table(text, fmt::format("{} {}: {} fills", group.venue, to_string(group.role), group.fills.fills),
              metrics_of(group.fills));
}

}  // namespace

Json tca_json(std::span<const tca::Report> reports) {
  Json json = {{"bootstrap", {{"resamples", tca::resamples}, {"seed", 1}, {"block", "decision"}}},
               {"reports", Json::array()}};
  for (const tca::Report& report : reports) json["reports"].push_back(report_json(report));
  return json;
}

std::string tca_text(std::span<const tca::Report> reports) {
  if (reports.empty()) return "no decisions\n";
  std::string text;
  for (const tca::Report& report : reports) {
    if (!text.empty()) text += '\n';
    add_report(text, report);
  }
  return text;
}

}  // namespace crossbook::app
