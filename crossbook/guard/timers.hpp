// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "crossbook/guard/slot_heap.hpp"

// What is due at a point in time.
namespace crossbook::guard {

// The point in time, or the last there is.
template <class Clock>
[[nodiscard]] constexpr Instant<Clock> after(Instant<Clock> at, Nanos time) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.nanos(), time.count(), &sum))
    sum = time.count() > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
  return Instant<Clock>(sum);
}

// At most one deadline a slot, of one kind. A heap, not a wheel: exact to the nanosecond, the next one is known, and a
// deadline later than the others (the usual one) goes in at O(1).
template <class Clock>
class Deadlines {
 public:
  // Sets the slot's deadline, in place of the one it had.
  void set(Slot slot, Instant<Clock> deadline) {
    heap_.remove(places_, slot);
    heap_.push(places_, slot, deadline);
  }
  void clear(Slot slot) { heap_.remove(places_, slot); }

  [[nodiscard]] std::optional<Instant<Clock>> of(Slot slot) const {
    if (!heap_.holds(places_, slot)) return {};
    return heap_.key(places_, slot);
  }
  [[nodiscard]] std::optional<Instant<Clock>> next() const {
    if (heap_.empty()) return {};
    return heap_.top().key;
  }
  [[nodiscard]] bool any_due(Instant<Clock> now) const { return !heap_.empty() && heap_.top().key <= now; }
  // Takes out the earliest, of those that are due.
  Slot pop() { return heap_.pop(places_); }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  void grow(std::size_t slots) { places_.grow(slots); }
  void reserve(std::size_t slots) {
    places_.reserve(slots);
    heap_.reserve(slots);
  }
  [[nodiscard]] std::size_t bytes() const { return heap_.bytes() + places_.bytes(); }

 private:
  SlotHeap<Instant<Clock>> heap_;
  SlotPlaces places_;
};

// The deadlines of orders, a kind each, so that one never displaces another.
struct Timers {
  Deadlines<WallClock> expiry;
  Deadlines<SteadyClock> age;
  Deadlines<SteadyClock> dwell;   // of an order whose threshold is broken
  Deadlines<SteadyClock> cancel;  // the answer to a cancel is missing, or the next cancel goes out
  Deadlines<SteadyClock> query;   // likewise a query; of a pending order, the answer to its place

  template <class Visit>
  void for_each(Visit&& visit) {
    visit(expiry);
    visit(age);
    visit(dwell);
    visit(cancel);
    visit(query);
  }
  void grow(std::size_t slots) {
    for_each([slots](auto& deadlines) { deadlines.grow(slots); });
  }
  void clear(Slot slot) {
    for_each([slot](auto& deadlines) { deadlines.clear(slot); });
  }
  [[nodiscard]] std::size_t bytes() const {
    return expiry.bytes() + age.bytes() + dwell.bytes() + cancel.bytes() + query.bytes();
  }
};

}  // namespace crossbook::guard
