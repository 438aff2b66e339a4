// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "crossbook/book/level.hpp"
#include "crossbook/book/sorted_blocks.hpp"
#include "crossbook/book/tick_window.hpp"
#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// One side of one venue's book: a window of dense tick slots around the touch, and sorted blocks for what lies outside
// it or between its ticks. Nothing is ever dropped, and a price is in exactly one of the two.
//
// A ladder begins without a window. When adapt_after changes have missed the window, it is placed again: created so
// that it covers most levels, centred on the touch, indexed in a finer tick, or enlarged by four. It never takes more
// than slots_per_level slots for each level held, so a quiet book stays small.
namespace crossbook::book {

template <class Q>
class BasicLadder {
 public:
  using Level = BasicLevel<Q>;
  static constexpr std::uint32_t adapt_after = 1'024;
  static constexpr std::size_t slots_per_level = 128;
  static constexpr std::size_t window_levels_min = 65;  // one block of levels is quick enough

  // `tick` is the venue's price step where known, at the scale of the prices; absent: learnt from the prices.
  explicit BasicLadder(Side side, std::optional<Price> tick = {})
      : side_(side), tick_(tick && tick->count() > 0 ? tick->count() : 0) {}

  // Sets the absolute quantity at a price; 0 removes. Deleting what is not there answers absent. The price is not the
  // least int64, which has no opposite.
  LevelChange set(Price price, Q quantity) {
    const std::int64_t key = key_of(price);
    const std::size_t slot = window_.slot_of(key);
    ++changes_;
    if (slot < window_.slots()) [[likely]]
      return window_.set(slot, quantity);
    return set_outside(key, quantity);
  }

  [[nodiscard]] std::optional<Level> best() const {
    const std::size_t slot = window_.first();
    const std::int64_t outside = far_.first_key();
    if (slot != window_.none && window_.key_of(slot) < outside) [[likely]] {
      return Level{price_of(window_.key_of(slot)), window_.at(slot)};
    }
    if (far_.size() == 0) return {};
    return Level{price_of(outside), far_.first()->quantity};
  }
  // The next level further from the touch than `price`, which need not be a level itself.
  [[nodiscard]] std::optional<Level> next_worse(Price price) const {
    const std::int64_t key = key_of(price);
    return nearer(window_.first_above(key), far_.first_above(key));
  }
  // The quantity at a price; 0 where there is no level.
  [[nodiscard]] Q at(Price price) const {
    const std::size_t slot = window_.slot_of(key_of(price));
    return slot < window_.slots() ? window_.at(slot) : far_.at(key_of(price));
  }

  [[nodiscard]] std::size_t size() const { return window_.size() + far_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Side side() const { return side_; }
  void clear() {
    window_.clear();
    far_.clear();
  }

  // Keeps the `depth` levels nearest to the touch.
  void truncate(std::size_t depth) {
    while (size() > depth) drop_worst();
  }

  // Calls visit(Level) from best to worst until it returns false.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::size_t slot = window_.first();
    const auto* entry = far_.first();
    while (const std::optional<Level> level = nearer(slot, entry)) {
      if (!visit(*level)) return;
      const std::int64_t key = key_of(level->price);
      if (entry != nullptr && entry->key == key) entry = far_.first_above(key);
      else slot = window_.next(slot);
    }
  }

  // Multiplies prices by 10^price_power and quantities by 10^quantity_power. False, and nothing changed, where a number
  // would leave its range.
  [[nodiscard]] bool rescale(int price_power, int quantity_power);
  // What rescale() would answer.
  [[nodiscard]] bool can_rescale(int price_power, int quantity_power) const;

  // Asks the processor to load what set(price, ...) will touch.
  void prefetch(Price price) const {
    const std::size_t slot = window_.slot_of(key_of(price));
    if (slot < window_.slots()) window_.prefetch(slot);
  }

