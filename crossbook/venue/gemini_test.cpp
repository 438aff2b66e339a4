// SPDX-License-Identifier: Apache-2.0
// Frames written from docs.gemini.com, "Market data v2" and the WebSocket API of 2026.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Gemini : FeedUnderTest {
  Gemini() : FeedUnderTest("gemini") {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto first_answer =
    R"({"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","9122.04","0.5"],["sell","9123","2"]],)"
    R"("trades":[{"type":"trade","symbol":"BTCUSD","event_id":1,"timestamp":1562,"price":"9122.04",)"
    R"("quantity":"0.1","side":"sell"}],)"
    R"("auction_events":[]})";

TEST(Gemini, TheFirstAnswerIsTheSnapshotAndItsTradesAreHistory) {
  Gemini feed;
  feed.on(first_answer);
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::bid), "9122.04 x 0.5");
  EXPECT_EQ(feed.levels(Side::ask), "9123 x 2");
  EXPECT_EQ(feed.trade(), "sell 9122.04 x 0.1");
  EXPECT_TRUE(feed.batch.trades.at(0).history);
  EXPECT_EQ(feed.book().sequence.last, std::nullopt);
}

TEST(Gemini, AnUpdateWithoutASnapshotBeforeItIsNoSnapshot) {
  Gemini feed;
  feed.on(R"({"type":"l2_updates","symbol":"BTCUSD","changes":[["sell","9123","0.0"]]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.levels(Side::ask), "9123 x 0");
}

TEST(Gemini, BlockTradesHaveNoTaker) {
  Gemini feed;
  feed.on(R"({"type":"trade","symbol":"ETHUSD","event_id":9,"timestamp":1580,"price":"200","quantity":"1",)"
          R"("side":"block"})");
  EXPECT_TRUE(feed.batch.trades.empty());
  EXPECT_EQ(feed.batch.kind, FrameKind::events);
}

TEST(Gemini, TheNewSocketStartsWithAWholeBookAndThenOverlaps) {
  Gemini feed;
  feed.on(
      R"({"e":"depthUpdate","E":1790000000123456789,"s":"btcusd","U":100,"u":100,"b":[["60000.00","0.5"]],"a":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().sequence.last, 100);
  EXPECT_EQ(feed.book().ts_event, Wall(1'790'000'000'123'456'789));
  feed.on(R"({"e":"depthUpdate","E":1790000000123456790,"s":"btcusd","U":100,"u":108,"b":[],"a":[["60001.00",)"
          R"("0"]]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.first, 100);
  EXPECT_EQ(feed.book().sequence.last, 108);
  feed.on(R"({"e":"depthUpdate","E":1790000000123456791,"s":"btcusd","U":109,"u":109,"b":[],"a":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta) << "one id, but not the first message";
}

TEST(Gemini, ASymbolThatIsSubscribedAgainStartsAgain) {
  Gemini feed;
  const auto whole = R"({"e":"depthUpdate","E":1,"s":"btcusd","U":100,"u":100,"b":[],"a":[]})";
  feed.on(whole);
  feed.sent(R"({"id":"2","method":"subscribe","params":["ethusd@depth@100ms"]})");
  feed.on(whole);
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  feed.sent(R"({"id":"3","method":"subscribe","params":["btcusd@depth@100ms"]})");
  feed.on(whole);
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
}

TEST(Gemini, AFirstFrameThatNeedsAFinerScaleIsStillTheFirst) {
  Gemini feed;
  feed.on(R"({"e":"depthUpdate","E":1,"s":"btcusd","U":100,"u":100,"b":[["0.00001","0.000000001"]],"a":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::bid), "0.00001 x 0.000000001");
}

TEST(Gemini, PrintsAndTickersOfTheNewSocketAreNamedByTheirFields) {
  Gemini feed;
  feed.on(R"({"E":1783981140085684200,"s":"btcusd","t":2840,"p":"62145.38000","q":"0.0162522200","m":true})");
  EXPECT_EQ(feed.trade(), "sell 62145.38 x 0.01625222");
  feed.on(R"({"u":176,"E":1783981140076872200,"s":"btcusd","b":"1.5","B":"2","a":"1.6","A":"0","c":"1.55","C":"4"})");
  ASSERT_EQ(feed.batch.bbos.size(), 1U);
  EXPECT_EQ(feed.text(feed.batch.bbos[0].listing, *feed.batch.bbos[0].bid), "1.5 x 2");
  EXPECT_EQ(feed.batch.bbos[0].ask->quantity, Quantity(0));
  feed.on(R"({"u":1764549594389752,"E":1784870400000000000,"s":"btcusd"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  EXPECT_TRUE(feed.batch.bbos.empty());
}

TEST(Gemini, AnswersAndHeartbeatsAreNoEvents) {
  Gemini feed;
  feed.on(R"({"type":"heartbeat","timestamp":1624493666869})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"id":"1","status":200,"result":null})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"id":"1","status":400,"error":{"code":-1121,"msg":"Invalid symbol"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Gemini, ACutFrameIsMalformedInBothGenerations) {
  Gemini feed;
  expect_every_cut_malformed(feed, first_answer);
  expect_every_cut_malformed(
      feed, R"({"e":"depthUpdate","E":1790000000123456789,"s":"ethusd","U":100,"u":108,"b":[["6.5","1"]],"a":[]})");
  EXPECT_FALSE(feed.decode(R"({"type":"l2_updates","symbol":"BTCUSD","changes":[["bid","9122.04","0.5"]]})"));
  EXPECT_TRUE(feed.context.named);
  EXPECT_FALSE(feed.decode(R"({"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","9122.04","-1"]]})"));
}

TEST(Gemini, DetailsSwapTickAndLotAgainstIntuition) {
  Gemini feed;
  feed.on(first_answer);
  ASSERT_TRUE(
      feed.decode_http("https://api.gemini.com/v1/symbols/details/BTCUSD",
                       R"({"symbol":"BTCUSD","tick_size":1E-8,"quote_increment":0.01,"min_order_size":"0.00001"})"));
  EXPECT_EQ(feed.listings[ListingId(0)].instrument.tick_size, "0.01");
  EXPECT_EQ(feed.listings[ListingId(0)].instrument.min_quantity, "0.00001");
}

TEST(Gemini, PerpetualsAreNamedByWhatTheySettleIn) {
  Gemini feed;
  EXPECT_EQ(feed.context.listing("BTCUSDCPERP")->instrument.symbol, "BTC/USDC:USDC");
  EXPECT_EQ(feed.context.listing("btcusd")->instrument.symbol, "BTC/USD");
}

}  // namespace
}  // namespace crossbook::venue
