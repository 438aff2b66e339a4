// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "crossbook/venue/venue.hpp"

// Instrument lists that come by REST apart from a codec's own bodies. Private to this room.
namespace crossbook::venue {

// GET /0/public/AssetPairs. Errors: malformed.
Result<void> decode_kraken_pairs(Context&, std::string_view url, std::string_view bytes, EventBatch&);
// GET /api/v2/markets/. Errors: malformed.
Result<void> decode_bitstamp_markets(Context&, std::string_view bytes, EventBatch&);

}  // namespace crossbook::venue
