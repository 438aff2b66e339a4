// SPDX-License-Identifier: Apache-2.0
//
// What goes over the wire, against the texts of the venues' pages, written here by hand.
#include "crossbook/venue/streams.hpp"

#include <gtest/gtest.h>

#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"
#include "crossbook/venue/streams_test_tools.hpp"

namespace crossbook::venue {
namespace {

TEST(Streams, EveryRowBelongsToAFeedAndCanBeSpoken) {
  for (const StreamDialect* row : stream_dialects()) {
    SCOPED_TRACE(row->feed);
    EXPECT_TRUE(find_feed(row->feed).has_value());
    EXPECT_EQ(find_streams(row->feed), row);
    EXPECT_NE(row->request, nullptr);
    EXPECT_NE(row->answer, nullptr);
    EXPECT_GT(row->streams_max, 0U);
    EXPECT_GT(row->connects.count, 0);
    EXPECT_FALSE(row->source.empty());
    EXPECT_TRUE(row->rest.starts_with("https://"));
    EXPECT_EQ(row->resync == ResyncBy::request, row->snapshot_request != nullptr);
    EXPECT_EQ(row->token_path.empty(), row->token_address == nullptr);
  }
  EXPECT_EQ(find_streams("kraken-v1"), nullptr);
}

TEST(Streams, AConnectionIsPingedBeforeItsSilenceIsTooLong) {
  for (const StreamDialect* row : stream_dialects()) {
    EXPECT_LT(row->ping_every, feed(*find_feed(row->feed)).silence_max) << row->feed;
  }
}

TEST(Streams, TheDepthIsTheLeastThatIsEnough) {
  EXPECT_EQ(depth_of(row("kraken"), 0), 100U);
  EXPECT_EQ(depth_of(row("kraken"), 11), 25U);
  EXPECT_EQ(depth_of(row("kraken"), 5000), 1000U);
  EXPECT_EQ(depth_of(row("bitstamp"), 20), 100U);
  EXPECT_EQ(depth_of(row("bitstamp"), 101), whole_book);
  EXPECT_EQ(depth_of(row("binance"), 20), whole_book);
}

TEST(Streams, SymbolsAreSpelledAsEachVenueDoes) {
  EXPECT_EQ(raw_symbol(row("binance"), "BTC/USDT"), "BTCUSDT");
  EXPECT_EQ(raw_symbol(row("coinbase"), "BTC/USD"), "BTC-USD");
  EXPECT_EQ(raw_symbol(row("kraken"), "BTC/USD"), "BTC/USD");
  EXPECT_EQ(raw_symbol(row("okx"), "BTC/USDT"), "BTC-USDT");
  EXPECT_EQ(raw_symbol(row("bybit-spot"), "BTC/USDT"), "BTCUSDT");
  EXPECT_EQ(raw_symbol(row("bitstamp"), "BTC/USD"), "btcusd");
  EXPECT_EQ(raw_symbol(row("binance"), "BTC/USDT:USDT"), std::nullopt);
  EXPECT_EQ(raw_symbol(row("binance-usdm"), "BTC/USDT:USDT"), "BTCUSDT");
  EXPECT_EQ(raw_symbol(row("binance-usdm"), "ETH/USDC:USDC"), "ETHUSDC");
  EXPECT_EQ(raw_symbol(row("binance-usdm"), "BTC/USDT:USDT-250926"), "BTCUSDT_250926");
  EXPECT_EQ(raw_symbol(row("binance-usdm"), "BTC/USD:BTC"), std::nullopt);
  EXPECT_EQ(raw_symbol(row("binance-usdm"), "BTC/USDT"), std::nullopt);
  EXPECT_EQ(raw_symbol(row("binance-coinm"), "BTC/USD:BTC"), "BTCUSD_PERP");
  EXPECT_EQ(raw_symbol(row("binance-coinm"), "ETH/USD:ETH-260925"), "ETHUSD_260925");
  for (const char* symbol : {"BTC/USDT:USDT", "BTC/USD:USD", "BTC/USD:ETH", "BTC/USD", "BTCUSD_PERP"})
    EXPECT_EQ(raw_symbol(row("binance-coinm"), symbol), std::nullopt) << symbol;
  EXPECT_EQ(raw_symbol(row("bybit-linear"), "BTC/USDT:USDT"), "BTCUSDT");
  EXPECT_EQ(raw_symbol(row("bybit-linear"), "BTC/USDC:USDC"), "BTCPERP");
  EXPECT_EQ(raw_symbol(row("bybit-linear"), "BTC/USDT:USDT-250926"), std::nullopt);
  EXPECT_EQ(raw_symbol(row("binance"), "BTCUSDT"), std::nullopt);
}

// binance-spot-api-docs, web-socket-streams.md: "Live Subscribing/Unsubscribing to streams", "General WSS information".
TEST(Streams, BinanceSubscribesByNameOfStream) {
  EXPECT_EQ(asked("binance", {"BTCUSDT"}), R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1})");
  EXPECT_EQ(asked("binance", {"BTCUSDT", "ETHBTC"}, StreamKind::trades),
            R"({"method":"SUBSCRIBE","params":["btcusdt@trade","ethbtc@trade"],"id":1})");
  EXPECT_EQ(ended("binance", {"BTCUSDT"}, StreamKind::bbo),
            R"({"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":1})");
  std::string url(feed(*find_feed("binance")).url);
  const std::vector<StreamName> first{{"BTCUSDT", StreamKind::book, 0}, {"BTCUSDT", StreamKind::trades, 0}};
  row("binance").append_streams(url, first);
  EXPECT_EQ(url, "wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms/btcusdt@trade");
  EXPECT_EQ(snapshot_url("binance", "BTCUSDT"), "/api/v3/depth?symbol=BTCUSDT&limit=1000");
}

TEST(Streams, BinanceAnswersByTheRequestsId) {
  EXPECT_EQ(answer("binance", R"({"result":null,"id":312})"), "acknowledged 312");
  EXPECT_EQ(answer("binance", R"({"code":2,"msg":"Invalid request: unknown variant","id":7})"),
            "refused 7: Invalid request: unknown variant");
  EXPECT_EQ(answer("binance", R"({"error":{"code":2,"msg":"Invalid JSON"},"id":7})"), "refused 7: Invalid JSON");
  EXPECT_EQ(answer("binance", R"({"e":"serverShutdown","E":1770123456789})"), "reconnect");
  EXPECT_EQ(answer("binance", R"({"stream":"x","data":{"e":"24hrTicker","s":"BTCUSDT"}})"), "none");
}

// developers.binance.com/docs/derivatives/usds-margined-futures, "Important WebSocket Change Notice", "Order Book".
TEST(Streams, BinanceFuturesTakeBooksFromTheirPublicAddress) {
  std::string url(feed(*find_feed("binance-usdm")).url);
  const std::vector<StreamName> first{{"BTCUSDT", StreamKind::book, 0}, {"BTCUSDT", StreamKind::bbo, 0}};
  row("binance-usdm").append_streams(url, first);
  EXPECT_EQ(url, "wss://fstream.binance.com/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker");
  EXPECT_EQ(asked("binance-usdm", {"BTCUSDT"}), R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1})");
  EXPECT_FALSE(row("binance-usdm").kinds[static_cast<std::size_t>(StreamKind::trades)]);
  EXPECT_EQ(snapshot_url("binance-usdm", "BTCUSDT"), "/fapi/v1/depth?symbol=BTCUSDT&limit=1000");
}

