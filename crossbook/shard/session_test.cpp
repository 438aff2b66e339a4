// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crossbook/shard/session_test_tools.hpp"

namespace crossbook::shard {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ConnectorOptions quiet() {
  ConnectorOptions options;
  options.instruments = false;
  options.kinds = {true, false, false};
  return options;
}

TEST(Session, AsksForItsBooksOnceItIsOpen) {
  VirtualVenue kraken("kraken", quiet());
  const ListingId btc = kraken.watch("BTC/USD");
  kraken.watch("ETH/USD");
  kraken.start();
  EXPECT_EQ(kraken.state(btc), "wanted");
  kraken.run(seconds(1));
  EXPECT_EQ(kraken.state(btc), "live");
  EXPECT_THAT(kraken.transcript(),
              ElementsAre("connect wss://ws.kraken.com/v2",
                          R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],)"
                          R"("depth":100,"snapshot":true},"req_id":1})"));
  EXPECT_TRUE(kraken.connector().sessions().front()->serves());
}

TEST(Session, StreamsInTheAddressNeedNoMessage) {
  VirtualVenue binance("binance", quiet());
  const ListingId btc = binance.watch("BTCUSDT");
  binance.start();
  binance.run(seconds(1));
  EXPECT_EQ(binance.state(btc), "live");
  EXPECT_THAT(binance.transcript(),
              ElementsAre("connect wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms"));
}

TEST(Session, FuturesFetchTheirBooksFromAddressesOfTheirOwn) {
  const auto transcript_of = [](std::string_view feed, const std::string& raw_symbol) {
    VirtualVenue futures(feed, quiet());
    const ListingId btc = futures.watch(raw_symbol);
    futures.start();
    futures.run(seconds(1));
    futures.resync(btc);
    EXPECT_EQ(futures.state(btc), "live");
    return futures.transcript();
  };
  EXPECT_THAT(transcript_of("binance-usdm", "BTCUSDT"),
              ElementsAre("connect wss://fstream.binance.com/public/stream?streams=btcusdt@depth@100ms",
                          "fetch https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"));
  EXPECT_THAT(transcript_of("binance-coinm", "BTCUSD_PERP"),
              ElementsAre("connect wss://dstream.binance.com/stream?streams=btcusd_perp@depth@100ms",
                          "fetch https://dapi.binance.com/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000"));
}

TEST(Session, ManySymbolsGoIntoMessagesOfWhatTheVenueAllows) {
  VirtualVenue bybit("bybit-spot", quiet());
  bybit.watch_many(25);
  bybit.start();
  bybit.run(seconds(2));
  EXPECT_EQ(bybit.transcript().size(), 1U + 3U);
  EXPECT_EQ(bybit.unserved(), 25U);  // trades were not asked for
}

TEST(Session, ANamedRefusalHarmsNoOther) {
  for (const venue::StreamDialect* row : venue::stream_dialects()) {
    const std::string_view feed = row->feed;
    VirtualVenue venue(feed, quiet());
    const auto spell = [&](const std::string& base) { return spell_base(*row, base); };
    venue.faults.refused = {spell("DOGE")};
    const ListingId btc = venue.watch(spell("BTC"));
    venue.start();
    venue.run(seconds(2));  // binance: asked for by message from here on, not by address
    const ListingId doge = venue.watch(spell("DOGE"));
    const ListingId eth = venue.watch(spell("ETH"));
    venue.run(seconds(5));
    EXPECT_EQ(venue.state(doge), "refused") << feed;
    EXPECT_EQ(venue.state(btc), "live") << feed;
    EXPECT_EQ(venue.state(eth), "live") << feed;
    EXPECT_EQ(venue.connects().size(), 1U) << feed;
    EXPECT_TRUE(venue.connector().sessions().front()->serves()) << feed;
  }
}

