// SPDX-License-Identifier: Apache-2.0
// Frames written from docs.bitfinex.com, "Books", "Trades", "Conf Flags" and "WS Checksum".
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

constexpr Wall wall_from_milliseconds(std::int64_t ms) { return Wall(ms * 1'000'000); }

struct Bitfinex : FeedUnderTest {
  Bitfinex() : FeedUnderTest("bitfinex") {}
  void on(std::string_view frame) {
    const auto result = decode(frame);
    EXPECT_TRUE(result) << frame << ": " << (result ? "" : result.error().what);
  }
  void subscribe(std::string_view flags = "196608") {
    on(R"({"event":"conf","status":"OK","flags":)" + std::string(flags) + "}");
    on(R"({"event":"subscribed","channel":"book","chanId":17,"symbol":"tBTCUSD","prec":"P0","freq":"F0",)"
       R"("len":"25"})");
    on(R"({"event":"subscribed","channel":"trades","chanId":18,"symbol":"tBTCUSD","pair":"BTCUSD"})");
  }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

TEST(Bitfinex, TheSignOfTheAmountIsTheSide) {
  Bitfinex feed;
  feed.subscribe();
  feed.on("[17,[[6000,1,0.5],[6100,2,-3]],1]");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::bid), "6000 x 0.5");
  EXPECT_EQ(feed.levels(Side::ask), "6100 x 3");
}

TEST(Bitfinex, ACountOfZeroDeletesOnTheSideThatTheAmountNames) {
  Bitfinex feed;
  feed.subscribe();
  feed.on("[17,[6000,0,1],1]");
  EXPECT_EQ(feed.levels(Side::bid), "6000 x 0");
  feed.on("[17,[6100,0,-1],2]");
  EXPECT_EQ(feed.levels(Side::ask), "6100 x 0");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
}

TEST(Bitfinex, NumbersWithExponentsAreExact) {
  Bitfinex feed;
  feed.subscribe();
  feed.on("[17,[1.1e-7,1,2.5E+3],1]");
  EXPECT_EQ(feed.levels(Side::bid), "0.00000011 x 2500");
}

TEST(Bitfinex, EveryArrayFrameCountsOnTheSocket) {
  Bitfinex feed;
  feed.subscribe();
  feed.on(R"([17,"hb",3])");
  EXPECT_EQ(feed.batch.connection_sequence, 3);
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on("[99,[1,2,3],4]");  // a channel that we never heard of
  EXPECT_EQ(feed.batch.connection_sequence, 4);
  EXPECT_EQ(feed.batch.kind, FrameKind::unknown);
  feed.on("[17,[6000,1,1],5]");
  EXPECT_EQ(feed.batch.connection_sequence, 5);
  EXPECT_EQ(feed.book().sequence.last, 5);
}

TEST(Bitfinex, WithoutTheFlagNothingCounts) {
  Bitfinex feed;
  feed.subscribe("131072");
  feed.on("[17,[6000,1,1]]");
  EXPECT_EQ(feed.batch.connection_sequence, std::nullopt);
}

TEST(Bitfinex, WithTimestampsTheTimeFollowsTheCounter) {
  Bitfinex feed;
  feed.subscribe("98304");
  feed.on("[17,[6000,1,1],7,1618677543831]");
  EXPECT_EQ(feed.batch.connection_sequence, 7);
  EXPECT_EQ(feed.book().ts_event, wall_from_milliseconds(1'618'677'543'831));
}

TEST(Bitfinex, BulkUpdatesLookLikeSnapshotsAndAreNone) {
  Bitfinex feed;
  feed.subscribe("536936448");
  feed.on("[17,[[6000,1,0.5]],1]");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  feed.on("[17,[[6001,1,0.5],[6002,1,-1]],2]");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
}

TEST(Bitfinex, AnEmptyBookStillHasASnapshot) {
  Bitfinex feed;
  feed.subscribe();
  feed.on("[17,[],1]");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.batch.connection_sequence, 1);
}

