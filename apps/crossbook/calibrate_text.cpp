// SPDX-License-Identifier: Apache-2.0
#include "calibrate_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "book_text.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

double to_bps(MicroBps fee) { return static_cast<double>(fee.count()) / 1e6; }
double to_ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

template <class Number>
Json or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

double median(Calibrator& calibrator, ExchangeId id, Role role) { return calibrator.fee(id, role).median_bps; }

Json fee_json(const FeeEstimate& estimate, double current_bps) {
  return {{"samples", estimate.samples},
          {"median_bps", estimate.median_bps},
          {"weighted_bps", or_null(estimate.weighted_bps)},
          {"estimate_bps", estimate.estimate_bps},
          {"low_bps", estimate.low_bps},
          {"high_bps", estimate.high_bps},
          {"outliers", estimate.outliers},
          {"prior_bps", to_bps(estimate.prior.fee)},
          {"prior", to_string(estimate.prior.kind)},
          {"current_bps", current_bps}};
}

Json latency_json(const LatencyEstimate& estimate) {
  return {
      {"samples", estimate.samples},       {"mean_ms", estimate.mean_ns / 1e6}, {"p50_ms", to_ms(estimate.p50)},
      {"p95_ms", to_ms(estimate.p95)},     {"p99_ms", to_ms(estimate.p99)},     {"reliability", estimate.reliability},
      {"p95_enough", estimate.p95_enough}, {"p99_enough", estimate.p99_enough}, {"negatives", estimate.negatives}};
}

Json apart_json(const Calibrator& calibrator, ExchangeId id) {
  Json apart = Json::object();
  for (const auto& [currency, sum] : calibrator.fees_apart(id))
    apart[currency] = {{"fills", sum.fills}, {"amount", to_double(sum.amount) / 1e8}};
  return apart;
}

// The seed's fields of FeeCalibration and LatencyCalibration, then ours.
Json exchange_json(Calibrator& calibrator, ExchangeId id) {
  const std::int64_t samples = calibrator.samples(id);
  const double maker = median(calibrator, id, Role::maker);
  const LatencyEstimate latency = calibrator.latency(id);
  Json json = {{"maker_fee_bps", maker},
               {"taker_fee_bps", median(calibrator, id, Role::taker)},
               {"maker_rebate_bps", std::max(0.0, -maker)},
               {"mean_latency_ms", latency.mean_ns / 1e6},
               {"p50_latency_ms", to_ms(latency.p50)},
               {"p95_latency_ms", to_ms(latency.p95)},
               {"p99_latency_ms", to_ms(latency.p99)},
               {"reliability_score", latency.reliability},
               {"last_updated", utc_text(calibrator.last_updated(id).value_or(Wall()))},
               {"last_updated_ns", calibrator.last_updated(id).value_or(Wall()).nanos()},
               {"sample_count", samples},
               {"confidence", calibrator.confidence(samples)},
               {"calibrated", samples >= calibrator.settings().min_samples}};
  for (const Role role : {Role::maker, Role::taker})
    json[to_string(role)] = fee_json(calibrator.fee(id, role), calibrator.current_fee_bps(id, role));
  json["latency"] = latency_json(latency);
  for (const Stage stage : {Stage::order_to_ack, Stage::ack_to_fill, Stage::cancel_to_ack})
    json[to_string(stage)] = latency_json(calibrator.latency(id, stage));
  json["fees_apart"] = apart_json(calibrator, id);
  Json symbols = Json::object();
  for (const MarketId market : calibrator.markets(id))
    symbols[calibrator.symbol(market)] = {{"samples", calibrator.samples(market)},
                                          {"maker_fee_bps", calibrator.fee(market, Role::maker).median_bps},
                                          {"taker_fee_bps", calibrator.fee(market, Role::taker).median_bps},
                                          {"latency", latency_json(calibrator.latency(market))}};
  json["symbols"] = std::move(symbols);
  return json;
}

std::string market_name(const Calibrator& calibrator, const std::optional<MarketId>& market) {
  return market ? calibrator.symbol(*market) : "all symbols";
}

}  // namespace

Json calibrations_json(Calibrator& calibrator) {
  Json all = {{"fees", Json::object()}, {"latency", Json::object()}, {"exchanges", Json::object()}};
  for (const ExchangeId id : calibrator.exchanges()) {
    if (!calibrator.last_updated(id)) continue;
    const std::string& name = calibrator.name(id);
    const std::int64_t samples = calibrator.samples(id);
    const double maker = median(calibrator, id, Role::maker);
    all["fees"][name] = {{"maker_fee_bps", maker},
                         {"taker_fee_bps", median(calibrator, id, Role::taker)},
                         {"maker_rebate_bps", std::max(0.0, -maker)},
                         {"confidence", calibrator.confidence(samples)},
                         {"samples", samples}};
    const LatencyEstimate latency = calibrator.latency(id);
    all["latency"][name] = {{"mean_ms", latency.mean_ns / 1e6},
                            {"p95_ms", to_ms(latency.p95)},
                            {"reliability", latency.reliability},
                            {"samples", latency.samples}};
    all["exchanges"][name] = exchange_json(calibrator, id);
  }
  return all;
}

