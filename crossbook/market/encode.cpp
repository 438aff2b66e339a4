// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/encode.hpp"

namespace crossbook::market {

const Protocol* find_protocol(std::string_view feed) {
  for (const Protocol* protocol : {&binance, &binance_us, &binance_usdm, &binance_coinm, &bitstamp, &bybit,
                                   &bybit_linear, &coinbase, &coinbase_exchange, &kraken, &okx})
    if (protocol->feed == feed) return protocol;
  return nullptr;
}

}  // namespace crossbook::market
