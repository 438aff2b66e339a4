// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/fee_latency_calibrator.hpp"

#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace crossbook {
namespace {

constexpr std::size_t name_max = 256;
constexpr double fee_bps_max = 1e6;
constexpr double latency_ms_max = 1e9;
constexpr double ms_per_ns = 1e-6;

[[noreturn]] void refuse(std::string_view argument, std::string_view value, std::string_view expected) {
  std::string message(argument);
  message.append(" must be ").append(expected).append(", not ").append(value);
  throw std::invalid_argument(message);
}

[[noreturn]] void refuse(std::string_view argument, double value, std::string_view expected) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  refuse(argument, std::string_view(text), expected);
}

std::string quoted(std::string_view text) {
  std::string quoted(1, '"');
  quoted.append(text).push_back('"');
  return quoted;
}

void check_name(std::string_view argument, std::string_view value) {
  if (value.empty()) refuse(argument, "\"\"", "a name");
  if (value.size() > name_max) refuse(argument, "a longer text", "a name of at most 256 bytes");
}

double check_required(std::string_view argument, const std::optional<double>& value) {
  if (!value) refuse(argument, "left out", "given");
  return *value;
}

double check_within(std::string_view argument, double value, double low, double high, std::string_view expected) {
  if (!std::isfinite(value) || value < low || value > high) refuse(argument, value, expected);
  return value;
}

double check_fee(std::string_view argument, double bps) {
  return check_within(argument, bps, -fee_bps_max, fee_bps_max, "a fee in bps within 1e6");
}
double check_latency(std::string_view argument, double ms) {
  return check_within(argument, ms, 0.0, latency_ms_max, "a latency in ms from 0 to 1e9");
}
double check_positive(std::string_view argument, double value) {
  if (!std::isfinite(value) || value <= 0.0) refuse(argument, value, "a number above zero");
  return value;
}

Role role_of(std::string_view order_type) {
  if (order_type == "maker") return Role::maker;
  if (order_type == "taker") return Role::taker;
  refuse("order_type", quoted(order_type), "\"maker\" or \"taker\"");
}

enum class Percentile : std::uint8_t { p50, p95, p99, mean };
Percentile percentile_of(std::string_view text) {
  if (text == "p50") return Percentile::p50;
  if (text == "p95") return Percentile::p95;
  if (text == "p99") return Percentile::p99;
  if (text == "mean") return Percentile::mean;
  refuse("percentile", quoted(text), "\"p50\", \"p95\", \"p99\" or \"mean\"");
}

MicroBps micro_bps(double bps) { return MicroBps(std::llround(bps * 1e6)); }
Nanos nanos(double ms) { return Nanos(std::llround(ms * 1e6)); }
double to_ms(Nanos nanos) { return static_cast<double>(nanos.count()) * ms_per_ns; }

Wall wall(TimePoint time) {
  return Wall(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}
TimePoint time_point(Wall wall) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(wall.nanos())));
}

double in_ms(const LatencyEstimate& estimate, Percentile percentile) {
  switch (percentile) {
    case Percentile::p50: return to_ms(estimate.p50);
    case Percentile::p95: return to_ms(estimate.p95);
    case Percentile::p99: return to_ms(estimate.p99);
    case Percentile::mean: break;
  }
  return estimate.mean_ns * ms_per_ns;
}

// In the order of the arguments. What comes back from a store was checked when it was kept, or when it was imported.
void check(const RecordExecution& given) {
  check_name("exchange", given.exchange);
  check_name("symbol", given.symbol);
  (void)role_of(given.order_type);
  if (given.size_usd) check_positive("size_usd", *given.size_usd);
  if (!given.fee_apart) check_fee("actual_fee_bps", check_required("actual_fee_bps", given.actual_fee_bps));
  check_latency("actual_latency_ms", check_required("actual_latency_ms", given.actual_latency_ms));
  check_positive("price", check_required("price", given.price));
  if (given.fee_apart && given.actual_fee_bps)
    refuse("fee_apart", "given beside actual_fee_bps", "given instead of it");
  if (given.fee_apart) check_name("fee_apart.currency", given.fee_apart->currency);
  if (given.expected_fee_bps) check_fee("expected_fee_bps", *given.expected_fee_bps);
  if (given.expected_latency_ms) check_latency("expected_latency_ms", *given.expected_latency_ms);
  if (given.order_to_ack_ms) check_latency("order_to_ack_ms", *given.order_to_ack_ms);
  if (given.ack_to_fill_ms) check_latency("ack_to_fill_ms", *given.ack_to_fill_ms);
  if (given.fee_rounding_bps)
    check_within("fee_rounding_bps", *given.fee_rounding_bps, 0.0, fee_bps_max, "a rate in bps from 0 to 1e6");
}