  [[nodiscard]] std::size_t window_slots() const { return window_.slots(); }
  [[nodiscard]] std::size_t outside_window() const { return far_.size(); }
  // Memory of the whole ladder, itself included.
  [[nodiscard]] std::size_t bytes() const {
    return sizeof *this + window_.bytes() + far_.bytes() + moved_.capacity() * sizeof(Entry);
  }

 private:
  using Window = TickWindow<Q>;
  using Entry = typename SortedBlocks<Q>::Entry;

  [[nodiscard]] std::int64_t key_of(Price price) const { return side_ == Side::ask ? price.count() : -price.count(); }
  [[nodiscard]] Price price_of(std::int64_t key) const { return Price(side_ == Side::ask ? key : -key); }

  [[nodiscard]] std::optional<Level> nearer(std::size_t slot, const Entry* entry) const {
    if (slot != Window::none && (entry == nullptr || window_.key_of(slot) < entry->key)) {
      return Level{price_of(window_.key_of(slot)), window_.at(slot)};
    }
    if (entry == nullptr) return {};
    return Level{price_of(entry->key), entry->quantity};
  }

  LevelChange set_outside(std::int64_t key, Q quantity) {
    const LevelChange change = far_.set(key, quantity);
    if (++misses_ >= adapt_after) adapt();
    return change;
  }

  void drop_worst() {
    const std::size_t slot = window_.last();
    const Entry* const entry = far_.last();
    if (slot != Window::none && (entry == nullptr || window_.key_of(slot) > entry->key)) window_.set(slot, Q());
    else far_.set(entry->key, Q());
  }

  void adapt();
  [[nodiscard]] std::int64_t common_tick() const;
  [[nodiscard]] bool centred(std::int64_t best) const;
  [[nodiscard]] std::size_t slots_for(std::int64_t best, std::int64_t tick) const;
  void place_window(std::int64_t best, std::int64_t tick, std::size_t slots);
  template <class Visit>
  void each_key(Visit&& visit) const {
    for (std::size_t slot = window_.first(); slot != Window::none; slot = window_.next(slot)) {
      visit(window_.key_of(slot), window_.at(slot));
    }
    far_.for_each([&](const Entry& entry) { visit(entry.key, entry.quantity); });
  }

