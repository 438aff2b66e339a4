// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/market/venues.hpp"

// Markets of any number of symbols, for the exchange simulator.
namespace crossbook::market {

// The first n of a list of well-known pairs against USDT, the first of which are default_instruments(); after them made
// up ones: C025/USDT, C026/USDT, ...
[[nodiscard]] std::vector<InstrumentOptions> first_instruments(std::size_t n);
// These symbols (BTC/USDT); a price of 10 for those that are not in the list.
[[nodiscard]] std::vector<InstrumentOptions> named_instruments(std::span<const std::string> symbols);

// A venue of default_venues(), binance-us or coinbase-exchange, which lists all of the instruments in its own spelling
// with ticks of about a millionth of the price. Nothing for a feed that this room cannot play.
[[nodiscard]] std::optional<VenueOptions> venue_listing(std::string_view feed,
                                                        std::span<const InstrumentOptions> instruments);

// BTC/USDT as the feed spells it.
[[nodiscard]] std::string raw_symbol_of(std::string_view feed, std::string_view symbol);

}  // namespace crossbook::market