// developers.binance.com/docs/derivatives/coin-margined-futures, "Websocket Market Streams", "Order Book".
TEST(Streams, BinanceCoinFuturesTakeAllFromOneAddress) {
  std::string url(feed(*find_feed("binance-coinm")).url);
  const std::vector<StreamName> first{{"BTCUSD_PERP", StreamKind::book, 0}, {"BTCUSD_PERP", StreamKind::trades, 0}};
  row("binance-coinm").append_streams(url, first);
  EXPECT_EQ(url, "wss://dstream.binance.com/stream?streams=btcusd_perp@depth@100ms/btcusd_perp@aggTrade");
  EXPECT_EQ(asked("binance-coinm", {"BTCUSD_PERP"}, StreamKind::trades),
            R"({"method":"SUBSCRIBE","params":["btcusd_perp@aggTrade"],"id":1})");
  EXPECT_EQ(snapshot_url("binance-coinm", "BTCUSD_PERP"), "/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000");
}

// docs.cdp.coinbase.com, "Advanced Trade WebSocket Overview" and "Channels".
TEST(Streams, CoinbaseSubscribesOneChannelAMessageAndHeartbeatsFirst) {
  std::string opening;
  const std::vector<std::string_view> symbols{"BTC-USD", "ETH-USD"};
  ASSERT_TRUE(row("coinbase").opening(opening, 0, symbols, Wall()));
  EXPECT_EQ(opening, R"({"type":"subscribe","product_ids":["BTC-USD"],"channel":"heartbeats"})");
  EXPECT_FALSE(row("coinbase").opening(opening, 1, symbols, Wall()));
  EXPECT_EQ(asked("coinbase", {"BTC-USD", "ETH-USD"}),
            R"({"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channel":"level2"})");
  EXPECT_EQ(ended("coinbase", {"BTC-USD"}, StreamKind::trades),
            R"({"type":"unsubscribe","product_ids":["BTC-USD"],"channel":"market_trades"})");
  EXPECT_EQ(asked("coinbase", {"BTC-USD"}, StreamKind::bbo),
            R"({"type":"subscribe","product_ids":["BTC-USD"],"channel":"ticker"})");
}

