// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <type_traits>

#include "crossbook/core/units.hpp"

// What the paper gateway may see of the market: the depth that venues display. Its caller implements it over its books.
namespace crossbook::gateway {

// A reference to a function of one level that answers whether it wants the next; it lives as long as that function.
class LevelVisitor {
 public:
  template <class Visit>
    requires(!std::is_same_v<std::remove_cvref_t<Visit>, LevelVisitor> &&
             std::is_invocable_r_v<bool, Visit&, Price, WideQuantity>)
  explicit LevelVisitor(Visit& visit)
      : visit_(std::addressof(visit)), call_([](void* object, Price price, WideQuantity quantity) {
          return static_cast<bool>((*static_cast<Visit*>(object))(price, quantity));
        }) {}

  bool operator()(Price price, WideQuantity quantity) const { return call_(visit_, price, quantity); }

 private:
  void* visit_;
  bool (*call_)(void*, Price, WideQuantity);
};

// The scales of a listing's numbers now: counts of 10^-price and 10^-quantity, each from 0 to 18.
struct ListingScales {
  int price = 0;
  int quantity = 0;
};

class Displayed {
 public:
  virtual ~Displayed() = default;
  // Whether the book is whole and trusted: depth of any other book is never matched against.
  [[nodiscard]] virtual bool usable(ListingId listing) const = 0;
  // Of the levels below, and of the trades given to the gateway. May grow, never shrinks.
  [[nodiscard]] virtual ListingScales scales(ListingId listing) const = 0;
  // Visits the levels of one side, from the best, until the visitor wants no more. Only asked for where usable.
  virtual void levels(ListingId listing, Side side, LevelVisitor visit) const = 0;
};

}  // namespace crossbook::gateway
