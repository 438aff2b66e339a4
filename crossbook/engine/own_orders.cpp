// SPDX-License-Identifier: Apache-2.0
#include "crossbook/engine/own_orders.hpp"

#include <algorithm>

namespace crossbook::engine {
namespace {

template <class Levels>
auto place_of(Levels& levels, Price price) {
  return std::lower_bound(levels.begin(), levels.end(), price,
                          [](const auto& level, Price wanted) { return level.price < wanted; });
}

Wide power_of_ten(int power) {
  Wide factor = 1;
  for (; power > 0; --power) factor *= 10;
  return factor;
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
  const auto price_factor = static_cast<std::int64_t>(power_of_ten(price_power));
  const Wide quantity_factor = power_of_ten(quantity_power);
  const auto raise = [&](auto& shown) {
    shown.price = Price(shown.price.count() * price_factor);
    shown.quantity *= quantity_factor;
  };
  for (auto& [order, shown] : orders_)
    if (shown.listing == listing) raise(shown);
  if (index(listing) >= listings_.size()) return;
  for (OwnLevel& level : listings_[index(listing)].bids) raise(level);
  for (OwnLevel& level : listings_[index(listing)].asks) raise(level);
}

}  // namespace crossbook::engine