TEST(Bitfinex, AChecksumFrameIsADeltaWithoutLevels) {
  Bitfinex feed;
  feed.subscribe();
  feed.on(R"([17,"cs",-1234,4])");
  EXPECT_EQ(feed.book().checksum, static_cast<std::uint32_t>(-1234));
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.levels(Side::bid), "");
  EXPECT_EQ(feed.batch.connection_sequence, 4);
}

TEST(Bitfinex, TheChecksumWritesNumbersAsJavaScriptDoes) {
  const Bitfinex feed;
  const auto checksum = [&](std::vector<Level> bids, std::vector<Level> asks, int price_scale, int quantity_scale) {
    ChecksumInput input;
    input.bids = bids;
    input.asks = asks;
    input.price_scale = price_scale;
    input.quantity_scale = quantity_scale;
    return feed.row.checksum(input);
  };
  // 6000:1:6100:-3:5900:2:6200:-4
  EXPECT_EQ(checksum({{Price(60000), Quantity(100)}, {Price(59000), Quantity(200)}},
                     {{Price(61000), Quantity(300)}, {Price(62000), Quantity(400)}}, 1, 2),
            1'756'193'398U);
  // 50000:5e-7:50001:-1e-7
  EXPECT_EQ(checksum({{Price(50000), Quantity(50)}}, {{Price(50001), Quantity(10)}}, 0, 8), 1'004'220'386U);
}

TEST(Bitfinex, ATradeIsCountedOnceAndTheSnapshotIsHistory) {
  Bitfinex feed;
  feed.subscribe();
  feed.on("[18,[[669,1618665870435,-0.5,6000],[668,1618665870430,1,6001]],1]");
  EXPECT_EQ(feed.trade(0), "buy 6001 x 1") << "sent newest first";
  EXPECT_EQ(feed.trade(1), "sell 6000 x 0.5");
  EXPECT_TRUE(feed.batch.trades.at(0).history);
  feed.on(R"([18,"te",[670,1618665870436,0.25,6002],2])");
  EXPECT_EQ(feed.trade(), "buy 6002 x 0.25");
  EXPECT_FALSE(feed.batch.trades.at(0).history);
  feed.on(R"([18,"tu",[670,1618665870436,0.25,6002],3])");
  EXPECT_TRUE(feed.batch.trades.empty());
}

TEST(Bitfinex, RawOrderBooksAreKnownAndSkipped) {
  Bitfinex feed;
  feed.on(R"({"event":"subscribed","channel":"book","chanId":5,"symbol":"tBTCUSD","prec":"R0"})");
  feed.on("[5,[[34006738527,8744.9,0.25]]]");
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  EXPECT_TRUE(feed.batch.books.empty());
}

TEST(Bitfinex, ACutFrameIsMalformedAndNamesItsBook) {
  Bitfinex feed;
  feed.subscribe();
  expect_every_cut_malformed(feed, "[17,[6000.5,3,-0.25],12]");
  EXPECT_FALSE(feed.decode("[17,[6000,-1,1],2]"));
  EXPECT_TRUE(feed.context.named);
  EXPECT_FALSE(feed.decode("[17,[0,1,1],2]"));
  EXPECT_FALSE(feed.decode("[17,[6000,1,0],2]"));
  EXPECT_FALSE(feed.decode("[17,[6000,1,1]]")) << "the counter is missing";
}

TEST(Bitfinex, SymbolsAreWrittenAsEverywhere) {
  Bitfinex feed;
  const auto symbol = [&](std::string_view raw) { return feed.context.listing(raw)->instrument.symbol; };
  EXPECT_EQ(symbol("tBTCUSD"), "BTC/USD");
  EXPECT_EQ(symbol("tETHUST"), "ETH/USDT");
  EXPECT_EQ(symbol("tDUSK:USD"), "DUSK/USD");
  EXPECT_EQ(symbol("tTESTBTC:TESTUSD"), "TESTBTC/TESTUSD");
  EXPECT_EQ(symbol("tBTCF0:USTF0"), "BTC/USDT:USDT");
}

}  // namespace
}  // namespace crossbook::venue
