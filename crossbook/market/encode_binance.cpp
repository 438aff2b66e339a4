// SPDX-License-Identifier: Apache-2.0
// Binance spot, combined streams (docs/venues/binance.md). Every number has eight decimals:
// {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,
//  "b":[["64250.10000000","1.50000000"]],"a":[]}}
// USD-M futures add T and pu, write as many decimals as tick and step have, and send no trades where their books come
// from; COIN-M futures add ps, count contracts and send aggregated trades (developers.binance.com/docs/derivatives,
// "Diff. Book Depth Streams", "Aggregate Trade Streams", "Order Book"; read 2026-11-23).
#include <cctype>

#include "crossbook/market/binance_markets.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

using enum BinanceMarket;

constexpr int spot_decimals = 8;
constexpr std::string_view depth_stream = "@depth@100ms";
constexpr std::string_view top_stream = "@bookTicker";
template <BinanceMarket market>
constexpr std::string_view trade_stream = market == spot    ? "@trade"
                                          : market == coinm ? "@aggTrade"
                                                            : "";
constexpr std::string_view slow_stream = "@depth";  // each second, of futures four times a second

void append_stream(std::string& out, const ListingOptions& listing, std::string_view stream) {
  for (const char c : listing.raw_symbol) out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  out += stream;
}

void append_head(std::string& out, const ListingOptions& listing, std::string_view stream) {
  out += R"({"stream":")";
  append_stream(out, listing, stream);
  out += R"(","data":{)";
}

template <BinanceMarket market>
void append_number(std::string& out, std::int64_t count, int scale) {
  append_decimal(out, count, scale, market == spot ? spot_decimals : scale);
}

template <BinanceMarket market>
std::int64_t wire_id(std::int64_t change) {
  return market == spot ? change : futures_id(change);
}

template <BinanceMarket market>
void append_level(std::string& out, const ListingOptions& listing, const Level& level) {
  out += "[\"";
  append_number<market>(out, level.price.count(), listing.price_scale);
  out += "\",\"";
  append_number<market>(out, level.quantity.count(), listing.quantity_scale);
  out += "\"]";
}

template <BinanceMarket market>
void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    append_level<market>(out, listing, level);
  }
  out.push_back(']');
}

template <BinanceMarket market>
bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i > 0) return false;
  out += R"({"method":"SUBSCRIBE","params":[)";
  for (const ListingOptions& listing : venue.listings)
    for (const std::string_view stream : {depth_stream, trade_stream<market>, top_stream}) {
      if (stream.empty()) continue;
      if (out.back() != '[') out.push_back(',');
      out.push_back('"');
      append_stream(out, listing, stream);
      out.push_back('"');
    }
  out += R"(],"id":1})";
  return true;
}

bool reply(std::string& out, const VenueOptions&, std::size_t i, const Stamp&) {
  if (i > 0) return false;
  out += R"({"result":null,"id":1})";
  return true;
}

// T, the time of the change, which futures alone tell; it is a little before they send.
template <BinanceMarket market>
void append_change_time(std::string& out, Wall at) {
  if (market == spot) return;
  out += R"(,"T":)";
  append_integer(out, milliseconds_of(at) - 1);
}

template <BinanceMarket market>
void append_symbol(std::string& out, const ListingOptions& listing) {
  out += R"(,"s":")";
  out += listing.raw_symbol;
  out.push_back('"');
  if (market != coinm) return;
  out += R"(,"ps":")";
  out += contract_pair(listing.raw_symbol);
  out.push_back('"');
}

template <BinanceMarket market>
void book(std::string& out, const BookFrame& frame) {
  append_head(out, frame.listing, frame.venue.publish_every < milliseconds(250) ? depth_stream : slow_stream);
  out += R"("e":"depthUpdate","E":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  append_change_time<market>(out, frame.stamp.at);
  append_symbol<market>(out, frame.listing);
  out += R"(,"U":)";
  append_integer(out, wire_id<market>(frame.first));
  out += R"(,"u":)";
  append_integer(out, wire_id<market>(frame.last));
  if (market != spot) {
    out += R"(,"pu":)";
    append_integer(out, wire_id<market>(frame.previous));
  }
  out += R"(,"b":)";
  append_levels<market>(out, frame.listing, frame.bids);
  out += R"(,"a":)";
  append_levels<market>(out, frame.listing, frame.asks);
  out += "}}";
}

