// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/maker.hpp"

#include <algorithm>

#include "crossbook/core/decimal.hpp"
#include "crossbook/market/fair_price.hpp"

namespace crossbook::market {
namespace {

// REQUIRES: both positive.
constexpr std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }
constexpr std::int64_t round_down(std::int64_t n, std::int64_t unit) { return n / unit * unit; }

}  // namespace

Maker::Maker(const MakerOptions& options, Random random) : options_(options), random_(random) {
  CROSSBOOK_ASSERT(options.price_scale >= 0 && options.price_scale <= fair_scale);
  CROSSBOOK_ASSERT(options.tick.count() > 0 && options.lot.count() > 0 && options.levels > 1);
}

// Quotes stay while they are between a half and five quarters of the half spread away from the center.
void Maker::refresh(std::int64_t fair, Book& book) {
  const auto half = static_cast<std::int64_t>(wide_product(fair, options_.half_spread_ppb) / 1'000'000'000);
  // Now and then the makers change their opinion, so that venues with one lag still differ.
  if (random_.one_in(16)) opinion_ = random_.normal(half / 3 + 1);
  const std::int64_t center = fair + opinion_;
  const Price bid_max = bid_at(center - half / 2);
  const Price ask_min = std::max(ask_at(center + half / 2), bid_max + options_.tick);
  book.cancel_better(Side::bid, bid_max);
  book.cancel_better(Side::ask, ask_min);
  refresh_side(Side::bid, std::min(bid_at(center - half), bid_max), bid_at(center - half * 5 / 4), book);
  refresh_side(Side::ask, std::max(ask_at(center + half), ask_min), ask_at(center + half * 5 / 4), book);
}

Price Maker::bid_at(std::int64_t price) const {
  const std::int64_t to_fair = power_of_ten(fair_scale - options_.price_scale);
  return Price(round_down(price, to_fair * options_.tick.count()) / to_fair);
}

Price Maker::ask_at(std::int64_t price) const {
  const std::int64_t to_fair = power_of_ten(fair_scale - options_.price_scale);
  return Price(round_up(price, to_fair * options_.tick.count()) / to_fair);
}

void Maker::refresh_side(Side side, Price touch, Price farthest, Book& book) {
  const std::vector<Level>& levels = book.side(side);
  if (levels.empty() || better(side, farthest, levels.front().price)) book.set(side, touch, draw_quantity(0));
  churn(side, touch, book);
  fill(side, touch, book);
  book.trim(side, options_.levels);
}

// Appends far levels until the side has its count.
void Maker::fill(Side side, Price touch, Book& book) {
  const std::vector<Level>& levels = book.side(side);
  const std::int64_t outwards = side == Side::bid ? -1 : 1;
  while (levels.size() < options_.levels) {
    const std::int64_t last = levels.empty() ? touch.count() : levels.back().price.count();
    const std::int64_t next = last + outwards * draw_gap_ticks(touch.count()) * options_.tick.count();
    if (next <= 0) return;
    book.set(side, Price(next), draw_quantity(levels.size()));
  }
}

// Changes a few levels, most of them near the touch. A third are pulled, a third are new ones behind an old one, the
// rest change size.
void Maker::churn(Side side, Price touch, Book& book) {
  const std::vector<Level>& levels = book.side(side);
  const std::int64_t outwards = side == Side::bid ? -1 : 1;
  for (std::int64_t changes = random_.below(4); changes > 0; --changes) {
    const auto size = static_cast<std::int64_t>(levels.size());
    const std::int64_t position = random_.one_in(4) ? random_.below(size) : std::min(random_.halvings(), size - 1);
    const Level level = levels[static_cast<std::size_t>(position)];
    const std::int64_t kind = random_.below(3);
    if (kind == 0 && position > 0) {
      book.set(side, level.price, Quantity(0));
    } else if (kind == 1) {
      const std::int64_t price = level.price.count() + outwards * draw_gap_ticks(touch.count()) * options_.tick.count();
      if (price > 0) book.set(side, Price(price), draw_quantity(static_cast<std::size_t>(position) + 1));
    } else {
      book.set(side, level.price, draw_quantity(static_cast<std::size_t>(position)));
    }
  }
}

Quantity Maker::draw_quantity(std::size_t position) {
  const std::int64_t mean = options_.touch_quantity.count() * (8 + static_cast<std::int64_t>(position)) / 8;
  const std::int64_t drawn = random_.waiting(std::max<std::int64_t>(mean, 1));
  // One in four is a round number, as people type them.
  const std::int64_t unit = round_up(random_.one_in(4) ? std::max<std::int64_t>(mean / 4, 1) : 1, options_.lot.count());
  return Quantity(std::max(round_down(drawn, unit), unit));
}

std::int64_t Maker::draw_gap_ticks(std::int64_t price_count) {
  const auto mean = static_cast<std::int64_t>(wide_product(price_count, options_.gap_ppb) / 1'000'000'000);
  return std::max<std::int64_t>(1, random_.waiting(std::max<std::int64_t>(mean / options_.tick.count(), 1)));
}

}  // namespace crossbook::market