TEST(Session, AnUnnamedRefusalIsFoundByAskingOneByOne) {
  VirtualVenue bybit("bybit-spot", quiet());
  bybit.faults.refused = {"C103USDT"};
  bybit.faults.refusals_name = false;
  bybit.watch_many(10);
  bybit.start();
  bybit.run(seconds(10));
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(bybit.state(ListingId{i}), i == 3 ? "refused" : "live");
}

TEST(Session, WhatWasRefusedIsAskedForAgainMuchLater) {
  VirtualVenue kraken("kraken", quiet());
  kraken.faults.refused = {"C100/USDT"};
  kraken.watch_many(2);
  kraken.start();
  kraken.run(seconds(500));
  EXPECT_EQ(kraken.state(ListingId{0}), "refused");
  kraken.faults.refused.clear();
  kraken.run(seconds(110));
  EXPECT_EQ(kraken.state(ListingId{0}), "live");
  EXPECT_EQ(kraken.connects().size(), 1U);
}

TEST(Session, ALostAnswerIsAskedForAgain) {
  VirtualVenue okx("okx", quiet());
  okx.watch("BTC-USDT");
  const ListingId eth = okx.watch("ETH-USDT");
  okx.faults.lost_books_percent = 100;
  okx.start();
  okx.run(milliseconds(60));
  okx.faults.lost_answers_percent = 100;
  okx.run(milliseconds(50));  // the answers are lost on the way
  EXPECT_EQ(okx.state(eth), "asked");
  okx.faults.lost_answers_percent = 0;
  okx.faults.lost_books_percent = 0;
  okx.run(seconds(60));
  EXPECT_EQ(okx.state(eth), "live");
}

TEST(Session, AnAcknowledgedBookThatDoesNotComeIsAskedForAgainAlone) {
  VirtualVenue okx("okx", quiet());
  const ListingId btc = okx.watch("BTC-USDT");
  okx.start();
  okx.run(seconds(1));
  okx.faults.lost_books_percent = 100;
  const ListingId eth = okx.watch("ETH-USDT");
  okx.run(seconds(5));
  EXPECT_EQ(okx.state(eth), "acknowledged");
  EXPECT_FALSE(okx.connector().sessions().front()->serves());
  okx.faults.lost_books_percent = 0;
  okx.forget_transcript();
  okx.run(seconds(30));
  EXPECT_EQ(okx.state(eth), "live");
  EXPECT_EQ(okx.state(btc), "live");
  EXPECT_THAT(okx.transcript(), Contains(HasSubstr(R"("op":"unsubscribe","args":[{"channel":"books","instId":"ETH)")));
  EXPECT_EQ(okx.connects().size(), 1U);
}

TEST(Session, ASilentConnectionIsClosedAndOpenedAgain) {
  VirtualVenue kraken("kraken", quiet());
  const ListingId btc = kraken.watch("BTC/USD");
  kraken.start();
  kraken.run(seconds(30));
  kraken.forget_transcript();
  kraken.faults.mute = true;
  kraken.run(seconds(9));  // silent for 10 s since the last heartbeat
  EXPECT_THAT(kraken.transcript(), Contains("close connection_silent"));
  EXPECT_EQ(kraken.state(btc), "wanted");
  kraken.faults.mute = false;
  kraken.run(seconds(60));
  EXPECT_EQ(kraken.state(btc), "live");
}

TEST(Session, AConnectionThatAnswersNothingIsGivenUp) {
  VirtualVenue kraken("kraken", quiet());
  const ListingId btc = kraken.watch("BTC/USD");
  kraken.faults.lost_answers_percent = 100;
  kraken.faults.lost_books_percent = 100;
  kraken.start();
  kraken.run(seconds(12));  // its heartbeats come
  EXPECT_THAT(kraken.transcript(), Contains("close not_acknowledged"));
  kraken.forgive();
  kraken.run(seconds(60));
  EXPECT_EQ(kraken.state(btc), "live");
}

TEST(Session, BooksThatBreakAllTheTimeAreAskedForWithinTheLimits) {
  for (const char* feed : {"okx", "coinbase", "kraken", "bybit-spot"}) {
    VirtualVenue venue(feed, quiet());
    venue.watch_many(15);
    venue.start();
    for (int second = 0; second < 2 * 3600; ++second) {
      for (std::uint32_t i = 0; i < 15; ++i) venue.resync(ListingId{i});
      venue.run(seconds(1));
    }
    EXPECT_EQ(venue.exceeded(), "") << feed;
    EXPECT_EQ(venue.connects().size(), 1U) << feed;
  }
}

TEST(Session, ASilentBookIsSubscribedAgainAndNoOther) {
  VirtualVenue okx("okx", quiet());
  okx.watch("BTC-USDT");
  const ListingId eth = okx.watch("ETH-USDT");
  okx.start();
  okx.run(seconds(10));
  okx.forget_transcript();
  okx.silence(eth);
  okx.run(seconds(850));
  EXPECT_THAT(okx.transcript(), Not(Contains(HasSubstr("subscribe"))));
  okx.run(seconds(60));
  const auto told = okx.transcript();
  EXPECT_THAT(told, Contains(HasSubstr("unsubscribe")));
  EXPECT_THAT(told, Not(Contains(HasSubstr("BTC-USDT"))));
  EXPECT_EQ(okx.state(eth), "live");
}

TEST(Session, ABookThatCannotBeTrustedIsSubscribedAnew) {
  VirtualVenue okx("okx", quiet());
  const ListingId btc = okx.watch("BTC-USDT");
  okx.start();
  okx.run(seconds(1));
  okx.forget_transcript();
  okx.resync(btc);
  okx.resync(btc);  // it is on its way
  EXPECT_EQ(okx.state(btc), "ending");
  okx.run(seconds(1));
  EXPECT_THAT(okx.transcript(),
              ElementsAre(R"({"id":"2","op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})",
                          R"({"id":"3","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})"));
  EXPECT_EQ(okx.state(btc), "live");
}

