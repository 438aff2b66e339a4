// SPDX-License-Identifier: Apache-2.0
// Kraken, WebSocket v2 (docs/venues/kraken.md). Numbers are JSON numbers with all digits of the pair's precision:
// {"channel":"book","type":"update","data":[{"symbol":"BTC/USDT","bids":[{"price":64250.1,"qty":0.00100000}],
//  "asks":[],"checksum":2114181697,"timestamp":"2026-01-01T00:00:00.440295Z"}]}
#include <algorithm>

#include "crossbook/core/crc32.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view channels[] = {"book", "trade", "ticker"};
constexpr std::size_t checksum_levels = 10;

// The digits of price and quantity at the pair's precision, without point and leading zeros, are the counts themselves.
// They are written behind the frame and taken away again: no buffer of their own.
void add(Crc32& crc, std::span<const Level> levels, std::string& out) {
  const std::size_t size = out.size();
  for (const Level& level : levels.first(std::min(levels.size(), checksum_levels))) {
    append_integer(out, level.price.count());
    append_integer(out, level.quantity.count());
  }
  crc.update(std::string_view(out).substr(size));
  out.resize(size);
}

std::uint32_t checksum(const BookFrame& frame, std::string& out) {
  Crc32 crc;
  add(crc, frame.book_asks, out);
  add(crc, frame.book_bids, out);
  return crc.value();
}

void append_time(std::string& out, std::string_view name, const Stamp& stamp) {
  out += name;
  append_rfc3339(out, stamp.at, 6);
  out.push_back('"');
}

void append_params(std::string& out, std::string_view channel, const VenueOptions& venue) {
  if (channel == "book") {
    out += R"(,"depth":)";
    append_integer(out, venue.depth);
    out += R"(,"snapshot":true)";
  } else if (channel == "ticker") {
    out += R"(,"event_trigger":"bbo","snapshot":false)";
  } else {
    out += R"(,"snapshot":false)";
  }
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i >= std::size(channels)) return false;
  out += R"({"method":"subscribe","params":{"channel":")";
  out += channels[i];
  out += R"(","symbol":[)";
  for (const ListingOptions& listing : venue.listings) {
    if (&listing != venue.listings.data()) out.push_back(',');
    out.push_back('"');
    out += listing.raw_symbol;
    out.push_back('"');
  }
  out.push_back(']');
  append_params(out, channels[i], venue);
  out += R"(},"req_id":)";
  append_integer(out, static_cast<std::int64_t>(i) + 1);
  out.push_back('}');
  return true;
}

void append_ack(std::string& out, const VenueOptions& venue, std::string_view method, std::string_view channel,
                const ListingOptions& listing, std::int64_t req_id, const Stamp& stamp) {
  out += R"({"method":")";
  out += method;
  out += R"(","result":{"channel":")";
  out += channel;
  out.push_back('"');
  append_params(out, channel, venue);
  out += R"(,"symbol":")";
  out += listing.raw_symbol;
  out += R"("},"success":true)";
  append_time(out, R"(,"time_in":")", stamp);
  append_time(out, R"(,"time_out":")", stamp);
  out += R"(,"req_id":)";
  append_integer(out, req_id);
  out.push_back('}');
}

// A status comes unasked, then one answer for each channel and symbol.
bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp& stamp) {
  if (i == 0) {
    out += R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",)"
           R"("connection_id":3007355780899554854}]})";
    return true;
  }
  const std::size_t channel = (i - 1) / venue.listings.size();
  if (channel >= std::size(channels)) return false;
  append_ack(out, venue, "subscribe", channels[channel], venue.listings[(i - 1) % venue.listings.size()],
             static_cast<std::int64_t>(channel) + 1, stamp);
  return true;
}

bool resync_request(std::string& out, const VenueOptions& venue, const ListingOptions& listing, std::size_t i) {
  if (i > 1) return false;
  out += i == 0 ? R"({"method":"unsubscribe","params":{"channel":"book","symbol":[")"
                : R"({"method":"subscribe","params":{"channel":"book","symbol":[")";
  out += listing.raw_symbol;
  out += R"("],"depth":)";
  append_integer(out, venue.depth);
  out += i == 0 ? R"(},"req_id":8})" : R"(,"snapshot":true},"req_id":9})";
  return true;
}

