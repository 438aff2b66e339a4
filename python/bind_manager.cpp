// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "crossbook/api/kept_orders.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"
#include "live_faces.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

// The fields of Order, by position.
enum : std::size_t {
  order_id,
  symbol,
  side,
  order_type,
  price,
  size,
  spread_threshold_bps,
  created_at,
  expires_at,
  status,
  exchange,
  metadata,
  filled,
  reason,
  last_change_at,
  held_slot,
};

py::object steal(Reference made) { return py::reinterpret_steal<py::object>(made.release()); }

// What the Python side gave to be called. The manager's own type shows them to the garbage collector.
struct Callbacks {
  Reference cancel;
  Reference alarm;
};

struct ManagerHandle {
  std::shared_ptr<SpreadThresholdManager> face;
  std::shared_ptr<Callbacks> callbacks = std::make_shared<Callbacks>();
  std::unordered_map<std::string, Reference> odd_metadata;  // by order: with values that a store cannot keep
  double max_spread_bps = 10.0;
  bool stored = false;
  bool monitored = false;  // once
  bool aware = false;      // an aware time was given: answers are aware as well
  Home home;

  ManagerHandle() = default;
  ManagerHandle(const ManagerHandle&) = delete;
  ManagerHandle& operator=(const ManagerHandle&) = delete;
  // The end of the background waits for a callback that may be waiting for the interpreter.
  ~ManagerHandle() {
    const py::gil_scoped_release released;
    face.reset();
  }
  void check() const {
    if (stored || monitored)
      home.check(stored ? "a manager with a store" : "a manager that monitors in the background");
  }
};
using Shared = std::shared_ptr<ManagerHandle>;

// What the empty slots of an Order are read from: the manager, as long as the order follows it, else the order as it
// was.
struct OrderSource {
  PyObject_HEAD  //
      Shared manager;
  HeldOrder order;     // of one that follows: as it was placed
  Reference metadata;  // the dictionary that one that follows shows; null until it is asked for
  bool follows = false;
};

PyTypeObject* source_type = nullptr;

void free_source(PyObject* object) {
  auto* const source = reinterpret_cast<OrderSource*>(object);
  PyTypeObject* const type = Py_TYPE(object);
  std::destroy_at(&source->metadata);
  std::destroy_at(&source->order);
  std::destroy_at(&source->manager);
  PyObject_Free(object);
  Py_DECREF(type);
}

PyTypeObject* make_source_type() {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&free_source)}, {0, nullptr}};
  static PyType_Spec spec{"crossbook._core.OrderSource", sizeof(OrderSource), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
}

Reference make_source(const Shared& manager, HeldOrder order, bool follows, Reference own_metadata = {}) {
  auto* const source = PyObject_New(OrderSource, source_type);
  if (source == nullptr) throw py::error_already_set();
  std::construct_at(&source->manager, manager);
  std::construct_at(&source->order, std::move(order));
  std::construct_at(&source->metadata, std::move(own_metadata));
  source->follows = follows;
  return Reference(reinterpret_cast<PyObject*>(source));
}

// Null where the order has none.
OrderSource* source_of(PyObject* order) {
  PyObject* const held = classes().order.get(order, held_slot);
  return held != nullptr && Py_IS_TYPE(held, source_type) ? reinterpret_cast<OrderSource*>(held) : nullptr;
}

// -- metadata --------------------------------------------------------------------------------------------------------

std::optional<MetadataValue> simple_value(PyObject* value) {
  if (value == Py_None) return MetadataValue();
  if (PyBool_Check(value)) return MetadataValue(value == Py_True);
  if (PyFloat_CheckExact(value)) return MetadataValue(PyFloat_AS_DOUBLE(value));
  if (PyUnicode_CheckExact(value)) return MetadataValue(std::string(read_text(value, "metadata")));
  if (!PyLong_CheckExact(value)) return {};
  int overflow = 0;
  const long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow != 0) return {};
  return MetadataValue(std::int64_t{whole});
}

