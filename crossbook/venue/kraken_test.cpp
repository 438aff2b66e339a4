// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

constexpr auto update = R"({"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,)"
                        R"("qty":1098.3947558}],"asks":[],"checksum":2114181697,)"
                        R"("timestamp":"2023-10-06T17:35:55.440295Z"}]})"sv;
constexpr auto update_v1 = R"([320,{"a":[["58799.40000","0.00000000","1617666423.753274"],["61816.40000","0.12983051",)"
                           R"("1617666288.174674","r"]]},{"b":[["56123.40000","0.06137256","1617666423.870272"]],)"
                           R"("c":"974947235"},"book-1000","XBT/USD"])"sv;

// The frame of a snapshot with these levels, as v2 sends it.
std::string snapshot(const std::vector<std::pair<const char*, const char*>>& bids,
                     const std::vector<std::pair<const char*, const char*>>& asks, const char* checksum) {
  const auto side = [](const auto& rows) {
    std::string text;
    for (const auto& [price, quantity] : rows)
      text += (text.empty() ? "{\"price\":"s : ",{\"price\":"s) + price + ",\"qty\":" + quantity + "}";
    return text;
  };
  return R"({"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[)" + side(bids) + R"(],"asks":[)" +
         side(asks) + R"(],"checksum":)" + checksum + "}]}";
}

// Applies the batch's only event to an empty book and says whether the checksum that it carries holds.
bool checksum_holds(FeedUnderTest& feed, const std::string& frame) {
  if (!feed.decode(frame)) return false;
  NaiveBook book;
  book.apply(feed, feed.batch.books.at(0), feed.batch);
  return book.counts.checksums_ok == 1;
}

// docs.kraken.com, "Spot Websockets (v2) - Book Checksum", worked example.
TEST(Kraken, ThePublishedChecksumOfV2IsReproduced) {
  FeedUnderTest feed("kraken");
  EXPECT_TRUE(checksum_holds(feed, snapshot({{"45283.5", "0.10000000"},
                                             {"45283.4", "1.54582015"},
                                             {"45282.1", "0.10000000"},
                                             {"45281.0", "0.10000000"},
                                             {"45280.3", "1.54592586"},
                                             {"45279.0", "0.07990000"},
                                             {"45277.6", "0.03310103"},
                                             {"45277.5", "0.30000000"},
                                             {"45277.3", "1.54602737"},
                                             {"45276.6", "0.15445238"}},
                                            {{"45285.2", "0.00100000"},
                                             {"45286.4", "1.54571953"},
                                             {"45286.6", "1.54571109"},
                                             {"45289.6", "1.54560911"},
                                             {"45290.2", "0.15890660"},
                                             {"45291.8", "1.54553491"},
                                             {"45294.7", "0.04454749"},
                                             {"45296.1", "0.35380000"},
                                             {"45297.5", "0.09945542"},
                                             {"45299.5", "0.18772827"}},
                                            "3310070434")));
}

// docs.kraken.com, "Spot Websockets (v1) - Book Checksum".
TEST(Kraken, ThePublishedChecksumOfV1IsReproduced) {
  std::vector<std::pair<const char*, const char*>> bids, asks;
  for (const char* price :
       {"0.05000", "0.04995", "0.04990", "0.04980", "0.04975", "0.04970", "0.04965", "0.04960", "0.04955", "0.04950"})
    bids.emplace_back(price, "0.00000500");
  for (const char* price :
       {"0.05005", "0.05010", "0.05015", "0.05020", "0.05025", "0.05030", "0.05035", "0.05040", "0.05045", "0.05050"})
    asks.emplace_back(price, "0.00000500");
  FeedUnderTest feed("kraken");
  EXPECT_TRUE(checksum_holds(feed, snapshot(bids, asks, "974947235")));
  EXPECT_FALSE(checksum_holds(feed, snapshot(bids, asks, "974947236")));
}

TEST(Kraken, AnEmptyBookHasChecksumZero) {
  FeedUnderTest feed("kraken");
  EXPECT_TRUE(checksum_holds(feed, snapshot({}, {}, "0")));
}

