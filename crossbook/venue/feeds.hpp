// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/venue.hpp"

// The rows, each defined in the file of its exchange. Private to this room; registry.hpp is the way in.
namespace crossbook::venue {

extern const Feed norm_binance;
extern const Feed norm_binance_usdm;
extern const Feed norm_gateio_futures;
extern const Feed norm_bitfinex;
extern const Feed norm_bittrex;
extern const Feed norm_bitstamp;
extern const Feed norm_coinbase;
extern const Feed tardis_binance;
extern const Feed tardis_binance_us;
extern const Feed tardis_binance_futures;
extern const Feed tardis_bitfinex;
extern const Feed tardis_bitstamp;
extern const Feed tardis_bybit_spot;
extern const Feed tardis_coinbase;
extern const Feed tardis_crypto_com;
extern const Feed tardis_gate_io;
extern const Feed tardis_gemini;
extern const Feed tardis_huobi;
extern const Feed tardis_kraken;
extern const Feed tardis_kucoin;
extern const Feed tardis_okex;
extern const Feed coinbase;
extern const Feed coinbase_exchange;
extern const Feed kraken;
extern const Feed kraken_v1;
extern const Feed bitstamp;
extern const Feed binance;
extern const Feed binance_us;
extern const Feed binance_usdm;
extern const Feed binance_coinm;
extern const Feed okx;
extern const Feed okcoin;
extern const Feed bybit_spot;
extern const Feed bybit_linear;
extern const Feed bitfinex;
extern const Feed gemini;
extern const Feed kucoin;
extern const Feed gateio;
extern const Feed gateio_futures;
extern const Feed bitget;
extern const Feed cryptocom;
extern const Feed htx;
extern const Feed htx_swap;
extern const Feed deribit;

}  // namespace crossbook::venue
