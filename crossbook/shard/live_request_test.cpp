// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_request.hpp"

#include <gmock/gmock.h>

#include "crossbook/shard/live.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LiveRequest at(const std::vector<std::string>& venues, std::vector<std::string> symbols) {
  LiveRequest request{.symbols = std::move(symbols), .venues = {}};
  for (const std::string& venue : venues) request.venues[venue];
  return request;
}

std::vector<std::string> mistakes(const LiveRequest& request) {
  std::vector<std::string> texts;
  for (const LiveMistake& mistake : mistakes_of(request)) texts.push_back(mistake.venue + ": " + mistake.what);
  return texts;
}

std::vector<std::string> watched(const LiveRequest& request, std::string_view feed) {
  const LiveOptions options = live_options(request).value();
  for (const LiveFeed& one : options.feeds)
    if (venue::feed(one.feed).name == feed) return one.raw_symbols;
  return {};
}

TEST(LiveRequest, EachVenueTakesTheSymbolsOfItsMarket) {
  const LiveRequest request = at({"okx", "binance-usdm", "bybit-linear", "binance-coinm"},
                                 {"BTC/USDT", "ETH/USDT:USDT", "BTC/USDC:USDC", "BTC/USD:BTC"});
  EXPECT_THAT(mistakes(request), IsEmpty());
  EXPECT_THAT(watched(request, "okx"), ElementsAre("BTC-USDT"));
  EXPECT_THAT(watched(request, "binance-usdm"), ElementsAre("ETHUSDT", "BTCUSDC"));
  EXPECT_THAT(watched(request, "bybit-linear"), ElementsAre("ETHUSDT", "BTCPERP"));
  EXPECT_THAT(watched(request, "binance-coinm"), ElementsAre("BTCUSD_PERP"));
}

TEST(LiveRequest, RefusesASymbolThatNoVenueTrades) {
  EXPECT_THAT(
      mistakes(at({"okx", "binance-usdm"}, {"BTC/USDT", "ETH/USDT:USDT", "bitcoin"})),
      ElementsAre(R"(binance-usdm: "bitcoin" is no linear contract; write BASE/QUOTE:SETTLE as in BTC/USDT:USDT)",
                  R"(okx: "bitcoin" is no spot pair; write BASE/QUOTE as in BTC/USDT)"));
  EXPECT_THAT(mistakes(at({"binance-coinm"}, {"ETH/USD:ETH", "ETH/USDT:USDT"})),
              ElementsAre("binance-coinm: \"ETH/USDT:USDT\" is no inverse contract; write BASE/QUOTE:BASE as in "
                          "BTC/USD:BTC"));
  EXPECT_THAT(mistakes(at({"okx"}, {"BTC/USDT", "ETH/USDT:USDT"})),
              ElementsAre(R"(okx: "ETH/USDT:USDT" is no spot pair; write BASE/QUOTE as in BTC/USDT)"));
}

TEST(LiveRequest, RefusesAVenueThatIsLeftWithoutSymbols) {
  LiveRequest request = at({"okx", "bybit-linear"}, {"BTC/USDT"});
  EXPECT_THAT(mistakes(request),
              ElementsAre("bybit-linear: none of the symbols is of its market: its are like BTC/USDT:USDT"));
  request.venues["bybit-linear"].symbols = {"BTC-27NOV26"};
  EXPECT_THAT(mistakes(request), IsEmpty());
  EXPECT_THAT(watched(request, "bybit-linear"), ElementsAre("BTC-27NOV26"));
}

}  // namespace
}  // namespace crossbook::shard
