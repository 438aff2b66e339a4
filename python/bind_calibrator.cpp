// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "calibrator.hpp"
#include "crossbook/api/published_fees.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

const char* prior_name(PriorKind kind) {
  switch (kind) {
    case PriorKind::fallback: return "fallback";
    case PriorKind::published: return "published";
    case PriorKind::account: return "account";
  }
  return "?";
}

Reference estimate_record(const FeeEstimate& estimate) {
  const Record& record = classes().fee_estimate;
  Reference made = record.make();
  PyObject* const at = made.get();
  record.set(at, 0, whole(estimate.samples));
  record.set(at, 1, number(estimate.median_bps));
  record.set(at, 2, optional_number(estimate.weighted_bps));
  record.set(at, 3, number(estimate.estimate_bps));
  record.set(at, 4, number(estimate.weight));
  record.set(at, 5, number(estimate.low_bps));
  record.set(at, 6, number(estimate.high_bps));
  record.set(at, 7, whole(estimate.outliers));
  record.set(at, 8, number(static_cast<double>(estimate.prior.fee.count()) / 1e6));
  record.set(at, 9, text(prior_name(estimate.prior.kind)));
  return made;
}

Reference fee_record(const FeeCalibration& fee, bool aware) {
  const Record& record = classes().fee_calibration;
  Reference made = record.make();
  PyObject* const at = made.get();
  record.set(at, 0, text(fee.exchange));
  record.set(at, 1, number(fee.maker_fee_bps));
  record.set(at, 2, number(fee.taker_fee_bps));
  record.set(at, 3, number(fee.maker_rebate_bps));
  record.set(at, 4, datetime(fee.last_updated, aware));
  record.set(at, 5, whole(fee.sample_count));
  record.set(at, 6, number(fee.confidence));
  record.set(at, 7, truth(fee.calibrated));
  record.set(at, 8, number(fee.current_maker_bps));
  record.set(at, 9, number(fee.current_taker_bps));
  record.set(at, 10, estimate_record(fee.maker));
  record.set(at, 11, estimate_record(fee.taker));
  return made;
}

Reference latency_record(const LatencyCalibration& latency, bool aware) {
  const Record& record = classes().latency_calibration;
  Reference made = record.make();
  PyObject* const at = made.get();
  record.set(at, 0, text(latency.exchange));
  record.set(at, 1, number(latency.mean_latency_ms));
  record.set(at, 2, number(latency.p50_latency_ms));
  record.set(at, 3, number(latency.p95_latency_ms));
  record.set(at, 4, number(latency.p99_latency_ms));
  record.set(at, 5, datetime(latency.last_updated, aware));
  record.set(at, 6, whole(latency.sample_count));
  record.set(at, 7, number(latency.reliability_score));
  record.set(at, 8, truth(latency.calibrated));
  record.set(at, 9, truth(latency.p95_enough));
  record.set(at, 10, truth(latency.p99_enough));
  return made;
}

// Waits without the interpreter where the disk may be slow.
template <class Call>
auto outside(const CalibratorHandle& self, const Call& call) {
  self.check();
  if (self.store == nullptr) return call();
  const py::gil_scoped_release released;
  return call();
}

// In a child of a fork, the threads that a store's end waits for do not exist: it is left as it is.
void release(const Home& home, FeeLatencyCalibrator* face) {
  if (!home.left()) delete face;
}

std::unique_ptr<CalibratorHandle> make(py::handle lookback_days, py::handle min_samples, py::handle store) {
  auto handle = std::make_unique<CalibratorHandle>();
  FeeLatencyCalibratorOptions options;
  options.lookback_days = read_int(lookback_days.ptr(), "lookback_days");
  options.min_samples = read_int(min_samples.ptr(), "min_samples");
  std::string path;
  if (!store.is_none()) path = read_text(store.ptr(), "store");
  const Home home = handle->home;
  const py::gil_scoped_release released;
  if (!path.empty()) {
    std::shared_ptr<KeptExecutions> kept = open_executions(path);
    handle->store = std::shared_ptr<KeptExecutions>(kept.get(), [home, kept](KeptExecutions*) mutable {
      // A child never ends what has threads only in its parent.
      if (home.left()) (void)new std::shared_ptr<KeptExecutions>(std::move(kept));
    });
    options.store = handle->store;
  }
  handle->face = std::shared_ptr<FeeLatencyCalibrator>(new FeeLatencyCalibrator(std::move(options)),
                                                       [home](FeeLatencyCalibrator* face) { release(home, face); });
  return handle;
}

void record(CalibratorHandle& self, py::handle exchange, py::handle symbol, py::handle order_type, py::handle size_usd,
            py::handle fee, py::handle latency, py::handle price, py::handle expected_fee, py::handle expected_latency,
            py::handle timestamp) {
  RecordExecution given;
  given.exchange = read_text(exchange.ptr(), "exchange");
  given.symbol = read_text(symbol.ptr(), "symbol");
  given.order_type = read_text(order_type.ptr(), "order_type");
  given.size_usd = read_optional_number(size_usd.ptr(), "size_usd");
  given.actual_fee_bps = read_optional_number(fee.ptr(), "actual_fee_bps");
  given.actual_latency_ms = read_optional_number(latency.ptr(), "actual_latency_ms");
  given.price = read_optional_number(price.ptr(), "price");
  given.expected_fee_bps = read_optional_number(expected_fee.ptr(), "expected_fee_bps");
  given.expected_latency_ms = read_optional_number(expected_latency.ptr(), "expected_latency_ms");
  bool aware = self.aware;
  if (!timestamp.is_none()) given.timestamp = read_time(timestamp.ptr(), "timestamp", aware);
  outside(self, [&] { self.face->record_execution(given); });
  self.aware = aware;
}

