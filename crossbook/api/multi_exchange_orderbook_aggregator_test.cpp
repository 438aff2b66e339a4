// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <random>
#include <stdexcept>
#include <thread>

#include "crossbook/api/exact_size.hpp"

namespace crossbook {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::ThrowsMessage;

using Aggregator = MultiExchangeOrderbookAggregator;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

OrderBookSnapshot book(std::vector<OrderBookLevel> bids, std::vector<OrderBookLevel> asks) {
  return {.symbol = "BTC/USDT", .bids = std::move(bids), .asks = std::move(asks)};
}
OrderBookSnapshot around(double middle) { return book({{middle - 5, 1}}, {{middle + 5, 1}}); }

std::vector<double> prices(const std::vector<AggregatedLevel>& levels) {
  std::vector<double> prices;
  for (const AggregatedLevel& level : levels) prices.push_back(level.price);
  return prices;
}

// The seed's example: a 59990/60010, b 59995/60005, two levels each.
struct TwoVenues : Aggregator {
  TwoVenues() {
    add_exchange_orderbook("a", book({{59990, 2}, {59985, 3}}, {{60010, 2}, {60015, 3}}));
    add_exchange_orderbook("b", book({{59995, 2}, {59980, 3}}, {{60005, 2}, {60020, 3}}));
  }
};

// The original answered 59990 / 60010.
TEST(Aggregator, DefectOfTheOriginalBestPricesAreTheBestOfAllVenues) {
  const AggregatedOrderBook merged = TwoVenues().aggregate("BTC/USDT");
  EXPECT_EQ(merged.best_bid, 59995);
  EXPECT_EQ(merged.best_ask, 60005);
  EXPECT_NEAR(merged.spread_bps.value(), 1e4 * 10 / 60000, 1e-9);
  EXPECT_EQ(merged.exchange_count, 2);
}

// The original's later levels overwrote earlier ones: depth 6.
TEST(Aggregator, DefectOfTheOriginalDepthIsTheSumOfAllLevels) {
  const AggregatedOrderBook merged = TwoVenues().aggregate("BTC/USDT");
  EXPECT_DOUBLE_EQ(merged.total_bid_depth, 10);
  EXPECT_DOUBLE_EQ(merged.total_ask_depth, 10);
}

// The original's merge within 1 % returned one level.
TEST(Aggregator, DefectOfTheOriginalDifferentPricesNeverMerge) {
  const AggregatedOrderBook merged = TwoVenues().aggregate("BTC/USDT");
  EXPECT_THAT(prices(merged.bids), ElementsAre(59995, 59990, 59985, 59980));
  EXPECT_THAT(prices(merged.asks), ElementsAre(60005, 60010, 60015, 60020));
}

// The original answered a at 60010.
TEST(Aggregator, DefectOfTheOriginalBestExchangeIsTheCheapest) {
  const BestExchange best = TwoVenues().get_best_exchange("BTC/USDT", "buy", 1000.0);
  EXPECT_EQ(best.exchange, "b");
  EXPECT_DOUBLE_EQ(best.price, 60005);
  EXPECT_DOUBLE_EQ(best.filled_usd, 1000.0);
  EXPECT_TRUE(best.complete);
  EXPECT_EQ(TwoVenues().get_best_exchange("BTC/USDT", "sell", 1000.0).exchange, "b");
}

// The original averaged identical prices: its latency weights had no effect.
TEST(Aggregator, DefectOfTheOriginalLatencyMovesTheWeightedPrice) {
  Aggregator aggregator({.latency_weight = 1.0});
  aggregator.add_exchange_orderbook("near", book({}, {{60000, 1}}), 5.0);
  aggregator.add_exchange_orderbook("far", book({}, {{60000, 3}}), 500.0);
  const AggregatedLevel level = aggregator.aggregate("BTC/USDT").asks.at(0);
  const double near = 1e-4 * std::sqrt(0.005 / (2 * 3.14159265358979)), far = 10 * near;
  EXPECT_NEAR(level.weighted_price, 60000 * (1 + (near + 3 * far) / 4), 1e-5);
  EXPECT_DOUBLE_EQ(aggregator.aggregate("BTC/USDT", 20, false).asks.at(0).weighted_price, 60000);
  EXPECT_EQ(aggregator.get_best_exchange("BTC/USDT", "buy", 100.0).exchange, "near");
}

// A one-sided book had a spread of 0 in the original.
TEST(Aggregator, DefectOfTheOriginalAMissingSideIsNoneAndNotZero) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("a", book({{59990, 2}}, {}));
  const AggregatedOrderBook merged = aggregator.aggregate("BTC/USDT");
  EXPECT_EQ(merged.best_bid, 59990);
  EXPECT_FALSE(merged.best_ask.has_value());
  EXPECT_FALSE(merged.spread_bps.has_value());
  EXPECT_THAT([&] { (void)aggregator.get_best_exchange("BTC/USDT", "buy", 1.0); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("with asks")));
}

