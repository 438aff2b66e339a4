// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

constexpr auto difference = R"({"data":{"timestamp":"1789456316","microtimestamp":"1789456316507635",)"
                            R"("bids":[["77049","0.00000"],["77035","2.45710"]],"asks":[["77409","0.00000"]]},)"
                            R"("channel":"diff_order_book_btcusd","event":"data"})"sv;

TEST(Bitstamp, ADifferenceIsOrderedByMicrotimestampAndDeletesWithAnyZero) {
  FeedUnderTest feed("bitstamp");
  ASSERT_TRUE(feed.decode(difference));
  const BookEvent& event = feed.batch.books.at(0);
  EXPECT_EQ(event.kind, BookEventKind::delta);
  EXPECT_EQ(feed.levels(Side::bid), "77049 x 0, 77035 x 2.4571");
  EXPECT_EQ(feed.levels(Side::ask), "77409 x 0");
  EXPECT_EQ(event.sequence.last, 1'789'456'316'507'635);
  EXPECT_EQ(event.ts_event, Wall(1'789'456'316'507'635'000));
  EXPECT_EQ(feed.listings[event.listing].instrument.symbol, "BTC/USD");
}

TEST(Bitstamp, AWholeBookIsASnapshotEachTime) {
  FeedUnderTest feed("bitstamp");
  ASSERT_TRUE(feed.decode(R"({"event":"data","channel":"order_book_gusdusd","data":{"timestamp":"1","microtimestamp":)"
                          R"("1000001","bids":[["0.99","5"]],"asks":[]}})"));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
  EXPECT_FALSE(feed.batch.books[0].from_rest);
  EXPECT_EQ(feed.batch.books[0].sequence.last, 1'000'001);
  EXPECT_EQ(feed.listings[feed.batch.books[0].listing].instrument.symbol, "GUSD/USD");
}

TEST(Bitstamp, AFetchedBookTakesItsSymbolFromTheAddress) {
  for (const char* url : {"https://www.bitstamp.net/api/v2/order_book/ltcusd",
                          "https://www.bitstamp.net/api/v2/order_book/ltcusd/?group=1",
                          "https://www.bitstamp.net/api/v2/order_book/ltcusd?group=1"}) {
    FeedUnderTest feed("bitstamp");
    ASSERT_TRUE(feed.decode_http(url, R"({"timestamp": "1618677695", "microtimestamp": "1618677695291295", )"
                                      R"("bids": [["312.66", "114.17858000"]], "asks": [["312.70", "1.0"]]})"));
    EXPECT_TRUE(feed.batch.books.at(0).from_rest);
    EXPECT_EQ(feed.batch.books[0].sequence.last, 1'618'677'695'291'295);
    EXPECT_EQ(feed.raw_symbol(feed.batch.books[0].listing), "ltcusd");
    EXPECT_EQ(feed.levels(Side::bid), "312.66 x 114.17858");
  }
  FeedUnderTest feed("bitstamp");
  ASSERT_TRUE(feed.decode_http("https://www.bitstamp.net/api/v2/order_book/nosuch/",
                               R"({"status":"error","reason":"Invalid currency pair"})"));
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Bitstamp, TradesAreReadFromTheirTextTwins) {
  FeedUnderTest feed("bitstamp");
  const auto trade = [](const char* type) {
    return R"({"channel": "live_trades_btcusd", "data": {"amount": 0.1, "amount_str": "0.10000001", )"
           R"("id": 164507735, "microtimestamp": "1618677693933000", "price": 60553.6, "price_str": "60553.64", )"
           R"("timestamp": "1618677693", "type": )"s +
           type + R"(}, "event": "trade"})";
  };
  ASSERT_TRUE(feed.decode(trade("0")));
  EXPECT_EQ(feed.trade(), "buy 60553.64 x 0.10000001");
  ASSERT_TRUE(feed.decode(trade("1")));
  EXPECT_EQ(feed.trade(), "sell 60553.64 x 0.10000001");
  EXPECT_FALSE(feed.decode(trade("2")));
}

TEST(Bitstamp, ThePerpetualIsNotTheSpotPair) {
  FeedUnderTest feed("bitstamp");
  std::string frame(difference);
  frame.replace(frame.find("btcusd"), 6, "btcusd-perp");
  ASSERT_TRUE(feed.decode(frame));
  EXPECT_EQ(feed.listings[feed.batch.books[0].listing].instrument.symbol, "BTC/USD:USD");
}

TEST(Bitstamp, KindsWithoutEventsAreTold) {
  FeedUnderTest feed("bitstamp");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind(R"({"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusd","data":{}})"),
            FrameKind::ack);
  EXPECT_EQ(feed.raw_symbol(feed.batch.subject.value()), "btcusd");
  EXPECT_EQ(kind(R"({"event":"bts:error","channel":"","data":{"code":4009,"message":"Invalid channel provided."}})"),
            FrameKind::error);
  EXPECT_EQ(kind(R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"event":"bts:request_reconnect","channel":"","data":""})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"event":"order_created","channel":"live_orders_btcusd","data":{}})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"event":"rain","channel":"weather","data":{}})"), FrameKind::unknown);
}

TEST(Bitstamp, AMissingOrImpossibleFieldIsMalformedAndNamesItsBook) {
  FeedUnderTest feed("bitstamp");
  for (const auto& [from, to] : {std::pair("\"microtimestamp\""s, "\"when\""s),
                                 {"\"bids\""s, "\"bid\""s},
                                 {"\"77049\""s, "\"0\""s},
                                 {"\"2.45710\""s, "\"-1\""s},
                                 {"\"2.45710\""s, "2.45710"s},
                                 {"[\"77049\",\"0.00000\"]"s, "[\"77049\"]"s}}) {
    std::string frame(difference);
    frame.replace(frame.find(from), from.size(), to);
    const auto result = feed.decode(frame);
    ASSERT_FALSE(result) << frame;
    EXPECT_EQ(result.error().code, Errc::malformed);
    ASSERT_TRUE(feed.context.named) << frame;
  }
}

TEST(Bitstamp, ACutFrameIsNeverAShorterOne) {
  FeedUnderTest feed("bitstamp");
  expect_every_cut_malformed(feed, difference);
}

}  // namespace
}  // namespace crossbook::venue
