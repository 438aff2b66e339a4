// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/api/execution_store.hpp"
#include "crossbook/cost/calibration.hpp"
#include "crossbook/cost/fee_schedule.hpp"

namespace crossbook {

struct FeeCalibration {
  std::string exchange;
  double maker_fee_bps = 0.0;     // median of the maker fills; without any, the prior: 2.0, or as published
  double taker_fee_bps = 0.0;     // median of the taker fills; without any, 5.0, or as published
  double maker_rebate_bps = 0.0;  // max(0, -maker_fee_bps)
  TimePoint last_updated{};       // of the latest execution
  std::int64_t sample_count = 0;  // in the window, both roles
  double confidence = 0.0;        // min(1, sample_count / (2 min_samples))
  bool calibrated = false;        // sample_count >= min_samples
  FeeEstimate maker;              // ours: notional-weighted, shrunk, with its interval
  FeeEstimate taker;
  double current_maker_bps = 0.0;  // what to reckon with now: the tier, where fills agree on one
  double current_taker_bps = 0.0;
};

struct LatencyCalibration {
  std::string exchange;
  double mean_latency_ms = 0.0;
  double p50_latency_ms = 0.0;
  double p95_latency_ms = 0.0;
  double p99_latency_ms = 0.0;
  TimePoint last_updated{};
  std::int64_t sample_count = 0;
  double reliability_score = 0.0;  // 1 / (1 + deviation / mean)
  bool calibrated = false;
  bool p95_enough = false;  // 59 samples or more; below, "n too small"
  bool p99_enough = false;  // 299 samples or more
};

struct AllCalibrations {
  struct Fees {
    double maker_fee_bps = 0.0;
    double taker_fee_bps = 0.0;
    double maker_rebate_bps = 0.0;
    double confidence = 0.0;
    std::int64_t samples = 0;
  };
  struct Latency {
    double mean_ms = 0.0;
    double p95_ms = 0.0;
    double reliability = 0.0;
    std::int64_t samples = 0;
  };
  std::map<std::string, Fees> fees;
  std::map<std::string, Latency> latency;
};

struct FeeLatencyCalibratorOptions {
  int lookback_days = 30;
  int min_samples = 10;
  std::shared_ptr<ExecutionStore> store{};
  // What time it is. None: the system clock as soon as an execution came without a timestamp, until then the latest
  // timestamp given, so that recorded days are calibrated as of their own end.
  std::function<TimePoint()> clock{};
};

// The seed's calibrator: what each exchange really costs, from executions. Names and doubles in and out; the parts
// behind it are those of crossbook/cost. Safe to use from several threads. Bad input (NaN, infinite, a price or size
// not above zero, a negative latency, an unknown order type, an empty name) throws std::invalid_argument that names the
// argument and the value, and changes nothing.
class FeeLatencyCalibrator {
 public:
  explicit FeeLatencyCalibrator(FeeLatencyCalibratorOptions options = {});

  void record_execution(const RecordExecution& execution);

  // None where the exchange was never recorded. With a symbol: of that market alone.
  [[nodiscard]] std::optional<FeeCalibration> get_fee_calibration(std::string_view exchange,
                                                                  std::string_view symbol = {}) const;
  [[nodiscard]] std::optional<LatencyCalibration> get_latency_calibration(std::string_view exchange,
                                                                          std::string_view symbol = {}) const;

  // The median of the role; the fallback below min_samples, unless published schedules or an account's fees are known,
  // which then are drawn to the fills so far.
  [[nodiscard]] double get_estimated_fee(std::string_view exchange, std::string_view order_type,
                                         double fallback_bps = 5.0) const;
  // percentile: "p50", "p95", "p99" or "mean".
  [[nodiscard]] double get_estimated_latency(std::string_view exchange, std::string_view percentile = "p50",
                                             double fallback_ms = 50.0) const;
  // The seed's step 2: fee + latency in seconds * volatility_bps (per second).
  [[nodiscard]] double estimate_total_cost_bps(std::string_view exchange, std::string_view order_type,
                                               std::string_view percentile, double volatility_bps) const;
  [[nodiscard]] AllCalibrations get_all_calibrations() const;

  // A point per slice of the window, the oldest first; empty where the exchange was never recorded.
  [[nodiscard]] std::vector<HistoryPoint> get_history(std::string_view exchange) const;
  [[nodiscard]] std::vector<TierAlarm> get_tier_changes() const;
  [[nodiscard]] std::vector<DriftAlarm> get_drift_alarms() const;

  // Published base tiers as priors of all exchanges in them: of spot, else of derivatives.
  void use_schedules(const FeeSchedules& schedules);
  // What the account's own fee call says: believed more than what is published.
  void set_account_fees(std::string_view exchange, double maker_fee_bps, double taker_fee_bps);

  // As if this one had been told everything that `other` was. Same lookback_days, else std::invalid_argument.
  void merge(const FeeLatencyCalibrator& other);
  // Everything learned, as whole numbers, and back; std::invalid_argument where they are not a state.
  [[nodiscard]] std::vector<std::int64_t> state() const;
  void restore(const std::vector<std::int64_t>& words);

 private:
  [[nodiscard]] TimePoint now() const;
  void add(const RecordExecution& execution, TimePoint at);
  void catch_up() const;
  [[nodiscard]] double fee_or(std::string_view exchange, Role role, double fallback_bps) const;
  [[nodiscard]] double latency_or(std::string_view exchange, std::string_view percentile, double fallback_ms) const;

  FeeLatencyCalibratorOptions options_;
  mutable std::mutex mutex_;
  mutable Calibrator calibrator_;  // estimates slide with the time of asking
  bool live_ = false;              // an execution came without a timestamp
};

}  // namespace crossbook