TEST(Streams, CoinbaseAnswersWithAllThatIsSubscribed) {
  EXPECT_EQ(
      answer("coinbase", R"({"channel":"subscriptions","client_id":"","timestamp":"2023-02-09T20:33:57.609931463Z",)"
                         R"("sequence_num":0,"events":[{"subscriptions":{"level2":["BTC-USD","ETH-USD"],)"
                         R"("heartbeats":["heartbeats"],"market_trades":["BTC-USD"]}}]})"),
      "acknowledged all: book BTC-USD, book ETH-USD, trades BTC-USD");
  EXPECT_EQ(answer("coinbase", R"({"type":"error","message":"Invalid product id"})"), "refused: Invalid product id");
  EXPECT_EQ(answer("coinbase", R"({"channel":"heartbeats","sequence_num":3,"events":[{"heartbeat_counter":3049}]})"),
            "none");
}

// docs.cdp.coinbase.com/exchange, "WebSocket Overview" and "Channels".
TEST(Streams, CoinbaseExchangeSubscribesTheBatchedBookWithItsHeartbeat) {
  EXPECT_EQ(asked("coinbase-exchange", {"BTC-USD"}),
            R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch","heartbeat"]})");
  EXPECT_EQ(asked("coinbase-exchange", {"BTC-USD"}, StreamKind::trades),
            R"({"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches"]})");
  EXPECT_EQ(
      answer("coinbase-exchange", R"({"type":"subscriptions","channels":[{"name":"level2_50","product_ids":)"
                                  R"(["BTC-USD"],"account_ids":null},{"name":"heartbeat","product_ids":["BTC-USD"]},)"
                                  R"({"name":"matches","product_ids":["ETH-USD"]}]})"),
      "acknowledged all: book BTC-USD, trades ETH-USD");
  EXPECT_EQ(answer("coinbase-exchange",
                   R"({"type":"error","message":"Failed to subscribe","reason":"FOO-USD is not a valid product"})"),
            "refused: FOO-USD is not a valid product");
  EXPECT_EQ(snapshot_url("coinbase-exchange", "BTC-USD"), "/products/BTC-USD/book?level=2");
}

// docs.kraken.com, Spot WebSocket v2: "Book", "Trade", "Ticker (level 1)", "Ping".
TEST(Streams, KrakenSubscribesAListOfSymbols) {
  EXPECT_EQ(asked("kraken", {"BTC/USD", "ETH/USD"}, StreamKind::book, 10),
            R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],"depth":10,)"
            R"("snapshot":true},"req_id":1})");
  EXPECT_EQ(ended("kraken", {"BTC/USD"}, StreamKind::book, 10),
            R"({"method":"unsubscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":10},"req_id":1})");
  EXPECT_EQ(asked("kraken", {"BTC/USD"}, StreamKind::trades),
            R"({"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":false},"req_id":1})");
  EXPECT_EQ(asked("kraken", {"BTC/USD"}, StreamKind::bbo),
            R"({"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USD"],"event_trigger":"bbo",)"
            R"("snapshot":true},"req_id":1})");
  EXPECT_EQ(pinged("kraken"), R"({"method":"ping","req_id":1})");
}

