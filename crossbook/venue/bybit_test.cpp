// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

constexpr auto delta =
    R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":[["30247.20","30.028"],)"
    R"(["30245.40","0"]],"a":[],"u":177400507,"seq":66544703342},"cts":1687940967464})"sv;

std::string with(std::string_view frame, std::string_view old, std::string_view replacement) {
  std::string result(frame);
  return result.replace(result.find(old), old.size(), replacement);
}

TEST(Bybit, ADeltaHasTheTopicsDepthAndTheTimeOfTheMatchingEngine) {
  FeedUnderTest feed("bybit-spot");
  ASSERT_TRUE(feed.decode(delta));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_EQ(book.kind, BookEventKind::delta);
  EXPECT_EQ(book.depth, 50U);
  EXPECT_EQ(book.sequence.last, 177400507);
  EXPECT_EQ(book.ts_event, Wall(1687940967464'000'000));
  EXPECT_EQ(feed.levels(Side::bid), "30247.2 x 30.028, 30245.4 x 0");
}

TEST(Bybit, TheOrderOfTopicTypeAndTimeDoesNotMatter) {
  FeedUnderTest feed("bybit-spot");
  ASSERT_TRUE(feed.decode(with(delta, R"("type":"delta","ts":1687940967466)", R"("ts":1687940967466,"type":"delta")")));
  EXPECT_EQ(feed.batch.books.at(0).sequence.last, 177400507);
}

TEST(Bybit, ARestartOfTheServiceReplacesTheBookWhateverTypeSays) {
  FeedUnderTest feed("bybit-spot");
  ASSERT_TRUE(feed.decode(with(delta, R"("u":177400507)", R"("u":1)")));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
}

TEST(Bybit, EveryCutOfAFrameIsMalformedAndTaintsItsBook) {
  FeedUnderTest feed("bybit-spot");
  expect_every_cut_malformed(feed, delta);
  EXPECT_FALSE(feed.decode(delta.substr(0, 40)));
  ASSERT_TRUE(feed.context.named);
  EXPECT_EQ(feed.raw_symbol(*feed.context.named), "BTCUSDT");
}

TEST(Bybit, ASymbolOtherThanTheTopicsIsMalformed) {
  FeedUnderTest feed("bybit-spot");
  EXPECT_FALSE(feed.decode(with(delta, R"("s":"BTCUSDT")", R"("s":"ETHUSDT")")));
}

TEST(Bybit, DepthOneIsTheBestBidAndAsk) {
  FeedUnderTest feed("bybit-linear");
  ASSERT_TRUE(
      feed.decode(R"({"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1709891679000,"data":{"s":"BTCUSDT",)"
                  R"("b":[["27450.00","0.500"]],"a":[],"u":123456789,"seq":987654321}})"));
  EXPECT_TRUE(feed.batch.books.empty());
  EXPECT_TRUE(feed.batch.bids.empty());
  const Bbo& whole = feed.batch.bbos.at(0);
  EXPECT_EQ(feed.text(whole.listing, whole.bid.value()), "27450 x 0.5");
  EXPECT_EQ(whole.ask.value().quantity, Quantity(0)) << "a snapshot without asks: the side is empty";
  ASSERT_TRUE(feed.decode(R"({"topic":"orderbook.1.BTCUSDT","type":"delta","ts":1709891679500,"data":{"s":"BTCUSDT",)"
                          R"("b":[["27450.00","0"],["27449.50","0.400"]],"a":[],"u":123456790,"seq":987654322}})"));
  const Bbo& change = feed.batch.bbos.at(0);
  EXPECT_EQ(feed.text(change.listing, change.bid.value()), "27449.5 x 0.4");
  EXPECT_EQ(change.ask, std::nullopt) << "a delta that does not speak of the asks";
}

TEST(Bybit, TradesPrintTheTakersSide) {
  FeedUnderTest feed("bybit-spot");
  ASSERT_TRUE(feed.decode(
      R"({"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[)"
      R"({"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","i":"20f43950","BT":false},)"
      R"({"T":1672304486866,"s":"BTCUSDT","S":"Sell","v":"0.002","p":"16578.4","i":"20f43951","BT":false}]})"));
  EXPECT_EQ(feed.trade(0), "buy 16578.5 x 0.001");
  EXPECT_EQ(feed.trade(1), "sell 16578.4 x 0.002");
  EXPECT_EQ(feed.batch.trades.at(0).ts_event, Wall(1672304486865'000'000));
}

TEST(Bybit, AnswersAndNoticesAreKnownForWhatTheyAre) {
  FeedUnderTest feed("bybit-spot");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind(R"({"success":true,"ret_msg":"pong","conn_id":"ce3d","op":"ping"})"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"req_id":"a1","op":"pong","args":["1672916271846"],"conn_id":"ce3d"})"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"success":true,"ret_msg":"","conn_id":"ce3d","req_id":"a1","op":"subscribe"})"), FrameKind::ack);
  EXPECT_EQ(kind(R"({"success":false,"ret_msg":"error:handler not found","op":"subscribe"})"), FrameKind::error);
  EXPECT_EQ(kind(R"({"topic":"tickers.BTCUSDT","ts":1,"type":"snapshot","data":{"symbol":"BTCUSDT"}})"),
            FrameKind::status);
  EXPECT_EQ(kind(R"({"type":"snapshot","topic":"kline.1.BTCUSDT","data":[],"ts":1})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"topic":"newThing.BTCUSDT","data":[]})"), FrameKind::unknown);
}

TEST(Bybit, AFetchedBookIsASnapshotFromRest) {
  FeedUnderTest feed("bybit-spot");
  constexpr auto body =
      R"({"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","b":[["27450.50","1.500"]],)"
      R"("a":[["27451.00","1.200"]],"ts":1709891679000,"u":1234567,"seq":9876543,"cts":1709891678990},)"
      R"("time":1709891679050})";
  ASSERT_TRUE(
      feed.decode_http("https://api.bybit.com/v5/market/orderbook?category=spot&symbol=BTCUSDT&limit=200", body));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_TRUE(book.from_rest);
  EXPECT_EQ(book.sequence.last, 1234567);
  EXPECT_EQ(book.ts_event, Wall(1709891678990'000'000));
}

TEST(Bybit, InstrumentDataFillsTheListingsThatAreHeld) {
  FeedUnderTest feed("bybit-spot");
  ASSERT_TRUE(feed.decode(delta));
  ASSERT_TRUE(feed.decode_http(
      "https://api.bybit.com/v5/market/instruments-info?category=spot",
      R"({"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"symbol":"ETHUSDT"},{"symbol":"BTCUSDT",)"
      R"("baseCoin":"BTC","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.0000001",)"
      R"("minOrderQty":"0.000011","minOrderAmt":"5"},"priceFilter":{"tickSize":"0.10"}}]},"time":1})"));
  ASSERT_EQ(feed.listings.size(), 1U);
  const Instrument& instrument = feed.listings.begin()->instrument;
  EXPECT_EQ(instrument.tick_size, "0.1");
  EXPECT_EQ(instrument.lot_size, "0.000001");
  EXPECT_EQ(instrument.min_notional, "5");
}

TEST(Bybit, TheRecordedBooksAndTradesAreAsTheOracleHasThem) {
  const std::string recording = "captures/bybit_v5/spot_20260809";
  CROSSBOOK_NEEDS_RECORDING(recording);
  Replay("bybit-spot", recording).expect_as_the_oracle();
}

}  // namespace
}  // namespace crossbook::venue
