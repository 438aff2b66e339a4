// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

constexpr auto update = R"({"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z",)"
                        R"("sequence_num":7,"events":[{"type":"update","product_id":"BTC-USD","updates":[)"
                        R"({"side":"bid","event_time":"2023-02-09T20:32:50.5Z","price_level":"21921.73",)"
                        R"("new_quantity":"0.06317902"},{"side":"offer","event_time":"2023-02-09T20:32:50.6Z",)"
                        R"("price_level":"21921.3","new_quantity":"0.00000000"}]}]})"sv;
constexpr auto exchange_update = R"({"type":"l2update","product_id":"BTC-USD","changes":[["buy","22356.270000",)"
                                 R"("0.00000000"],["sell","22356.300000","1.00000000"]],)"
                                 R"("time":"2022-08-04T15:25:05.010758Z"})"sv;

TEST(CoinbaseAdvanced, AnUpdateCarriesBothSidesAndTheConnectionsCounter) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode(update));
  EXPECT_EQ(feed.levels(Side::bid), "21921.73 x 0.06317902");
  EXPECT_EQ(feed.levels(Side::ask), "21921.3 x 0");
  EXPECT_EQ(feed.batch.connection_sequence, 7);
  EXPECT_EQ(feed.batch.books[0].sequence.last, 7);
  EXPECT_EQ(feed.batch.books[0].ts_event, Wall(1'675'974'770'600'000'000));  // the later of its levels
  EXPECT_EQ(feed.listings[feed.batch.books[0].listing].instrument.symbol, "BTC/USD");
}

TEST(CoinbaseAdvanced, ASnapshotWhoseRowsSay1970HasTheTimeOfSending) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode(R"({"channel":"l2_data","timestamp":"2023-02-09T20:32:50Z","sequence_num":0,"events":[)"
                          R"({"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid",)"
                          R"("event_time":"1970-01-01T00:00:00Z","price_level":"1","new_quantity":"2"}]}]})"));
  EXPECT_EQ(feed.batch.books[0].kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.batch.books[0].ts_event, Wall(1'675'974'770'000'000'000));
}

TEST(CoinbaseAdvanced, OneFrameMayHoldSeveralProducts) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode(
      R"({"channel":"l2_data","timestamp":"2023-02-09T20:32:50Z","sequence_num":3,"events":[)"
      R"({"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2023-02-09T20:32:50Z",)"
      R"("price_level":"100.5","new_quantity":"2"}]},)"
      R"({"type":"update","product_id":"ETH-USD","updates":[{"side":"bid","event_time":"2023-02-09T20:32:50Z",)"
      R"("price_level":"7","new_quantity":"0.25"}]}]})"));
  ASSERT_EQ(feed.batch.books.size(), 2U);
  EXPECT_EQ(feed.levels(Side::bid, 0), "100.5 x 2");
  EXPECT_EQ(feed.levels(Side::bid, 1), "7 x 0.25");
}

TEST(CoinbaseAdvanced, EveryChannelAdvancesTheCounter) {
  FeedUnderTest feed("coinbase");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return std::pair(feed.batch.kind, feed.batch.connection_sequence.value_or(-1));
  };
  EXPECT_EQ(kind(R"({"channel":"subscriptions","sequence_num":2,"events":[{"subscriptions":{"level2":["BTC-USD"]}}]})"),
            std::pair(FrameKind::ack, std::int64_t{2}));
  EXPECT_EQ(kind(R"({"channel":"heartbeats","sequence_num":35,"events":[{"heartbeat_counter":41691}]})"),
            std::pair(FrameKind::heartbeat, std::int64_t{35}));
  EXPECT_EQ(kind(R"({"channel":"candles","sequence_num":4,"events":[]})"),
            std::pair(FrameKind::status, std::int64_t{4}));
  EXPECT_EQ(kind(R"({"channel":"weather","sequence_num":5,"events":[]})"),
            std::pair(FrameKind::unknown, std::int64_t{5}));
  EXPECT_EQ(kind(R"({"type":"error","message":"no such product"})"), std::pair(FrameKind::error, std::int64_t{-1}));
  EXPECT_FALSE(feed.decode(R"({"channel":"heartbeats","events":[]})"));
}

