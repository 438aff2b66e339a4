// SPDX-License-Identifier: Apache-2.0
// Frames written from HTX's "Market By Price", "Market Depth" and "Trade Detail" pages, spot and swaps.
#include <zlib.h>

#include "crossbook/venue/feed_test_tools.hpp"
#include "crossbook/venue/inflate.hpp"

namespace crossbook::venue {
namespace {

std::string gzip(std::string_view text) {
  std::string bytes(text.size() + 64, '\0');
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string input(text);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  deflate(&stream, Z_FINISH);
  bytes.resize(stream.total_out);
  deflateEnd(&stream);
  return bytes;
}

struct Htx : FeedUnderTest {
  explicit Htx(std::string_view name = "htx") : FeedUnderTest(name) {}
  void on(std::string_view text) { EXPECT_TRUE(decode(gzip(text))) << text; }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto step0 =
    R"({"ch":"market.trioeth.depth.step0","ts":1618678069870,"tick":{"bids":[[9.121E-7,92730.24]],"asks":[[3.6E-5,)"
    R"(27944.0]],)"
    R"("version":100182534697,"ts":1618678069868}})";

TEST(Htx, AWindowComesInsideGzip) {
  Htx feed;
  feed.on(step0);
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().sequence.last, 100'182'534'697);
  EXPECT_EQ(feed.levels(Side::bid), "0.0000009121 x 92730.24");
  EXPECT_EQ(feed.book().ts_event, Wall(1'618'678'069'868'000'000));
}

TEST(Htx, FloatSumsBesideMillionsNeedMoreThanSixtyThreeBits) {
  Htx feed;
  feed.on(R"({"ch":"market.fil3susdt.depth.step0","ts":1,"tick":{"bids":[[1,3307.9982700421942]],"asks":[[2,)"
          R"(5993289.85],[3,0.000000000000000001]],"version":1}})");
  const Listing& listing = feed.listings[feed.book().listing];
  EXPECT_TRUE(listing.wide);
  ASSERT_EQ(feed.batch.wide_asks.size(), 2U);
  EXPECT_EQ(feed.quantity(listing.id, feed.batch.wide_bids.at(0)), "3307.9982700421942");
  EXPECT_EQ(feed.quantity(listing.id, feed.batch.wide_asks.at(0)), "5993289.85");
}

TEST(Htx, IncrementsPointBackAndTheirBaseIsAskedForOnTheSameSocket) {
  Htx feed;
  feed.on(R"({"ch":"market.btcusdt.mbp.150","ts":1573199608679,"tick":{"seqNum":103,"prevSeqNum":100,"asks":[[645.14,)"
          R"(26.75597395914065]]}})");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.previous, 100);
  EXPECT_EQ(feed.book().sequence.last, 103);
  EXPECT_EQ(feed.levels(Side::bid), "") << "a side that is missing did not change";
  feed.on(
      R"({"id":"2","rep":"market.btcusdt.mbp.150","status":"ok","data":{"seqNum":100,"bids":[[644,1]],"asks":[]}})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_TRUE(feed.book().from_rest) << "held updates are bridged onto it";
  EXPECT_EQ(feed.book().sequence.last, 100);
}

TEST(Htx, ThePingOfTheVenueIsAHeartbeat) {
  Htx feed;
  feed.on(R"({"ping":1492420473027})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
  feed.on(R"({"id":"id1","status":"ok","subbed":"market.btcusdt.mbp.150","ts":1489474081631})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"status":"error","err-code":"bad-request","err-msg":"invalid topic","id":"id1","ts":1})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
}

TEST(Htx, TradeIdsBeyondSixtyFourBitsDoNotMatter) {
  Htx feed;
  feed.on(R"({"ch":"market.trioeth.trade.detail","ts":1,"tick":{"id":100182534526,"ts":1,)"
          R"("data":[{"id":100182534526255757567432481,)"
          R"("ts":1618678027940,"tradeId":100045088885,"amount":20995.88,"price":9.2E-7,"direction":"buy"}]}})");
  EXPECT_EQ(feed.trade(), "buy 0.00000092 x 20995.88");
}

TEST(Htx, AQuoteOfSpotAndOneOfASwap) {
  Htx feed;
  feed.on(R"({"ch":"market.btcusdt.bbo","ts":2,"tick":{"seqId":7,"ask":60001.5,"askSize":0.1,"bid":60000,)"
          R"("bidSize":0.2,"quoteTime":1,"symbol":"btcusdt"}})");
  EXPECT_EQ(feed.text(ListingId(0), *feed.batch.bbos.at(0).ask), "60001.5 x 0.1");
  EXPECT_EQ(feed.batch.bbos[0].sequence, 7);
  Htx swap("htx-swap");
  swap.on(R"({"ch":"market.BTC-USDT.bbo","ts":2,"tick":{"mrid":1,"id":2,"bid":[60000,30],"ask":[60001.5,40],"ts":1,)"
          R"("version":2,"ch":"market.BTC-USDT.bbo"}})");
  EXPECT_EQ(swap.text(ListingId(0), *swap.batch.bbos.at(0).bid), "60000 x 30");
}

TEST(Htx, SwapsCountContracts) {
  Htx feed("htx-swap");
  feed.on(R"({"ch":"market.BTC-USDT.trade.detail","ts":1,"tick":{"id":1,"ts":1,"data":[{"amount":30,"quantity":0.03,)"
          R"("ts":1603,"id":16,"price":13010.2,"direction":"sell"}]}})");
  EXPECT_EQ(feed.trade(), "sell 13010.2 x 30");
  const Instrument& inverse = feed.context.listing("BTC-USD")->instrument;
  EXPECT_EQ(inverse.symbol, "BTC/USD:BTC");
  EXPECT_EQ(inverse.contract_size, "100");
  EXPECT_EQ(feed.context.listing("ETH-USDT")->instrument.symbol, "ETH/USDT:USDT");
  EXPECT_EQ(feed.context.listing("ETH-USDT")->instrument.quantity_unit, QuantityUnit::contract);
}

TEST(Htx, SwapIncrementsCountTheirVersionsByOne) {
  Htx feed("htx-swap");
  feed.on(R"({"ch":"market.BTC-USDT.depth.size_150.high_freq","tick":{"asks":[],"bids":[[13000,5]],"event":"update",)"
          R"("id":1,"mrid":1,"ts":1,"version":42},"ts":1})");
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.previous, 41);
}

TEST(Htx, ADelistedSwapSendsTicksWithoutABook) {
  Htx feed("htx-swap");
  feed.on(R"({"ch":"market.AKRO-USD.depth.step0","ts":1606951241196,"tick":{"mrid":50651100044,"id":1606951241,)"
          R"("ts":1606951241195,"version":1606951241}})");
  EXPECT_TRUE(feed.batch.books.empty());
  EXPECT_EQ(feed.batch.kind, FrameKind::status);
}

TEST(Htx, ACutOrDamagedMemberIsMalformed) {
  Htx feed;
  const std::string frame = gzip(step0);
  for (std::size_t size = 0; size < frame.size(); ++size) EXPECT_FALSE(feed.decode(frame.substr(0, size)));
  EXPECT_FALSE(feed.decode(frame + "x"));
  EXPECT_FALSE(feed.decode(frame + frame));
  for (std::size_t at = 10; at < frame.size(); ++at) {
    std::string damaged = frame;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::vector<char> buffer;
    const auto text = inflate_frame(damaged, buffer);
    EXPECT_TRUE(!text || *text == step0) << "byte " << at;  // bits that fill the last byte mean nothing
  }
  expect_every_cut_malformed(feed, step0);
}

TEST(Htx, ABombIsRefusedBeforeItGoesOff) {
  std::vector<char> buffer;
  const std::string bomb = gzip(std::string(inflated_bytes_max + 1, ' '));
  EXPECT_FALSE(inflate_frame(bomb, buffer));
  EXPECT_TRUE(buffer.empty());
  std::string liar = bomb;
  liar.replace(liar.size() - 4, 4, std::string("\x10\0\0\0", 4));
  EXPECT_FALSE(inflate_frame(liar, buffer));
  EXPECT_LE(buffer.size(), 16 + frame_padding);
}

TEST(Htx, TheBufferIsUsedAgain) {
  std::vector<char> buffer;
  ASSERT_TRUE(inflate_frame(gzip(step0), buffer));
  const char* const first = buffer.data();
  EXPECT_EQ(inflate_frame(gzip(R"({"ping":1})"), buffer).value(), R"({"ping":1})");
  EXPECT_EQ(buffer.data(), first);
}

}  // namespace
}  // namespace crossbook::venue
