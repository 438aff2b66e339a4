// SPDX-License-Identifier: Apache-2.0
// recorded_flow CAPTURE SYMBOL: the four steps of the loop with the three classes, on the books of a recorded session.
// Once a second an order is decided; 100 ms later the recorded market says whether it was still there to be had.
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"
#include "crossbook/capture/session.hpp"
#include "crossbook/shard/player.hpp"

using namespace crossbook;

namespace {

// The best levels of one venue, as the classes take them; nothing while its book is not whole.
std::optional<OrderBookSnapshot> snapshot_of(const engine::Engine& engine, ListingId id, const std::string& symbol) {
  const book::VenueBook& book = engine.book(id);
  if (!book.ready()) return {};
  const Listing& listing = engine.listings()[id];
  OrderBookSnapshot snapshot{.symbol = symbol};
  const auto read = [&](Side side, std::vector<OrderBookLevel>& levels) {
    book.for_each(side, [&](const book::WideLevel& level) {
      levels.push_back({static_cast<double>(level.price.count()) / std::pow(10.0, listing.price_scale),
                        to_double(level.quantity.count()) / std::pow(10.0, listing.quantity_scale)});
      return levels.size() < 50;
    });
  };
  read(Side::bid, snapshot.bids);
  read(Side::ask, snapshot.asks);
  return snapshot;
}

class Flow {
 public:
  explicit Flow(std::string symbol) : symbol_(std::move(symbol)) {
    manager_.set_cancel_callback([this](const Order&, const std::string&) { ++cancelled_; });
  }

  void decide(const shard::Player& player) {
    const auto group = player.engine().find_group(symbol_);
    if (!group) return;
    // 1. One book out of all, and the exchange to trade at.
    add_books(player, *group);
    if (aggregator_.get_available_exchanges(symbol_).empty()) return;
    const AggregatedOrderBook book = aggregator_.aggregate(symbol_);
    if (!book.best_bid || !book.best_ask) return;
    const auto best = aggregator_.get_best_exchange(symbol_, "buy", 1000.0);
    // 2. What it costs there: fallbacks at first, then what was paid.
    cost_bps_ = calibrator_->estimate_total_cost_bps(best.exchange, "taker", "p95", 2.0);
    if (!first_cost_bps_) first_cost_bps_ = cost_bps_;
    // 3. An order, for as long as the spread is narrow.
    order_ = manager_.place_order({.order_id = "order_" + std::to_string(++decided_),
                                   .symbol = symbol_,
                                   .side = "buy",
                                   .price = best.price,
                                   .size = 1000.0 / best.price,
                                   .spread_threshold_bps = 5.0,
                                   .exchange = best.exchange});
    manager_.update_spread(symbol_, *book.best_bid, *book.best_ask);
    manager_.monitor_orders();
  }

  // 4. It was filled if the exchange still asks no more; the next estimate knows what it cost.
  void settle(const shard::Player& player) {
    if (!order_ || manager_.get_order(order_->order_id)->status == OrderStatus::cancelled) return order_.reset();
    const auto group = player.engine().find_group(symbol_);
    add_books(player, *group);
    const auto now = aggregator_.get_best_exchange(symbol_, "buy", 1000.0);
    if (now.price <= order_->price * 1.0001) {
      manager_.fill_order(order_->order_id);
      calibrator_->record_execution({.exchange = order_->exchange,
                                     .symbol = symbol_,
                                     .order_type = "taker",
                                     .actual_fee_bps = 7.5,
                                     .actual_latency_ms = 100.0,
                                     .price = now.price});
      ++filled_;
    } else {
      manager_.cancel_order(order_->order_id, "missed");
      ++missed_;
    }
    order_.reset();
  }

  void report() const {
    std::printf("%d decided: %d filled, %d cancelled by the spread, %d missed, %zu live\n", decided_, filled_,
                cancelled_ - missed_, missed_, manager_.get_active_orders().size());
    std::printf("cost at first %.2f bps, in the end %.2f bps\n", first_cost_bps_.value_or(0.0), cost_bps_);
  }

 private:
  void add_books(const shard::Player& player, GroupId id) {
    const engine::Group& group = player.engine().group(id);
    for (std::size_t m = 0; m < group.members.size(); ++m) {
      const std::string& exchange = group.consolidated.member(static_cast<book::Member>(m)).name;
      const auto snapshot = snapshot_of(player.engine(), group.members[m], symbol_);
      if (snapshot) aggregator_.add_exchange_orderbook(exchange, *snapshot, 50.0);
      else aggregator_.remove_exchange(symbol_, exchange);
    }
  }

  std::string symbol_;
  std::shared_ptr<FeeLatencyCalibrator> calibrator_ = std::make_shared<FeeLatencyCalibrator>();
  MultiExchangeOrderbookAggregator aggregator_{{.calibrator = calibrator_}};
  SpreadThresholdManager manager_{{.auto_cancel = true}};
  std::optional<Order> order_;
  std::optional<double> first_cost_bps_;
  double cost_bps_ = 0.0;
  int decided_ = 0;
  int filled_ = 0;
  int cancelled_ = 0;
  int missed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: recorded_flow CAPTURE SYMBOL\n"), 2;
  auto session = capture::Session::open(std::vector<std::string>{argv[1]});
  if (!session) return std::fprintf(stderr, "%s\n", session.error().c_str()), 2;
  shard::Player player(shard::PlayerOptions{});
  Flow flow(argv[2]);
  Wall next_decision;
  std::optional<Wall> settle_at;
  while (const capture::Arrival* record = session->next()) {
    player.play(*record, record->connection, record->at);
    if (settle_at && record->t >= *settle_at) {
      flow.settle(player);
      settle_at.reset();
    }
    if (record->t < next_decision) continue;
    flow.decide(player);
    settle_at = record->t + milliseconds(100);
    next_decision = record->t + seconds(1);
  }
  flow.report();
}
