// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/matching.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace crossbook::market {
namespace {

Book three_levels() {
  Book book(10);
  for (const std::int64_t i : {1, 2, 3}) {
    book.set(Side::bid, Price(100 - i), Quantity(10 * i));
    book.set(Side::ask, Price(100 + i), Quantity(10 * i));
  }
  return book;
}

TEST(Book, KeepsItsLevelsBestFirst) {
  const Book book = three_levels();
  EXPECT_EQ(book.bids().front(), (Level{Price(99), Quantity(10)}));
  EXPECT_EQ(book.asks().back(), (Level{Price(103), Quantity(30)}));
}

TEST(Book, TakerWalksLevelsAndLeavesAPrintForEach) {
  Book book = three_levels();
  std::vector<Print> prints;
  EXPECT_EQ(book.take(Side::bid, Quantity(25), 5, prints), Quantity(25));
  ASSERT_EQ(prints.size(), 2u);
  EXPECT_EQ(prints[0].price, Price(101));
  EXPECT_EQ(prints[0].quantity, Quantity(10));
  EXPECT_EQ(prints[1].price, Price(102));
  EXPECT_EQ(prints[1].quantity, Quantity(15));
  EXPECT_EQ(prints[1].taker, Side::bid);
  EXPECT_THAT(book.asks(), testing::ElementsAre(Level{Price(102), Quantity(5)}, Level{Price(103), Quantity(30)}));
}

TEST(Book, NeverGivesItsLastLevelAway) {
  Book book = three_levels();
  std::vector<Print> prints;
  EXPECT_EQ(book.take(Side::ask, Quantity(1'000), 9, prints), Quantity(30));
  EXPECT_THAT(book.bids(), testing::ElementsAre(Level{Price(97), Quantity(30)}));
}

TEST(Book, CountsEachChangeOfALevelOnce) {
  Book book = three_levels();
  const std::int64_t before = book.changes();
  book.set(Side::bid, Price(99), Quantity(10));
  book.set(Side::bid, Price(50), Quantity(0));
  EXPECT_EQ(book.changes(), before);
  book.cancel_better(Side::bid, Price(98));
  EXPECT_EQ(book.changes(), before + 1);
  book.trim(Side::ask, 1);
  EXPECT_EQ(book.changes(), before + 3);
}

TEST(Changes, LeaveOutDeletesOfPushedOutLevelsOnlyWhereAsked) {
  const std::vector<Level> before = {{Price(99), Quantity(1)}, {Price(98), Quantity(1)}, {Price(97), Quantity(1)}};
  const std::vector<Level> after = {{Price(100), Quantity(1)}, {Price(99), Quantity(1)}, {Price(98), Quantity(1)}};
  std::vector<Level> changes;
  append_changes(Side::bid, before, after, {.depth = 2, .with_pushed_out = false}, changes);
  EXPECT_THAT(changes, testing::ElementsAre(Level{Price(100), Quantity(1)}));
  changes.clear();
  append_changes(Side::bid, before, after, {.depth = 2, .with_pushed_out = true}, changes);
  EXPECT_THAT(changes, testing::ElementsAre(Level{Price(100), Quantity(1)}, Level{Price(98), Quantity(0)}));
}

using Sparse = std::map<int, int>;

std::vector<Level> levels_of(Side side, const Sparse& sizes) {
  std::vector<Level> levels;
  for (const auto& [price, size] : sizes)
    if (size % 4 > 0) levels.push_back({Price(price % 50), Quantity(size % 4)});
  std::ranges::sort(levels, [side](const Level& a, const Level& b) { return better(side, a.price, b.price); });
  const auto twins = std::ranges::unique(levels, {}, &Level::price);
  levels.erase(twins.begin(), twins.end());
  return levels;
}

// Applying the changes to a map and cutting it to the depth gives the window after.
RC_GTEST_PROP(Changes, BringAClientFromOneWindowToTheNext,
              (const Sparse& first, const Sparse& second, bool bid, bool with_deletes)) {
  const Side side = bid ? Side::bid : Side::ask;
  const auto depth = *rc::gen::inRange<std::size_t>(1, 12);
  std::vector<Level> before = levels_of(side, first);
  std::vector<Level> after = levels_of(side, second);
  std::vector<Level> changes;
  append_changes(side, before, after, {.depth = depth, .with_pushed_out = with_deletes}, changes);
  before.resize(std::min(before.size(), depth));
  after.resize(std::min(after.size(), depth));

  const auto order = [side](Price a, Price b) { return better(side, a, b); };
  std::map<Price, Quantity, decltype(order)> client(order);
  for (const Level& level : before) client[level.price] = level.quantity;
  for (const Level& change : changes) {
    if (change.quantity.count() == 0) {
      RC_ASSERT(client.erase(change.price) == 1u);
    } else {
      client[change.price] = change.quantity;
    }
  }
  std::vector<Level> held;
  for (const auto& [price, quantity] : client)
    if (held.size() < depth) held.push_back({price, quantity});
  RC_ASSERT(held == after);
}

}  // namespace
}  // namespace crossbook::market
