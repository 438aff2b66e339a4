// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/tca_rows.hpp"

#include <stdexcept>
#include <string>

#include "crossbook/core/decimal.hpp"

namespace crossbook::store {
namespace {

// Binds one value after another, then runs.
class Row {
 public:
  explicit Row(SQLite::Statement& statement) : statement_(statement) {}
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;
  ~Row() = default;

  void run() {
    statement_.exec();
    statement_.reset();
  }
  Row& operator<<(std::int64_t number) {
    statement_.bind(++position_, number);
    return *this;
  }
  Row& operator<<(int number) { return *this << std::int64_t{number}; }
  Row& operator<<(bool yes) { return *this << std::int64_t{yes ? 1 : 0}; }
  Row& operator<<(OrderId order) { return *this << static_cast<std::int64_t>(order); }
  Row& operator<<(double real) {
    statement_.bind(++position_, real);
    return *this;
  }
  Row& operator<<(const std::string& text) {
    statement_.bind(++position_, text);
    return *this;
  }
  Row& operator<<(Wide count) { return *this << format_decimal(count, 0); }
  Row& operator<<(Price price) { return *this << price.count(); }
  Row& operator<<(tca::Scales scales) { return *this << scales.price << scales.quantity; }
  Row& operator<<(const tca::Top& top) { return *this << top.bid << top.ask; }
  template <class Value>
  Row& operator<<(const std::optional<Value>& value) {
    if (value) return *this << *value;
    statement_.bind(++position_);
    return *this;
  }

 private:
  SQLite::Statement& statement_;
  int position_ = 0;
};

// Reads one column after another.
class Columns {
 public:
  explicit Columns(SQLite::Statement& statement) : statement_(statement) {}

  std::int64_t number() { return next().getInt64(); }
  int small() { return next().getInt(); }
  bool yes() { return number() != 0; }
  OrderId order() { return static_cast<OrderId>(number()); }
  std::string text() { return next().getString(); }
  Wide wide() { return wide_of(next()); }
  tca::Scales scales() {
    const int price = small();
    return {price, small()};
  }
  std::optional<std::int64_t> maybe_number() {
    const SQLite::Column column = next();
    if (column.isNull()) return {};
    return column.getInt64();
  }
  std::optional<Wide> maybe_wide() {
    const SQLite::Column column = next();
    if (column.isNull()) return {};
    return wide_of(column);
  }
  std::optional<double> maybe_real() {
    const SQLite::Column column = next();
    if (column.isNull()) return {};
    return column.getDouble();
  }
  tca::Top top() {
    const auto bid = maybe_number();
    const auto ask = maybe_number();
    return {bid ? std::optional(Price(*bid)) : std::nullopt, ask ? std::optional(Price(*ask)) : std::nullopt};
  }

 private:
  SQLite::Column next() { return statement_.getColumn(position_++); }
  static Wide wide_of(const SQLite::Column& column) {
    const Result<Wide> count = parse_decimal_wide(column.getString(), 0);
    if (!count) throw std::runtime_error("performance tracking: not a whole number: " + column.getString());
    return *count;
  }

