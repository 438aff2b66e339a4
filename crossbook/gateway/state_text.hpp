// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// State as text: names and whole numbers between blanks, one thing a line.
namespace crossbook::gateway {

class StateWriter {
 public:
  // Begins a line.
  StateWriter& line(std::string_view name);
  StateWriter& put(Wide number);
  template <class Unit, class Rep>
  StateWriter& put(Count<Unit, Rep> count) {
    return put(static_cast<Wide>(count.count()));
  }
  template <class Clock>
  StateWriter& put(Instant<Clock> at) {
    return put(static_cast<Wide>(at.nanos()));
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  StateWriter& put(Enum value) {
    return put(static_cast<Wide>(value));
  }
  // Whether it is there, then it, or 0.
  template <class T>
  StateWriter& put(const std::optional<T>& value) {
    return put(static_cast<Wide>(value ? 1 : 0)).put(value.value_or(T()));
  }
  // The text, ended. The writer is empty then.
  [[nodiscard]] std::string finish();

 private:
  std::string text_;
};

// Takes what a StateWriter put, in the same order. Once something is missing or impossible it stays failed and every
// number is the least that was asked for: callers check once, at the end.
class StateReader {
 public:
  // REQUIRES: the text outlives the reader.
  explicit StateReader(std::string_view text) : rest_(text) {}

  void line(std::string_view name);
  // A number within [least, most].
  [[nodiscard]] Wide wide(Wide least = std::numeric_limits<Wide>::min(), Wide most = std::numeric_limits<Wide>::max());
  template <class T = std::int64_t>
  [[nodiscard]] T number(T least = std::numeric_limits<T>::min(), T most = std::numeric_limits<T>::max()) {
    return static_cast<T>(wide(static_cast<Wide>(least), static_cast<Wide>(most)));
  }
  [[nodiscard]] bool flag() { return wide(0, 1) == 1; }
  [[nodiscard]] Steady steady() { return Steady(number()); }
  [[nodiscard]] Wall wall() { return Wall(number()); }
  // One of an enum's values, which count from 0.
  template <class Enum>
  [[nodiscard]] Enum one_of(Enum last) {
    return static_cast<Enum>(wide(0, static_cast<Wide>(last)));
  }
  // What put() made of an optional number.
  template <class T>
  [[nodiscard]] std::optional<T> optional() {
    const bool there = flag();
    const T value(number());
    return there ? std::optional(value) : std::nullopt;
  }
  // How many things follow, each of at least two characters.
  [[nodiscard]] std::size_t size();

  void fail_unless(bool good) { failed_ |= !good; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Everything was there, and nothing is left.
  [[nodiscard]] bool whole();

 private:
  std::string_view word();

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace crossbook::gateway
