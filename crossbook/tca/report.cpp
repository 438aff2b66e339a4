// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/report.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "crossbook/core/decimal.hpp"

namespace crossbook::tca {
namespace {

using Observations = std::vector<Observation>;

double unit_of(int scale) {
  double unit = 1.0;
  for (int i = 0; i < scale; ++i) unit *= 10.0;
  return unit;
}
double value_of(Wide value, Scales scales) { return to_double(value) / unit_of(scales.price + scales.quantity); }

std::optional<std::int64_t> finer(std::optional<std::int64_t> count, int from, int to) {
  if (!count) return {};
  const Result<std::int64_t> scaled = rescale(*count, from, to);
  if (!scaled) return {};
  return *scaled;
}
std::optional<Price> finer(std::optional<Price> price, int from, int to) {
  if (!price) return {};
  const auto count = finer(price->count(), from, to);
  if (!count) return {};
  return Price(*count);
}

// Fill and decision, prices at one scale.
struct Pair {
  const DecisionRow* decision = nullptr;
  const FillRow* fill = nullptr;
  int scale = 0;
  Price price;
  Top top;  // that the decision saw
  double value = 0.0;
};

void add(Observations& observations, const Pair& pair, std::optional<double> value) {
  if (value) observations.push_back({static_cast<std::uint64_t>(pair.decision->decision), *value, pair.value});
}

// Collects what becomes a FillQuality.
class Collector {
 public:
  void add_fill(const Pair& pair) {
    ++fills_;
    value_ += pair.value;
    orders_.insert(pair.fill->order);
    const Action action = pair.decision->action;
    if (const auto mid = doubled_mid(pair.top)) add(effective_, pair, effective_spread_bps(action, pair.price, *mid));
    add(quoted_, pair, quoted_half_spread_bps(pair.top));
    add(over_quoted_, pair, effective_over_quoted(action, pair.price, pair.top));
    const Wide value = pair.fill->quantity * pair.fill->price.count();
    if (value > 0) add(fee_, pair, 1e4 * to_double(pair.fill->fee) / to_double(value));
  }
  void add_markout(const Pair& pair, std::size_t horizon, std::int64_t mid) {
    const Action action = pair.decision->action;
    add(markout_[horizon], pair, markout_bps(action, pair.price, mid));
    const auto decision_mid = doubled_mid(pair.top);
    if (!decision_mid) return;
    add(realised_[horizon], pair, realised_spread_bps(action, pair.price, *decision_mid, mid));
    add(impact_[horizon], pair, price_impact_bps(action, *decision_mid, mid));
  }
  [[nodiscard]] FillQuality quality() const {
    FillQuality quality{.fills = fills_, .orders = orders_.size(), .value = value_};
    quality.effective_spread_bps = estimate(effective_);
    quality.quoted_half_spread_bps = estimate(quoted_);
    quality.effective_over_quoted = estimate(over_quoted_);
    quality.fee_bps = estimate(fee_);
    for (std::size_t h = 0; h < horizons.size(); ++h) {
      quality.realised_spread_bps[h] = estimate(realised_[h]);
      quality.price_impact_bps[h] = estimate(impact_[h]);
      quality.markout_bps[h] = estimate(markout_[h]);
    }
    return quality;
  }