// The counts are 5 and 500 whatever the scale; the checksum is over 5 decimals of price and 8 of quantity.
TEST(Kraken, ChecksumPadsToThePairsPrecisionNotToTheListingsScale) {
  const Level level{Price(5005), Quantity(5)};
  ChecksumInput narrow{.bids = {},
                       .asks = {&level, 1},
                       .written_bids = {},
                       .written_asks = {},
                       .price_scale = 5,
                       .quantity_scale = 6,
                       .price_decimals = 5,
                       .quantity_decimals = 8};
  const Level wide_level{Price(50050), Quantity(5'000'000)};
  ChecksumInput wide = narrow;
  wide.asks = {&wide_level, 1};
  wide.price_scale = 6;
  wide.quantity_scale = 12;
  const auto checksum = find_feed("kraken") ? feed(*find_feed("kraken")).checksum : nullptr;
  EXPECT_EQ(checksum(narrow), checksum(wide));
}

// The recorded session of the vectors beside the recordings: a checksum after every step.
TEST(Kraken, ARecordedSessionHoldsItsChecksumAfterEveryStep) {
  std::ifstream file(recordings_folder().parent_path() / "venues" / "vectors.json");
  if (!file) GTEST_SKIP() << "no vectors.json beside " << recordings_folder();
  const auto session = nlohmann::json::parse(file).at("book_sessions").at(0);
  FeedUnderTest feed("kraken-v1");
  NaiveBook book;
  const auto step = [&](const nlohmann::json& levels, const char* asks, const char* bids) {
    nlohmann::json sides = nlohmann::json::object();
    for (const auto& [ours, theirs] : {std::pair(asks, "asks"), std::pair(bids, "bids")}) {
      sides[ours] = nlohmann::json::array();
      for (const auto& row : levels.value(theirs, nlohmann::json::array()))
        sides[ours].push_back({row[0], row[1], "1.0"});
    }
    if (levels.contains("checksum")) sides["c"] = std::to_string(levels.at("checksum").get<std::uint32_t>());
    ASSERT_TRUE(feed.decode(nlohmann::json({1, sides, "book-1000", "GRT/ETH"}).dump()));
    book.apply(feed, feed.batch.books.at(0), feed.batch);
  };
  step(session.at("snapshot"), "as", "bs");
  for (const auto& message : session.value("updates", session.value("steps", nlohmann::json::array())))
    step(message, "a", "b");
  EXPECT_GT(book.counts.checksums_ok, 0);
  EXPECT_EQ(book.counts.checksums_bad, 0);
}

TEST(Kraken, ADeltaCarriesItsLevelsChecksumTimeAndDigits) {
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode(update));
  ASSERT_EQ(feed.batch.books.size(), 1U);
  const BookEvent& event = feed.batch.books[0];
  EXPECT_EQ(event.kind, BookEventKind::delta);
  EXPECT_EQ(feed.levels(Side::bid), "0.5657 x 1098.3947558");
  EXPECT_EQ(feed.levels(Side::ask), "");
  EXPECT_EQ(event.checksum, 2114181697U);
  EXPECT_EQ(event.ts_event, Wall(1'696'613'755'440'295'000));
  EXPECT_EQ(int{event.price_decimals}, 4);
  EXPECT_EQ(int{event.quantity_decimals}, 7);
  EXPECT_EQ(feed.listings[event.listing].instrument.symbol, "MATIC/USD");
}

TEST(Kraken, ExponentFormsAreReadAndCountTheirDecimals) {
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode(snapshot({{"1e-08", "2.5e3"}}, {{"1.2E-7", "1"}}, "1")));
  EXPECT_EQ(feed.levels(Side::bid), "0.00000001 x 2500");
  EXPECT_EQ(feed.levels(Side::ask), "0.00000012 x 1");
  EXPECT_EQ(int{feed.batch.books[0].price_decimals}, 8);
}

TEST(Kraken, DepthIsTheAcknowledgedOneElseTheAskedOneElseTheSnapshots) {
  const std::string small = snapshot({{"1.0", "1"}}, {{"2.0", "1"}}, "1");
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode(small));
  EXPECT_EQ(feed.batch.books[0].depth, 10U);  // nothing was said: the smallest that holds the snapshot

  FeedUnderTest asked("kraken");
  asked.sent(R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":25,"snapshot":true}})");
  ASSERT_TRUE(asked.decode(small));
  EXPECT_EQ(asked.batch.books[0].depth, 25U);

  ASSERT_TRUE(asked.decode(R"({"method":"subscribe","result":{"channel":"book","depth":500,"snapshot":true,)"
                           R"("symbol":"BTC/USD"},"success":true,"time_in":"2026-08-16T23:37:04.849274Z"})"));
  EXPECT_EQ(asked.batch.kind, FrameKind::ack);
  ASSERT_TRUE(asked.decode(small));
  EXPECT_EQ(asked.batch.books[0].depth, 500U);
}

