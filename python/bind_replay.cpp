// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow.hpp"
#include "bindings.hpp"
#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"
#include "study.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr std::size_t records_between_signals = 20'000;

py::object steal(Reference made) { return py::reinterpret_steal<py::object>(made.release()); }

double real(Wide count, int scale) { return to_double(count) / static_cast<double>(power_of_ten(scale)); }

// -- tables ----------------------------------------------------------------------------------------------------------

// The dtype string of NumPy.
const char* dtype(Kind kind) {
  switch (kind) {
    case Kind::time: return "<M8[ns]";
    case Kind::duration: return "<m8[ns]";
    case Kind::real: return "<f8";
    case Kind::integer: return "<i8";
    case Kind::truth: return "?";
    case Kind::small: return "u1";
    case Kind::name: return "<i4";
  }
  return "V";
}

// (name, dtype, offset, names or None) by field.
py::list fields(const Table& table) {
  py::list all;
  for (const Field& field : table.fields()) {
    py::object names = py::none();
    if (field.kind == Kind::name) names = py::cast(table.names(field));
    all.append(py::make_tuple(field.name, dtype(field.kind), field.offset, names));
  }
  return all;
}

void free_stream(PyObject* capsule) {
  auto* const stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

py::object stream_capsule(const std::shared_ptr<Table>& table) {
  auto stream = arrow_stream(table);
  Reference capsule = checked(PyCapsule_New(stream.get(), "arrow_array_stream", free_stream));
  (void)stream.release();
  return steal(std::move(capsule));
}

// -- events ----------------------------------------------------------------------------------------------------------

class Events {
 public:
  explicit Events(Study& study) : study_(study), player_(study.player()), list_(checked(PyList_New(0))) {}

  Reference read() {
    const EventBatch& batch = player_.engine().batch();
    for (const BookEvent& event : batch.books)
      if (study_.chosen(event.listing)) add(book(event, batch));
    for (const Trade& trade : batch.trades)
      if (study_.chosen(trade.listing) && !trade.history) add(print(trade));
    for (const Bbo& bbo : batch.bbos)
      if (study_.chosen(bbo.listing)) add(quote(bbo));
    for (const Note& note : study_.effects().notes)
      if (note.kind == Note::Kind::book_state && note.listing && study_.chosen(*note.listing)) add(state(note));
    for (const GroupId id : study_.effects().groups)
      if (study_.chosen(id)) add(best(id));
    return std::move(list_);
  }

 private:
  void add(const Reference& event) {
    if (PyList_Append(list_.get(), event.get()) != 0) throw py::error_already_set();
  }

  Reference head(const Record& record, const char* kind, ListingId id) const {
    const Listing& listing = player_.engine().listings()[id];
    const venue::Feed& feed = venue::feed(listing.feed);
    Reference made = record.make();
    record.set(made.get(), 0, text(kind));
    record.set(made.get(), 1, whole(player_.last_t().nanos()));
    record.set(made.get(), 2, text(feed.name));
    record.set(made.get(), 3, text(feed.venue));
    record.set(made.get(), 4, text(player_.key(listing)));
    return made;
  }

  static Reference stamp(const std::optional<Wall>& wall) { return wall ? whole(wall->nanos()) : none(); }

  Reference levels(const EventBatch& batch, Side side, const Run& run, const Listing& listing) const {
    const auto& wide = side == Side::bid ? batch.wide_bids : batch.wide_asks;
    Reference list = checked(PyList_New(static_cast<Py_ssize_t>(run.size())));
    for (std::size_t i = run.begin; i < run.end; ++i) {
      const Level& level = batch.levels(side)[i];
      const Wide quantity = listing.wide ? wide[i].count() : level.quantity.count();
      Reference pair = checked(PyTuple_New(2));
      PyTuple_SET_ITEM(pair.get(), 0, number(real(level.price.count(), listing.price_scale)).release());
      PyTuple_SET_ITEM(pair.get(), 1, number(real(quantity, listing.quantity_scale)).release());
      PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i - run.begin), pair.release());
    }
    return list;
  }

  Reference book(const BookEvent& event, const EventBatch& batch) const {
    const Record& record = classes().book_event;
    const Listing& listing = player_.engine().listings()[event.listing];
    Reference made =
        head(record, event.kind == BookEventKind::snapshot ? "book_snapshot" : "book_delta", event.listing);
    record.set(made.get(), 5, levels(batch, Side::bid, event.bids, listing));
    record.set(made.get(), 6, levels(batch, Side::ask, event.asks, listing));
    record.set(made.get(), 7, stamp(event.ts_event));
    return made;
  }

  Reference print(const Trade& trade) const {
    const Record& record = classes().trade_event;
    const Listing& listing = player_.engine().listings()[trade.listing];
    Reference made = head(record, "trade", trade.listing);
    record.set(made.get(), 5, number(real(trade.price.count(), listing.price_scale)));
    record.set(made.get(), 6, number(real(trade.quantity.count(), listing.quantity_scale)));
    record.set(made.get(), 7, text(trade.taker == Side::bid ? "buy" : "sell"));
    record.set(made.get(), 8, stamp(trade.ts_event));
    return made;
  }

  Reference quote(const Bbo& bbo) const {
    const Record& record = classes().quote_event;
    const Listing& listing = player_.engine().listings()[bbo.listing];
    Reference made = head(record, "bbo", bbo.listing);
    const auto set = [&](std::size_t field, const std::optional<Level>& level) {
      record.set(made.get(), field, level ? number(real(level->price.count(), listing.price_scale)) : none());
      record.set(made.get(), field + 1, level ? number(real(level->quantity.count(), listing.quantity_scale)) : none());
    };
    set(5, bbo.bid);
    set(7, bbo.ask);
    record.set(made.get(), 9, stamp(bbo.ts_event));
    return made;
  }

  Reference state(const Note& note) const {
    const Record& record = classes().state_event;
    const book::VenueBook& book = player_.engine().book(*note.listing);
    Reference made = head(record, "status", *note.listing);
    record.set(made.get(), 5, text(to_string(book.state())));
    record.set(made.get(), 6, book.reason() == Reason::none ? none() : text(to_string(book.reason())));
    return made;
  }

  Reference best(GroupId id) const {
    const Record& record = classes().best_event;
    const engine::Group& group = player_.engine().group(id);
    const book::Consolidated& view = group.consolidated;
    Reference made = record.make();
    record.set(made.get(), 0, text("best"));
    record.set(made.get(), 1, whole(player_.last_t().nanos()));
    record.set(made.get(), 2, text(group.name));
    std::size_t field = 3;
    for (const Side side : {Side::bid, Side::ask}) {
      const auto& best = view.best(side);
      record.set(made.get(), field++, best ? number(real(best->price.count(), view.price_scale())) : none());
      record.set(made.get(), field++, best ? number(real(best->quantity.count(), view.quantity_scale())) : none());
    }
    const auto spread = view.spread_micro_bps();
    record.set(made.get(), 7, spread ? number(static_cast<double>(*spread) / 1e6) : none());
    record.set(made.get(), 8, whole(static_cast<std::int64_t>(view.contributors())));
    return made;
  }

  Study& study_;
  const shard::Player& player_;
  Reference list_;
};

