// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/ladder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <map>
#include <vector>

#include "crossbook/book/churn.hpp"
#include "crossbook/core/event.hpp"

namespace crossbook::book {
namespace {

// What a ladder is, without its speed: a map from price to quantity.
class NaiveSide {
 public:
  explicit NaiveSide(Side side) : side_(side) {}

  LevelChange set(std::int64_t price, std::int64_t quantity) {
    const bool had = levels_.contains(key(price));
    if (quantity == 0) {
      levels_.erase(key(price));
      return had ? LevelChange::removed : LevelChange::absent;
    }
    levels_[key(price)] = quantity;
    return had ? LevelChange::changed : LevelChange::inserted;
  }
  void truncate(std::size_t depth) {
    while (levels_.size() > depth) levels_.erase(std::prev(levels_.end()));
  }
  void rescale(std::int64_t price_factor, std::int64_t quantity_factor) {
    std::map<std::int64_t, std::int64_t> scaled;
    for (const auto& [key, quantity] : levels_) scaled[key * price_factor] = quantity * quantity_factor;
    levels_ = std::move(scaled);
  }
  void clear() { levels_.clear(); }
  [[nodiscard]] std::vector<Level> all() const {
    std::vector<Level> levels;
    for (const auto& [k, quantity] : levels_) levels.push_back({Price(key(k)), Quantity(quantity)});
    return levels;
  }
  [[nodiscard]] std::optional<Level> next_worse(std::int64_t price) const {
    const auto found = levels_.upper_bound(key(price));
    if (found == levels_.end()) return {};
    return Level{Price(key(found->first)), Quantity(found->second)};
  }

 private:
  [[nodiscard]] std::int64_t key(std::int64_t price) const { return side_ == Side::ask ? price : -price; }

