// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace crossbook::market {

// Binance's markets differ in a few fields and in their paths. Private to this room.
enum class BinanceMarket : std::uint8_t { spot, usdm, coinm };

// The ids of a futures book as the wire has them. One counter numbers the changes of all symbols there, so that those
// of one symbol jump, and U is not the u before plus one: here each symbol gets every seventh number.
constexpr std::int64_t futures_id(std::int64_t change) { return change * 7; }

// What a contract is on: BTCUSD of BTCUSD_PERP.
constexpr std::string_view contract_pair(std::string_view raw_symbol) {
  return raw_symbol.substr(0, raw_symbol.find('_'));
}

}  // namespace crossbook::market
