// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossbook/core/units.hpp"
#include "crossbook/market/matching.hpp"
#include "crossbook/market/random.hpp"

namespace crossbook::market {

struct MakerOptions {
  Nanos lag = milliseconds(20);           // how old the fair price is that it quotes around
  std::int64_t half_spread_ppb = 20'000;  // of the price: 20,000 is 0.2 bps
  std::int64_t gap_ppb = 20'000;          // mean distance between neighbouring levels
  std::size_t levels = 60;                // a side
  Quantity touch_quantity{};              // mean size at the touch; deeper levels are larger
  Quantity lot{1};
  Price tick{1};
  int price_scale = 2;
};

// The market makers of one book as one: they keep both sides around a fair price that reaches them late. Every refresh
// pulls what has become too dear, steps in where the touch is too far, and changes some levels, mostly near the touch.
// They hold no inventory: what is taken comes back.
class Maker {
 public:
  Maker(const MakerOptions&, Random);

  // Quotes around `fair` (10^-6 quote). The first call fills the book.
  void refresh(std::int64_t fair, Book&);

  // Prices have one digit more from now on, and the tick is one of the new counts.
  void refine_tick() { ++options_.price_scale; }

  [[nodiscard]] const MakerOptions& options() const { return options_; }

 private:
  // On a tick, not better than the price (10^-6 quote).
  [[nodiscard]] Price bid_at(std::int64_t price) const;
  [[nodiscard]] Price ask_at(std::int64_t price) const;
  void refresh_side(Side, Price touch, Price farthest, Book&);
  void fill(Side, Price touch, Book&);
  void churn(Side, Price touch, Book&);
  [[nodiscard]] Quantity draw_quantity(std::size_t position);
  [[nodiscard]] std::int64_t draw_gap_ticks(std::int64_t price_count);

  MakerOptions options_;
  Random random_;
  std::int64_t opinion_ = 0;  // 10^-6 quote, on top of the fair price
};

}  // namespace crossbook::market