TEST(Streams, KrakenAnswersEachSymbol) {
  EXPECT_EQ(answer("kraken", R"({"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,)"
                             R"("symbol":"BTC/USD"},"success":true,"time_in":"2026-06-01T00:00:00.1Z",)"
                             R"("time_out":"2026-06-01T00:00:00.2Z","req_id":1})"),
            "acknowledged 1: book BTC/USD");
  EXPECT_EQ(answer("kraken", R"({"error":"Currency pair not supported X/Y","method":"subscribe","req_id":3,)"
                             R"("success":false,"symbol":"X/Y","time_in":"","time_out":""})"),
            "refused 3: ? X/Y: Currency pair not supported X/Y");
  EXPECT_EQ(answer("kraken", R"({"method":"unsubscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},)"
                             R"("success":true,"req_id":2})"),
            "ended 2: book BTC/USD");
  EXPECT_EQ(answer("kraken", R"({"method":"pong","req_id":3,"time_in":"","time_out":""})"), "pong");
  EXPECT_EQ(answer("kraken", R"({"channel":"heartbeat"})"), "none");
}

// www.okx.com/docs-v5: "WebSocket", "Subscribe", "Notification", "Order book channel".
TEST(Streams, OkxSubscribesArgsOfChannelAndInstrument) {
  EXPECT_EQ(asked("okx", {"BTC-USDT"}, StreamKind::book, 400),
            R"({"id":"1","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]})");
  EXPECT_EQ(asked("okx", {"BTC-USDT", "ETH-USDT"}, StreamKind::trades),
            R"({"id":"1","op":"subscribe","args":[{"channel":"trades","instId":"BTC-USDT"},)"
            R"({"channel":"trades","instId":"ETH-USDT"}]})");
  EXPECT_EQ(ended("okx", {"BTC-USDT"}, StreamKind::bbo),
            R"({"id":"1","op":"unsubscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]})");
  EXPECT_EQ(pinged("okx"), "ping");
  EXPECT_EQ(snapshot_url("okx", "BTC-USDT"), "/api/v5/market/books?instId=BTC-USDT&sz=400");
}

TEST(Streams, OkxAnswersEachArg) {
  EXPECT_EQ(answer("okx", R"({"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},)"
                          R"("connId":"accb8e21"})"),
            "acknowledged 1512: book BTC-USDT");
  EXPECT_EQ(
      answer("okx", R"({"id":"1512","event":"error","code":"60018","msg":"Wrong URL or channel:books,instId:X-Y )"
                    R"(doesn't exist. Please use the correct URL, channel and parameters.","connId":"a4d3ae55"})"),
      "refused 1512: Wrong URL or channel:books,instId:X-Y doesn't exist. Please use the correct URL, channel "
      "and parameters.");
  EXPECT_EQ(answer("okx", "pong"), "pong");
  EXPECT_EQ(answer("okx", R"({"event":"notice","code":"64008","msg":"The connection will soon be closed for a service )"
                          R"(upgrade. Please reconnect.","connId":"a4d3ae55"})"),
            "reconnect");
}

// bybit-exchange.github.io/docs/v5: "Connect", "Orderbook", "Trade".
TEST(Streams, BybitSubscribesTopics) {
  EXPECT_EQ(asked("bybit-spot", {"BTCUSDT"}, StreamKind::book, 50),
            R"({"req_id":"1","op":"subscribe","args":["orderbook.50.BTCUSDT"]})");
  EXPECT_EQ(asked("bybit-spot", {"BTCUSDT", "ETHUSDT"}, StreamKind::trades),
            R"({"req_id":"1","op":"subscribe","args":["publicTrade.BTCUSDT","publicTrade.ETHUSDT"]})");
  EXPECT_EQ(ended("bybit-spot", {"BTCUSDT"}, StreamKind::bbo),
            R"({"req_id":"1","op":"unsubscribe","args":["orderbook.1.BTCUSDT"]})");
  EXPECT_EQ(pinged("bybit-spot"), R"({"op":"ping"})");
}

