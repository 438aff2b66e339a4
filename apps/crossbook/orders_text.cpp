// SPDX-License-Identifier: Apache-2.0
#include "orders_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "book_text.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;
using store::FaceOrder;
using store::KeptOrder;
using store::OrderExecution;
using store::OrderIntent;

// What a row of the list shows, whoever keeps the order.
struct Row {
  std::string id;
  std::string symbol;
  std::string exchange;
  std::string side;
  std::string type;
  std::optional<std::string> price;  // none: at any
  std::string size;
  std::string filled;
  std::optional<double> threshold_bps;
  OrderState state = OrderState::pending;
  std::string reason;
  Wall placed_at;
};

std::string decimal(double number) { return fmt::format("{}", number); }
std::string price_text(const OrderIntent& of, Price price) {
  return format_decimal(price.count(), of.terms.price_scale);
}
std::string size_text(const OrderIntent& of, Quantity quantity) {
  return format_decimal(quantity.count(), of.terms.quantity_scale);
}
double to_bps(MicroBps rate) { return static_cast<double>(rate.count()) / 1e6; }
std::string reason_of(OrderReason code, const std::string& text) { return text.empty() ? to_string(code) : text; }

Row row_of(const KeptOrder& order) {
  const OrderIntent& intent = order.intent;
  Row row{.id = fmt::format("{}", static_cast<std::uint64_t>(intent.order)),
          .symbol = intent.symbol,
          .exchange = intent.feed,
          .side = to_string(intent.terms.action),
          .type = to_string(intent.terms.type),
          .price = {},
          .size = size_text(intent, intent.terms.quantity),
          .filled = size_text(intent, order.filled),
          .threshold_bps = {},
          .state = order.state,
          .reason = to_string(order.reason),
          .placed_at = intent.placed_at};
  if (intent.terms.type != OrderType::market) row.price = price_text(intent, intent.terms.price);
  if (intent.limits.spread_max) row.threshold_bps = to_bps(*intent.limits.spread_max);
  return row;
}

Row row_of(const FaceOrder& order) {
  return {.id = order.id,
          .symbol = order.symbol,
          .exchange = order.exchange,
          .side = to_string(order.action),
          .type = order.order_type,
          .price = decimal(order.price),
          .size = decimal(order.size),
          .filled = decimal(order.filled),
          .threshold_bps = order.spread_threshold_bps,
          .state = order.state,
          .reason = reason_of(order.reason, order.reason_text),
          .placed_at = order.created_at};
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json time_json(const std::optional<Wall>& time) { return time ? Json(utc_text(*time)) : Json(nullptr); }

Json row_json(const Row& row, const char* kept_by) {
  return {{"id", row.id},
          {"kept_by", kept_by},
          {"symbol", row.symbol},
          {"exchange", row.exchange},
          {"side", row.side},
          {"order_type", row.type},
          {"price", or_null(row.price)},
          {"size", row.size},
          {"filled", row.filled},
          {"spread_threshold_bps", or_null(row.threshold_bps)},
          {"status", to_string(row.state)},
          {"reason", row.reason},
          {"created_at", utc_text(row.placed_at)},
          {"created_at_ns", row.placed_at.nanos()}};
}

Json step_json(OrderState state, const std::string& reason, Wall at) {
  return {{"at", utc_text(at)}, {"at_ns", at.nanos()}, {"status", to_string(state)}, {"reason", reason}};
}

Json fill_json(const OrderIntent& of, const OrderExecution& execution) {
  const OrderFill& fill = execution.fill;
  return {{"at", utc_text(execution.at)},
          {"at_ns", execution.at.nanos()},
          {"trade", fmt::format("{}", fill.trade)},
          {"price", price_text(of, fill.price)},
          {"size", size_text(of, fill.quantity)},
          {"role", to_string(fill.role)},
          {"fee_bps", to_bps(fill.fee_rate)},
          {"fee", format_decimal(fill.fee, of.terms.price_scale + of.terms.quantity_scale)}};
}

std::string line(const Row& row) {
  return fmt::format("{:<14} {:<14} {:<16} {:<4} {:<9} {:>14} {:>14} {:>14} {:>8}  {:<10} {}\n", row.id, row.symbol,
                     row.exchange, row.side, row.type, row.price.value_or("-"), row.size, row.filled,
                     row.threshold_bps ? fmt::format("{:g}", *row.threshold_bps) : "-", to_string(row.state),
                     row.reason);
}

std::string title(const Row& row) {
  return fmt::format("{}: {} {} {} at {} ({}) on {}, {} filled: {}{}\n", row.id, row.side, row.size, row.symbol,
                     row.price.value_or("any price"), row.type, row.exchange, row.filled, to_string(row.state),
                     row.reason == to_string(OrderReason::ok) ? "" : fmt::format(" ({})", row.reason));
}

std::string event(Wall at, const std::string& what, const std::string& why) {
  return fmt::format("  {}  {}{}\n", utc_text(at), what, why == to_string(OrderReason::ok) ? "" : "  " + why);
}

std::string limits_text(const OrderLimits& limits) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "  due: " : ", ") + part; };
  if (limits.spread_max)
    add(fmt::format("{} spread above {:g} bps{}",
                    limits.watched == WatchedSpread::consolidated ? "the consolidated" : "its exchange's",
                    to_bps(*limits.spread_max), limits.dwell > Nanos(0) ? " for " + age_text(limits.dwell) : ""));
  if (limits.expires_at) add("at " + utc_text(*limits.expires_at));
  if (limits.age_max) add(age_text(*limits.age_max) + " after it was placed");
  if (limits.data_age_max) add("without usable data for " + age_text(*limits.data_age_max));
  return text.empty() ? text : text + "\n";
}

}  // namespace

