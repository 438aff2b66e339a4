// SPDX-License-Identifier: Apache-2.0
#include "crossbook/engine/own_orders.hpp"

#include <algorithm>

#include "crossbook/core/decimal.hpp"

namespace crossbook::engine {
namespace {

template <class Levels>
auto place_of(Levels& levels, Price price) {
  return std::lower_bound(levels.begin(), levels.end(), price,
                          [](const auto& level, Price wanted) { return level.price < wanted; });
}

}  // namespace

void OwnOrders::show(OrderId order, ListingId listing, Side side, Price price, Quantity remaining) {
  hide(order);
  if (remaining.count() <= 0) return;
  const Wide quantity = remaining.count();
  orders_.emplace(order, Shown{listing, side, price, quantity});
  add(listing, side, price, quantity);
}

void OwnOrders::hide(OrderId order) {
  const auto found = orders_.find(order);
  if (found == orders_.end()) return;
  const Shown shown = found->second;
  orders_.erase(found);
  add(shown.listing, shown.side, shown.price, -shown.quantity);
}

void OwnOrders::add(ListingId listing, Side side, Price price, Wide quantity) {
  if (index(listing) >= listings_.size()) listings_.resize(index(listing) + 1);
  OwnLevels& levels = side == Side::bid ? listings_[index(listing)].bids : listings_[index(listing)].asks;
  const auto place = place_of(levels, price);
  if (place == levels.end() || place->price != price) {
    levels.insert(place, {price, quantity});
  } else if ((place->quantity += quantity) == 0) {
    levels.erase(place);
  }
}

Wide OwnOrders::at(ListingId listing, Side side, Price price) const {
  if (index(listing) >= listings_.size()) return 0;
  const OwnLevels& levels = side == Side::bid ? listings_[index(listing)].bids : listings_[index(listing)].asks;
  const auto place = place_of(levels, price);
  return place == levels.end() || place->price != price ? 0 : place->quantity;
}

void OwnOrders::rescale(ListingId listing, int price_power, int quantity_power) {
  if (!any(listing)) return;
  listings_[index(listing)] = {};
  for (auto next = orders_.begin(); next != orders_.end();) {
    const auto here = next++;
    Shown& shown = here->second;
    if (shown.listing != listing) continue;
    const auto price = crossbook::rescale(shown.price.count(), 0, price_power);
    if (!price) {
      orders_.erase(here);
      continue;
    }
    shown.price = Price(*price);
    shown.quantity *= power_of_ten(quantity_power);
    add(listing, shown.side, shown.price, shown.quantity);
  }
}

}  // namespace crossbook::engine
