// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"

// Orders as the store keeps them. Engine orders have numbers and exact counts; those of the stand-alone face have the
// user's texts and doubles. Rows are handed to Store::record one by one, and are on disk once Store::wait says so:
//
//   const auto ticket = store.record(OrderIntent{.order = OrderId(1), .feed = "kraken", ...});
//   ...
//   if (store.on_disk() >= *ticket) send();   // or store.wait(*ticket), which sleeps until then
namespace crossbook::store {

// What was decided: on disk before its bytes go out. A number that is there already keeps its first intent.
struct OrderIntent {
  OrderId order{};
  std::string client;      // the user's own text; may be empty
  std::string feed;        // of the listing, as are the next two: handles end with the process, and so
  std::string raw_symbol;  // `terms.listing` is not kept
  std::string symbol;
  OrderTerms terms;
  OrderLimits limits;
  Wall placed_at;
};

// The order went to this state. Fills are rows of their own.
struct OrderStep {
  OrderId order{};
  OrderState to = OrderState::pending;
  OrderReason reason = OrderReason::ok;
  Wall at;
};

// One match. The same (order, fill.trade) again changes nothing. Of an ended order it is kept and counted, too.
struct OrderExecution {
  OrderId order{};
  OrderFill fill;
  Wall at;
};

using Metadata =
    std::vector<std::pair<std::string, std::variant<std::monostate, bool, std::int64_t, double, std::string>>>;

// An order of the face as it is now: a later row of the same id takes its place, and the history keeps the states.
struct FaceOrder {
  std::string id;
  std::string symbol;
  Action action = Action::buy;
  std::string order_type;
  double price = 0.0;
  double size = 0.0;
  double filled = 0.0;
  double spread_threshold_bps = 0.0;
  std::string exchange;
  Wall created_at;
  std::optional<Wall> expires_at;
  OrderState state = OrderState::pending;
  OrderReason reason = OrderReason::ok;
  std::string reason_text;  // as the user gave it, where it is none of the codes
  Wall changed_at;
  Metadata metadata;
};

// The face forgets this order; its history stays.
struct FaceOrderForgotten {
  std::string id;
};

using OrderRow = std::variant<OrderIntent, OrderStep, OrderExecution, FaceOrder, FaceOrderForgotten>;

// An order as the rows so far leave it. One that is `cancelling` was wanted gone, and nothing proves that it is: who
// takes it over cancels it.
struct KeptOrder {
  OrderIntent intent;
  OrderState state = OrderState::pending;  // of its last step; pending without one
  OrderReason reason = OrderReason::ok;
  Quantity filled;  // the sum of its executions
};

// Numbers of orders that have not ended.
struct LiveOrders {
  std::int64_t engine = 0;
  std::int64_t face = 0;
};

// With everything that happened to it, in the order in which it was recorded.
struct OrderHistory {
  KeptOrder order;
  std::vector<OrderStep> steps;
  std::vector<OrderExecution> executions;
};

// One state of a face's order, as it was recorded.
struct FaceOrderStep {
  OrderState state = OrderState::pending;
  OrderReason reason = OrderReason::ok;
  std::string reason_text;
  double filled = 0.0;
  Wall at;
};

}  // namespace crossbook::store
