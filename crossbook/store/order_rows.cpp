// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/order_rows.hpp"

#include <limits>
#include <stdexcept>
#include <string>

#include "crossbook/core/decimal.hpp"
#include "crossbook/store/order_sql.hpp"

namespace crossbook::store {
namespace {

std::int64_t number(OrderId order) { return static_cast<std::int64_t>(order); }

template <class Enum>
int code(Enum value) {
  return static_cast<int>(value);
}
template <class Enum>
Enum decoded(const SQLite::Column& column) {
  return static_cast<Enum>(column.getInt());
}

template <class Unit>
void bind_count(SQLite::Statement& statement, int position, const std::optional<Count<Unit>>& count) {
  if (count) statement.bind(position, count->count());
  else statement.bind(position);
}
void bind_wall(SQLite::Statement& statement, int position, const std::optional<Wall>& wall) {
  if (wall) statement.bind(position, wall->nanos());
  else statement.bind(position);
}

template <class Number>
std::optional<Number> number_of(const SQLite::Column& column) {
  if (column.isNull()) return {};
  return Number(column.getInt64());
}

void run(SQLite::Statement& statement) {
  statement.exec();
  statement.reset();
}

constexpr const char* order_columns =
    "id, client, feed, raw_symbol, symbol, action, type, price, price_scale, quantity, quantity_scale, watched, "
    "spread_max_micro_bps, dwell_ns, expires_at_ns, age_max_ns, data_age_max_ns, placed_at_ns, state, reason";

OrderIntent intent_from(SQLite::Statement& row) {
  return {.order = static_cast<OrderId>(row.getColumn(0).getInt64()),
          .client = row.getColumn(1).getString(),
          .feed = row.getColumn(2).getString(),
          .raw_symbol = row.getColumn(3).getString(),
          .symbol = row.getColumn(4).getString(),
          .terms = {.listing = {},
                    .action = decoded<Action>(row.getColumn(5)),
                    .type = decoded<OrderType>(row.getColumn(6)),
                    .price = Price(row.getColumn(7).getInt64()),
                    .quantity = Quantity(row.getColumn(9).getInt64()),
                    .price_scale = row.getColumn(8).getInt(),
                    .quantity_scale = row.getColumn(10).getInt()},
          .limits = {.watched = decoded<WatchedSpread>(row.getColumn(11)),
                     .spread_max = number_of<MicroBps>(row.getColumn(12)),
                     .dwell = Nanos(row.getColumn(13).getInt64()),
                     .expires_at = number_of<Wall>(row.getColumn(14)),
                     .age_max = number_of<Nanos>(row.getColumn(15)),
                     .data_age_max = number_of<Nanos>(row.getColumn(16))},
          .placed_at = Wall(row.getColumn(17).getInt64())};
}

// `filled` stands behind the order's columns.
KeptOrder order_from(SQLite::Statement& row) {
  return {.intent = intent_from(row),
          .state = decoded<OrderState>(row.getColumn(18)),
          .reason = decoded<OrderReason>(row.getColumn(19)),
          .filled = Quantity(row.getColumn(20).getInt64())};
}

std::string select_orders(const char* where) {
  return std::string("SELECT ") + order_columns +
         ", (SELECT coalesce(sum(quantity), 0) FROM order_executions e WHERE e.order_id = orders.id) FROM orders " +
         where;
}

OrderExecution execution_from(SQLite::Statement& row) {
  const auto fee = parse_decimal_wide(row.getColumn(5).getString(), 0);
  if (!fee) throw std::runtime_error("order_executions.fee is not a whole number");
  return {.order = static_cast<OrderId>(row.getColumn(0).getInt64()),
          .fill = {.trade = static_cast<std::uint64_t>(row.getColumn(1).getInt64()),
                   .price = Price(row.getColumn(2).getInt64()),
                   .quantity = Quantity(row.getColumn(3).getInt64()),
                   .role = decoded<Role>(row.getColumn(4)),
                   .fee_rate = MicroBps(row.getColumn(6).getInt64()),
                   .fee = *fee},
          .at = Wall(row.getColumn(7).getInt64())};
}

// Steps and executions of one order after another.
class Histories {
 public:
  explicit Histories(SQLite::Database& database)
      : steps_(database, "SELECT order_id, state, reason, at_ns FROM order_steps WHERE order_id = ? ORDER BY id"),
        executions_(database,
                    "SELECT order_id, trade, price, quantity, role, fee, fee_rate_micro_bps, at_ns "
                    "FROM order_executions WHERE order_id = ? ORDER BY id") {}

