// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "calibrator.hpp"
#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"
#include "live_faces.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr const char* held_name = "crossbook.held_order_book";

// -- snapshots in ----------------------------------------------------------------------------------------------------

std::string place(const char* side, Py_ssize_t i, const char* field) {
  return std::string(side) + "[" + std::to_string(i) + "]" + field;
}

double read_field(PyObject* value, const char* side, Py_ssize_t i, const char* field) {
  return PyFloat_CheckExact(value) ? PyFloat_AS_DOUBLE(value) : read_number(value, place(side, i, field));
}

// An OrderBookLevel, a pair as ccxt has it ([price, size], more is not looked at), or anything with the two attributes.
OrderBookLevel read_level(PyObject* level, const char* side, Py_ssize_t i) {
  const Record& record = classes().level;
  if (record.is(level)) {
    PyObject* const price = record.get(level, 0);
    PyObject* const size = record.get(level, 1);
    if (price != nullptr && size != nullptr)
      return {read_field(price, side, i, ".price"), read_field(size, side, i, ".size")};
  }
  if (PyList_Check(level) || PyTuple_Check(level)) {
    if (PySequence_Fast_GET_SIZE(level) < 2)
      raise(classes().input_error, place(side, i, "") + " must be [price, size]");
    PyObject** const items = PySequence_Fast_ITEMS(level);
    return {read_field(items[0], side, i, ".price"), read_field(items[1], side, i, ".size")};
  }
  const Reference price(PyObject_GetAttrString(level, "price"));
  const Reference size(price ? PyObject_GetAttrString(level, "size") : nullptr);
  if (!size) {
    PyErr_Clear();
    raise(PyExc_TypeError,
          place(side, i, "") + " must be an OrderBookLevel or [price, size], not " + Py_TYPE(level)->tp_name);
  }
  return {read_field(price.get(), side, i, ".price"), read_field(size.get(), side, i, ".size")};
}

std::vector<OrderBookLevel> read_levels(PyObject* levels, const char* side) {
  const Reference sequence(PySequence_Fast(levels, ""));
  if (!sequence) {
    PyErr_Clear();
    raise(PyExc_TypeError, std::string(side) + " must be a list of levels, not " + Py_TYPE(levels)->tp_name);
  }
  std::vector<OrderBookLevel> read;
  read.reserve(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(sequence.get())));
  // A level's own attributes may run Python, which may change the list.
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence.get()); ++i)
    read.push_back(read_level(PySequence_Fast_GET_ITEM(sequence.get(), i), side, i));
  return read;
}

// The order book of ccxt's fetch_order_book, as it is. Without a timestamp it is of now.
OrderBookSnapshot read_ccxt(PyObject* book) {
  const auto item = [book](const char* key) {
    PyObject* const value = PyDict_GetItemString(book, key);
    return value == Py_None ? nullptr : value;
  };
  OrderBookSnapshot snapshot;
  PyObject* const symbol = item("symbol");
  if (symbol == nullptr) raise(classes().input_error, "snapshot[\"symbol\"] must be given, as \"BTC/USDT\"");
  snapshot.symbol = read_text(symbol, "snapshot[\"symbol\"]");
  for (const char* const side : {"bids", "asks"}) {
    PyObject* const levels = item(side);
    if (levels == nullptr) raise(classes().input_error, std::string("snapshot[\"") + side + "\"] must be given");
    (side[0] == 'b' ? snapshot.bids : snapshot.asks) = read_levels(levels, side);
  }
  snapshot.timestamp = std::chrono::system_clock::now();
  if (PyObject* const stamp = item("timestamp")) {
    const double ms = read_number(stamp, "snapshot[\"timestamp\"]");
    if (!(ms >= 0.0 && ms < 9e15))
      raise(classes().input_error, "snapshot[\"timestamp\"] must be milliseconds since 1970");
    snapshot.timestamp = TimePoint(std::chrono::duration_cast<TimePoint::duration>(
        std::chrono::nanoseconds(static_cast<std::int64_t>(ms) * 1'000'000)));
  }
  return snapshot;
}

