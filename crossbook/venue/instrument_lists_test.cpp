// SPDX-License-Identifier: Apache-2.0
// Bodies written from Kraken's "Get Tradable Asset Pairs" and Bitstamp's "Markets".
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

TEST(InstrumentLists, KrakensPairsAreThoseOfTheSocket) {
  FeedUnderTest feed("kraken");
  const Instrument& btc = feed.context.listing("BTC/USD")->instrument;
  const Instrument& doge = feed.context.listing("DOGE/EUR")->instrument;
  ASSERT_TRUE(feed.decode_http(
      "https://api.kraken.com/0/public/AssetPairs",
      R"({"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","pair_decimals":1,"lot_decimals":8,)"
      R"("ordermin":"0.00010","costmin":"0.5","tick_size":"0.1"},"XDGEUR":{"altname":"XDGEUR","wsname":"XDG/EUR",)"
      R"("lot_decimals":8,"ordermin":"50","tick_size":"0.0000001"},"DARK.d":{"altname":"DARK.d","lot_decimals":8}}})"));
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  EXPECT_EQ(btc.tick_size, "0.1");
  EXPECT_EQ(btc.lot_size, "0.00000001");
  EXPECT_EQ(btc.min_quantity, "0.0001");
  EXPECT_EQ(btc.min_notional, "0.5");
  EXPECT_EQ(doge.tick_size, "0.0000001");
  EXPECT_EQ(doge.min_notional, std::nullopt);
}

TEST(InstrumentLists, KrakensRefusalIsAnError) {
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode_http("https://api.kraken.com/0/public/AssetPairs", R"({"error":["EService:Busy"]})"));
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(InstrumentLists, BitstampsStepsAreNumbersOfDecimals) {
  FeedUnderTest feed("bitstamp");
  const Instrument& btc = feed.context.listing("btcusd")->instrument;
  ASSERT_TRUE(feed.decode_http("https://www.bitstamp.net/api/v2/markets/",
                               R"([{"name":"BTC/USD","market_symbol":"btcusd","base_decimals":8,"counter_decimals":0,)"
                               R"("minimum_order_value":"10.00","trading":"Enabled","market_type":"SPOT"},)"
                               R"({"market_symbol":"ethusd","base_decimals":8,"counter_decimals":1}])"));
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  EXPECT_EQ(btc.tick_size, "1");
  EXPECT_EQ(btc.lot_size, "0.00000001");
  EXPECT_EQ(btc.min_notional, "10");
}

TEST(InstrumentLists, WhatIsNoListIsMalformed) {
  FeedUnderTest kraken("kraken");
  EXPECT_FALSE(kraken.decode_http("https://api.kraken.com/0/public/AssetPairs", R"({"result":{"A":{"wsname":"X"}}})"));
  FeedUnderTest bitstamp("bitstamp");
  EXPECT_FALSE(bitstamp.decode_http("https://www.bitstamp.net/api/v2/markets/", R"({"status":"error"})"));
  EXPECT_FALSE(bitstamp.decode_http("https://www.bitstamp.net/api/v2/markets/",
                                    R"([{"market_symbol":"btcusd","base_decimals":99,"counter_decimals":0}])"));
}

}  // namespace
}  // namespace crossbook::venue