TEST(Kraken, DepthOfASubscriptionWithoutOneIsTen) {
  FeedUnderTest feed("kraken");
  feed.sent(R"({"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]},"req_id":1})");
  EXPECT_EQ(feed.connection.depth, 10U);
}

TEST(Kraken, TradesOfTheSubscriptionsSnapshotAreHistory) {
  FeedUnderTest feed("kraken");
  const std::string trade = R"(,"data":[{"symbol":"BTC/USD","side":"sell","price":100.1,"qty":0.25,)"
                            R"("ord_type":"market","trade_id":1,"timestamp":"2026-07-10T00:00:00.123456Z"}]})";
  ASSERT_TRUE(feed.decode(R"({"channel":"trade","type":"snapshot")" + trade));
  EXPECT_TRUE(feed.batch.trades.at(0).history);
  ASSERT_TRUE(feed.decode(R"({"channel":"trade","type":"update")" + trade));
  EXPECT_FALSE(feed.batch.trades.at(0).history);
  EXPECT_EQ(feed.trade(), "sell 100.1 x 0.25");
}

TEST(Kraken, ATickerWithoutQuotesHasNoSides) {
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode(R"({"channel":"ticker","type":"update","data":[{"symbol":"X/USD","bid":0,"bid_qty":0,)"
                          R"("ask":100.5,"ask_qty":2,"last":1}]})"));
  ASSERT_EQ(feed.batch.bbos.size(), 1U);
  EXPECT_FALSE(feed.batch.bbos[0].bid);
  EXPECT_EQ(feed.text(feed.batch.bbos[0].listing, *feed.batch.bbos[0].ask), "100.5 x 2");
}

TEST(Kraken, KindsWithoutEventsAreTold) {
  FeedUnderTest feed("kraken");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind(R"({"channel":"heartbeat"})"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"channel":"status","type":"update","data":[{"system":"online"}]})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"channel":"ohlc","type":"update","data":[]})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"method":"pong","req_id":3})"), FrameKind::ack);
  EXPECT_EQ(kind(R"({"error":"Currency pair not supported X/Y","method":"subscribe","success":false})"),
            FrameKind::error);
  EXPECT_EQ(kind(R"({"channel":"level9","data":[]})"), FrameKind::unknown);
}

TEST(Kraken, ImpossibleNumbersAreMalformedAndNameTheirBook) {
  FeedUnderTest feed("kraken");
  for (const auto& [price, quantity] : {std::pair("0", "1"), std::pair("-1.5", "1"), std::pair("1.5", "-1"),
                                        std::pair("null", "1"), std::pair("1.5", "[1]"), std::pair("1.5", "true")}) {
    const auto result = feed.decode(snapshot({{price, quantity}}, {}, "1"));
    ASSERT_FALSE(result) << price << " x " << quantity;
    EXPECT_EQ(result.error().code, Errc::malformed);
    ASSERT_TRUE(feed.context.named);
    EXPECT_EQ(feed.raw_symbol(*feed.context.named), "BTC/USD");
  }
  EXPECT_FALSE(feed.decode(R"({"channel":"book","type":"update","data":[{"bids":[],"asks":[]}]})"));
  EXPECT_FALSE(feed.decode(R"({"channel":"book","type":"update","data":[{"symbol":"BTC/USD","asks":[]}]})"));
}

TEST(Kraken, ACutFrameIsNeverAShorterOne) {
  FeedUnderTest feed("kraken");
  expect_every_cut_malformed(feed, update);
  expect_every_cut_malformed(feed, R"({"channel":"heartbeat"})");
  FeedUnderTest v1("kraken-v1");
  expect_every_cut_malformed(v1, update_v1);
}

TEST(Kraken, AScannedUpdateIsTheParsedOne) {
  FeedUnderTest feed("kraken");
  expect_scanned_as_parsed(feed, update);
  FeedUnderTest v1("kraken-v1");
  expect_scanned_as_parsed(v1, update_v1);
}