Execution execution_of(const RecordExecution& given, TimePoint at) {
  const auto rate = [](const std::optional<double>& bps) -> std::optional<MicroBps> {
    if (!bps) return {};
    return micro_bps(*bps);
  };
  const auto duration = [](const std::optional<double>& ms) -> std::optional<Nanos> {
    if (!ms) return {};
    return nanos(*ms);
  };
  Execution execution{.role = role_of(given.order_type), .at = wall(at)};
  if (given.size_usd) {
    const double size = std::min(*given.size_usd, 1e9);
    execution.notional = std::max<std::int64_t>(1, std::llround(size * static_cast<double>(notional_unit)));
  }
  execution.fee = rate(given.actual_fee_bps);
  execution.fee_rounding = rate(given.fee_rounding_bps).value_or(MicroBps(0));
  execution.latency = duration(given.actual_latency_ms);
  execution.order_to_ack = duration(given.order_to_ack_ms);
  execution.ack_to_fill = duration(given.ack_to_fill_ms);
  execution.expected_fee = rate(given.expected_fee_bps);
  execution.expected_latency = duration(given.expected_latency_ms);
  execution.apart = given.fee_apart;
  return execution;
}

CalibratorSettings checked(const FeeLatencyCalibratorOptions& options) {
  if (options.lookback_days < 1 || options.lookback_days > 3'660)
    refuse("lookback_days", std::to_string(options.lookback_days), "from 1 to 3660");
  if (options.min_samples < 1) refuse("min_samples", std::to_string(options.min_samples), "at least 1");
  return {.lookback = days(options.lookback_days), .min_samples = options.min_samples};
}

}  // namespace

FeeLatencyCalibrator::FeeLatencyCalibrator(FeeLatencyCalibratorOptions options)
    : options_(std::move(options)), calibrator_(checked(options_)) {
  if (options_.store == nullptr) return;
  options_.store->replay([this](const RecordExecution& execution) {
    if (!execution.timestamp) refuse("timestamp", "left out", "given by the store");
    add(execution, *execution.timestamp);
  });
}

TimePoint FeeLatencyCalibrator::now() const {
  return options_.clock ? options_.clock() : std::chrono::system_clock::now();
}

void FeeLatencyCalibrator::catch_up() const {
  if (options_.clock || live_) calibrator_.advance(wall(now()));
}

void FeeLatencyCalibrator::add(const RecordExecution& given, TimePoint at) {
  Execution execution = execution_of(given, at);
  execution.market = calibrator_.market(given.exchange, given.symbol);
  calibrator_.record(execution);
}

void FeeLatencyCalibrator::record_execution(const RecordExecution& execution) {
  const std::scoped_lock lock(mutex_);
  check(execution);
  const TimePoint at = execution.timestamp ? *execution.timestamp : now();
  if (options_.store) {
    RecordExecution kept = execution;
    kept.timestamp = at;
    options_.store->keep(kept);
  }
  add(execution, at);
  if (!execution.timestamp) live_ = true;
}

std::optional<FeeCalibration> FeeLatencyCalibrator::get_fee_calibration(std::string_view exchange,
                                                                        std::string_view symbol) const {
  const std::scoped_lock lock(mutex_);
  catch_up();
  const auto fill = [&](auto id) -> std::optional<FeeCalibration> {
    const auto last = calibrator_.last_updated(id);
    if (!last) return {};
    const std::int64_t samples = calibrator_.samples(id);
    FeeCalibration calibration{.exchange = std::string(exchange),
                               .last_updated = time_point(*last),
                               .sample_count = samples,
                               .confidence = calibrator_.confidence(samples),
                               .calibrated = samples >= options_.min_samples,
                               .maker = calibrator_.fee(id, Role::maker),
                               .taker = calibrator_.fee(id, Role::taker),
                               .current_maker_bps = calibrator_.current_fee_bps(id, Role::maker),
                               .current_taker_bps = calibrator_.current_fee_bps(id, Role::taker)};
    calibration.maker_fee_bps = calibration.maker.median_bps;
    calibration.taker_fee_bps = calibration.taker.median_bps;
    calibration.maker_rebate_bps = std::max(0.0, -calibration.maker_fee_bps);
    return calibration;
  };
  if (!symbol.empty()) {
    const auto market = calibrator_.find_market(exchange, symbol);
    return market ? fill(*market) : std::nullopt;
  }
  const auto id = calibrator_.find_exchange(exchange);
  return id ? fill(*id) : std::nullopt;
}

