// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/endpoint.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "crossbook/market/endpoint_test_tools.hpp"

namespace crossbook::market {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class EveryFeed : public testing::TestWithParam<std::string_view> {};

std::string feed_name(const testing::TestParamInfo<std::string_view>& feed) {
  std::string name(feed.param);
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Endpoint, EveryFeed, testing::ValuesIn(endpoint_feeds()), feed_name);

// Subscribes to everything and fetches where the venue's rule says so.
void start(Connected& desk) {
  desk.open();
  desk.subscribe();
  desk.run(seconds(2));
  if (!desk.protocol.rest) return;
  desk.fetch_all();
  desk.run(seconds(2));  // until the stream has passed what was fetched
}

TEST_P(EveryFeed, GivesAClientTheTrueBookAtEverySequence) {
  Connected desk(small_venue(GetParam(), 3));
  start(desk);
  int compared = 0;
  desk.run(seconds(30), [&] {
    for (std::size_t i = 0; i < desk.endpoint.venue().listings.size(); ++i) {
      ASSERT_TRUE(desk.holds_truth(i)) << desk.endpoint.venue().listings[i].raw_symbol;
      ++compared;
    }
  });
  EXPECT_GT(compared, 300);
  EXPECT_THAT(desk.client().errors, IsEmpty());
  EXPECT_THAT(desk.client().losses_seen, IsEmpty());
  EXPECT_EQ(desk.client().trades[std::string(GetParam())] > 5, desk.protocol.trades != nullptr);
  EXPECT_FALSE(desk.client().kinds[std::string(GetParam())].contains(FrameKind::unknown));
  EXPECT_FALSE(desk.client().kinds[std::string(GetParam())].contains(FrameKind::error));
}

TEST_P(EveryFeed, SaysTheSameForTheSameSeed) {
  const auto all = [](std::uint64_t seed) {
    EndpointOptions options = small_venue(GetParam());
    options.seed = seed;
    options.faults = {fault("drop:rate=0.05"), fault("truncate:rate=0.05"), fault("duplicate"), fault("delay")};
    Connected desk(options);
    start(desk);
    desk.run(seconds(10));
    return desk.received;
  };
  EXPECT_EQ(all(1), all(1));
  EXPECT_NE(all(1), all(2));
}

TEST_P(EveryFeed, AnswersNonsenseWithAnErrorAndGoesOn) {
  Connected desk(small_venue(GetParam()));
  desk.open();
  desk.received.clear();
  for (const std::string_view nonsense : {"{", "[1,2", "nonsense", "{}", "[]", "null", R"({"op":7,"method":{}})"}) {
    desk.send(nonsense);
    desk.run(milliseconds(500));
  }
  EXPECT_GE(desk.received.size(), 7u);
  EXPECT_EQ(desk.endpoint.counts().refused, 7);
  EXPECT_THAT(desk.others, IsEmpty());
  EXPECT_TRUE(desk.client().kinds[std::string(GetParam())].contains(FrameKind::error));
  EXPECT_THAT(desk.client().errors, IsEmpty());
}

TEST_P(EveryFeed, TellsASecondClientTheSameBookFromWhereItJoins) {
  Connected desk(small_venue(GetParam()));
  start(desk);
  desk.run(seconds(5));
  desk.endpoint.closed(desk.id);
  desk.id = ClientId(2);
  start(desk);
  desk.run(seconds(5));
  EXPECT_TRUE(desk.holds_truth(0));
  EXPECT_TRUE(desk.holds_truth(1));
  EXPECT_THAT(desk.client().losses_seen, IsEmpty());
}

TEST_P(EveryFeed, NamesEachStateByANumberThatGrows) {
  Connected desk(small_venue(GetParam(), 1));
  start(desk);
  desk.run(seconds(5));
  const std::vector<Truth>& truths = desk.endpoint.truths();
  ASSERT_GT(truths.size(), 5u);
  for (std::size_t i = 1; i < truths.size(); ++i) {
    EXPECT_GE(truths[i].sequence, truths[i - 1].sequence);
    // A REST answer and the message after it may show one state.
    if (truths[i].sequence > truths[i - 1].sequence) continue;
    EXPECT_EQ(truths[i].bids, truths[i - 1].bids);
    EXPECT_EQ(truths[i].asks, truths[i - 1].asks);
  }
}

// Expects what one message is answered with, up to the first part of each answer.
void expect_answers(std::string_view feed, std::string_view message, const std::vector<std::string>& parts) {
  Connected desk(small_venue(feed));
  desk.open("/ws");
  desk.received.clear();
  desk.send(message);
  ASSERT_GE(desk.received.size(), parts.size()) << feed << " " << message;
  for (std::size_t i = 0; i < parts.size(); ++i) EXPECT_THAT(desk.received[i], HasSubstr(parts[i])) << message;
}

TEST(Endpoint, AnswersInTheWordsOfTheVenue) {
  expect_answers("binance", R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":7})",
                 {R"({"result":null,"id":7})"});
  expect_answers("binance", R"({"method":"SUBSCRIBE","params":["nosuch@depth"],"id":"a"})",
                 {R"({"result":null,"id":"a"})"});
  expect_answers("binance", R"({"method":"LIST_SUBSCRIPTIONS","id":3})", {R"({"result":[],"id":3})"});
  expect_answers("binance", R"({"method":"FROB","id":3})", {R"({"code":2,"msg":"Invalid request)"});
  expect_answers(
      "kraken",
      R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USDT","X/Y"],"depth":25},"req_id":4})",
      {R"("success":true)", R"("success":false,"error":"Currency pair not supported X/Y")",
       R"({"channel":"book","type":"snapshot")"});
  expect_answers("kraken", R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USDT"],"depth":11}})",
                 {"Subscription depth not supported"});
  expect_answers("kraken", R"({"method":"ping","req_id":9})", {R"({"method":"pong")"});
  expect_answers("okx", "ping", {"pong"});
  expect_answers("okx", R"({"id":"1","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})",
                 {R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"})", R"("snapshot")"});
  expect_answers("okx", R"({"op":"subscribe","args":[{"channel":"books","instId":"NO-SUCH"}]})",
                 {R"("event":"error","code":"60018")"});
  expect_answers("okx", R"({"op":"subscribe"})", {R"("event":"error","code":"60012")"});
  expect_answers("bybit-spot", R"({"req_id":"a1","op":"subscribe","args":["orderbook.50.BTCUSDT"]})",
                 {R"("success":true)", R"("type":"snapshot")"});
  expect_answers("bybit-spot", R"({"op":"subscribe","args":["orderbook.50.NOSUCH"]})",
                 {R"({"success":false,"ret_msg":"error:handler not found,topic:orderbook.50.NOSUCH")"});
  expect_answers("bybit-spot", R"({"op":"subscribe","args":["1","2","3","4","5","6","7","8","9","10","11"]})",
                 {"args size >10"});
  expect_answers("bybit-spot", R"({"op":"ping"})", {R"("ret_msg":"pong")"});
  expect_answers("bybit-linear", R"({"req_id":"a1","op":"subscribe","args":["orderbook.200.BTCUSDT"]})",
                 {R"("success":true)", R"("type":"snapshot")"});
  // The limit of ten is spot's.
  expect_answers("bybit-linear", R"({"op":"subscribe","args":["1","2","3","4","5","6","7","8","9","10","11"]})",
                 {"error:handler not found,topic:1"});
  expect_answers("coinbase", R"({"type":"subscribe","product_ids":["BTC-USDT"],"channel":"level2"})",
                 {R"("events":[{"subscriptions":{"level2":["BTC-USDT"]}}])", R"("type":"snapshot")"});
  expect_answers("coinbase", R"({"type":"subscribe","product_ids":["NO-SUCH"],"channel":"level2"})",
                 {R"({"type":"error","message":"NO-SUCH is not a valid product"})"});
  expect_answers("coinbase-exchange",
                 R"({"type":"subscribe","product_ids":["BTC-USDT"],"channels":["level2_batch","heartbeat"]})",
                 {R"({"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USDT"])",
                  R"({"type":"snapshot")"});
  expect_answers("bitstamp", R"({"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusdt"}})",
                 {R"({"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusdt","data":{}})"});
  expect_answers("bitstamp", R"({"event":"bts:subscribe","data":{"channel":"frob"}})",
                 {R"({"event":"bts:error","channel":"frob")"});
  expect_answers("bitstamp", R"({"event":"bts:heartbeat"})", {R"({"status":"success"})"});
}