TEST(Streams, BybitsContractsAreAskedForAsItsSpotPairsAre) {
  EXPECT_EQ(asked("bybit-linear", {"BTCUSDT", "BTCPERP"}, StreamKind::book, 200),
            R"({"req_id":"1","op":"subscribe","args":["orderbook.200.BTCUSDT","orderbook.200.BTCPERP"]})");
  EXPECT_EQ(snapshot_url("bybit-linear", "BTCUSDT"), "/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=200");
}

TEST(Streams, BybitAnswersTheRequest) {
  EXPECT_EQ(answer("bybit-spot", R"({"success":true,"ret_msg":"","conn_id":"ce3d","req_id":"12","op":"subscribe"})"),
            "acknowledged 12");
  EXPECT_EQ(answer("bybit-spot", R"({"success":false,"ret_msg":"error:handler not found,topic:orderbook.50.X",)"
                                 R"("conn_id":"ce3d","req_id":"12","op":"subscribe"})"),
            "refused 12: error:handler not found,topic:orderbook.50.X");
  EXPECT_EQ(answer("bybit-spot", R"({"success":true,"ret_msg":"pong","conn_id":"ce3d","op":"ping"})"), "pong");
}

// www.bitstamp.net/websocket/v2: "Subscriptions", "Heartbeat", "Forced reconnection".
TEST(Streams, BitstampSubscribesOneChannelAFrameOfFewBytes) {
  EXPECT_EQ(asked("bitstamp", {"btcusd"}), R"({"event":"bts:subscribe","data":{"channel":"diff_order_book_btcusd"}})");
  EXPECT_EQ(asked("bitstamp", {"btcusd"}, StreamKind::book, 100),
            R"({"event":"bts:subscribe","data":{"channel":"order_book_btcusd"}})");
  EXPECT_EQ(ended("bitstamp", {"btcusd"}, StreamKind::trades),
            R"({"event":"bts:unsubscribe","data":{"channel":"live_trades_btcusd"}})");
  EXPECT_EQ(pinged("bitstamp"), R"({"event":"bts:heartbeat"})");
  EXPECT_EQ(snapshot_url("bitstamp", "btcusd"), "/order_book/btcusd/?group=1");
}

TEST(Streams, BitstampAnswersWithTheChannel) {
  EXPECT_EQ(
      answer("bitstamp", R"({"event":"bts:subscription_succeeded","channel":"diff_order_book_btcusd","data":{}})"),
      "acknowledged: book btcusd");
  EXPECT_EQ(answer("bitstamp", R"({"event":"bts:unsubscription_succeeded","channel":"live_trades_btcusd","data":{}})"),
            "ended: trades btcusd");
  EXPECT_EQ(answer("bitstamp", R"({"event":"bts:error","channel":"","data":{"code":4009,"message":"Invalid channel )"
                               R"(provided."}})"),
            "refused: Invalid channel provided.");
  EXPECT_EQ(answer("bitstamp", R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})"), "pong");
  EXPECT_EQ(answer("bitstamp", R"({"event":"bts:request_reconnect","channel":"","data":""})"), "reconnect");
}

// docs.bitfinex.com: "Public Channels", "Conf Flags", "Error codes".
TEST(Streams, BitfinexAsksForSequencesAndChecksumsFirst) {
  std::string opening;
  ASSERT_TRUE(row("bitfinex").opening(opening, 0, {}, Wall()));
  EXPECT_EQ(opening, R"({"event":"conf","flags":196608})");
  EXPECT_EQ(asked("bitfinex", {"tBTCUSD"}, StreamKind::book, 25),
            R"({"event":"subscribe","channel":"book","symbol":"tBTCUSD","prec":"P0","freq":"F0","len":"25"})");
  EXPECT_EQ(asked("bitfinex", {"tBTCUSD"}, StreamKind::trades),
            R"({"event":"subscribe","channel":"trades","symbol":"tBTCUSD"})");
  EXPECT_EQ(ended("bitfinex", {"tBTCUSD"}, StreamKind::book, 25, 943592), R"({"event":"unsubscribe","chanId":943592})");
  EXPECT_EQ(raw_symbol(row("bitfinex"), "BTC/USD"), "tBTCUSD");
  EXPECT_EQ(raw_symbol(row("bitfinex"), "DUSK/USD"), "tDUSK:USD");
}

