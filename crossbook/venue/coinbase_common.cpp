// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/coinbase_common.hpp"

#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue::coinbase_common {

void describe(Listing& listing) {
  const auto pair = split_at(listing.raw_symbol, '-');
  if (pair && pair->quote.find('-') == std::string::npos) listing.instrument.symbol = unified(*pair);
}

Result<void> learn(ondemand::object& product, std::string_view key, std::optional<std::string>& target) {
  CROSSBOOK_TRY(text, optional_string(product, key));
  if (!text || text->empty()) return {};
  CROSSBOOK_CHECKED(decimal_shape(*text));
  target = std::string(*text);
  return {};
}

}  // namespace crossbook::venue::coinbase_common
