// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/core/order.hpp"
#include "crossbook/gateway/state_text.hpp"

// Orders and reports as a StateWriter's numbers: what a paper exchange keeps, and what a recorded session says.
namespace crossbook::gateway {

void put(StateWriter& out, const OrderTerms& terms);
[[nodiscard]] OrderTerms take_terms(StateReader& in);

void put(StateWriter& out, const OrderReport& report);
[[nodiscard]] OrderReport take_report(StateReader& in);

}  // namespace crossbook::gateway