TEST(Session, WhereTheStreamGoesOnASnapshotIsFetched) {
  VirtualVenue binance("binance", quiet());
  const ListingId btc = binance.watch("BTCUSDT");
  binance.start();
  binance.run(seconds(1));
  binance.forget_transcript();
  binance.resync(btc);
  binance.resync(btc);
  EXPECT_THAT(binance.transcript(),
              ElementsAre("fetch https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"));
  EXPECT_EQ(binance.state(btc), "live");
}

TEST(Session, AVenueIsPingedAsItWants) {
  VirtualVenue bybit("bybit-spot", quiet());
  bybit.watch("BTCUSDT");
  bybit.start();
  bybit.run(seconds(1));
  bybit.forget_transcript();
  bybit.run(seconds(60));  // every 20 s, whatever else is said
  EXPECT_THAT(bybit.transcript(), ElementsAre(R"({"op":"ping"})", R"({"op":"ping"})", R"({"op":"ping"})"));

  VirtualVenue okx("okx", quiet());
  okx.watch("BTC-USDT");
  okx.start();
  okx.run(seconds(300));  // it says something every 4 s
  EXPECT_THAT(okx.transcript(), Not(Contains("ping")));
}

TEST(Session, WhereTheVenueSaysToWaitNobodyConnectsAndNothingIsFetched) {
  VirtualVenue okx("okx", quiet());
  okx.watch_many(60);  // two connections
  okx.faults.http_status = 429;
  okx.faults.retry_after = seconds(90);
  okx.start();
  okx.run(milliseconds(60));  // one is refused; the other waits for its turn
  const std::size_t before = okx.connects().size();
  okx.run(seconds(89));
  EXPECT_EQ(okx.connects().size(), before);
  okx.faults.http_status = 0;
  okx.run(seconds(60));
  EXPECT_EQ(okx.exceeded(), "");
  for (std::uint32_t i = 0; i < 60; ++i) EXPECT_EQ(okx.state(ListingId{i}), "live");
}

