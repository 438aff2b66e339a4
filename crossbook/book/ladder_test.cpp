// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/ladder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
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
  [[nodiscard]] std::optional<Level> best() const {
    if (levels_.empty()) return {};
    return Level{Price(key(levels_.begin()->first)), Quantity(levels_.begin()->second)};
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

// Prices in a cluster on a tick, off the tick, far away, and at the ends of the range. Seeded, so that a case is long
// enough to bring a window and short enough to print.
class Prices {
 public:
  Prices(std::uint64_t seed, std::int64_t tick, bool extremes) : random_(seed), tick_(tick), extremes_(extremes) {}

  std::int64_t below(std::int64_t n) {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((random_ >> 33) % static_cast<std::uint64_t>(n));
  }
  std::int64_t next() {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t kind = below(extremes_ ? 100 : 90);
    if (below(2'000) == 0) centre_ += (below(40'000) - 20'000) * tick_;  // the market jumps
    if (kind < 80) return centre_ + below(1'500) * tick_;
    if (kind < 90) return centre_ + below(90'000);
    if (kind < 98) return below(1'000'000'000'000) * (below(2) == 0 ? 1 : -1);
    return std::array{
        most, -most, std::int64_t{0}, std::int64_t{1}, most / 2, -most / 2}[static_cast<std::size_t>(below(6))];
  }

 private:
  std::uint64_t random_;
  std::int64_t tick_;
  bool extremes_;
  std::int64_t centre_ = 1'000'000'000;
};

RC_GTEST_PROP(Ladder, IsAMapWhateverThePrices, ()) {
  const Side side = *rc::gen::element(Side::bid, Side::ask);
  const std::int64_t tick = *rc::gen::element<std::int64_t>(1, 2, 5, 10, 25, 96, 1'000'000);
  const bool known = *rc::gen::arbitrary<bool>();
  const int rounds = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 8));
  const int steps = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(1, 4'000));
  Prices random(*rc::gen::arbitrary<std::uint64_t>(), tick, *rc::gen::inRange(0, 4) == 0);
  Ladder ladder(side, known ? std::optional(Price(tick)) : std::nullopt);
  NaiveSide naive(side);
  for (int round = 0; round < rounds; ++round) {
    for (int step = 0; step < steps; ++step) {
      const std::int64_t price = random.next();
      const std::int64_t quantity = std::max<std::int64_t>(random.below(5) - 1, 0);
      RC_ASSERT(ladder.set(Price(price), Quantity(quantity)) == naive.set(price, quantity));
      RC_ASSERT(ladder.at(Price(price)).count() == quantity);
      RC_ASSERT(plain(ladder.best()) == naive.best());
      RC_ASSERT(plain(ladder.next_worse(Price(price))) == naive.next_worse(price));
    }
    expect_same(ladder, naive);
    if (random.below(3) == 0) {
      const auto depth = static_cast<std::size_t>(random.below(800));
      ladder.truncate(depth);
      naive.truncate(depth);
      expect_same(ladder, naive);
    }
    if (random.below(8) == 0) {
      ladder.clear();
      naive.clear();
    }
    if (random.below(3) == 0 && ladder.rescale(1, 2)) {
      naive.rescale(10, 100);
      expect_same(ladder, naive);
    }
  }
  RC_CLASSIFY(ladder.window_slots() != 0, "with a window");
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
