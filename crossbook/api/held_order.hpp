// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/api/order_store.hpp"

namespace crossbook {

// An order as it was at one moment. What never changes is shared with the manager instead of copied, and what became of
// it is a code and numbers until somebody reads it: a thousand of them cost less than a few whole orders.
struct HeldOrder {
  std::shared_ptr<const Order> placed;  // as it was placed; never null in an order that a manager gave
  OrderStatus status = OrderStatus::pending;
  OrderReason code = OrderReason::ok;    // why it must go or went
  bool noted = false;                    // that it must go is told in the metadata
  double filled = 0.0;                   // base units
  TimePoint last_change_at{};            // of status or fills
  std::optional<double> cancel_value{};  // cancel_value of the metadata
  std::string words{};                   // the reason, where somebody gave a text

  // The code's name, or the text. Valid as long as this order.
  [[nodiscard]] std::string_view reason() const;
  // The whole order, its metadata included.
  [[nodiscard]] Order read() const;
};

}  // namespace crossbook