std::string calibrations_text(Calibrator& calibrator) {
  std::string text = fmt::format("{:<16} {:>9} {:>9} {:>9} {:>6} {:>9} {:>9} {:>9} {:>12}\n", "exchange", "fills",
                                 "maker bps", "taker bps", "conf.", "p50 ms", "p95 ms", "p99 ms", "reliability");
  bool small = false;
  for (const ExchangeId id : calibrator.exchanges()) {
    if (!calibrator.last_updated(id)) continue;
    const std::int64_t samples = calibrator.samples(id);
    const LatencyEstimate latency = calibrator.latency(id);
    const auto quantile = [&](Nanos time, bool enough) {
      if (latency.samples == 0) return std::string("-");
      small = small || !enough;
      return fmt::format("{:.2f}{}", to_ms(time), enough ? "" : "*");
    };
    text += fmt::format("{:<16} {:>9} {:>9.3f} {:>9.3f} {:>6.2f} {:>9} {:>9} {:>9} {:>12.3f}\n", calibrator.name(id),
                        samples, median(calibrator, id, Role::maker), median(calibrator, id, Role::taker),
                        calibrator.confidence(samples), quantile(latency.p50, true),
                        quantile(latency.p95, latency.p95_enough), quantile(latency.p99, latency.p99_enough),
                        latency.reliability);
    for (const auto& [currency, sum] : calibrator.fees_apart(id))
      text += fmt::format("  {} fills paid {:.8g} {} without a rate: not in the fees above\n", sum.fills,
                          to_double(sum.amount) / 1e8, currency);
  }
  if (small) text += "* n too small: p95 needs 59 samples, p99 299\n";
  return text;
}

Json history_json(const std::vector<store::HistoryRow>& rows) {
  Json exchanges = Json::object();
  for (const store::HistoryRow& row : rows) {
    const auto fees = [](const store::HistoryRow::Fees& of) {
      return Json{{"samples", of.samples}, {"median_bps", of.median_bps}, {"estimate_bps", of.estimate_bps}};
    };
    exchanges[row.exchange].push_back({{"from", utc_text(row.from)},
                                       {"from_ns", row.from.nanos()},
                                       {"length_s", row.length.count() / 1'000'000'000},
                                       {"maker", fees(row.maker)},
                                       {"taker", fees(row.taker)},
                                       {"latency",
                                        {{"samples", row.latency_samples},
                                         {"mean_ms", row.latency_mean_ns / 1e6},
                                         {"p50_ms", to_ms(row.latency_p50)},
                                         {"p95_ms", to_ms(row.latency_p95)},
                                         {"p99_ms", to_ms(row.latency_p99)}}}});
  }
  return exchanges;
}

std::string history_text(const std::vector<store::HistoryRow>& rows) {
  std::string text = fmt::format("{:<16} {:<20} {:>8} {:>9} {:>8} {:>9} {:>9} {:>9}\n", "exchange", "from (UTC)",
                                 "maker n", "maker bps", "taker n", "taker bps", "p50 ms", "p95 ms");
  for (const store::HistoryRow& row : rows) {
    const auto bps = [](const store::HistoryRow::Fees& fees) {
      return fees.samples == 0 ? std::string("-") : fmt::format("{:.3f}", fees.median_bps);
    };
    const auto ms = [&](Nanos time) {
      return row.latency_samples == 0 ? std::string("-") : fmt::format("{:.2f}", to_ms(time));
    };
    text += fmt::format("{:<16} {:<20} {:>8} {:>9} {:>8} {:>9} {:>9} {:>9}\n", row.exchange,
                        utc_text(row.from).substr(0, 19), row.maker.samples, bps(row.maker), row.taker.samples,
                        bps(row.taker), ms(row.latency_p50), ms(row.latency_p95));
  }
  return text;
}

Json drift_json(const Calibrator& calibrator) {
  const auto symbol = [&](const std::optional<MarketId>& market) {
    return market ? Json(calibrator.symbol(*market)) : Json(nullptr);
  };
  Json tiers = Json::array();
  for (const TierAlarm& alarm : calibrator.tier_alarms())
    tiers.push_back({{"at", utc_text(alarm.change.at)},
                     {"at_ns", alarm.change.at.nanos()},
                     {"exchange", calibrator.name(alarm.exchange)},
                     {"symbol", symbol(alarm.market)},
                     {"role", to_string(alarm.role)},
                     {"from_bps", to_bps(alarm.change.from)},
                     {"to_bps", to_bps(alarm.change.to)}});
  Json drifts = Json::array();
  for (const DriftAlarm& alarm : calibrator.drift_alarms())
    drifts.push_back({{"at", utc_text(alarm.drift.at)},
                      {"at_ns", alarm.drift.at.nanos()},
                      {"exchange", calibrator.name(alarm.exchange)},
                      {"symbol", symbol(alarm.market)},
                      {"direction", alarm.drift.slower ? "slower" : "faster"},
                      {"usual_ms", to_ms(alarm.drift.usual)}});
  return {{"tier_changes", std::move(tiers)}, {"latency_drift", std::move(drifts)}};
}

std::string drift_text(const Calibrator& calibrator) {
  std::string text;
  for (const TierAlarm& alarm : calibrator.tier_alarms())
    text += fmt::format("{} {} {}: {} fee from {:.3f} to {:.3f} bps\n", utc_text(alarm.change.at),
                        calibrator.name(alarm.exchange), market_name(calibrator, alarm.market), to_string(alarm.role),
                        to_bps(alarm.change.from), to_bps(alarm.change.to));
  for (const DriftAlarm& alarm : calibrator.drift_alarms())
    text += fmt::format("{} {} {}: {} than the usual {:.2f} ms\n", utc_text(alarm.drift.at),
                        calibrator.name(alarm.exchange), market_name(calibrator, alarm.market),
                        alarm.drift.slower ? "slower" : "faster", to_ms(alarm.drift.usual));
  return text.empty() ? "no fee tier changed and no latency drifted\n" : text;
}

}  // namespace crossbook::app
