// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/cost/state.hpp"

// Time in slices. A Slice is a value with merge(Slice), clear(), bytes(), save(StateWriter), load(StateReader): adding
// to it and merging it leave no trace of the order.
namespace crossbook {

// Slices by number (time divided by their length, rounded down), the oldest first; only those that something fell into.
template <class Slice>
class Ring {
 public:
  struct Entry {
    std::int64_t number = 0;
    Slice slice;
  };

  Ring(Nanos length, Nanos span) : length_(length.count()), span_(span.count()) {}

  // The slice of that time, made where it is missing; null where it ended before now - span.
  Slice* at(Wall time, Wall now) {
    if (time.nanos() >= newest_begin_ && time.nanos() < newest_end_) [[likely]]
      return &entries_.back().slice;
    return look_up(number_of(time), now);
  }

  // Drops the slices that no longer touch [now - span, now]. True when there were any.
  bool expire(Wall now) {
    if (now.nanos() < expires_) [[likely]]
      return false;
    const auto touches = [&](const Entry& entry) { return end_of(entry.number) + span_ > now.nanos(); };
    entries_.erase(entries_.begin(), std::find_if(entries_.begin(), entries_.end(), touches));
    mark();
    return true;
  }

  // Adds the slices of a ring of the same shape.
  void merge(const Ring& other) {
    for (const Entry& entry : other.entries_) insert(entry.number)->merge(entry.slice);
    mark();
  }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] Nanos length() const { return Nanos(length_); }
  [[nodiscard]] Wall begin_of(std::int64_t number) const { return Wall(number * length_); }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t bytes = entries_.capacity() * sizeof(Entry);
    for (const Entry& entry : entries_) bytes += entry.slice.bytes();
    return bytes;
  }

  void save(StateWriter& out) const {
    out.put_size(entries_.size());
    for (const Entry& entry : entries_) {
      out.put(entry.number);
      entry.slice.save(out);
    }
  }
  void load(StateReader& in) {
    entries_.clear();
    const std::int64_t number_max = std::numeric_limits<std::int64_t>::max() / 2 / length_;  // room for a span
    std::int64_t lowest = -number_max;
    const std::size_t size = in.take_size();
    if (static_cast<std::int64_t>(size) > span_ / length_ + 2) in.fail();  // more cannot touch the window
    for (std::size_t left = size; left > 0 && !in.failed(); --left) {
      entries_.push_back({in.take_within(lowest, number_max), Slice{}});
      entries_.back().slice.load(in);
      lowest = entries_.back().number + 1;
    }
    mark();
  }

 private:
  [[nodiscard]] std::int64_t number_of(Wall time) const {
    const std::int64_t quotient = time.nanos() / length_;
    return quotient - (time.nanos() % length_ < 0 ? 1 : 0);
  }
  [[nodiscard]] std::int64_t end_of(std::int64_t number) const { return (number + 1) * length_; }

  Slice* look_up(std::int64_t number, Wall now) {
    if (end_of(number) + span_ <= now.nanos()) return nullptr;
    Slice* const slice = insert(number);
    mark();
    return slice;
  }
  Slice* insert(std::int64_t number) {
    auto at = std::lower_bound(entries_.begin(), entries_.end(), number,
                               [](const Entry& entry, std::int64_t wanted) { return entry.number < wanted; });
    if (at != entries_.end() && at->number == number) return &at->slice;
    const auto position = at - entries_.begin();
    entries_.reserve(entries_.size() + 1);  // a slice an hour: growing by one costs nothing, twice the memory would
    return &entries_.insert(entries_.begin() + position, Entry{number, Slice{}})->slice;
  }
  void mark() {
    const bool none = entries_.empty();
    newest_begin_ = none ? 0 : entries_.back().number * length_;
    newest_end_ = none ? 0 : newest_begin_ + length_;
    expires_ = none ? std::numeric_limits<std::int64_t>::max() : end_of(entries_.front().number) + span_;
  }

  std::int64_t length_;
  std::int64_t span_;
  std::int64_t newest_begin_ = 0;  // of the newest slice, where nearly everything falls
  std::int64_t newest_end_ = 0;
  std::int64_t expires_ = std::numeric_limits<std::int64_t>::max();  // when the oldest slice leaves
  std::vector<Entry> entries_;
};

// The shape of a window: `lookback` is covered by slices of `length`; finer slices reach `fine_span` back, for charts
// (0: there are none).
struct WindowShape {
  Nanos fine_length;
  Nanos fine_span;
  Nanos length;
  Nanos lookback;
};

// What fell into [now - lookback, now], to the slice: the union of the slices that touch it. The sum over the window is
// kept as samples arrive and made anew from its slices when one leaves, so it never differs from a recomputation.
template <class Slice>
class Window {
 public:
  explicit Window(const WindowShape& shape)
      : fine_(shape.fine_length, shape.fine_span),
        main_(shape.length, shape.lookback),
        charted_(shape.fine_span > Nanos(0)) {}

  // Adds a sample to the slices of its own time. False when that time has left the window.
  template <class Sample>
  bool add(Wall time, Wall now, const Sample& sample) {
    CROSSBOOK_ASSERT(now >= time);
    if (charted_) {
      fine_.expire(now);
      if (Slice* slice = fine_.at(time, now)) slice->add(sample);
    }
    Slice* const slice = main_.at(time, now);
    if (slice == nullptr) return false;
    slice->add(sample);
    total_.add(sample);
    return true;
  }

  // Lets the window end at `now`. True when a slice left it, and the total with it.
  bool advance(Wall now) {
    fine_.expire(now);
    if (!main_.expire(now)) [[likely]]
      return false;
    rebuild();
    return true;
  }

  void merge(const Window& other) {
    fine_.merge(other.fine_);
    main_.merge(other.main_);
    rebuild();
  }

  [[nodiscard]] const Slice& total() const { return total_; }
  [[nodiscard]] const Ring<Slice>& slices() const { return main_; }
  [[nodiscard]] const Ring<Slice>& fine_slices() const { return fine_; }
  [[nodiscard]] std::size_t bytes() const { return fine_.bytes() + main_.bytes() + total_.bytes(); }

  // Expired slices are not state: save after advance().
  void save(StateWriter& out) const {
    fine_.save(out);
    main_.save(out);
  }
  void load(StateReader& in) {
    fine_.load(in);
    main_.load(in);
    rebuild();
  }

 private:
  void rebuild() {
    total_.clear();
    for (const auto& entry : main_.entries()) total_.merge(entry.slice);
  }

  Ring<Slice> fine_;
  Ring<Slice> main_;
  Slice total_;
  bool charted_;  // are there finer slices
};

}  // namespace crossbook
