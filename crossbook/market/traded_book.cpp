// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/traded_book.hpp"

#include <algorithm>
#include <ranges>

#include "crossbook/core/decimal.hpp"
#include "crossbook/core/wide.hpp"

namespace crossbook::market {
namespace {

constexpr std::size_t levels_hit_max = 6;

// 10^-8 base in counts of the listing, at least one lot. Contracts are worth what they are at the first fair price.
Quantity counts(std::int64_t base_e8, const ListingOptions& listing, const InstrumentOptions& traded) {
  if (listing.contract_size > 0) {
    constexpr std::int64_t fair_unit = power_of_ten(fair_scale);
    base_e8 = static_cast<std::int64_t>(wide_product(base_e8, traded.fair.start) / fair_unit / listing.contract_size);
  }
  const std::int64_t count = listing.quantity_scale <= 8 ? base_e8 / power_of_ten(8 - listing.quantity_scale)
                                                         : base_e8 * power_of_ten(listing.quantity_scale - 8);
  return Quantity(std::max(count, listing.lot));
}

MakerOptions maker_options(const VenueOptions& venue, const ListingOptions& listing, const InstrumentOptions& traded) {
  return {.lag = venue.lag,
          .half_spread_ppb = venue.half_spread_ppb,
          .gap_ppb = venue.gap_ppb,
          .levels = venue.levels,
          .touch_quantity = counts(traded.touch_quantity * venue.depth_percent / 100, listing, traded),
          .lot = Quantity(listing.lot),
          .tick = Price(listing.tick),
          .price_scale = listing.price_scale};
}

}  // namespace

TradedBook::TradedBook(const VenueOptions& venue, const ListingOptions& listing, const InstrumentOptions& traded,
                       Random draws)
    : venue_(&venue),
      listing_(&listing),
      random_(draws),
      book_(venue.levels),
      maker_(maker_options(venue, listing, traded), Random(random_.bits())),
      taker_quantity_(counts(traded.touch_quantity * venue.depth_percent / 200, listing, traded)),
      id_base_(random_.between(1'000'000'000, 60'000'000'000)),
      print_id_(random_.between(10'000'000, 900'000'000)) {}

Nanos TradedBook::draw_wait() { return milliseconds(1) + Nanos(random_.waiting(venue_->quote_every.count())); }

void TradedBook::turn(FairPrice& fair, Wall now, std::vector<Print>& prints) {
  if (random_.one_in(std::max<std::int64_t>(1, venue_->trade_every.count() / venue_->quote_every.count()))) {
    hit(fair, now, prints);
  } else {
    maker_.refresh(fair.at(now - venue_->lag), book_);
  }
}

// Half of the takers know the price of this moment and take what is out of line with it; the others want one side or
// the other for reasons of their own.
void TradedBook::hit(FairPrice& fair, Wall now, std::vector<Print>& prints) {
  const std::int64_t sum = book_.bids().front().price.count() + book_.asks().front().price.count();
  std::int64_t twice_fair = 2 * fair.at(now);
  for (int scale = listing_->price_scale; scale < fair_scale; ++scale) twice_fair /= 10;
  const bool informed = random_.one_in(2);
  const Side taker = (informed ? twice_fair > sum : random_.one_in(2)) ? Side::bid : Side::ask;
  const std::int64_t drawn = random_.waiting(taker_quantity_.count());
  const Quantity wanted(std::max(drawn / listing_->lot * listing_->lot, listing_->lot));
  const std::size_t before = prints.size();
  book_.take(taker, wanted, levels_hit_max, prints);
  for (std::size_t i = before; i < prints.size(); ++i) prints[i].id = ++print_id_;
}

void TradedBook::take_window(std::size_t depth, Sides& window) const {
  for (const Side side : {Side::bid, Side::ask}) {
    const std::vector<Level>& levels = book_.side(side);
    const auto sent = levels | std::views::take(depth == 0 ? levels.size() : depth);
    window[side == Side::bid ? bids : asks].assign(sent.begin(), sent.end());
  }
}

void TradedBook::refine_tick() {
  book_.refine_prices();
  maker_.refine_tick();
}

}  // namespace crossbook::market
