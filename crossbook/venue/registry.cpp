// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/registry.hpp"

#include <algorithm>
#include <array>

#include "crossbook/core/check.hpp"
#include "crossbook/venue/feeds.hpp"

namespace crossbook::venue {
namespace {

constexpr std::array table{
    &norm_binance,
    &norm_binance_usdm,
    &norm_gateio_futures,
    &norm_bitfinex,
    &norm_bittrex,
    &norm_bitstamp,
    &norm_coinbase,
    &coinbase,
    &coinbase_exchange,
    &kraken,
    &kraken_v1,
    &bitstamp,
    &binance,
    &binance_us,
    &binance_usdm,
    &binance_coinm,
    &okx,
    &okcoin,
    &bybit_spot,
    &bybit_linear,
    &bitfinex,
    &gemini,
    &kucoin,
    &gateio,
    &gateio_futures,
    &bitget,
    &cryptocom,
    &htx,
    &htx_swap,
    &deribit,
    &tardis_binance,
    &tardis_binance_us,
    &tardis_binance_futures,
    &tardis_bitfinex,
    &tardis_bitstamp,
    &tardis_bybit_spot,
    &tardis_coinbase,
    &tardis_crypto_com,
    &tardis_gate_io,
    &tardis_gemini,
    &tardis_huobi,
    &tardis_kraken,
    &tardis_kucoin,
    &tardis_okex,
};

}  // namespace

std::span<const Feed* const> feeds() { return table; }

const Feed& feed(FeedId id) {
  CROSSBOOK_ASSERT(index(id) < table.size());
  return *table[index(id)];
}

std::optional<FeedId> find_feed(std::string_view name) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i]->name == name) return FeedId(i);
  return {};
}

bool is_venue(std::string_view name) { return std::ranges::find(feeds(), name, &Feed::venue) != feeds().end(); }

}  // namespace crossbook::venue
