// SPDX-License-Identifier: Apache-2.0
// Orders of an engine and of a manager in a new store, for orders_test.py.
//
//   write_orders STORE         writes them
//   write_orders STORE start   a manager takes over, and says whom it cancels
#include <cstdio>
#include <string>
#include <vector>

#include "crossbook/api/kept_orders.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"
#include "crossbook/store/store.hpp"

namespace {

using namespace crossbook;

constexpr Wall noon(1'769'860'800'000'000'000);  // 2026-01-31T12:00:00Z

Wall after(std::int64_t of_noon_s) { return Wall(noon.nanos() + of_noon_s * 1'000'000'000); }

store::OrderIntent intent(std::uint64_t number, OrderType type) {
  store::OrderIntent intent;
  intent.order = OrderId(number);
  intent.client = "client " + std::to_string(number);
  intent.feed = "kraken";
  intent.symbol = intent.raw_symbol = "BTC/USD";
  intent.terms = {.listing = {},
                  .action = Action::sell,
                  .type = type,
                  .price = Price(6'425'010),
                  .quantity = Quantity(150'000),
                  .price_scale = 2,
                  .quantity_scale = 8};
  intent.limits.spread_max = MicroBps(5'500'000);
  intent.placed_at = noon;
  return intent;
}

store::OrderExecution fill(std::uint64_t order, std::uint64_t trade, std::int64_t quantity, Wall at) {
  store::OrderExecution execution;
  execution.order = OrderId(order);
  execution.fill = {.trade = trade,
                    .price = Price(6'425'010),
                    .quantity = Quantity(quantity),
                    .role = Role::maker,
                    .fee_rate = MicroBps(-1'000'000),
                    .fee = -96'375'150};
  execution.at = at;
  return execution;
}

// 1 rests and is partly filled; 2 was cancelled, and had a late fill; 3 has no answer yet.
bool write_engine(const std::string& path) {
  const auto store = store::open_store(path);
  if (!store) return false;
  const std::vector<store::OrderRow> rows = {
      intent(1, OrderType::post_only),
      store::OrderStep{OrderId(1), OrderState::active, OrderReason::ok, after(1)},
      fill(1, 70, 50'000, after(2)),
      intent(2, OrderType::limit),
      store::OrderStep{OrderId(2), OrderState::active, OrderReason::ok, after(1)},
      store::OrderStep{OrderId(2), OrderState::cancelled, OrderReason::spread_exceeded_threshold, after(3)},
      fill(2, 71, 150'000, after(4)),
      intent(3, OrderType::market)};
  for (const store::OrderRow& row : rows)
    if (!(*store)->record(row)) return false;
  return (*store)->flush().has_value();
}

SpreadThresholdManager manager_on(const std::string& path) {
  SpreadThresholdManagerOptions options;
  options.check_interval_seconds = 0;  // a cancel is tried again at once
  options.store = open_orders(path);
  return SpreadThresholdManager(options);
}

void write_manager(const std::string& path) {
  auto manager = manager_on(path);
  for (const char* id : {"resting", "gone", "7"}) {
    SpreadThresholdManager::Place place;
    place.order_id = id;
    place.symbol = "ETH/USDT";
    place.side = "buy";
    place.price = 2'500.5;
    place.size = 0.1;
    place.exchange = "binance";
    manager.place_order(place);
  }
  manager.cancel_order("gone", "I say so");
  manager.fill_order("7");
}

void start(const std::string& path) {
  auto manager = manager_on(path);
  manager.set_cancel_callback([](const Order& order, const std::string& reason) {
    std::printf("cancels %s: %s\n", order.order_id.c_str(), reason.c_str());
  });
  manager.monitor_orders();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string path = argv[1];
  if (argc > 2) {
    start(path);
    return 0;
  }
  if (!write_engine(path)) return 1;
  write_manager(path);
  return 0;
}
