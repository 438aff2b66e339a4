// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/order_maker.hpp"

#include <gmock/gmock.h>

#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine_orders_test_tools.hpp"

namespace crossbook::shard {
namespace {

// The engine's desk, whose books come without instrument data, and one who makes orders of wishes there.
class Maker {
 public:
  engine::OrderDesk desk;

  explicit Maker(std::string home = {}) : maker_(desk.engine, costs_, std::move(home)) {}

  // "61824 x 0.01617", or why there is none.
  std::string make(const ScriptOrder& wish) {
    const auto made = maker_.make(wish, wish.action, desk.now, desk.wall());
    if (!made) return to_string(made.error());
    const OrderTerms& terms = made->terms;
    home_.clear();
    for (const tca::VenueTerms& venue : made->venues)
      if (made->home == venue.member) home_ = venue.venue;
    return format_decimal(terms.price.count(), terms.price_scale) + " x " +
           format_decimal(terms.quantity.count(), terms.quantity_scale);
  }
  // Of the order made last; empty: none.
  [[nodiscard]] const std::string& home() const { return home_; }

 private:
  static VenueBelief nothing(std::string_view, std::string_view) { return {}; }

  PaperCosts costs_{desk.engine, PaperScript{}, nothing, Calibrator()};
  OrderMaker maker_;
  std::string home_;
};

ScriptOrder resting(Action action, PriceFrom from, std::int64_t offset_bps = 0) {
  ScriptOrder wish;
  wish.action = action;
  wish.price_from = from;
  wish.offset = engine::bps(offset_bps);
  wish.notional = "1000";
  return wish;
}

// 24 levels from 61824 and 61824.01 outwards, 0.01 apart, of 0.00005 and then 0.00003 more each.
void show_deep_book(engine::OrderDesk& desk) {
  std::string bids;
  std::string asks;
  for (std::int64_t i = 0; i < 24; ++i) {
    const std::string size = " x " + format_decimal(5 + 3 * i, 5);
    bids += (i == 0 ? "" : ", ") + format_decimal(6'182'400 - i, 2) + size;
    asks += (i == 0 ? "" : ", ") + format_decimal(6'182'401 + i, 2) + size;
  }
  desk.book("bybit-spot", bids, asks);
}

// The feed's numbers are counted in 10^-8, whatever the venue's tick is.
TEST(OrderMaker, KeepsToTheTickAndLotThatTheBookShows) {
  Maker maker;
  show_deep_book(maker.desk);
  EXPECT_EQ(maker.make(resting(Action::buy, PriceFrom::mid)), "61824 x 0.01617");
  EXPECT_EQ(maker.make(resting(Action::sell, PriceFrom::mid)), "61824.01 x 0.01617");
  EXPECT_EQ(maker.make(resting(Action::buy, PriceFrom::touch, 1)), "61817.81 x 0.01617");
  EXPECT_EQ(maker.make(resting(Action::sell, PriceFrom::cross, 1)), "61830.19 x 0.01617");
}

TEST(OrderMaker, NeverTakesAStepWiderThanTheSpread) {
  Maker maker;
  maker.desk.book("bybit-spot", "100 x 1", "150 x 1");
  EXPECT_EQ(maker.make(resting(Action::buy, PriceFrom::mid)), "100 x 10");
  EXPECT_EQ(maker.make(resting(Action::sell, PriceFrom::mid)), "150 x 6.66666666");
}

TEST(OrderMaker, ReadsNoLotFromAFewRoundSizes) {
  Maker maker;
  maker.desk.book("bybit-spot", "61824 x 1, 61823.99 x 2", "61824.01 x 3");
  EXPECT_EQ(maker.make(resting(Action::buy, PriceFrom::touch)), "61824 x 0.01617494");
}

TEST(OrderMaker, TakesAPriceThatWasGivenAsItIs) {
  Maker maker;
  show_deep_book(maker.desk);
  ScriptOrder wish = resting(Action::buy, PriceFrom::given);
  wish.price = "61820.125";
  EXPECT_EQ(maker.make(wish), "61820.125 x 0.01617");
}

TEST(OrderMaker, ComparesWithTheHomeThatWasNamed) {
  Maker maker("okx");
  maker.desk.book("bybit-spot", "100 x 1", "101 x 1");
  maker.make(resting(Action::buy, PriceFrom::touch));
  EXPECT_EQ(maker.home(), "");
  maker.desk.book("okx", "100 x 1", "101 x 1");
  maker.make(resting(Action::buy, PriceFrom::touch));
  EXPECT_EQ(maker.home(), "okx");
}

TEST(OrderMaker, StaysAtTheFirstHomeThereWas) {
  Maker maker{std::string(first_home)};
  maker.desk.book("okx", "100 x 1", "101 x 1");
  maker.make(resting(Action::buy, PriceFrom::touch));
  EXPECT_EQ(maker.home(), "okx");
  maker.desk.book("bybit-spot", "100 x 1", "101 x 1");
  maker.make(resting(Action::buy, PriceFrom::touch));
  EXPECT_EQ(maker.home(), "okx");

  Maker both{std::string(first_home)};
  both.desk.book("okx", "100 x 1", "101 x 1");
  both.desk.book("bybit-spot", "100 x 1", "101 x 1");
  both.make(resting(Action::buy, PriceFrom::touch));
  EXPECT_EQ(both.home(), "bybit") << "the first by name";
}

TEST(OrderSteps, AreTheVenuesOwnWhereItSaysThem) {
  Maker maker;
  show_deep_book(maker.desk);
  const book::VenueBook& book = maker.desk.engine.book(ListingId(0));
  EXPECT_EQ(tick_of(gateway::Amount{5, 1}, 8, book), (Step{50'000'000, 8}));
  EXPECT_EQ(lot_of(gateway::Amount{1, 12}, 8, book), (Step{1, 12}));
  EXPECT_EQ(tick_of({}, 8, book), (Step{1'000'000, 8}));
  EXPECT_EQ(lot_of({}, 8, book), (Step{1'000, 8}));
}

TEST(OrderSteps, AreTheLastDigitWhereNothingIsKnown) {
  const book::VenueBook empty({});
  EXPECT_EQ(tick_of({}, 4, empty), (Step{1, 4}));
  EXPECT_EQ(lot_of({}, 6, empty), (Step{1, 6}));
}

}  // namespace
}  // namespace crossbook::shard
