// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/market/venues.hpp"
#include "crossbook/venue/streams.hpp"

// Markets of any number of symbols, for the exchange simulator.
namespace crossbook::market {

// The parts of BTC/USDT, and of BTC/USDT:USDT, which is a contract settled in what it is quoted in. They live as long
// as the symbol; `quote` and `settle` are empty where it has none.
struct Currencies {
  std::string_view base;
  std::string_view quote;
  std::string_view settle;
};
[[nodiscard]] Currencies currencies_of(std::string_view symbol);

// What a feed lists.
using venue::Contract;
inline constexpr std::array contracts{Contract::none, Contract::linear, Contract::inverse};
[[nodiscard]] Contract contract_of(std::string_view feed);

// The first n of a list of well-known pairs against USDT, the first of which are default_instruments(); after them made
// up ones: C025/USDT, C026/USDT, ... Or the contracts on them: BTC/USDT:USDT, BTC/USD:BTC.
[[nodiscard]] std::vector<InstrumentOptions> first_instruments(std::size_t n, Contract contract = Contract::none);
// These symbols (BTC/USDT); a price of 10 for those that are not in the list.
[[nodiscard]] std::vector<InstrumentOptions> named_instruments(std::span<const std::string> symbols);

// A venue of default_venues(), or one like it, which lists those of the instruments that are of its market in its own
// spelling with ticks of about a millionth of the price. Nothing for a feed that this room cannot play.
[[nodiscard]] std::optional<VenueOptions> venue_listing(std::string_view feed,
                                                        std::span<const InstrumentOptions> instruments);

}  // namespace crossbook::market