// What a store can keep of a dictionary; `odd` becomes true where that is not all of it.
std::map<std::string, MetadataValue> read_metadata(PyObject* given, bool& odd) {
  std::map<std::string, MetadataValue> simple;
  if (given == Py_None) return simple;
  if (!PyDict_Check(given)) raise_type("metadata", "a dict", given);
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t at = 0; PyDict_Next(given, &at, &key, &value) != 0;) {
    auto kept = PyUnicode_Check(key) ? simple_value(value) : std::nullopt;
    if (kept) simple.insert_or_assign(std::string(read_text(key, "metadata")), std::move(*kept));
    odd = odd || !kept;
  }
  return simple;
}

Reference value_object(const MetadataValue& value) {
  if (const auto* const flag = std::get_if<bool>(&value)) return truth(*flag);
  if (const auto* const count = std::get_if<std::int64_t>(&value)) return whole(*count);
  if (const auto* const real = std::get_if<double>(&value)) return number(*real);
  if (const auto* const words = std::get_if<std::string>(&value)) return text(*words);
  return none();
}

void set_item(PyObject* dict, const char* key, const Reference& value) {
  if (PyDict_SetItemString(dict, key, value.get()) != 0) throw py::error_already_set();
}

// A code is one object, however many orders it ended.
Reference reason_object(const HeldOrder& order) {
  static std::array<PyObject*, static_cast<std::size_t>(order_reason_last) + 1> codes{};
  if (!order.words.empty()) return text(order.words);
  PyObject*& code = codes[static_cast<std::size_t>(order.code)];
  if (code == nullptr) code = text(to_string(order.code)).release();
  return borrowed(code);
}

// What the manager noted when the order had to go.
void note_end(PyObject* dict, const HeldOrder& order) {
  if (order.noted) set_item(dict, "cancel_reason", reason_object(order));
  if (order.cancel_value) set_item(dict, "cancel_value", number(*order.cancel_value));
}

Reference metadata_dict(const ManagerHandle& manager, const HeldOrder& order) {
  Reference dict;
  const auto odd = manager.odd_metadata.find(order.placed->order_id);
  dict = checked(odd == manager.odd_metadata.end() ? PyDict_New() : PyDict_Copy(odd->second.get()));
  for (const auto& [key, value] : order.placed->metadata) set_item(dict.get(), key.c_str(), value_object(value));
  note_end(dict.get(), order);
  return dict;
}

// -- orders out ------------------------------------------------------------------------------------------------------

Reference status_object(OrderStatus value) { return borrowed(classes().statuses[static_cast<std::size_t>(value)]); }

Reference field_object(const ManagerHandle& manager, const HeldOrder& order, std::size_t field) {
  const Order& placed = *order.placed;
  switch (field) {
    case order_id: return text(placed.order_id);
    case symbol: return text(placed.symbol);
    case side: return text(placed.side);
    case order_type: return text(placed.order_type);
    case price: return number(placed.price);
    case size: return number(placed.size);
    case spread_threshold_bps: return number(placed.spread_threshold_bps);
    case created_at: return datetime(placed.created_at, manager.aware);
    case expires_at: return placed.expires_at ? datetime(*placed.expires_at, manager.aware) : none();
    case status: return status_object(order.status);
    case exchange: return text(placed.exchange);
    case metadata: return metadata_dict(manager, order);
    case filled: return number(order.filled);
    case reason: return reason_object(order);
    default: return datetime(order.last_change_at, manager.aware);
  }
}

// Its fields are made when they are read.
Reference held_record(const Shared& manager, HeldOrder order) {
  const Record& record = classes().order;
  Reference made = record.make();
  record.set(made.get(), held_slot, make_source(manager, std::move(order), false));
  return made;
}

Reference live_record(const Shared& manager, HeldOrder order) {
  const Record& record = classes().order;
  Reference made = record.make();
  for (const std::size_t field :
       {order_id, symbol, side, order_type, price, size, spread_threshold_bps, expires_at, exchange})
    record.set(made.get(), field, field_object(*manager, order, field));
  Reference own = metadata_dict(*manager, order);
  record.set(made.get(), held_slot, make_source(manager, std::move(order), true, std::move(own)));
  return made;
}

Reference order_list(const Shared& manager, std::vector<HeldOrder> orders) {
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(orders.size())));
  for (std::size_t i = 0; i < orders.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), held_record(manager, std::move(orders[i])).release());
  return list;
}

