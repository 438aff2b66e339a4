// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/symbols.hpp"

#include <gtest/gtest.h>

namespace crossbook::venue {
namespace {

std::string split(std::string_view raw) {
  const auto pair = split_joined(raw);
  return pair ? unified(*pair) : "none";
}

TEST(Symbols, AKnownBaseWinsOverALongerQuoteThatEndsWithItsLetters) {
  EXPECT_EQ(split("ethusd"), "ETH/USD");  // not ET/HUSD
  EXPECT_EQ(split("BATUSD"), "BAT/USD");  // not BA/TUSD
  EXPECT_EQ(split("arbusd"), "ARB/USD");  // not AR/BUSD
  EXPECT_EQ(split("bchusd"), "BCH/USD");
  EXPECT_EQ(split("grtusd"), "GRT/USD");
  EXPECT_EQ(split("dashusd"), "DASH/USD");
}

TEST(Symbols, TheLongestQuoteHoldsWhereTheBaseIsKnownWithIt) {
  EXPECT_EQ(split("yfihusd"), "YFI/HUSD");
  EXPECT_EQ(split("ethhusd"), "ETH/HUSD");
  EXPECT_EQ(split("OMGBUSD"), "OMG/BUSD");
  EXPECT_EQ(split("BTCUSDT"), "BTC/USDT");
  EXPECT_EQ(split("BTCUSDC"), "BTC/USDC");
  EXPECT_EQ(split("BTCTUSD"), "BTC/TUSD");
}

TEST(Symbols, DollarsAgainstDollarsAreSplitInTheMiddle) {
  EXPECT_EQ(split("gusdusd"), "GUSD/USD");
  EXPECT_EQ(split("usdcusd"), "USDC/USD");
  EXPECT_EQ(split("usdtusd"), "USDT/USD");
  EXPECT_EQ(split("USDCUSDT"), "USDC/USDT");
  EXPECT_EQ(split("FDUSDUSDT"), "FDUSD/USDT");
}

TEST(Symbols, SpellingsOfRecordedVenuesSplitRight) {
  for (const auto& [raw, symbol] : std::initializer_list<std::pair<const char*, const char*>>{
           {"bcheur", "BCH/EUR"},   {"bchgbp", "BCH/GBP"},       {"btcusd", "BTC/USD"},     {"ethgbp", "ETH/GBP"},
           {"gbpusd", "GBP/USD"},   {"knceur", "KNC/EUR"},       {"kncusd", "KNC/USD"},     {"linkbtc", "LINK/BTC"},
           {"ltcusd", "LTC/USD"},   {"BLZETH", "BLZ/ETH"},       {"LRCBTC", "LRC/BTC"},     {"NKNUSDT", "NKN/USDT"},
           {"RUNEEUR", "RUNE/EUR"}, {"ALCXUSD", "ALCX/USD"},     {"ANKRUSD", "ANKR/USD"},   {"BATBTC", "BAT/BTC"},
           {"ETHEUR", "ETH/EUR"},   {"FILUSD", "FIL/USD"},       {"LINKETH", "LINK/ETH"},   {"LTCETH", "LTC/ETH"},
           {"SOLUSD", "SOL/USD"},   {"ZECLTC", "ZEC/LTC"},       {"borusdt", "BOR/USDT"},   {"dogeeth", "DOGE/ETH"},
           {"nesteth", "NEST/ETH"}, {"fil3susdt", "FIL3S/USDT"}, {"propyeth", "PROPY/ETH"}, {"trioeth", "TRIO/ETH"},
           {"zeneth", "ZEN/ETH"},   {"COMPUSDT", "COMP/USDT"},   {"GRTUSD", "GRT/USD"},     {"BTCGBP", "BTC/GBP"}})
    EXPECT_EQ(split(raw), symbol);
}

TEST(Symbols, AnUnknownQuoteKeepsTheRawSpellingOnly) {
  EXPECT_EQ(split("btcxyz"), "none");
  EXPECT_EQ(split("usd"), "none");
  EXPECT_EQ(split(""), "none");
}

TEST(Symbols, AliasesOfBitcoinAndDogecoinAreResolved) {
  EXPECT_EQ(unified(*split_at("XBT/USD", '/')), "BTC/USD");
  EXPECT_EQ(unified(*split_at("ALGO/XBT", '/')), "ALGO/BTC");
  EXPECT_EQ(unified(*split_at("XDG/EUR", '/')), "DOGE/EUR");
  EXPECT_FALSE(split_at("BTCUSD", '/'));
  EXPECT_FALSE(split_at("/USD", '/'));
}

}  // namespace
}  // namespace crossbook::venue
