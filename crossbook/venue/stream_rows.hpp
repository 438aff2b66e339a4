// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/streams.hpp"

// The rows, each defined in the file of its exchange. Private to this room; streams.hpp is the way in.
namespace crossbook::venue {

extern const StreamDialect binance_streams;
extern const StreamDialect binance_us_streams;
extern const StreamDialect binance_usdm_streams;
extern const StreamDialect binance_coinm_streams;
extern const StreamDialect coinbase_streams;
extern const StreamDialect coinbase_exchange_streams;
extern const StreamDialect kraken_streams;
extern const StreamDialect okx_streams;
extern const StreamDialect bybit_streams;
extern const StreamDialect bybit_linear_streams;
extern const StreamDialect bitstamp_streams;
extern const StreamDialect bitfinex_streams;
extern const StreamDialect gemini_streams;
extern const StreamDialect kucoin_streams;
extern const StreamDialect gateio_streams;
extern const StreamDialect bitget_streams;
extern const StreamDialect cryptocom_streams;
extern const StreamDialect htx_streams;
extern const StreamDialect deribit_streams;

}  // namespace crossbook::venue
