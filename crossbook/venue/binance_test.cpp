// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

// The documents' own example, in both forms.
constexpr auto raw_update =
    R"({"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"]]})"sv;
constexpr auto update =
    R"({"stream":"bnbbtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,)"
    R"("b":[["0.0024","10"]],"a":[["0.0026","100"]]}})"sv;
constexpr auto futures_update =
    R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1571889248277,"T":1571889248276,"s":"BTCUSDT",)"
    R"("U":390497796,"u":390497878,"pu":390497794,"b":[["7403.89","0.002"]],"a":[["7405.96","3.340"],["7406.00","0"]]}})"sv;

TEST(Binance, BothFormsOfADiffAreTheSameEvent) {
  for (const auto frame : {raw_update, update}) {
    FeedUnderTest feed("binance");
    ASSERT_TRUE(feed.decode(frame));
    const BookEvent& book = feed.batch.books.at(0);
    EXPECT_EQ(book.kind, BookEventKind::delta);
    EXPECT_EQ(book.sequence.first, 157);
    EXPECT_EQ(book.sequence.last, 160);
    EXPECT_EQ(book.sequence.previous, std::nullopt);
    EXPECT_EQ(book.ts_event, Wall(1672515782136'000'000));
    EXPECT_EQ(feed.levels(Side::bid), "0.0024 x 10");
    EXPECT_EQ(feed.levels(Side::ask), "0.0026 x 100");
  }
}

TEST(Binance, AFuturesDiffHasThePreviousIdAndTheTimeOfTheChange) {
  FeedUnderTest feed("binance-usdm");
  ASSERT_TRUE(feed.decode(futures_update));
  EXPECT_EQ(feed.batch.books.at(0).sequence.previous, 390497794);
  EXPECT_EQ(feed.batch.books.at(0).ts_event, Wall(1571889248276'000'000));
  EXPECT_EQ(feed.levels(Side::ask), "7405.96 x 3.34, 7406 x 0");
}

TEST(Binance, AFuturesDiffWithoutThePreviousIdIsMalformed) {
  FeedUnderTest feed("binance-usdm");
  EXPECT_FALSE(feed.decode(raw_update));
}

TEST(Binance, EveryCutOfAFrameIsMalformed) {
  FeedUnderTest spot("binance");
  expect_every_cut_malformed(spot, update);
  expect_every_cut_malformed(spot, raw_update);
  FeedUnderTest futures("binance-usdm");
  expect_every_cut_malformed(futures, futures_update);
}

TEST(Binance, ACutFrameTaintsTheBookThatItNames) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode(update));
  for (const std::size_t size : {update.size() - 10, update.find("\"U\""), update.find(",\"data\"")}) {
    EXPECT_FALSE(feed.decode(update.substr(0, size)));
    ASSERT_TRUE(feed.context.named) << update.substr(0, size);
    EXPECT_EQ(feed.raw_symbol(*feed.context.named), "BNBBTC");
  }
}

TEST(Binance, AnUnknownSymbolOfACutFrameMakesNoListing) {
  FeedUnderTest feed("binance");
  EXPECT_FALSE(feed.decode(update.substr(0, update.size() - 1)));
  EXPECT_EQ(feed.context.named, std::nullopt);
}

TEST(Binance, PartialDepthIsAWholeWindowOfTheStreamsSymbol) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode(R"({"stream":"bnbbtc@depth5@100ms","data":{"lastUpdateId":160,"bids":[["0.0024","10"]],)"
                          R"("asks":[["0.0026","100"]]}})"));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_EQ(book.kind, BookEventKind::snapshot);
  EXPECT_EQ(book.depth, 5U);
  EXPECT_EQ(book.sequence.last, 160);
  EXPECT_FALSE(book.from_rest);
  EXPECT_EQ(feed.raw_symbol(book.listing), "BNBBTC");
}

TEST(Binance, PartialDepthOfFuturesLooksLikeADiffButIsAWindow) {
  FeedUnderTest feed("binance-usdm");
  std::string frame(futures_update);
  frame.replace(frame.find("@depth@0ms"), 10, "@depth10");
  ASSERT_TRUE(feed.decode(frame));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.batch.books.at(0).depth, 10U);
}

TEST(Binance, TheBookWithRetailOrdersIsNotMixedIn) {
  FeedUnderTest feed("binance-usdm");
  std::string frame(futures_update);
  frame.replace(frame.find("@depth@0ms"), 10, "@rpiDepth@500ms");
  ASSERT_TRUE(feed.decode(frame));
  EXPECT_EQ(feed.batch.kind, FrameKind::unknown);
  EXPECT_TRUE(feed.batch.books.empty());
}

