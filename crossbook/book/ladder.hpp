// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// One side of one venue's book.
namespace crossbook::book {

// A level whose quantity is a Quantity or a WideQuantity.
template <class Q>
struct BasicLevel {
  Price price;
  Q quantity;
  friend constexpr bool operator==(const BasicLevel&, const BasicLevel&) = default;
};
using WideLevel = BasicLevel<WideQuantity>;

// What setting a level did.
enum class LevelChange : std::uint8_t { absent, inserted, changed, removed };

template <class Q>
class BasicLadder {
 public:
  using Level = BasicLevel<Q>;

  // `tick` is the venue's price step where known, at the scale of the prices; absent: learnt from the prices.
  explicit BasicLadder(Side side, std::optional<Price> tick = {}) : side_(side) { static_cast<void>(tick); }

  // Sets the absolute quantity at a price; 0 removes. Deleting what is not there answers absent.
  LevelChange set(Price price, Q quantity);

  [[nodiscard]] std::optional<Level> best() const;
  // The next level further from the touch than `price`, which need not be a level itself.
  [[nodiscard]] std::optional<Level> next_worse(Price price) const;
  [[nodiscard]] Q at(Price price) const;  // 0 where there is no level

  [[nodiscard]] std::size_t size() const { return levels_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Side side() const { return side_; }
  void clear() { levels_.clear(); }

  // Keeps the `depth` levels nearest to the touch.
  void truncate(std::size_t depth);

  // Calls visit(Level) from best to worst until it returns false.
  template <class Visit>
  void for_each(Visit&& visit) const;

  // Multiplies prices by 10^price_power and quantities by 10^quantity_power. False, and nothing changed, where a number
  // would leave its range.
  [[nodiscard]] bool rescale(int price_power, int quantity_power);

  // Asks the processor to load what set(price, ...) will touch.
  void prefetch(Price price) const { static_cast<void>(price); }

  [[nodiscard]] std::size_t bytes() const { return sizeof *this + levels_.capacity() * sizeof(Level); }

 private:
  // Best last, so that changes near the touch move little.
  [[nodiscard]] auto find(Price price) const {
    return std::lower_bound(levels_.begin(), levels_.end(), price,
                            [this](const Level& level, Price p) { return better(side_, p, level.price); });
  }

  Side side_;
  std::vector<Level> levels_;
};

using Ladder = BasicLadder<Quantity>;
using WideLadder = BasicLadder<WideQuantity>;

template <class Q>
LevelChange BasicLadder<Q>::set(Price price, Q quantity) {
  const auto place = levels_.begin() + (find(price) - levels_.cbegin());
  const bool held = place != levels_.end() && place->price == price;
  if (quantity == Q()) {
    if (!held) return LevelChange::absent;
    levels_.erase(place);
    return LevelChange::removed;
  }
  if (held) {
    place->quantity = quantity;
    return LevelChange::changed;
  }
  levels_.insert(place, Level{price, quantity});
  return LevelChange::inserted;
}

template <class Q>
std::optional<BasicLevel<Q>> BasicLadder<Q>::best() const {
  if (levels_.empty()) return {};
  return levels_.back();
}

template <class Q>
std::optional<BasicLevel<Q>> BasicLadder<Q>::next_worse(Price price) const {
  const auto place = find(price);
  if (place == levels_.begin()) return {};
  return *std::prev(place);
}

template <class Q>
Q BasicLadder<Q>::at(Price price) const {
  const auto place = find(price);
  return place != levels_.end() && place->price == price ? place->quantity : Q();
}

template <class Q>
void BasicLadder<Q>::truncate(std::size_t depth) {
  if (levels_.size() <= depth) return;
  levels_.erase(levels_.begin(), levels_.end() - static_cast<std::ptrdiff_t>(depth));
}

template <class Q>
template <class Visit>
void BasicLadder<Q>::for_each(Visit&& visit) const {
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    if (!visit(*level)) return;
  }
}

template <class Q>
bool BasicLadder<Q>::rescale(int price_power, int quantity_power) {
  std::vector<Level> scaled;
  scaled.reserve(levels_.size());
  for (const Level& level : levels_) {
    const auto price = crossbook::rescale(level.price.count(), 0, price_power);
    const auto quantity = rescale_wide(level.quantity.count(), 0, quantity_power);
    if (!price || !quantity) return false;
    if constexpr (sizeof(typename Q::rep) == 8) {
      if (!narrow(*quantity)) return false;
    }
    scaled.push_back({Price(*price), Q(static_cast<typename Q::rep>(*quantity))});
  }
  levels_ = std::move(scaled);
  return true;
}

}  // namespace crossbook::book
