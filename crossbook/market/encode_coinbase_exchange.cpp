// SPDX-License-Identifier: Apache-2.0
// Coinbase Exchange (docs/venues/coinbase.md). Nothing numbers the changes of a book:
// {"type":"l2update","product_id":"BTC-USDT","changes":[["buy","22356.27","0"]],"time":"2022-08-04T15:25:05.010758Z"}
#include <array>

#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::array<std::string_view, 4> channels{"level2_batch", "matches", "ticker", "heartbeat"};

void append_products(std::string& out, const VenueOptions& venue) {
  out += R"("product_ids":[)";
  for (const ListingOptions& listing : venue.listings) {
    if (out.back() == '"') out.push_back(',');
    out += "\"" + listing.raw_symbol + "\"";
  }
  out.push_back(']');
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i > 0) return false;
  out += R"({"type":"subscribe",)";
  append_products(out, venue);
  out += R"(,"channels":[)";
  for (const std::string_view channel : channels) {
    if (out.back() == '"') out.push_back(',');
    out.push_back('"');
    out += channel;
    out.push_back('"');
  }
  out += "]}";
  return true;
}

bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp&) {
  if (i > 0) return false;
  out += R"({"type":"subscriptions","channels":[)";
  for (const std::string_view name : {"level2_50", "matches", "ticker", "heartbeat"}) {
    if (out.back() == '}') out.push_back(',');
    out += R"({"name":")";
    out += name;
    out += R"(",)";
    append_products(out, venue);
    out += R"(,"account_ids":null})";
  }
  out += "]}";
  return true;
}

bool resync_request(std::string& out, const VenueOptions&, const ListingOptions& listing, std::size_t i) {
  if (i > 1) return false;
  out += i == 0 ? R"({"type":"unsubscribe","product_ids":[")" : R"({"type":"subscribe","product_ids":[")";
  out += listing.raw_symbol;
  out += R"("],"channels":["level2_batch"]})";
  return true;
}

bool resync_reply(std::string& out, const VenueOptions& venue, const ListingOptions&, std::size_t i,
                  const Stamp& stamp) {
  return i < 2 && reply(out, venue, 0, stamp);
}

void append_time(std::string& out, Wall at) {
  out += R"(,"time":")";
  append_rfc3339(out, at, 6);
  out.push_back('"');
}

void append_pair(std::string& out, const ListingOptions& listing, const Level& level) {
  out.push_back('"');
  append_trimmed(out, level.price.count(), listing.price_scale);
  out += "\",\"";
  append_trimmed(out, level.quantity.count(), listing.quantity_scale);
  out += "\"]";
}

void append_rows(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out.push_back('[');
    append_pair(out, listing, level);
  }
  out.push_back(']');
}

void append_changes(std::string& out, const BookFrame& frame, std::string_view head, std::span<const Level> levels) {
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += head;
    append_pair(out, frame.listing, level);
  }
}

void book(std::string& out, const BookFrame& frame) {
  out += frame.snapshot ? R"({"type":"snapshot","product_id":")" : R"({"type":"l2update","product_id":")";
  out += frame.listing.raw_symbol;
  if (frame.snapshot) {
    out += R"(","asks":)";
    append_rows(out, frame.listing, frame.asks);
    out += R"(,"bids":)";
    append_rows(out, frame.listing, frame.bids);
  } else {
    out += R"(","changes":[)";
    append_changes(out, frame, R"(["buy",)", frame.bids);
    append_changes(out, frame, R"(["sell",)", frame.asks);
    out.push_back(']');
  }
  append_time(out, frame.stamp.at);
  out.push_back('}');
}

void trades(std::string& out, const TradeFrame& frame) {
  const Print& print = frame.prints.front();
  out += R"({"type":"match","trade_id":)";
  append_integer(out, print.id);
  out += R"(,"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8",)"
         R"("taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","side":)";
  out += print.taker == Side::bid ? R"("sell","size":")" : R"("buy","size":")";  // the maker's
  append_trimmed(out, print.quantity.count(), frame.listing.quantity_scale);
  out += R"(","price":")";
  append_trimmed(out, print.price.count(), frame.listing.price_scale);
  out += R"(","product_id":")" + frame.listing.raw_symbol + R"(","sequence":)";
  append_integer(out, 10 * print.id);
  append_time(out, frame.stamp.at);
  out.push_back('}');
}

// Only the best bid and ask are true; the rest repeats the bid.
void bbo(std::string& out, const BboFrame& frame) {
  const auto append = [&](std::string_view name, std::int64_t count, int scale) {
    out += name;
    append_trimmed(out, count, scale);
  };
  const ListingOptions& listing = frame.listing;
  out += R"({"type":"ticker","sequence":)";
  append_integer(out, frame.last);
  out += R"(,"product_id":")" + listing.raw_symbol;
  for (const std::string_view name : {R"(","price":")", R"(","open_24h":")", R"(","low_24h":")", R"(","high_24h":")"})
    append(name, frame.bid.price.count(), listing.price_scale);
  append(R"(","volume_24h":"1000","volume_30d":"30000","best_bid":")", frame.bid.price.count(), listing.price_scale);
  append(R"(","best_bid_size":")", frame.bid.quantity.count(), listing.quantity_scale);
  append(R"(","best_ask":")", frame.ask.price.count(), listing.price_scale);
  append(R"(","best_ask_size":")", frame.ask.quantity.count(), listing.quantity_scale);
  out += R"(","side":"buy")";
  append_time(out, frame.stamp.at);
  out += R"(,"trade_id":)";
  append_integer(out, frame.number);
  append(R"(,"last_size":")", frame.bid.quantity.count(), listing.quantity_scale);
  out += "\"}";
}

void heartbeat(std::string&, const Stamp&, std::int64_t) {}  // names a product: the server's part writes it

}  // namespace

const Protocol coinbase_exchange{.feed = "coinbase-exchange",
                                 .url = "wss://ws-feed.exchange.coinbase.com",
                                 .one_print_a_frame = true,
                                 .shows_loss = false,
                                 .heartbeat_every = seconds(1),
                                 .request = request,
                                 .reply = reply,
                                 .resync_request = resync_request,
                                 .resync_reply = resync_reply,
                                 .book = book,
                                 .trades = trades,
                                 .bbo = bbo,
                                 .bbo_on_match = true,
                                 .heartbeat = heartbeat};

}  // namespace crossbook::market
