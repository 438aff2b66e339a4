// SPDX-License-Identifier: Apache-2.0
// Frames written from exchange-docs.crypto.com, Exchange v1 and the earlier v2.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Cryptocom : FeedUnderTest {
  Cryptocom() : FeedUnderTest("cryptocom") {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto update =
    R"({"id":-1,"method":"subscribe","code":0,"result":{"instrument_name":"ETHUSD-PERP",)"
    R"("subscription":"book.ETHUSD-PERP.50",)"
    R"("channel":"book.update","depth":50,"data":[{"update":{"asks":[["2750.20","0","0"]],"bids":[["2748.10",)"
    R"("5.4582","1"]]},)"
    R"("t":1790114272400,"tt":1790114272390,"u":375554807336512,"pu":375554807297984,"cs":-1}]}})";

TEST(Cryptocom, AnUpdatePointsBack) {
  Cryptocom feed;
  feed.on(update);
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.last, 375'554'807'336'512);
  EXPECT_EQ(feed.book().sequence.previous, 375'554'807'297'984);
  EXPECT_EQ(feed.levels(Side::ask), "2750.2 x 0");
  EXPECT_EQ(feed.book().checksum, std::nullopt) << "cs is undocumented";
  EXPECT_EQ(feed.book().ts_event, Wall(1'790'114'272'390'000'000));
}

TEST(Cryptocom, TheOlderProtocolSendsWholeWindowsOfJsonNumbers) {
  Cryptocom feed;
  feed.on(R"({"code":0,"method":"subscribe","result":{"instrument_name":"HNT_USDT","subscription":"book.HNT_USDT.150",)"
          R"("channel":"book",)"
          R"("depth":150,"data":[{"bids":[[45.334,0.386,1]],"asks":[[200.000,5.000,1]],"t":1637709518355}]}})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().sequence.last, std::nullopt);
  EXPECT_EQ(feed.levels(Side::bid), "45.334 x 0.386");
}

std::string trades(int count) {
  std::string prints;
  for (int i = 0; i < count; ++i)
    prints += std::string(i == 0 ? "" : ",") +
              R"({"d":2008994948736251682,"s":"SELL","p":1.75445,"q":39.82,"t":1637709515137})";
  return R"({"code":0,"method":"subscribe","result":{"instrument_name":"MATIC_USDT","channel":"trade","data":[)" +
         prints + "]}}";
}

TEST(Cryptocom, MoreThanTwentyPrintsAreTheHistory) {
  Cryptocom feed;
  feed.on(trades(20));
  EXPECT_EQ(feed.trade(), "sell 1.75445 x 39.82");
  EXPECT_FALSE(feed.batch.trades.at(19).history);
  feed.on(trades(21));
  EXPECT_TRUE(feed.batch.trades.at(0).history);
}

TEST(Cryptocom, ATickerWithSizesIsAQuote) {
  Cryptocom feed;
  feed.on(R"({"id":-1,"method":"subscribe","code":0,"result":{"instrument_name":"BTC_USDT","channel":"ticker",)"
          R"("data":[{"b":"1.5",)"
          R"("bs":"2","k":"1.6","ks":"3","t":1613580710768}]}})");
  EXPECT_EQ(feed.text(ListingId(0), *feed.batch.bbos.at(0).bid), "1.5 x 2");
  feed.on(R"({"code":0,"method":"subscribe","result":{"instrument_name":"BTC_USDT","channel":"ticker",)"
          R"("data":[{"b":7.5,"k":7.6,"t":1}]}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
}

TEST(Cryptocom, HeartbeatsAnswersAndErrors) {
  Cryptocom feed;
  feed.on(R"({"id":1637709519420,"method":"public/heartbeat"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"id":1,"method":"subscribe","code":0,"channel":"book.BTC_USDT.50"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"id":1,"method":"subscribe","code":40003,"message":"Unknown symbol"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Cryptocom, InstrumentsFillListingsThatExist) {
  Cryptocom feed;
  feed.on(trades(1));
  ASSERT_TRUE(feed.decode_http(
      "https://api.crypto.com/v2/public/get-instruments",
      R"({"code":0,"result":{"instruments":[{"instrument_name":"MATIC_USDT","price_decimals":5,)"
      R"("quantity_decimals":1},{"instrument_name":"RSR_USDT","price_decimals":5,"quantity_decimals":1}]}})"));
  EXPECT_EQ(feed.listings[ListingId(0)].instrument.tick_size, "0.00001");
  EXPECT_EQ(feed.listings[ListingId(0)].instrument.lot_size, "0.1");
  EXPECT_EQ(feed.listings.size(), 1U);
}

TEST(Cryptocom, ACutFrameIsMalformed) {
  Cryptocom feed;
  expect_every_cut_malformed(feed, update);
  EXPECT_FALSE(feed.decode(
      R"({"code":0,"method":"subscribe","result":{"instrument_name":"A_B","channel":"book.update","data":[{"u":1,)"
      R"("update":{"bids":[],"asks":[]}}]}})"))
      << "pu is missing";
}

TEST(Cryptocom, PerpetualsAreLinear) {
  Cryptocom feed;
  EXPECT_EQ(feed.context.listing("BTCUSD-PERP")->instrument.symbol, "BTC/USD:USD");
  EXPECT_EQ(feed.context.listing("GRT_CRO")->instrument.symbol, "GRT/CRO");
}

}  // namespace
}  // namespace crossbook::venue