TEST(Streams, BitfinexAnswersWithAChannelsNumber) {
  EXPECT_EQ(answer("bitfinex", R"({"event":"subscribed","channel":"book","chanId":943592,"symbol":"tBTCUSD",)"
                               R"("prec":"P0","freq":"F0","len":"25","pair":"BTCUSD"})"),
            "acknowledged: book tBTCUSD, channel 943592");
  EXPECT_EQ(answer("bitfinex", R"({"event":"unsubscribed","status":"OK","chanId":943592})"), "ended, channel 943592");
  EXPECT_EQ(answer("bitfinex", R"({"event":"error","msg":"symbol: invalid","code":10300,"channel":"book",)"
                               R"("symbol":"tX","prec":"P0","freq":"F0","len":"25"})"),
            "refused: book tX: symbol: invalid");
  EXPECT_EQ(answer("bitfinex", R"({"event":"error","msg":"subscribe: dup","code":10301,"chanId":7,"channel":"trades",)"
                               R"("symbol":"tBTCUSD"})"),
            "acknowledged: trades tBTCUSD, channel 7");
  EXPECT_EQ(answer("bitfinex", R"({"event":"info","code":20051,"msg":"Stopping"})"), "reconnect");
  EXPECT_EQ(answer("bitfinex", R"({"event":"info","version":2,"serverId":"x","platform":{"status":1}})"), "none");
  EXPECT_EQ(answer("bitfinex", R"([943592,"hb",12])"), "none");
}

// docs.gemini.com, "WebSocket API".
TEST(Streams, GeminiSubscribesByNameOfStream) {
  EXPECT_EQ(asked("gemini", {"btcusd"}), R"({"id":"1","method":"subscribe","params":["btcusd@depth@100ms"]})");
  EXPECT_EQ(ended("gemini", {"btcusd"}), R"({"id":"1","method":"unsubscribe","params":["btcusd@depth@100ms"]})");
  EXPECT_EQ(pinged("gemini"), R"({"id":"1","method":"ping"})");
  EXPECT_EQ(answer("gemini", R"({"id":"4","status":200,"result":null})"), "acknowledged 4");
  EXPECT_EQ(answer("gemini", R"({"id":"4","status":400,"error":{"code":-1121,"msg":"Invalid symbol"}})"),
            "refused 4: Invalid symbol");
}

// www.kucoin.com/docs: "Apply connect token (public)", "Subscribe", "Ping", "Level2 - Market Data".
TEST(Streams, KucoinSubscribesAListInOneTopic) {
  EXPECT_EQ(asked("kucoin", {"BTC-USDT", "ETH-USDT"}),
            R"({"id":"1","type":"subscribe","topic":"/market/level2:BTC-USDT,ETH-USDT","response":true})");
  EXPECT_EQ(asked("kucoin", {"BTC-USDT"}, StreamKind::book, 50),
            R"({"id":"1","type":"subscribe","topic":"/spotMarket/level2Depth50:BTC-USDT","response":true})");
  EXPECT_EQ(ended("kucoin", {"BTC-USDT"}, StreamKind::trades),
            R"({"id":"1","type":"unsubscribe","topic":"/market/match:BTC-USDT","response":true})");
  EXPECT_EQ(pinged("kucoin"), R"({"id":"1","type":"ping"})");
  EXPECT_EQ(answer("kucoin", R"({"id":"hQvf8jkno","type":"welcome"})"), "greeting");
  EXPECT_EQ(answer("kucoin", R"({"id":"1545910660739","type":"ack"})"), "acknowledged 1545910660739");
  EXPECT_EQ(answer("kucoin", R"({"id":"7","type":"error","code":404,"data":"topic /market/x is not found"})"),
            "refused 7: topic /market/x is not found");
  EXPECT_EQ(snapshot_url("kucoin", "BTC-USDT"), "/api/v1/market/orderbook/level2_100?symbol=BTC-USDT");
}

