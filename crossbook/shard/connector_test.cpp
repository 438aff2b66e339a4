// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossbook/shard/session_test_tools.hpp"

namespace crossbook::shard {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::SizeIs;

ConnectorOptions books_only() {
  ConnectorOptions options;
  options.instruments = false;
  options.kinds = {true, false, false};
  return options;
}

TEST(Connector, SymbolsAreSpreadOverConnectionsOfWhatTheVenueAllows) {
  VirtualVenue okx("okx", {});  // 30 streams a connection, two a symbol
  okx.watch_many(40);
  okx.start();
  okx.run(seconds(30));
  EXPECT_EQ(okx.open(), 3U);
  EXPECT_EQ(okx.unserved(), 0U);
  for (const Session* session : okx.connector().sessions()) EXPECT_LE(session->streams(), 30U);
}

TEST(Connector, FewerStreamsAConnectionCanBeAskedFor) {
  ConnectorOptions options = books_only();
  options.streams_max = 2;
  VirtualVenue kraken("kraken", options);
  kraken.watch_many(5);
  kraken.start();
  kraken.run(seconds(60));
  EXPECT_EQ(kraken.open(), 3U);
}

TEST(Connector, AnAddressIsFetchedForEachConnection) {
  ConnectorOptions options = books_only();
  options.streams_max = 1;
  VirtualVenue kucoin("kucoin", options);
  kucoin.watch_many(2);
  kucoin.start();
  kucoin.run(seconds(5));
  const auto told = kucoin.transcript();
  EXPECT_THAT(told, Contains("fetch https://api.kucoin.com/api/v1/bullet-public").Times(2));
  EXPECT_THAT(told, Contains("connect wss://push.example/?token=t&connectId=1"));
  EXPECT_THAT(told, Contains("connect wss://push.example/?token=t&connectId=2"));
  EXPECT_EQ(kucoin.open(), 2U);
}

TEST(Connector, InstrumentsAreFetchedAtTheStartAndEveryHour) {
  VirtualVenue kraken("kraken", {});
  kraken.watch_many(1);
  kraken.start();
  kraken.run(seconds(3 * 3600 + 60));
  EXPECT_THAT(kraken.transcript(), Contains("fetch https://api.kraken.com/0/public/AssetPairs").Times(4));
}

TEST(Connector, WhereTheVenueWantsItInstrumentsAreFetchedOneByOne) {
  VirtualVenue gemini("gemini", {});
  gemini.watch("btcusd");
  gemini.watch("ethusd");
  gemini.start();
  gemini.run(seconds(1));
  const auto told = gemini.transcript();
  EXPECT_THAT(told, Contains("fetch https://api.gemini.com/v1/symbols/details/btcusd"));
  EXPECT_THAT(told, Contains("fetch https://api.gemini.com/v1/symbols/details/ethusd"));
}

TEST(Connector, APageInPlaceOfAnAnswerIsAskedForAgain) {
  VirtualVenue binance("binance", books_only());
  const ListingId btc = binance.watch("BTCUSDT");
  binance.start();
  binance.run(seconds(1));
  binance.faults.http_status = 503;  // and "<html>"
  binance.resync(btc);
  binance.run(seconds(20));
  const std::size_t failed = binance.fetches().size();
  EXPECT_GE(failed, 3U);
  binance.faults.http_status = 0;
  binance.run(seconds(60));
  EXPECT_EQ(binance.fetches().size(), failed + 1);
  EXPECT_EQ(binance.open(), 1U);
}

TEST(Connector, ABookIsNotFetchedTwiceASecond) {
  VirtualVenue binance("binance", books_only());
  const ListingId btc = binance.watch("BTCUSDT");
  binance.start();
  binance.run(seconds(1));
  for (int i = 0; i < 100; ++i) {
    binance.resync(btc);
    binance.run(milliseconds(100));
  }
  EXPECT_LE(binance.fetches().size(), 11U);
}

TEST(Connector, AddressesCanBeElsewhere) {
  ConnectorOptions options = books_only();
  options.stream_origin = "wss://127.0.0.1:9443";
  options.rest_origin = "https://127.0.0.1:9444/binance";
  VirtualVenue binance("binance", options);
  const ListingId btc = binance.watch("BTCUSDT");
  binance.start();
  binance.resync(btc);
  EXPECT_THAT(binance.transcript(),
              ElementsAre("connect wss://127.0.0.1:9443/stream?streams=btcusdt@depth@100ms",
                          "fetch https://127.0.0.1:9444/binance/api/v3/depth?symbol=BTCUSDT&limit=1000"));
}

TEST(Connector, StopsInOrderAndSaysNothingMore) {
  VirtualVenue kraken("kraken", {});
  kraken.watch_many(3);
  kraken.start();
  kraken.run(seconds(5));
  kraken.stop();
  EXPECT_THAT(kraken.transcript(), Contains("close stopped"));
  EXPECT_EQ(kraken.open(), 0U);
  EXPECT_EQ(kraken.connector().due(), std::nullopt);
  kraken.run(seconds(7200));
  EXPECT_THAT(kraken.transcript(), SizeIs(0));
}

TEST(Connector, ConnectionNumbersAreUsedAgain) {
  ConnectionIds ids;
  const ConnectionId first = ids.take();
  const ConnectionId second = ids.take();
  EXPECT_NE(first, second);
  ids.give_back(first);
  EXPECT_EQ(ids.take(), first);
}

}  // namespace
}  // namespace crossbook::shard
