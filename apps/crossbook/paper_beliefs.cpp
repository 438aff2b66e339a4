// SPDX-License-Identifier: Apache-2.0
#include "paper_beliefs.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crossbook/venue/registry.hpp"
#include "route_costs.hpp"

namespace crossbook::app {
namespace {

class Measured {
 public:
  explicit Measured(Calibrator calibrator) : calibrator_(std::move(calibrator)) {}

  shard::VenueBelief belief(std::string_view venue, std::string_view symbol) {
    shard::VenueBelief belief = published_belief(venue, symbol);
    const auto exchange = find_exchange(venue);
    if (!exchange) return belief;
    const auto market = calibrator_.find_market(calibrator_.name(*exchange), symbol);
    belief.maker = fee(*exchange, market, Role::maker, belief.maker);
    belief.taker = fee(*exchange, market, Role::taker, belief.taker);
    belief.round_trip = enough(calibrator_.latency(*exchange, Stage::order_to_ack));
    if (!belief.round_trip) belief.round_trip = takers_latency(*exchange, market);
    return belief;
  }

 private:
  // Executions may be kept under the name of one of the exchange's feeds.
  [[nodiscard]] std::optional<ExchangeId> find_exchange(std::string_view venue) const {
    auto found = calibrator_.find_exchange(venue);
    for (const venue::Feed* feed : venue::feeds())
      if (!found && feed->venue == venue) found = calibrator_.find_exchange(feed->name);
    return found;
  }
  [[nodiscard]] bool is_enough(std::int64_t samples) const { return samples >= calibrator_.settings().min_samples; }
  [[nodiscard]] std::optional<LatencyEstimate> enough(const LatencyEstimate& estimate) const {
    return is_enough(estimate.samples) ? std::optional(estimate) : std::nullopt;
  }

  MicroBps fee(ExchangeId exchange, std::optional<MarketId> market, Role role, MicroBps published) {
    calibrator_.set_prior(exchange, role, {published, PriorKind::published});
    if (market && is_enough(calibrator_.fee(*market, role).samples)) return calibrator_.current_fee(*market, role);
    if (!is_enough(calibrator_.fee(exchange, role).samples)) return published;
    const double micro = calibrator_.current_fee_bps(exchange, role) * 1e6;
    return MicroBps(static_cast<std::int64_t>(micro + (micro < 0 ? -0.5 : 0.5)));
  }
  // Of the symbol, else of the one with most executions. How long a maker waits is the market's doing.
  std::optional<LatencyEstimate> takers_latency(ExchangeId exchange, std::optional<MarketId> market) {
    if (market && is_enough(calibrator_.latency(*market, Role::taker).samples))
      return calibrator_.latency(*market, Role::taker);
    LatencyEstimate most;
    for (const MarketId id : calibrator_.markets(exchange)) {
      const LatencyEstimate& estimate = calibrator_.latency(id, Role::taker);
      if (estimate.samples > most.samples) most = estimate;
    }
    return enough(most);
  }

  Calibrator calibrator_;
};

}  // namespace

shard::VenueBelief published_belief(std::string_view venue, std::string_view symbol) {
  shard::VenueBelief belief{.maker = MicroBps(2'000'000), .taker = MicroBps(5'000'000)};
  if (const FeeTier* tier = published_tier(venue, symbol)) {
    belief.maker = tier->maker;
    belief.taker = tier->taker;
  }
  return belief;
}

shard::BeliefOf measured_beliefs(Calibrator measured) {
  return [all = std::make_shared<Measured>(std::move(measured))](std::string_view venue, std::string_view symbol) {
    return all->belief(venue, symbol);
  };
}

}  // namespace crossbook::app