  SQLite::Statement& statement_;
  int position_ = 0;
};

constexpr const char* decision_columns =
    "decision, symbol, action, steady_ns, at_ns, price_scale, quantity_scale, quantity, bid, ask, home, contributors, "
    "all_ready";
constexpr const char* fill_columns =
    "order_id, decision, trade, venue, role, steady_ns, at_ns, price_scale, quantity_scale, price, quantity, fee, "
    "fee_rate_micro_bps, bid, ask";
constexpr const char* markout_columns = "order_id, trade, horizon_ns, price_scale, mid";
constexpr const char* order_columns =
    "order_id, decision, venue, price_scale, quantity_scale, quantity, filled, sent_steady_ns, sent_mid, "
    "ended_steady_ns, end_mid, open, delay, latency, spread, impact, fees, unfilled";
constexpr const char* reference_columns =
    "decision, venue, latency_ns, fee_rate_micro_bps, price_scale, quantity_scale, lot, min_quantity, min_notional, "
    "ready, quantity, value, fee, all_in";
constexpr const char* level_columns =
    "decision, reference, position, venue, fee_rate_micro_bps, price_scale, quantity_scale, price, quantity";
constexpr const char* improvement_columns =
    "decision, price_scale, quantity_scale, filled, all_in, best_venue, best_single_bps, home_bps, average_bps";

std::string insert_into(const char* table, const std::string& columns) {
  std::string marks = "?";
  for (const char letter : columns)
    if (letter == ',') marks += ", ?";
  return std::string("INSERT INTO ") + table + " (" + columns + ") VALUES (" + marks + ") ON CONFLICT DO NOTHING";
}

tca::DecisionRow decision_from(Columns columns) {
  tca::DecisionRow row;
  row.decision = columns.order();
  row.symbol = columns.text();
  row.action = static_cast<Action>(columns.small());
  row.at = Steady(columns.number());
  row.wall = Wall(columns.number());
  row.scales = columns.scales();
  row.quantity = columns.wide();
  row.top = columns.top();
  row.home = columns.text();
  row.contributors = columns.text();
  row.all_ready = columns.yes();
  return row;
}

tca::FillRow fill_from(Columns columns) {
  tca::FillRow row;
  row.order = columns.order();
  row.decision = columns.order();
  row.trade = static_cast<std::uint64_t>(columns.number());
  row.venue = columns.text();
  row.role = static_cast<Role>(columns.small());
  row.at = Steady(columns.number());
  row.wall = Wall(columns.number());
  row.scales = columns.scales();
  row.price = Price(columns.number());
  row.quantity = columns.wide();
  row.fee = columns.wide();
  row.fee_rate = MicroBps(columns.number());
  row.top = columns.top();
  return row;
}

tca::MarkoutRow markout_from(Columns columns) {
  tca::MarkoutRow row;
  row.order = columns.order();
  row.trade = static_cast<std::uint64_t>(columns.number());
  row.horizon = Nanos(columns.number());
  row.price_scale = columns.small();
  row.doubled_mid = columns.maybe_number();
  return row;
}

tca::OrderEndRow order_from(Columns columns) {
  tca::OrderEndRow row;
  row.order = columns.order();
  row.decision = columns.order();
  row.venue = columns.text();
  row.scales = columns.scales();
  row.quantity = columns.wide();
  row.filled = columns.wide();
  if (const auto sent = columns.maybe_number()) row.sent_at = Steady(*sent);
  row.sent_mid = columns.maybe_number();
  row.ended_at = Steady(columns.number());
  row.end_mid = columns.maybe_number();
  row.open = columns.yes();
  const auto delay = columns.maybe_wide();
  if (!delay) return row;
  tca::ShortfallParts& parts = row.parts.emplace();
  parts.delay = *delay;
  parts.latency = columns.wide();
  parts.spread = columns.wide();
  parts.impact = columns.wide();
  parts.fees = columns.wide();
  parts.unfilled = columns.wide();
  return row;
}

tca::ReferenceRow reference_from(Columns columns) {
  tca::ReferenceRow row;
  row.decision = columns.order();
  row.venue = columns.text();
  row.latency = Nanos(columns.number());
  row.fee_rate = MicroBps(columns.number());
  row.scales = columns.scales();
  row.lot = columns.wide();
  row.min_quantity = columns.wide();
  row.min_notional = columns.wide();
  row.ready = columns.yes();
  row.quantity = columns.wide();
  row.value = columns.wide();
  row.fee = columns.wide();
  row.all_in = columns.maybe_wide();
  return row;
}

tca::LevelRow level_from(Columns columns) {
  tca::LevelRow row;
  row.decision = columns.order();
  row.reference = columns.text();
  row.position = static_cast<std::uint32_t>(columns.number());
  row.venue = columns.text();
  row.fee_rate = MicroBps(columns.number());
  row.scales = columns.scales();
  row.price = Price(columns.number());
  row.quantity = columns.wide();
  return row;
}

tca::ImprovementRow improvement_from(Columns columns) {
  tca::ImprovementRow row;
  row.decision = columns.order();
  row.scales = columns.scales();
  row.filled = columns.wide();
  row.all_in = columns.maybe_wide();
  row.best_venue = columns.text();
  row.best_single_bps = columns.maybe_real();
  row.home_bps = columns.maybe_real();
  row.average_bps = columns.maybe_real();
  return row;
}

template <class Read>
void read_all(SQLite::Database& database, const char* table, const char* columns, auto& rows, Read read) {
  SQLite::Statement statement(database, std::string("SELECT ") + columns + " FROM " + table + " ORDER BY id");
  while (statement.executeStep()) rows.push_back(read(Columns(statement)));
}

}  // namespace

TcaStatements::TcaStatements(SQLite::Database& database)
    : decision_(database, insert_into("tca_decisions", decision_columns)),
      fill_(database, insert_into("tca_fills", fill_columns)),
      markout_(database, insert_into("tca_markouts", markout_columns)),
      order_(database, insert_into("tca_orders", order_columns)),
      reference_(database, insert_into("tca_references", reference_columns)),
      level_(database, insert_into("tca_levels", level_columns)),
      improvement_(database, insert_into("tca_improvements", improvement_columns)) {}

void TcaStatements::add(const tca::Rows& rows) {
  for (const auto& row : rows.decisions) add(row);
  for (const auto& row : rows.fills) add(row);
  for (const auto& row : rows.markouts) add(row);
  for (const auto& row : rows.orders) add(row);
  for (const auto& row : rows.references) add(row);
  for (const auto& row : rows.levels) add(row);
  for (const auto& row : rows.improvements) add(row);
}

void TcaStatements::add(const tca::DecisionRow& row) {
  Row values(decision_);
  values << row.decision << row.symbol << static_cast<int>(row.action) << row.at.nanos() << row.wall.nanos()
         << row.scales << row.quantity << row.top << row.home << row.contributors << row.all_ready;
  values.run();
}

void TcaStatements::add(const tca::FillRow& row) {
  Row values(fill_);
  values << row.order << row.decision << static_cast<std::int64_t>(row.trade) << row.venue << static_cast<int>(row.role)
         << row.at.nanos() << row.wall.nanos() << row.scales << row.price << row.quantity << row.fee
         << row.fee_rate.count() << row.top;
  values.run();
}

void TcaStatements::add(const tca::MarkoutRow& row) {
  Row values(markout_);
  values << row.order << static_cast<std::int64_t>(row.trade) << row.horizon.count() << row.price_scale
         << row.doubled_mid;
  values.run();
}

void TcaStatements::add(const tca::OrderEndRow& row) {
  Row values(order_);
  values << row.order << row.decision << row.venue << row.scales << row.quantity << row.filled;
  values << (row.sent_at ? std::optional(row.sent_at->nanos()) : std::nullopt) << row.sent_mid;
  values << row.ended_at.nanos() << row.end_mid << row.open;
  using Part = Wide tca::ShortfallParts::*;
  using Parts = tca::ShortfallParts;
  for (const Part part :
       {&Parts::delay, &Parts::latency, &Parts::spread, &Parts::impact, &Parts::fees, &Parts::unfilled})
    values << (row.parts ? std::optional<Wide>((*row.parts).*part) : std::nullopt);
  values.run();
}

void TcaStatements::add(const tca::ReferenceRow& row) {
  Row values(reference_);
  values << row.decision << row.venue << row.latency.count() << row.fee_rate.count() << row.scales << row.lot
         << row.min_quantity << row.min_notional << row.ready << row.quantity << row.value << row.fee << row.all_in;
  values.run();
}

void TcaStatements::add(const tca::LevelRow& row) {
  Row values(level_);
  values << row.decision << row.reference << std::int64_t{row.position} << row.venue << row.fee_rate.count()
         << row.scales << row.price << row.quantity;
  values.run();
}

void TcaStatements::add(const tca::ImprovementRow& row) {
  Row values(improvement_);
  values << row.decision << row.scales << row.filled << row.all_in << row.best_venue << row.best_single_bps
         << row.home_bps << row.average_bps;
  values.run();
}

tca::Rows read_tca_rows(SQLite::Database& database) {
  tca::Rows rows;
  read_all(database, "tca_decisions", decision_columns, rows.decisions, decision_from);
  read_all(database, "tca_fills", fill_columns, rows.fills, fill_from);
  read_all(database, "tca_markouts", markout_columns, rows.markouts, markout_from);
  read_all(database, "tca_orders", order_columns, rows.orders, order_from);
  read_all(database, "tca_references", reference_columns, rows.references, reference_from);
  read_all(database, "tca_levels", level_columns, rows.levels, level_from);
  read_all(database, "tca_improvements", improvement_columns, rows.improvements, improvement_from);
  return rows;
}

}  // namespace crossbook::store
