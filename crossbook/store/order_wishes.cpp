// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/order_sql.hpp"

// What somebody wants of orders while no program that holds them runs.
namespace crossbook::store {
namespace {

constexpr const char* live = "state NOT IN (3, 4, 5, 6)";
static_assert(ended(OrderState{3}) && ended(OrderState{4}) && ended(OrderState{5}) && ended(OrderState{6}) &&
              !ended(OrderState{2}) && !ended(OrderState{7}));

int cancelling() { return static_cast<int>(OrderState::cancelling); }

std::int64_t count(SQLite::Database& database, const std::string& of) {
  return database.execAndGet("SELECT count(*) FROM " + of).getInt64();
}

void run(SQLite::Database& database, const std::string& text, OrderReason reason, Wall at) {
  SQLite::Statement statement(database, text);
  statement.bind(":cancelling", cancelling());
  if (statement.getIndex(":reason") != 0) statement.bind(":reason", static_cast<int>(reason));
  if (statement.getIndex(":at") != 0) statement.bind(":at", at.nanos());
  if (statement.getIndex(":word") != 0) statement.bind(":word", std::string(to_string(reason)));
  statement.exec();
}

}  // namespace

LiveOrders want_live_orders_gone(SQLite::Database& database, OrderReason reason, Wall at) {
  const auto change = [&](const std::string& text) { run(database, text, reason, at); };
  change(
      "INSERT INTO order_steps (order_id, state, reason, at_ns) "
      "SELECT id, :cancelling, :reason, :at FROM orders WHERE ended = 0 AND state <> :cancelling ORDER BY id");
  change("UPDATE orders SET state = :cancelling, reason = :reason WHERE ended = 0 AND state <> :cancelling");

  const std::string resting = std::string(" WHERE ") + live + " AND state <> :cancelling";
  change(
      "INSERT INTO face_order_steps (order_id, state, reason, reason_text, filled, at_ns) "
      "SELECT order_id, :cancelling, :reason, '', filled, :at FROM face_orders" +
      resting + " ORDER BY id");
  change(
      "DELETE FROM face_order_metadata WHERE key = 'cancel_reason' AND order_id IN (SELECT order_id FROM face_orders" +
      resting + ")");
  change(
      "INSERT INTO face_order_metadata (order_id, position, key, kind, value) SELECT f.order_id, coalesce((SELECT "
      "max(position) + 1 FROM face_order_metadata m WHERE m.order_id = f.order_id), 0), 'cancel_reason', 4, :word FROM "
      "face_orders f" +
      resting);
  change("UPDATE face_orders SET state = :cancelling, reason = :reason, reason_text = '', changed_at_ns = :at" +
         resting);
  return {.engine = count(database, "orders WHERE ended = 0"),
          .face = count(database, std::string("face_orders WHERE ") + live)};
}

}  // namespace crossbook::store