std::optional<LatencyCalibration> FeeLatencyCalibrator::get_latency_calibration(std::string_view exchange,
                                                                                std::string_view symbol) const {
  const std::scoped_lock lock(mutex_);
  catch_up();
  const auto fill = [&](auto id) -> std::optional<LatencyCalibration> {
    const auto last = calibrator_.last_updated(id);
    if (!last) return {};
    const LatencyEstimate estimate = calibrator_.latency(id);
    return LatencyCalibration{.exchange = std::string(exchange),
                              .mean_latency_ms = in_ms(estimate, Percentile::mean),
                              .p50_latency_ms = in_ms(estimate, Percentile::p50),
                              .p95_latency_ms = in_ms(estimate, Percentile::p95),
                              .p99_latency_ms = in_ms(estimate, Percentile::p99),
                              .last_updated = time_point(*last),
                              .sample_count = estimate.samples,
                              .reliability_score = estimate.reliability,
                              .calibrated = estimate.samples >= options_.min_samples,
                              .p95_enough = estimate.p95_enough,
                              .p99_enough = estimate.p99_enough};
  };
  if (!symbol.empty()) {
    const auto market = calibrator_.find_market(exchange, symbol);
    return market ? fill(*market) : std::nullopt;
  }
  const auto id = calibrator_.find_exchange(exchange);
  return id ? fill(*id) : std::nullopt;
}

double FeeLatencyCalibrator::fee_or(std::string_view exchange, Role role, double fallback_bps) const {
  const auto id = calibrator_.find_exchange(exchange);
  if (!id) return fallback_bps;
  const FeeEstimate& estimate = calibrator_.fee(*id, role);
  if (calibrator_.samples(*id) >= options_.min_samples) return estimate.median_bps;
  return estimate.prior.kind == PriorKind::fallback ? fallback_bps : estimate.estimate_bps;
}

double FeeLatencyCalibrator::latency_or(std::string_view exchange, std::string_view percentile,
                                        double fallback_ms) const {
  const Percentile wanted = percentile_of(percentile);
  const auto id = calibrator_.find_exchange(exchange);
  if (!id) return fallback_ms;
  const LatencyEstimate& estimate = calibrator_.latency(*id);
  return estimate.samples >= options_.min_samples ? in_ms(estimate, wanted) : fallback_ms;
}

double FeeLatencyCalibrator::get_estimated_fee(std::string_view exchange, std::string_view order_type,
                                               double fallback_bps) const {
  const Role role = role_of(order_type);
  check_fee("fallback_bps", fallback_bps);
  const std::scoped_lock lock(mutex_);
  catch_up();
  return fee_or(exchange, role, fallback_bps);
}

double FeeLatencyCalibrator::get_estimated_latency(std::string_view exchange, std::string_view percentile,
                                                   double fallback_ms) const {
  check_latency("fallback_ms", fallback_ms);
  const std::scoped_lock lock(mutex_);
  catch_up();
  return latency_or(exchange, percentile, fallback_ms);
}

double FeeLatencyCalibrator::estimate_total_cost_bps(std::string_view exchange, std::string_view order_type,
                                                     std::string_view percentile, double volatility_bps) const {
  const Role role = role_of(order_type);
  check_within("volatility_bps", volatility_bps, 0.0, 1e12, "a number from 0");
  const std::scoped_lock lock(mutex_);
  catch_up();
  return fee_or(exchange, role, 5.0) + latency_or(exchange, percentile, 50.0) / 1000.0 * volatility_bps;
}

