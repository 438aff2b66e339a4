// SPDX-License-Identifier: Apache-2.0
// Frames written from docs.deribit.com, subscriptions book, trades, quote and ticker.
#include "crossbook/venue/feed_test_tools.hpp"

namespace crossbook::venue {
namespace {

struct Deribit : FeedUnderTest {
  Deribit() : FeedUnderTest("deribit") {}
  void on(std::string_view frame) { EXPECT_TRUE(decode(frame)) << frame; }
  void on_data(std::string_view channel, std::string_view content) { on(subscription(channel, content)); }
  static std::string subscription(std::string_view channel, std::string_view content) {
    return R"({"jsonrpc":"2.0","method":"subscription",)"
           R"("params":{"channel":")" +
           std::string(channel) + R"(","data":)" + std::string(content) + "}}";
  }
  [[nodiscard]] const BookEvent& book() const { return batch.books.at(0); }
};

constexpr auto change =
    R"({"type":"change","timestamp":1626993724318,"prev_change_id":64,"instrument_name":"BTC-PERPETUAL",)"
    R"("change_id":355,)"
    R"("bids":[["new",41000.5,2.2e3]],"asks":[["delete",41002.0,0.0],["change",41003,50]]})";

TEST(Deribit, AChangePointsBackAndItsAmountsAreAbsolute) {
  Deribit feed;
  feed.on_data("book.BTC-PERPETUAL.100ms", change);
  EXPECT_EQ(feed.book().kind, BookEventKind::delta);
  EXPECT_EQ(feed.book().sequence.previous, 64);
  EXPECT_EQ(feed.book().sequence.last, 355);
  EXPECT_EQ(feed.levels(Side::bid), "41000.5 x 2200");
  EXPECT_EQ(feed.levels(Side::ask), "41002 x 0, 41003 x 50");
}

