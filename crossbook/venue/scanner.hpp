// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/venue.hpp"

// Readers of the three hot frames that know their shape: every byte that is not a digit must be the one that the venue
// has always sent there. They answer true, with the batch filled as simdjson's path would fill it, or false at the
// first surprise, with nothing changed; the caller then takes simdjson's path, which decides what the frame is. Only
// listings that are known, not wide and counted at 10^-8 or finer are read here. REQUIRES: an empty batch, a padded
// frame.
namespace crossbook::venue {

[[nodiscard]] bool scan_binance(Context&, std::string_view bytes, bool futures, EventBatch&);  // depthUpdate
[[nodiscard]] bool scan_okx(Context&, std::string_view bytes, EventBatch&);                    // books
[[nodiscard]] bool scan_bybit(Context&, std::string_view bytes, EventBatch&);                  // orderbook.2 and deeper

}  // namespace crossbook::venue