// A crossed book had a spread of -98 bps in the original, and was used.
TEST(Aggregator, DefectOfTheOriginalACrossedSnapshotStaysOutWithItsReason) {
  TwoVenues aggregator;
  aggregator.add_exchange_orderbook("c", book({{60002, 1}}, {{60001, 1}}));
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("c", Reason::own_book_crossed)));
  EXPECT_THAT(aggregator.get_available_exchanges("BTC/USDT"), ElementsAre("a", "b"));
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").exchange_count, 2);
  aggregator.add_exchange_orderbook("c", book({{60001, 1}}, {{60002, 1}}));
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").exchange_count, 3);
}

// The original had no age check at all.
TEST(Aggregator, DefectOfTheOriginalOldSnapshotsStayOutWhereALimitIsSet) {
  const TimePoint now = TimePoint() + 1000h;
  Aggregator aggregator({.max_age_seconds = 2.0, .clock = [&] { return now; }});
  OrderBookSnapshot fresh = around(60000), old = around(60000);
  fresh.timestamp = now - 2s;
  old.timestamp = now - 3s;
  aggregator.add_exchange_orderbook("fresh", fresh);
  aggregator.add_exchange_orderbook("old", old);
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("old", Reason::late)));
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").timestamp, fresh.timestamp);
}

TEST(Aggregator, EqualPricesMergeAndSizesAddAsDecimals) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("b", book({{100.1, 0.2}}, {}));
  aggregator.add_exchange_orderbook("a", book({{100.1, 0.1}, {100.1 - 1e-13, 7}}, {}));
  const AggregatedOrderBook merged = aggregator.aggregate("BTC/USDT");
  ASSERT_EQ(merged.bids.size(), 2U);
  EXPECT_EQ(merged.bids[0].total_size, 0.3);  // not 0.30000000000000004
  EXPECT_THAT(merged.bids[0].exchanges, ElementsAre("a", "b"));
  EXPECT_THAT(merged.bids[0].sizes, ElementsAre(0.1, 0.2));
  EXPECT_EQ(merged.total_bid_depth, 7.3);
}

TEST(Aggregator, LevelsMayComeInAnyOrderAndTwice) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("a", book({{98, 1}, {100, 0.1}, {99, 1}, {100, 0.2}}, {{103, 1}, {101, 1}}));
  const AggregatedOrderBook merged = aggregator.aggregate("BTC/USDT");
  EXPECT_THAT(prices(merged.bids), ElementsAre(100, 99, 98));
  EXPECT_EQ(merged.bids[0].total_size, 0.3);
  EXPECT_THAT(prices(merged.asks), ElementsAre(101, 103));
}

TEST(Aggregator, ReturnsAsManyLevelsAsAskedFor) {
  const AggregatedOrderBook merged = TwoVenues().aggregate("BTC/USDT", 1);
  EXPECT_THAT(prices(merged.bids), ElementsAre(59995));
  EXPECT_DOUBLE_EQ(merged.total_bid_depth, 2);
}

TEST(Aggregator, ACrossedConsolidatedBookIsReportedAsItIs) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("a", book({{100.2, 1}}, {{100.3, 1}}));
  aggregator.add_exchange_orderbook("b", book({{100.0, 1}}, {{100.1, 1}}));
  EXPECT_LT(aggregator.aggregate("BTC/USDT").spread_bps.value(), 0.0);
}

