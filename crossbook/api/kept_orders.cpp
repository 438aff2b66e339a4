// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/kept_orders.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "crossbook/store/store.hpp"

namespace crossbook {
namespace {

template <class T>
T value_or_throw(sys::Outcome<T> outcome) {
  if (!outcome) throw std::runtime_error(outcome.error());
  if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

Wall wall(TimePoint time) {
  return Wall(std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}
TimePoint time_point(Wall wall) {
  return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::nanoseconds(wall.nanos())));
}

// A reason that is one of the codes is kept as its code, any other as the text.
constexpr std::array codes = {OrderReason::ok,
                              OrderReason::order_expired,
                              OrderReason::order_too_old,
                              OrderReason::spread_exceeded_threshold,
                              OrderReason::data_unusable,
                              OrderReason::manual};

void put_reason(const std::string& text, store::FaceOrder& row) {
  row.reason = OrderReason::manual;
  for (const OrderReason code : codes) {
    if (text == to_string(code)) {
      row.reason = code;
      return;
    }
  }
  row.reason_text = text;
}
std::string reason_text(OrderReason code, const std::string& text) { return text.empty() ? to_string(code) : text; }

store::FaceOrder row_of(const Order& order) {
  store::FaceOrder row{.id = order.order_id,
                       .symbol = order.symbol,
                       .action = order.side == to_string(Action::buy) ? Action::buy : Action::sell,
                       .order_type = order.order_type,
                       .price = order.price,
                       .size = order.size,
                       .filled = order.filled,
                       .spread_threshold_bps = order.spread_threshold_bps,
                       .exchange = order.exchange,
                       .created_at = wall(order.created_at),
                       .state = order.status,
                       .changed_at = wall(order.last_change_at),
                       .metadata = {order.metadata.begin(), order.metadata.end()}};
  if (order.expires_at) row.expires_at = wall(*order.expires_at);
  put_reason(order.reason, row);
  return row;
}

Order order_of(const store::FaceOrder& row) {
  Order order{.order_id = row.id,
              .symbol = row.symbol,
              .side = to_string(row.action),
              .order_type = row.order_type,
              .price = row.price,
              .size = row.size,
              .spread_threshold_bps = row.spread_threshold_bps,
              .created_at = time_point(row.created_at),
              .status = row.state,
              .exchange = row.exchange,
              .metadata = {row.metadata.begin(), row.metadata.end()},
              .filled = row.filled,
              .reason = reason_text(row.reason, row.reason_text),
              .last_change_at = time_point(row.changed_at)};
  if (row.expires_at) order.expires_at = time_point(*row.expires_at);
  return order;
}

class StoredOrders final : public OrderStore {
 public:
  explicit StoredOrders(std::unique_ptr<store::Store> store) : store_(std::move(store)) {}

  std::uint64_t keep(const Order& order) override {
    return static_cast<std::uint64_t>(value_or_throw(store_->record(store::OrderRow(row_of(order)))));
  }
  std::uint64_t forget(const std::string& order_id) override {
    const store::OrderRow row = store::FaceOrderForgotten{order_id};
    return static_cast<std::uint64_t>(value_or_throw(store_->record(row)));
  }
  void wait(std::uint64_t number) override { value_or_throw(store_->wait(store::Ticket{number})); }
  void replay(const std::function<void(const Order&)>& each) override {
    value_or_throw(store_->flush());
    for (const store::FaceOrder& row : value_or_throw(store_->face_orders())) each(order_of(row));
  }
  std::vector<OrderStep> history(const std::string& order_id) override {
    value_or_throw(store_->flush());
    std::vector<OrderStep> steps;
    for (const store::FaceOrderStep& row : value_or_throw(store_->face_order_history(order_id)))
      steps.push_back({.status = row.state,
                       .reason = reason_text(row.reason, row.reason_text),
                       .filled = row.filled,
                       .at = time_point(row.at)});
    return steps;
  }

 private:
  std::unique_ptr<store::Store> store_;
};

}  // namespace

std::shared_ptr<OrderStore> open_orders(const std::string& path) {
  return std::make_shared<StoredOrders>(value_or_throw(store::open_store(path)));
}

}  // namespace crossbook
