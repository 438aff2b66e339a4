// SPDX-License-Identifier: Apache-2.0
#include "values.hpp"

#include <pybind11/pybind11.h>
#include <structmember.h>

#include <limits>

namespace py = pybind11;

namespace crossbook::python {
namespace {

std::uint64_t forks_so_far = 0;

}  // namespace

Reference checked(PyObject* owned) {
  if (owned == nullptr) throw py::error_already_set();
  return Reference(owned);
}
Reference borrowed(PyObject* object) {
  Py_XINCREF(object);
  return Reference(object);
}

void raise(PyObject* type, const std::string& message) {
  PyErr_SetString(type, message.c_str());
  throw py::error_already_set();
}

// Only a store throws std::runtime_error.
void set_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::invalid_argument& error) {
    PyErr_SetString(classes().input_error, error.what());
  } catch (const std::runtime_error& error) {
    PyErr_SetString(classes().store_error, error.what());
  }
}

std::string shown(PyObject* object) {
  const Reference representation(PyObject_Repr(object));
  const char* const text = representation ? PyUnicode_AsUTF8(representation.get()) : nullptr;
  if (text == nullptr) PyErr_Clear();
  return text == nullptr ? "?" : text;
}

void raise_type(std::string_view argument, const char* expected, PyObject* object) {
  raise(PyExc_TypeError, std::string(argument) + " must be " + expected + ", not " + Py_TYPE(object)->tp_name + " (" +
                             shown(object) + ")");
}

// -- records ---------------------------------------------------------------------------------------------------------

void Record::bind(PyObject* type, std::initializer_list<const char*> fields) {
  Py_INCREF(type);
  type_ = reinterpret_cast<PyTypeObject*>(type);
  std::size_t field = 0;
  for (const char* const name : fields) {
    const Reference member = checked(PyObject_GetAttrString(type, name));
    if (field == fields_max || !Py_IS_TYPE(member.get(), &PyMemberDescr_Type))
      raise(PyExc_SystemError, std::string(type_->tp_name) + "." + name + " is no slot");
    offsets_[field] = reinterpret_cast<PyMemberDescrObject*>(member.get())->d_member->offset;
    names_[field++] = name;
  }
}

void Record::set(PyObject* record, std::size_t field, Reference value) const {
  PyObject*& place = slot(record, field);
  PyObject* const old = place;
  place = value.release();
  Py_XDECREF(old);
}

Reference Record::make() const { return checked(type_->tp_alloc(type_, 0)); }

Classes& classes() {
  static Classes all;
  return all;
}

void bind_classes() {
  bind_datetimes();
  Classes& all = classes();
  const py::module_ types = py::module_::import("crossbook._types");
  all.level.bind(types.attr("OrderBookLevel").ptr(), {"price", "size", "orders"});
  all.snapshot.bind(types.attr("OrderBookSnapshot").ptr(), {"symbol", "timestamp", "bids", "asks"});
  all.aggregated_level.bind(types.attr("AggregatedLevel").ptr(),
                            {"price", "total_size", "exchanges", "weighted_price", "sizes"});
  all.aggregated_order_book.bind(types.attr("AggregatedOrderBook").ptr(),
                                 {"symbol", "timestamp", "bids", "asks", "best_bid", "best_ask", "spread_bps",
                                  "total_bid_depth", "total_ask_depth", "exchange_count", "_held"});
  all.fee_estimate.bind(types.attr("FeeEstimate").ptr(),
                        {"samples", "median_bps", "weighted_bps", "estimate_bps", "weight", "low_bps", "high_bps",
                         "outliers", "prior_bps", "prior"});
  all.fee_calibration.bind(
      types.attr("FeeCalibration").ptr(),
      {"exchange", "maker_fee_bps", "taker_fee_bps", "maker_rebate_bps", "last_updated", "sample_count", "confidence",
       "calibrated", "current_maker_bps", "current_taker_bps", "maker", "taker"});
  all.latency_calibration.bind(
      types.attr("LatencyCalibration").ptr(),
      {"exchange", "mean_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms", "last_updated",
       "sample_count", "reliability_score", "calibrated", "p95_enough", "p99_enough"});
  all.order.bind(types.attr("Order").ptr(),
                 {"order_id", "symbol", "side", "order_type", "price", "size", "spread_threshold_bps", "created_at",
                  "expires_at", "status", "exchange", "metadata", "filled", "reason", "last_change_at", "_held"});
  all.spread_snapshot.bind(types.attr("SpreadSnapshot").ptr(),
                           {"symbol", "timestamp", "best_bid", "best_ask", "spread_bps", "mid_price"});
  all.alarm.bind(types.attr("ManagerAlarm").ptr(), {"order_id", "kind", "message", "at"});
  all.order_step.bind(types.attr("OrderStep").ptr(), {"status", "reason", "filled", "at"});
  const py::object statuses = types.attr("OrderStatus");
  for (std::size_t i = 0; i < all.statuses.size(); ++i)
    all.statuses[i] = statuses(to_string(static_cast<OrderState>(i))).release().ptr();
  all.book_event.bind(types.attr("BookEvent").ptr(),
                      {"kind", "t", "feed", "venue", "symbol", "bids", "asks", "ts_event"});
  all.trade_event.bind(types.attr("TradeEvent").ptr(),
                       {"kind", "t", "feed", "venue", "symbol", "price", "size", "side", "ts_event"});
  all.quote_event.bind(types.attr("QuoteEvent").ptr(),
                       {"kind", "t", "feed", "venue", "symbol", "bid", "bid_size", "ask", "ask_size", "ts_event"});
  all.state_event.bind(types.attr("StateEvent").ptr(), {"kind", "t", "feed", "venue", "symbol", "state", "reason"});
  all.best_event.bind(types.attr("BestEvent").ptr(),
                      {"kind", "t", "symbol", "bid", "bid_size", "ask", "ask_size", "spread_bps", "venues"});
  all.live_change.bind(types.attr("LiveChange").ptr(), {"kind", "t", "symbol", "bid", "bid_size", "ask", "ask_size",
                                                        "spread_bps", "venues", "conflated"});
  const py::module_ errors = py::module_::import("crossbook._errors");
  const auto error = [&errors](const char* name) { return errors.attr(name).cast<py::object>().release().ptr(); };
  all.input_error = error("InputError");
  all.state_error = error("StateError");
  all.store_error = error("StoreError");
  all.fork_error = error("ForkError");
  all.capture_error = error("CaptureError");
}

