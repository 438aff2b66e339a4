// SPDX-License-Identifier: Apache-2.0
// Coinbase Advanced Trade (docs/venues/coinbase.md). One counter over all frames of a connection:
// {"channel":"l2_data","timestamp":"2026-01-01T00:00:00.506659391Z","sequence_num":15,"events":[{"type":"update",
//  "product_id":"BTC-USDT","updates":[{"side":"offer","event_time":"2026-01-01T00:00:00.264069Z",
//  "price_level":"65106.54","new_quantity":"0.15361938"}]}]}
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view channels[] = {"market_trades", "ticker", "level2", "heartbeats"};

void append_head(std::string& out, std::string_view channel, const Stamp& stamp) {
  out += R"({"channel":")";
  out += channel;
  out += R"(","timestamp":")";
  append_rfc3339(out, stamp.at, 9);
  out += R"(","sequence_num":)";
  append_integer(out, stamp.connection_sequence);
  out += R"(,"events":[{)";
}

void append_products(std::string& out, const VenueOptions& venue) {
  out.push_back('[');
  for (const ListingOptions& listing : venue.listings) {
    if (&listing != venue.listings.data()) out.push_back(',');
    out.push_back('"');
    out += listing.raw_symbol;
    out.push_back('"');
  }
  out.push_back(']');
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i >= std::size(channels)) return false;
  out += R"({"type":"subscribe","product_ids":)";
  append_products(out, venue);
  out += R"(,"channel":")";
  out += channels[i];
  out += "\"}";
  return true;
}

// Each answer lists all that is subscribed so far.
bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp& stamp) {
  if (i >= std::size(channels)) return false;
  append_head(out, "subscriptions", stamp);
  out += R"("subscriptions":{)";
  for (std::size_t c = 0; c <= i; ++c) {
    if (c > 0) out.push_back(',');
    out.push_back('"');
    out += channels[c];
    out += "\":";
    append_products(out, venue);
  }
  out += "}}]}";
  return true;
}

void append_updates(std::string& out, const BookFrame& frame, std::string_view side, std::span<const Level> levels) {
  for (const Level& level : levels) {
    if (out.back() != '[') out.push_back(',');
    out += R"({"side":")";
    out += side;
    out += R"(","event_time":")";
    append_rfc3339(out, frame.stamp.at, 6);
    out += R"(","price_level":")";
    append_trimmed(out, level.price.count(), frame.listing.price_scale);
    out += R"(","new_quantity":")";
    append_trimmed(out, level.quantity.count(), frame.listing.quantity_scale);
    out += "\"}";
  }
}

void book(std::string& out, const BookFrame& frame) {
  append_head(out, "l2_data", frame.stamp);
  out += frame.snapshot ? R"("type":"snapshot","product_id":")" : R"("type":"update","product_id":")";
  out += frame.listing.raw_symbol;
  out += R"(","updates":[)";
  append_updates(out, frame, "bid", frame.bids);
  append_updates(out, frame, "offer", frame.asks);
  out += "]}]}";
}

void trades(std::string& out, const TradeFrame& frame) {
  append_head(out, "market_trades", frame.stamp);
  out += R"("type":"update","trades":[)";
  for (const Print& print : frame.prints) {
    if (&print != frame.prints.data()) out.push_back(',');
    out += R"({"product_id":")";
    out += frame.listing.raw_symbol;
    out += R"(","trade_id":")";
    append_integer(out, print.id);
    out += R"(","price":")";
    append_trimmed(out, print.price.count(), frame.listing.price_scale);
    out += R"(","size":")";
    append_trimmed(out, print.quantity.count(), frame.listing.quantity_scale);
    out += R"(","time":")";
    append_rfc3339(out, frame.stamp.at, 6);
    // The maker's side.
    out += print.taker == Side::bid ? R"(","side":"SELL"})" : R"(","side":"BUY"})";
  }
  out += "]}]}";
}

// Only the best bid and ask are true; the rest repeats the mid.
void bbo(std::string& out, const BboFrame& frame) {
  const ListingOptions& listing = frame.listing;
  append_head(out, "ticker", frame.stamp);
  out += R"("type":"update","tickers":[{"type":"ticker","product_id":")";
  out += listing.raw_symbol;
  const auto append = [&](std::string_view name, std::int64_t count, int scale) {
    out += name;
    append_trimmed(out, count, scale);
  };
  const std::int64_t mid = (frame.bid.price.count() + frame.ask.price.count()) / 2;
  append(R"(","price":")", mid, listing.price_scale);
  constexpr std::string_view extremes[] = {R"(","low_24_h":")", R"(","high_24_h":")", R"(","low_52_w":")",
                                           R"(","high_52_w":")"};
  for (const std::string_view name : extremes) append(name, mid, listing.price_scale);
  out += R"(","volume_24_h":"1000","price_percent_chg_24_h":"0)";
  append(R"(","best_bid":")", frame.bid.price.count(), listing.price_scale);
  append(R"(","best_ask":")", frame.ask.price.count(), listing.price_scale);
  append(R"(","best_bid_quantity":")", frame.bid.quantity.count(), listing.quantity_scale);
  append(R"(","best_ask_quantity":")", frame.ask.quantity.count(), listing.quantity_scale);
  out += R"("}]}]})";
}

void heartbeat(std::string& out, const Stamp& stamp, std::int64_t n) {
  append_head(out, "heartbeats", stamp);
  out += R"("current_time":")";
  append_rfc3339(out, stamp.at, 9, ' ');
  out += R"( +0000 UTC m=+)";
  append_integer(out, n);
  out += R"(.000000001","heartbeat_counter":)";
  append_integer(out, n);
  out += "}]}";
}

}  // namespace

const Protocol coinbase{.feed = "coinbase",
                        .url = "wss://advanced-trade-ws.coinbase.com",
                        .counts_connection = true,
                        .heartbeat_every = seconds(1),
                        .request = request,
                        .reply = reply,
                        .book = book,
                        .trades = trades,
                        .bbo = bbo,
                        .bbo_on_match = true,
                        .heartbeat = heartbeat};

}  // namespace crossbook::market
