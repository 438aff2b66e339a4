// SPDX-License-Identifier: Apache-2.0
// Frames written from Bitget's pages of v1 (2022), v2 and UTA v3 (2026).
#include "crossbook/core/crc32.hpp"
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Bitget : FeedUnderTest {
  Bitget() : FeedUnderTest("bitget") {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto v1_update = R"({"action":"update","arg":{"instType":"sp","channel":"books","instId":"AVAXUSDT"},)"
                           R"("data":[{"asks":[["82.9100","0"]],)"
                           R"("bids":[["82.8000","1.50"]],"checksum":-487257069,"ts":"1649290077676"}]})";
constexpr auto v2_update =
    R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"MAVUSDT"},"data":[{"asks":[],)"
    R"("bids":[["0.00519","30828.52"]],"ts":"1789456512452","seq":427583480559,"pseq":427583461144}],)"
    R"("ts":1789456512453})";

TEST(Bitget, AMarketIsPartOfTheRawSymbol) {
  Bitget feed;
  feed.on(v1_update);
  EXPECT_EQ(feed.raw_symbol(feed.book().listing), "SP:AVAXUSDT");
  EXPECT_EQ(feed.listings[feed.book().listing].instrument.symbol, "AVAX/USDT");
  const auto symbol = [&](std::string_view raw) { return feed.context.listing(raw)->instrument.symbol; };
  EXPECT_EQ(symbol("MC:DASHUSDT"), "DASH/USDT:USDT");
  EXPECT_EQ(symbol("USDC-FUTURES:BTCPERP"), "BTC/USDC:USDC");
  EXPECT_EQ(symbol("COIN-FUTURES:BTCUSD"), "BTC/USD:BTC");
  EXPECT_TRUE(feed.context.listing("COIN-FUTURES:BTCUSD")->instrument.inverse);
}

TEST(Bitget, TheFirstGenerationHasAChecksumAndNoNumbers) {
  Bitget feed;
  feed.on(v1_update);
  EXPECT_EQ(feed.book().checksum, static_cast<std::uint32_t>(-487257069));
  EXPECT_EQ(feed.book().sequence.last, std::nullopt);
  ASSERT_EQ(feed.batch.written_bids.size(), 1U);
  EXPECT_EQ(feed.batch.written_bids[0].price_decimals, 4);
  EXPECT_EQ(feed.batch.written_bids[0].quantity_decimals, 2);
}

TEST(Bitget, TheSecondGenerationPointsBack) {
  Bitget feed;
  feed.on(v2_update);
  EXPECT_EQ(feed.book().sequence.last, 427'583'480'559);
  EXPECT_EQ(feed.book().sequence.previous, 427'583'461'144);
  EXPECT_EQ(feed.book().checksum, std::nullopt);
}

TEST(Bitget, TheThirdGenerationHasShortNamesAndAChecksumOfZeroThatIsNone) {
  Bitget feed;
  feed.on(R"({"action":"snapshot","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"},)"
          R"("data":[{"a":[["76794.01","1"]],)"
          R"("b":[["76794","0.062194"]],"checksum":0,"seq":451275591390,"pseq":0,"ts":"1777362656332"}],)"
          R"("ts":1777362656336})");
  EXPECT_EQ(feed.raw_symbol(feed.book().listing), "SPOT:BTCUSDT");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().checksum, std::nullopt);
  EXPECT_EQ(feed.levels(Side::ask), "76794.01 x 1");
  feed.on(R"({"action":"update","arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},"data":[{"i":"1",)"
          R"("p":"76671.22",)"
          R"("v":"0.001367","S":"sell","T":"1777358880170"}],"ts":1777358880172})");
  EXPECT_EQ(feed.trade(), "sell 76671.22 x 0.001367");
}

TEST(Bitget, TheChecksumIsOverTheDigitsAsSent) {
  const Bitget feed;
  const std::vector<Level> bids{{Price(28610), Quantity(1749)}, {Price(27500), Quantity(155400)}};
  const std::vector<Level> asks{{Price(30000), Quantity(0)}};
  const std::vector<WrittenDigits> written{{3, 3}, {4, 0}};
  const std::vector<WrittenDigits> written_ask{{0, 2}};
  ChecksumInput input;
  input.bids = bids;
  input.asks = asks;
  input.written_bids = written;
  input.written_asks = written_ask;
  input.price_scale = 4;
  input.quantity_scale = 3;
  EXPECT_EQ(feed.row.checksum(input), Crc32().update("2.861:1.749:3:0.00:2.7500:155.4").value());
}

TEST(Bitget, ATradeSnapshotIsHistory) {
  Bitget feed;
  feed.on(R"({"action":"snapshot","arg":{"instType":"mc","channel":"trade","instId":"DASHUSDT"},)"
          R"("data":[["1649290076980","113.37","0.49","sell"]]})");
  EXPECT_EQ(feed.trade(), "sell 113.37 x 0.49");
  EXPECT_TRUE(feed.batch.trades[0].history);
  feed.on(R"({"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},)"
          R"("data":[{"ts":"1730332858796",)"
          R"("price":"72389.99","size":"0.001373","side":"buy","tradeId":"12"}],"ts":1730332858805})");
  EXPECT_EQ(feed.trade(), "buy 72389.99 x 0.001373");
  EXPECT_FALSE(feed.batch.trades[0].history);
}

TEST(Bitget, BestLevelsAreQuotesAndWindowsAreBooks) {
  Bitget feed;
  feed.on(R"({"action":"snapshot","arg":{"instType":"SPOT","channel":"books1","instId":"BTCUSDC"},)"
          R"("data":[{"asks":[["72377.25","0.00408"]],)"
          R"("bids":[],"checksum":0,"ts":"1730332859984"}],"ts":1730332859985})");
  EXPECT_TRUE(feed.batch.books.empty());
  EXPECT_EQ(feed.text(ListingId(0), *feed.batch.bbos.at(0).ask), "72377.25 x 0.00408");
  EXPECT_FALSE(feed.batch.bbos[0].bid);
  feed.on(R"({"action":"update","arg":{"instType":"SPOT","channel":"books15","instId":"BTCUSDC"},"data":[{"asks":[],)"
          R"("bids":[],"ts":"1"}]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
}

TEST(Bitget, PongIsTextAndNoJson) {
  Bitget feed;
  feed.on("pong");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"event":"error","arg":{"instType":"SPOT","channel":"books","instId":"X"},"code":30001,)"
          R"("msg":"doesn't exist"})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Bitget, ACutFrameIsMalformedInEveryGeneration) {
  Bitget feed;
  expect_every_cut_malformed(feed, v1_update);
  expect_every_cut_malformed(feed, v2_update);
  EXPECT_FALSE(feed.decode(
      R"({"action":"update","arg":{"instType":"sp","channel":"books","instId":"AVAXUSDT"},"data":[{"asks":[]}]})"));
  EXPECT_EQ(feed.raw_symbol(feed.context.named.value()), "SP:AVAXUSDT");
}

}  // namespace
}  // namespace crossbook::venue
