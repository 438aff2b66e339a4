// SPDX-License-Identifier: Apache-2.0
// Bybit v5 (docs/venues/bybit.md), spot and linear contracts alike. `u` counts the frames of one topic:
// {"topic":"orderbook.50.BTCUSDT","ts":1687940967466,"type":"delta","data":{"s":"BTCUSDT","b":[["30247.2","30.028"]],
//  "a":[],"u":177400507,"seq":66544703342},"cts":1687940967464}
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

void append_topic(std::string& out, std::string_view head, const ListingOptions& listing) {
  out += head;
  out += listing.raw_symbol;
}

void append_book_topic(std::string& out, std::int64_t depth, const ListingOptions& listing) {
  out += "orderbook.";
  append_integer(out, depth);
  append_topic(out, ".", listing);
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i >= venue.listings.size()) return false;
  const ListingOptions& listing = venue.listings[i];
  out += R"({"op":"subscribe","args":[")";
  append_book_topic(out, venue.depth, listing);
  out += R"(",")";
  append_book_topic(out, 1, listing);
  append_topic(out, R"(","publicTrade.)", listing);
  out += R"("]})";
  return true;
}

bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp&) {
  if (i >= venue.listings.size()) return false;
  out += R"({"success":true,"ret_msg":"subscribe","conn_id":"d9avt8shteepr00gfc1g-4zd1x","op":"subscribe"})";
  return true;
}

bool resync_request(std::string& out, const VenueOptions& venue, const ListingOptions& listing, std::size_t i) {
  if (i > 1) return false;
  out += i == 0 ? R"({"op":"unsubscribe","args":[")" : R"({"op":"subscribe","args":[")";
  append_book_topic(out, venue.depth, listing);
  out += R"("]})";
  return true;
}

bool resync_reply(std::string& out, const VenueOptions&, const ListingOptions&, std::size_t i, const Stamp&) {
  if (i > 1) return false;
  out += i == 0 ? R"({"success":true,"ret_msg":"","conn_id":"d9avt8shteepr00gfc1g-4zd1x","op":"unsubscribe"})"
                : R"({"success":true,"ret_msg":"subscribe","conn_id":"d9avt8shteepr00gfc1g-4zd1x","op":"subscribe"})";
  return true;
}

void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    out += "[\"";
    append_trimmed(out, level.price.count(), listing.price_scale);
    out += "\",\"";
    append_trimmed(out, level.quantity.count(), listing.quantity_scale);
    out += "\"]";
  }
  out.push_back(']');
}

struct Body {
  const ListingOptions& listing;
  std::int64_t depth;
  bool snapshot;
  std::span<const Level> bids;
  std::span<const Level> asks;
  std::int64_t update;
  std::int64_t sequence;
  Wall at;
};

void append_book(std::string& out, const Body& body) {
  out += R"({"topic":")";
  append_book_topic(out, body.depth, body.listing);
  out += R"(","ts":)";
  append_integer(out, milliseconds_of(body.at));
  out += body.snapshot ? R"(,"type":"snapshot","data":{"s":")" : R"(,"type":"delta","data":{"s":")";
  out += body.listing.raw_symbol;
  out += R"(","b":)";
  append_levels(out, body.listing, body.bids);
  out += R"(,"a":)";
  append_levels(out, body.listing, body.asks);
  out += R"(,"u":)";
  append_integer(out, body.update);
  out += R"(,"seq":)";
  append_integer(out, body.sequence);
  out += R"(},"cts":)";
  append_integer(out, milliseconds_of(body.at) - 1);
  out.push_back('}');
}

void book(std::string& out, const BookFrame& frame) {
  append_book(out, Body{.listing = frame.listing,
                        .depth = frame.venue.depth,
                        .snapshot = frame.snapshot,
                        .bids = frame.bids,
                        .asks = frame.asks,
                        .update = frame.number + 1,  // 1 would mean that the service restarted
                        .sequence = frame.last,
                        .at = frame.stamp.at});
}

void bbo(std::string& out, const BboFrame& frame) {
  append_book(out, Body{.listing = frame.listing,
                        .depth = 1,
                        .snapshot = true,
                        .bids = std::span(&frame.bid, 1),
                        .asks = std::span(&frame.ask, 1),
                        .update = frame.number + 1,
                        .sequence = frame.last,
                        .at = frame.stamp.at});
}

void trades(std::string& out, const TradeFrame& frame) {
  out += R"({"topic":"publicTrade.)";
  out += frame.listing.raw_symbol;
  out += R"(","ts":)";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(,"type":"snapshot","data":[)";
  for (const Print& print : frame.prints) {
    if (&print != frame.prints.data()) out.push_back(',');
    out += R"({"i":")";
    append_integer(out, 2'290'000'000'000'000'000 + print.id);
    out += R"(","T":)";
    append_integer(out, milliseconds_of(frame.stamp.at) - 1);
    out += R"(,"p":")";
    append_trimmed(out, print.price.count(), frame.listing.price_scale);
    out += R"(","v":")";
    append_trimmed(out, print.quantity.count(), frame.listing.quantity_scale);
    out += print.taker == Side::bid ? R"(","S":"Buy","seq":)" : R"(","S":"Sell","seq":)";
    append_integer(out, print.id);
    out += R"(,"s":")";
    out += frame.listing.raw_symbol;
    out += R"(","BT":false,"RPI":false})";
  }
  out += "]}";
}

void ping(std::string& out) { out += R"({"op":"ping"})"; }

void heartbeat(std::string& out, const Stamp&, std::int64_t) {
  out += R"({"success":true,"ret_msg":"pong","conn_id":"d9avt8shteepr00gfc1g-4zd1x","op":"ping"})";
}

constexpr Protocol row(std::string_view feed, std::string_view url) {
  return {.feed = feed,
          .url = url,
          .heartbeat_every = seconds(20),
          .request = request,
          .reply = reply,
          .resync_request = resync_request,
          .resync_reply = resync_reply,
          .book = book,
          .trades = trades,
          .bbo = bbo,
          .ping = ping,
          .heartbeat = heartbeat};
}

}  // namespace

const Protocol bybit = row("bybit-spot", "wss://stream.bybit.com/v5/public/spot");
const Protocol bybit_linear = row("bybit-linear", "wss://stream.bybit.com/v5/public/linear");

}  // namespace crossbook::market