TEST(CoinbaseAdvanced, ThePrintedSideIsTheMakersAndTheOldestPrintLeavesFirst) {
  FeedUnderTest feed("coinbase");
  const std::string trades =
      R"("trades":[{"trade_id":"2","product_id":"BTC-USD","price":"101","size":"0.5","side":"BUY",)"
      R"("time":"2026-04-07T14:30:02.8Z"},{"trade_id":"1","product_id":"BTC-USD","price":"100","size":"0.25",)"
      R"("side":"SELL","time":"2026-04-07T14:30:02.78Z"}]}]})";
  const std::string head = R"({"channel":"market_trades","timestamp":"2026-04-07T14:30:03Z","sequence_num":5,)";
  ASSERT_TRUE(feed.decode(head + R"("events":[{"type":"update",)" + trades));
  EXPECT_EQ(feed.trade(0), "buy 100 x 0.25");
  EXPECT_EQ(feed.trade(1), "sell 101 x 0.5");
  EXPECT_FALSE(feed.batch.trades[0].history);
  ASSERT_TRUE(feed.decode(head + R"("events":[{"type":"snapshot",)" + trades));
  EXPECT_TRUE(feed.batch.trades[0].history);
}

TEST(CoinbaseAdvanced, TheTickerIsABestBidAndAsk) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode(R"({"channel":"ticker","timestamp":"2026-04-07T14:30:03Z","sequence_num":12,"events":[)"
                          R"({"type":"snapshot","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"1",)"
                          R"("best_bid":"68900.00","best_bid_quantity":"1.5","best_ask":"68901.5",)"
                          R"("best_ask_quantity":"0.5"}]}]})"));
  ASSERT_EQ(feed.batch.bbos.size(), 1U);
  const Bbo& bbo = feed.batch.bbos[0];
  EXPECT_EQ(feed.text(bbo.listing, *bbo.bid), "68900 x 1.5");
  EXPECT_EQ(feed.text(bbo.listing, *bbo.ask), "68901.5 x 0.5");
  EXPECT_EQ(bbo.sequence, 12);
}

TEST(CoinbaseAdvanced, ProductsTeachIncrementsOfListingsThatExist) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode(update));
  const std::string body =
      R"({"products":[{"product_id":"BTC-USD","base_increment":"0.00000001","quote_increment":"0.01",)"
      R"("base_min_size":"0.0001","quote_min_size":"1"},{"product_id":"ABC-USD","base_increment":"1"}],"num":2})";
  ASSERT_TRUE(feed.decode_http("https://api.coinbase.com/api/v3/brokerage/market/products", body));
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  EXPECT_EQ(feed.listings.size(), 1U);
  const Instrument& instrument = feed.listings.begin()->instrument;
  EXPECT_EQ(instrument.tick_size, "0.01");
  EXPECT_EQ(instrument.lot_size, "0.00000001");
  EXPECT_EQ(instrument.min_quantity, "0.0001");
  EXPECT_EQ(instrument.min_notional, "1");
}

TEST(CoinbaseAdvanced, AProductBookByRestIsASnapshot) {
  FeedUnderTest feed("coinbase");
  ASSERT_TRUE(feed.decode_http(
      "https://api.coinbase.com/api/v3/brokerage/market/product_book?product_id=BTC-USD",
      R"({"pricebook":{"product_id":"BTC-USD","bids":[{"price":"68923.66","size":"0.17"}],"asks":[{"price":"68926",)"
      R"("size":"0.058"}],"time":"2026-04-07T00:28:59.662782Z"},"last":"68923.665"})"));
  EXPECT_TRUE(feed.batch.books.at(0).from_rest);
  EXPECT_EQ(feed.levels(Side::bid), "68923.66 x 0.17");
  EXPECT_EQ(feed.levels(Side::ask), "68926 x 0.058");
}

TEST(CoinbaseAdvanced, ABrokenLevelNamesItsBook) {
  FeedUnderTest feed("coinbase");
  for (const auto& [from, to] : {std::pair("21921.73"s, "-1"s),
                                 {"21921.73"s, "0"s},
                                 {"0.06317902"s, "-2"s},
                                 {"\"bid\""s, "\"both\""s},
                                 {"2023-02-09T20:32:50.5Z"s, "yesterday"s},
                                 {"\"price_level\""s, "\"price\""s}}) {
    std::string frame(update);
    frame.replace(frame.find(from), from.size(), to);
    const auto result = feed.decode(frame);
    ASSERT_FALSE(result) << frame;
    EXPECT_EQ(result.error().code, Errc::malformed);
    ASSERT_TRUE(feed.context.named) << frame;
    EXPECT_EQ(feed.raw_symbol(*feed.context.named), "BTC-USD");
  }
}

