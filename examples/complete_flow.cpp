// SPDX-License-Identifier: Apache-2.0
// The whole loop with the three classes: one book out of two exchanges, where a trade is cheapest, an order that rests
// while the spread is narrow, and what its fill teaches. The market is a small random walk, the same each time.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <string>

#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"

namespace {

// Two exchanges around one price; now and then one of them steps back.
class Market {
 public:
  crossbook::OrderBookSnapshot book(double half_spread) {
    const double cent = 0.01;
    const double bid = std::floor((price_ - half_spread) / cent) * cent;
    const double ask = std::ceil((price_ + half_spread) / cent) * cent;
    return {.symbol = "BTC/USDT", .bids = {{bid, 0.5}, {bid - 1.0, 2.0}}, .asks = {{ask, 0.5}, {ask + 1.0, 2.0}}};
  }
  void step() {
    price_ += static_cast<double>(random_() % 41) - 20.0;
    wide_ = random_() % 10 == 0;
  }
  [[nodiscard]] double half_spread() const { return wide_ ? 40.0 : 5.0; }
  [[nodiscard]] double latency_ms() { return 40.0 + static_cast<double>(random_() % 20); }

 private:
  std::mt19937 random_{7};
  double price_ = 60'000.0;
  bool wide_ = false;
};

}  // namespace

int main() {
  Market market;
  const auto calibrator = std::make_shared<crossbook::FeeLatencyCalibrator>();
  crossbook::MultiExchangeOrderbookAggregator aggregator({.calibrator = calibrator});
  crossbook::SpreadThresholdManager manager({.auto_cancel = true});
  int cancelled = 0;
  manager.set_cancel_callback([&](const crossbook::Order&, const std::string&) { ++cancelled; });
  int filled = 0;
  double cost_at_first = 0.0;
  double cost_at_last = 0.0;

  for (int round = 0; round < 200; ++round) {
    market.step();
    // 1. One book out of two, and the exchange to trade at.
    aggregator.add_exchange_orderbook("binance", market.book(market.half_spread()), 50.0);
    aggregator.add_exchange_orderbook("kraken", market.book(market.half_spread() + 1.0), 80.0);
    const crossbook::AggregatedOrderBook aggregated = aggregator.aggregate("BTC/USDT");
    const auto best = aggregator.get_best_exchange("BTC/USDT", "buy", 1000.0);

    // 2. What it costs there: fallbacks at first, then what was paid.
    const double fee = calibrator->get_estimated_fee(best.exchange, "taker");
    const double latency = calibrator->get_estimated_latency(best.exchange, "p95");
    const double volatility_bps = 2.0;
    const double total_cost_bps = fee + latency / 1000.0 * volatility_bps;
    if (round == 0) cost_at_first = total_cost_bps;
    cost_at_last = total_cost_bps;

    // 3. An order, for as long as the spread is narrow.
    const std::string id = "order_" + std::to_string(round);
    manager.place_order({.order_id = id,
                         .symbol = "BTC/USDT",
                         .side = "buy",
                         .price = best.price,
                         .size = 0.01,
                         .spread_threshold_bps = 5.0,
                         .exchange = best.exchange});
    manager.update_spread("BTC/USDT", *aggregated.best_bid, *aggregated.best_ask);
    manager.monitor_orders();
    if (manager.get_order(id)->status == crossbook::OrderStatus::cancelled) continue;

    // 4. It was filled; the next estimate knows it.
    manager.fill_order(id);
    calibrator->record_execution({.exchange = best.exchange,
                                  .symbol = "BTC/USDT",
                                  .order_type = "taker",
                                  .actual_fee_bps = 4.0,
                                  .actual_latency_ms = market.latency_ms(),
                                  .price = best.price});
    ++filled;
  }
  std::printf("%d filled, %d cancelled by the spread, %zu live\n", filled, cancelled,
              manager.get_active_orders().size());
  std::printf("cost at first %.2f bps, in the end %.2f bps\n", cost_at_first, cost_at_last);
}
