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

}  // namespace crossbook::venue
