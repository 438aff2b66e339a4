// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/store/order_rows.hpp"

// Order rows in and out of SQLite. Its exceptions go through to the callers of this room.
namespace crossbook::store {

// Writes rows; prepared once. For the writer's thread, inside its transaction.
class OrderStatements {
 public:
  explicit OrderStatements(SQLite::Database& database);

  void add(const OrderRow& row);

 private:
  void add(const OrderIntent& intent);
  void add(const OrderStep& step);
  void add(const OrderExecution& execution);
  void add(const FaceOrder& order);
  void add(const FaceOrderForgotten& forgotten);

  SQLite::Statement intent_;
  SQLite::Statement step_;
  SQLite::Statement state_;
  SQLite::Statement execution_;
  SQLite::Statement face_;
  SQLite::Statement face_step_;
  SQLite::Statement face_forget_;
  SQLite::Statement metadata_;
  SQLite::Statement metadata_forget_;
};

[[nodiscard]] std::vector<KeptOrder> read_live_orders(SQLite::Database& database);
[[nodiscard]] OrderId read_next_order(SQLite::Database& database);
[[nodiscard]] std::optional<OrderHistory> read_order(SQLite::Database& database, OrderId order);
void read_orders(SQLite::Database& database, OrderId after, const std::function<void(const OrderHistory&)>& each);
[[nodiscard]] std::vector<FaceOrder> read_face_orders(SQLite::Database& database);
[[nodiscard]] std::vector<FaceOrderStep> read_face_order_history(SQLite::Database& database, const std::string& id);

// Marks every live order as cancelling. For the writer's thread, inside its transaction.
[[nodiscard]] LiveOrders want_live_orders_gone(SQLite::Database& database, OrderReason reason, Wall at);

}  // namespace crossbook::store