std::size_t field_named(PyObject* name) {
  const std::string_view wanted = read_text(name, "name");
  for (std::size_t field = 0; field < held_slot; ++field)
    if (wanted == classes().order.name(field)) return field;
  return held_slot;
}

// An order that the manager forgot: nobody knows how it ended.
HeldOrder forgotten(const HeldOrder& order) {
  return {.placed = order.placed, .status = OrderStatus::unknown, .last_change_at = order.placed->created_at};
}

// An order that follows, as it is now. One that has ended follows no longer.
HeldOrder look(OrderSource& source) {
  source.manager->check();
  const std::optional<HeldOrder> found = source.manager->face->get_held(source.order.placed->order_id);
  HeldOrder now = found ? *found : forgotten(source.order);
  if (source.metadata) note_end(source.metadata.get(), now);
  if (!found || ended(now.status)) {
    source.order = now;
    source.follows = false;
  }
  return now;
}

// The value of a slot that is empty. What does not change any more fills the slot.
Reference read_field(PyObject* object, OrderSource& source, std::size_t field) {
  const Record& record = classes().order;
  const HeldOrder now = source.follows ? look(source) : source.order;
  if (field == metadata) {
    if (!source.metadata) source.metadata = metadata_dict(*source.manager, now);
    if (!source.follows) record.set(object, field, borrowed(source.metadata.get()));
    return borrowed(source.metadata.get());
  }
  Reference value = field_object(*source.manager, now, field);
  if (!source.follows || field == created_at) record.set(object, field, borrowed(value.get()));
  // Finding a slot empty costs more than filling it: who reads one of these reads the others.
  if (!source.follows)
    for (const std::size_t next : {order_id, status, reason})
      if (record.get(object, next) == nullptr)
        record.set(object, next, field_object(*source.manager, source.order, next));
  return value;
}

// Order.__getattr__: for a slot that is empty, and for names that are no field.
PyObject* read_attribute(PyObject* object, PyObject* name) {
  return guarded([&] {
    OrderSource* const source = classes().order.is(object) ? source_of(object) : nullptr;
    const std::size_t field = field_named(name);
    if (source == nullptr || field == held_slot)
      raise(PyExc_AttributeError, std::string("'") + Py_TYPE(object)->tp_name + "' object has no attribute '" +
                                      std::string(read_text(name, "name")) + "'");
    const Reference keeps = borrowed(reinterpret_cast<PyObject*>(source));
    return read_field(object, *source, field);
  });
}

// -- orders in -------------------------------------------------------------------------------------------------------

OrderStatus read_status(PyObject* object) {
  for (std::size_t i = 0; i < classes().statuses.size(); ++i)
    if (classes().statuses[i] == object) return static_cast<OrderStatus>(i);
  raise_type("order.status", "an OrderStatus", object);
}

// An order of ours, made by hand or placed, or anything with the same attributes.
Order read_order_argument(ManagerHandle& manager, PyObject* object) {
  const Record& record = classes().order;
  const auto attribute = [&](std::size_t field) {
    if (record.is(object))
      if (PyObject* const value = record.get(object, field)) return borrowed(value);
    return checked(PyObject_GetAttrString(object, record.name(field)));
  };
  const auto own_text = [&](std::size_t field) {
    const Reference value = attribute(field);
    return std::string(read_text(value.get(), std::string("order.") + record.name(field)));
  };
  Order order;
  order.order_id = own_text(order_id);
  order.symbol = own_text(symbol);
  order.exchange = own_text(exchange);
  order.spread_threshold_bps = read_number(attribute(spread_threshold_bps).get(), "order.spread_threshold_bps");
  const Reference expiry = attribute(expires_at);
  if (expiry.get() != Py_None) order.expires_at = read_time(expiry.get(), "order.expires_at", manager.aware);
  // A placed order is known: the manager has its status and age.
  const OrderSource* const source = record.is(object) ? source_of(object) : nullptr;
  if (source != nullptr && source->follows) {
    order.created_at = source->order.placed->created_at;
  } else {
    order.created_at = read_time(attribute(created_at).get(), "order.created_at", manager.aware);
    order.status = read_status(attribute(status).get());
  }
  return order;
}

// -- callbacks -------------------------------------------------------------------------------------------------------

