// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "crossbook/market/fair_price.hpp"
#include "crossbook/market/maker.hpp"
#include "crossbook/market/matching.hpp"
#include "crossbook/market/venues.hpp"

namespace crossbook::market {

using Sides = std::array<std::vector<Level>, 2>;
inline constexpr std::size_t bids = 0;
inline constexpr std::size_t asks = 1;

// A venue's own book of one symbol with those who trade there. Private to this room.
class TradedBook {
 public:
  // The venue and the listing live longer than the book.
  TradedBook(const VenueOptions&, const ListingOptions&, const InstrumentOptions&, Random);

  // The makers fill the book around the fair price of that time.
  void open(FairPrice& fair, Wall start) { maker_.refresh(fair.at(start), book_); }
  // Time until the next turn.
  [[nodiscard]] Nanos draw_wait();
  // Either the makers move, or a taker comes and finds what they left: prints are then appended. `now` is the venue's.
  void turn(FairPrice& fair, Wall now, std::vector<Print>& prints);

  // The best levels a side; depth 0 is all.
  void take_window(std::size_t depth, Sides& window) const;
  [[nodiscard]] const Book& book() const { return book_; }
  // The venue's number of the last change of any level. The first is not 0.
  [[nodiscard]] std::int64_t last_id() const { return id_base_ + book_.changes(); }
  // The listing's tick became ten times finer: its scale has one digit more from now on.
  void refine_tick();

 private:
  void hit(FairPrice& fair, Wall now, std::vector<Print>& prints);

  const VenueOptions* venue_;
  const ListingOptions* listing_;
  Random random_;
  Book book_;
  Maker maker_;
  Quantity taker_quantity_;  // mean of a taker order
  std::int64_t id_base_;
  std::int64_t print_id_;
};

}  // namespace crossbook::market