TEST(Streams, KucoinsAddressComesWithAToken) {
  AnswerReader reader;
  const auto address = [&](std::string body) {
    const std::size_t size = body.size();
    body.resize(size + frame_padding);
    return reader.read_address(row("kucoin"), std::string_view(body).substr(0, size), 5);
  };
  EXPECT_EQ(address(R"({"code":"200000","data":{"token":"2neAi==","instanceServers":[{"endpoint":)"
                    R"("wss://ws-api-spot.kucoin.com/","protocol":"websocket","encrypt":true,"pingInterval":18000,)"
                    R"("pingTimeout":10000}]}})")
                .value(),
            "wss://ws-api-spot.kucoin.com/?token=2neAi%3D%3D&connectId=5");
  EXPECT_FALSE(address(R"({"code":"429000","msg":"Too Many Requests"})").has_value());
  EXPECT_FALSE(address(R"({"code":"200000","data":{"token":"a","instanceServers":[]}})").has_value());
}

// www.gate.io/docs/developers/apiv4/ws: "System API", "Order Book V2", "Public Trades".
TEST(Streams, GateNamesTheTimeOfARequest) {
  EXPECT_EQ(asked("gateio", {"BTC_USDT"}, StreamKind::book, 50),
            R"({"time":1611541000,"id":1,"channel":"spot.obu","event":"subscribe","payload":["ob.BTC_USDT.50"]})");
  EXPECT_EQ(ended("gateio", {"BTC_USDT"}, StreamKind::trades),
            R"({"time":1611541000,"id":1,"channel":"spot.trades","event":"unsubscribe","payload":["BTC_USDT"]})");
  EXPECT_EQ(pinged("gateio"), R"({"time":1611541000,"channel":"spot.ping"})");
  EXPECT_EQ(answer("gateio", R"({"time":1611541000,"time_ms":1611541000312,"id":1,"channel":"spot.obu",)"
                             R"("event":"subscribe","error":null,"result":{"status":"success"}})"),
            "acknowledged 1");
  EXPECT_EQ(answer("gateio", R"({"time":1611541000,"id":3,"channel":"spot.obu","event":"subscribe","error":{"code":2,)"
                             R"("message":"unknown currency pair X_Y"},"result":null})"),
            "refused 3: unknown currency pair X_Y");
  EXPECT_EQ(answer("gateio", R"({"time":1611541000,"channel":"spot.pong","event":"","result":null})"), "pong");
}

// www.bitget.com/api-doc: "Websocket API", "Depth Channel".
TEST(Streams, BitgetSubscribesArgsOfTypeChannelAndInstrument) {
  EXPECT_EQ(asked("bitget", {"SPOT:BTCUSDT"}, StreamKind::book, 500),
            R"({"op":"subscribe","args":[{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}]})");
  EXPECT_EQ(ended("bitget", {"SPOT:BTCUSDT"}, StreamKind::bbo),
            R"({"op":"unsubscribe","args":[{"instType":"SPOT","channel":"books1","instId":"BTCUSDT"}]})");
  EXPECT_EQ(pinged("bitget"), "ping");
  EXPECT_EQ(answer("bitget", R"({"event":"subscribe","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}})"),
            "acknowledged: book SPOT:BTCUSDT");
  EXPECT_EQ(
      answer("bitget", R"({"event":"error","arg":{"instType":"SPOT","channel":"trade","instId":"X"},)"
                       R"("code":30001,"msg":"instType:SPOT,channel:trade,instId:X doesn't exist","op":"subscribe"})"),
      "refused: trades SPOT:X: instType:SPOT,channel:trade,instId:X doesn't exist");
}

// exchange-docs.crypto.com: "Websocket Subscriptions", "Websocket Heartbeats".
TEST(Streams, CryptocomAnswersHeartbeats) {
  EXPECT_EQ(asked("cryptocom", {"BTC_USDT"}, StreamKind::book, 50),
            R"({"id":1,"method":"subscribe","params":{"channels":["book.BTC_USDT.50"],"book_subscription_type":)"
            R"("SNAPSHOT_AND_UPDATE","book_update_frequency":10},"nonce":1611541000312})");
  EXPECT_EQ(ended("cryptocom", {"BTC_USDT"}, StreamKind::trades),
            R"({"id":1,"method":"unsubscribe","params":{"channels":["trade.BTC_USDT"]},"nonce":1611541000312})");
  EXPECT_EQ(answer("cryptocom", R"({"id":1587523073344,"method":"public/heartbeat","code":0})"),
            R"(pong; reply {"id":1587523073344,"method":"public/respond-heartbeat"})");
  EXPECT_EQ(answer("cryptocom", R"({"id":1,"method":"subscribe","code":0,"channel":"book.BTC_USDT.50"})"),
            "acknowledged 1: book BTC_USDT");
  EXPECT_EQ(answer("cryptocom", R"({"id":1,"method":"subscribe","code":40003,"message":"Unknown symbol"})"),
            "refused 1: Unknown symbol");
}