// Where a callback runs, perhaps in the manager's own thread: with the interpreter, and so that the manager may lose
// its last owner there.
class InCallback {
 public:
  InCallback() { ++depth; }
  InCallback(const InCallback&) = delete;
  InCallback& operator=(const InCallback&) = delete;
  ~InCallback() { --depth; }
  [[nodiscard]] static bool here() { return depth > 0; }

 private:
  py::gil_scoped_acquire held_;
  static thread_local int depth;
};
thread_local int InCallback::depth = 0;

// In the child of a fork the threads do not exist that its end would wait for: it is left as it is. A thread cannot
// wait for its own end: another does.
void end(const Home& home, SpreadThresholdManager* face) {
  if (home.left()) return;
  if (!InCallback::here()) {
    delete face;
    return;
  }
  std::thread([face] { delete face; }).detach();
}

// The error of a callback, as the manager notes it; Python's own log has it with its traceback.
[[noreturn]] void fail(const char* what) { throw std::runtime_error(what); }

void call_cancel(const Shared& manager, const Order& order, const std::string& why) {
  PyObject* const callback = manager->callbacks->cancel.get();
  if (callback == nullptr) return;
  try {
    const Reference keeps = borrowed(callback);
    const Reference own = live_record(manager, {.placed = std::make_shared<const Order>(order),
                                                .status = order.status,
                                                .filled = order.filled,
                                                .last_change_at = order.last_change_at,
                                                .words = order.reason});
    const Reference words = text(why);
    (void)checked(PyObject_CallFunctionObjArgs(callback, own.get(), words.get(), nullptr));
  } catch (py::error_already_set& error) {
    const std::string message = py::str(error.value()).cast<std::string>();
    error.restore();
    PyErr_Clear();
    fail(message.c_str());
  }
}

Reference alarm_record(const ManagerAlarm& alarm, bool aware) {
  const Record& record = classes().alarm;
  Reference made = record.make();
  record.set(made.get(), 0, text(alarm.order_id));
  record.set(made.get(), 1, text(alarm.kind));
  record.set(made.get(), 2, text(alarm.message));
  record.set(made.get(), 3, datetime(alarm.at, aware));
  return made;
}

void call_alarm(const Shared& manager, const ManagerAlarm& alarm) {
  PyObject* const callback = manager->callbacks->alarm.get();
  if (callback == nullptr) return;
  const Reference keeps = borrowed(callback);
  const Reference own = alarm_record(alarm, manager->aware);
  const Reference result(PyObject_CallFunctionObjArgs(callback, own.get(), nullptr));
  if (!result) PyErr_WriteUnraisable(callback);
}

// -- the face --------------------------------------------------------------------------------------------------------

// Without the interpreter: callbacks take it back, and other threads may go on.
template <class Call>
auto outside(const Shared& self, const Call& call) {
  self->check();
  const py::gil_scoped_release released;
  return call();
}

Shared make(py::handle max_spread_bps, bool auto_cancel, py::handle check_interval_seconds,
            py::handle max_order_age_seconds, py::handle max_data_age, py::handle store) {
  auto handle = std::make_shared<ManagerHandle>();
  SpreadThresholdManagerOptions options;
  options.max_spread_bps = handle->max_spread_bps = read_number(max_spread_bps.ptr(), "max_spread_bps");
  options.auto_cancel = auto_cancel;
  options.check_interval_seconds = read_number(check_interval_seconds.ptr(), "check_interval_seconds");
  options.max_order_age_seconds = read_optional_number(max_order_age_seconds.ptr(), "max_order_age_seconds");
  options.max_data_age = read_optional_number(max_data_age.ptr(), "max_data_age");
  std::string path;
  if (!store.is_none()) path = read_text(store.ptr(), "store");
  handle->stored = !path.empty();
  const Home home = handle->home;
  const py::gil_scoped_release released;
  if (!path.empty()) options.store = open_orders(path);
  handle->face = std::shared_ptr<SpreadThresholdManager>(new SpreadThresholdManager(std::move(options)),
                                                         [home](SpreadThresholdManager* face) { end(home, face); });
  return handle;
}

// The very object, where it is a float.
Reference as_float(PyObject* given, double value) {
  return PyFloat_CheckExact(given) ? borrowed(given) : number(value);
}

