// SPDX-License-Identifier: Apache-2.0
// Frames written from KuCoin's "Level2 market data", "Match execution data" and "Ticker" pages.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Kucoin : FeedUnderTest {
  Kucoin() : FeedUnderTest("kucoin") {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto update =
    R"({"data":{"sequenceStart":14,"symbol":"BTC-USDT","changes":{"asks":[["18906","0.00331","14"],["0","0","15"]],)"
    R"("bids":[["18891.9","0","16"]]},"sequenceEnd":16,"time":1663747970273},"subject":"trade.l2update",)"
    R"("topic":"/market/level2:BTC-USDT","type":"message"})";

TEST(Kucoin, ARowOfPriceZeroOnlyAdvancesTheSequence) {
  Kucoin feed;
  feed.on(update);
  EXPECT_EQ(feed.levels(Side::ask), "18906 x 0.00331");
  EXPECT_EQ(feed.levels(Side::bid), "18891.9 x 0");
  EXPECT_EQ(feed.batch.sequence_asks, std::vector<std::int64_t>{14});
  EXPECT_EQ(feed.batch.sequence_bids, std::vector<std::int64_t>{16});
  EXPECT_EQ(feed.book().sequence.first, 14);
  EXPECT_EQ(feed.book().sequence.last, 16);
  EXPECT_EQ(feed.book().ts_event, Wall(1'663'747'970'273'000'000));
}

TEST(Kucoin, TheSnapshotIsFetched) {
  Kucoin feed;
  ASSERT_TRUE(feed.decode_http(
      "https://api.kucoin.com/api/v3/market/orderbook/level2?symbol=BTC-USDT",
      R"({"code":"200000","data":{"time":1619378326628,"sequence":"15","bids":[["242.649","5"]],"asks":null}})"));
  EXPECT_TRUE(feed.book().from_rest);
  EXPECT_EQ(feed.book().sequence.last, 15);
  EXPECT_EQ(feed.levels(Side::bid), "242.649 x 5");
  ASSERT_TRUE(feed.decode_http("https://api.kucoin.com/api/v3/market/orderbook/level2?symbol=LTX-USDT",
                               R"({"code":"400100","msg":"symbol not exists"})"));
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
  EXPECT_TRUE(feed.batch.books.empty());
}

TEST(Kucoin, TradesAreStampedInNanoseconds) {
  Kucoin feed;
  feed.on(
      R"({"type":"message","topic":"/market/match:LMR-BTC","subject":"trade.l3match","data":{"price":"0.000001094",)"
      R"("side":"sell","size":"12.9629","symbol":"LMR-BTC","time":"1660608000023000000","type":"match"}})");
  EXPECT_EQ(feed.trade(), "sell 0.000001094 x 12.9629");
  EXPECT_EQ(feed.batch.trades[0].ts_event, Wall(1'660'608'000'023'000'000));
}

TEST(Kucoin, ATickerOfAllSymbolsNamesItsOwnInTheSubject) {
  Kucoin feed;
  feed.on(R"({"type":"message","topic":"/market/ticker:all","subject":"BTC-USDT","data":{"bestAsk":"0.9052",)"
          R"("bestAskSize":"404.3","bestBid":null,"bestBidSize":null,"price":"0.9","sequence":"1653",)"
          R"("time":1660608019966}})");
  const Bbo& bbo = feed.batch.bbos.at(0);
  EXPECT_EQ(feed.raw_symbol(bbo.listing), "BTC-USDT");
  EXPECT_EQ(feed.text(bbo.listing, *bbo.ask), "0.9052 x 404.3");
  EXPECT_FALSE(bbo.bid);
  EXPECT_EQ(bbo.sequence, 1653);
}

TEST(Kucoin, LevelOneAndWindowsAreRead) {
  Kucoin feed;
  feed.on(R"({"topic":"/spotMarket/level1:BTC-USDT","type":"message","subject":"level1","data":{"asks":["68145.8",)"
          R"("0.5"],)"
          R"("bids":[],"timestamp":1729816058766}})");
  EXPECT_EQ(feed.text(ListingId(0), *feed.batch.bbos.at(0).ask), "68145.8 x 0.5");
  feed.on(R"({"topic":"/spotMarket/level2Depth5:BTC-USDT","type":"message","subject":"level2","data":)"
          R"({"asks":[["2","3"]],"bids":[["1","4"]],"timestamp":1729822226746}})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_FALSE(feed.book().from_rest);
}

TEST(Kucoin, AnswersCandlesAndErrorsAreNoEvents) {
  Kucoin feed;
  feed.on(R"({"id":"1","type":"ack"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"id":"1","type":"pong"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"id":"1","type":"error","code":404,"data":"topic is not found"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
  feed.on(R"({"type":"message","topic":"/market/candles:BTC-USDT_1min","subject":"trade.candles.add","data":{}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
}

TEST(Kucoin, ACutFrameIsMalformed) {
  Kucoin feed;
  expect_every_cut_malformed(feed, update);
  EXPECT_FALSE(
      feed.decode(R"({"type":"message","topic":"/market/level2:BTC-USDT","data":{"sequenceEnd":1,"changes":{}}})"));
  EXPECT_EQ(feed.raw_symbol(feed.context.named.value()), "BTC-USDT");
}

}  // namespace
}  // namespace crossbook::venue
