// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/cost/calibration.hpp"

// Merging calibrators, and turning one into whole numbers and back. The order of the words is on disk: a change of it
// is a new version.
namespace crossbook {
namespace {

constexpr std::int64_t version = 2;  // 1 had no alarms
constexpr std::size_t exchanges_max = 4096;

void save(StateWriter& out, const std::optional<Wall>& time) {
  out.put(time ? 1 : 0);
  out.put(time ? time->nanos() : 0);
}

std::optional<Wall> load_time(StateReader& in) {
  const bool known = in.take_within(0, 1) == 1;
  const Wall last{in.take()};
  if (!known) return {};
  return last;
}

void take_later(std::optional<Wall>& time, const std::optional<Wall>& other) {
  if (other && (!time || *time < *other)) time = other;
}

}  // namespace

void Calibrator::advance_all() {
  for (Exchange& exchange : exchanges_) {
    for (FeeWindow& fees : exchange.fees) fees.advance(now_);
    for (LatencyWindow& stage : exchange.stages) stage.advance(now_);
    exchange.fills.advance(now_);
    exchange.surprises.advance(now_);
  }
  for (Market& market : markets_) {
    for (Cell& cell : market.cells) {
      cell.fees.advance(now_);
      cell.latency.advance(now_);
    }
    market.fills.advance(now_);
  }
}

void Calibrator::merge(Exchange& into, const Exchange& from, bool taken_over) const {
  for (std::size_t role = 0; role < into.fees.size(); ++role) into.fees[role].merge(from.fees[role]);
  for (std::size_t stage = 0; stage < stage_count; ++stage) into.stages[stage].merge(from.stages[stage]);
  into.fills.merge(from.fills);
  into.surprises.merge(from.surprises);
  for (const auto& [currency, apart] : from.apart) {
    into.apart[currency].fills += apart.fills;
    into.apart[currency].amount += apart.amount;
  }
  take_later(into.last, from.last);
  if (!taken_over) return;
  into.tiers = from.tiers;
  into.drift = from.drift;
  into.clock = from.clock;
  into.priors = from.priors;
}

void Calibrator::merge(Market& into, const Market& from, bool taken_over) const {
  for (std::size_t role = 0; role < into.cells.size(); ++role) {
    Cell& cell = into.cells[role];
    const Cell& other = from.cells[role];
    cell.fees.merge(other.fees);
    cell.latency.merge(other.latency);
    if (!taken_over) continue;
    cell.tiers = other.tiers;
    cell.drift = other.drift;
    cell.prior = other.prior;
  }
  into.fills.merge(from.fills);
  take_later(into.last, from.last);
}

void Calibrator::merge(const Calibrator& other) {
  CROSSBOOK_ASSERT(settings_.lookback == other.settings_.lookback);
  advance(other.now_);
  refused_ += other.refused_;
  for (const Exchange& from : other.exchanges_) {
    const bool taken_over = !find_exchange(from.name);
    merge(exchanges_[index(exchange(from.name))], from, taken_over);
  }
  for (const Market& from : other.markets_) {
    const std::string& exchange_name = other.name(from.exchange);
    const bool taken_over = !find_market(exchange_name, from.symbol);
    merge(markets_[index(market(exchange_name, from.symbol))], from, taken_over);
  }
  advance_all();
}

void Calibrator::save(StateWriter& out, const Exchange& exchange, bool with_detectors) const {
  out.put_text(exchange.name);
  crossbook::save(out, exchange.last);
  for (const FeeWindow& fees : exchange.fees) fees.save(out);
  for (const LatencyWindow& stage : exchange.stages) stage.save(out);
  exchange.fills.save(out);
  exchange.surprises.save(out);
  out.put_size(exchange.apart.size());
  for (const auto& [currency, apart] : exchange.apart) {
    out.put_text(currency);
    out.put(apart.fills);
    out.put_wide(apart.amount);
  }
  if (with_detectors) {
    for (const TierDetector& tiers : exchange.tiers) tiers.save(out);
    exchange.drift.save(out);
  }
  out.put_size(exchange.markets.size());
  for (const auto& [symbol, id] : exchange.markets) save(out, markets_[index(id)], with_detectors);
}

void Calibrator::save(StateWriter& out, const Market& market, bool with_detectors) const {
  out.put_text(market.symbol);
  crossbook::save(out, market.last);
  market.fills.save(out);
  for (const Cell& cell : market.cells) {
    cell.fees.save(out);
    cell.latency.save(out);
    if (!with_detectors) continue;
    cell.tiers.save(out);
    cell.drift.save(out);
  }
}

void Calibrator::save_whose(StateWriter& out, ExchangeId exchange, const std::optional<MarketId>& market) const {
  out.put_text(name(exchange));
  out.put(market ? 1 : 0);
  if (market) out.put_text(symbol(*market));
}

void Calibrator::save_alarms(StateWriter& out) const {
  out.put_size(tier_alarms_.size());
  for (const TierAlarm& alarm : tier_alarms_) {
    save_whose(out, alarm.exchange, alarm.market);
    out.put(static_cast<std::int64_t>(alarm.role));
    out.put(alarm.change.at.nanos());
    out.put(alarm.change.from.count());
    out.put(alarm.change.to.count());
  }
  out.put_size(drift_alarms_.size());
  for (const DriftAlarm& alarm : drift_alarms_) {
    save_whose(out, alarm.exchange, alarm.market);
    out.put(alarm.drift.at.nanos());
    out.put(alarm.drift.slower ? 1 : 0);
    out.put(alarm.drift.usual.count());
  }
}

// Whose alarm it is; only of exchanges and markets that are there.
bool Calibrator::load_whose(StateReader& in, ExchangeId& exchange, std::optional<MarketId>& market) const {
  const std::string exchange_name = in.take_text();
  const auto found = find_exchange(exchange_name);
  if (in.failed() || !found) return false;
  exchange = *found;
  if (in.take_within(0, 1) == 0) return !in.failed();
  market = find_market(exchange_name, in.take_text());
  return market.has_value();
}

void Calibrator::load_alarms(StateReader& in) {
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left) {
    TierAlarm alarm;
    if (!load_whose(in, alarm.exchange, alarm.market)) return in.fail();
    alarm.role = in.take_within(0, 1) == 0 ? Role::maker : Role::taker;
    alarm.change.at = Wall(in.take());
    alarm.change.from = MicroBps(in.take_within(-fee_max.count(), fee_max.count()));
    alarm.change.to = MicroBps(in.take_within(-fee_max.count(), fee_max.count()));
    tier_alarms_.push_back(alarm);
  }
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left) {
    DriftAlarm alarm;
    if (!load_whose(in, alarm.exchange, alarm.market)) return in.fail();
    alarm.drift.at = Wall(in.take());
    alarm.drift.slower = in.take_within(0, 1) == 1;
    alarm.drift.usual = Nanos(in.take());
    drift_alarms_.push_back(alarm);
  }
  if (tier_alarms_.size() > alarms_max || drift_alarms_.size() > alarms_max) in.fail();
}