  Window window_;
  Side side_;
  std::int64_t tick_;          // the venue's, 0 where unknown
  std::uint32_t changes_ = 0;  // since the last look at the misses
  std::uint32_t misses_ = 0;
  SortedBlocks<Q> far_;
  std::vector<Entry> moved_;  // while the window moves; kept so that moving again allocates nothing
};

using Ladder = BasicLadder<Quantity>;
using WideLadder = BasicLadder<WideQuantity>;

// Looks at the last adapt_after misses. One change in sixteen may miss; more ask for another window.
template <class Q>
[[gnu::noinline]] void BasicLadder<Q>::adapt() {
  const bool too_many = misses_ >= changes_ / 16;
  misses_ = 0;
  changes_ = 0;
  const std::optional<Level> touch = best();
  if (!too_many || !touch || size() < window_levels_min) return;
  const std::int64_t best = key_of(touch->price);
  const std::int64_t tick = common_tick();
  const std::size_t allowed = std::min(std::bit_floor(size() * slots_per_level), Window::slots_max);
  if (window_.slots() != 0 && tick == window_.tick() && centred(best)) {
    if (window_.slots() < allowed) place_window(best, tick, std::min(window_.slots() * 4, allowed));
    return;
  }
  place_window(best, tick, std::max(window_.slots(), std::min(slots_for(best, tick), allowed)));
}

// Slots that reach from the lead before the touch to the level that fifteen of sixteen are nearer than.
template <class Q>
std::size_t BasicLadder<Q>::slots_for(std::int64_t best, std::int64_t tick) const {
  std::array<std::uint32_t, 65> levels{};  // by bit width of the distance in ticks
  each_key([&](std::int64_t key, const Q&) {
    const std::uint64_t distance = static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(best);
    ++levels[static_cast<std::size_t>(std::bit_width(distance / static_cast<std::uint64_t>(tick)))];
  });
  std::size_t covered = 0;
  for (std::size_t bits = 0; bits < 18; ++bits) {
    covered += levels[bits];
    if (covered * 16 >= size() * 15) return std::max(std::size_t{2} << bits, Window::slots_min);
  }
  return Window::slots_max;
}

// The greatest step that divides every distance between levels and, where it does not contradict them, the venue's.
template <class Q>
std::int64_t BasicLadder<Q>::common_tick() const {
  std::uint64_t step = static_cast<std::uint64_t>(tick_);
  std::optional<std::int64_t> origin;
  each_key([&](std::int64_t key, const Q&) {
    if (!origin) origin = key;
    const bool above = key >= *origin;
    const std::uint64_t low = static_cast<std::uint64_t>(above ? *origin : key);
    step = std::gcd(step, static_cast<std::uint64_t>(above ? key : *origin) - low);
  });
  return step == 0 || step > static_cast<std::uint64_t>(Window::span_max) ? 1 : static_cast<std::int64_t>(step);
}

// Whether the window lies well around the touch: a sixteenth before it, a quarter behind it at least.
template <class Q>
bool BasicLadder<Q>::centred(std::int64_t best) const {
  const std::size_t slot = window_.slot_of(best);
  return slot >= window_.slots() / 16 && slot <= window_.slots() / 4 * 3;
}

template <class Q>
void BasicLadder<Q>::place_window(std::int64_t best, std::int64_t tick, std::size_t slots) {
  const std::int64_t lead = static_cast<std::int64_t>(slots / 4);
  const bool possible = tick <= Window::span_max / static_cast<std::int64_t>(slots) && best > -Window::base_max / 2 &&
                        best < Window::base_max / 2;
  moved_.clear();
  each_key([&](std::int64_t key, const Q& quantity) { moved_.push_back({key, quantity}); });
  far_.clear();
  if (possible) window_.place(best - lead * tick, tick, slots);
  else window_.place(0, 1, 0);
  for (const Entry& entry : moved_) {
    const std::size_t slot = window_.slot_of(entry.key);
    if (slot < window_.slots()) window_.set(slot, entry.quantity);
    else far_.set(entry.key, entry.quantity);
  }
}

// A quantity times 10^power; nothing where it leaves its range.
template <class Q>
[[nodiscard]] std::optional<Q> scaled_quantity(const Q& quantity, int power) {
  const auto scaled = rescale_wide(quantity.count(), 0, power);
  if (!scaled) return {};
  if constexpr (sizeof(typename Q::rep) == sizeof(std::int64_t)) {
    const auto small = narrow(*scaled);
    return small ? std::optional(Q(*small)) : std::nullopt;
  } else {
    return Q(*scaled);
  }
}

template <class Q>
bool BasicLadder<Q>::can_rescale(int price_power, int quantity_power) const {
  bool fits = true;
  each_key([&](std::int64_t key, const Q& quantity) {
    fits = fits && crossbook::rescale(key, 0, price_power) && scaled_quantity(quantity, quantity_power);
  });
  return fits;
}

template <class Q>
bool BasicLadder<Q>::rescale(int price_power, int quantity_power) {
  if (!can_rescale(price_power, quantity_power)) return false;
  const auto scaled = [&](std::int64_t count) { return crossbook::rescale(count, 0, price_power); };
  BasicLadder old(side_);
  std::swap(old.window_, window_);
  std::swap(old.far_, far_);
  if (tick_ != 0) tick_ = scaled(tick_).value_or(0);
  const auto base = scaled(old.window_.base());
  const auto tick = scaled(old.window_.tick());
  const auto span = scaled(old.window_.tick() * static_cast<std::int64_t>(old.window_.slots()));
  if (base && tick && span && *span <= Window::span_max && *base <= Window::base_max && *base >= -Window::base_max) {
    window_.place(*base, *tick, old.window_.slots());
  }
  old.each_key([&](std::int64_t key, const Q& quantity) {
    set(price_of(*scaled(key)), *scaled_quantity(quantity, quantity_power));
  });
  return true;
}

}  // namespace crossbook::book
