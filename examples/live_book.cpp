// SPDX-License-Identifier: Apache-2.0
//
// The consolidated book of exchanges as it is now, and orders that are pulled when its spread is too wide:
//   example_live_book BTC/USDT kraken okx
//   example_live_book BTC/USDT kraken=127.0.0.1:9001 okx=127.0.0.1:9002 --ca-file ca.pem   (crossbook fakex)
#include <cstdio>
#include <string>
#include <vector>

#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"
#include "crossbook/shard/live_feeder.hpp"

namespace {

using crossbook::shard::LiveMarket;

constexpr int changes_shown = 10;

void print_book(LiveMarket& market, const std::string& symbol) {
  const auto book = market.book(symbol, 3);
  if (!book) return;
  for (const auto* side : {&book->bids, &book->asks})
    for (const crossbook::shard::LiveLevel& level : *side)
      std::printf("  %s %.10g x %.10g of %zu\n", side == &book->bids ? "bid" : "ask",
                  crossbook::shard::real(level.price.count(), book->price_scale),
                  crossbook::shard::real(level.quantity.count(), book->quantity_scale), level.parts.size());
  for (const auto& venue : book->venues) {
    const bool in = venue.excluded == crossbook::Reason::none;
    std::printf("  %s %s\n", venue.name.c_str(), in ? "contributes" : crossbook::to_string(venue.excluded));
  }
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> given(words + 1, words + count);
  if (given.size() < 2) {
    std::fprintf(stderr, "usage: example_live_book SYMBOL VENUE[=HOST:PORT]... [--ca-file FILE]\n");
    return 2;
  }
  crossbook::shard::LiveMarketOptions options;
  options.request.symbols = {given[0]};
  std::string ca_file;
  for (std::size_t i = 1; i < given.size(); ++i) {
    if (given[i] == "--ca-file" && i + 1 < given.size()) {
      ca_file = given[++i];
      continue;
    }
    const auto equals = given[i].find('=');
    auto& venue = options.request.venues[given[i].substr(0, equals)];
    if (equals != std::string::npos) venue.endpoint = given[i].substr(equals + 1);
  }
  for (auto& [name, venue] : options.request.venues) venue.ca_file = ca_file;

  auto started = LiveMarket::start(options);
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().c_str());
    return 2;
  }
  LiveMarket& market = **started;
  if (!market.wait_ready(crossbook::seconds(60)))
    std::printf("not every exchange is ready; going on with the others\n");

  // Your own best bids and asks go where the seed's classes want them.
  crossbook::MultiExchangeOrderbookAggregator aggregator;
  crossbook::SpreadThresholdManager manager;
  manager.place_order({.order_id = "order_123",
                       .symbol = given[0],
                       .side = "buy",
                       .price = 1.0,
                       .size = 1.0,
                       .spread_threshold_bps = 1e-6});
  const crossbook::shard::LiveFeeder feeder(
      market, {.on_change = crossbook::shard::spreads_to(manager),
               .on_book = crossbook::shard::books_to<crossbook::OrderBookSnapshot>(aggregator)});

  const auto changes = market.changes();
  bool pulled = false;
  for (int shown = 0; shown < changes_shown || !pulled;) {
    const auto change = changes->wait(crossbook::seconds(60));
    if (!change) break;
    if (change->bid && change->ask && shown++ < changes_shown)
      std::printf("%s %.10g / %.10g, %zu exchanges\n", change->symbol.c_str(), *change->bid_price(),
                  *change->ask_price(), change->venues);
    for (const crossbook::Order& order : manager.monitor_orders()) {
      std::printf("%s: %s\n", order.order_id.c_str(), order.reason.c_str());
      pulled = true;
    }
  }
  print_book(market, given[0]);
  const auto best = aggregator.get_best_exchange(given[0], "buy", 1'000.0);
  std::printf("buy at %s for %.10g\n", best.exchange.c_str(), best.price);
  market.stop();
}