Json order_json(const KeptOrder& order) {
  Json json = row_json(row_of(order), "engine");
  json["expires_at"] = time_json(order.intent.limits.expires_at);
  json["client"] = order.intent.client;
  json["raw_symbol"] = order.intent.raw_symbol;
  return json;
}

Json order_json(const FaceOrder& order) {
  Json json = row_json(row_of(order), "manager");
  json["expires_at"] = time_json(order.expires_at);
  json["changed_at"] = utc_text(order.changed_at);
  return json;
}

Json history_json(const store::OrderHistory& history) {
  Json json = order_json(history.order);
  json["steps"] = Json::array();
  for (const store::OrderStep& step : history.steps)
    json["steps"].push_back(step_json(step.to, to_string(step.reason), step.at));
  json["fills"] = Json::array();
  for (const OrderExecution& execution : history.executions)
    json["fills"].push_back(fill_json(history.order.intent, execution));
  return json;
}

Json history_json(const FaceOrderHistory& history) {
  Json json = history.forgotten ? Json{{"id", history.order.id}, {"kept_by", "manager"}} : order_json(history.order);
  json["forgotten"] = history.forgotten;
  json["steps"] = Json::array();
  for (const store::FaceOrderStep& step : history.steps) {
    Json row = step_json(step.state, reason_of(step.reason, step.reason_text), step.at);
    row["filled"] = decimal(step.filled);
    json["steps"].push_back(std::move(row));
  }
  return json;
}

std::string orders_head() {
  return fmt::format("{:<14} {:<14} {:<16} {:<4} {:<9} {:>14} {:>14} {:>14} {:>8}  {:<10} {}\n", "order", "symbol",
                     "exchange", "side", "type", "price", "size", "filled", "max bps", "status", "reason");
}
std::string order_line(const KeptOrder& order) { return line(row_of(order)); }
std::string order_line(const FaceOrder& order) { return line(row_of(order)); }

std::string history_text(const store::OrderHistory& history) {
  const OrderIntent& intent = history.order.intent;
  struct Event {
    Wall at;
    std::size_t number;
    std::string text;
    [[nodiscard]] auto key() const { return std::tuple(at, number); }
  };
  std::vector<Event> events;
  for (const store::OrderStep& step : history.steps)
    events.push_back({step.at, events.size(), event(step.at, to_string(step.to), to_string(step.reason))});
  for (const OrderExecution& execution : history.executions) {
    const OrderFill& fill = execution.fill;
    const std::string what =
        fmt::format("{} filled at {} as {}, fee {} (trade {})", size_text(intent, fill.quantity),
                    price_text(intent, fill.price), to_string(fill.role),
                    format_decimal(fill.fee, intent.terms.price_scale + intent.terms.quantity_scale), fill.trade);
    events.push_back({execution.at, events.size(), event(execution.at, what, to_string(OrderReason::ok))});
  }
  std::ranges::sort(events, {}, &Event::key);
  std::string text = title(row_of(history.order)) + limits_text(intent.limits);
  text += event(intent.placed_at, "decided", to_string(OrderReason::ok));
  for (const Event& one : events) text += one.text;
  return text;
}

std::string history_text(const FaceOrderHistory& history) {
  std::string text =
      history.forgotten ? fmt::format("{}: forgotten\n", history.order.id) : title(row_of(history.order));
  for (const store::FaceOrderStep& step : history.steps)
    text += event(step.at,
                  step.filled > 0.0 ? fmt::format("{} with {} filled", to_string(step.state), decimal(step.filled))
                                    : to_string(step.state),
                  reason_of(step.reason, step.reason_text));
  return text;
}

}  // namespace crossbook::app
