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
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr const char* live_name = "crossbook.live_order";  // an order to be asked about
constexpr const char* held_name = "crossbook.held_order";  // an order as it was

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

struct LiveOrder {
  Shared manager;
  std::string id;
  TimePoint created_at;
  Reference metadata;  // the dictionary that the order shows
};
struct HeldOrder {
  Shared manager;
  Order order;
};

template <class T>
void free_capsule(PyObject* capsule) {
  delete static_cast<T*>(PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule)));
}
template <class T>
Reference capsule(std::unique_ptr<T> content, const char* name) {
  Reference made = checked(PyCapsule_New(content.get(), name, free_capsule<T>));
  (void)content.release();
  return made;
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

void update_metadata(PyObject* dict, const Order& order) {
  for (const auto& [key, value] : order.metadata)
    if (PyDict_SetItemString(dict, key.c_str(), value_object(value).get()) != 0) throw py::error_already_set();
}

Reference metadata_dict(const ManagerHandle& manager, const Order& order) {
  Reference dict;
  const auto odd = manager.odd_metadata.find(order.order_id);
  dict = checked(odd == manager.odd_metadata.end() ? PyDict_New() : PyDict_Copy(odd->second.get()));
  update_metadata(dict.get(), order);
  return dict;
}

// -- orders out ------------------------------------------------------------------------------------------------------

Reference status_object(OrderStatus value) { return borrowed(classes().statuses[static_cast<std::size_t>(value)]); }

Reference field_object(const ManagerHandle& manager, const Order& order, std::size_t field) {
  switch (field) {
    case order_id: return text(order.order_id);
    case symbol: return text(order.symbol);
    case side: return text(order.side);
    case order_type: return text(order.order_type);
    case price: return number(order.price);
    case size: return number(order.size);
    case spread_threshold_bps: return number(order.spread_threshold_bps);
    case created_at: return datetime(order.created_at, manager.aware);
    case expires_at: return order.expires_at ? datetime(*order.expires_at, manager.aware) : none();
    case status: return status_object(order.status);
    case exchange: return text(order.exchange);
    case metadata: return metadata_dict(manager, order);
    case filled: return number(order.filled);
    case reason: return text(order.reason);
    default: return datetime(order.last_change_at, manager.aware);
  }
}

// Fills the slots that are empty, and lets go of what they would have been read from.
void fill(PyObject* object, const ManagerHandle& manager, const Order& order) {
  const Record& record = classes().order;
  for (std::size_t field = 0; field < held_slot; ++field)
    if (record.get(object, field) == nullptr) record.set(object, field, field_object(manager, order, field));
  record.set(object, held_slot, none());
}

Reference held_record(const Shared& manager, Order order) {
  const Record& record = classes().order;
  Reference made = record.make();
  auto held = std::make_unique<HeldOrder>(HeldOrder{manager, std::move(order)});
  record.set(made.get(), order_id, text(held->order.order_id));
  record.set(made.get(), held_slot, capsule(std::move(held), held_name));
  return made;
}

// What follows the manager; the other slots stay empty, and are asked for when they are read.
void follow(PyObject* record, const Shared& manager, const Order& order, Reference own_metadata) {
  auto live =
      std::make_unique<LiveOrder>(LiveOrder{manager, order.order_id, order.created_at, std::move(own_metadata)});
  classes().order.set(record, held_slot, capsule(std::move(live), live_name));
}

Reference live_record(const Shared& manager, const Order& order, Reference own_metadata) {
  const Record& record = classes().order;
  Reference made = record.make();
  for (const std::size_t field :
       {order_id, symbol, side, order_type, price, size, spread_threshold_bps, expires_at, exchange})
    record.set(made.get(), field, field_object(*manager, order, field));
  follow(made.get(), manager, order, std::move(own_metadata));
  return made;
}

Reference order_list(const Shared& manager, std::vector<Order> orders) {
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
Order forgotten(const LiveOrder& live) {
  Order order;
  order.created_at = order.last_change_at = live.created_at;
  order.status = OrderStatus::unknown;
  order.reason = to_string(OrderReason::ok);
  return order;
}

py::object read_order(py::handle object, py::handle held, py::handle name) {
  const Record& record = classes().order;
  if (!record.is(object.ptr())) raise(PyExc_TypeError, "not an Order");
  // Filling may let go of the capsule.
  const Reference keeps = borrowed(held.ptr());
  const std::size_t field = field_named(name.ptr());
  if (PyCapsule_IsValid(held.ptr(), held_name) != 0) {
    const auto* const as_it_was = static_cast<const HeldOrder*>(PyCapsule_GetPointer(held.ptr(), held_name));
    fill(object.ptr(), *as_it_was->manager, as_it_was->order);
    return steal(borrowed(record.get(object.ptr(), field)));
  }
  const auto* const live = static_cast<const LiveOrder*>(PyCapsule_GetPointer(held.ptr(), live_name));
  if (live == nullptr) throw py::error_already_set();
  const ManagerHandle& manager = *live->manager;
  manager.check();
  const std::optional<Order> found = manager.face->get_order(live->id);
  const Order& order = found ? *found : forgotten(*live);
  update_metadata(live->metadata.get(), order);
  const bool over = !found || ended(order.status);
  if (over && record.get(object.ptr(), metadata) == nullptr)
    record.set(object.ptr(), metadata, borrowed(live->metadata.get()));
  if (over) fill(object.ptr(), manager, order);
  if (PyObject* const there = record.get(object.ptr(), field)) return steal(borrowed(there));
  if (field == metadata) return steal(borrowed(live->metadata.get()));
  Reference value = field_object(manager, order, field);
  if (field == created_at) record.set(object.ptr(), field, borrowed(value.get()));
  return steal(std::move(value));
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
  PyObject* const held = record.is(object) ? record.get(object, held_slot) : nullptr;
  if (held != nullptr && PyCapsule_IsValid(held, live_name) != 0) {
    order.created_at = static_cast<const LiveOrder*>(PyCapsule_GetPointer(held, live_name))->created_at;
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
    const Reference own = live_record(manager, order, metadata_dict(*manager, order));
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

py::object place_order(const Shared& self, py::handle id, py::handle of, py::handle way, py::handle at, py::handle much,
                       py::handle type, py::handle threshold, py::handle expiry, py::handle where, py::handle given) {
  SpreadThresholdManager::Place place;
  place.order_id = read_text(id.ptr(), "order_id");
  place.symbol = read_text(of.ptr(), "symbol");
  place.side = read_text(way.ptr(), "side");
  place.price = read_number(at.ptr(), "price");
  place.size = read_number(much.ptr(), "size");
  place.order_type = read_text(type.ptr(), "order_type");
  place.spread_threshold_bps = read_optional_number(threshold.ptr(), "spread_threshold_bps");
  bool aware = self->aware;
  if (!expiry.is_none()) place.expires_at = read_time(expiry.ptr(), "expires_at", aware);
  place.exchange = read_text(where.ptr(), "exchange");
  bool odd = false;
  place.metadata = read_metadata(given.ptr(), odd);
  self->check();
  std::optional<Order> placed;
  if (self->stored) {
    placed = outside(self, [&] { return self->face->place_order(std::move(place)); });
  } else {
    placed = self->face->place_order(std::move(place));
  }
  self->aware = aware;
  Reference own = checked(given.is_none() ? PyDict_New() : PyDict_Copy(given.ptr()));
  if (odd) self->odd_metadata.insert_or_assign(placed->order_id, checked(PyDict_Copy(own.get())));
  const Record& record = classes().order;
  Reference made = record.make();
  record.set(made.get(), order_id, borrowed(id.ptr()));
  record.set(made.get(), symbol, borrowed(of.ptr()));
  record.set(made.get(), side, borrowed(way.ptr()));
  record.set(made.get(), order_type, borrowed(type.ptr()));
  record.set(made.get(), price, as_float(at.ptr(), placed->price));
  record.set(made.get(), size, as_float(much.ptr(), placed->size));
  record.set(made.get(), spread_threshold_bps, as_float(threshold.ptr(), placed->spread_threshold_bps));
  record.set(made.get(), expires_at, placed->expires_at ? datetime(*placed->expires_at, self->aware) : none());
  record.set(made.get(), exchange, borrowed(where.ptr()));
  follow(made.get(), self, *placed, std::move(own));
  return steal(std::move(made));
}

std::optional<std::string_view> optional_text(py::handle object, const char* argument) {
  if (object.is_none()) return {};
  return read_text(object.ptr(), argument);
}

void update_spread(const Shared& self, py::handle of, py::handle best_bid, py::handle best_ask, py::handle where) {
  self->check();
  self->face->update_spread(read_text(of.ptr(), "symbol"), read_number(best_bid.ptr(), "best_bid"),
                            read_number(best_ask.ptr(), "best_ask"), optional_text(where, "exchange"));
}

py::object monitor_orders(const Shared& self) {
  std::vector<Order> gone = outside(self, [&] { return self->face->monitor_orders(); });
  return steal(order_list(self, std::move(gone)));
}

py::tuple should_cancel_order(const Shared& self, py::handle object, py::handle spread) {
  self->check();
  const Order order = read_order_argument(*self, object.ptr());
  const auto [must, why] =
      self->face->should_cancel_order(order, read_optional_number(spread.ptr(), "current_spread_bps"));
  return py::make_tuple(must, why);
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
  std::optional<Order> order = self->face->get_order(std::string(read_text(id.ptr(), "order_id")));
  if (!order) return py::none();
  if (ended(order->status)) return steal(held_record(self, std::move(*order)));
  Reference own = metadata_dict(*self, *order);
  return steal(live_record(self, *order, std::move(own)));
}

py::object active_orders(const Shared& self, py::handle of) {
  const auto wanted = optional_text(of, "symbol");
  std::vector<Order> live = outside(self, [&] { return self->face->get_active_orders(wanted); });
  Reference list = checked(PyList_New(static_cast<Py_ssize_t>(live.size())));
  for (std::size_t i = 0; i < live.size(); ++i)
    PyList_SET_ITEM(list.get(), static_cast<Py_ssize_t>(i),
                    live_record(self, live[i], metadata_dict(*self, live[i])).release());
  return steal(std::move(list));
}

py::object spread_snapshot(const Shared& self, py::handle of, py::handle where) {
  self->check();
  const auto snapshot =
      self->face->get_spread_snapshot(read_text(of.ptr(), "symbol"), optional_text(where, "exchange"));
  if (!snapshot) return py::none();
  const Record& record = classes().spread_snapshot;
  Reference made = record.make();
  record.set(made.get(), 0, text(snapshot->symbol));
  record.set(made.get(), 1, datetime(snapshot->timestamp, self->aware));
  record.set(made.get(), 2, number(snapshot->best_bid));
  record.set(made.get(), 3, number(snapshot->best_ask));
  record.set(made.get(), 4, optional_number(snapshot->spread_bps));
  record.set(made.get(), 5, optional_number(snapshot->mid_price));
  return steal(std::move(made));
}

std::size_t clear_old_orders(const Shared& self, py::handle max_age_hours) {
  const double hours = read_number(max_age_hours.ptr(), "max_age_hours");
  const std::size_t count = outside(self, [&] { return self->face->clear_old_orders(hours); });
  std::erase_if(self->odd_metadata, [&](const auto& entry) { return !self->face->get_order(entry.first); });
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

void bind_manager(py::module_& module) {
  const auto collected = py::custom_type_setup([](PyHeapTypeObject* heap_type) {
    PyTypeObject* const type = &heap_type->ht_type;
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_traverse = visit_callbacks;
    type->tp_clear = clear_callbacks;
  });
  py::class_<ManagerHandle, Shared>(module, "Manager", collected)
      .def(py::init(&make))
      .def("place_order", &place_order)
      .def("update_spread", &update_spread)
      .def("monitor_orders", &monitor_orders)
      .def("should_cancel_order", &should_cancel_order)
      .def("cancel_order", &cancel_order)
      .def("fill_order", &fill_order)
      .def("get_order", &get_order)
      .def("active_orders", &active_orders)
      .def("spread_snapshot", &spread_snapshot)
      .def("clear_old_orders", &clear_old_orders)
      .def("alarms", &alarms)
      .def("history", &history)
      .def("set_cancel_callback", &set_cancel_callback)
      .def("set_alarm_callback", &set_alarm_callback)
      .def("start_monitoring", &start_monitoring)
      .def("stop_monitoring", [](const Shared& self) { outside(self, [&] { self->face->stop_monitoring(); }); })
      .def("monitoring", [](const Shared& self) { return outside(self, [&] { return self->face->monitoring(); }); });
  module.def("read_order", &read_order);
}

}  // namespace crossbook::python