// The arguments of place_order, by position.
enum : std::size_t {
  given_id,
  given_symbol,
  given_side,
  given_price,
  given_size,
  given_type,
  given_threshold,
  given_expiry,
  given_exchange,
  given_metadata,
  given_count,
};

SpreadThresholdManager::Place read_place(PyObject* const* given, bool& aware, bool& odd) {
  SpreadThresholdManager::Place place;
  place.order_id = read_text(given[given_id], "order_id");
  place.symbol = read_text(given[given_symbol], "symbol");
  place.side = read_text(given[given_side], "side");
  place.price = read_number(given[given_price], "price");
  place.size = read_number(given[given_size], "size");
  place.order_type = read_text(given[given_type], "order_type");
  place.spread_threshold_bps = read_optional_number(given[given_threshold], "spread_threshold_bps");
  if (given[given_expiry] != Py_None) place.expires_at = read_time(given[given_expiry], "expires_at", aware);
  place.exchange = read_text(given[given_exchange], "exchange");
  place.metadata = read_metadata(given[given_metadata], odd);
  return place;
}

// An order that follows the manager, its fixed fields being the very objects that were given.
Reference placed_record(const Shared& self, PyObject* const* given, HeldOrder placed, Reference own_metadata) {
  const Record& record = classes().order;
  const Order& order = *placed.placed;
  Reference made = record.make();
  record.set(made.get(), order_id, borrowed(given[given_id]));
  record.set(made.get(), symbol, borrowed(given[given_symbol]));
  record.set(made.get(), side, borrowed(given[given_side]));
  record.set(made.get(), order_type, borrowed(given[given_type]));
  record.set(made.get(), price, as_float(given[given_price], order.price));
  record.set(made.get(), size, as_float(given[given_size], order.size));
  record.set(made.get(), spread_threshold_bps, as_float(given[given_threshold], order.spread_threshold_bps));
  record.set(made.get(), expires_at, order.expires_at ? datetime(*order.expires_at, self->aware) : none());
  record.set(made.get(), exchange, borrowed(given[given_exchange]));
  record.set(made.get(), held_slot, make_source(self, std::move(placed), true, std::move(own_metadata)));
  return made;
}

Reference place_order(const Shared& self, PyObject* const* given) {
  bool aware = self->aware;
  bool odd = false;
  SpreadThresholdManager::Place place = read_place(given, aware, odd);
  self->check();
  HeldOrder placed;
  if (self->stored) {
    placed = outside(self, [&] { return self->face->place_held(std::move(place)); });
  } else {
    placed = self->face->place_held(std::move(place));
  }
  self->aware = aware;
  Reference own;
  if (given[given_metadata] != Py_None) own = checked(PyDict_Copy(given[given_metadata]));
  if (odd) self->odd_metadata.insert_or_assign(placed.placed->order_id, checked(PyDict_Copy(own.get())));
  return placed_record(self, given, std::move(placed), std::move(own));
}

std::optional<std::string_view> optional_text(PyObject* object, const char* argument) {
  if (object == Py_None) return {};
  return read_text(object, argument);
}

Reference update_spread(const Shared& self, PyObject* const* given) {
  self->check();
  self->face->update_spread(read_text(given[0], "symbol"), read_number(given[1], "best_bid"),
                            read_number(given[2], "best_ask"), optional_text(given[3], "exchange"));
  return none();
}

Reference monitor_orders(const Shared& self, PyObject* const* /*given*/) {
  return order_list(self, outside(self, [&] { return self->face->monitor_held(); }));
}

Reference should_cancel_order(const Shared& self, PyObject* const* given) {
  self->check();
  const Order order = read_order_argument(*self, given[0]);
  const auto [must, why] = self->face->should_cancel_order(order, read_optional_number(given[1], "current_spread_bps"));
  Reference answer = checked(PyTuple_New(2));
  PyTuple_SET_ITEM(answer.get(), 0, truth(must).release());
  PyTuple_SET_ITEM(answer.get(), 1, text(why).release());
  return answer;
}

bool cancel_order(const Shared& self, py::handle id, py::handle why) {
  const std::string name(read_text(id.ptr(), "order_id"));
  const std::string words(read_text(why.ptr(), "reason"));
  return outside(self, [&] { return self->face->cancel_order(name, words); });
}