bool resync_reply(std::string& out, const VenueOptions& venue, const ListingOptions& listing, std::size_t i,
                  const Stamp& stamp) {
  if (i > 1) return false;
  append_ack(out, venue, i == 0 ? "unsubscribe" : "subscribe", "book", listing, i == 0 ? 8 : 9, stamp);
  return true;
}

void append_price(std::string& out, const ListingOptions& listing, Price price) {
  append_decimal(out, price.count(), listing.price_scale, listing.price_scale);
}
void append_quantity(std::string& out, const ListingOptions& listing, Quantity quantity) {
  append_decimal(out, quantity.count(), listing.quantity_scale, listing.quantity_scale);
}

void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    out += R"({"price":)";
    append_price(out, listing, level.price);
    out += R"(,"qty":)";
    append_quantity(out, listing, level.quantity);
    out.push_back('}');
  }
  out.push_back(']');
}

void book(std::string& out, const BookFrame& frame) {
  out += frame.snapshot ? R"({"channel":"book","type":"snapshot","data":[{"symbol":")"
                        : R"({"channel":"book","type":"update","data":[{"symbol":")";
  out += frame.listing.raw_symbol;
  out += R"(","bids":)";
  append_levels(out, frame.listing, frame.bids);
  out += R"(,"asks":)";
  append_levels(out, frame.listing, frame.asks);
  out += R"(,"checksum":)";
  append_integer(out, checksum(frame, out));
  append_time(out, R"(,"timestamp":")", frame.stamp);
  out += "}]}";
}

void trades(std::string& out, const TradeFrame& frame) {
  out += R"({"channel":"trade","type":"update","data":[)";
  for (const Print& print : frame.prints) {
    if (&print != frame.prints.data()) out.push_back(',');
    out += R"({"symbol":")";
    out += frame.listing.raw_symbol;
    out += print.taker == Side::bid ? R"(","side":"buy","price":)" : R"(","side":"sell","price":)";
    append_price(out, frame.listing, print.price);
    out += R"(,"qty":)";
    append_quantity(out, frame.listing, print.quantity);
    out += R"(,"ord_type":"market","trade_id":)";
    append_integer(out, print.id);
    append_time(out, R"(,"timestamp":")", frame.stamp);
    out.push_back('}');
  }
  out += "]}";
}

void bbo(std::string& out, const BboFrame& frame) {
  const ListingOptions& listing = frame.listing;
  out += R"({"channel":"ticker","type":"update","data":[{"symbol":")";
  out += listing.raw_symbol;
  out += R"(","bid":)";
  append_price(out, listing, frame.bid.price);
  out += R"(,"bid_qty":)";
  append_quantity(out, listing, frame.bid.quantity);
  out += R"(,"ask":)";
  append_price(out, listing, frame.ask.price);
  out += R"(,"ask_qty":)";
  append_quantity(out, listing, frame.ask.quantity);
  for (const std::string_view name : {"last", "vwap", "low", "high"}) {
    out += ",\"";
    out += name;
    out += "\":";
    append_price(out, listing, frame.bid.price);
  }
  out += R"(,"volume":1000.00000000,"change":0.0,"change_pct":0.00)";
  append_time(out, R"(,"timestamp":")", frame.stamp);
  out += "}]}";
}

void heartbeat(std::string& out, const Stamp&, std::int64_t) { out += R"({"channel":"heartbeat"})"; }

}  // namespace

const Protocol kraken{.feed = "kraken",
                      .url = "wss://ws.kraken.com/v2",
                      .deletes_pushed_out = false,
                      .heartbeat_every = seconds(1),
                      .request = request,
                      .reply = reply,
                      .resync_request = resync_request,
                      .resync_reply = resync_reply,
                      .book = book,
                      .trades = trades,
                      .bbo = bbo,
                      .heartbeat = heartbeat};

}  // namespace crossbook::market