  void read(OrderHistory& history) {
    steps_.bind(1, number(history.order.intent.order));
    while (steps_.executeStep())
      history.steps.push_back({.order = history.order.intent.order,
                               .to = decoded<OrderState>(steps_.getColumn(1)),
                               .reason = decoded<OrderReason>(steps_.getColumn(2)),
                               .at = Wall(steps_.getColumn(3).getInt64())});
    steps_.reset();
    executions_.bind(1, number(history.order.intent.order));
    while (executions_.executeStep()) history.executions.push_back(execution_from(executions_));
    executions_.reset();
  }

 private:
  SQLite::Statement steps_;
  SQLite::Statement executions_;
};

using Value = Metadata::value_type::second_type;

void bind_value(SQLite::Statement& statement, int position, const Value& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) statement.bind(position, *boolean ? 1 : 0);
  else if (const auto* whole = std::get_if<std::int64_t>(&value)) statement.bind(position, *whole);
  else if (const auto* real = std::get_if<double>(&value)) statement.bind(position, *real);
  else if (const auto* text = std::get_if<std::string>(&value)) statement.bind(position, *text);
  else statement.bind(position);
}

Value value_from(int kind, const SQLite::Column& column) {
  switch (kind) {
    case 1: return column.getInt() != 0;
    case 2: return column.getInt64();
    case 3:
      return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();  // SQLite has no NaN
    case 4: return column.getString();
    default: return {};
  }
}

}  // namespace

