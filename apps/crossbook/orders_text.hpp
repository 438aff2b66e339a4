// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "crossbook/store/order_rows.hpp"

// Orders of a store in words and in JSON: those of the engine, which have numbers, and those of the stand-alone
// manager, which have the user's ids. `reason` says why an order must go, or how it went.
namespace crossbook::app {

struct FaceOrderHistory {
  store::FaceOrder order;  // as it is now; of a forgotten one only the id is known
  bool forgotten = false;
  std::vector<store::FaceOrderStep> steps;
};

[[nodiscard]] nlohmann::ordered_json order_json(const store::KeptOrder& order);
[[nodiscard]] nlohmann::ordered_json order_json(const store::FaceOrder& order);
// With everything that happened to it, in the order in which it was recorded.
[[nodiscard]] nlohmann::ordered_json history_json(const store::OrderHistory& history);
[[nodiscard]] nlohmann::ordered_json history_json(const FaceOrderHistory& history);

// One line each, under orders_head().
[[nodiscard]] std::string orders_head();
[[nodiscard]] std::string order_line(const store::KeptOrder& order);
[[nodiscard]] std::string order_line(const store::FaceOrder& order);
[[nodiscard]] std::string history_text(const store::OrderHistory& history);
[[nodiscard]] std::string history_text(const FaceOrderHistory& history);

}  // namespace crossbook::app
