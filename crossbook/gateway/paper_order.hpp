// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/gateway/exact.hpp"

// An order as the paper exchange knows it.
namespace crossbook::gateway {

struct PaperOrder {
  enum class Stage : std::uint8_t { travelling, open, ended };  // these values are on disk; add, never change

  OrderId order{};
  OrderTerms terms{};
  Stage stage = Stage::travelling;
  Quantity filled{};
  std::uint64_t arrival = 0;  // the how manieth: first in, first out at a price
  Wall arrived{};             // prints of before cannot be ours
  bool blind = false;         // arrived while the book was not usable, and has not met it since

  // Displayed quantity at our price that stands before us, in 10^-18. None: our price is beyond what is displayed.
  std::optional<Wide> ahead{};
  // By how much less displayed size has shortened it since `shortened_at`: a late print of that size says nothing new.
  Wide shortened = 0;
  Steady shortened_at{};

  Steady last_request{};  // requests for one order arrive in their order, and so do its reports
  Steady last_report{};

  [[nodiscard]] Quantity remaining() const { return terms.quantity - filled; }
  [[nodiscard]] Side side() const { return resting_side(terms.action); }
  // Where it stands on its side.
  [[nodiscard]] Wide place() const { return place_of(side(), exact(terms.price.count(), terms.price_scale)); }
};

// One match of one of our orders.
struct Match {
  OrderId order{};
  Price price;        // at the order's scales
  Quantity quantity;  // likewise
  Role role = Role::taker;
};

}  // namespace crossbook::gateway
