// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

using namespace std::literals;

constexpr auto update =
    R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8476.98","415","0","13"]],)"
    R"("bids":[["8476.97","256","0","12"],["8475.55","0","0","0"]],"ts":"1597026383085","checksum":0,)"
    R"("prevSeqId":123456,"seqId":123457}]})"sv;

TEST(Okx, AnUpdateCarriesItsIdsAndAChecksumOfZeroIsNone) {
  FeedUnderTest feed("okx");
  ASSERT_TRUE(feed.decode(update));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_EQ(book.kind, BookEventKind::delta);
  EXPECT_EQ(book.sequence.previous, 123456);
  EXPECT_EQ(book.sequence.last, 123457);
  EXPECT_EQ(book.checksum, std::nullopt);
  EXPECT_TRUE(feed.batch.written_bids.empty());
  EXPECT_EQ(book.depth, 400U);
  EXPECT_EQ(book.ts_event, Wall(1597026383085'000'000));
  EXPECT_EQ(feed.levels(Side::bid), "8476.97 x 256, 8475.55 x 0");
}

TEST(Okx, EveryCutOfAFrameIsMalformedAndTaintsItsBook) {
  FeedUnderTest feed("okx");
  expect_every_cut_malformed(feed, update);
  EXPECT_FALSE(feed.decode(update.substr(0, update.size() - 9)));
  ASSERT_TRUE(feed.context.named);
  EXPECT_EQ(feed.raw_symbol(*feed.context.named), "BTC-USDT");
}

// The layout example of the documents, whose string is 3366.1:7:3366.8:9:3366:6:3368:8.
TEST(Okx, TheChecksumInterleavesTheSidesAsTheyWereWritten) {
  FeedUnderTest feed("okx");
  ASSERT_TRUE(feed.decode(
      R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["3366.8","9","0","3"],)"
      R"(["3368","8","0","2"]],"bids":[["3366.1","7","0","3"],["3366","6","0","2"]],"ts":"1597026383085",)"
      R"("checksum":-1881014294}]})"));
  const BookEvent& book = feed.batch.books.at(0);
  EXPECT_EQ(book.kind, BookEventKind::snapshot);
  EXPECT_EQ(book.checksum, static_cast<std::uint32_t>(-1881014294));
  const Listing& listing = feed.listings[book.listing];
  ChecksumInput input{.bids = feed.batch.bids_of(book),
                      .asks = feed.batch.asks_of(book),
                      .written_bids = feed.batch.written_bids,
                      .written_asks = feed.batch.written_asks,
                      .price_scale = listing.price_scale,
                      .quantity_scale = listing.quantity_scale};
  EXPECT_EQ(feed.row.checksum(input), *book.checksum);
}

// The string of one bid is "0.10:7.0"; its CRC-32 comes from zlib here.
TEST(Okx, TrailingZerosAreDigitsOfTheChecksum) {
  FeedUnderTest feed("okx");
  const std::string text = "0.10:7.0";
  const auto expected = static_cast<std::int32_t>(
      crc32(0, reinterpret_cast<const unsigned char*>(text.data()), static_cast<unsigned>(text.size())));
  ASSERT_TRUE(feed.decode(R"({"arg":{"channel":"books","instId":"A-USDT"},"action":"snapshot","data":[{"asks":[],)"
                          R"("bids":[["0.10","7.0","0","3"]],"ts":"1","checksum":)" +
                          std::to_string(expected) + "}]}"));
  const BookEvent& book = feed.batch.books.at(0);
  const Listing& listing = feed.listings[book.listing];
  ChecksumInput input{.bids = feed.batch.bids_of(book),
                      .asks = {},
                      .written_bids = feed.batch.written_bids,
                      .written_asks = {},
                      .price_scale = listing.price_scale,
                      .quantity_scale = listing.quantity_scale};
  EXPECT_EQ(feed.row.checksum(input), *book.checksum);
}

TEST(Okx, TheTopOfTheBookStreamIsNoBook) {
  FeedUnderTest feed("okx");
  ASSERT_TRUE(feed.decode(R"({"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[],)"
                          R"("bids":[["8476.97","256","0","12"]],"ts":"1597026383085","seqId":363996337}]})"));
  EXPECT_TRUE(feed.batch.books.empty());
  EXPECT_TRUE(feed.batch.bids.empty());
  const Bbo& bbo = feed.batch.bbos.at(0);
  EXPECT_EQ(feed.text(bbo.listing, bbo.bid.value()), "8476.97 x 256");
  EXPECT_EQ(bbo.ask.value().quantity, Quantity(0)) << "an empty side";
  EXPECT_EQ(bbo.sequence, 363996337);
}

TEST(Okx, FiveLevelsAreASnapshotEachTime) {
  FeedUnderTest feed("okx");
  ASSERT_TRUE(feed.decode(R"({"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["2","1","0","1"]],)"
                          R"("bids":[["1","1","0","1"]],"instId":"BTC-USDT","ts":"1597026383085","seqId":5}]})"));
  EXPECT_EQ(feed.batch.books.at(0).kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.batch.books.at(0).depth, 5U);
}

