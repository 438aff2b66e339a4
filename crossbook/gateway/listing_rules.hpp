// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/core/instrument.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/result.hpp"

// What a venue accepts.
namespace crossbook::gateway {

// count * 10^-scale, exactly. The scale is from 0 to 18.
struct Amount {
  std::int64_t count = 0;
  int scale = 0;
  friend bool operator==(const Amount&, const Amount&) = default;
};

// What is absent is not known, and not checked.
struct ListingRules {
  std::optional<Amount> tick;          // prices are multiples of it
  std::optional<Amount> lot;           // quantities are multiples of it
  std::optional<Amount> quantity_min;  // of an order
  std::optional<Amount> notional_min;  // price times quantity of an order, in quote currency
  friend bool operator==(const ListingRules&, const ListingRules&) = default;
};

// The rules that a venue's instrument data states. Errors: those of parse_decimal; unknown where the instrument is
// counted in contracts that are not one unit of base currency, because value and fee would be of something else.
[[nodiscard]] Result<ListingRules> rules_of(const Instrument& instrument);

// Why the venue refuses such an order: invalid_quantity, invalid_price or invalid_notional. `priced_at` is what a
// market order's notional is taken at; without it, that is not checked.
[[nodiscard]] std::optional<OrderReason> refusal(const OrderTerms& terms, const ListingRules& rules,
                                                 std::optional<Amount> priced_at = {});

}  // namespace crossbook::gateway
