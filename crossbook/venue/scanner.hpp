// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/venue.hpp"

namespace crossbook::venue {

bool scan_binance(Context&, std::string_view bytes, bool futures, EventBatch&);
bool scan_okx(Context&, std::string_view bytes, EventBatch&);
bool scan_bybit(Context&, std::string_view bytes, EventBatch&);

}  // namespace crossbook::venue
