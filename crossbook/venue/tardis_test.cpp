// SPDX-License-Identifier: Apache-2.0
// Rows written from docs.tardis.dev/downloadable-csv-files.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

TEST(Tardis, RowsOfASnapshotAreOneBook) {
  FeedUnderTest feed("tardis-binance");
  ASSERT_TRUE(
      feed.decode("binance,BTCUSDT,1585699200000000,1585699200035418,true,bid,6423.11,0.5\n"
                  "binance,BTCUSDT,1585699200000000,1585699200035418,true,ask,6424,1.25"));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.batch.books.at(0).ts_event, Wall(1'585'699'200'000'000'000));
  EXPECT_EQ(feed.levels(Side::bid), "6423.11 x 0.5");
  EXPECT_EQ(feed.levels(Side::ask), "6424 x 1.25");
}

TEST(Tardis, AnUpdateOfAmountZeroDeletes) {
  FeedUnderTest feed("tardis-coinbase");
  ASSERT_TRUE(feed.decode("coinbase,BTC-USD,1585699200000000,1585699200035418,false,ask,6424.5,0"));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::delta);
  EXPECT_EQ(feed.levels(Side::ask), "6424.5 x 0");
  EXPECT_EQ(feed.levels(Side::bid), "");
  EXPECT_EQ(feed.context.listings[ListingId(0)].instrument.symbol, "BTC/USD");
}

TEST(Tardis, ARowOfABookSnapshotIsAWholeBookWhateverItsDepth) {
  FeedUnderTest feed("tardis-kraken");
  ASSERT_TRUE(feed.decode("kraken,XBT/USD,1585699200000000,1585699200035418,6424.5,1.2,6423.1,0.5,6425,3,,"));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::ask), "6424.5 x 1.2, 6425 x 3");
  EXPECT_EQ(feed.levels(Side::bid), "6423.1 x 0.5");
  EXPECT_EQ(feed.context.listings[ListingId(0)].instrument.symbol, "BTC/USD");
}

TEST(Tardis, RowsThatAreNoneAreMalformed) {
  for (const char* rows : {
           "binance,BTCUSDT,1,2,true,side,1,1",
           "binance,BTCUSDT,1,2,true,bid,1",
           "binance,BTCUSDT,1,2,true,bid,1,1,1",
           "binance,BTCUSDT,soon,2,true,bid,1,1",
           "binance,BTCUSDT,1,2,true,bid,1,1\nbinance,ETHUSDT,1,2,true,bid,1,1",
           "binance,BTCUSDT,1,2,1,1,1",
       }) {
    FeedUnderTest feed("tardis-binance");
    EXPECT_FALSE(feed.decode(rows)) << rows;
  }
}

TEST(Tardis, PerpetualsAreWrittenAsCcxtDoes) {
  FeedUnderTest feed("tardis-binance-futures");
  ASSERT_TRUE(feed.decode("binance-futures,BTCUSDT,1585699200000000,1585699200035418,false,ask,6424.5,0"));
  EXPECT_EQ(feed.context.listings[ListingId(0)].instrument.symbol, "BTC/USDT:USDT");
}

}  // namespace
}  // namespace crossbook::venue
