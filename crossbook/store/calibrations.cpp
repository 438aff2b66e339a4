// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/calibrations.hpp"

#include <map>
#include <utility>

namespace crossbook::store {
namespace {

HistoryRow row_of(const std::string& exchange, const HistoryPoint& point) {
  const auto fees = [&](Role role) {
    const FeeEstimate& estimate = point.fees[static_cast<std::size_t>(role)];
    return HistoryRow::Fees{estimate.samples, estimate.median_bps, estimate.estimate_bps};
  };
  return {.exchange = exchange,
          .from = point.from,
          .length = point.length,
          .maker = fees(Role::maker),
          .taker = fees(Role::taker),
          .latency_samples = point.latency.samples,
          .latency_mean_ns = point.latency.mean_ns,
          .latency_p50 = point.latency.p50,
          .latency_p95 = point.latency.p95,
          .latency_p99 = point.latency.p99};
}

// Slices leave the calibrator's window; what they said is gathered before.
class Gatherer {
 public:
  explicit Gatherer(const CalibratorSettings& settings) : lookback_(settings.lookback) {}

  void before(const Fill& fill, Calibrator& calibrator) {
    if (fill.execution.at < due_) return;
    if (begun_) gather(calibrator);
    begun_ = true;
    due_ = fill.execution.at + Nanos(lookback_.count() / 2);
  }

  void gather(Calibrator& calibrator) {
    for (const ExchangeId id : calibrator.exchanges()) {
      for (const HistoryPoint& point : calibrator.history(id)) {
        if (point.fees[0].samples + point.fees[1].samples + point.latency.samples == 0) continue;
        rows_[{calibrator.name(id), point.from}] = row_of(calibrator.name(id), point);
      }
    }
  }

  std::vector<HistoryRow> rows() {
    std::vector<HistoryRow> rows;
    rows.reserve(rows_.size());
    for (auto& [key, row] : rows_) rows.push_back(std::move(row));
    return rows;
  }

 private:
  Nanos lookback_;
  bool begun_ = false;
  Wall due_{std::numeric_limits<std::int64_t>::min()};
  std::map<std::pair<std::string, Wall>, HistoryRow> rows_;
};

}  // namespace

bool record(Calibrator& calibrator, const Fill& fill) {
  Execution execution = fill.execution;
  execution.market = calibrator.market(fill.exchange, fill.symbol);
  return calibrator.record(execution);
}

sys::Outcome<Calibrations> read_calibrations(Store& store, const CalibratorSettings& settings, From from) {
  Calibrations read{.calibrator = Calibrator(settings)};
  if (from == From::kept) {
    auto kept = store.calibration(settings);
    if (!kept) return sys::fault(kept.error());
    // A state of another version is made anew from the executions.
    if (*kept) {
      if (auto restored = Calibrator::restore((*kept)->words)) {
        read.calibrator = std::move(*restored);
        read.upto = (*kept)->upto;
      }
    }
  }
  Gatherer gatherer(settings);
  auto replayed = store.replay(read.upto, [&](std::int64_t number, const Fill& fill) {
    gatherer.before(fill, read.calibrator);
    record(read.calibrator, fill);
    read.upto = number;
    ++read.caught;
  });
  if (!replayed) return sys::fault(replayed.error());
  gatherer.gather(read.calibrator);
  read.history = gatherer.rows();
  return read;
}

sys::Outcome<Calibrator> read_outside_calibrations(Store& store, const CalibratorSettings& settings) {
  Calibrator calibrator(settings);
  if (auto read = store.replay_outside([&](const Fill& fill) { record(calibrator, fill); }); !read)
    return sys::fault(read.error());
  return calibrator;
}

sys::Status keep_calibrations(Store& store, Calibrations& calibrations) {
  return store.keep_calibration({.settings = calibrations.calibrator.settings(),
                                 .upto = calibrations.upto,
                                 .words = calibrations.calibrator.state()},
                                calibrations.history);
}

Nanos slice_length(const CalibratorSettings& settings) {
  return settings.lookback <= days(2) ? seconds(3'600) : seconds(86'400);
}

}  // namespace crossbook::store