std::string_view optional_text(py::handle object, const char* argument) {
  return object.is_none() ? std::string_view() : read_text(object.ptr(), argument);
}

py::object steal(Reference made) { return py::reinterpret_steal<py::object>(made.release()); }

py::object fee_calibration(const CalibratorHandle& self, py::handle exchange, py::handle symbol) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const std::string_view market = optional_text(symbol, "symbol");
  const auto fee = outside(self, [&] { return self.face->get_fee_calibration(name, market); });
  return fee ? steal(fee_record(*fee, self.aware)) : py::none();
}

py::object latency_calibration(const CalibratorHandle& self, py::handle exchange, py::handle symbol) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const std::string_view market = optional_text(symbol, "symbol");
  const auto latency = outside(self, [&] { return self.face->get_latency_calibration(name, market); });
  return latency ? steal(latency_record(*latency, self.aware)) : py::none();
}

double estimated_fee(const CalibratorHandle& self, py::handle exchange, py::handle order_type, py::handle fallback) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const std::string_view role = read_text(order_type.ptr(), "order_type");
  const double otherwise = read_number(fallback.ptr(), "fallback_bps");
  return outside(self, [&] { return self.face->get_estimated_fee(name, role, otherwise); });
}

double estimated_latency(const CalibratorHandle& self, py::handle exchange, py::handle percentile,
                         py::handle fallback) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const std::string_view wanted = read_text(percentile.ptr(), "percentile");
  const double otherwise = read_number(fallback.ptr(), "fallback_ms");
  return outside(self, [&] { return self.face->get_estimated_latency(name, wanted, otherwise); });
}

double total_cost(const CalibratorHandle& self, py::handle exchange, py::handle order_type, py::handle percentile,
                  py::handle volatility) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const std::string_view role = read_text(order_type.ptr(), "order_type");
  const std::string_view wanted = read_text(percentile.ptr(), "percentile");
  const double bps = read_number(volatility.ptr(), "volatility_bps");
  return outside(self, [&] { return self.face->estimate_total_cost_bps(name, role, wanted, bps); });
}

py::dict all_calibrations(const CalibratorHandle& self) {
  const AllCalibrations all = outside(self, [&] { return self.face->get_all_calibrations(); });
  py::dict fees;
  for (const auto& [exchange, fee] : all.fees) {
    py::dict row;
    row["maker_fee_bps"] = fee.maker_fee_bps;
    row["taker_fee_bps"] = fee.taker_fee_bps;
    row["maker_rebate_bps"] = fee.maker_rebate_bps;
    row["confidence"] = fee.confidence;
    row["samples"] = fee.samples;
    fees[py::str(exchange)] = row;
  }
  py::dict latencies;
  for (const auto& [exchange, latency] : all.latency) {
    py::dict row;
    row["mean_ms"] = latency.mean_ms;
    row["p95_ms"] = latency.p95_ms;
    row["reliability"] = latency.reliability;
    row["samples"] = latency.samples;
    latencies[py::str(exchange)] = row;
  }
  py::dict both;
  both["fees"] = fees;
  both["latency"] = latencies;
  return both;
}

// (from, length in s, maker, taker, mean latency, p95 latency, latency samples) by slice.
py::list history(const CalibratorHandle& self, py::handle exchange) {
  const std::string_view name = read_text(exchange.ptr(), "exchange");
  const auto points = outside(self, [&] { return self.face->get_history(name); });
  py::list rows;
  for (const HistoryPoint& point : points) {
    const TimePoint from(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(point.from.nanos())));
    const auto& [maker, taker] = point.fees;
    rows.append(py::make_tuple(steal(datetime(from, self.aware)), static_cast<double>(point.length.count()) / 1e9,
                               steal(estimate_record(maker)), steal(estimate_record(taker))));
  }
  return rows;
}

void merge(CalibratorHandle& self, const CalibratorHandle& other) {
  self.check();
  other.check();
  {
    const py::gil_scoped_release released;
    self.face->merge(*other.face);
  }
  self.aware = self.aware || other.aware;
}

void account_fees(CalibratorHandle& self, py::handle exchange, py::handle maker, py::handle taker) {
  self.check();
  self.face->set_account_fees(read_text(exchange.ptr(), "exchange"), read_number(maker.ptr(), "maker_fee_bps"),
                              read_number(taker.ptr(), "taker_fee_bps"));
}

}  // namespace

void bind_calibrator(py::module_& module) {
  py::class_<CalibratorHandle>(module, "Calibrator")
      .def(py::init(&make))
      .def("record", &record)
      .def("fee_calibration", &fee_calibration)
      .def("latency_calibration", &latency_calibration)
      .def("estimated_fee", &estimated_fee)
      .def("estimated_latency", &estimated_latency)
      .def("total_cost", &total_cost)
      .def("all_calibrations", &all_calibrations)
      .def("history", &history)
      .def("merge", &merge)
      .def("set_account_fees", &account_fees)
      .def("use_published_schedules",
           [](CalibratorHandle& self) {
             self.check();
             self.face->use_schedules(published_fee_schedules());
           })
      .def("state", [](const CalibratorHandle& self) { return outside(self, [&] { return self.face->state(); }); })
      .def("restore", [](CalibratorHandle& self, const std::vector<std::int64_t>& words) {
        outside(self, [&] { self.face->restore(words); });
      });
}

}  // namespace crossbook::python
