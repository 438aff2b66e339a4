// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "crossbook/venue/venue.hpp"

namespace crossbook::venue {

// What an instrument list says of one symbol: JSON tokens, quoted or not; empty where it says nothing.
struct InstrumentTexts {
  std::string_view raw_symbol;
  std::string_view tick_size;
  std::string_view lot_size;
  std::string_view min_quantity;
  std::string_view min_notional;
  std::string_view contract_size;
};

// Fills the instrument of the listing with that symbol. A symbol that we do not hold is passed over: a list names
// thousands. Errors: malformed, for a number that is none.
Result<void> fill_instrument(Context&, const InstrumentTexts&);

}  // namespace crossbook::venue