TEST(Okx, TradesPrintTheTakersSide) {
  FeedUnderTest feed("okx");
  ASSERT_TRUE(
      feed.decode(R"({"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",)"
                  R"("tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897"},)"
                  R"({"instId":"BTC-USDT","tradeId":"130639475","px":"42219.8","sz":"1","side":"sell",)"
                  R"("ts":"1630048897898"}]})"));
  EXPECT_EQ(feed.trade(0), "buy 42219.9 x 0.12060306");
  EXPECT_EQ(feed.trade(1), "sell 42219.8 x 1");
}

TEST(Okx, AnswersAndNoticesAreKnownForWhatTheyAre) {
  FeedUnderTest feed("okx");
  const auto kind = [&](std::string_view frame) {
    EXPECT_TRUE(feed.decode(frame)) << frame;
    return feed.batch.kind;
  };
  EXPECT_EQ(kind("pong"), FrameKind::heartbeat);
  EXPECT_EQ(kind(R"({"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"accb8e21"})"),
            FrameKind::ack);
  EXPECT_EQ(kind(R"({"event":"error","code":"60012","msg":"Invalid request","connId":"a4d3ae55"})"), FrameKind::error);
  EXPECT_EQ(kind(R"({"event":"notice","code":"64008","msg":"The connection will soon be closed"})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"last":"1"}]})"), FrameKind::status);
  EXPECT_EQ(kind(R"({"arg":{"channel":"newThing","instId":"BTC-USDT"},"data":[]})"), FrameKind::unknown);
  EXPECT_FALSE(feed.decode("pongpong"));
}

TEST(Okx, ContractsHaveTheirSizeAndCurrencyOfSettlement) {
  FeedUnderTest feed("okx");
  const auto described = [&](const char* raw) { return feed.context.listing(raw)->instrument; };
  EXPECT_EQ(described("BTC-USDT").symbol, "BTC/USDT");
  EXPECT_EQ(described("BTC-USD-SWAP").symbol, "BTC/USD:BTC");
  EXPECT_EQ(described("BTC-USD-SWAP").contract_size, "100");
  EXPECT_TRUE(described("BTC-USD-SWAP").inverse);
  EXPECT_EQ(described("UNI-USD-SWAP").contract_size, "10");
  EXPECT_EQ(described("BTC-USD-220527").symbol, "BTC/USD:BTC-220527");
  EXPECT_EQ(described("BTC-USDT-SWAP").symbol, "BTC/USDT:USDT");
  EXPECT_EQ(described("BTC-USDT-SWAP").contract_size, "0.01");
  EXPECT_EQ(described("SOL-USDT-SWAP").contract_size, std::nullopt);
  EXPECT_EQ(described("SOL-USDT-SWAP").quantity_unit, QuantityUnit::contract);
}

TEST(Okx, EveryChecksumOfTheRecordingHolds) {
  const std::string recording = "captures/okx_v5/multi_20220513";
  CROSSBOOK_NEEDS_RECORDING(recording);
  FeedUnderTest feed("okx");
  struct Written {
    Level level;
    WrittenDigits digits;
  };
  struct Book {
    std::map<Price, Written, std::greater<>> bids;
    std::map<Price, Written> asks;
  };
  std::map<ListingId, Book> books;
  const auto change = [](auto& side, const Level& level, WrittenDigits digits) {
    if (level.quantity == Quantity(0)) side.erase(level.price);
    else side[level.price] = {level, digits};
  };
  int holds = 0;
  const std::string lines = inflated(recordings_folder() / (recording + ".jsonl.gz"));
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    const auto record = nlohmann::json::parse(std::string_view(lines).substr(at, lines.find('\n', at) - at));
    if (record.at("dir") != "in") continue;
    ASSERT_TRUE(feed.decode(record.at("raw").get_ref<const std::string&>()));
    for (const BookEvent& event : feed.batch.books) {
      Book& book = books[event.listing];
      if (event.kind == BookEventKind::snapshot) book = {};
      for (std::size_t i = event.bids.begin; i < event.bids.end; ++i)
        change(book.bids, feed.batch.bids[i], feed.batch.written_bids.at(i));
      for (std::size_t i = event.asks.begin; i < event.asks.end; ++i)
        change(book.asks, feed.batch.asks[i], feed.batch.written_asks.at(i));
      std::vector<Level> bids, asks;
      std::vector<WrittenDigits> written_bids, written_asks;
      for (const auto& [price, written] : book.bids)
        bids.push_back(written.level), written_bids.push_back(written.digits);
      for (const auto& [price, written] : book.asks)
        asks.push_back(written.level), written_asks.push_back(written.digits);
      bids.resize(std::min<std::size_t>(bids.size(), 25));
      asks.resize(std::min<std::size_t>(asks.size(), 25));
      const Listing& listing = feed.listings[event.listing];
      holds += feed.row.checksum({.bids = bids,
                                  .asks = asks,
                                  .written_bids = written_bids,
                                  .written_asks = written_asks,
                                  .price_scale = listing.price_scale,
                                  .quantity_scale = listing.quantity_scale}) == event.checksum.value();
    }
  }
  EXPECT_EQ(holds, 290);
}

}  // namespace
}  // namespace crossbook::venue
