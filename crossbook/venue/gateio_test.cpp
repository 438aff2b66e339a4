// SPDX-License-Identifier: Apache-2.0
// Frames written from Gate's WebSocket v4 pages, spot and futures.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Gate : FeedUnderTest {
  explicit Gate(std::string_view name = "gateio") : FeedUnderTest(name) {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto update =
    R"({"time":1606294781,"time_ms":1606294781236,"channel":"spot.order_book_update","event":"update","result":{)"
    R"("t":1606294781123,"full":false,"l":"100","e":"depthUpdate","E":1606294781,"s":"BTC_USDT","U":48776301,)"
    R"("u":48776306,)"
    R"("b":[["19137.74","0.0001"],["19088.37","0"]],"a":[["19137.75","0.6135"]]}})";

TEST(Gate, AnUpdateNamesItsRange) {
  Gate feed;
  feed.on(update);
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.first, 48'776'301);
  EXPECT_EQ(feed.book().sequence.last, 48'776'306);
  EXPECT_EQ(feed.levels(Side::bid), "19137.74 x 0.0001, 19088.37 x 0");
  EXPECT_EQ(feed.book().ts_event, Wall(1'606'294'781'123'000'000));
}

TEST(Gate, AFullUpdateReplacesTheBook) {
  Gate feed;
  feed.on(R"({"channel":"spot.order_book_update","event":"update","result":{"t":1,"full":true,"s":"BTC_USDT","U":60,)"
          R"("u":60,)"
          R"("b":[["1","2"]],"a":[]}})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().sequence.last, 60);
}

TEST(Gate, TheObuStreamStartsFullWithoutAFirstNumber) {
  Gate feed;
  feed.on(R"({"channel":"spot.obu","result":{"t":1754006400261,"full":true,"s":"ob.BTC_USDT.400","u":25847113075,)"
          R"("b":[["115765.1","0.337839"]],"a":[]},"time_ms":1754006400264,"event":"update"})");
  EXPECT_EQ(feed.raw_symbol(feed.book().listing), "BTC_USDT");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  feed.on(R"({"channel":"spot.obu","result":{"t":1754006460600,"s":"ob.BTC_USDT.400","U":25847113076,)"
          R"("u":25847113079},)"
          R"("event":"update"})");
  EXPECT_EQ(feed.book().sequence.last, 25'847'113'079) << "a frame without levels advances the chain";
}

TEST(Gate, TheBaseIsFetchedWithItsId) {
  Gate feed;
  ASSERT_TRUE(
      feed.decode_http("https://api.gateio.ws/api/v4/spot/order_book?currency_pair=HAI_ETH&limit=100&with_id=true",
                       R"({"id":2691446,"current":1,"asks":[["0.00010396","5876.967"]],"bids":[]})"));
  EXPECT_TRUE(feed.book().from_rest);
  EXPECT_EQ(feed.book().sequence.last, 2'691'446);
  EXPECT_EQ(feed.raw_symbol(feed.book().listing), "HAI_ETH");
}

TEST(Gate, ATradeHasDecimalMilliseconds) {
  Gate feed;
  feed.on(R"({"time":1619093543,"channel":"spot.trades","event":"update","result":{"id":816995772,)"
          R"("create_time":1619093543,)"
          R"("create_time_ms":"1619093543708.2642","side":"sell","currency_pair":"DIS_USDT","amount":"0.2010000000",)"
          R"("price":"121.58"}})");
  EXPECT_EQ(feed.trade(), "sell 121.58 x 0.201");
  EXPECT_EQ(feed.batch.trades[0].ts_event, Wall(1'619'093'543'708'264'200));
}

TEST(Gate, AnswersErrorsAndTickersAreNoEvents) {
  Gate feed;
  feed.on(R"({"time":1,"channel":"spot.trades","event":"subscribe","error":null,"result":{"status":"success"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"time":1,"channel":"spot.trades","event":"subscribe","error":{"code":2,)"
          R"("message":"unknown currency pair"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
  feed.on(R"({"time":1,"channel":"spot.pong","event":"","result":null})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"time":1,"channel":"spot.tickers","event":"update","result":{"currency_pair":"NEO_BTC",)"
          R"("last":"0.0018716"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
}

TEST(Gate, FuturesRowsAreObjectsOrArraysOfContracts) {
  Gate feed("gateio-futures");
  feed.on(R"({"channel":"futures.order_book_update","event":"update","result":{"t":1,"s":"BTC_USD","U":31,"u":61,)"
          R"("b":[{"p":"19860.7","s":5984},{"p":"19858.6","s":0}],"a":[]}})");
  EXPECT_EQ(feed.levels(Side::bid), "19860.7 x 5984, 19858.6 x 0");
  feed.on(R"({"channel":"futures.obu","event":"update","result":{"t":1,"full":true,"s":"futures.BTC_USD.20","U":1,)"
          R"("u":100,)"
          R"("b":[[19901.2,5000]],"a":[[19909,3100]]}})");
  EXPECT_EQ(feed.levels(Side::ask), "19909 x 3100");
  feed.on(R"({"channel":"futures.order_book","event":"all","result":{"t":1,"id":4010394406,"contract":"BTC_USD",)"
          R"("asks":[{"p":"19909","s":3100}],"bids":[]}})");
  EXPECT_EQ(feed.book().sequence.last, 4'010'394'406);
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
}

TEST(Gate, TheSignOfAFuturesTradeIsItsTaker) {
  Gate feed("gateio-futures");
  feed.on(R"({"channel":"futures.trades","event":"update","time":1541503698,"result":[{"size":-108,"id":27753479,)"
          R"("create_time":1545136464,"create_time_ms":1545136464123,"price":"96.4","contract":"BTC_USD"}]})");
  EXPECT_EQ(feed.trade(), "sell 96.4 x 108");
}

TEST(Gate, ContractsKnowTheirUnit) {
  Gate feed("gateio-futures");
  const Instrument& inverse = feed.context.listing("BTC_USD")->instrument;
  EXPECT_EQ(inverse.symbol, "BTC/USD:BTC");
  EXPECT_TRUE(inverse.inverse);
  const Instrument& linear = feed.context.listing("BTC_USDT")->instrument;
  EXPECT_EQ(linear.symbol, "BTC/USDT:USDT");
  ASSERT_TRUE(feed.decode_http(
      "https://api.gateio.ws/api/v4/futures/usdt/contracts",
      R"([{"name":"BTC_USDT","quanto_multiplier":"0.0001","order_price_round":"0.1","order_size_min":1}])"));
  EXPECT_EQ(linear.contract_size, "0.0001");
  EXPECT_EQ(linear.tick_size, "0.1");
  EXPECT_EQ(feed.context.listing("BTC_USDT_20261225")->instrument.symbol, "BTC/USDT:USDT-261225");
}

TEST(Gate, ACutFrameIsMalformed) {
  Gate feed;
  expect_every_cut_malformed(feed, update);
  EXPECT_FALSE(feed.decode(
      R"({"channel":"spot.order_book_update","event":"update","result":{"s":"BTC_USDT","u":6,"b":[],"a":[]}})"))
      << "U is missing";
}

}  // namespace
}  // namespace crossbook::venue
