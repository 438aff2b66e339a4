// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// What of a venue's book is ours: a spread that our own orders hold together is not the market's.
namespace crossbook::engine {

class OwnOrders {
 public:
  // So much of the order rests now, or is on its way; nothing of it from a quantity of 0. Prices and quantities are at
  // the listing's scales.
  void show(OrderId order, ListingId listing, Side side, Price price, Quantity remaining);
  void hide(OrderId order);

  [[nodiscard]] bool any(ListingId listing) const {
    return index(listing) < listings_.size() &&
           !(listings_[index(listing)].bids.empty() && listings_[index(listing)].asks.empty());
  }
  // How much of a level is ours, at the listing's quantity scale.
  [[nodiscard]] Wide at(ListingId listing, Side side, Price price) const;

  // The listing has finer digits now: by so many powers of ten. An order beyond its range of prices is hidden: no level
  // of the book can be there.
  void rescale(ListingId listing, int price_power, int quantity_power);

 private:
  struct Shown {
    ListingId listing{};
    Side side = Side::bid;
    Price price;
    Wide quantity = 0;
  };
  struct OwnLevel {
    Price price;
    Wide quantity = 0;
  };
  using OwnLevels = std::vector<OwnLevel>;  // by price
  struct Listed {
    OwnLevels bids;
    OwnLevels asks;
  };

  void add(ListingId listing, Side side, Price price, Wide quantity);

  std::map<OrderId, Shown> orders_;
  std::vector<Listed> listings_;  // by ListingId
};

}  // namespace crossbook::engine
