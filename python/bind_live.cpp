// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "crossbook/book/venue_book.hpp"
#include "crossbook/shard/live_market.hpp"
#include "live_faces.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

using shard::real;

constexpr Nanos between_signals = milliseconds(50);

Nanos nanos(double seconds) { return Nanos(static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e9) * 1e9)); }

Reference best(const std::optional<book::WideLevel>& level, bool price, int scale) {
  if (!level) return none();
  return number(real(price ? Wide{level->price.count()} : level->quantity.count(), scale));
}

Reference spread_object(const std::optional<std::int64_t>& micro_bps) {
  return micro_bps ? number(static_cast<double>(*micro_bps) / 1e6) : none();
}

Reference change_record(const shard::LiveChange& change) {
  const Record& record = classes().live_change;
  Reference made = record.make();
  record.set(made.get(), 0, text("best"));
  record.set(made.get(), 1, whole(change.at.nanos()));
  record.set(made.get(), 2, text(change.symbol));
  record.set(made.get(), 3, best(change.bid, true, change.price_scale));
  record.set(made.get(), 4, best(change.bid, false, change.quantity_scale));
  record.set(made.get(), 5, best(change.ask, true, change.price_scale));
  record.set(made.get(), 6, best(change.ask, false, change.quantity_scale));
  record.set(made.get(), 7, spread_object(change.spread_micro_bps));
  record.set(made.get(), 8, whole(static_cast<std::int64_t>(change.venues)));
  record.set(made.get(), 9, whole(static_cast<std::int64_t>(change.conflated)));
  return made;
}

Reference level_list(const shard::LiveBook& book, const std::vector<shard::LiveLevel>& levels, double& depth) {
  const Record& record = classes().aggregated_level;
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(levels.size())));
  Wide total = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const shard::LiveLevel& level = levels[i];
    std::vector<std::string> names;
    std::vector<double> sizes;
    for (const auto& [venue, quantity] : level.parts) {
      names.push_back(book.venues[venue].name);
      sizes.push_back(real(quantity.count(), book.quantity_scale));
    }
    total += level.quantity.count();
    const double price = real(level.price.count(), book.price_scale);
    Reference made = record.make();
    record.set(made.get(), 0, number(price));
    record.set(made.get(), 1, number(real(level.quantity.count(), book.quantity_scale)));
    record.set(made.get(), 2, texts(names));
    record.set(made.get(), 3, number(price));
    record.set(made.get(), 4, numbers(sizes));
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), made.release());
  }
  depth = real(total, book.quantity_scale);
  return list;
}

Reference best_price(const shard::LiveBook& book, const std::vector<shard::LiveLevel>& levels) {
  return levels.empty() ? none() : number(real(levels[0].price.count(), book.price_scale));
}

Reference book_record(const shard::LiveBook& book) {
  const Record& record = classes().aggregated_order_book;
  Reference made = record.make();
  double bid_depth = 0.0;
  double ask_depth = 0.0;
  const TimePoint at(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(book.at.nanos())));
  record.set(made.get(), 0, text(book.symbol));
  record.set(made.get(), 1, datetime(at, true));
  record.set(made.get(), 2, level_list(book, book.bids, bid_depth));
  record.set(made.get(), 3, level_list(book, book.asks, ask_depth));
  record.set(made.get(), 4, best_price(book, book.bids));
  record.set(made.get(), 5, best_price(book, book.asks));
  record.set(made.get(), 6, spread_object(book.spread_micro_bps));
  record.set(made.get(), 7, number(bid_depth));
  record.set(made.get(), 8, number(ask_depth));
  const auto contribute = std::ranges::count(book.venues, Reason::none, &shard::LiveVenueState::excluded);
  record.set(made.get(), 9, whole(contribute));
  return made;
}

