// SPDX-License-Identifier: Apache-2.0
// OKX v5 (docs/venues/okx.md). The checksum is 0 since its retirement; with VenueOptions::okx_checksums it is live and
// the sequence ids are absent, as in 2022:
// {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8476.98","415","0","13"]],
//  "bids":[],"ts":"1597026383085","checksum":0,"prevSeqId":123456,"seqId":123457}]}
#include <bit>

#include "crossbook/core/crc32.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/text.hpp"

namespace crossbook::market {
namespace {

constexpr std::string_view channels[] = {"books", "trades", "bbo-tbt"};
constexpr std::size_t checksum_levels = 25;

void append_arg(std::string& out, std::string_view channel, const ListingOptions& listing) {
  out += R"({"channel":")";
  out += channel;
  out += R"(","instId":")";
  out += listing.raw_symbol;
  out += "\"}";
}

void append_ack(std::string& out, std::string_view event, std::string_view channel, const ListingOptions& listing) {
  out += R"({"event":")";
  out += event;
  out += R"(","arg":)";
  append_arg(out, channel, listing);
  out += R"(,"connId":"accb8e21"})";
}

bool request(std::string& out, const VenueOptions& venue, std::size_t i) {
  if (i > 0) return false;
  out += R"({"op":"subscribe","args":[)";
  for (const std::string_view channel : channels)
    for (const ListingOptions& listing : venue.listings) {
      if (out.back() != '[') out.push_back(',');
      append_arg(out, channel, listing);
    }
  out += "]}";
  return true;
}

bool reply(std::string& out, const VenueOptions& venue, std::size_t i, const Stamp&) {
  const std::size_t channel = i / venue.listings.size();
  if (channel >= std::size(channels)) return false;
  append_ack(out, "subscribe", channels[channel], venue.listings[i % venue.listings.size()]);
  return true;
}

bool resync_request(std::string& out, const VenueOptions&, const ListingOptions& listing, std::size_t i) {
  if (i > 1) return false;
  out += i == 0 ? R"({"op":"unsubscribe","args":[)" : R"({"op":"subscribe","args":[)";
  append_arg(out, channels[0], listing);
  out += "]}";
  return true;
}

bool resync_reply(std::string& out, const VenueOptions&, const ListingOptions& listing, std::size_t i, const Stamp&) {
  if (i > 1) return false;
  append_ack(out, i == 0 ? "unsubscribe" : "subscribe", channels[0], listing);
  return true;
}

void append_level(std::string& out, const ListingOptions& listing, const Level& level) {
  out += "[\"";
  append_trimmed(out, level.price.count(), listing.price_scale);
  out += "\",\"";
  append_trimmed(out, level.quantity.count(), listing.quantity_scale);
  out += level.quantity.count() == 0 ? R"(","0","0"])" : R"(","0","1"])";
}

void append_levels(std::string& out, const ListingOptions& listing, std::span<const Level> levels) {
  out.push_back('[');
  for (const Level& level : levels) {
    if (&level != levels.data()) out.push_back(',');
    append_level(out, listing, level);
  }
  out.push_back(']');
}

// Best 25 of both sides in turn as bid price, bid size, ask price, ask size, joined by colons; missing levels are
// skipped. Sent as a signed number. The text is written behind the frame and taken away again.
std::int32_t checksum(const BookFrame& frame, std::string& out) {
  const std::size_t size = out.size();
  const auto add = [&](std::span<const Level> levels, std::size_t i) {
    if (i >= levels.size()) return;
    if (out.size() > size) out.push_back(':');
    append_trimmed(out, levels[i].price.count(), frame.listing.price_scale);
    out.push_back(':');
    append_trimmed(out, levels[i].quantity.count(), frame.listing.quantity_scale);
  };
  for (std::size_t i = 0; i < checksum_levels; ++i) {
    add(frame.book_bids, i);
    add(frame.book_asks, i);
  }
  const std::uint32_t crc = Crc32().update(std::string_view(out).substr(size)).value();
  out.resize(size);
  return std::bit_cast<std::int32_t>(crc);
}

void append_proof(std::string& out, const BookFrame& frame) {
  if (frame.venue.okx_checksums) {
    append_integer(out, checksum(frame, out));
    return;
  }
  out += R"(0,"prevSeqId":)";
  append_integer(out, frame.snapshot ? -1 : frame.previous);
  out += R"(,"seqId":)";
  append_integer(out, frame.last);
}

void book(std::string& out, const BookFrame& frame) {
  out += R"({"arg":)";
  append_arg(out, channels[0], frame.listing);
  out += frame.snapshot ? R"(,"action":"snapshot","data":[{"asks":)" : R"(,"action":"update","data":[{"asks":)";
  append_levels(out, frame.listing, frame.asks);
  out += R"(,"bids":)";
  append_levels(out, frame.listing, frame.bids);
  out += R"(,"ts":")";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(","checksum":)";
  append_proof(out, frame);
  out += "}]}";
}

void trades(std::string& out, const TradeFrame& frame) {
  out += R"({"arg":)";
  append_arg(out, channels[1], frame.listing);
  out += R"(,"data":[)";
  for (const Print& print : frame.prints) {
    if (&print != frame.prints.data()) out.push_back(',');
    out += R"({"instId":")";
    out += frame.listing.raw_symbol;
    out += R"(","tradeId":")";
    append_integer(out, print.id);
    out += R"(","px":")";
    append_trimmed(out, print.price.count(), frame.listing.price_scale);
    out += R"(","sz":")";
    append_trimmed(out, print.quantity.count(), frame.listing.quantity_scale);
    out += print.taker == Side::bid ? R"(","side":"buy","ts":")" : R"(","side":"sell","ts":")";
    append_integer(out, milliseconds_of(frame.stamp.at));
    out += R"(","count":"1"})";
  }
  out += "]}";
}

void bbo(std::string& out, const BboFrame& frame) {
  out += R"({"arg":)";
  append_arg(out, channels[2], frame.listing);
  out += R"(,"data":[{"asks":[)";
  append_level(out, frame.listing, frame.ask);
  out += R"(],"bids":[)";
  append_level(out, frame.listing, frame.bid);
  out += R"(],"ts":")";
  append_integer(out, milliseconds_of(frame.stamp.at));
  out += R"(","seqId":)";
  append_integer(out, frame.last);
  out += "}]}";
}

}  // namespace

const Protocol okx{.feed = "okx",
                   .url = "wss://ws.okx.com:8443/ws/v5/public",
                   .request = request,
                   .reply = reply,
                   .resync_request = resync_request,
                   .resync_reply = resync_reply,
                   .book = book,
                   .trades = trades,
                   .bbo = bbo};

}  // namespace crossbook::market