TEST(Aggregator, BestExchangeWalksTheDepthForTheWholeNotional) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("thin", book({}, {{100, 1}, {120, 10}}));
  aggregator.add_exchange_orderbook("deep", book({}, {{101, 100}}));
  EXPECT_EQ(aggregator.get_best_exchange("BTC/USDT", "buy", 100.0).exchange, "thin");
  const BestExchange best = aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0);
  EXPECT_EQ(best.exchange, "deep");
  EXPECT_DOUBLE_EQ(best.price, 101);
}

TEST(Aggregator, TooLittleDepthEverywhereSaysHowMuchThereIs) {
  Aggregator aggregator;
  aggregator.add_exchange_orderbook("a", book({}, {{100, 1}}));
  aggregator.add_exchange_orderbook("b", book({}, {{100.5, 2}}));
  const BestExchange best = aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0);
  EXPECT_EQ(best.exchange, "b");
  EXPECT_DOUBLE_EQ(best.filled_usd, 201);
  EXPECT_FALSE(best.complete);
  EXPECT_TRUE(aggregator.get_best_exchange("BTC/USDT", "buy", 201.0).complete);
}

TEST(Aggregator, AnAttachedCalibratorRanksByLearnedFeesAndLatency) {
  const auto calibrator = std::make_shared<FeeLatencyCalibrator>();
  for (int i = 0; i < 20; ++i)
    for (const auto& [exchange, fee] : {std::pair("a", 1.0), std::pair("b", 10.0)})
      calibrator->record_execution({.exchange = exchange,
                                    .symbol = "BTC/USDT",
                                    .order_type = "taker",
                                    .actual_fee_bps = fee,
                                    .actual_latency_ms = 40.0,
                                    .price = 60000.0});
  Aggregator aggregator({.calibrator = calibrator});
  aggregator.add_exchange_orderbook("a", book({}, {{60010, 2}}));
  aggregator.add_exchange_orderbook("b", book({}, {{60005, 2}}));
  const BestExchange best = aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0);
  EXPECT_EQ(best.exchange, "a");        // 1 bps beside 10 outweighs 5 dollars
  EXPECT_DOUBLE_EQ(best.price, 60010);  // the raw average
}

TEST(Aggregator, AnUnreliableExchangeStaysOut) {
  TwoVenues aggregator;
  aggregator.add_exchange_orderbook("c", around(60000), 50.0, 0.49);
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("c", Reason::low_reliability)));
}

TEST(Aggregator, AVenueFarFromTheOthersStaysOut) {
  TwoVenues aggregator;
  aggregator.add_exchange_orderbook("c", around(60700));
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("c", Reason::off_consensus)));
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").best_bid, 59995);
}

TEST(Aggregator, OfTwoThatDisagreeTheLessReliableGoesThenTheOlderThenTheLaterByName) {
  Aggregator aggregator;
  OrderBookSnapshot low = around(100), high = around(200);
  aggregator.add_exchange_orderbook("a", low);
  aggregator.add_exchange_orderbook("b", high);
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("b", Reason::off_consensus)));
  high.timestamp += 1s;
  aggregator.add_exchange_orderbook("b", high);
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("a", Reason::off_consensus)));
  aggregator.add_exchange_orderbook("b", high, 50.0, 0.9);
  EXPECT_THAT(aggregator.excluded("BTC/USDT"), ElementsAre(Pair("b", Reason::off_consensus)));
}

TEST(Aggregator, NoContributingExchangeIsAnErrorWithTheReasons) {
  Aggregator aggregator;
  EXPECT_THAT([&] { (void)aggregator.get_best_exchange("BTC/USDT", "buy", 1.0); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("\"BTC/USDT\"")));
  aggregator.add_exchange_orderbook("a", book({}, {}));
  EXPECT_THAT([&] { (void)aggregator.get_best_exchange("BTC/USDT", "buy", 1.0); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("a: no_price")));
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").exchange_count, 0);
  EXPECT_THAT(aggregator.aggregate("ETH/USDT").bids, IsEmpty());
}

