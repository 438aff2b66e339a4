// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_costs.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

// Where only a median is known, the slow messages of a venue are taken to need twice and four times as long.
gateway::LatencyModel spread_around(Nanos median) {
  return gateway::LatencyModel::of_quantiles(median, Nanos(median.count() * 2), Nanos(median.count() * 4));
}

// There and back are drawn apart. A report comes after what it tells of.
Nanos half(Nanos both) { return std::max(Nanos(both.count() / 2), Nanos(1)); }

// Quantiles for which there are too few samples are assumed like those around a median.
gateway::LatencyModel half_of(const LatencyEstimate& both) {
  const Nanos p50 = half(both.p50);
  return gateway::LatencyModel::of_quantiles(p50, both.p95_enough ? half(both.p95) : Nanos(p50.count() * 2),
                                             both.p99_enough ? half(both.p99) : Nanos(p50.count() * 4));
}

MicroBps within_whole(MicroBps rate) {
  constexpr MicroBps whole(10'000'000'000);
  return std::clamp(rate, -whole, whole);
}

}  // namespace

PaperCosts::PaperCosts(const engine::Engine& engine, const PaperScript& script, BeliefOf belief, Calibrator calibrator)
    : engine_(engine), scripted_(script.venues), belief_of_(std::move(belief)), calibrator_(std::move(calibrator)) {}

VenueBelief PaperCosts::belief(ListingId id) const {
  const Listing& listing = engine_.listings()[id];
  return belief_of_(venue::feed(listing.feed).venue, listing.instrument.symbol);
}

gateway::PaperVenue PaperCosts::exchange(ListingId id) const {
  const VenueBelief believed = belief(id);
  gateway::PaperVenue exchange{.maker_fee = within_whole(believed.maker),
                               .taker_fee = within_whole(believed.taker),
                               .out = spread_around(believed.out),
                               .back = spread_around(believed.back),
                               .cancel = {}};
  if (believed.round_trip) exchange.out = exchange.back = half_of(*believed.round_trip);
  exchange.cancel = exchange.out;
  const auto found = scripted_.find(std::string(venue::feed(engine_.listings()[id].feed).venue));
  if (found == scripted_.end()) return exchange;
  const ScriptVenue& scripted = found->second;
  exchange.maker_fee = scripted.maker.value_or(exchange.maker_fee);
  exchange.taker_fee = scripted.taker.value_or(exchange.taker_fee);
  if (scripted.latency) exchange.out = exchange.cancel = gateway::LatencyModel::fixed(*scripted.latency);
  // A report comes after what it tells of.
  if (scripted.report_latency)
    exchange.back = gateway::LatencyModel::fixed(std::max(*scripted.report_latency, Nanos(1)));
  return exchange;
}

MarketId PaperCosts::market(ListingId id) {
  if (markets_.size() <= index(id)) markets_.resize(index(id) + 1);
  std::optional<MarketId>& market = markets_[index(id)];
  if (!market) {
    const Listing& listing = engine_.listings()[id];
    market = calibrator_.market(venue::feed(listing.feed).venue, listing.instrument.symbol);
    const VenueBelief believed = belief(id);
    calibrator_.set_prior(*market, Role::maker, {believed.maker, PriorKind::published});
    calibrator_.set_prior(*market, Role::taker, {believed.taker, PriorKind::published});
  }
  return *market;
}

MicroBps PaperCosts::fee(ListingId id, Role role) { return calibrator_.current_fee(market(id), role); }

// A taker's execution is reported once it was out and back; its way out is taken to be half of that.
Nanos PaperCosts::latency(ListingId id) {
  const LatencyEstimate& learned = calibrator_.latency(market(id), Role::taker);
  if (learned.samples >= calibrator_.settings().min_samples) return Nanos(learned.p50.count() / 2);
  const VenueBelief believed = belief(id);
  return believed.round_trip ? half(believed.round_trip->p50) : believed.out;
}

MicroBps PaperCosts::waiting(GroupId id, Nanos tau) const {
  LatencyPricing pricing;
  if (index(id) < volatilities_.size())
    if (const auto measured = volatilities_[index(id)].per_sqrt_second()) pricing.volatility = *measured;
  return latency_rate(pricing, tau);
}

void PaperCosts::on_top(GroupId id, Wall wall) {
  if (volatilities_.size() <= index(id)) volatilities_.resize(index(id) + 1);
  const book::Consolidated& view = engine_.group(id).consolidated;
  const auto& bid = view.best(Side::bid);
  const auto& ask = view.best(Side::ask);
  const bool known = bid && ask && bid->price.count() > 0;
  volatilities_[index(id)].set(
      wall, known
                ? std::optional((static_cast<double>(bid->price.count()) + static_cast<double>(ask->price.count())) / 2)
                : std::nullopt);
}

}  // namespace crossbook::shard