// -- reading ---------------------------------------------------------------------------------------------------------

double read_number(PyObject* object, std::string_view argument) {
  if (PyFloat_Check(object)) return PyFloat_AS_DOUBLE(object);
  const double value = PyFloat_AsDouble(object);
  if (value == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    raise_type(argument, "a number", object);
  }
  return value;
}

std::optional<double> read_optional_number(PyObject* object, std::string_view argument) {
  if (object == Py_None || object == Py_Ellipsis) return {};
  return read_number(object, argument);
}

int read_int(PyObject* object, std::string_view argument) {
  const Reference index(PyNumber_Index(object));
  if (!index) {
    PyErr_Clear();
    raise_type(argument, "a whole number", object);
  }
  int overflow = 0;
  const long value = PyLong_AsLongAndOverflow(index.get(), &overflow);
  if (overflow != 0 || value > std::numeric_limits<int>::max() || value < std::numeric_limits<int>::min())
    raise(classes().input_error, std::string(argument) + " must be a smaller number, not " + shown(object));
  return static_cast<int>(value);
}

std::string_view read_text(PyObject* object, std::string_view argument) {
  if (!PyUnicode_Check(object)) raise_type(argument, "a text", object);
  Py_ssize_t size = 0;
  const char* const bytes = PyUnicode_AsUTF8AndSize(object, &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    raise(classes().input_error, std::string(argument) + " must be text that UTF-8 can write");
  }
  return {bytes, static_cast<std::size_t>(size)};
}

// -- writing ---------------------------------------------------------------------------------------------------------

Reference number(double value) { return checked(PyFloat_FromDouble(value)); }
Reference optional_number(const std::optional<double>& value) { return value ? number(*value) : none(); }
Reference whole(std::int64_t value) { return checked(PyLong_FromLongLong(value)); }
Reference truth(bool value) { return checked(PyBool_FromLong(value ? 1 : 0)); }
Reference text(std::string_view value) {
  return checked(PyUnicode_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size())));
}
Reference none() { return borrowed(Py_None); }

Reference texts(const std::vector<std::string>& values) {
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(values.size())));
  for (std::size_t i = 0; i < values.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), text(values[i]).release());
  return list;
}
Reference numbers(const std::vector<double>& values) {
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(values.size())));
  for (std::size_t i = 0; i < values.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), number(values[i]).release());
  return list;
}

// -- forks -----------------------------------------------------------------------------------------------------------

std::uint64_t forks() { return forks_so_far; }
void note_fork() { ++forks_so_far; }

void Home::check(const char* what) const {
  if (left())
    raise(classes().fork_error, std::string(what) +
                                    " has threads, which a fork does not copy: make a new one in the child process, or "
                                    "start it with multiprocessing's \"spawn\"");
}

}  // namespace crossbook::python
