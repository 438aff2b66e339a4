// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/fill_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace crossbook::store {
namespace {

using testing::HasSubstr;

const std::string head = "ts,exchange,symbol,order_type,size_usd,actual_fee_bps,actual_latency_ms,price\n";

FillFileOptions options(Role role = Role::taker) {
  return {.unified_symbol = [](std::string_view raw) -> std::optional<std::string> {
            if (raw == "BTCUSDT" || raw == "BTC-USDT") return "BTC/USDT";
            if (raw == "BTC-USD" || raw == "XBTUSD") return "BTC/USD";
            if (raw == "1INCHUSDT") return "1INCH/USDT";
            return {};
          },
          .role = role};
}

sys::Outcome<FillFile> read(const std::string& text, Role role = Role::taker) {
  return FillFile::read("fills.csv", text, options(role));
}

std::vector<Fill> fills_of(const std::string& text, Role role = Role::taker) {
  auto file = read(text, role);
  if (!file) {
    ADD_FAILURE() << file.error();
    return {};
  }
  for (const BadRow& bad : file->bad()) ADD_FAILURE() << bad.line << ": " << bad.what;
  std::vector<Fill> fills;
  EXPECT_TRUE(file->each([&](Fill&& fill) -> sys::Status {
    fills.push_back(std::move(fill));
    return {};
  }));
  return fills;
}

std::string only_complaint(const std::string& row) {
  auto file = read(head + row + "\n");
  if (!file) return file.error();
  return file->bad().empty() ? "none" : std::to_string(file->bad()[0].line) + ": " + file->bad()[0].what;
}

TEST(FillFile, ReadsTheContractsColumns) {
  const auto fills = fills_of(head + "2026-01-31T12:00:00.5Z,binance,BTC/USDT,taker,1000,5.2,45.25,50000.5\n");
  ASSERT_EQ(fills.size(), 1U);
  const Execution& execution = fills[0].execution;
  EXPECT_EQ(fills[0].exchange, "binance");
  EXPECT_EQ(fills[0].symbol, "BTC/USDT");
  EXPECT_EQ(fills[0].price, 50'000.5);
  EXPECT_EQ(execution.at, Wall(1'769'860'800'500'000'000));
  EXPECT_EQ(execution.role, Role::taker);
  EXPECT_EQ(execution.notional, 1'000'000'000);
  EXPECT_EQ(execution.fee, MicroBps(5'200'000));
  EXPECT_EQ(execution.latency, Nanos(45'250'000));
}

TEST(FillFile, ReadsTheOptionalColumnsInAnyOrder) {
  const auto fills = fills_of(
      "trade_id,price,actual_latency_ms,actual_fee_bps,size_usd,order_type,symbol,exchange,ts,expected_fee_bps,"
      "expected_latency_ms,side,quantity,fee,fee_currency,fee_rate,t_sent,t_ack,t_fill,order_id\n"
      "T1,50000,45,-1,,maker,BTC/USDT,okx,1769860800500000000,2,50,buy,0.02,1,USDT,,1769860800000000000,"
      "1769860800010000000,1769860800500000000,O1\n");
  ASSERT_EQ(fills.size(), 1U);
  const Execution& execution = fills[0].execution;
  EXPECT_EQ(fills[0].trade_id, "T1");
  EXPECT_EQ(fills[0].order_id, "O1");
  EXPECT_EQ(execution.fee, MicroBps(-1'000'000));
  EXPECT_EQ(execution.notional, 0);
  EXPECT_EQ(execution.expected_fee, MicroBps(2'000'000));
  EXPECT_EQ(execution.expected_latency, milliseconds(50));
  EXPECT_EQ(execution.order_to_ack, milliseconds(10));
  EXPECT_EQ(execution.ack_to_fill, milliseconds(490));
}

TEST(FillFile, TimesAreUtcUnlessTheyNameAZone) {
  const auto at = [](const char* text) { return read_time(text).value().nanos() / 1'000'000'000; };
  EXPECT_EQ(at("2026-01-31T12:00:00Z"), 1'769'860'800);
  EXPECT_EQ(at("2026-01-31 12:00:00"), 1'769'860'800);
  EXPECT_EQ(at("2026-01-31T12:00"), 1'769'860'800);
  EXPECT_EQ(at("2026-01-31T14:00:00+02:00"), 1'769'860'800);
  EXPECT_EQ(at("2026-01-31T06:30:00.999999999-0530"), 1'769'860'800);
  EXPECT_EQ(at("2024-02-29T00:00:00Z"), 1'709'164'800);
  for (const char* text : {"", "2026-02-30T12:00:00Z", "2026-01-31", "2026-1-31T12:00:00Z", "1769860800", "yesterday",
                           "2026-01-31T25:00:00Z", "2026-01-31T12:00:00Zulu", "2026-01-31T-1:00:00Z"})
    EXPECT_FALSE(read_time(text)) << text;
}

TEST(FillFile, NamesTheLineTheColumnAndTheValueOfABadRow) {
  EXPECT_THAT(only_complaint("now,binance,BTC/USDT,taker,1,5,45,50000"), HasSubstr("2: ts \"now\": expected ISO-8601"));
  const std::string ts = "2026-01-31T12:00:00Z,";
  EXPECT_THAT(only_complaint(ts + ",BTC/USDT,taker,1,5,45,50000"), HasSubstr("exchange \"\": a name"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,Taker,1,5,45,50000"), HasSubstr("order_type \"Taker\""));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,-1,5,45,50000"), HasSubstr("size_usd \"-1\": out of range"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,nan,45,50000"), HasSubstr("actual_fee_bps \"nan\": a number"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,,45,50000"), HasSubstr("actual_fee_bps is empty"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,5,-0.1,50000"), HasSubstr("actual_latency_ms \"-0.1\""));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,5,,50000"), HasSubstr("actual_latency_ms is empty"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,5,45,0"), HasSubstr("price \"0\": out of range"));
  EXPECT_THAT(only_complaint(ts + "x,BTC/USDT,taker,1,5,45"), HasSubstr("2: 7 fields, and the first line has 8"));
  EXPECT_EQ(only_complaint(ts + "x,BTC/USDT,taker,1,5,45,50000"), "none");
}

TEST(FillFile, AnUnknownFirstLineListsWhatCanBeImported) {
  const auto file = read("a,b\n1,2\n");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error(), HasSubstr("fills.csv:1:"));
  EXPECT_THAT(file.error(), HasSubstr("executions (ts,exchange,symbol,order_type"));
  EXPECT_THAT(file.error(), HasSubstr("Kraken trades (txid,"));
}

TEST(FillFile, GivesTheOldestFirstAndTheSameNamesEachTime) {
  const std::string early = "2026-01-31T12:00:00Z,binance,BTC/USDT,taker,1000,5,45,50000\n";
  const std::string late = "2026-02-01T12:00:00Z,binance,BTC/USDT,taker,1000,5,45,50000\n";
  const auto fills = fills_of(head + late + early + early);
  ASSERT_EQ(fills.size(), 3U);
  EXPECT_LT(fills[0].execution.at, fills[2].execution.at);
  EXPECT_NE(fills[0].trade_id, fills[1].trade_id);  // two equal rows are two fills
  EXPECT_NE(fills[1].trade_id, fills[2].trade_id);
  const auto again = fills_of(head + early + early + late);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(again.at(i).trade_id, fills[i].trade_id);
}

// Made names are on disk: another name would import the same row a second time.
TEST(FillFile, AMadeNameNeverChanges) {
  const std::string row = "1767225681291020429,okx,BTC/USDT,taker,4656,7.5,100.603,50094.09\n";
  const auto fills = fills_of(head + row + "1767225690000000000,okx,BTC/USDT,taker,1,7.5,1,50094.09\n" + row);
  ASSERT_EQ(fills.size(), 3U);
  EXPECT_EQ(fills[0].trade_id, "row:1767225681291020429:44a24008f8fbc0e14eb3c6cb9f924879:1");
  EXPECT_EQ(fills[1].trade_id, "row:1767225681291020429:44a24008f8fbc0e14eb3c6cb9f924879:2");
}

TEST(FillFile, TheFirstFillOfAnOrderCarriesItsLatency) {
  const auto fills = fills_of(
      "order_id,venue,symbol,side,liquidity,trade_id,price,qty,fee,fee_ccy,t_sent_ns,t_ack_ns,t_exch_ms,t_recv_ns,"
      "arrival_bid,arrival_ask\n"
      "A,binance-usdm,BTCUSDT,buy,taker,2,60000,0.002,0.06,USDT,1723161258000000000,1723161258005000000,"
      "1723161259497,1723161258009000000,59999,60000\n"
      "A,binance-usdm,BTCUSDT,buy,taker,1,60000,0.001,0.03,USDT,1723161258000000000,1723161258005000000,"
      "1723161259497,1723161258007000000,59999,60000\n");
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_EQ(fills[0].exchange, "binance-usdm");
  EXPECT_EQ(fills[0].symbol, "BTC/USDT");
  EXPECT_EQ(fills[0].trade_id, fills[0].symbol + ":1");
  EXPECT_EQ(fills[0].execution.latency, milliseconds(7));
  EXPECT_EQ(fills[0].execution.order_to_ack, milliseconds(5));
  EXPECT_EQ(fills[0].execution.ack_to_fill, milliseconds(2));
  EXPECT_EQ(fills[0].execution.notional, 60'000'000);
  EXPECT_EQ(fills[0].execution.fee, MicroBps(5'000'000));
  EXPECT_FALSE(fills[1].execution.latency);
  EXPECT_EQ(fills[1].execution.fee, MicroBps(5'000'000));
}

TEST(FillFile, ReadsBinancesTradeHistory) {
  const auto fills = fills_of(
      "\"Date(UTC)\",\"Pair\",\"Side\",\"Price\",\"Executed\",\"Amount\",\"Fee\"\n"
      "\"2026-01-31 12:00:00\",\"BTCUSDT\",\"BUY\",\"50,000.00\",\"0.02BTC\",\"1,000.00USDT\",\"0.00002BTC\"\n"
      "26-01-31 12:00:01,1INCHUSDT,SELL,0.5,100.51INCH,50.25USDT,0.05025USDT\n"
      "26-01-31 12:00:02,BTCUSDT,SELL,50000,0.01BTC,500USDT,0.0006BNB\n",
      Role::maker);
  ASSERT_EQ(fills.size(), 3U);
  EXPECT_EQ(fills[0].exchange, "binance");
  EXPECT_EQ(fills[0].execution.at, Wall(1'769'860'800'000'000'000));
  EXPECT_EQ(fills[0].execution.role, Role::maker);
  EXPECT_EQ(fills[0].execution.notional, 1'000'000'000);
  EXPECT_EQ(fills[0].execution.fee, MicroBps(10'000'000));  // 0.00002 BTC of 0.02
  EXPECT_FALSE(fills[0].execution.latency);
  EXPECT_EQ(fills[1].symbol, "1INCH/USDT");
  EXPECT_EQ(fills[1].execution.notional, 50'250'000);  // 100.5 of a currency that begins with a digit
  EXPECT_EQ(fills[1].execution.fee, MicroBps(10'000'000));
  EXPECT_FALSE(fills[2].execution.fee);  // BNB without a rate stays BNB
  EXPECT_EQ(fills[2].execution.apart->currency, "BNB");
  EXPECT_EQ(fills[2].execution.apart->amount, 60'000);
}

TEST(FillFile, ReadsBinancesOlderTradeHistory) {
  const auto fills = fills_of(
      "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin\n"
      "2019-01-31 12:00:00,BTCUSDT,BUY,3400.5,0.1,340.05,0.0001,BTC\n");
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_EQ(fills[0].execution.notional, 340'050'000);
  EXPECT_EQ(fills[0].execution.fee, MicroBps(10'000'000));
}

TEST(FillFile, ReadsKrakensTrades) {
  const auto fills = fills_of(
      "\"txid\",\"ordertxid\",\"pair\",\"time\",\"type\",\"ordertype\",\"price\",\"cost\",\"fee\",\"vol\",\"margin\","
      "\"misc\",\"ledgers\"\n"
      "\"T2\",\"O2\",\"XXBTZUSD\",\"2026-01-31 12:00:00.1234\",\"buy\",\"limit\",50000.0,1000.00000,2.60000,0.02,"
      "0.0,\"\",\"L1,L2\"\n"
      "\"T1\",\"O1\",\"XXBTZUSD\",\"2026-01-31 11:00:00.1234\",\"buy\",\"market\",50000.0,500.00000,1.30000,0.01,"
      "0.0,\"\",\"L1,L2\"\n",
      Role::maker);
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_EQ(fills[0].exchange, "kraken");
  EXPECT_EQ(fills[0].symbol, "BTC/USD");
  EXPECT_EQ(fills[0].trade_id, "T1");
  EXPECT_EQ(fills[0].order_id, "O1");
  EXPECT_EQ(fills[0].execution.role, Role::taker);  // a market order
  EXPECT_EQ(fills[1].execution.role, Role::maker);  // as asked for
  EXPECT_EQ(fills[1].execution.at.nanos() % 1'000'000'000, 123'400'000);
  EXPECT_EQ(fills[1].execution.notional, 1'000'000'000);
  EXPECT_EQ(fills[1].execution.fee, MicroBps(26'000'000));
}

TEST(FillFile, ReadsCoinbasesFills) {
  const auto fills = fills_of(
      "portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit\n"
      "default,7,BTC-USD,BUY,2026-01-31T12:00:00.000Z,0.02,BTC,50000.00,5.00,-1005.00,USD\n"
      "default,7,BTC-USDT,BUY,2026-01-31T12:00:00.000Z,0.02,BTC,50000.00,4.00,-1004.00,USDT\n");
  ASSERT_EQ(fills.size(), 2U);
  EXPECT_EQ(fills[0].exchange, "coinbase");
  EXPECT_EQ(fills[0].symbol, "BTC/USD");
  EXPECT_NE(fills[0].trade_id, fills[1].trade_id);  // ids count per product
  EXPECT_EQ(fills[0].execution.fee, MicroBps(50'000'000));
  EXPECT_EQ(fills[1].execution.fee, MicroBps(40'000'000));
}

}  // namespace
}  // namespace crossbook::store