TEST(Endpoint, UnsubscribingEndsTheStreamAndSubscribingAgainBringsASnapshot) {
  Connected desk(small_venue("bybit-spot"));
  desk.open();
  desk.send(R"({"op":"subscribe","args":["orderbook.50.BTCUSDT"]})");
  desk.run(seconds(1));
  desk.send(R"({"op":"unsubscribe","args":["orderbook.50.BTCUSDT"]})");
  desk.received.clear();
  desk.run(seconds(1));
  EXPECT_THAT(desk.received, IsEmpty());
  desk.send(R"({"op":"subscribe","args":["orderbook.50.BTCUSDT"]})");
  EXPECT_THAT(desk.received, ElementsAre(HasSubstr("subscribe"), HasSubstr("snapshot")));
}

TEST(Endpoint, SendsBinancePayloadsBareWhereTheAddressAsksForIt) {
  Connected desk(small_venue("binance"));
  desk.open("/ws/btcusdt@depth@100ms");
  desk.run(seconds(1));
  ASSERT_FALSE(desk.received.empty());
  for (const std::string& text : desk.received) EXPECT_THAT(text, testing::StartsWith(R"({"e":"depthUpdate")"));
}

// Futures: pu is the u before, and U leaves numbers out, which are other symbols'.
void expect_chained(std::string_view feed, std::string_view target) {
  Connected desk(small_venue(feed, 1));
  std::vector<SequenceSpan> spans;
  desk.open(target);
  desk.run(seconds(5), [&] {
    for (const BookEvent& event : desk.client().batch.books) spans.push_back(event.sequence);
    desk.client().batch.clear();
  });
  ASSERT_GT(spans.size(), 20u);
  for (std::size_t i = 1; i < spans.size(); ++i) {
    EXPECT_EQ(spans[i].previous, spans[i - 1].last);
    EXPECT_GT(spans[i].first.value(), spans[i - 1].last.value() + 1);
    EXPECT_LE(spans[i].first, spans[i].last);
  }
}

