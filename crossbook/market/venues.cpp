// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/venues.hpp"

namespace crossbook::market {
namespace {

constexpr std::size_t btc = 0;
constexpr std::size_t eth = 1;

// Ticks and lots are powers of ten; the scales say which.
ListingOptions listing(std::string raw_symbol, std::size_t instrument, int price_scale, int quantity_scale) {
  return {.raw_symbol = std::move(raw_symbol),
          .instrument = instrument,
          .price_scale = price_scale,
          .quantity_scale = quantity_scale};
}

VenueOptions binance() {
  VenueOptions v{.feed = "binance", .listings = {listing("BTCUSDT", btc, 2, 5), listing("ETHUSDT", eth, 2, 4)}};
  v.latency = milliseconds(9);
  v.lag = milliseconds(5);
  v.quote_every = milliseconds(20);
  v.publish_every = milliseconds(100);
  v.trade_every = milliseconds(250);
  v.half_spread_ppb = 8'000;
  v.gap_ppb = 12'000;
  v.levels = 120;
  v.depth_percent = 200;
  v.maker_fee_ubps = v.taker_fee_ubps = 10'000'000;
  return v;
}

VenueOptions coinbase() {
  VenueOptions v{.feed = "coinbase", .listings = {listing("BTC-USDT", btc, 2, 8), listing("ETH-USDT", eth, 2, 8)}};
  v.latency = milliseconds(38);
  v.lag = milliseconds(45);
  v.quote_every = milliseconds(50);
  v.publish_every = milliseconds(50);
  v.trade_every = milliseconds(1'200);
  v.half_spread_ppb = 60'000;
  v.gap_ppb = 50'000;
  v.levels = 80;
  v.depth_percent = 60;
  v.maker_fee_ubps = 60'000'000;
  v.taker_fee_ubps = 120'000'000;
  return v;
}

VenueOptions kraken() {
  VenueOptions v{.feed = "kraken", .listings = {listing("BTC/USDT", btc, 1, 8), listing("ETH/USDT", eth, 2, 8)}};
  v.latency = milliseconds(31);
  v.lag = milliseconds(60);
  v.quote_every = milliseconds(60);
  v.publish_every = milliseconds(10);
  v.trade_every = milliseconds(2'000);
  v.half_spread_ppb = 90'000;
  v.gap_ppb = 60'000;
  v.levels = 30;
  v.depth_percent = 50;
  v.maker_fee_ubps = 25'000'000;
  v.taker_fee_ubps = 40'000'000;
  v.depth = 10;
  return v;
}

VenueOptions okx() {
  VenueOptions v{.feed = "okx", .listings = {listing("BTC-USDT", btc, 1, 8), listing("ETH-USDT", eth, 2, 6)}};
  v.latency = milliseconds(14);
  v.lag = milliseconds(12);
  v.quote_every = milliseconds(30);
  v.publish_every = milliseconds(100);
  v.trade_every = milliseconds(400);
  v.half_spread_ppb = 15'000;
  v.gap_ppb = 18'000;
  v.levels = 100;
  v.depth_percent = 120;
  v.maker_fee_ubps = 8'000'000;
  v.taker_fee_ubps = 10'000'000;
  v.depth = 400;
  return v;
}

VenueOptions bybit() {
  VenueOptions v{.feed = "bybit-spot", .listings = {listing("BTCUSDT", btc, 1, 6), listing("ETHUSDT", eth, 2, 5)}};
  v.latency = milliseconds(12);
  v.lag = milliseconds(15);
  v.quote_every = milliseconds(20);
  v.publish_every = milliseconds(20);
  v.trade_every = milliseconds(450);
  v.half_spread_ppb = 18'000;
  v.gap_ppb = 20'000;
  v.levels = 70;
  v.depth_percent = 100;
  v.maker_fee_ubps = v.taker_fee_ubps = 10'000'000;
  v.depth = 50;
  return v;
}

VenueOptions bitstamp() {
  VenueOptions v{.feed = "bitstamp", .listings = {listing("btcusdt", btc, 0, 8), listing("ethusdt", eth, 1, 8)}};
  v.latency = milliseconds(34);
  v.lag = milliseconds(150);
  v.quote_every = milliseconds(200);
  v.publish_every = milliseconds(500);
  v.trade_every = milliseconds(5'000);
  v.half_spread_ppb = 150'000;
  v.gap_ppb = 120'000;
  v.levels = 100;
  v.depth_percent = 25;
  v.maker_fee_ubps = 30'000'000;
  v.taker_fee_ubps = 40'000'000;
  return v;
}

}  // namespace

std::vector<InstrumentOptions> default_instruments() {
  return {
      {.symbol = "BTC/USDT", .fair = {.start = 64'250'000'000}, .touch_quantity = 40'000'000},
      {.symbol = "ETH/USDT", .fair = {.start = 2'480'000'000, .volatility_ppm = 80}, .touch_quantity = 900'000'000}};
}

std::vector<VenueOptions> default_venues() { return {binance(), coinbase(), kraken(), okx(), bybit(), bitstamp()}; }

}  // namespace crossbook::market