Reference field_of(PyObject* snapshot, std::size_t field) {
  const Record& record = classes().snapshot;
  if (record.is(snapshot))
    if (PyObject* const value = record.get(snapshot, field)) return borrowed(value);
  Reference value(PyObject_GetAttrString(snapshot, record.name(field)));
  if (!value) {
    PyErr_Clear();
    raise(PyExc_TypeError, std::string("snapshot must be an OrderBookSnapshot or an order book of ccxt, not ") +
                               Py_TYPE(snapshot)->tp_name);
  }
  return value;
}

OrderBookSnapshot read_snapshot(PyObject* object, bool& aware) {
  if (PyDict_Check(object)) return read_ccxt(object);
  OrderBookSnapshot snapshot;
  const Reference symbol = field_of(object, 0);
  snapshot.symbol = read_text(symbol.get(), "snapshot.symbol");
  snapshot.timestamp = read_time(field_of(object, 1).get(), "snapshot.timestamp", aware);
  snapshot.bids = read_levels(field_of(object, 2).get(), "bids");
  snapshot.asks = read_levels(field_of(object, 3).get(), "asks");
  return snapshot;
}

// -- books out -------------------------------------------------------------------------------------------------------

struct Held {
  HeldOrderBook book;
  bool aware = false;
};

void free_held(PyObject* capsule) { delete static_cast<Held*>(PyCapsule_GetPointer(capsule, held_name)); }

Reference level_record(const AggregatedLevel& level) {
  const Record& record = classes().aggregated_level;
  Reference made = record.make();
  record.set(made.get(), 0, number(level.price));
  record.set(made.get(), 1, number(level.total_size));
  record.set(made.get(), 2, texts(level.exchanges));
  record.set(made.get(), 3, number(level.weighted_price));
  record.set(made.get(), 4, numbers(level.sizes));
  return made;
}

Reference level_list(const std::vector<AggregatedLevel>& levels) {
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(levels.size())));
  for (std::size_t i = 0; i < levels.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), level_record(levels[i]).release());
  return list;
}

// Fields that somebody has set meanwhile stay.
void fill_order_book(PyObject* order_book, PyObject* capsule) {
  const Record& record = classes().aggregated_order_book;
  const auto* const held = static_cast<const Held*>(PyCapsule_GetPointer(capsule, held_name));
  if (held == nullptr) throw py::error_already_set();
  if (!record.is(order_book)) raise(PyExc_TypeError, "not an AggregatedOrderBook");
  const AggregatedOrderBook book = held->book.read();
  const auto fill = [&](std::size_t field, Reference value) {
    if (record.get(order_book, field) == nullptr) record.set(order_book, field, std::move(value));
  };
  fill(1, book.exchange_count == 0 ? none() : datetime(book.timestamp, held->aware));
  fill(2, level_list(book.bids));
  fill(3, level_list(book.asks));
  fill(7, number(book.total_bid_depth));
  fill(8, number(book.total_ask_depth));
}

Reference order_book_record(std::unique_ptr<Held> held, PyObject* symbol) {
  const Record& record = classes().aggregated_order_book;
  const AggregatedOrderBook& top = held->book.top();
  Reference made = record.make();
  record.set(made.get(), 0, borrowed(symbol));
  record.set(made.get(), 4, optional_number(top.best_bid));
  record.set(made.get(), 5, optional_number(top.best_ask));
  record.set(made.get(), 6, optional_number(top.spread_bps));
  record.set(made.get(), 9, whole(top.exchange_count));
  record.set(made.get(), 10, checked(PyCapsule_New(held.get(), held_name, free_held)));
  (void)held.release();
  return made;
}

Reference best_exchange(const BestExchange& best) {
  Reference made = checked(PyStructSequence_New(classes().best_exchange));
  PyStructSequence_SetItem(made.get(), 0, text(best.exchange).release());
  PyStructSequence_SetItem(made.get(), 1, number(best.price).release());
  PyStructSequence_SetItem(made.get(), 2, number(best.filled_usd).release());
  PyStructSequence_SetItem(made.get(), 3, truth(best.complete).release());
  return made;
}

// -- the face --------------------------------------------------------------------------------------------------------

class Aggregator {
 public:
  Aggregator(py::handle latency_weight, py::handle min_reliability, py::handle max_price_diff_pct,
             py::handle max_age_seconds, const CalibratorHandle* calibrator)
      : stored_(calibrator != nullptr && calibrator->store != nullptr),
        face_(options(latency_weight, min_reliability, max_price_diff_pct, max_age_seconds, calibrator)) {}