 private:
  std::size_t fills_ = 0;
  std::set<OrderId> orders_;
  double value_ = 0.0;
  Observations effective_;
  Observations quoted_;
  Observations over_quoted_;
  Observations fee_;
  std::array<Observations, horizons.size()> realised_;
  std::array<Observations, horizons.size()> impact_;
  std::array<Observations, horizons.size()> markout_;
};

// Exact sums of parts of several scales.
class ShortfallCollector {
 public:
  void add_order(const DecisionRow& decision, const OrderEndRow& row) {
    if (!row.parts) {
      ++quality_.unknown;
      return;
    }
    ++quality_.orders;
    add_sums(*row.parts, row.scales.price + row.scales.quantity);
    const auto mid = finer(doubled_mid(decision.top), decision.scales.price, row.scales.price);
    if (!mid || *mid <= 0) return;
    const Wide notional = row.quantity * *mid;  // doubled, as the parts are
    const double weight = value_of(notional, row.scales) / 2.0;
    quality_.notional += weight;
    const auto block = static_cast<std::uint64_t>(row.decision);
    const auto observe = [&](std::size_t part, Wide cost) {
      parts_[part].push_back({block, 1e4 * to_double(cost) / to_double(notional), weight});
    };
    observe(0, row.parts->delay);
    observe(1, row.parts->latency);
    observe(2, row.parts->spread);
    observe(3, row.parts->impact);
    observe(4, row.parts->fees);
    observe(5, row.parts->unfilled);
    observe(6, row.parts->total());
  }
  [[nodiscard]] ShortfallQuality quality() {
    quality_.delay_bps = estimate(parts_[0]);
    quality_.latency_bps = estimate(parts_[1]);
    quality_.spread_bps = estimate(parts_[2]);
    quality_.impact_bps = estimate(parts_[3]);
    quality_.fees_bps = estimate(parts_[4]);
    quality_.unfilled_bps = estimate(parts_[5]);
    quality_.total_bps = estimate(parts_[6]);
    return quality_;
  }

 private:
  void add_sums(ShortfallParts parts, int scale) {
    while (quality_.scale < scale) {
      for_each(quality_.sums, [](Wide& part) { part *= 10; });
      ++quality_.scale;
    }
    for (; scale < quality_.scale; ++scale) for_each(parts, [](Wide& part) { part *= 10; });
    ShortfallParts& sums = quality_.sums;
    sums.delay += parts.delay;
    sums.latency += parts.latency;
    sums.spread += parts.spread;
    sums.impact += parts.impact;
    sums.fees += parts.fees;
    sums.unfilled += parts.unfilled;
  }
  template <class Change>
  static void for_each(ShortfallParts& parts, Change change) {
    for (Wide* part : {&parts.delay, &parts.latency, &parts.spread, &parts.impact, &parts.fees, &parts.unfilled})
      change(*part);
  }

  ShortfallQuality quality_;
  std::array<Observations, 7> parts_;
};

struct Improvements {
  Observations best;
  Observations home;
  Observations average;

  void add_row(const ImprovementRow& row) {
    if (!row.all_in) return;
    const double weight = value_of(*row.all_in, row.scales);
    const auto block = static_cast<std::uint64_t>(row.decision);
    if (row.best_single_bps) best.push_back({block, *row.best_single_bps, weight});
    if (row.home_bps) home.push_back({block, *row.home_bps, weight});
    if (row.average_bps) average.push_back({block, *row.average_bps, weight});
  }
};

// All of one quote currency.
struct Section {
  std::size_t decisions = 0;
  std::size_t orders = 0;
  std::size_t orders_open = 0;
  std::set<std::string> homes;
  double wanted = 0.0;
  double filled = 0.0;
  Collector all;
  std::map<std::pair<std::string, Role>, Collector> groups;
  ShortfallCollector shortfall;
  Improvements improvements;