template <BinanceMarket market>
void trades(std::string& out, const TradeFrame& frame) {
  const Print& print = frame.prints.front();
  append_head(out, frame.listing, trade_stream<market>);
  out += market == spot ? R"("e":"trade","E":)" : R"("e":"aggTrade","E":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(,"s":")";
  out += frame.listing.raw_symbol;
  out += market == spot ? R"(","t":)" : R"(","a":)";
  append_integer(out, print.id);
  out += R"(,"p":")";
  append_number<market>(out, print.price.count(), frame.listing.price_scale);
  out += R"(","q":")";
  append_number<market>(out, print.quantity.count(), frame.listing.quantity_scale);
  out += R"(","T":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  // m: the buyer is the maker, so the taker sold.
  out += print.taker == Side::bid ? R"(,"m":false)" : R"(,"m":true)";
  out += market == spot ? R"(,"M":true}})" : "}}";
}

template <BinanceMarket market>
void bbo(std::string& out, const BboFrame& frame) {
  append_head(out, frame.listing, top_stream);
  if (market != spot) out += R"("e":"bookTicker",)";
  out += R"("u":)";
  append_integer(out, wire_id<market>(frame.last));
  if (market != spot) {
    out += R"(,"E":)";
    append_integer(out, milliseconds_of(frame.stamp.at));
    append_change_time<market>(out, frame.stamp.at);
  }
  append_symbol<market>(out, frame.listing);
  out += R"(,"b":")";
  append_number<market>(out, frame.bid.price.count(), frame.listing.price_scale);
  out += R"(","B":")";
  append_number<market>(out, frame.bid.quantity.count(), frame.listing.quantity_scale);
  out += R"(","a":")";
  append_number<market>(out, frame.ask.price.count(), frame.listing.price_scale);
  out += R"(","A":")";
  append_number<market>(out, frame.ask.quantity.count(), frame.listing.quantity_scale);
  out += "\"}}";
}

void append_depth_url(std::string& out, std::string_view address, const ListingOptions& listing) {
  out += address;
  out += "/depth?symbol=";
  out += listing.raw_symbol;
  out += "&limit=1000";
}
void rest_url(std::string& out, const ListingOptions& listing) {
  append_depth_url(out, "https://api.binance.com/api/v3", listing);
}
void rest_url_us(std::string& out, const ListingOptions& listing) {
  append_depth_url(out, "https://api.binance.us/api/v3", listing);
}
void rest_url_usdm(std::string& out, const ListingOptions& listing) {
  append_depth_url(out, "https://fapi.binance.com/fapi/v1", listing);
}
void rest_url_coinm(std::string& out, const ListingOptions& listing) {
  append_depth_url(out, "https://dapi.binance.com/dapi/v1", listing);
}

template <BinanceMarket market>
void rest_body(std::string& out, const BookFrame& frame) {
  out += R"({"lastUpdateId":)";
  append_integer(out, wire_id<market>(frame.last));
  if (market == coinm) {
    out += R"(,"symbol":")";
    out += frame.listing.raw_symbol;
    out += R"(","pair":")";
    out += contract_pair(frame.listing.raw_symbol);
    out.push_back('"');
  }
  if (market != spot) {
    out += R"(,"E":)";
    append_integer(out, milliseconds_of(frame.stamp.at));
    append_change_time<market>(out, frame.stamp.at);
  }
  out += R"(,"bids":)";
  append_levels<market>(out, frame.listing, frame.bids);
  out += R"(,"asks":)";
  append_levels<market>(out, frame.listing, frame.asks);
  out.push_back('}');
}

template <BinanceMarket market>
constexpr Protocol row(std::string_view feed, std::string_view url,
                       void (*rest_url)(std::string&, const ListingOptions&)) {
  return {.feed = feed,
          .url = url,
          .rest = true,
          .one_print_a_frame = true,
          .request = request<market>,
          .reply = reply,
          .book = book<market>,
          .trades = market == usdm ? nullptr : trades<market>,
          .bbo = bbo<market>,
          .rest_url = rest_url,
          .rest_body = rest_body<market>};
}

}  // namespace

const Protocol binance = row<spot>("binance", "wss://stream.binance.com:9443/stream", rest_url);
const Protocol binance_us = row<spot>("binance-us", "wss://stream.binance.us:9443/stream", rest_url_us);
const Protocol binance_usdm = row<usdm>("binance-usdm", "wss://fstream.binance.com/public/stream", rest_url_usdm);
const Protocol binance_coinm = row<coinm>("binance-coinm", "wss://dstream.binance.com/stream", rest_url_coinm);

}  // namespace crossbook::market
