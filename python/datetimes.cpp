// SPDX-License-Identifier: Apache-2.0
#include <pybind11/pybind11.h>

#include <datetime.h>
#include <time.h>

#include <chrono>
#include <cmath>
#include <limits>

#include "values.hpp"

// The macros of datetime.h cast as C does.
#pragma GCC diagnostic ignored "-Wold-style-cast"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;

// The part of a datetime that decides its offset from UTC. Offsets change at whole minutes.
struct Minute {
  std::int64_t minute = std::numeric_limits<std::int64_t>::min();  // since 1970, as written
  int fold = 0;
  long zone = 0;  // of the process; changes with time.tzset()
  int daylight = 0;
  friend bool operator==(const Minute&, const Minute&) = default;
};

Minute minute_of(std::int64_t minute, int fold) { return {minute, fold, ::timezone, ::daylight}; }

std::int64_t days_since_1970(PyObject* date) {
  using namespace std::chrono;
  const year_month_day day(year(PyDateTime_GET_YEAR(date)), month(static_cast<unsigned>(PyDateTime_GET_MONTH(date))),
                           std::chrono::day(static_cast<unsigned>(PyDateTime_GET_DAY(date))));
  return sys_days(day).time_since_epoch().count();
}

// Seconds that local time is ahead of UTC at a naive datetime, as Python itself reckons.
std::int64_t local_offset(PyObject* moment, std::int64_t minute) {
  static Minute known;
  static std::int64_t offset = 0;
  const Minute asked = minute_of(minute, PyDateTime_DATE_GET_FOLD(moment));
  if (asked == known) return offset;
  const Reference plain = checked(PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(
      PyDateTime_GET_YEAR(moment), PyDateTime_GET_MONTH(moment), PyDateTime_GET_DAY(moment),
      PyDateTime_DATE_GET_HOUR(moment), PyDateTime_DATE_GET_MINUTE(moment), 0, 0, Py_None, asked.fold,
      PyDateTimeAPI->DateTimeType));
  const Reference stamp = checked(PyObject_CallMethod(plain.get(), "timestamp", nullptr));
  offset = minute * 60 - std::llround(PyFloat_AsDouble(stamp.get()));
  known = asked;
  return offset;
}

std::int64_t micros_of_delta(PyObject* delta) {
  return (PyDateTime_DELTA_GET_DAYS(delta) * std::int64_t{86'400} + PyDateTime_DELTA_GET_SECONDS(delta)) *
             micros_per_second +
         PyDateTime_DELTA_GET_MICROSECONDS(delta);
}

// Micros that the datetime's own zone is ahead of UTC; none where it has no zone.
std::optional<std::int64_t> zone_offset(PyObject* moment) {
  PyObject* const zone = PyDateTime_DATE_GET_TZINFO(moment);
  if (zone == Py_None) return {};
  if (zone == PyDateTimeAPI->TimeZone_UTC) return 0;
  const Reference offset = checked(PyObject_CallMethod(moment, "utcoffset", nullptr));
  if (offset.get() == Py_None) return {};
  return micros_of_delta(offset.get());
}

}  // namespace

void bind_datetimes() {
  PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

TimePoint read_time(PyObject* object, std::string_view argument, bool& aware) {
  if (!PyDateTime_Check(object)) raise_type(argument, "a datetime", object);
  const std::int64_t minute =
      days_since_1970(object) * 1440 + PyDateTime_DATE_GET_HOUR(object) * 60 + PyDateTime_DATE_GET_MINUTE(object);
  std::int64_t micros =
      (minute * 60 + PyDateTime_DATE_GET_SECOND(object)) * micros_per_second + PyDateTime_DATE_GET_MICROSECOND(object);
  const std::optional<std::int64_t> offset = zone_offset(object);
  if (offset) aware = true;
  micros -= offset ? *offset : local_offset(object, minute) * micros_per_second;
  constexpr std::int64_t micros_max = std::numeric_limits<std::int64_t>::max() / 1000;
  if (micros > micros_max || micros < -micros_max)
    raise(classes().input_error, std::string(argument) + " must be between 1678 and 2262, not " + shown(object));
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::microseconds(micros)));
}

Reference datetime(TimePoint value, bool aware) {
  using namespace std::chrono;
  const auto micros = floor<microseconds>(value.time_since_epoch());
  const auto seconds_since = floor<std::chrono::seconds>(micros);
  const auto fraction = static_cast<int>((micros - seconds_since).count());
  const std::time_t moment = seconds_since.count();
  std::tm parts{};
  if (aware) {
    gmtime_r(&moment, &parts);
    return checked(PyDateTimeAPI->DateTime_FromDateAndTime(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                                           parts.tm_hour, parts.tm_min, parts.tm_sec, fraction,
                                                           PyDateTimeAPI->TimeZone_UTC, PyDateTimeAPI->DateTimeType));
  }
  // Python decides the fold of an hour that comes twice; elsewhere the offset of a minute is enough.
  const Reference seconds_number = checked(PyLong_FromLongLong(moment));
  const Reference arguments = checked(PyTuple_Pack(1, seconds_number.get()));
  Reference whole_second = checked(PyDateTime_FromTimestamp(arguments.get()));
  if (fraction == 0) return whole_second;
  PyObject* const at = whole_second.get();
  return checked(PyDateTimeAPI->DateTime_FromDateAndTimeAndFold(
      PyDateTime_GET_YEAR(at), PyDateTime_GET_MONTH(at), PyDateTime_GET_DAY(at), PyDateTime_DATE_GET_HOUR(at),
      PyDateTime_DATE_GET_MINUTE(at), PyDateTime_DATE_GET_SECOND(at), fraction, Py_None, PyDateTime_DATE_GET_FOLD(at),
      PyDateTimeAPI->DateTimeType));
}

}  // namespace crossbook::python
