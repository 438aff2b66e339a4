// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Venue spellings to BASE/QUOTE as ccxt writes them.
namespace crossbook::venue {

struct Pair {
  std::string base;
  std::string quote;
};

// Splits a joined spelling (BTCUSDT, yfihusd) by a table of known pairs, then where a known base meets a known quote,
// then by the longest known quote; upper case.
// Nothing where no quote is known: such a listing keeps its raw symbol only.
[[nodiscard]] std::optional<Pair> split_joined(std::string_view raw);
// Splits at a separator: BTC-USDT, BTC_USDT, XBT/USD; upper case.
[[nodiscard]] std::optional<Pair> split_at(std::string_view raw, char separator);
// BASE/QUOTE, with currency aliases that all venues share resolved (XBT is BTC, XDG is DOGE).
[[nodiscard]] std::string unified(const Pair& pair);

}  // namespace crossbook::venue