// huobiapi.github.io/docs/spot/v1: "Market By Price (incremental update)", "Heartbeat and Connection".
TEST(Streams, HtxAsksForTheBaseOnTheSameSocket) {
  EXPECT_EQ(asked("htx", {"btcusdt"}, StreamKind::book, 150), R"({"sub":"market.btcusdt.mbp.150","id":"1"})");
  EXPECT_EQ(ended("htx", {"btcusdt"}, StreamKind::book, 150), R"({"unsub":"market.btcusdt.mbp.150","id":"1"})");
  std::string base;
  row("htx").snapshot_request(base, "btcusdt", 150, 2);
  EXPECT_EQ(base, R"({"req":"market.btcusdt.mbp.150","id":"2"})");
  EXPECT_EQ(answer("htx", R"({"ping":1492420473027})"), R"(pong; reply {"pong":1492420473027})");
  EXPECT_EQ(answer("htx", R"({"id":"3","status":"ok","subbed":"market.btcusdt.mbp.150","ts":1489474081631})"),
            "acknowledged 3");
  EXPECT_EQ(answer("htx", R"({"status":"error","err-code":"bad-request","err-msg":"invalid topic market.x","id":"3",)"
                          R"("ts":1494996521583})"),
            "refused 3: invalid topic market.x");
}

// docs.deribit.com: "public/subscribe", "public/set_heartbeat".
TEST(Streams, DeribitAnswersWithTheChannelsThatItTook) {
  std::string opening;
  ASSERT_TRUE(row("deribit").opening(opening, 0, {}, Wall()));
  EXPECT_EQ(opening, R"({"jsonrpc":"2.0","id":0,"method":"public/set_heartbeat","params":{"interval":10}})");
  EXPECT_EQ(
      asked("deribit", {"BTC-PERPETUAL"}),
      R"({"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["book.BTC-PERPETUAL.100ms"]}})");
  EXPECT_EQ(ended("deribit", {"BTC-PERPETUAL"}, StreamKind::bbo),
            R"({"jsonrpc":"2.0","id":1,"method":"public/unsubscribe","params":{"channels":["quote.BTC-PERPETUAL"]}})");
  EXPECT_EQ(answer("deribit", R"({"jsonrpc":"2.0","id":3,"result":["book.BTC-PERPETUAL.100ms","trades.X.100ms"],)"
                              R"("usIn":1,"usOut":2,"usDiff":1,"testnet":false})"),
            "acknowledged 3 all: book BTC-PERPETUAL, trades X");
  EXPECT_EQ(answer("deribit", R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})"),
            R"(pong; reply {"jsonrpc":"2.0","id":0,"method":"public/test","params":{}})");
  EXPECT_EQ(answer("deribit", R"({"jsonrpc":"2.0","id":3,"error":{"code":11050,"message":"bad_request"}})"),
            "refused 3: bad_request");
}

TEST(Streams, WhatCannotBeReadSaysNothing) {
  for (const StreamDialect* row : stream_dialects())
    for (const std::string_view frame : {"", "{", "[]", "null", "{\"id\":", "{\"event\":{}}", "<html>"})
      EXPECT_EQ(answer(row->feed, frame), "none") << row->feed << " " << frame;
}

TEST(Streams, ASymbolCannotBreakOutOfItsMessage) {
  EXPECT_EQ(asked("coinbase", {R"(X","Y)"}), R"({"type":"subscribe","product_ids":["X\",\"Y"],"channel":"level2"})");
  EXPECT_EQ(snapshot_url("okx", "A&sz=1#"), "/api/v5/market/books?instId=A%26sz%3D1%23&sz=400");
}

}  // namespace
}  // namespace crossbook::venue