bool fill_order(const Shared& self, py::handle id, py::handle quantity) {
  const std::string name(read_text(id.ptr(), "order_id"));
  const auto much = read_optional_number(quantity.ptr(), "quantity");
  return outside(self, [&] { return self->face->fill_order(name, much); });
}

py::object get_order(const Shared& self, py::handle id) {
  self->check();
  std::optional<HeldOrder> order = self->face->get_held(read_text(id.ptr(), "order_id"));
  if (!order) return py::none();
  return steal(ended(order->status) ? held_record(self, std::move(*order)) : live_record(self, std::move(*order)));
}

py::object active_orders(const Shared& self, py::handle of) {
  const auto wanted = optional_text(of.ptr(), "symbol");
  std::vector<HeldOrder> live = outside(self, [&] { return self->face->get_active_held(wanted); });
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(live.size())));
  for (std::size_t i = 0; i < live.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i), live_record(self, std::move(live[i])).release());
  return steal(std::move(list));
}

Reference spread_snapshot(const Shared& self, PyObject* const* given) {
  self->check();
  const auto snapshot =
      self->face->get_spread_snapshot(read_text(given[0], "symbol"), optional_text(given[1], "exchange"));
  if (!snapshot) return none();
  const Record& record = classes().spread_snapshot;
  Reference made = record.make();
  record.set(made.get(), 0, text(snapshot->symbol));
  record.set(made.get(), 1, datetime(snapshot->timestamp, self->aware));
  record.set(made.get(), 2, number(snapshot->best_bid));
  record.set(made.get(), 3, number(snapshot->best_ask));
  record.set(made.get(), 4, optional_number(snapshot->spread_bps));
  record.set(made.get(), 5, optional_number(snapshot->mid_price));
  return made;
}

std::size_t clear_old_orders(const Shared& self, py::handle max_age_hours) {
  const double hours = read_number(max_age_hours.ptr(), "max_age_hours");
  const std::size_t count = outside(self, [&] { return self->face->clear_old_orders(hours); });
  std::erase_if(self->odd_metadata, [&](const auto& entry) { return !self->face->get_held(entry.first); });
  return count;
}

py::list alarms(const Shared& self) {
  py::list all;
  for (const ManagerAlarm& alarm : outside(self, [&] { return self->face->get_alarms(); }))
    all.append(steal(alarm_record(alarm, self->aware)));
  return all;
}

py::list history(const Shared& self, py::handle id) {
  const std::string name(read_text(id.ptr(), "order_id"));
  const Record& record = classes().order_step;
  py::list steps;
  for (const OrderStep& step : outside(self, [&] { return self->face->get_order_history(name); })) {
    Reference made = record.make();
    record.set(made.get(), 0, status_object(step.status));
    record.set(made.get(), 1, text(step.reason));
    record.set(made.get(), 2, number(step.filled));
    record.set(made.get(), 3, datetime(step.at, self->aware));
    steps.append(steal(std::move(made)));
  }
  return steps;
}

// The functions hold the manager weakly: it holds them.
void set_cancel_callback(const Shared& self, py::handle callback) {
  self->check();
  self->callbacks->cancel = callback.is_none() ? Reference() : borrowed(callback.ptr());
  const std::weak_ptr<ManagerHandle> weak = self;
  SpreadThresholdManager::CancelCallback call;
  if (!callback.is_none())
    call = [weak](const Order& order, const std::string& why) {
      const InCallback inside;
      if (const Shared manager = weak.lock()) call_cancel(manager, order, why);
    };
  outside(self, [&] { self->face->set_cancel_callback(std::move(call)); });
}

void set_alarm_callback(const Shared& self, py::handle callback) {
  self->check();
  self->callbacks->alarm = callback.is_none() ? Reference() : borrowed(callback.ptr());
  const std::weak_ptr<ManagerHandle> weak = self;
  SpreadThresholdManager::AlarmCallback call;
  if (!callback.is_none())
    call = [weak](const ManagerAlarm& alarm) {
      const InCallback inside;
      if (const Shared manager = weak.lock()) call_alarm(manager, alarm);
    };
  outside(self, [&] { self->face->set_alarm_callback(std::move(call)); });
}

void start_monitoring(const Shared& self) {
  outside(self, [&] { self->face->start_monitoring(); });
  self->monitored = true;
}

