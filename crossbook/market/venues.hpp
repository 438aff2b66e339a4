// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/market/fair_price.hpp"

// Who takes part in the simulated market. All of it can be changed; the defaults are those of docs/simulated_market.md.
namespace crossbook::market {

// What is traded, with one hidden price for all venues.
struct InstrumentOptions {
  std::string symbol;  // BTC/USDT
  FairPriceOptions fair;
  std::int64_t touch_quantity{};  // mean size at a best price, in 10^-8 base
};

// One book of one venue.
struct ListingOptions {
  std::string raw_symbol;      // the venue's spelling
  std::size_t instrument = 0;  // position in SessionOptions::instruments
  int price_scale = 2;         // prices are counts of 10^-price_scale
  std::int64_t tick = 1;       // counts
  int quantity_scale = 8;
  std::int64_t lot = 1;
  std::int64_t min_notional = 5;   // in whole units of the quote currency
  std::int64_t contract_size = 0;  // quantities are contracts of so many units of the quote currency; 0: of the base
};

struct VenueOptions {
  std::string feed;  // a wire format: binance, coinbase, kraken, okx, bybit-spot, bitstamp
  std::vector<ListingOptions> listings;
  Nanos latency = milliseconds(10);          // least time from the venue to us
  Nanos latency_jitter = milliseconds(4);    // mean of what comes on top
  Nanos lag = milliseconds(20);              // of its makers behind the fair price
  Nanos quote_every = milliseconds(25);      // mean time between changes of a book
  Nanos publish_every = milliseconds(100);   // between book messages; not above quote_every: after every change
  Nanos trade_every = milliseconds(800);     // mean time between taker orders of one book
  std::int64_t half_spread_ppb = 50'000;     // 50,000 is 0.5 bps
  std::int64_t gap_ppb = 30'000;             // mean distance of neighbouring levels
  std::size_t levels = 60;                   // a side, in the venue's own book
  std::int64_t depth_percent = 100;          // sizes, in percent of the instrument's
  std::int64_t maker_fee_ubps = 10'000'000;  // 10^-6 bps: 10 bps
  std::int64_t taker_fee_ubps = 10'000'000;
  std::uint32_t depth = 0;     // levels a side that we subscribe to; 0 is all
  bool okx_checksums = false;  // as in 2022: live checksums and no sequence ids
  bool whole_books = false;    // Bitstamp: order_book_ frames in place of diffs and a REST snapshot
};

[[nodiscard]] std::vector<InstrumentOptions> default_instruments();
[[nodiscard]] std::vector<VenueOptions> default_venues();

// How often what goes wrong, by venue: mean times, in the clock of the session. Nanos(0) is never.
struct FaultOptions {
  Nanos stall_every = seconds(300);        // nothing arrives for a while, then all goes on and nothing is lost
  Nanos stall_for = seconds(4);            // mean
  Nanos disconnect_every = seconds(400);   // nothing arrives for a while, then the client connects anew
  Nanos disconnect_for = seconds(3);       // mean
  Nanos drop_every = seconds(180);         // one book message is lost; the client notices and asks for the book anew
  Nanos resync_after = milliseconds(150);  // from the loss to the client's request, mean
};
[[nodiscard]] constexpr FaultOptions no_faults() {
  return {.stall_every = Nanos(0), .disconnect_every = Nanos(0), .drop_every = Nanos(0)};
}

}  // namespace crossbook::market
