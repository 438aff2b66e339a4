// SPDX-License-Identifier: Apache-2.0
#include "route_costs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "crossbook/api/published_fees.hpp"
#include "crossbook/store/calibrations.hpp"

namespace crossbook::app {
namespace {

constexpr MicroBps fee_default{5'000'000};  // the seed's taker fee where nothing is known

TakerFee published_fee(const std::string& venue, const std::string& symbol) {
  const FeeTier* tier = published_tier(venue, symbol);
  if (tier == nullptr) return {fee_default, {CostKind::fallback, "default: nothing published is known", 0}};
  return {
      tier->taker,
      {CostKind::published, fmt::format("published {}{}", tier->read_on, tier->unverified ? " (unverified)" : ""), 0}};
}

}  // namespace

const FeeTier* published_tier(std::string_view venue, std::string_view symbol) {
  const bool derivative = symbol.find(':') != std::string_view::npos;
  return published_fee_schedules().find(venue, derivative ? "derivatives" : "spot", 0);
}

std::optional<FeeTakenIn> fee_taken_in(std::string_view venue) {
  using enum FeeTakenIn;
  // docs/venues/*.md: discounts paid in a venue's own token change it, and are the user's to know.
  static constexpr std::array<std::pair<std::string_view, FeeTakenIn>, 14> known = {{{"binance", received},
                                                                                     {"bitfinex", received},
                                                                                     {"bitget", received},
                                                                                     {"bitstamp", quote},
                                                                                     {"bybit", received},
                                                                                     {"coinbase", quote},
                                                                                     {"coinbaseexchange", quote},
                                                                                     {"cryptocom", received},
                                                                                     {"gate", received},
                                                                                     {"gemini", quote},
                                                                                     {"htx", received},
                                                                                     {"kraken", quote},
                                                                                     {"kucoin", quote},
                                                                                     {"okx", received}}};
  const auto found = std::find_if(known.begin(), known.end(), [&](const auto& row) { return row.first == venue; });
  if (found == known.end()) return {};
  return found->second;
}

sys::Outcome<void> VenueCosts::attach(const std::string& store_path, Wall now) {
  auto store = store::open_store(store_path, {.access = store::Access::read});
  if (!store) return sys::fault(store.error());
  auto calibrations = store::read_calibrations(**store, {});
  if (!calibrations) return sys::fault(calibrations.error());
  calibrator_ = std::move(calibrations->calibrator);
  calibrator_->advance(now);
  return {};
}

std::optional<ExchangeId> VenueCosts::find_exchange(const CostKey& key) const {
  const auto by_venue = calibrator_->find_exchange(key.venue);
  return by_venue ? by_venue : calibrator_->find_exchange(key.feed);
}

// The symbol's own fills where they are enough, then the exchange's, then whatever there is: drawn to what is
// published.
std::optional<TakerFee> VenueCosts::learned_fee(const CostKey& key, const TakerFee& published) {
  const auto exchange = find_exchange(key);
  if (!exchange) return {};
  const auto kind = published.source.kind == CostKind::published ? PriorKind::published : PriorKind::fallback;
  calibrator_->set_prior(*exchange, Role::taker, {published.rate, kind});
  const auto market = calibrator_->find_market(calibrator_->name(*exchange), key.symbol);
  const std::int64_t of_market = market ? calibrator_->fee(*market, Role::taker).samples : 0;
  const std::int64_t of_exchange = calibrator_->fee(*exchange, Role::taker).samples;
  const std::int64_t enough = calibrator_->settings().min_samples;
  const bool by_market = of_market >= enough || (of_market > 0 && of_exchange < enough);
  const std::int64_t samples = by_market ? of_market : of_exchange;
  if (samples == 0) return {};
  const double bps = by_market ? calibrator_->current_fee_bps(*market, Role::taker)
                               : calibrator_->current_fee_bps(*exchange, Role::taker);
  TakerFee fee{MicroBps(static_cast<std::int64_t>(bps * 1e6 + (bps < 0 ? -0.5 : 0.5))), {}};
  fee.source = {CostKind::learned,
                fmt::format("learned from {} fill{} of {}{}", samples, samples == 1 ? "" : "s",
                            by_market ? key.symbol : "all symbols",
                            samples < enough ? ", too few: drawn to " + published.source.text : ""),
                samples};
  return fee;
}

TakerFee VenueCosts::taker_fee(const CostKey& key) {
  if (const auto given = given_bps_.find(key.venue); given != given_bps_.end())
    return {MicroBps(static_cast<std::int64_t>(given->second * 1e6 + (given->second < 0 ? -0.5 : 0.5))),
            {CostKind::given, "given", 0}};
  const TakerFee published = published_fee(key.venue, key.symbol);
  if (!calibrator_) return published;
  return learned_fee(key, published).value_or(published);
}

OrderLatency VenueCosts::order_latency(const CostKey& key) {
  const OrderLatency assumed{latency_, {CostKind::fallback, "--latency-ms", 0}};
  const auto exchange = calibrator_ ? find_exchange(key) : std::nullopt;
  if (!exchange) return assumed;
  const auto learned = [&](const LatencyEstimate& estimate, const std::string& of) {
    const std::string text = fmt::format("learned p50 of {} orders of {}", estimate.samples, of);
    return OrderLatency{estimate.p50, {CostKind::learned, text, estimate.samples}};
  };
  const std::int64_t enough = calibrator_->settings().min_samples;
  if (const auto market = calibrator_->find_market(calibrator_->name(*exchange), key.symbol)) {
    const LatencyEstimate& of_market = calibrator_->latency(*market, Role::taker);
    if (of_market.samples >= enough) return learned(of_market, key.symbol);
  }
  const LatencyEstimate& of_exchange = calibrator_->latency(*exchange);
  if (of_exchange.samples >= enough) return learned(of_exchange, "all symbols");
  return assumed;
}

}  // namespace crossbook::app