TEST(Endpoint, ChainsFuturesByThePreviousIdAlone) {
  expect_chained("binance-usdm", "/public/stream?streams=btcusdt@depth@100ms");
  expect_chained("binance-coinm", "/stream?streams=btcusd_perp@depth@100ms");
}

TEST(Endpoint, PublishesDepthWithoutAPeriodAsOftenAsTheMarketDoes) {
  const auto messages = [](std::string_view feed, std::string_view target) {
    Connected desk(small_venue(feed, 1));
    desk.open(target);
    desk.run(seconds(10));
    for (const std::string& text : desk.received) EXPECT_THAT(text, HasSubstr(R"(@depth","data")"));
    return desk.received.size();
  };
  EXPECT_NEAR(static_cast<double>(messages("binance", "/stream?streams=btcusdt@depth")), 10, 1);
  EXPECT_NEAR(static_cast<double>(messages("binance-usdm", "/public/stream?streams=btcusdt@depth")), 40, 2);
}

// Contracts of 100 USD for BTC and 10 for the others; at a best price stand some ten thousand USD, as of pairs.
TEST(Endpoint, CountsContractsOfCoinFutures) {
  Connected desk(small_venue("binance-coinm"));
  EXPECT_EQ(desk.endpoint.venue().listings[0].contract_size, 100);
  EXPECT_EQ(desk.endpoint.venue().listings[1].contract_size, 10);
  desk.open("/stream?streams=btcusd_perp@depth@100ms/btcusd_perp@aggTrade");
  desk.run(seconds(30));
  EXPECT_GT(desk.client().trades["binance-coinm"], 5);
  const Truth truth = desk.endpoint.true_book("BTCUSD_PERP").value();
  EXPECT_EQ(truth.symbol, "BTC/USD:BTC");
  EXPECT_EQ(truth.quantity_scale, 0);
  std::int64_t contracts = 0;
  for (std::size_t i = 0; i < 10; ++i) contracts += truth.bids[i].quantity.count();
  EXPECT_GT(contracts * 100 / 10, 1'000);
  EXPECT_LT(contracts * 100 / 10, 1'000'000);
}

TEST(Endpoint, SendsNoTradesOfFuturesWhereTheirBooksAre) {
  Connected desk(small_venue("binance-usdm"));
  desk.open("/public/ws/btcusdt@trade");
  desk.run(seconds(10));
  EXPECT_THAT(desk.received, IsEmpty());
  desk.send(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})");
  desk.run(seconds(10));
  EXPECT_THAT(desk.received, ElementsAre(R"({"result":null,"id":1})"));
}

TEST(Endpoint, SendsAwayWhoSaysTooMuchOrNothing) {
  Connected loud(small_venue("binance"));
  loud.open();
  for (int i = 0; i < 6; ++i) loud.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  ASSERT_EQ(loud.others.size(), 1u);
  EXPECT_EQ(loud.others[0].kind, Outgoing::Kind::close);
  EXPECT_EQ(loud.others[0].code, 1008);
  Connected patient(small_venue("binance-usdm"));
  patient.open();
  for (int i = 0; i < 10; ++i) patient.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  EXPECT_THAT(patient.others, IsEmpty());
  Connected shy(small_venue("coinbase"));
  shy.open();
  shy.run(milliseconds(4'990));
  EXPECT_THAT(shy.others, IsEmpty());
  shy.run(milliseconds(20));
  ASSERT_EQ(shy.others.size(), 1u);
  Connected wordy(small_venue("bitstamp"));
  wordy.open();
  wordy.send(std::string(512, 'x'));
  ASSERT_EQ(wordy.others.size(), 1u);
  EXPECT_EQ(wordy.others[0].code, 1009);
}

TEST(Endpoint, PingsWhereTheVenueDoes) {
  Connected desk(small_venue("binance"));
  desk.open();
  desk.run(seconds(41));
  EXPECT_EQ(desk.others.size(), 2u);
  EXPECT_EQ(desk.others[0].kind, Outgoing::Kind::ping);
}

TEST(Endpoint, BeatsEachSecondOnlyForWhoSubscribed) {
  Connected desk(small_venue("coinbase"));
  desk.open();
  desk.send(R"({"type":"subscribe","channel":"heartbeats"})");
  desk.received.clear();
  desk.run(seconds(5));
  EXPECT_EQ(desk.received.size(), 5u);
  EXPECT_THAT(desk.received[0], HasSubstr(R"("heartbeat_counter":1)"));
}

// The next frame of each client carries what the answer showed before it was published.
TEST(Endpoint, ABookFetchedBetweenTwoFramesBridges) {
  for (const std::string_view feed : {"binance", "binance-usdm", "binance-coinm"}) {
    Connected desk(small_venue(feed, 1));
    desk.open();
    desk.subscribe();
    desk.run(milliseconds(450));
    int bridged = 0;
    for (int i = 0; i < 50; ++i) {
      desk.fetch_all();
      desk.run(milliseconds(237));
      ASSERT_TRUE(desk.holds_truth(0)) << feed;
      ++bridged;
    }
    EXPECT_EQ(bridged, 50);
  }
}

// A hidden price of its own would part them by several dollars within seconds.
TEST(Endpoint, AContractCostsWhatItsPairDoes) {
  const std::vector<std::string> symbols{"ETH/USDT", "BTC/USDT", "BTC/USDT:USDT"};
  const auto mid = [&](std::string_view feed) {
    EndpointOptions options;
    options.instruments = named_instruments(symbols);
    options.venue = venue_listing(feed, options.instruments).value();
    Connected desk(options);
    desk.open();
    desk.subscribe();
    desk.run(seconds(300));
    const Truth truth = desk.endpoint.true_book("BTCUSDT").value();
    const auto sum = truth.bids[0].price.count() + truth.asks[0].price.count();
    return static_cast<double>(sum) / 2 / (truth.price_scale == 2 ? 100 : 10);
  };
  const double spot = mid("binance");
  EXPECT_GT(std::abs(spot - 64'250), 20);
  EXPECT_NEAR(mid("binance-usdm"), spot, 10);
  EXPECT_NEAR(mid("bybit-linear"), spot, 10);
}

TEST(Endpoint, ListsWhatIsOfItsMarket) {
  const std::vector<std::string> symbols{"BTC/USDT", "BTC/USDT:USDT", "ETH/USDC:USDC", "SOL/USD:SOL"};
  const auto raw_symbols = [&](std::string_view feed) {
    std::vector<std::string> raw;
    const VenueOptions venue = venue_listing(feed, named_instruments(symbols)).value();
    for (const ListingOptions& listing : venue.listings) raw.push_back(listing.raw_symbol);
    return raw;
  };
  EXPECT_THAT(raw_symbols("okx"), ElementsAre("BTC-USDT"));
  EXPECT_THAT(raw_symbols("binance-usdm"), ElementsAre("BTCUSDT", "ETHUSDC"));
  EXPECT_THAT(raw_symbols("bybit-linear"), ElementsAre("BTCUSDT", "ETHPERP"));
  EXPECT_THAT(raw_symbols("binance-coinm"), ElementsAre("SOLUSD_PERP"));
}

std::string body(std::string_view feed, std::string_view target, int status = 200) {
  Connected desk(small_venue(feed));
  desk.run(seconds(1));
  const HttpAnswer answer = desk.endpoint.get(target, desk.now, desk.outbox);
  EXPECT_EQ(answer.status, status) << target;
  return answer.body;
}

TEST(Endpoint, ListsItsInstrumentsWithTickLotAndMinimum) {
  EXPECT_THAT(body("binance", "/api/v3/exchangeInfo"),
              AllOf(HasSubstr(R"("symbol":"BTCUSDT","status":"TRADING")"), HasSubstr(R"("tickSize":"0.01000000")"),
                    HasSubstr(R"("stepSize":"0.00001000")"), HasSubstr(R"("minNotional":"5.00000000")")));
  EXPECT_THAT(body("kraken", "/0/public/AssetPairs"),
              AllOf(HasSubstr(R"("wsname":"BTC/USDT")"), HasSubstr(R"("tick_size":"0.1")"),
                    HasSubstr(R"("ordermin":"0.00000001","costmin":"5")")));
  EXPECT_THAT(
      body("okx", "/api/v5/public/instruments?instType=SPOT"),
      AllOf(HasSubstr(R"("instId":"ETH-USDT")"), HasSubstr(R"("tickSz":"0.01")"), HasSubstr(R"("minSz":"0.000001")")));
  EXPECT_THAT(body("bybit-spot", "/v5/market/instruments-info?category=spot"),
              AllOf(HasSubstr(R"("basePrecision":"0.000001")"), HasSubstr(R"("tickSize":"0.1")"),
                    HasSubstr(R"("minOrderAmt":"5")")));
  EXPECT_THAT(body("binance-usdm", "/fapi/v1/exchangeInfo"),
              AllOf(HasSubstr(R"("symbol":"BTCUSDT")"), HasSubstr(R"("marginAsset":"USDT")"),
                    HasSubstr(R"("contractType":"PERPETUAL")"), HasSubstr(R"("baseAsset":"BTC")"),
                    HasSubstr(R"("quoteAsset":"USDT")"), HasSubstr(R"("tickSize":"0.1")"),
                    HasSubstr(R"("stepSize":"0.001")"), HasSubstr(R"({"filterType":"MIN_NOTIONAL","notional":"5"})")));
  EXPECT_THAT(body("binance-coinm", "/dapi/v1/exchangeInfo"),
              AllOf(HasSubstr(R"("symbol":"BTCUSD_PERP","pair":"BTCUSD","marginAsset":"BTC")"),
                    HasSubstr(R"("contractSize":100)"), HasSubstr(R"("contractSize":10,)"),
                    HasSubstr(R"("contractStatus":"TRADING")"), HasSubstr(R"("stepSize":"1")")));
  EXPECT_THAT(body("binance-coinm", "/dapi/v1/depth?symbol=ETHUSD_PERP"),
              HasSubstr(R"("symbol":"ETHUSD_PERP","pair":"ETHUSD","E":)"));
  EXPECT_THAT(body("bybit-linear", "/v5/market/instruments-info?category=linear&limit=1000"),
              AllOf(HasSubstr(R"("symbol":"BTCUSDT")"), HasSubstr(R"("settleCoin":"USDT")"),
                    HasSubstr(R"("qtyStep":"0.001")"), HasSubstr(R"("tickSize":"0.1")")));
  EXPECT_THAT(body("bybit-linear", "/v5/market/instruments-info?category=spot"), HasSubstr(R"("list":[])"));
  EXPECT_THAT(body("coinbase", "/api/v3/brokerage/market/products"),
              AllOf(HasSubstr(R"("product_id":"BTC-USDT")"), HasSubstr(R"("price_increment":"0.01")"),
                    HasSubstr(R"("quote_min_size":"5")")));
  EXPECT_THAT(body("coinbase-exchange", "/products"), HasSubstr(R"([{"id":"BTC-USDT")"));
  EXPECT_THAT(body("bitstamp", "/api/v2/markets/"),
              AllOf(HasSubstr(R"("market_symbol":"btcusdt")"), HasSubstr(R"("base_decimals":8,"counter_decimals":0)"),
                    HasSubstr(R"("minimum_order_value":"5.00000")")));
}

TEST(Endpoint, RefusesWhatItDoesNotHave) {
  EXPECT_THAT(body("binance", "/api/v3/depth?symbol=NOSUCH", 400), HasSubstr("-1121"));
  EXPECT_THAT(body("binance-usdm", "/fapi/v1/depth?symbol=NOSUCH", 400), HasSubstr("-1121"));
  EXPECT_THAT(body("binance-usdm", "/api/v3/depth?symbol=BTCUSDT", 404), HasSubstr("no such path"));
  EXPECT_THAT(body("okx", "/api/v5/market/books?instId=NO-SUCH"), HasSubstr("51001"));
  EXPECT_THAT(body("bitstamp", "/api/v2/order_book/nosuch/", 404), HasSubstr("Not found"));
  for (const std::string_view feed : endpoint_feeds()) EXPECT_FALSE(body(feed, "/no/such/path", 404).empty());
}

TEST(Endpoint, PlaysTheDialogueAloneAndForwardsWhatItIsGiven) {
  EndpointOptions options = small_venue("coinbase");
  options.dialogue_only = true;
  Connected desk(options);
  desk.open();
  desk.send(R"({"type":"subscribe","product_ids":["BTC-USDT"],"channel":"level2"})");
  desk.run(seconds(10));
  EXPECT_THAT(desk.received, ElementsAre(HasSubstr("subscriptions")));
  EXPECT_TRUE(desk.endpoint.subscribed(desk.id, Channel::book, "BTC-USDT"));
  EXPECT_FALSE(desk.endpoint.subscribed(desk.id, Channel::book, "ETH-USDT"));
  EXPECT_FALSE(desk.endpoint.subscribed(ClientId(9)));
  EXPECT_EQ(desk.endpoint.take_sequence(desk.id, 2), 3);
  EXPECT_EQ(desk.endpoint.take_sequence(desk.id, 0), 4);
  desk.endpoint.forward(desk.id, "{}", desk.outbox);
  EXPECT_EQ(desk.outbox.size(), 1u);
  EXPECT_EQ(
      desk.endpoint.get("/api/v3/brokerage/market/product_book?product_id=BTC-USDT", desk.now, desk.outbox).status,
      404);
}

TEST(Endpoint, ReadsPercentSignsInARequest) {
  EXPECT_THAT(body("kraken", "/0/public/Depth?pair=BTC%2FUSDT&count=2"), HasSubstr(R"("BTCUSDT":{"asks":[[")"));
}

}  // namespace
}  // namespace crossbook::market