TEST(Session, TheNewConnectionServesBeforeTheOldOneCloses) {
  VirtualVenue binance("binance", quiet());
  binance.watch_many(3);
  binance.start();
  binance.run(seconds(60));
  std::size_t unserved = 0;
  std::size_t open_most = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    binance.run(seconds(60));
    for (std::uint32_t i = 0; i < 3; ++i) unserved += binance.state(ListingId{i}) == "live" ? 0U : 1U;
    open_most = std::max(open_most, binance.open());
  }
  EXPECT_EQ(unserved, 0U);
  EXPECT_EQ(binance.connects().size(), 2U);  // before the 24 h are over
  EXPECT_EQ(binance.open(), 1U);
  EXPECT_THAT(binance.transcript(), Contains("close replaced"));
}

TEST(Session, AnAnnouncedCloseIsComeBefore) {
  VirtualVenue okx("okx", quiet());
  const ListingId btc = okx.watch("BTC-USDT");
  okx.start();
  okx.run(seconds(5));
  okx.forget_transcript();
  okx.frame(ConnectionId{0}, R"({"event":"notice","code":"64008","msg":"about to close","connId":"a"})");
  EXPECT_EQ(okx.state(btc), "live");
  EXPECT_EQ(okx.open(), 1U);
  okx.run(seconds(5));
  EXPECT_EQ(okx.open(), 2U);
  okx.run(seconds(7));
  const auto told = okx.transcript();
  ASSERT_EQ(told.size(), 3U);
  EXPECT_THAT(told[0], HasSubstr("connect "));
  EXPECT_THAT(told[1], HasSubstr("subscribe"));
  EXPECT_EQ(told[2], "close replaced");
  EXPECT_EQ(okx.state(btc), "live");
}

TEST(Session, ASuccessorThatIsLateTakesOverWhatWasCut) {
  VirtualVenue okx("okx", quiet());
  const ListingId btc = okx.watch("BTC-USDT");
  okx.start();
  okx.run(seconds(5));
  okx.frame(ConnectionId{0}, R"({"event":"notice","code":"64008","msg":"about to close","connId":"a"})");
  okx.close(ConnectionId{0});  // before the other is open
  okx.run(seconds(2));
  EXPECT_EQ(okx.state(btc), "live");
  EXPECT_EQ(okx.connects().size(), 2U);
  EXPECT_EQ(okx.connector().sessions().size(), 1U);
}

TEST(Session, SymbolsComeAndGo) {
  VirtualVenue kraken("kraken", quiet());
  const ListingId btc = kraken.watch("BTC/USD");
  kraken.start();
  kraken.run(seconds(1));
  const ListingId eth = kraken.watch("ETH/USD");
  kraken.run(seconds(1));
  EXPECT_EQ(kraken.state(eth), "live");
  kraken.unwatch(btc);
  kraken.run(seconds(1));
  EXPECT_EQ(kraken.state(btc), "none");
  kraken.unwatch(eth);
  kraken.run(seconds(1));
  EXPECT_EQ(kraken.open(), 0U);
  kraken.watch("SOL/USD");
  kraken.run(seconds(30));
  EXPECT_EQ(kraken.open(), 1U);
  EXPECT_EQ(kraken.state(ListingId{2}), "live");
}

TEST(Session, WithoutAnOriginTheAddressStays) {
  EXPECT_EQ(with_origin("wss://a.b:1/c?d=e", ""), "wss://a.b:1/c?d=e");
  EXPECT_EQ(with_origin("wss://a.b:1/c?d=e", "ws://127.0.0.1:9/x"), "ws://127.0.0.1:9/x/c?d=e");
  EXPECT_EQ(with_origin("wss://ws.gemini.com?snapshot=-1", "wss://localhost"), "wss://localhost?snapshot=-1");
  EXPECT_EQ(with_origin("wss://ws.bitstamp.net", "wss://localhost"), "wss://localhost");
}

}  // namespace
}  // namespace crossbook::shard
