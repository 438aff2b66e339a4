// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/matching.hpp"

#include <algorithm>
#include <span>

#include "crossbook/core/check.hpp"

namespace crossbook::market {

Book::Book(std::size_t levels_max) {
  bids_.reserve(levels_max + 1);
  asks_.reserve(levels_max + 1);
}

void Book::set(Side s, Price price, Quantity quantity) {
  const std::vector<Level>& other = side(opposite(s));
  CROSSBOOK_ASSERT(quantity.count() >= 0);
  CROSSBOOK_ASSERT(quantity.count() == 0 || other.empty() || better(s, other.front().price, price));
  std::vector<Level>& mine = levels(s);
  const auto closer = [s](Price a, Price b) { return better(s, a, b); };
  const auto at = std::ranges::lower_bound(mine, price, closer, &Level::price);
  const bool held = at != mine.end() && at->price == price;
  if (!held && quantity.count() == 0) return;
  if (held && at->quantity == quantity) return;
  ++changes_;
  if (!held) {
    mine.insert(at, Level{price, quantity});
  } else if (quantity.count() == 0) {
    mine.erase(at);
  } else {
    at->quantity = quantity;
  }
}

void Book::cancel_better(Side s, Price limit) {
  std::vector<Level>& mine = levels(s);
  const auto kept = std::ranges::find_if_not(mine, [&](const Level& level) { return better(s, level.price, limit); });
  changes_ += kept - mine.begin();
  mine.erase(mine.begin(), kept);
}

void Book::trim(Side s, std::size_t count) {
  std::vector<Level>& mine = levels(s);
  if (mine.size() <= count) return;
  changes_ += static_cast<std::int64_t>(mine.size() - count);
  mine.resize(count);
}

Quantity Book::take(Side taker, Quantity quantity, std::size_t levels_max, std::vector<Print>& prints) {
  std::vector<Level>& resting = levels(opposite(taker));
  Quantity taken{};
  std::size_t gone = 0;
  for (std::size_t i = 0; i + 1 < resting.size() && i < levels_max && taken < quantity; ++i) {
    Level& level = resting[i];
    const Quantity part = std::min(level.quantity, quantity - taken);
    prints.push_back(Print{.price = level.price, .quantity = part, .taker = taker});
    taken += part;
    level.quantity -= part;
    if (level.quantity.count() == 0) ++gone;
    ++changes_;
  }
  resting.erase(resting.begin(), resting.begin() + static_cast<std::ptrdiff_t>(gone));
  return taken;
}

void Book::refine_prices() {
  for (std::vector<Level>* side : {&bids_, &asks_})
    for (Level& level : *side) level.price = Price(level.price.count() * 10);
}

void append_changes(Side s, const std::vector<Level>& before, const std::vector<Level>& after, WindowRule rule,
                    std::vector<Level>& changes) {
  const auto window = [&](const std::vector<Level>& levels) {
    return std::span(levels).first(rule.depth == 0 ? levels.size() : std::min<std::size_t>(rule.depth, levels.size()));
  };
  const std::span<const Level> old = window(before);
  const std::span<const Level> now = window(after);
  auto o = old.begin();
  auto n = now.begin();
  while (o != old.end() || n != now.end()) {
    if (o == old.end() || (n != now.end() && better(s, n->price, o->price))) {
      changes.push_back(*n++);
    } else if (n == now.end() || better(s, o->price, n->price)) {
      const bool pushed_out = n == now.end() && rule.depth != 0 && now.size() == rule.depth;
      if (!pushed_out || rule.with_pushed_out) changes.push_back(Level{o->price, Quantity(0)});
      ++o;
    } else {
      if (o->quantity != n->quantity) changes.push_back(*n);
      ++o;
      ++n;
    }
  }
}

void mark_differences(Side side, std::vector<Level>& published, const std::vector<Level>& answer,
                      std::vector<Level>& scratch) {
  constexpr Quantity differs(-1);
  scratch.clear();
  append_changes(side, published, answer, WindowRule{}, scratch);
  for (const Level& change : scratch) {
    const auto closer = [side](Price a, Price b) { return better(side, a, b); };
    const auto at = std::ranges::lower_bound(published, change.price, closer, &Level::price);
    if (at != published.end() && at->price == change.price) {
      at->quantity = differs;
    } else {
      published.insert(at, Level{change.price, differs});
    }
  }
}

}  // namespace crossbook::market