  void add(py::handle exchange, py::handle snapshot, py::handle latency_ms, py::handle reliability_score) {
    const std::string_view name = read_text(exchange.ptr(), "exchange");
    const OrderBookSnapshot read = read_snapshot(snapshot.ptr(), aware_);
    face_.add_exchange_orderbook(name, read, read_number(latency_ms.ptr(), "latency_ms"),
                                 read_number(reliability_score.ptr(), "reliability_score"));
  }

  py::object aggregate(py::handle symbol, py::handle max_levels, bool use_latency_weighting) const {
    const std::string_view name = read_text(symbol.ptr(), "symbol");
    const int levels = read_int(max_levels.ptr(), "max_levels");
    auto held = std::make_unique<Held>();
    held->aware = aware_;
    outside([&] { held->book = face_.hold(name, levels, use_latency_weighting); });
    return py::reinterpret_steal<py::object>(order_book_record(std::move(held), symbol.ptr()).release());
  }

  py::object best(py::handle symbol, py::handle side, py::handle size_usd) const {
    const std::string_view name = read_text(symbol.ptr(), "symbol");
    const std::string_view wanted = read_text(side.ptr(), "side");
    const double size = read_number(size_usd.ptr(), "size_usd");
    BestExchange best;
    outside([&] { best = face_.get_best_exchange(name, wanted, size); });
    return py::reinterpret_steal<py::object>(best_exchange(best).release());
  }

  py::object available(py::handle symbol) const {
    return py::reinterpret_steal<py::object>(
        texts(face_.get_available_exchanges(read_text(symbol.ptr(), "symbol"))).release());
  }

  py::dict excluded(py::handle symbol) const {
    py::dict reasons;
    for (const auto& [exchange, reason] : face_.excluded(read_text(symbol.ptr(), "symbol")))
      reasons[py::str(exchange)] = to_string(reason);
    return reasons;
  }

  [[nodiscard]] MultiExchangeOrderbookAggregator& face() { return face_; }

  bool remove(py::handle symbol, py::handle exchange) {
    return face_.remove_exchange(read_text(symbol.ptr(), "symbol"), read_text(exchange.ptr(), "exchange"));
  }

 private:
  static MultiExchangeOrderbookAggregatorOptions options(py::handle latency_weight, py::handle min_reliability,
                                                         py::handle max_price_diff_pct, py::handle max_age_seconds,
                                                         const CalibratorHandle* calibrator) {
    MultiExchangeOrderbookAggregatorOptions options;
    options.latency_weight = read_number(latency_weight.ptr(), "latency_weight");
    options.min_reliability = read_number(min_reliability.ptr(), "min_reliability");
    options.max_price_diff_pct = read_number(max_price_diff_pct.ptr(), "max_price_diff_pct");
    options.max_age_seconds = read_optional_number(max_age_seconds.ptr(), "max_age_seconds");
    if (calibrator != nullptr) options.calibrator = calibrator->face;
    return options;
  }

  // A calibrator with a store may be waiting for the disk in another thread: then we wait without the interpreter.
  template <class Call>
  void outside(const Call& call) const {
    if (!stored_) return call();
    const py::gil_scoped_release released;
    call();
  }

  bool stored_;
  bool aware_ = false;
  MultiExchangeOrderbookAggregator face_;
};

}  // namespace

std::function<void(const shard::LiveVenueBook&)> books_to_aggregator(py::handle aggregator) {
  return shard::books_to<OrderBookSnapshot>(aggregator.cast<Aggregator&>().face());
}

void bind_aggregator(py::module_& module) {
  py::class_<Aggregator>(module, "Aggregator")
      .def(py::init<py::handle, py::handle, py::handle, py::handle, const CalibratorHandle*>())
      .def("add", &Aggregator::add)
      .def("aggregate", &Aggregator::aggregate)
      .def("best", &Aggregator::best)
      .def("available", &Aggregator::available)
      .def("excluded", &Aggregator::excluded)
      .def("remove", &Aggregator::remove);
  module.def("fill_order_book",
             [](py::handle order_book, py::handle held) { fill_order_book(order_book.ptr(), held.ptr()); });
}

}  // namespace crossbook::python
