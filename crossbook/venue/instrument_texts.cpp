// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/instrument_texts.hpp"

#include "crossbook/core/decimal.hpp"

namespace crossbook::venue {
namespace {

std::string_view without_quotes(std::string_view token) {
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') return token.substr(1, token.size() - 2);
  return token;
}

// Decimal text as instruments keep it: "0.01000000" is "0.01". Zero and "" say nothing.
Result<void> fill(std::optional<std::string>& text, std::string_view token) {
  const std::string_view written = without_quotes(token);
  if (written.empty()) return {};
  CROSSBOOK_TRY(shape, decimal_shape(written));
  CROSSBOOK_TRY(count, parse_decimal_wide(written, shape.scale));
  if (count != 0) text = format_decimal(count, shape.scale);
  return {};
}

}  // namespace

Result<void> fill_instrument(Context& context, const InstrumentTexts& texts) {
  Listing* const listing = context.listings.find(context.feed, without_quotes(texts.raw_symbol));
  if (listing == nullptr) return {};
  CROSSBOOK_CHECKED(fill(listing->instrument.tick_size, texts.tick_size));
  CROSSBOOK_CHECKED(fill(listing->instrument.lot_size, texts.lot_size));
  CROSSBOOK_CHECKED(fill(listing->instrument.min_quantity, texts.min_quantity));
  CROSSBOOK_CHECKED(fill(listing->instrument.min_notional, texts.min_notional));
  return fill(listing->instrument.contract_size, texts.contract_size);
}

}  // namespace crossbook::venue