OrderStatements::OrderStatements(SQLite::Database& database)
    : intent_(database, std::string("INSERT INTO orders (") + order_columns +
                            ", ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
                            "ON CONFLICT DO NOTHING"),
      step_(database, "INSERT INTO order_steps (order_id, state, reason, at_ns) VALUES (?, ?, ?, ?)"),
      state_(database, "UPDATE orders SET state = ?, reason = ?, ended = ? WHERE id = ?"),
      execution_(
          database,
          "INSERT INTO order_executions (order_id, trade, price, quantity, role, fee, fee_rate_micro_bps, at_ns) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
      face_(database,
            "INSERT INTO face_orders (order_id, symbol, action, order_type, price, size, filled, spread_threshold_bps, "
            "exchange, created_at_ns, expires_at_ns, state, reason, reason_text, changed_at_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO UPDATE SET "
            "symbol = excluded.symbol, action = excluded.action, order_type = excluded.order_type, "
            "price = excluded.price, size = excluded.size, filled = excluded.filled, "
            "spread_threshold_bps = excluded.spread_threshold_bps, exchange = excluded.exchange, "
            "created_at_ns = excluded.created_at_ns, expires_at_ns = excluded.expires_at_ns, state = excluded.state, "
            "reason = excluded.reason, reason_text = excluded.reason_text, changed_at_ns = excluded.changed_at_ns"),
      face_step_(database,
                 "INSERT INTO face_order_steps (order_id, state, reason, reason_text, filled, at_ns) "
                 "VALUES (?, ?, ?, ?, ?, ?)"),
      face_forget_(database, "DELETE FROM face_orders WHERE order_id = ?"),
      metadata_(database,
                "INSERT INTO face_order_metadata (order_id, position, key, kind, value) VALUES (?, ?, ?, ?, ?)"),
      metadata_forget_(database, "DELETE FROM face_order_metadata WHERE order_id = ?") {}

void OrderStatements::add(const OrderRow& row) {
  std::visit([this](const auto& of) { add(of); }, row);
}

void OrderStatements::add(const OrderIntent& intent) {
  const OrderTerms& terms = intent.terms;
  const OrderLimits& limits = intent.limits;
  intent_.bind(1, number(intent.order));
  intent_.bind(2, intent.client);
  intent_.bind(3, intent.feed);
  intent_.bind(4, intent.raw_symbol);
  intent_.bind(5, intent.symbol);
  intent_.bind(6, code(terms.action));
  intent_.bind(7, code(terms.type));
  intent_.bind(8, terms.price.count());
  intent_.bind(9, terms.price_scale);
  intent_.bind(10, terms.quantity.count());
  intent_.bind(11, terms.quantity_scale);
  intent_.bind(12, code(limits.watched));
  bind_count(intent_, 13, limits.spread_max);
  intent_.bind(14, limits.dwell.count());
  bind_wall(intent_, 15, limits.expires_at);
  bind_count(intent_, 16, limits.age_max);
  bind_count(intent_, 17, limits.data_age_max);
  intent_.bind(18, intent.placed_at.nanos());
  intent_.bind(19, code(OrderState::pending));
  intent_.bind(20, code(OrderReason::ok));
  const bool fresh = intent_.exec() == 1;
  intent_.reset();
  if (!fresh)
    throw std::runtime_error("order " + std::to_string(number(intent.order)) +
                             " is there already: another program trades with this store");
}

void OrderStatements::add(const OrderStep& step) {
  step_.bind(1, number(step.order));
  step_.bind(2, code(step.to));
  step_.bind(3, code(step.reason));
  step_.bind(4, step.at.nanos());
  run(step_);
  state_.bind(1, code(step.to));
  state_.bind(2, code(step.reason));
  state_.bind(3, ended(step.to) ? 1 : 0);
  state_.bind(4, number(step.order));
  run(state_);
}

void OrderStatements::add(const OrderExecution& execution) {
  const OrderFill& fill = execution.fill;
  execution_.bind(1, number(execution.order));
  execution_.bind(2, static_cast<std::int64_t>(fill.trade));
  execution_.bind(3, fill.price.count());
  execution_.bind(4, fill.quantity.count());
  execution_.bind(5, code(fill.role));
  execution_.bind(6, format_decimal(fill.fee, 0));
  execution_.bind(7, fill.fee_rate.count());
  execution_.bind(8, execution.at.nanos());
  run(execution_);
}

void OrderStatements::add(const FaceOrder& order) {
  face_.bind(1, order.id);
  face_.bind(2, order.symbol);
  face_.bind(3, code(order.action));
  face_.bind(4, order.order_type);
  face_.bind(5, order.price);
  face_.bind(6, order.size);
  face_.bind(7, order.filled);
  face_.bind(8, order.spread_threshold_bps);
  face_.bind(9, order.exchange);
  face_.bind(10, order.created_at.nanos());
  bind_wall(face_, 11, order.expires_at);
  face_.bind(12, code(order.state));
  face_.bind(13, code(order.reason));
  face_.bind(14, order.reason_text);
  face_.bind(15, order.changed_at.nanos());
  run(face_);
  face_step_.bind(1, order.id);
  face_step_.bind(2, code(order.state));
  face_step_.bind(3, code(order.reason));
  face_step_.bind(4, order.reason_text);
  face_step_.bind(5, order.filled);
  face_step_.bind(6, order.changed_at.nanos());
  run(face_step_);
  metadata_forget_.bind(1, order.id);
  run(metadata_forget_);
  for (std::size_t i = 0; i < order.metadata.size(); ++i) {
    const auto& [key, value] = order.metadata[i];
    metadata_.bind(1, order.id);
    metadata_.bind(2, static_cast<std::int64_t>(i));
    metadata_.bind(3, key);
    metadata_.bind(4, static_cast<int>(value.index()));
    bind_value(metadata_, 5, value);
    run(metadata_);
  }
}

void OrderStatements::add(const FaceOrderForgotten& forgotten) {
  face_forget_.bind(1, forgotten.id);
  run(face_forget_);
  metadata_forget_.bind(1, forgotten.id);
  run(metadata_forget_);
}

std::vector<KeptOrder> read_live_orders(SQLite::Database& database) {
  SQLite::Statement rows(database, select_orders("WHERE ended = 0 ORDER BY id"));
  std::vector<KeptOrder> orders;
  while (rows.executeStep()) orders.push_back(order_from(rows));
  return orders;
}

OrderId read_next_order(SQLite::Database& database) {
  return static_cast<OrderId>(database
                                  .execAndGet("SELECT max(coalesce((SELECT max(id) FROM orders), 0), "
                                              "coalesce((SELECT max(order_id) FROM order_steps), 0), "
                                              "coalesce((SELECT max(order_id) FROM order_executions), 0)) + 1")
                                  .getInt64());
}

std::optional<OrderHistory> read_order(SQLite::Database& database, OrderId order) {
  SQLite::Statement row(database, select_orders("WHERE id = ?"));
  row.bind(1, number(order));
  if (!row.executeStep()) return {};
  OrderHistory history{.order = order_from(row), .steps = {}, .executions = {}};
  Histories(database).read(history);
  return history;
}

void read_orders(SQLite::Database& database, OrderId after, const std::function<void(const OrderHistory&)>& each) {
  SQLite::Statement rows(database, select_orders("WHERE id > ? ORDER BY id"));
  rows.bind(1, number(after));
  Histories histories(database);
  while (rows.executeStep()) {
    OrderHistory history{.order = order_from(rows), .steps = {}, .executions = {}};
    histories.read(history);
    each(history);
  }
}

std::vector<FaceOrder> read_face_orders(SQLite::Database& database) {
  SQLite::Statement rows(database,
                         "SELECT order_id, symbol, action, order_type, price, size, filled, spread_threshold_bps, "
                         "exchange, created_at_ns, expires_at_ns, state, reason, reason_text, changed_at_ns "
                         "FROM face_orders ORDER BY id");
  SQLite::Statement metadata(database,
                             "SELECT key, kind, value FROM face_order_metadata WHERE order_id = ? ORDER BY position");
  std::vector<FaceOrder> orders;
  while (rows.executeStep()) {
    orders.push_back({.id = rows.getColumn(0).getString(),
                      .symbol = rows.getColumn(1).getString(),
                      .action = decoded<Action>(rows.getColumn(2)),
                      .order_type = rows.getColumn(3).getString(),
                      .price = rows.getColumn(4).getDouble(),
                      .size = rows.getColumn(5).getDouble(),
                      .filled = rows.getColumn(6).getDouble(),
                      .spread_threshold_bps = rows.getColumn(7).getDouble(),
                      .exchange = rows.getColumn(8).getString(),
                      .created_at = Wall(rows.getColumn(9).getInt64()),
                      .expires_at = number_of<Wall>(rows.getColumn(10)),
                      .state = decoded<OrderState>(rows.getColumn(11)),
                      .reason = decoded<OrderReason>(rows.getColumn(12)),
                      .reason_text = rows.getColumn(13).getString(),
                      .changed_at = Wall(rows.getColumn(14).getInt64()),
                      .metadata = {}});
    metadata.bind(1, orders.back().id);
    while (metadata.executeStep())
      orders.back().metadata.emplace_back(metadata.getColumn(0).getString(),
                                          value_from(metadata.getColumn(1).getInt(), metadata.getColumn(2)));
    metadata.reset();
  }
  return orders;
}

std::vector<FaceOrderStep> read_face_order_history(SQLite::Database& database, const std::string& id) {
  SQLite::Statement rows(database,
                         "SELECT state, reason, reason_text, filled, at_ns FROM face_order_steps WHERE order_id = ? "
                         "ORDER BY id");
  rows.bind(1, id);
  std::vector<FaceOrderStep> steps;
  while (rows.executeStep())
    steps.push_back({.state = decoded<OrderState>(rows.getColumn(0)),
                     .reason = decoded<OrderReason>(rows.getColumn(1)),
                     .reason_text = rows.getColumn(2).getString(),
                     .filled = rows.getColumn(3).getDouble(),
                     .at = Wall(rows.getColumn(4).getInt64())});
  return steps;
}

}  // namespace crossbook::store