TEST(Aggregator, BadInputNamesTheArgumentAndChangesNothing) {
  TwoVenues aggregator;
  const auto refused = [&](const OrderBookSnapshot& snapshot, const char* what, double latency = 50.0,
                           double reliability = 1.0) {
    EXPECT_THAT([&] { aggregator.add_exchange_orderbook("a", snapshot, latency, reliability); },
                ThrowsMessage<std::invalid_argument>(HasSubstr(what)));
  };
  refused(book({{100, 1}}, {{101, 1}, {nan, 1}}), "asks[1].price must be a number above zero, not nan");
  refused(book({{infinite, 1}}, {}), "bids[0].price must be a number above zero, not inf");
  refused(book({{0, 1}}, {}), "bids[0].price");
  refused(book({{100, -1}}, {}), "bids[0].size must be a number above zero, not -1");
  refused(book({{100, 0}}, {}), "bids[0].size");
  refused(book({{100, 1e14}}, {}), "from 1e-18 to 1e13");
  refused(around(100), "latency_ms", -1.0);
  refused(around(100), "latency_ms", nan);
  refused(around(100), "reliability_score", 50.0, 1.5);
  refused({.symbol = ""}, "snapshot.symbol");
  EXPECT_THROW(aggregator.add_exchange_orderbook("", around(100)), std::invalid_argument);
  EXPECT_THROW((void)aggregator.aggregate("BTC/USDT", 0), std::invalid_argument);
  EXPECT_THROW((void)aggregator.get_best_exchange("BTC/USDT", "hold", 1.0), std::invalid_argument);
  EXPECT_THROW((void)aggregator.get_best_exchange("BTC/USDT", "buy", nan), std::invalid_argument);
  EXPECT_THROW((void)aggregator.get_best_exchange("BTC/USDT", "buy", 0.0), std::invalid_argument);
  EXPECT_THROW(Aggregator({.latency_weight = 1.1}), std::invalid_argument);
  EXPECT_THROW(Aggregator({.max_price_diff_pct = nan}), std::invalid_argument);
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").best_bid, 59995);
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").bids.size(), 4U);
}

TEST(Aggregator, RemovesAnExchange) {
  TwoVenues aggregator;
  EXPECT_TRUE(aggregator.remove_exchange("BTC/USDT", "b"));
  EXPECT_FALSE(aggregator.remove_exchange("BTC/USDT", "b"));
  EXPECT_THAT(aggregator.get_available_exchanges("BTC/USDT"), ElementsAre("a"));
}

TEST(Aggregator, ThreadsMayAddAndAsk) {
  TwoVenues aggregator;
  {
    const std::jthread writer([&] {
      for (int i = 0; i < 500; ++i) aggregator.add_exchange_orderbook("b", around(60000 + i % 10));
    });
    for (int i = 0; i < 500; ++i) EXPECT_GE(aggregator.aggregate("BTC/USDT").exchange_count, 1);
  }
  EXPECT_EQ(aggregator.aggregate("BTC/USDT").exchange_count, 2);
}

TEST(ExactSize, IsTheShortestDecimalOfTheDouble) {
  const auto units = [](std::int64_t count, int scale) {
    Wide wide = count;
    for (int i = scale; i < exact_size_scale; ++i) wide *= 10;
    return wide;
  };
  EXPECT_TRUE(exact_size(0.1) == units(1, 1));
  EXPECT_TRUE(exact_size(5993289.85) == units(599328985, 2));
  EXPECT_TRUE(exact_size(1e13) == units(10'000'000'000'000, 0));
  EXPECT_TRUE(exact_size(1e-18) == units(1, 18));
}

// Round trip, and the order of doubles is kept.
RC_GTEST_PROP(ExactSize, ReadsBackAsTheSameDouble, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> exponent(-4.0, 13.0);
  for (int i = 0; i < 100; ++i) {
    const double size = std::pow(10.0, exponent(random));
    RC_ASSERT(nearest_double(exact_size(size)) == size);
  }
}

}  // namespace
}  // namespace crossbook