shard::LiveMarketOptions read_options(const std::vector<std::string>& venues, const std::vector<std::string>& symbols,
                                      const std::map<std::string, std::string>& endpoints,
                                      const std::map<std::string, std::string>& ca_files, std::uint32_t depth, bool bbo,
                                      double unread_max) {
  shard::LiveMarketOptions options;
  options.request.symbols = symbols;
  for (const std::string& name : venues) {
    shard::LiveVenue& venue = options.request.venues[name];
    venue.depth = depth;
    venue.bbo = bbo;
    venue.trades = false;
    if (const auto own = endpoints.find(name); own != endpoints.end()) venue.endpoint = own->second;
    if (const auto own = ca_files.find(name); own != ca_files.end()) venue.ca_file = own->second;
  }
  options.unread_max = nanos(unread_max);
  return options;
}

// A market and its readers. What threads of its own may be doing is ended without the interpreter.
class Live {
  void check() const { home_.check("a live market"); }
  template <class Call>
  auto outside(const Call& call) const {
    check();
    const py::gil_scoped_release released;
    return call();
  }

 public:
  Live(const shard::LiveMarketOptions& options, std::size_t changes_max) {
    sys::Outcome<std::unique_ptr<shard::LiveMarket>> started;
    {
      const py::gil_scoped_release released;
      started = shard::LiveMarket::start(options);
      if (started) changes_ = (*started)->changes(changes_max);
    }
    if (!started) raise(classes().input_error, started.error());
    market_ = std::move(*started);
  }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;
  ~Live() {
    if (!home_.left()) {
      close();
      return;
    }
    // The threads are the parent's: what belongs to them is left as it is.
    for (Fed& fed : fed_) (void)fed.feeder.release();
    (void)market_.release();
    new std::shared_ptr<shard::LiveChanges>(changes_);  // NOLINT: left on purpose
  }

  void close() {
    if (home_.left()) return;
    // The faces are let go of with the interpreter.
    std::vector<Fed> fed = std::exchange(fed_, {});
    const py::gil_scoped_release released;
    market_->stop();
    for (Fed& one : fed) one.feeder.reset();
  }
  [[nodiscard]] bool running() const { return market().running(); }

  py::object take() {
    check();
    const auto change = changes_->take();
    return change ? steal(change_record(*change)) : py::none();
  }
  // None: the time is over, or nothing will come any more.
  py::object wait(std::optional<double> at_most) {
    check();
    Nanos left = nanos(at_most.value_or(1e9));
    for (;;) {
      const Nanos slice = std::min(left, between_signals);
      std::optional<shard::LiveChange> change;
      {
        const py::gil_scoped_release released;
        change = changes_->wait(slice);
      }
      if (change) return steal(change_record(*change));
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      left -= slice;
      if (left <= Nanos(0) || changes_->ended()) return py::none();
    }
  }
  [[nodiscard]] bool ended() const {
    check();
    return changes_->ended();
  }
  void settle() const {
    check();
    changes_->settle();
  }
  [[nodiscard]] int descriptor() const {
    check();
    return changes_->descriptor();
  }
  [[nodiscard]] std::uint64_t conflated() const {
    check();
    return changes_->conflated();
  }

  bool wait_ready(double seconds) {
    Nanos left = nanos(seconds);
    for (;;) {
      const Nanos slice = std::min(left, between_signals);
      if (outside([&] { return market_->wait_ready(slice); })) return true;
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      left -= slice;
      if (left <= Nanos(0) || !market_->running()) return false;
    }
  }

  py::object book(const std::string& symbol, py::handle max_levels) {
    const int levels = read_int(max_levels.ptr(), "max_levels");
    if (levels < 1) raise(classes().input_error, "max_levels must be at least 1, not " + std::to_string(levels));
    return steal(book_record(ask(symbol, static_cast<std::size_t>(levels))));
  }
  // (name, state, reason or None, verified, age in ms or None) of each.
  py::list venues(const std::string& symbol) {
    py::list all;
    for (const shard::LiveVenueState& venue : ask(symbol, 0).venues) {
      const py::object reason =
          venue.excluded == Reason::none ? py::object(py::none()) : py::str(to_string(venue.excluded));
      const py::object age =
          venue.age ? py::object(py::float_(static_cast<double>(venue.age->count()) / 1e6)) : py::object(py::none());
      all.append(
          py::make_tuple(venue.name, book::to_string(venue.state), reason, book::to_string(venue.verified), age));
    }
    return all;
  }
  std::vector<std::string> symbols() {
    return outside([&] { return market_->symbols(); });
  }

