// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crossbook/api/execution_store.hpp"
#include "crossbook/core/order.hpp"

namespace crossbook {

// pending, active, cancelling, cancelled, filled, expired, rejected, unknown; to_string gives these words.
using OrderStatus = OrderState;

using MetadataValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// An order as it was when it was asked for: a value, which does not change with the manager's.
struct Order {
  std::string order_id;
  std::string symbol;
  std::string side;                   // "buy" or "sell"
  std::string order_type = "limit";   // "limit", "post_only", "ioc" or "market"
  double price = 0.0;                 // quote currency
  double size = 0.0;                  // base units
  double spread_threshold_bps = 0.0;  // due above it
  TimePoint created_at{};
  std::optional<TimePoint> expires_at{};
  OrderStatus status = OrderStatus::pending;
  std::string exchange = "unknown";
  // The user's, and, once the order must go, ours: cancel_reason (the code or text) and cancel_value (a number: the
  // spread in bps; the order's age, the age of its data, or the time past its expiry in seconds).
  std::map<std::string, MetadataValue> metadata{};
  double filled = 0.0;         // base units: the decimal sum of its fills
  std::string reason = "ok";   // why it must go or went: a code, or the text given to cancel_order
  TimePoint last_change_at{};  // of status or fills
  friend bool operator==(const Order&, const Order&) = default;
};

// One state of an order's past.
struct OrderStep {
  OrderStatus status = OrderStatus::pending;
  std::string reason;
  double filled = 0.0;
  TimePoint at{};
  friend bool operator==(const OrderStep&, const OrderStep&) = default;
};

// Where a manager keeps its orders. Errors are exceptions. keep and forget are called by one thread at a time and do
// not wait for the disk; wait may be called by several.
class OrderStore {
 public:
  virtual ~OrderStore() = default;
  // Takes down the order as it is now, or that it is forgotten. Returns what to wait for; later numbers are higher.
  virtual std::uint64_t keep(const Order& order) = 0;
  virtual std::uint64_t forget(const std::string& order_id) = 0;
  // Returns once that, and everything before it, outlives the process.
  virtual void wait(std::uint64_t number) = 0;
  // Each order that was not forgotten, as it was kept last.
  virtual void replay(const std::function<void(const Order&)>& each) = 0;
  // The states of an order in their order, forgotten or not; empty where it never was.
  [[nodiscard]] virtual std::vector<OrderStep> history(const std::string& order_id) = 0;
};

}  // namespace crossbook