TEST(Binance, ABuyerWhoMadeThePriceMeansThatTheTakerSold) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode(R"({"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100",)"
                          R"("T":1672515782136,"m":true,"M":true})"));
  EXPECT_EQ(feed.trade(), "sell 0.001 x 100");
  ASSERT_TRUE(feed.decode(R"({"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,)"
                          R"("l":105,"T":1672515782136,"m":false,"M":true})"));
  EXPECT_EQ(feed.trade(), "buy 0.001 x 100");
}

TEST(Binance, TheBestBidAndAskHaveTheBooksUpdateId) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode(
      R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"0.00000000"})"));
  const Bbo& bbo = feed.batch.bbos.at(0);
  EXPECT_EQ(bbo.sequence, 400900217);
  EXPECT_EQ(bbo.ts_event, std::nullopt);
  EXPECT_EQ(feed.text(bbo.listing, bbo.bid.value()), "25.3519 x 31.21");
  EXPECT_EQ(bbo.ask.value().quantity, Quantity(0)) << "an empty side";
}

TEST(Binance, TimesAreMillisecondsUnlessTheyAreTooLarge) {
  FeedUnderTest feed("binance");
  std::string frame(raw_update);
  frame.replace(frame.find("1672515782136"), 13, "1672515782136123");
  ASSERT_TRUE(feed.decode(frame));
  EXPECT_EQ(feed.batch.books.at(0).ts_event, Wall(1672515782136'123'000));
}

TEST(Binance, QuantitiesBeyond63BitsMakeTheListingWide) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(
      feed.decode(R"({"e":"depthUpdate","E":1,"s":"SHIBUSDT","U":1,"u":1,"b":[["0.00001360","999999999999.00000000"]],)"
                  R"("a":[["0.00001361","1.00000000"]]})"));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_TRUE(feed.listings[book.listing].wide);
  EXPECT_EQ(feed.quantity(book.listing, feed.batch.wide_bids.at(0)), "999999999999");
  EXPECT_EQ(feed.quantity(book.listing, feed.batch.wide_asks.at(0)), "1");
}

TEST(Binance, PricesMustBePositiveAndQuantitiesNotNegative) {
  FeedUnderTest feed("binance");
  for (const char* level :
       {R"(["0","1"])", R"(["-1","1"])", R"(["1","-1"])", R"(["1"])", R"([])", R"([1,"1"])", R"(["1",1])",
        R"(["1.","1"])", R"(["","1"])", R"(["1 ","1"])", R"(["0.00000000","1.00000000"])"})
    EXPECT_FALSE(feed.decode(R"({"e":"depthUpdate","E":1,"s":"BNBBTC","U":1,"u":1,"b":[)"s + level + R"(],"a":[]})"))
        << level;
}

TEST(Binance, AKeyThatIsMissingOrThereTwiceIsMalformed) {
  FeedUnderTest feed("binance");
  const std::string frame(raw_update);
  for (const char* part : {R"("E":1672515782136,)", R"("s":"BNBBTC",)", R"("U":157,)", R"("u":160,)",
                           R"("b":[["0.0024","10"]],)", R"(,"a":[["0.0026","100"]])"}) {
    std::string without = frame;
    without.erase(without.find(part), std::string_view(part).size());
    EXPECT_FALSE(feed.decode(without)) << without;
    std::string twice = frame;
    twice.insert(twice.find(part), part);
    EXPECT_FALSE(feed.decode(twice)) << twice;
  }
}

TEST(Binance, AnswersAndNoticesAreKnownForWhatTheyAre) {
  FeedUnderTest feed("binance");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind(R"({"result":null,"id":1})"), FrameKind::ack);
  EXPECT_EQ(kind(R"({"code":2,"msg":"Invalid request: unknown variant"})"), FrameKind::error);
  EXPECT_EQ(kind(R"({"error":{"code":2,"msg":"Invalid request"},"id":1})"), FrameKind::error);
  EXPECT_EQ(kind(R"({"e":"serverShutdown","E":1672515782136})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"stream":"bnbbtc@kline_1m","data":{"e":"kline","E":1,"s":"BNBBTC","k":{"t":1,"o":"1"}}})"),
            FrameKind::status);
  EXPECT_EQ(kind(R"({"e":"24hrTicker","E":1,"s":"BNBBTC","p":"-0.1","b":"1","B":"2","a":"3","A":"4"})"),
            FrameKind::status);
  EXPECT_EQ(kind(R"({"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker"}]})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"e":"somethingNew","E":1})"), FrameKind::unknown);
  EXPECT_TRUE(feed.batch.books.empty());
}

