// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/held_order.hpp"

namespace crossbook {

std::string_view HeldOrder::reason() const { return words.empty() ? std::string_view(to_string(code)) : words; }

Order HeldOrder::read() const {
  Order order = *placed;
  order.status = status;
  order.filled = filled;
  order.reason = reason();
  order.last_change_at = last_change_at;
  if (noted) order.metadata.insert_or_assign("cancel_reason", order.reason);
  if (cancel_value) order.metadata.insert_or_assign("cancel_value", *cancel_value);
  return order;
}

}  // namespace crossbook
