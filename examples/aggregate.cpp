// SPDX-License-Identifier: Apache-2.0
// One book out of two exchanges, and where to trade: every call of MultiExchangeOrderbookAggregator.
#include <cstdio>

#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"

int main() {
  crossbook::MultiExchangeOrderbookAggregator aggregator(
      {.latency_weight = 0.3, .min_reliability = 0.5, .max_price_diff_pct = 0.01});

  const crossbook::OrderBookSnapshot binance_snapshot{
      .symbol = "BTC/USDT",
      .timestamp = std::chrono::system_clock::now(),
      .bids = {{59990.0, 2.0}, {59985.0, 3.0}},
      .asks = {{60010.0, 2.0}, {60015.0, 3.0}},
  };
  const crossbook::OrderBookSnapshot kraken_snapshot{
      .symbol = "BTC/USDT",
      .timestamp = std::chrono::system_clock::now(),
      .bids = {{59995.0, 2.0}, {59985.0, 3.0}},
      .asks = {{60005.0, 2.0}, {60020.0, 3.0}},
  };
  aggregator.add_exchange_orderbook("binance", binance_snapshot, 50.0);
  aggregator.add_exchange_orderbook("kraken", kraken_snapshot, 80.0, 0.95);

  const crossbook::AggregatedOrderBook aggregated = aggregator.aggregate("BTC/USDT");
  if (aggregated.best_bid && aggregated.best_ask)
    std::printf("%.0f / %.0f, %.2f bps, %d exchanges\n", *aggregated.best_bid, *aggregated.best_ask,
                *aggregated.spread_bps, aggregated.exchange_count);
  for (const crossbook::AggregatedLevel& level : aggregated.bids) {
    std::printf("bid %.0f x %g, with latency %.3f:", level.price, level.total_size, level.weighted_price);
    for (std::size_t i = 0; i < level.exchanges.size(); ++i)
      std::printf(" %s %g", level.exchanges[i].c_str(), level.sizes[i]);
    std::printf("\n");
  }

  const auto [best_exchange, best_price, filled_usd, complete] =
      aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0);
  std::printf("buy at %s for %.0f, %s\n", best_exchange.c_str(), best_price, complete ? "complete" : "in part");

  // A crossed book is kept out, and says so.
  aggregator.add_exchange_orderbook("okx", {.symbol = "BTC/USDT", .bids = {{60002.0, 1.0}}, .asks = {{60001.0, 1.0}}});
  for (const auto& [exchange, reason] : aggregator.excluded("BTC/USDT"))
    std::printf("%s stays out: %s\n", exchange.c_str(), crossbook::to_string(reason));

  aggregator.remove_exchange("BTC/USDT", "kraken");
  for (const std::string& exchange : aggregator.get_available_exchanges("BTC/USDT"))
    std::printf("available: %s\n", exchange.c_str());
}