TEST(Deribit, WhatHasNothingBeforeItIsASnapshot) {
  Deribit feed;
  feed.on_data("book.ETH-PERPETUAL.raw",
               R"({"timestamp":1564617600273,"instrument_name":"ETH-PERPETUAL","change_id":1776,"bids":[["new",217.8,)"
               R"(1895]],"asks":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot) << "2019: no type";
  feed.on_data("book.ETH-10SEP21-3350-P.raw",
               R"({"type":"change","timestamp":1,"prev_change_id":0,"change_id":14617771529,"bids":[["new",0.019,93]],)"
               R"("asks":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot) << "the first order of a book";
  feed.on_data("book.LINK_USDC-PERPETUAL.raw",
               R"({"type":"snapshot","timestamp":1,"prev_change_id":20,"change_id":1232767964,"bids":[],"asks":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.book().sequence.previous, std::nullopt);
}

TEST(Deribit, GroupedBooksHaveNoActions) {
  Deribit feed;
  feed.on_data(
      "book.BTC-PERPETUAL.none.10.100ms",
      R"({"instrument_name":"BTC-PERPETUAL","timestamp":1,"change_id":136,"bids":[[89532.5,254900.0]],"asks":[]})");
  EXPECT_EQ(feed.book().kind, BookEventKind::snapshot);
  EXPECT_EQ(feed.levels(Side::bid), "89532.5 x 254900");
}

TEST(Deribit, AnEmptySideHasPriceAndAmountZero) {
  Deribit feed;
  feed.on_data(
      "quote.BTC-27DEC26",
      R"({"timestamp":1,"best_bid_price":9600.5,"best_bid_amount":1e1,"best_ask_price":0.0,"best_ask_amount":0.0})");
  const Bbo& bbo = feed.batch.bbos.at(0);
  EXPECT_EQ(feed.text(bbo.listing, *bbo.bid), "9600.5 x 10");
  EXPECT_EQ(bbo.ask->quantity, Quantity(0));
  feed.on_data("ticker.BTC-FS-30SEP22_PERP.raw",
               R"({"timestamp":1,"best_bid_price":-7,"best_bid_amount":300000,"best_ask_price":null})");
  EXPECT_FALSE(feed.batch.bbos.at(0).bid) << "a combination's price below 0";
}

TEST(Deribit, EachPrintNamesItsInstrument) {
  Deribit feed;
  feed.on_data(
      "trades.future.BTC.100ms",
      R"([{"timestamp":1567296022565,"price":9598.5,"instrument_name":"BTC-PERPETUAL","direction":"sell",)"
      R"("amount":2000},)"
      R"({"timestamp":1567296022566,"price":9600,"instrument_name":"BTC-27DEC26","direction":"buy","amount":50}])");
  EXPECT_EQ(feed.trade(0), "sell 9598.5 x 2000");
  EXPECT_EQ(feed.trade(1), "buy 9600 x 50");
  EXPECT_EQ(feed.raw_symbol(feed.batch.trades[1].listing), "BTC-27DEC26");
}

TEST(Deribit, NamesSayWhatIsTraded) {
  Deribit feed;
  const auto of = [&](std::string_view raw) -> const Instrument& { return feed.context.listing(raw)->instrument; };
  EXPECT_EQ(of("BTC-24JUN22-15000-C").symbol, "BTC/USD:BTC-220624-15000-C");
  EXPECT_EQ(of("BTC-24JUN22-15000-C").quantity_unit, QuantityUnit::base);
  EXPECT_EQ(of("BTC-PERPETUAL").symbol, "BTC/USD:BTC");
  EXPECT_EQ(of("BTC-PERPETUAL").contract_size, "1") << "amounts are sent in USD";
  EXPECT_EQ(of("BTC_USDC-PERPETUAL").symbol, "BTC/USDC:USDC");
  EXPECT_FALSE(of("BTC_USDC-PERPETUAL").inverse);
  EXPECT_EQ(of("MATIC_USDC-9MAR24-1d02-C").symbol, "MATIC/USDC:USDC-240309-1.02-C");
  EXPECT_EQ(of("ETH-27DEC26").symbol, "ETH/USD:ETH-261227");
  EXPECT_EQ(of("BTC_USDC").symbol, "BTC/USDC");
  EXPECT_EQ(of("BTC-FS-30SEP22_PERP").symbol, "");
}

TEST(Deribit, AnswersErrorsAndHeartbeats) {
  Deribit feed;
  feed.on(R"({"jsonrpc":"2.0","id":3,"result":["book.BTC-PERPETUAL.100ms"],"usIn":1,"usOut":2,"testnet":false})");
  EXPECT_EQ(feed.batch.kind, FrameKind::ack);
  feed.on(R"({"jsonrpc":"2.0","id":3,"error":{"code":13778,)"
          R"("message":"raw_subscriptions_not_available_for_unauthorized"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::error);
  feed.on(R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
  EXPECT_EQ(feed.batch.kind, FrameKind::heartbeat);
}

TEST(Deribit, BooksCanBeFetched) {
  Deribit feed;
  ASSERT_TRUE(
      feed.decode_http("https://www.deribit.com/api/v2/public/get_order_book?instrument_name=BTC-PERPETUAL&depth=1000",
                       R"({"jsonrpc":"2.0","result":{"timestamp":1,"change_id":9,"bids":[[1.5,10]],"asks":[]}})"));
  EXPECT_TRUE(feed.book().from_rest);
  EXPECT_EQ(feed.levels(Side::bid), "1.5 x 10");
}

TEST(Deribit, ACutFrameIsMalformed) {
  Deribit feed;
  expect_every_cut_malformed(feed, Deribit::subscription("book.BTC-PERPETUAL.100ms", change));
  EXPECT_FALSE(feed.decode(
      Deribit::subscription("book.BTC-PERPETUAL.100ms", R"({"type":"change","change_id":5,"bids":[],"asks":[]})")))
      << "prev_change_id is missing";
  EXPECT_FALSE(feed.decode(Deribit::subscription(
      "book.BTC-PERPETUAL.100ms", R"({"type":"snapshot","change_id":5,"bids":[["new",-1,2]],"asks":[]})")));
}

}  // namespace
}  // namespace crossbook::venue