TEST(Kraken, FieldsMayComeInAnyOrder) {
  FeedUnderTest feed("kraken");
  ASSERT_TRUE(feed.decode(R"( { "data" : [ { "checksum" : 7, "asks" : [ { "qty" : 2, "price" : 1.50 } ], "bids":[] ,)"
                          R"("symbol":"BTC/USD" } ] , "type":"update" , "channel" : "book" } )"));
  EXPECT_EQ(feed.levels(Side::ask), "1.5 x 2");
  EXPECT_EQ(feed.batch.books[0].checksum, 7U);
}

TEST(KrakenV1, OneFrameMayHoldAnObjectPerSideAndOneChecksum) {
  FeedUnderTest feed("kraken-v1");
  ASSERT_TRUE(feed.decode(update_v1));
  ASSERT_EQ(feed.batch.books.size(), 1U);
  EXPECT_EQ(feed.levels(Side::ask), "58799.4 x 0, 61816.4 x 0.12983051");
  EXPECT_EQ(feed.levels(Side::bid), "56123.4 x 0.06137256");
  EXPECT_EQ(feed.batch.books[0].checksum, 974947235U);
  EXPECT_EQ(feed.batch.books[0].depth, 1000U);
  EXPECT_EQ(feed.batch.books[0].ts_event, Wall(1'617'666'423'870'272'000));  // the latest of its levels
  EXPECT_EQ(feed.listings[feed.batch.books[0].listing].instrument.symbol, "BTC/USD");
}

TEST(KrakenV1, ASnapshotHasNoChecksum) {
  FeedUnderTest feed("kraken-v1");
  ASSERT_TRUE(feed.decode(R"([1,{"as":[["1.50","1.0","1617666423.6"]],"bs":[]},null,"book-25","ADA/CAD"])"));
  EXPECT_EQ(feed.batch.books[0].kind, BookEventKind::snapshot);
  EXPECT_FALSE(feed.batch.books[0].checksum);
  EXPECT_EQ(feed.batch.books[0].depth, 25U);
}

TEST(KrakenV1, TradesCarryTheTakersSide) {
  FeedUnderTest feed("kraken-v1");
  ASSERT_TRUE(feed.decode(R"([321,[["58721.20000","0.02798644","1617666461.465618","s","m",""],)"
                          R"(["58721.30000","1.00000000","1617666461.465618","b","l",""]],"trade","XBT/USD"])"));
  EXPECT_EQ(feed.trade(0), "sell 58721.2 x 0.02798644");
  EXPECT_EQ(feed.trade(1), "buy 58721.3 x 1");
}

TEST(KrakenV1, TickerAndSpreadAreBestPrices) {
  FeedUnderTest feed("kraken-v1");
  ASSERT_TRUE(feed.decode(R"([2500,{"a":["0.000023630",7289,"7289.86759215"],"b":["0.000023610",1173,"1173.0"],)"
                          R"("c":["0.000023620","25.10303887"]},"ticker","ALGO/XBT"])"));
  EXPECT_EQ(feed.text(feed.batch.bbos.at(0).listing, *feed.batch.bbos[0].ask), "0.00002363 x 7289.86759215");
  ASSERT_TRUE(feed.decode(R"([325,["43770.2","43770.3","1633053779.916349","0.009","0.316"],"spread","XBT/USD"])"));
  EXPECT_EQ(feed.text(feed.batch.bbos.at(0).listing, *feed.batch.bbos[0].bid), "43770.2 x 0.009");
}

TEST(KrakenV1, KindsWithoutEventsAreTold) {
  FeedUnderTest feed("kraken-v1");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind(R"({"event":"heartbeat"})"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"connectionID":1,"event":"systemStatus","status":"online","version":"1.8.3"})"),
            FrameKind::status);
  EXPECT_EQ(kind(R"({"channelID":320,"channelName":"book-1000","event":"subscriptionStatus","pair":"XBT/USD",)"
                 R"("status":"subscribed","subscription":{"depth":1000,"name":"book"}})"),
            FrameKind::ack);
  EXPECT_EQ(kind(R"({"errorMessage":"Currency pair not supported","event":"subscriptionStatus","status":"error"})"),
            FrameKind::error);
  EXPECT_EQ(kind(R"([343,["1542057314.748456","1542057360.435743","1.0"],"ohlc-5","XBT/USD"])"), FrameKind::status);
  EXPECT_EQ(kind(R"([1,{},"weather","XBT/USD"])"), FrameKind::unknown);
}

}  // namespace
}  // namespace crossbook::venue