  Side side_;
  std::map<std::int64_t, std::int64_t> levels_;
};

std::vector<Level> all(const Ladder& ladder) {
  std::vector<Level> levels;
  ladder.for_each([&](const Ladder::Level& level) {
    levels.push_back({level.price, level.quantity});
    return true;
  });
  return levels;
}

std::optional<Level> plain(const std::optional<Ladder::Level>& level) {
  if (!level) return {};
  return Level{level->price, level->quantity};
}

void expect_same(const Ladder& ladder, const NaiveSide& naive) {
  const std::vector<Level> expected = naive.all();
  RC_ASSERT(all(ladder) == expected);
  RC_ASSERT(ladder.size() == expected.size());
  RC_ASSERT(plain(ladder.best()) == (expected.empty() ? std::nullopt : std::optional(expected.front())));
}

// Prices of a kind: in a cluster on a tick, off the tick, far away, or huge.
rc::Gen<std::int64_t> price_of_kind(std::int64_t tick) {
  return rc::gen::weightedOneOf<std::int64_t>(
      {{60, rc::gen::map(rc::gen::inRange<std::int64_t>(0, 3'000),
                         [tick](std::int64_t n) { return 1'000'000 + n * tick; })},
       {8, rc::gen::map(rc::gen::inRange<std::int64_t>(0, 90'000), [](std::int64_t n) { return 1'000'000 + n; })},
       {4, rc::gen::inRange<std::int64_t>(-100, 1'000'000'000'000)},
       {1, rc::gen::arbitrary<std::int64_t>()},
       {1, rc::gen::element<std::int64_t>(std::numeric_limits<std::int64_t>::max(),
                                          std::numeric_limits<std::int64_t>::min() + 1, 0, 1, -1)}});
}

RC_GTEST_PROP(Ladder, IsAMapWhateverThePrices, ()) {
  const Side side = *rc::gen::element(Side::bid, Side::ask);
  const std::int64_t tick = *rc::gen::element<std::int64_t>(1, 2, 5, 10, 25, 96, 1'000'000);
  const bool known = *rc::gen::arbitrary<bool>();
  Ladder ladder(side, known ? std::optional(Price(tick)) : std::nullopt);
  NaiveSide naive(side);
  const auto rounds = *rc::gen::inRange(1, 8);
  for (int round = 0; round < rounds; ++round) {
    const auto steps = *rc::gen::container<std::vector<std::pair<std::int64_t, std::int64_t>>>(
        static_cast<std::size_t>(*rc::gen::inRange(1, 1'500)),
        rc::gen::pair(price_of_kind(tick), rc::gen::inRange<std::int64_t>(-1, 3)));
    for (const auto& [any_price, any_quantity] : steps) {
      const std::int64_t price = std::max(any_price, std::numeric_limits<std::int64_t>::min() + 1);
      const std::int64_t quantity = std::max<std::int64_t>(any_quantity, 0);
      RC_ASSERT(ladder.set(Price(price), Quantity(quantity)) == naive.set(price, quantity));
      RC_ASSERT(ladder.at(Price(price)).count() == quantity);
      RC_ASSERT(plain(ladder.next_worse(Price(price))) == naive.next_worse(price));
    }
    expect_same(ladder, naive);
    if (*rc::gen::inRange(0, 4) == 0) {
      const auto depth = static_cast<std::size_t>(*rc::gen::inRange(0, 400));
      ladder.truncate(depth);
      naive.truncate(depth);
      expect_same(ladder, naive);
    }
    if (*rc::gen::inRange(0, 10) == 0) {
      ladder.clear();
      naive.clear();
    }
    if (*rc::gen::inRange(0, 3) == 0 && ladder.rescale(1, 2)) {
      naive.rescale(10, 100);
      expect_same(ladder, naive);
    }
  }
}

TEST(Ladder, FollowsAnExchangeThroughAllWindows) {
  const Churn churn = generated_churn(7, 60'000);
  Ladder bids(Side::bid);
  Ladder asks(Side::ask);
  NaiveSide naive_bids(Side::bid);
  NaiveSide naive_asks(Side::ask);
  const auto step = [&](const LevelUpdate& update) {
    Ladder& ladder = update.side == Side::bid ? bids : asks;
    NaiveSide& naive = update.side == Side::bid ? naive_bids : naive_asks;
    EXPECT_EQ(ladder.set(update.price, update.quantity), naive.set(update.price.count(), update.quantity.count()));
  };
  for (const LevelUpdate& update : churn.snapshot) step(update);
  for (const LevelUpdate& update : churn.updates) step(update);
  EXPECT_EQ(all(bids), naive_bids.all());
  EXPECT_EQ(all(asks), naive_asks.all());
  EXPECT_GE(bids.window_slots(), 1U << 16);
  EXPECT_LT(bids.outside_window(), bids.size() / 4);
}

TEST(Ladder, StaysSmallWhileAHundredLevelsAreQuiet) {
  Ladder asks(Side::ask);
  for (std::int64_t i = 0; i < 100; ++i) asks.set(Price(1'000 + i), Quantity(1));
  EXPECT_EQ(asks.window_slots(), 0U);
  EXPECT_LE(asks.bytes(), 5'000U);
}

TEST(Ladder, IndexesInAFinerTickOnceManyPricesNeedIt) {
  Ladder asks(Side::ask, Price(100));
  for (std::int64_t i = 0; i < 2'000; ++i) asks.set(Price(100'000 + i * 100), Quantity(1));
  EXPECT_LT(asks.outside_window(), 2'000U);
  for (int round = 0; round < 4; ++round) {
    for (std::int64_t i = 0; i < 1'000; ++i) asks.set(Price(100'025 + i * 50), Quantity(1 + round));
  }
  EXPECT_EQ(asks.size(), 3'000U);
  EXPECT_EQ(plain(asks.best()), (Level{Price(100'000), Quantity(1)}));
  EXPECT_EQ(plain(asks.next_worse(Price(100'000))), (Level{Price(100'025), Quantity(4)}));
}

TEST(Ladder, FollowsAMarketThatRunsAway) {
  Ladder bids(Side::bid);
  for (std::int64_t i = 0; i < 200; ++i) bids.set(Price(100'000 - i), Quantity(1));
  for (std::int64_t move = 1; move < 20'000; ++move) {
    bids.set(Price(100'000 + move * 5), Quantity(1));
    bids.set(Price(100'000 + (move - 1) * 5), Quantity(0));
  }
  EXPECT_EQ(plain(bids.best()), (Level{Price(199'995), Quantity(1)}));
  EXPECT_EQ(bids.size(), 200U);
}

TEST(Ladder, RefusesARescaleThatWouldOverflowAndChangesNothing) {
  Ladder asks(Side::ask);
  asks.set(Price(5'000'000'000'000'000'000), Quantity(3));
  asks.set(Price(7), Quantity(5));
  EXPECT_FALSE(asks.rescale(1, 0));
  EXPECT_EQ(all(asks), (std::vector<Level>{{Price(7), Quantity(5)}, {Price(5'000'000'000'000'000'000), Quantity(3)}}));
  EXPECT_FALSE(asks.rescale(0, 19));
}

TEST(WideLadder, HoldsQuantitiesBeyond63Bits) {
  WideLadder asks(Side::ask);
  const WideQuantity huge(static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) * 1'000);
  EXPECT_EQ(asks.set(Price(7), huge), LevelChange::inserted);
  EXPECT_EQ(asks.best()->quantity, huge);
  EXPECT_TRUE(asks.rescale(2, 3));
  EXPECT_EQ(asks.best()->price, Price(700));
  EXPECT_EQ(asks.best()->quantity, WideQuantity(huge.count() * 1'000));
}

}  // namespace
}  // namespace crossbook::book
