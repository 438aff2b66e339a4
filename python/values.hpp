// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/api/fee_latency_calibrator.hpp"

// Python values to ours and back, by the C API where a look-up by name would cost more than the call itself. A Python
// error that is already set travels as py::error_already_set.
namespace crossbook::python {

// Owns a reference.
class Reference {
 public:
  Reference() = default;
  explicit Reference(PyObject* owned) : object_(owned) {}
  Reference(Reference&& other) noexcept : object_(other.release()) {}
  Reference& operator=(Reference&& other) noexcept {
    PyObject* const old = object_;
    object_ = other.release();
    Py_XDECREF(old);
    return *this;
  }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() { Py_XDECREF(object_); }
  [[nodiscard]] PyObject* get() const { return object_; }
  PyObject* release() {
    PyObject* const object = object_;
    object_ = nullptr;
    return object;
  }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

// Owns what a call returned, which threw where it returned nothing.
[[nodiscard]] Reference checked(PyObject* owned);
[[nodiscard]] Reference borrowed(PyObject* object);

// A dataclass with slots: where each field lies in an instance, so that reading one is a load. An instance made here
// has empty slots; its __init__ is not run.
class Record {
 public:
  static constexpr std::size_t fields_max = 16;
  // The fields by position from now on. Lives as long as the process.
  void bind(PyObject* type, std::initializer_list<const char*> fields);

  [[nodiscard]] bool is(PyObject* object) const {
    return Py_IS_TYPE(object, type_) || PyType_IsSubtype(Py_TYPE(object), type_) != 0;
  }
  // Borrowed; null where the slot is empty.
  [[nodiscard]] PyObject* get(PyObject* record, std::size_t field) const { return slot(record, field); }
  void set(PyObject* record, std::size_t field, Reference value) const;
  [[nodiscard]] Reference make() const;
  [[nodiscard]] const char* name(std::size_t field) const { return names_[field]; }
  [[nodiscard]] PyTypeObject* type() const { return type_; }

 private:
  [[nodiscard]] PyObject*& slot(PyObject* record, std::size_t field) const {
    return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(record) + offsets_[field]);
  }
  PyTypeObject* type_ = nullptr;
  std::array<Py_ssize_t, fields_max> offsets_{};
  std::array<const char*, fields_max> names_{};
};

// The package's classes.
struct Classes {
  Record level;
  Record snapshot;
  Record aggregated_level;
  Record aggregated_order_book;
  Record fee_calibration;
  Record latency_calibration;
  Record fee_estimate;
  Record order;
  Record spread_snapshot;
  Record alarm;
  Record order_step;
  std::array<PyObject*, 8> statuses{};  // by crossbook::OrderStatus
  Record book_event;
  Record trade_event;
  Record quote_event;
  Record state_event;
  Record best_event;
  Record live_change;
  PyTypeObject* best_exchange = nullptr;  // a tuple of two with four names
  PyObject* input_error = nullptr;
  PyObject* state_error = nullptr;
  PyObject* store_error = nullptr;
  PyObject* fork_error = nullptr;
  PyObject* capture_error = nullptr;
};
[[nodiscard]] Classes& classes();
void bind_classes();
void bind_datetimes();

// Reading. Errors name the argument: TypeError for another type, InputError for a value that cannot be.
[[nodiscard]] double read_number(PyObject* object, std::string_view argument);
[[nodiscard]] std::optional<double> read_optional_number(PyObject* object, std::string_view argument);
[[nodiscard]] int read_int(PyObject* object, std::string_view argument);
// Valid as long as the object.
[[nodiscard]] std::string_view read_text(PyObject* object, std::string_view argument);
// A naive datetime is local time, an aware one is exact; `aware` becomes true where it was.
[[nodiscard]] TimePoint read_time(PyObject* object, std::string_view argument, bool& aware);

// Writing; new references.
[[nodiscard]] Reference number(double value);
[[nodiscard]] Reference optional_number(const std::optional<double>& value);
[[nodiscard]] Reference whole(std::int64_t value);
[[nodiscard]] Reference truth(bool value);
[[nodiscard]] Reference text(std::string_view value);
[[nodiscard]] Reference none();
// In UTC where aware, else naive and local.
[[nodiscard]] Reference datetime(TimePoint value, bool aware);
[[nodiscard]] Reference texts(const std::vector<std::string>& values);
[[nodiscard]] Reference numbers(const std::vector<double>& values);

[[noreturn]] void raise(PyObject* type, const std::string& message);
// What the library threw becomes a Python error of the package's own kinds. Throws again what it does not know.
void set_error(const std::exception_ptr& thrown);
// A call from Python that bypasses pybind11: what it returns, or null with the error set.
template <class Call>
[[nodiscard]] PyObject* guarded(const Call& call) {
  try {
    return call().release();
  } catch (pybind11::error_already_set& error) {
    error.restore();
  } catch (...) {
    try {
      set_error(std::current_exception());
    } catch (const std::exception& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what());
    }
  }
  return nullptr;
}
// "price must be a number, not str ('1')".
[[noreturn]] void raise_type(std::string_view argument, const char* expected, PyObject* object);
// The object as repr() shows it.
[[nodiscard]] std::string shown(PyObject* object);

// How often this process is the child of a fork since the module was loaded.
[[nodiscard]] std::uint64_t forks();
void note_fork();

// What has threads of its own ends with the process that made it: in a child of a fork, using it is an error.
class Home {
 public:
  void check(const char* what) const;
  [[nodiscard]] bool left() const { return forks_ != forks(); }

 private:
  std::uint64_t forks_ = forks();
};

}  // namespace crossbook::python