TEST(CoinbaseAdvanced, AScannedUpdateIsTheParsedOne) {
  FeedUnderTest feed("coinbase");
  expect_scanned_as_parsed(feed, update);
}

TEST(CoinbaseAdvanced, ACutFrameIsNeverAShorterOne) {
  FeedUnderTest feed("coinbase");
  expect_every_cut_malformed(feed, update);
}

TEST(CoinbaseExchange, AnUpdateHasNoSequence) {
  FeedUnderTest feed("coinbase-exchange");
  ASSERT_TRUE(feed.decode(exchange_update));
  EXPECT_EQ(feed.levels(Side::bid), "22356.27 x 0");
  EXPECT_EQ(feed.levels(Side::ask), "22356.3 x 1");
  EXPECT_FALSE(feed.batch.books[0].sequence.last);
  EXPECT_FALSE(feed.batch.connection_sequence);
  EXPECT_EQ(feed.batch.books[0].ts_event, Wall(1'659'626'705'010'758'000));
}

TEST(CoinbaseExchange, ATimeOfYearOneIsNone) {
  FeedUnderTest feed("coinbase-exchange");
  ASSERT_TRUE(feed.decode(R"({"type":"l2update","product_id":"BTC-EUR","changes":[["buy","9202.70","0.5"]],)"
                          R"("time":"0001-01-01T00:00:00.000000Z"})"));
  EXPECT_FALSE(feed.batch.books[0].ts_event);
}

TEST(CoinbaseExchange, SnapshotsMayNameTheirTypeLast) {
  FeedUnderTest feed("coinbase-exchange");
  ASSERT_TRUE(feed.decode(R"({"product_id":"BAT-USDC","bids":[["0.247175","5299"]],"asks":[["0.257175","12"]],)"
                          R"("type":"snapshot"})"));
  EXPECT_EQ(feed.batch.books[0].kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::bid), "0.247175 x 5299");
}

TEST(CoinbaseExchange, ThePrintedSideIsTheMakersAndTheLastMatchIsHistory) {
  FeedUnderTest feed("coinbase-exchange");
  const std::string rest = R"("trade_id":1,"side":"buy","size":"0.97","price":"4.978","product_id":"ETC-GBP",)"
                           R"("sequence":253395153,"time":"2019-08-01T00:00:03.816000Z"})";
  ASSERT_TRUE(feed.decode(R"({"type":"match",)" + rest));
  EXPECT_EQ(feed.trade(), "sell 4.978 x 0.97");
  EXPECT_FALSE(feed.batch.trades[0].history);
  ASSERT_TRUE(feed.decode(R"({"type":"last_match",)" + rest));
  EXPECT_TRUE(feed.batch.trades[0].history);
}

TEST(CoinbaseExchange, OnlyATickerWithSizesIsABestBidAndAsk) {
  FeedUnderTest feed("coinbase-exchange");
  ASSERT_TRUE(feed.decode(R"({"type":"ticker","product_id":"BTC-USD","best_bid":"4094.99","best_ask":"4095"})"));
  EXPECT_TRUE(feed.batch.bbos.empty());
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
  ASSERT_TRUE(feed.decode(R"({"type":"ticker","product_id":"BTC-USD","best_bid":"17165.15","best_bid_size":"0.6",)"
                          R"("best_ask":"17167.76","best_ask_size":"0.2","time":"2022-12-01T00:00:00.122581Z"})"));
  EXPECT_EQ(feed.text(feed.batch.bbos.at(0).listing, *feed.batch.bbos[0].bid), "17165.15 x 0.6");
}

TEST(CoinbaseExchange, ABookByRestTakesItsProductFromTheAddress) {
  FeedUnderTest feed("coinbase-exchange");
  ASSERT_TRUE(feed.decode_http("https://api.exchange.coinbase.com/products/BTC-USD/book?level=2",
                               R"({"bids":[["1.5","2",3]],"asks":[],"sequence":5,"time":"2022-12-01T00:00:00Z"})"));
  EXPECT_EQ(feed.levels(Side::bid), "1.5 x 2");
  EXPECT_TRUE(feed.batch.books[0].from_rest);
}

TEST(CoinbaseExchange, ACutFrameIsNeverAShorterOne) {
  FeedUnderTest feed("coinbase-exchange");
  expect_every_cut_malformed(feed, exchange_update);
}

}  // namespace
}  // namespace crossbook::venue
