// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/maker.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "crossbook/market/fair_price.hpp"

namespace crossbook::market {
namespace {

MakerOptions options(std::int64_t tick, std::int64_t lot, std::int64_t half_spread_ppb) {
  return {.half_spread_ppb = half_spread_ppb,
          .gap_ppb = 20'000,
          .levels = 25,
          .touch_quantity = Quantity(5'000),
          .lot = Quantity(lot),
          .tick = Price(tick),
          .price_scale = 2};
}

// Prices are 10^-6 quote; 100 of quote a unit is tick 10^-2.
RC_GTEST_PROP(Maker, KeepsBothSidesWholeAroundAnyPathOfTheFairPrice, (std::uint64_t seed)) {
  const std::int64_t tick = *rc::gen::element<std::int64_t>(1, 5, 25);
  const std::int64_t lot = *rc::gen::element<std::int64_t>(1, 10, 1'000);
  const std::int64_t half_spread_ppb = *rc::gen::element<std::int64_t>(0, 100'000);
  Maker maker(options(tick, lot, half_spread_ppb), Random(seed));
  Random moves(seed, 2);
  Book book(25);
  std::int64_t fair = 1'000'000'000;
  for (int i = 0; i < 200; ++i) {
    fair += moves.normal(200) * 10'000;  // on a tick, where bid and ask would meet without a spread
    maker.refresh(fair, book);
    RC_ASSERT(book.bids().front().price < book.asks().front().price);
    for (const Side side : {Side::bid, Side::ask}) {
      RC_ASSERT(book.side(side).size() == 25u);
      for (const Level& level : book.side(side)) {
        RC_ASSERT(level.price.count() % tick == 0);
        RC_ASSERT(level.quantity.count() > 0 && level.quantity.count() % lot == 0);
      }
    }
    // Half a spread is 0.1 of quote here, the makers' opinion at most as much again, and a tick.
    const std::int64_t away_max = (200'000 + 130'000) / 10'000 + 2 * tick;
    RC_ASSERT(book.asks().front().price.count() - fair / 10'000 <= away_max);
    RC_ASSERT(fair / 10'000 - book.bids().front().price.count() <= away_max);
  }
}

TEST(FairPrice, IsOnePathWhoeverAsksAndWhen) {
  const Wall start(0);
  FairPrice one({}, start, Random(5));
  FairPrice other({}, start, Random(5));
  std::vector<std::int64_t> path;
  for (std::int64_t i = 0; i < 3'000; ++i) path.push_back(one.at(start + milliseconds(10 * i)));
  EXPECT_EQ(other.at(start + milliseconds(29'990)), path.back());
  for (const int i : {2'500, 100, 2'999, 0})
    EXPECT_EQ(other.at(start + milliseconds(10 * i + 5)), path[static_cast<std::size_t>(i)]);
  EXPECT_EQ(other.at(start - seconds(3)), path.front());
}

TEST(FairPrice, MovesAsMuchAsItsVolatilitySays) {
  FairPriceOptions quiet;
  quiet.jump_every = seconds(1'000'000'000);
  quiet.regime_every = seconds(1'000'000'000);
  FairPrice fair(quiet, Wall(0), Random(11));
  double squares = 0;
  double last = static_cast<double>(quiet.start);
  constexpr int steps = 5'000;
  for (int i = 1; i <= steps; ++i) {
    const auto now = static_cast<double>(fair.at(Wall(0) + seconds(i)));
    squares += (now / last - 1) * (now / last - 1);
    last = now;
  }
  EXPECT_NEAR(squares / steps, 60e-6 * 60e-6, 60e-6 * 60e-6 * 0.08);
}

TEST(Random, WaitsAsLongAsTheMeanSays) {
  Random random(3);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += static_cast<double>(random.waiting(1'000'000));
  EXPECT_NEAR(sum / 100'000, 1'000'000, 50'000);
}

TEST(Random, NormalHasTheDeviationGiven) {
  Random random(4);
  double squares = 0;
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto x = static_cast<double>(random.normal(10'000));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100'000, 0, 150);
  EXPECT_NEAR(squares / 100'000, 1e8, 2e6);
}

}  // namespace
}  // namespace crossbook::market