  py::dict status() {
    const shard::LiveStatus status = outside([&] { return market_->status(); });
    py::list connections;
    for (const auto& one : status.connections)
      connections.append(py::dict(py::arg("feed") = one.feed, py::arg("phase") = one.phase, py::arg("open") = one.open,
                                  py::arg("connects") = one.connects, py::arg("subscriptions") = one.subscriptions,
                                  py::arg("subscriptions_live") = one.subscriptions_live));
    py::list errors;
    for (const Fed& fed : fed_)
      if (const std::string error = fed.feeder->error(); !error.empty()) errors.append(error);
    return py::dict(py::arg("running") = status.running, py::arg("frames") = status.frames,
                    py::arg("books") = status.books, py::arg("books_ready") = status.books_ready,
                    py::arg("conflated") = changes_->conflated(), py::arg("connections") = connections,
                    py::arg("problems") = status.problems, py::arg("feed_errors") = errors);
  }

  void feed(py::handle aggregator, py::handle manager, int max_levels, double every) {
    check();
    if (!market_->running()) raise(classes().state_error, "the live market is closed");
    shard::LiveFeederOptions options;
    options.depth = static_cast<std::size_t>(max_levels);
    options.every = nanos(every);
    if (!aggregator.is_none()) options.on_book = books_to_aggregator(aggregator);
    if (!manager.is_none()) options.on_change = spreads_to_manager(manager);
    Fed fed{{borrowed(aggregator.ptr()), borrowed(manager.ptr())}, nullptr};
    fed.feeder = outside([&] { return std::make_unique<shard::LiveFeeder>(*market_, std::move(options)); });
    fed_.push_back(std::move(fed));
  }

 private:
  // The feeder ends first.
  struct Fed {
    std::pair<Reference, Reference> faces;
    std::unique_ptr<shard::LiveFeeder> feeder;
  };

  static py::object steal(Reference made) { return py::reinterpret_steal<py::object>(made.release()); }
  [[nodiscard]] const shard::LiveMarket& market() const {
    check();
    return *market_;
  }
  shard::LiveBook ask(const std::string& symbol, std::size_t levels) {
    auto book = outside([&] { return market_->book(symbol, levels); });
    if (!book) raise(classes().input_error, book.error());
    return std::move(*book);
  }

  Home home_;
  std::unique_ptr<shard::LiveMarket> market_;
  std::shared_ptr<shard::LiveChanges> changes_;
  std::vector<Fed> fed_;
};

}  // namespace

void bind_live(py::module_& module) {
  py::class_<Live>(module, "Live")
      .def(py::init([](const std::vector<std::string>& venues, const std::vector<std::string>& symbols,
                       const std::map<std::string, std::string>& endpoints,
                       const std::map<std::string, std::string>& ca_files, std::uint32_t depth, bool bbo,
                       double unread_max, std::size_t changes_max) {
        return std::make_unique<Live>(read_options(venues, symbols, endpoints, ca_files, depth, bbo, unread_max),
                                      changes_max);
      }))
      .def("close", &Live::close)
      .def("running", &Live::running)
      .def("take", &Live::take)
      .def("wait", &Live::wait)
      .def("ended", &Live::ended)
      .def("settle", &Live::settle)
      .def("descriptor", &Live::descriptor)
      .def("conflated", &Live::conflated)
      .def("wait_ready", &Live::wait_ready)
      .def("book", &Live::book)
      .def("venues", &Live::venues)
      .def("symbols", &Live::symbols)
      .def("status", &Live::status)
      .def("feed", &Live::feed);
}

}  // namespace crossbook::python