// -- the study -------------------------------------------------------------------------------------------------------

// One thread at a time plays; another that comes meanwhile is told.
class StudyHandle {
 public:
  explicit StudyHandle(std::unique_ptr<Study> study) : study_(std::move(study)) {}

  // Events of the next record with any; nothing at the end.
  py::object next_events() {
    const Turn turn(*this);
    while (study_->step()) {
      Reference events = Events(*study_).read();
      if (PyList_GET_SIZE(events.get()) > 0) return steal(std::move(events));
      if (++quiet_ % records_between_signals == 0 && PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
    return py::none();
  }

  void fill(const std::vector<std::string>& tables) {
    const Turn turn(*this);
    for (const std::string& name : tables) {
      const auto wanted = wanted_named(name);
      if (!wanted) raise(classes().input_error, "no table is named \"" + name + "\"");
      study_->want(*wanted);
    }
    const ReadingAhead ahead(*study_);
    bool more = true;
    while (more) {
      {
        const py::gil_scoped_release released;
        more = study_->fill(records_between_signals);
      }
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
  }

  std::shared_ptr<Table> table(const std::string& name) {
    const auto wanted = wanted_named(name);
    if (!wanted) raise(classes().input_error, "no table is named \"" + name + "\"");
    return study_->table(*wanted);
  }

  py::object order_book(const std::string& symbol, int max_levels);
  py::list symbols() {
    const Turn turn(*this);
    py::list names;
    const engine::Engine& engine = study_->player().engine();
    for (std::size_t g = 0; g < engine.groups(); ++g) names.append(engine.group(GroupId(g)).name);
    return names;
  }
  py::list errors() {
    const Turn turn(*this);
    py::list all;
    for (const capture::ReadError& error : study_->source().errors())
      all.append(py::make_tuple(error.file, error.line, error.reason));
    for (const shard::ReplayError& error : study_->player().errors())
      all.append(py::make_tuple(error.file, error.line, error.reason));
    return all;
  }
  std::uint64_t frames() {
    const Turn turn(*this);
    return study_->player().frames();
  }
  bool cut() {
    const Turn turn(*this);
    return study_->cut();
  }
  [[nodiscard]] Study& study() { return *study_; }

 private:
  class ReadingAhead {
   public:
    explicit ReadingAhead(Study& study) : study_(study) { study_.read_ahead(); }
    ReadingAhead(const ReadingAhead&) = delete;
    ReadingAhead& operator=(const ReadingAhead&) = delete;
    ~ReadingAhead() { study_.stop_reading_ahead(); }

   private:
    Study& study_;
  };
  class Turn {
   public:
    explicit Turn(StudyHandle& handle) : handle_(handle) {
      if (handle_.busy_.exchange(true)) raise(classes().state_error, "another thread is reading this replay");
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { handle_.busy_ = false; }

   private:
    StudyHandle& handle_;
  };

  std::unique_ptr<Study> study_;
  std::uint64_t quiet_ = 0;
  std::atomic<bool> busy_ = false;
};

Reference level_list(const engine::Engine& engine, const engine::Group& group, Side side, int max_levels,
                     double& depth) {
  const book::Consolidated& view = group.consolidated;
  const Record& record = classes().aggregated_level;
  const auto books = engine.books(group);
  book::Merge<> merge(view, books, side);
  Reference list = checked(PyList_New(0));
  Wide total = 0;
  while (PyList_GET_SIZE(list.get()) < max_levels) {
    const auto level = merge.next();
    if (!level) break;
    std::vector<std::string> names;
    std::vector<double> sizes;
    for (const book::MemberSize& part : level->parts) {
      names.push_back(view.member(part.member).name);
      sizes.push_back(real(part.quantity.count(), view.quantity_scale()));
    }
    total += level->quantity.count();
    const Reference made = record.make();
    const double price = real(level->price.count(), view.price_scale());
    record.set(made.get(), 0, number(price));
    record.set(made.get(), 1, number(real(level->quantity.count(), view.quantity_scale())));
    record.set(made.get(), 2, texts(names));
    record.set(made.get(), 3, number(price));
    record.set(made.get(), 4, numbers(sizes));
    if (PyList_Append(list.get(), made.get()) != 0) throw py::error_already_set();
  }
  depth = real(total, view.quantity_scale());
  return list;
}

py::object StudyHandle::order_book(const std::string& symbol, int max_levels) {
  const Turn turn(*this);
  if (max_levels < 1) raise(classes().input_error, "max_levels must be at least 1, not " + std::to_string(max_levels));
  const engine::Engine& engine = study_->player().engine();
  const auto id = engine.find_group(symbol);
  if (!id) return py::none();
  const engine::Group& group = engine.group(*id);
  const book::Consolidated& view = group.consolidated;
  const Record& record = classes().aggregated_order_book;
  Reference made = record.make();
  double bid_depth = 0.0;
  double ask_depth = 0.0;
  const auto best = [&](Side side) {
    const auto& level = view.best(side);
    return level ? number(real(level->price.count(), view.price_scale())) : none();
  };
  const TimePoint now(
      std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(study_->player().last_t().nanos())));
  record.set(made.get(), 0, text(group.name));
  record.set(made.get(), 1, datetime(now, true));
  record.set(made.get(), 2, level_list(engine, group, Side::bid, max_levels, bid_depth));
  record.set(made.get(), 3, level_list(engine, group, Side::ask, max_levels, ask_depth));
  record.set(made.get(), 4, best(Side::bid));
  record.set(made.get(), 5, best(Side::ask));
  const auto spread = view.spread_micro_bps();
  record.set(made.get(), 6, spread ? number(static_cast<double>(*spread) / 1e6) : none());
  record.set(made.get(), 7, number(bid_depth));
  record.set(made.get(), 8, number(ask_depth));
  record.set(made.get(), 9, whole(static_cast<std::int64_t>(view.contributors())));
  return steal(std::move(made));
}

std::unique_ptr<StudyHandle> make(const std::vector<std::string>& files, std::optional<std::uint64_t> seed,
                                  std::optional<double> market_seconds, const py::dict& chosen) {
  StudyOptions options;
  options.symbols = chosen["symbols"].cast<std::vector<std::string>>();
  options.filters = chosen["filters"].cast<bool>();
  options.use_bbo = chosen["use_bbo"].cast<bool>();
  options.raw_symbols = chosen["raw_symbols"].cast<bool>();
  options.sizes = chosen["sizes"].cast<std::vector<double>>();
  options.depth_bps = chosen["depth_bps"].cast<std::vector<double>>();
  options.every = Nanos(static_cast<std::int64_t>(chosen["every_ms"].cast<double>() * 1e6));
  if (!chosen["until"].is_none()) options.until = Wall(chosen["until"].cast<std::int64_t>());
  for (const auto& [name, members] : chosen["groups"].cast<py::dict>())
    options.groups.push_back(
        {name.cast<std::string>(), members.cast<std::vector<std::pair<std::string, std::string>>>()});
  if (const auto unknown = shard::Player::unknown_feed(options.groups))
    raise(classes().input_error, "no feed is named \"" + *unknown + "\"; crossbook.feeds() lists them");
  std::unique_ptr<app::Source> source;
  if (seed) {
    std::optional<Nanos> duration;
    if (market_seconds) duration = Nanos(static_cast<std::int64_t>(*market_seconds * 1e9));
    source = app::simulated_market(*seed, duration);
  } else {
    auto opened = app::open_captures(files);
    if (!opened) raise(classes().capture_error, opened.error());
    source = std::move(*opened);
  }
  return std::make_unique<StudyHandle>(std::make_unique<Study>(std::move(source), std::move(options)));
}

}  // namespace

void bind_replay(py::module_& module) {
  py::class_<Table, std::shared_ptr<Table>>(module, "Table", py::buffer_protocol())
      .def_buffer([](Table& table) {
        return py::buffer_info(table.data(), 1, py::format_descriptor<std::uint8_t>::format(), 1,
                               {table.rows() * table.row_bytes()}, {std::size_t{1}}, true);
      })
      .def_property_readonly("name", &Table::name)
      .def_property_readonly("rows", &Table::rows)
      .def_property_readonly("row_bytes", &Table::row_bytes)
      .def("fields", &fields)
      .def("stream", &stream_capsule);
  py::class_<StudyHandle>(module, "Study")
      .def(py::init(&make))
      .def("next_events", &StudyHandle::next_events)
      .def("fill", &StudyHandle::fill)
      .def("table", &StudyHandle::table)
      .def("order_book", &StudyHandle::order_book)
      .def("symbols", &StudyHandle::symbols)
      .def("errors", &StudyHandle::errors)
      .def("frames", &StudyHandle::frames)
      .def("cut", &StudyHandle::cut);
  module.def("feeds", [] {
    std::vector<std::string> names;
    for (const venue::Feed* const feed : venue::feeds()) names.emplace_back(feed->name);
    return names;
  });
}

}  // namespace crossbook::python
