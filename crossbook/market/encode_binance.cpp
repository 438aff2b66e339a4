// SPDX-License-Identifier: Apache-2.0
// Binance spot, combined streams (docs/venues/binance.md). Every number has eight decimals:
// {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,
//  "b":[["64250.10000000","1.50000000"]],"a":[]}}
#include <cctype>

#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr int decimals = 8;
constexpr std::string_view streams[] = {"@depth@100ms", "@trade", "@bookTicker"};
constexpr std::string_view each_second = "@depth";

void append_stream(std::string& out, const ListingOptions& listing, std::string_view stream) {
  for (const char c : listing.raw_symbol) out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  out += stream;
}

void append_head(std::string& out, const ListingOptions& listing, std::string_view stream) {
  out += R"({"stream":")";
  append_stream(out, listing, stream);
  out += R"(","data":{)";
}

void append_level(std::string& out, const ListingOptions& listing, const Level& level) {
  out += "[\"";
  append_decimal(out, level.price.count(), listing.price_scale, decimals);
  out += "\",\"";
  append_decimal(out, level.quantity.count(), listing.quantity_scale, decimals);
  out += "\"]";
}

void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    append_level(out, listing, level);
  }
  out.push_back(']');
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i > 0) return false;
  out += R"({"method":"SUBSCRIBE","params":[)";
  for (const ListingOptions& listing : venue.listings)
    for (const std::string_view stream : streams) {
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

void book(std::string& out, const BookFrame& frame) {
  append_head(out, frame.listing, frame.venue.publish_every < seconds(1) ? streams[0] : each_second);
  out += R"("e":"depthUpdate","E":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(,"s":")";
  out += frame.listing.raw_symbol;
  out += R"(","U":)";
  append_integer(out, frame.first);
  out += R"(,"u":)";
  append_integer(out, frame.last);
  out += R"(,"b":)";
  append_levels(out, frame.listing, frame.bids);
  out += R"(,"a":)";
  append_levels(out, frame.listing, frame.asks);
  out += "}}";
}

void trades(std::string& out, const TradeFrame& frame) {
  const Print& print = frame.prints.front();
  append_head(out, frame.listing, streams[1]);
  out += R"("e":"trade","E":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(,"s":")";
  out += frame.listing.raw_symbol;
  out += R"(","t":)";
  append_integer(out, print.id);
  out += R"(,"p":")";
  append_decimal(out, print.price.count(), frame.listing.price_scale, decimals);
  out += R"(","q":")";
  append_decimal(out, print.quantity.count(), frame.listing.quantity_scale, decimals);
  out += R"(","T":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  // m: the buyer is the maker, so the taker sold.
  out += print.taker == Side::bid ? R"(,"m":false,"M":true}})" : R"(,"m":true,"M":true}})";
}

void bbo(std::string& out, const BboFrame& frame) {
  append_head(out, frame.listing, streams[2]);
  out += R"("u":)";
  append_integer(out, frame.last);
  out += R"(,"s":")";
  out += frame.listing.raw_symbol;
  out += R"(","b":")";
  append_decimal(out, frame.bid.price.count(), frame.listing.price_scale, decimals);
  out += R"(","B":")";
  append_decimal(out, frame.bid.quantity.count(), frame.listing.quantity_scale, decimals);
  out += R"(","a":")";
  append_decimal(out, frame.ask.price.count(), frame.listing.price_scale, decimals);
  out += R"(","A":")";
  append_decimal(out, frame.ask.quantity.count(), frame.listing.quantity_scale, decimals);
  out += "\"}}";
}

void append_depth_url(std::string& out, std::string_view host, const ListingOptions& listing) {
  out += "https://";
  out += host;
  out += "/api/v3/depth?symbol=";
  out += listing.raw_symbol;
  out += "&limit=1000";
}
void rest_url(std::string& out, const ListingOptions& listing) { append_depth_url(out, "api.binance.com", listing); }
void rest_url_us(std::string& out, const ListingOptions& listing) { append_depth_url(out, "api.binance.us", listing); }

void rest_body(std::string& out, const BookFrame& frame) {
  out += R"({"lastUpdateId":)";
  append_integer(out, frame.last);
  out += R"(,"bids":)";
  append_levels(out, frame.listing, frame.bids);
  out += R"(,"asks":)";
  append_levels(out, frame.listing, frame.asks);
  out.push_back('}');
}

}  // namespace

const Protocol binance{.feed = "binance",
                       .url = "wss://stream.binance.com:9443/stream",
                       .rest = true,
                       .one_print_a_frame = true,
                       .request = request,
                       .reply = reply,
                       .book = book,
                       .trades = trades,
                       .bbo = bbo,
                       .rest_url = rest_url,
                       .rest_body = rest_body};

const Protocol binance_us{.feed = "binance-us",
                          .url = "wss://stream.binance.us:9443/stream",
                          .rest = true,
                          .one_print_a_frame = true,
                          .request = request,
                          .reply = reply,
                          .book = book,
                          .trades = trades,
                          .bbo = bbo,
                          .rest_url = rest_url_us,
                          .rest_body = rest_body};

}  // namespace crossbook::market
