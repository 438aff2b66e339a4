// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/scanner.hpp"
namespace crossbook::venue {
bool scan_binance(Context&, std::string_view, bool, EventBatch&) { return false; }
bool scan_okx(Context&, std::string_view, EventBatch&) { return false; }
bool scan_bybit(Context&, std::string_view, EventBatch&) { return false; }
}  // namespace crossbook::venue