// -- the calls that count ---------------------------------------------------------------------------------------------

const Shared& manager_of(PyObject* self) {
  auto value = reinterpret_cast<py::detail::instance*>(self)->get_value_and_holder();
  if (!value.holder_constructed()) raise(PyExc_TypeError, "a manager that was never made");
  return value.holder<Shared>();
}

// A method with so many arguments, all by position, called as Python's own are: pybind11's way to find a function and
// turn its arguments costs more than the calls themselves.
template <auto call, std::size_t count>
PyObject* method(PyObject* self, PyObject* const* given, Py_ssize_t given_count) {
  return guarded([&] {
    if (given_count != static_cast<Py_ssize_t>(count))
      raise(PyExc_TypeError, "takes " + std::to_string(count) + " arguments, not " + std::to_string(given_count));
    return call(manager_of(self), given);
  });
}

template <auto call, std::size_t count>
PyMethodDef fast(const char* name) {
  // The type of the pointer depends on the flags (PEP 590).
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&method<call, count>)), METH_FASTCALL,
          nullptr};
}

void add_method(PyObject* type, PyMethodDef& method) {
  const Reference made = checked(PyDescr_NewMethod(reinterpret_cast<PyTypeObject*>(type), &method));
  if (PyObject_SetAttrString(type, method.ml_name, made.get()) != 0) throw py::error_already_set();
}

int visit_callbacks(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  const py::handle handle(object);
  if (!py::detail::get_type_info(Py_TYPE(object))) return 0;
  auto* const instance = reinterpret_cast<py::detail::instance*>(object);
  if (!instance->get_value_and_holder().holder_constructed()) return 0;
  const auto& manager = handle.cast<const Shared&>();
  // Orders hold the manager as well: callbacks are only unreachable with the last of them.
  if (manager.use_count() > 1) return 0;
  Py_VISIT(manager->callbacks->cancel.get());
  Py_VISIT(manager->callbacks->alarm.get());
  return 0;
}

int clear_callbacks(PyObject* object) {
  const auto& manager = py::handle(object).cast<const Shared&>();
  manager->callbacks->cancel = Reference();
  manager->callbacks->alarm = Reference();
  return 0;
}

}  // namespace

// Holds the manager itself, not what Python has around it.
std::function<void(const shard::LiveChange&)> spreads_to_manager(py::handle manager) {
  const auto& self = manager.cast<const Shared&>();
  self->check();
  return [face = self->face](const shard::LiveChange& change) { shard::spreads_to (*face)(change); };
}

void bind_manager(py::module_& module) {
  const auto collected = py::custom_type_setup([](PyHeapTypeObject* heap_type) {
    PyTypeObject* const type = &heap_type->ht_type;
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_traverse = visit_callbacks;
    type->tp_clear = clear_callbacks;
  });
  py::class_<ManagerHandle, Shared> manager(module, "Manager", collected);
  manager.def(py::init(&make))
      .def("cancel_order", &cancel_order)
      .def("fill_order", &fill_order)
      .def("get_order", &get_order)
      .def("active_orders", &active_orders)
      .def("clear_old_orders", &clear_old_orders)
      .def("alarms", &alarms)
      .def("history", &history)
      .def("set_cancel_callback", &set_cancel_callback)
      .def("set_alarm_callback", &set_alarm_callback)
      .def("start_monitoring", &start_monitoring)
      .def("stop_monitoring", [](const Shared& self) { outside(self, [&] { self->face->stop_monitoring(); }); })
      .def("monitoring", [](const Shared& self) { return outside(self, [&] { return self->face->monitoring(); }); });
  static PyMethodDef methods[] = {fast<&place_order, given_count>("place_order"),
                                  fast<&update_spread, 4>("update_spread"), fast<&monitor_orders, 0>("monitor_orders"),
                                  fast<&should_cancel_order, 2>("should_cancel_order"),
                                  fast<&spread_snapshot, 2>("spread_snapshot")};
  for (PyMethodDef& method : methods) add_method(manager.ptr(), method);
  source_type = make_source_type();
  static PyMethodDef read{"__getattr__", &read_attribute, METH_O, nullptr};
  add_method(py::module_::import("crossbook._types").attr("_ReadThrough").ptr(), read);
}

}  // namespace crossbook::python
