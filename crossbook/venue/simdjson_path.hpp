// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/venue.hpp"

// The decoders as they are without the scanner: what it falls back to, and its oracle in tests and fuzzers. Private to
// this room.
namespace crossbook::venue {

Result<void> decode_binance_simdjson(Context&, std::string_view bytes, EventBatch&);          // spot
Result<void> decode_binance_futures_simdjson(Context&, std::string_view bytes, EventBatch&);  // USD-M, COIN-M
Result<void> decode_okx_simdjson(Context&, std::string_view bytes, EventBatch&);
Result<void> decode_bybit_simdjson(Context&, std::string_view bytes, EventBatch&);

}  // namespace crossbook::venue
