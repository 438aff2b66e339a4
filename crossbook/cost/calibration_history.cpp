// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "crossbook/cost/calibration.hpp"

// A calibration over time: each slice estimated by itself.
namespace crossbook {
namespace {

// What several rings hold of one slice.
struct Parts {
  std::array<FeeCounts, 2> fees;
  Sketch latency;
};
using Timeline = std::map<std::int64_t, Parts>;

void gather(Timeline& timeline, const Ring<FeeCounts>& ring, Role role) {
  for (const auto& entry : ring.entries())
    timeline[entry.number].fees[static_cast<std::size_t>(role)].merge(entry.slice);
}
void gather(Timeline& timeline, const Ring<Sketch>& ring) {
  for (const auto& entry : ring.entries()) timeline[entry.number].latency.merge(entry.slice);
}

std::vector<HistoryPoint> points_of(const Timeline& timeline, Nanos length, const std::array<FeePrior, 2>& priors) {
  std::vector<HistoryPoint> points;
  for (const auto& [number, parts] : timeline) {
    points.push_back({.from = Wall(number * length.count()),
                      .length = length,
                      .fees = {estimate_fee(parts.fees[0], priors[0]), estimate_fee(parts.fees[1], priors[1])},
                      .latency = estimate_latency(parts.latency)});
  }
  return points;
}

constexpr std::array<Role, 2> roles = {Role::maker, Role::taker};

}  // namespace

std::vector<HistoryPoint> Calibrator::history(ExchangeId id) {
  advance_all();
  const Exchange& exchange = exchanges_[index(id)];
  Timeline timeline;
  for (const Role role : roles) gather(timeline, exchange.fees[static_cast<std::size_t>(role)].window().slices(), role);
  gather(timeline, exchange.stages[static_cast<std::size_t>(Stage::execution)].window().slices());
  return points_of(timeline, exchange_shape_.length, {prior(id, Role::maker), prior(id, Role::taker)});
}

std::vector<HistoryPoint> Calibrator::history(MarketId id, Grain grain) {
  advance_all();
  const Market& market = markets_[index(id)];
  Timeline timeline;
  std::array<FeePrior, 2> priors;
  for (const Role role : roles) {
    const Cell& cell = market.cells[static_cast<std::size_t>(role)];
    const bool hourly = grain == Grain::hour;
    gather(timeline, hourly ? cell.fees.window().fine_slices() : cell.fees.window().slices(), role);
    gather(timeline, hourly ? cell.latency.window().fine_slices() : cell.latency.window().slices());
    priors[static_cast<std::size_t>(role)] = cell.prior ? *cell.prior : prior(market.exchange, role);
  }
  return points_of(timeline, grain == Grain::hour ? market_shape_.fine_length : market_shape_.length, priors);
}

}  // namespace crossbook
