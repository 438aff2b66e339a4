// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/market/random.hpp"

// A venue that does what it likes: wide and narrow, crossed, one-sided, far from the others; and it shows our own
// orders among those of others. It writes whole books (the lines of feed "bittrex-norm").
namespace crossbook::sim {

inline constexpr std::string_view house_feed = "bittrex-norm";
inline constexpr std::string_view house_symbol = "BTC-USDT";
inline constexpr int house_price_scale = 2;

// One of our orders, as the venue shows it.
struct ShownOrder {
  Side side = Side::bid;
  std::int64_t price = 0;  // 10^-2
  std::int64_t quantity = 0;
  friend bool operator==(const ShownOrder&, const ShownOrder&) = default;
};

class House {
 public:
  explicit House(market::Random random) : random_(random) {}

  // Its next book, around a price of 10^-2, with our orders in it, as a frame.
  [[nodiscard]] std::string turn(std::int64_t fair, const std::vector<ShownOrder>& ours);
  [[nodiscard]] Nanos wait() { return milliseconds(20) + Nanos(random_.waiting(600'000'000)); }

  // Of its last book: what the others show, by price, and what we did.
  struct Row {
    std::int64_t price = 0;
    std::int64_t quantity = 0;
  };
  [[nodiscard]] const std::vector<Row>& others(Side side) const { return others_[side == Side::bid ? 0 : 1]; }
  [[nodiscard]] const std::vector<ShownOrder>& ours() const { return ours_; }

 private:
  void redraw(std::int64_t fair);

  market::Random random_;
  std::array<std::vector<Row>, 2> others_;
  std::vector<ShownOrder> ours_;
};

}  // namespace crossbook::sim
