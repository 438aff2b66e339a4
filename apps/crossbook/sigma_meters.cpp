// SPDX-License-Identifier: Apache-2.0
#include "sigma_meters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "book_text.hpp"

namespace crossbook::app {

SigmaMeters::SigmaMeters(const shard::Player& player, std::vector<std::string> symbols) : player_(player) {
  for (std::string& symbol : symbols) meters_.push_back({std::move(symbol), {}, {}});
}

void SigmaMeters::observe() {
  if (groups_ != player_.engine().groups()) find_groups();
  for (Meter& meter : meters_)
    if (meter.group) meter.volatility.set(player_.last_t(), mid_of(*meter.group));
}

void SigmaMeters::settle() {
  for (Meter& meter : meters_) meter.volatility.settle(player_.last_t());
}

Sigma SigmaMeters::sigma(const std::string& symbol) const {
  for (const Meter& meter : meters_) {
    const auto measured = meter.volatility.per_sqrt_second();
    const auto mid = meter.group ? mid_of(*meter.group) : std::nullopt;
    if (!meter.group || player_.engine().group(*meter.group).name != symbol || !measured || !mid) continue;
    return {std::max(*measured, volatility_floor(1.0, *mid)),
            fmt::format("measured over {} s of this session", meter.volatility.steps())};
  }
  return {.per_sqrt_second = LatencyPricing().volatility, .source = "default: less than a minute was seen"};
}

void SigmaMeters::find_groups() {
  groups_ = player_.engine().groups();
  for (Meter& meter : meters_)
    if (!meter.group) meter.group = group_of(player_.engine(), meter.symbol);
}

// In ticks of the book's scale; nothing where a side is missing.
std::optional<double> SigmaMeters::mid_of(GroupId id) const {
  const book::Consolidated& view = player_.engine().group(id).consolidated;
  const auto& bid = view.best(Side::bid);
  const auto& ask = view.best(Side::ask);
  if (!bid || !ask || bid->price.count() <= 0) return {};
  return (static_cast<double>(bid->price.count()) + static_cast<double>(ask->price.count())) / 2.0;
}

}  // namespace crossbook::app