TEST(Binance, AFetchedBookTakesItsSymbolFromTheUrl) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode_http("https://api.binance.com/api/v3/depth?symbol=BNBBTC&limit=1000",
                               R"({"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"]],)"
                               R"("asks":[["4.00000200","12.00000000"]]})"));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_TRUE(book.from_rest);
  EXPECT_EQ(book.kind, BookEventKind::snapshot);
  EXPECT_EQ(book.sequence.last, 1027024);
  EXPECT_EQ(feed.raw_symbol(book.listing), "BNBBTC");
  EXPECT_EQ(feed.levels(Side::ask), "4.000002 x 12");
  ASSERT_TRUE(feed.decode_http("https://api.binance.com/api/v3/depth?symbol=NONE",
                               R"({"code":-1121,"msg":"Invalid symbol."})"));
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Binance, InstrumentDataFillsTheListingsThatAreHeldAndNoOthers) {
  FeedUnderTest feed("binance");
  ASSERT_TRUE(feed.decode(raw_update));
  ASSERT_TRUE(feed.decode_http(
      "https://api.binance.com/api/v3/exchangeInfo",
      R"({"timezone":"UTC","symbols":[{"symbol":"ETHBTC","filters":[]},{"symbol":"BNBBTC","status":"TRADING","filters":[)"
      R"({"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":"100000.00000000","tickSize":"0.00000100"},)"
      R"({"filterType":"LOT_SIZE","minQty":"0.00100000","maxQty":"100000.00000000","stepSize":"0.00100000"},)"
      R"({"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"1.00000000","stepSize":"0.00000000"},)"
      R"({"filterType":"NOTIONAL","minNotional":"0.00010000","applyMinToMarket":true}]}]})"));
  ASSERT_EQ(feed.listings.size(), 1U);
  const Instrument& instrument = feed.listings.begin()->instrument;
  EXPECT_EQ(instrument.tick_size, "0.000001");
  EXPECT_EQ(instrument.lot_size, "0.001");
  EXPECT_EQ(instrument.min_quantity, "0.001");
  EXPECT_EQ(instrument.min_notional, "0.0001");
}

// developers.binance.com/docs/derivatives/coin-margined-futures, "Exchange Information": what it says of a contract's
// size holds, whatever was known before.
TEST(Binance, CoinFuturesTellTheSizeOfAContract) {
  FeedUnderTest feed("binance-coinm");
  const Instrument& instrument = feed.context.listing("BTCUSD_PERP")->instrument;
  EXPECT_EQ(instrument.contract_size, "100");
  ASSERT_TRUE(feed.decode_http(
      "https://dapi.binance.com/dapi/v1/exchangeInfo",
      R"({"timezone":"UTC","symbols":[{"filters":[)"
      R"({"filterType":"PRICE_FILTER","minPrice":"0.1","maxPrice":"4520958","tickSize":"0.1"},)"
      R"({"filterType":"LOT_SIZE","stepSize":"1","maxQty":"60000","minQty":"1"}],)"
      R"("symbol":"BTCUSD_PERP","pair":"BTCUSD","contractType":"PERPETUAL","contractStatus":"TRADING",)"
      R"("contractSize":200,"quoteAsset":"USD","baseAsset":"BTC","marginAsset":"BTC"}]})"));
  EXPECT_EQ(instrument.contract_size, "200");
  EXPECT_EQ(instrument.tick_size, "0.1");
  EXPECT_EQ(instrument.lot_size, "1");
  EXPECT_EQ(instrument.quantity_unit, QuantityUnit::contract);
}

Instrument described(std::string_view feed_name, std::string_view raw_symbol) {
  FeedUnderTest feed(feed_name);
  return feed.context.listing(raw_symbol)->instrument;
}

TEST(Binance, SymbolsAreSpelledAsCcxtDoes) {
  EXPECT_EQ(described("binance", "BTCUSDT").symbol, "BTC/USDT");
  EXPECT_EQ(described("binance-usdm", "BTCUSDT").symbol, "BTC/USDT:USDT");
  EXPECT_EQ(described("binance-usdm", "ETHUSDT_250926").symbol, "ETH/USDT:USDT-250926");
  EXPECT_EQ(described("binance-coinm", "BTCUSD_PERP").symbol, "BTC/USD:BTC");
  EXPECT_EQ(described("binance-coinm", "BTCUSD_PERP").contract_size, "100");
  EXPECT_EQ(described("binance-coinm", "ETHUSD_240927").symbol, "ETH/USD:ETH-240927");
  EXPECT_EQ(described("binance-coinm", "ETHUSD_240927").contract_size, "10");
  EXPECT_TRUE(described("binance-coinm", "ETHUSD_240927").inverse);
}

}  // namespace
}  // namespace crossbook::venue
