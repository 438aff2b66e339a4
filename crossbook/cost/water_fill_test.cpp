// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/water_fill.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
#include <tuple>

namespace crossbook {
namespace {

// Books that are deep beside the blocks of levels in which a large size is taken.
struct Books {
  std::vector<std::vector<Level>> levels;
  std::vector<WaterSource> sources;
  std::int64_t size = 0;
};

// Of the whole range from the first case on.
template <class Number>
Number between(Number first, Number end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(first, end));
}
std::vector<std::int64_t> numbers(std::size_t count, std::int64_t end) {
  const auto number = rc::gen::inRange<std::int64_t>(1, end);
  return *rc::gen::resize(rc::kNominalSize, rc::gen::container<std::vector<std::int64_t>>(count, number));
}

// Prices near each other and few different fees, so that costs of several venues are often equal; some books are steep,
// so that their blocks reach far beyond those of others.
Books deep_books() {
  Books books;
  const bool sells = *rc::gen::arbitrary<bool>();
  const std::int64_t lot = *rc::gen::element<std::int64_t>(1, 1, 3, 25);
  const auto venues = between<std::size_t>(1, 8);
  std::int64_t limits = 0;
  books.levels.resize(venues);
  for (std::vector<Level>& levels : books.levels) {
    const auto depth = between<std::size_t>(1, 90);
    const auto steps = numbers(depth, *rc::gen::element<std::int64_t>(3, 3, 60));
    const auto sizes = numbers(depth, 30);
    std::int64_t price = between<std::int64_t>(10'000, 10'030);
    for (std::size_t i = 0; i < depth; ++i) {
      levels.push_back({Price(price), Quantity(sizes[i])});
      price += sells ? -steps[i] : steps[i];
    }
    WaterSource source{levels, *rc::gen::element<std::int64_t>(10'000, 10'001), lot, 0, 0};
    if (sells) source.factor = -source.factor;
    std::int64_t all = 0;
    for (const Level& level : levels) all += level.quantity.count();
    source.limit = between<std::int64_t>(0, all / lot + 1) * lot;
    source.forced = *rc::gen::element<std::int64_t>(0, 0, source.limit / lot / 3) * lot;
    limits += source.limit;
    books.size += source.forced;
    books.sources.push_back(source);
  }
  books.size += between<std::int64_t>(0, limits - books.size + 1);
  return books;
}

struct Naive {
  std::vector<std::int64_t> taken;
  bool tied = false;
};

// Every lot by itself, all sorted.
Naive one_by_one(const Books& books) {
  using Lot = std::tuple<Wide, std::size_t>;
  std::vector<Lot> lots;
  Naive naive;
  std::int64_t rest = books.size;
  const std::int64_t lot = books.sources[0].lot;
  for (std::size_t s = 0; s < books.sources.size(); ++s) {
    const WaterSource& source = books.sources[s];
    naive.taken.push_back(source.forced);
    rest -= source.forced;
    for (std::int64_t from = source.forced; from < source.limit; from += lot)
      lots.emplace_back((value_of(source.levels, from + lot) - value_of(source.levels, from)) * source.factor, s);
  }
  std::ranges::sort(lots);
  const auto count = std::min(static_cast<std::size_t>(rest / lot), lots.size());
  for (std::size_t i = 0; i < count; ++i) naive.taken[std::get<1>(lots[i])] += lot;
  if (count == 0 || count == lots.size() || std::get<0>(lots[count]) != std::get<0>(lots[count - 1])) return naive;
  std::set<std::size_t> at_the_margin;
  for (const auto& [cost, source] : lots)
    if (cost == std::get<0>(lots[count])) at_the_margin.insert(source);
  naive.tied = at_the_margin.size() > 1;
  return naive;
}

RC_GTEST_PROP(WaterFill, TakesOfDeepBooksWhatLotByLotTakes, ()) {
  const Books books = deep_books();
  WaterFill water;
  std::vector<std::int64_t> taken(books.sources.size());
  const std::int64_t filled = water.fill(books.sources, books.size, taken);
  const Naive naive = one_by_one(books);
  RC_ASSERT(taken == naive.taken);
  RC_ASSERT(filled == std::accumulate(taken.begin(), taken.end(), std::int64_t{0}));
  RC_ASSERT(water.tied() == naive.tied);
}

std::vector<Level> levels_of(std::size_t count, std::int64_t price, std::int64_t quantity) {
  return {count, Level{Price(price), Quantity(quantity)}};
}

std::vector<std::int64_t> taken_of(const std::vector<WaterSource>& sources, std::int64_t size) {
  std::vector<std::int64_t> taken(sources.size());
  WaterFill().fill(sources, size, taken);
  return taken;
}

// The first venue's 16 levels end at 130. The second's, too, and there a lot of 120, 130 and 131 begins: it is cheaper
// than the first's last. Likewise when a block was taken from each before.
TEST(WaterFill, ALotAcrossTheEndOfABlockMayBeTheCheaper) {
  for (const std::int64_t blocks : {0, 1, 2}) {
    const std::int64_t cheap = blocks * 16;
    std::vector<Level> first(static_cast<std::size_t>(cheap), {Price(50), Quantity(3)});
    std::vector<Level> second = first;
    for (std::int64_t price = 100; price < 115; ++price) first.push_back({Price(price), Quantity(3)});
    for (std::int64_t price = 100; price < 114; ++price) second.push_back({Price(price), Quantity(3)});
    for (const std::int64_t price : {130, 200}) first.push_back({Price(price), Quantity(3)});
    for (const std::int64_t price : {120, 130, 131}) second.push_back({Price(price), Quantity(1)});
    const std::vector<WaterSource> sources = {{first, 1, 3, 0, 51 + 3 * cheap}, {second, 1, 3, 0, 45 + 3 * cheap}};
    EXPECT_EQ(taken_of(sources, 90 + 6 * cheap), (std::vector<std::int64_t>{45 + 3 * cheap, 45 + 3 * cheap}));
  }
}

// What lies beyond a limit was not judged, and is not read.
TEST(WaterFill, ReadsNothingBeyondALimit) {
  std::vector<Level> dear = levels_of(3, 100, 1'000);
  dear[2].price = Price(-1);
  const std::vector<Level> cheap = levels_of(40, 50, 1'000);
  EXPECT_EQ(taken_of({{dear, 1, 1, 0, 2'000}, {cheap, 1, 1, 0, 40'000}}, 40'500),
            (std::vector<std::int64_t>{500, 40'000}));
}

TEST(WaterFill, ABlockIsAsDearAsItsEnd) {
  std::vector<Level> steep = levels_of(16, 300, 10);
  steep[0].price = Price(100);
  const std::vector<Level> flat = levels_of(40, 200, 1'000);
  EXPECT_EQ(taken_of({{steep, 1, 1, 0, 160}, {flat, 1, 1, 0, 40'000}}, 20'000),
            (std::vector<std::int64_t>{10, 19'990}));
}

TEST(WaterFill, ABlockBeginsWhereTheForcedPartEnded) {
  std::vector<Level> forced = levels_of(1, 100, 1'000);
  std::ranges::copy(levels_of(15, 101, 1), std::back_inserter(forced));
  forced.push_back({Price(200), Quantity(5'000)});
  const std::vector<Level> other = levels_of(40, 150, 1'000);
  EXPECT_EQ(taken_of({{forced, 1, 1, 999, 6'015}, {other, 1, 1, 0, 40'000}}, 999 + 16 + 30'000),
            (std::vector<std::int64_t>{1'015, 30'000}));
}

TEST(WaterFill, ALotMayReachBeyondItsBlock) {
  const std::vector<Level> thin = levels_of(400, 100, 1);
  const std::vector<Level> other = levels_of(40, 200, 1'000);
  EXPECT_EQ(taken_of({{thin, 1, 100, 0, 400}, {other, 1, 100, 0, 40'000}}, 30'000),
            (std::vector<std::int64_t>{400, 29'600}));
}

}  // namespace
}  // namespace crossbook
