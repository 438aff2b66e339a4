// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/listing_rules.hpp"

#include <string>

#include "crossbook/core/decimal.hpp"
#include "crossbook/gateway/exact.hpp"

namespace crossbook::gateway {
namespace {

constexpr bool is_scale(int scale) { return scale >= 0 && scale <= scale_max; }

// None where the text is absent or states nothing: a step of 0.
Result<std::optional<Amount>> amount_of(const std::optional<std::string>& text) {
  if (!text) return std::optional<Amount>();
  CROSSBOOK_TRY(shape, decimal_shape(*text));
  if (!is_scale(shape.scale)) return failure(Errc::overflow, "at most 18 decimals");
  CROSSBOOK_TRY(count, parse_decimal(*text, shape.scale));
  if (count <= 0) return std::optional<Amount>();
  return std::optional(Amount{.count = count, .scale = shape.scale});
}

bool is_one(const std::optional<std::string>& text) {
  const Result<std::optional<Amount>> amount = amount_of(text);
  return amount && *amount == Amount{.count = 1, .scale = 0};
}

bool is_multiple(std::int64_t count, int scale, const std::optional<Amount>& step) {
  return !step || exact(count, scale) % exact(step->count, step->scale) == 0;
}

// Whether value * 10^-value_scale is below the amount. The value is above 0, value_scale from 0 to 36.
bool is_below(Wide value, int value_scale, Amount amount) {
  Wide other = amount.count;
  const int finer = value_scale - amount.scale;
  Wide& coarse = finer > 0 ? other : value;
  for (int step = finer > 0 ? finer : -finer; step > 0; --step) {
    if (__builtin_mul_overflow(coarse, static_cast<Wide>(10), &coarse)) return finer > 0;
  }
  return value < other;
}

bool is_good_quantity(const OrderTerms& terms, const ListingRules& rules) {
  if (!is_scale(terms.quantity_scale) || terms.quantity <= Quantity(0)) return false;
  const std::int64_t count = terms.quantity.count();
  if (!is_multiple(count, terms.quantity_scale, rules.lot)) return false;
  return !rules.quantity_min ||
         exact(count, terms.quantity_scale) >= exact(rules.quantity_min->count, rules.quantity_min->scale);
}

bool is_good_price(const OrderTerms& terms, const ListingRules& rules) {
  if (!is_scale(terms.price_scale)) return false;
  if (terms.type == OrderType::market) return true;
  return terms.price > Price(0) && is_multiple(terms.price.count(), terms.price_scale, rules.tick);
}

}  // namespace

Result<ListingRules> rules_of(const Instrument& instrument) {
  if (instrument.quantity_unit == QuantityUnit::contract && (instrument.inverse || !is_one(instrument.contract_size))) {
    return failure(Errc::unknown, "contracts of one unit of base currency");
  }
  CROSSBOOK_TRY(tick, amount_of(instrument.tick_size));
  CROSSBOOK_TRY(lot, amount_of(instrument.lot_size));
  CROSSBOOK_TRY(quantity_min, amount_of(instrument.min_quantity));
  CROSSBOOK_TRY(notional_min, amount_of(instrument.min_notional));
  return ListingRules{.tick = tick, .lot = lot, .quantity_min = quantity_min, .notional_min = notional_min};
}

std::optional<OrderReason> refusal(const OrderTerms& terms, const ListingRules& rules,
                                   std::optional<Amount> priced_at) {
  if (!is_good_quantity(terms, rules)) return OrderReason::invalid_quantity;
  if (!is_good_price(terms, rules)) return OrderReason::invalid_price;
  if (terms.type != OrderType::market) priced_at = Amount{.count = terms.price.count(), .scale = terms.price_scale};
  if (rules.notional_min && priced_at) {
    const Wide value = wide_product(priced_at->count, terms.quantity.count());
    if (is_below(value, priced_at->scale + terms.quantity_scale, *rules.notional_min)) {
      return OrderReason::invalid_notional;
    }
  }
  return {};
}

}  // namespace crossbook::gateway
