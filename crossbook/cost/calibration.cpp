// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/calibration.hpp"

#include <algorithm>
#include <utility>

#include "crossbook/core/check.hpp"

namespace crossbook {
namespace {

constexpr std::size_t currencies_max = 64;
constexpr std::int64_t time_max = std::numeric_limits<std::int64_t>::max() / 2;  // the year 2116; room for arithmetic
constexpr Nanos hour = seconds(3'600);
constexpr std::array<MicroBps, 2> fallback_fee = {MicroBps(2'000'000), MicroBps(5'000'000)};  // the seed's, by Role

constexpr std::size_t at(Role role) { return static_cast<std::size_t>(role); }
constexpr std::size_t at(Stage stage) { return static_cast<std::size_t>(stage); }

WindowShape shape_of(Nanos lookback, Nanos fine_length, Nanos fine_span) {
  return {fine_length, fine_span, lookback <= days(2) ? hour : days(1), lookback};
}

template <class Alarm>
void keep(std::vector<Alarm>& alarms, Alarm alarm) {
  if (alarms.size() == Calibrator::alarms_max) alarms.erase(alarms.begin());
  alarms.push_back(std::move(alarm));
}

}  // namespace

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::execution: return "execution";
    case Stage::order_to_ack: return "order_to_ack";
    case Stage::ack_to_fill: return "ack_to_fill";
    case Stage::cancel_to_ack: return "cancel_to_ack";
    case Stage::feed: return "feed";
  }
  return "?";
}