  void add_decision(const DecisionRow& row) {
    ++decisions;
    if (!row.home.empty()) homes.insert(row.home);
  }
  void add_order(const DecisionRow& decision, const OrderEndRow& row) {
    ++orders;
    orders_open += row.open ? 1 : 0;
    shortfall.add_order(decision, row);
    const auto mid = doubled_mid(decision.top);
    if (!mid) return;
    const Scales scales{decision.scales.price, row.scales.quantity};
    wanted += value_of(row.quantity * *mid, scales) / 2.0;
    filled += value_of(row.filled * *mid, scales) / 2.0;
  }
  [[nodiscard]] Report report(std::string quote) {
    Report report{.quote = std::move(quote), .decisions = decisions, .orders = orders, .orders_open = orders_open};
    report.fill_share = wanted > 0.0 ? filled / wanted : 0.0;
    report.homes.assign(homes.begin(), homes.end());
    report.fills = all.quality();
    for (const auto& [key, collector] : groups) report.groups.push_back({key.first, key.second, collector.quality()});
    report.shortfall = shortfall.quality();
    report.improvement.best_single_bps = estimate(improvements.best);
    report.improvement.home_bps = estimate(improvements.home);
    report.improvement.average_bps = estimate(improvements.average);
    return report;
  }
};

class Sections {
 public:
  Sections(const Rows& rows, std::string_view symbol) {
    for (const DecisionRow& row : rows.decisions) {
      if (!symbol.empty() && row.symbol != symbol) continue;
      if (decisions_.emplace(row.decision, &row).second) section(row).add_decision(row);
    }
    for (const FillRow& row : rows.fills) add_fill(row);
    for (const MarkoutRow& row : rows.markouts) add_markout(row);
    for (const OrderEndRow& row : rows.orders)
      if (const DecisionRow* decision = find(row.decision)) section(*decision).add_order(*decision, row);
    for (const ImprovementRow& row : rows.improvements)
      if (const DecisionRow* decision = find(row.decision)) section(*decision).improvements.add_row(row);
  }
  [[nodiscard]] std::vector<Report> reports() {
    std::vector<Report> reports;
    for (auto& [quote, section] : sections_) reports.push_back(section.report(quote));
    return reports;
  }

 private:
  Section& section(const DecisionRow& decision) { return sections_[std::string(quote_of(decision.symbol))]; }
  [[nodiscard]] const DecisionRow* find(OrderId decision) const {
    const auto found = decisions_.find(decision);
    return found == decisions_.end() ? nullptr : found->second;
  }
  void add_fill(const FillRow& row) {
    const DecisionRow* decision = find(row.decision);
    if (decision == nullptr) return;
    const auto pair = pair_at(*decision, row, std::max(decision->scales.price, row.scales.price));
    if (!pair) return;
    fills_[{row.order, row.trade}] = &row;
    section(*decision).all.add_fill(*pair);
    section(*decision).groups[{row.venue, row.role}].add_fill(*pair);
  }
  void add_markout(const MarkoutRow& row) {
    const auto found = fills_.find({row.order, row.trade});
    const auto horizon = std::ranges::find(horizons, row.horizon);
    if (found == fills_.end() || horizon == horizons.end()) return;
    const FillRow& fill = *found->second;
    const DecisionRow& decision = *find(fill.decision);
    const auto pair = pair_at(decision, fill, std::max({decision.scales.price, fill.scales.price, row.price_scale}));
    if (!pair) return;
    const auto mid = finer(row.doubled_mid, row.price_scale, pair->scale);
    if (!mid) return;
    const auto position = static_cast<std::size_t>(horizon - horizons.begin());
    section(decision).all.add_markout(*pair, position, *mid);
    section(decision).groups[{fill.venue, fill.role}].add_markout(*pair, position, *mid);
  }
  [[nodiscard]] static std::optional<Pair> pair_at(const DecisionRow& decision, const FillRow& fill, int scale) {
    const std::optional<Price> price = finer(std::optional(fill.price), fill.scales.price, scale);
    if (!price) return {};
    return Pair{.decision = &decision,
                .fill = &fill,
                .scale = scale,
                .price = *price,
                .top = {finer(decision.top.bid, decision.scales.price, scale),
                        finer(decision.top.ask, decision.scales.price, scale)},
                .value = value_of(fill.quantity * fill.price.count(), fill.scales)};
  }

  std::map<OrderId, const DecisionRow*> decisions_;
  std::map<std::pair<OrderId, std::uint64_t>, const FillRow*> fills_;
  std::map<std::string, Section> sections_;
};

}  // namespace

std::vector<Report> report(const Rows& rows, std::string_view symbol) { return Sections(rows, symbol).reports(); }

std::string_view quote_of(std::string_view symbol) {
  const std::size_t slash = symbol.find('/');
  if (slash == std::string_view::npos) return symbol;
  const std::string_view quote = symbol.substr(slash + 1);
  return quote.substr(0, quote.find(':'));
}

}  // namespace crossbook::tca
