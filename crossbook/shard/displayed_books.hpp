// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/engine/engine.hpp"
#include "crossbook/gateway/displayed.hpp"

namespace crossbook::shard {

// An engine's books as a paper exchange sees them: whole, and not crossed within themselves.
class DisplayedBooks final : public gateway::Displayed {
 public:
  explicit DisplayedBooks(const engine::Engine& engine) : engine_(engine) {}

  [[nodiscard]] bool usable(ListingId listing) const override {
    const book::VenueBook& book = engine_.book(listing);
    const auto bid = book.published_top(Side::bid);
    const auto ask = book.published_top(Side::ask);
    return book.ready() && (!bid || !ask || bid->price < ask->price);
  }
  [[nodiscard]] gateway::ListingScales scales(ListingId listing) const override {
    const Listing& of = engine_.listings()[listing];
    return {of.price_scale, of.quantity_scale};
  }
  void levels(ListingId listing, Side side, gateway::LevelVisitor visit) const override {
    engine_.book(listing).for_each(side,
                                   [&](const book::WideLevel& level) { return visit(level.price, level.quantity); });
  }

 private:
  const engine::Engine& engine_;
};

}  // namespace crossbook::shard