Calibrator::Calibrator(CalibratorSettings settings)
    : settings_(settings),
      exchange_shape_(shape_of(settings.lookback, seconds(60), hour)),
      market_shape_(shape_of(settings.lookback, hour, days(2))) {
  CROSSBOOK_ASSERT(settings.lookback >= hour && settings.lookback <= days(3'660) && settings.min_samples >= 1);
}

ExchangeId Calibrator::exchange(std::string_view name) {
  if (const auto found = find_exchange(name)) return *found;
  CROSSBOOK_ASSERT(exchanges_.size() < std::numeric_limits<std::uint16_t>::max());
  const auto id = static_cast<ExchangeId>(exchanges_.size());
  const auto stage = [&] { return LatencyWindow(exchange_shape_); };
  WindowShape plain = exchange_shape_;  // fees and counts by the minute would tell nobody anything
  plain.fine_span = Nanos(0);
  exchanges_.push_back({.name = std::string(name),
                        .fees = {FeeWindow(plain), FeeWindow(plain)},
                        .stages = {stage(), stage(), stage(), stage(), stage()},
                        .fills = Window<Tally>(plain),
                        .surprises = Window<SurpriseSums>(plain)});
  names_.emplace(name, id);
  return id;
}

MarketId Calibrator::market(std::string_view exchange_name, std::string_view symbol) {
  const ExchangeId exchange_id = exchange(exchange_name);
  auto& markets = exchanges_[index(exchange_id)].markets;
  if (const auto found = markets.find(symbol); found != markets.end()) return found->second;
  const auto id = static_cast<MarketId>(markets_.size());
  WindowShape plain = market_shape_;
  plain.fine_span = Nanos(0);
  markets_.push_back({.exchange = exchange_id,
                      .symbol = std::string(symbol),
                      .cells = {Cell(market_shape_), Cell(market_shape_)},
                      .fills = Window<Tally>(plain)});
  markets.emplace(symbol, id);
  return id;
}

std::optional<ExchangeId> Calibrator::find_exchange(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) return {};
  return found->second;
}

std::optional<MarketId> Calibrator::find_market(std::string_view exchange, std::string_view symbol) const {
  const auto id = find_exchange(exchange);
  if (!id) return {};
  const auto& markets = exchanges_[index(*id)].markets;
  const auto found = markets.find(symbol);
  if (found == markets.end()) return {};
  return found->second;
}

std::vector<ExchangeId> Calibrator::exchanges() const {
  std::vector<ExchangeId> ids;
  for (const auto& [name, id] : names_) ids.push_back(id);
  return ids;
}

std::vector<MarketId> Calibrator::markets(ExchangeId id) const {
  std::vector<MarketId> ids;
  for (const auto& [symbol, market] : exchanges_[index(id)].markets) ids.push_back(market);
  return ids;
}

bool Calibrator::record(const Execution& execution) {
  Market& market = markets_[index(execution.market)];
  Exchange& exchange = exchanges_[index(market.exchange)];
  const bool in_range = execution.at.nanos() < time_max && execution.at.nanos() > -time_max;
  if (in_range) advance(execution.at);
  exchange.fills.advance(now_);
  if (!in_range || !exchange.fills.add(execution.at, now_, 1)) {
    ++refused_;
    return false;
  }
  market.fills.advance(now_);
  market.fills.add(execution.at, now_, 1);
  if (!exchange.last || *exchange.last < execution.at) exchange.last = execution.at;
  if (!market.last || *market.last < execution.at) market.last = execution.at;
  Cell& cell = market.cells[at(execution.role)];
  record_fee(execution, exchange, cell);
  record_latency(execution, exchange, cell);
  const bool fee_expected = execution.fee && execution.expected_fee;
  const bool latency_expected = execution.latency && execution.expected_latency;
  if (!fee_expected && !latency_expected) return true;
  SurpriseSums::Sample surprise;
  if (fee_expected) surprise.fee = (*execution.fee - *execution.expected_fee).count();
  if (latency_expected) surprise.latency = (*execution.latency - *execution.expected_latency).count();
  exchange.surprises.advance(now_);
  exchange.surprises.add(execution.at, now_, surprise);
  return true;
}

void Calibrator::record_fee(const Execution& execution, Exchange& exchange, Cell& cell) {
  if (execution.apart && !execution.fee) {
    const bool room = exchange.apart.contains(execution.apart->currency) || exchange.apart.size() < currencies_max;
    Apart& apart = exchange.apart[room ? execution.apart->currency : "*"];
    ++apart.fills;
    if (room) apart.amount += execution.apart->amount;
  }
  if (!execution.fee) return;
  const MicroBps fee = std::clamp(*execution.fee, -fee_max, fee_max);
  const FeeSample sample{fee, std::clamp<std::int64_t>(execution.notional, 0, notional_max)};
  exchange.fees[at(execution.role)].add(execution.at, now_, sample);
  cell.fees.add(execution.at, now_, sample);
  const TierFill fill{execution.at, fee, execution.fee_rounding, sample.notional};
  const ExchangeId id = markets_[index(execution.market)].exchange;
  if (const auto change = exchange.tiers[at(execution.role)].observe(fill))
    keep(tier_alarms_, TierAlarm{id, {}, execution.role, *change});
  if (const auto change = cell.tiers.observe(fill))
    keep(tier_alarms_, TierAlarm{id, execution.market, execution.role, *change});
}

void Calibrator::record_latency(const Execution& execution, Exchange& exchange, Cell& cell) {
  const auto add = [&](Stage stage, const std::optional<Nanos>& latency) {
    if (latency) exchange.stages[at(stage)].add(execution.at, now_, *latency);
  };
  add(Stage::order_to_ack, execution.order_to_ack);
  add(Stage::ack_to_fill, execution.ack_to_fill);
  add(Stage::execution, execution.latency);
  if (!execution.latency) return;
  cell.latency.add(execution.at, now_, *execution.latency);
  const ExchangeId id = markets_[index(execution.market)].exchange;
  if (const auto drift = exchange.drift.observe(execution.at, *execution.latency))
    keep(drift_alarms_, DriftAlarm{id, {}, *drift});
  if (const auto drift = cell.drift.observe(execution.at, *execution.latency))
    keep(drift_alarms_, DriftAlarm{id, execution.market, *drift});
}

bool Calibrator::record(ExchangeId id, Stage stage, Wall time, Nanos latency) {
  CROSSBOOK_ASSERT(stage != Stage::feed);
  if (time.nanos() >= time_max || time.nanos() <= -time_max) return ++refused_, false;
  advance(time);
  if (exchanges_[index(id)].stages[at(stage)].add(time, now_, latency)) return true;
  ++refused_;
  return false;
}

void Calibrator::record(ExchangeId id, const FeedStamp& stamp) {
  Exchange& exchange = exchanges_[index(id)];
  if (stamp.received.nanos() >= time_max || stamp.received.nanos() <= -time_max) return;
  advance(stamp.received);
  exchange.stages[at(Stage::feed)].add(stamp.received, now_, exchange.clock.add(stamp));
}

void Calibrator::record(ExchangeId id, const TwoWaySample& sample) { exchanges_[index(id)].clock.add(sample); }

void Calibrator::set_prior(ExchangeId id, Role role, FeePrior prior) { exchanges_[index(id)].priors[at(role)] = prior; }
void Calibrator::set_prior(MarketId id, Role role, FeePrior prior) {
  markets_[index(id)].cells[at(role)].prior = prior;
}

FeePrior Calibrator::prior(ExchangeId id, Role role) const {
  return exchanges_[index(id)].priors[at(role)].value_or(FeePrior{fallback_fee[at(role)], PriorKind::fallback});
}

const FeeEstimate& Calibrator::fee(ExchangeId id, Role role) {
  return exchanges_[index(id)].fees[at(role)].estimate(now_, prior(id, role));
}

const FeeEstimate& Calibrator::fee(MarketId id, Role role) {
  Market& market = markets_[index(id)];
  Cell& cell = market.cells[at(role)];
  return cell.fees.estimate(now_, cell.prior ? *cell.prior : prior(market.exchange, role));
}

std::optional<Tier> Calibrator::tier(ExchangeId id, Role role) const {
  return exchanges_[index(id)].tiers[at(role)].tier();
}
std::optional<Tier> Calibrator::tier(MarketId id, Role role) const {
  return markets_[index(id)].cells[at(role)].tiers.tier();
}

double Calibrator::current_fee_bps(ExchangeId id, Role role) {
  const FeeEstimate& estimate = fee(id, role);
  const auto known = tier(id, role);
  return known && estimate.samples > 0 ? static_cast<double>(known->fee.count()) * 1e-6 : estimate.estimate_bps;
}

double Calibrator::current_fee_bps(MarketId id, Role role) {
  const FeeEstimate& estimate = fee(id, role);
  const auto known = tier(id, role);
  return known && estimate.samples > 0 ? static_cast<double>(known->fee.count()) * 1e-6 : estimate.estimate_bps;
}

MicroBps Calibrator::current_fee(MarketId id, Role role) {
  const double micro = current_fee_bps(id, role) * 1e6;
  return MicroBps(static_cast<std::int64_t>(micro < 0.0 ? micro - 0.5 : micro + 0.5));
}

const LatencyEstimate& Calibrator::latency(ExchangeId id, Stage stage) {
  return exchanges_[index(id)].stages[at(stage)].estimate(now_);
}

const LatencyEstimate& Calibrator::latency(MarketId id, Role role) {
  return markets_[index(id)].cells[at(role)].latency.estimate(now_);
}

LatencyEstimate Calibrator::latency(MarketId id) {
  Sketch both;
  for (Cell& cell : markets_[index(id)].cells) {
    cell.latency.advance(now_);
    both.merge(cell.latency.window().total());
  }
  return estimate_latency(both);
}

std::int64_t Calibrator::samples(ExchangeId id) {
  auto& fills = exchanges_[index(id)].fills;
  fills.advance(now_);
  return fills.total().count();
}

std::int64_t Calibrator::samples(MarketId id) {
  auto& fills = markets_[index(id)].fills;
  fills.advance(now_);
  return fills.total().count();
}

double Calibrator::confidence(std::int64_t samples) const {
  return std::min(1.0, static_cast<double>(samples) / (2.0 * static_cast<double>(settings_.min_samples)));
}

std::optional<Wall> Calibrator::last_updated(ExchangeId id) const { return exchanges_[index(id)].last; }
std::optional<Wall> Calibrator::last_updated(MarketId id) const { return markets_[index(id)].last; }

Surprise Calibrator::surprise(ExchangeId id) {
  auto& surprises = exchanges_[index(id)].surprises;
  surprises.advance(now_);
  return surprises.total().mean();
}

std::size_t Calibrator::bytes(MarketId id, Role role) const {
  const Cell& cell = markets_[index(id)].cells[at(role)];
  return sizeof cell + cell.fees.bytes() - sizeof cell.fees + cell.latency.bytes() - sizeof cell.latency;
}

std::size_t Calibrator::bytes(MarketId id) const {
  const Market& market = markets_[index(id)];
  return sizeof market - 2 * sizeof(Cell) + market.symbol.capacity() + market.fills.bytes() + bytes(id, Role::maker) +
         bytes(id, Role::taker);
}

std::size_t Calibrator::bytes() const {
  std::size_t bytes = sizeof *this;
  for (std::size_t i = 0; i < markets_.size(); ++i) bytes += this->bytes(static_cast<MarketId>(i));
  for (const Exchange& exchange : exchanges_) {
    bytes += sizeof exchange + exchange.fills.bytes() + exchange.surprises.bytes() + exchange.clock.bytes();
    for (const FeeWindow& fees : exchange.fees) bytes += fees.bytes() - sizeof fees;
    for (const LatencyWindow& stage : exchange.stages) bytes += stage.bytes() - sizeof stage;
  }
  return bytes;
}

}  // namespace crossbook