std::vector<std::int64_t> Calibrator::state(bool with_detectors) {
  advance_all();
  std::vector<std::int64_t> words;
  StateWriter out(words);
  out.put(version);
  out.put(with_detectors ? 1 : 0);
  out.put(settings_.lookback.count());
  out.put(settings_.min_samples);
  out.put(now_.nanos());
  out.put_size(exchanges_.size());
  for (const auto& [name, id] : names_) save(out, exchanges_[index(id)], with_detectors);
  if (with_detectors) save_alarms(out);
  return words;
}

void Calibrator::load_exchange(StateReader& in, bool with_detectors) {
  const std::string name = in.take_text();
  if (in.failed() || find_exchange(name) || exchanges_.size() == exchanges_max) return in.fail();
  Exchange& loaded = exchanges_[index(exchange(name))];
  loaded.last = load_time(in);
  for (FeeWindow& fees : loaded.fees) fees.load(in);
  for (LatencyWindow& stage : loaded.stages) stage.load(in);
  loaded.fills.load(in);
  loaded.surprises.load(in);
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left) {
    const std::string currency = in.take_text();
    Apart& apart = loaded.apart[currency];
    apart.fills = in.take_within(0, loaded_count_max);
    apart.amount = in.take_wide_within(-loaded_sum_max, loaded_sum_max);
  }
  if (with_detectors) {
    for (TierDetector& tiers : loaded.tiers) tiers.load(in);
    loaded.drift.load(in);
  }
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left) {
    const std::string symbol = in.take_text();
    if (in.failed() || find_market(name, symbol)) return in.fail();
    load(in, markets_[index(market(name, symbol))], with_detectors);
  }
}

void Calibrator::load(StateReader& in, Market& market, bool with_detectors) {
  market.last = load_time(in);
  market.fills.load(in);
  for (Cell& cell : market.cells) {
    cell.fees.load(in);
    cell.latency.load(in);
    if (!with_detectors) continue;
    cell.tiers.load(in);
    cell.drift.load(in);
  }
}

Result<Calibrator> Calibrator::restore(std::span<const std::int64_t> words) {
  StateReader in(words);
  if (in.take() != version) return failure(Errc::malformed, "a calibration state of version 2");
  const bool with_detectors = in.take_within(0, 1) == 1;
  CalibratorSettings settings;
  settings.lookback = Nanos(in.take_within(seconds(3'600).count(), days(3'660).count()));
  settings.min_samples = in.take_within(1, std::numeric_limits<std::int64_t>::max());
  constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max() / 2;
  const Wall now(in.take_within(-time_max - 1, time_max));
  if (in.failed()) return failure(Errc::malformed, "the settings of a calibrator");
  Calibrator calibrator(settings);
  calibrator.now_ = now;
  for (std::size_t left = in.take_size(); left > 0 && !in.failed(); --left)
    calibrator.load_exchange(in, with_detectors);
  if (with_detectors) calibrator.load_alarms(in);
  if (!in.whole()) return failure(Errc::malformed, "a whole calibration state");
  return calibrator;
}

}  // namespace crossbook