AllCalibrations FeeLatencyCalibrator::get_all_calibrations() const {
  const std::scoped_lock lock(mutex_);
  catch_up();
  AllCalibrations all;
  for (const ExchangeId id : calibrator_.exchanges()) {
    if (!calibrator_.last_updated(id)) continue;
    const std::int64_t samples = calibrator_.samples(id);
    const double maker = calibrator_.fee(id, Role::maker).median_bps;
    all.fees[calibrator_.name(id)] = {.maker_fee_bps = maker,
                                      .taker_fee_bps = calibrator_.fee(id, Role::taker).median_bps,
                                      .maker_rebate_bps = std::max(0.0, -maker),
                                      .confidence = calibrator_.confidence(samples),
                                      .samples = samples};
    const LatencyEstimate& latency = calibrator_.latency(id);
    all.latency[calibrator_.name(id)] = {.mean_ms = in_ms(latency, Percentile::mean),
                                         .p95_ms = in_ms(latency, Percentile::p95),
                                         .reliability = latency.reliability,
                                         .samples = latency.samples};
  }
  return all;
}

std::vector<HistoryPoint> FeeLatencyCalibrator::get_history(std::string_view exchange) const {
  const std::scoped_lock lock(mutex_);
  catch_up();
  const auto id = calibrator_.find_exchange(exchange);
  return id ? calibrator_.history(*id) : std::vector<HistoryPoint>();
}

std::vector<TierAlarm> FeeLatencyCalibrator::get_tier_changes() const {
  const std::scoped_lock lock(mutex_);
  return calibrator_.tier_alarms();
}

std::vector<DriftAlarm> FeeLatencyCalibrator::get_drift_alarms() const {
  const std::scoped_lock lock(mutex_);
  return calibrator_.drift_alarms();
}

void FeeLatencyCalibrator::use_schedules(const FeeSchedules& schedules) {
  const std::scoped_lock lock(mutex_);
  for (const FeeTier& row : schedules.tiers()) {
    const FeeTier* base = schedules.find(row.exchange, "spot", 0);
    if (base == nullptr) base = schedules.find(row.exchange, "derivatives", 0);
    if (base == nullptr) continue;
    const ExchangeId id = calibrator_.exchange(row.exchange);
    for (const Role role : {Role::maker, Role::taker}) {
      if (calibrator_.prior(id, role).kind == PriorKind::account) continue;
      calibrator_.set_prior(id, role, {fee_of(*base, role), PriorKind::published});
    }
  }
}

void FeeLatencyCalibrator::set_account_fees(std::string_view exchange, double maker_fee_bps, double taker_fee_bps) {
  check_name("exchange", exchange);
  check_fee("maker_fee_bps", maker_fee_bps);
  check_fee("taker_fee_bps", taker_fee_bps);
  const std::scoped_lock lock(mutex_);
  const ExchangeId id = calibrator_.exchange(exchange);
  calibrator_.set_prior(id, Role::maker, {micro_bps(maker_fee_bps), PriorKind::account});
  calibrator_.set_prior(id, Role::taker, {micro_bps(taker_fee_bps), PriorKind::account});
}

void FeeLatencyCalibrator::merge(const FeeLatencyCalibrator& other) {
  if (this == &other) refuse("other", "itself", "another calibrator");
  if (options_.lookback_days != other.options_.lookback_days)
    refuse("lookback_days", std::to_string(other.options_.lookback_days), std::to_string(options_.lookback_days));
  const std::scoped_lock lock(mutex_, other.mutex_);
  calibrator_.merge(other.calibrator_);
  live_ = live_ || other.live_;
}

std::vector<std::int64_t> FeeLatencyCalibrator::state() const {
  const std::scoped_lock lock(mutex_);
  return calibrator_.state();
}

void FeeLatencyCalibrator::restore(const std::vector<std::int64_t>& words) {
  auto restored = Calibrator::restore(words);
  if (!restored) refuse("words", restored.error().what, "a calibration state");
  if (restored->settings().lookback != days(options_.lookback_days) ||
      restored->settings().min_samples != options_.min_samples)
    refuse("words", "one of other settings", "a state of the same lookback_days and min_samples");
  const std::scoped_lock lock(mutex_);
  // Priors are settings, not state: they stay.
  for (const ExchangeId id : calibrator_.exchanges()) {
    for (const Role role : {Role::maker, Role::taker}) {
      const FeePrior prior = calibrator_.prior(id, role);
      if (prior.kind != PriorKind::fallback) restored->set_prior(restored->exchange(calibrator_.name(id)), role, prior);
    }
  }
  calibrator_ = std::move(*restored);
}

}  // namespace crossbook
