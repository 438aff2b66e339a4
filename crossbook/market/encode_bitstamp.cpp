// SPDX-License-Identifier: Apache-2.0
// Bitstamp v2 (docs/venues/bitstamp.md): diffs bridged onto a REST snapshot by time, or with VenueOptions::whole_books
// the best 100 levels with every frame.
// {"data":{"timestamp":"1789456316","microtimestamp":"1789456316507635","bids":[["77035.00","2.45710000"]],
//  "asks":[["77409.00","0.00000000"]]},"channel":"diff_order_book_btcusdt","event":"data"}
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

std::string_view book_channel(const VenueOptions& venue) {
  return venue.whole_books ? "order_book_" : "diff_order_book_";
}
constexpr std::string_view trade_channel = "live_trades_";

// Books first, then trades; one channel a message.
bool append_channel(std::string& out, const VenueOptions& venue, std::size_t i) {
  const std::size_t listings = venue.listings.size();
  if (i >= 2 * listings) return false;
  out += i < listings ? book_channel(venue) : trade_channel;
  out += venue.listings[i % listings].raw_symbol;
  return true;
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  out += R"({"event":"bts:subscribe","data":{"channel":")";
  if (!append_channel(out, venue, i)) return false;
  out += "\"}}";
  return true;
}

bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp&) {
  out += R"({"event":"bts:subscription_succeeded","channel":")";
  if (!append_channel(out, venue, i)) return false;
  out += R"(","data":{}})";
  return true;
}

void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    out += "[\"";
    append_decimal(out, level.price.count(), listing.price_scale, listing.price_scale);
    out += "\",\"";
    append_decimal(out, level.quantity.count(), listing.quantity_scale, listing.quantity_scale);
    out += "\"]";
  }
  out.push_back(']');
}

void append_times(std::string& out, Wall at) {
  out += R"("timestamp":")";
  append_integer(out, at.nanos() / 1'000'000'000);
  out += R"(","microtimestamp":")";
  append_integer(out, microseconds_of(at));
  out.push_back('"');
}

void append_body(std::string& out, const BookFrame& frame) {
  out.push_back('{');
  append_times(out, frame.stamp.at);
  out += R"(,"bids":)";
  append_levels(out, frame.listing, frame.bids);
  out += R"(,"asks":)";
  append_levels(out, frame.listing, frame.asks);
  out.push_back('}');
}

void book(std::string& out, const BookFrame& frame) {
  out += R"({"data":)";
  append_body(out, frame);
  out += R"(,"channel":")";
  out += book_channel(frame.venue);
  out += frame.listing.raw_symbol;
  out += R"(","event":"data"})";
}

void trades(std::string& out, const TradeFrame& frame) {
  const Print& print = frame.prints.front();
  const auto append_twice = [&](std::string_view number, std::string_view text, std::int64_t count, int scale) {
    out += number;
    append_trimmed(out, count, scale);
    out += text;
    append_decimal(out, count, scale, scale);
    out.push_back('"');
  };
  out += R"({"data":{"id":)";
  append_integer(out, print.id);
  out += R"(,"id_str":")";
  append_integer(out, print.id);
  out += R"(",)";
  append_times(out, frame.stamp.at);
  append_twice(R"(,"amount":)", R"(,"amount_str":")", print.quantity.count(), frame.listing.quantity_scale);
  append_twice(R"(,"price":)", R"(,"price_str":")", print.price.count(), frame.listing.price_scale);
  out += print.taker == Side::bid ? R"(,"type":0},"channel":")" : R"(,"type":1},"channel":")";
  out += trade_channel;
  out += frame.listing.raw_symbol;
  out += R"(","event":"trade"})";
}

void rest_url(std::string& out, const ListingOptions& listing) {
  out += "https://www.bitstamp.net/api/v2/order_book/";
  out += listing.raw_symbol;
  out += "/?group=1";
}

}  // namespace

const Protocol bitstamp{.feed = "bitstamp",
                        .url = "wss://ws.bitstamp.net",
                        .rest = true,
                        .one_print_a_frame = true,
                        .shows_loss = false,
                        .request = request,
                        .reply = reply,
                        .book = book,
                        .trades = trades,
                        .rest_url = rest_url,
                        .rest_body = append_body};

}  // namespace crossbook::market
