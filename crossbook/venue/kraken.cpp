// SPDX-License-Identifier: Apache-2.0
//
// Kraken spot, WebSocket v2 (docs.kraken.com, "Book (Level 2)", "Trade", "Ticker (Level 1)"; read 2026-06). No sequence
// numbers: a checksum with every book message proves the best ten levels. Numbers are JSON numbers, read as text.
//   {"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,"qty":1098.3947558}],
//    "asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}
#include <algorithm>
#include <array>

#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/fields.hpp"
#include "crossbook/venue/instrument_lists.hpp"
#include "crossbook/venue/kraken_book.hpp"
#include "crossbook/venue/scan_cursor.hpp"

namespace crossbook::venue {
namespace {

constexpr std::uint32_t depth_default = 10;
constexpr std::array<std::uint32_t, 5> depths{10, 25, 100, 500, 1000};

// The smallest depth on offer that holds so many levels.
std::uint32_t depth_that_holds(std::size_t levels) {
  for (const std::uint32_t depth : depths)
    if (levels <= depth) return depth;
  return depths.back();
}

std::vector<Subscription>::iterator position(Connection& connection, ListingId id) {
  return std::ranges::lower_bound(connection.subscriptions, id, {}, &Subscription::listing);
}

// Subscriptions are kept sorted by listing.
void remember_depth(Connection& connection, ListingId id, std::uint32_t depth) {
  const auto at = position(connection, id);
  if (at != connection.subscriptions.end() && at->listing == id) {
    at->depth = depth;
  } else {
    connection.subscriptions.insert(at, {.listing = id, .depth = depth});
  }
}

// What was subscribed, else what was asked for on this connection, else 0.
std::uint32_t known_depth(Connection& connection, ListingId id) {
  const auto at = position(connection, id);
  if (at != connection.subscriptions.end() && at->listing == id) return at->depth;
  return connection.depth;
}

// The depth to truncate to. A snapshot that shows more levels than that, or that came before any answer, teaches it.
std::uint32_t depth_of(Context& context, const BookEvent& event) {
  if (context.connection == nullptr) return 0;
  const std::uint32_t depth = known_depth(*context.connection, event.listing);
  if (event.kind == BookEventKind::delta) return depth;
  const std::size_t levels = std::max(event.bids.size(), event.asks.size());
  if (depth >= levels && depth != 0) return depth;
  const std::uint32_t shown = depth_that_holds(levels);
  remember_depth(*context.connection, event.listing, shown);
  return shown;
}

Result<void> append_side(Context& context, Listing& listing, Side side, ondemand::array rows, BookEvent& event,
                         EventBatch& batch) {
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_object(), "a level");
    CROSSBOOK_NUMBER(price, row, "price");
    CROSSBOOK_NUMBER(quantity, row, "qty");
    CROSSBOOK_CHECKED(kraken_book::append(context, listing, side, price, quantity, event, batch));
  }
  return {};
}

Result<Listing*> read_subject(Context& context, ondemand::object& entry) {
  CROSSBOOK_TEXT(symbol, entry, "symbol");
  return context.subject(symbol);
}

Result<std::optional<Wall>> read_stamp(ondemand::object& entry) {
  CROSSBOOK_TRY(text, optional_string(entry, "timestamp"));
  if (!text) return std::optional<Wall>();
  CROSSBOOK_TRY(stamp, read_rfc3339(*text));
  return std::optional(stamp);
}

Result<std::optional<std::uint32_t>> read_checksum(ondemand::object& entry) {
  auto found = entry.find_field_unordered("checksum");
  if (absent(found)) return std::optional<std::uint32_t>();
  CROSSBOOK_JSON(number, found.get_uint64(), "a checksum");
  if (number > 0xFFFFFFFF) return failure(Errc::malformed, "a checksum of 32 bits");
  return std::optional(static_cast<std::uint32_t>(number));
}

Result<void> decode_book(Context& context, ondemand::object& entry, bool snapshot, EventBatch& batch) {
  CROSSBOOK_TRY(listing, read_subject(context, entry));
  if (listing == nullptr) return {};
  BookEvent event;
  event.kind = snapshot ? BookEventKind::snapshot : BookEventKind::delta;
  event.listing = listing->id;
  event.bids.begin = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.begin = static_cast<std::uint32_t>(batch.asks.size());
  CROSSBOOK_JSON(bids, entry.find_field_unordered("bids").get_array(), "bids");
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::bid, bids, event, batch));
  CROSSBOOK_JSON(asks, entry.find_field_unordered("asks").get_array(), "asks");
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::ask, asks, event, batch));
  event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  CROSSBOOK_TRY(checksum, read_checksum(entry));
  event.checksum = checksum;
  CROSSBOOK_TRY(stamp, read_stamp(entry));
  event.ts_event = stamp;
  event.depth = depth_of(context, event);
  batch.books.push_back(event);
  return {};
}

Result<void> decode_trade(Context& context, ondemand::object& entry, bool snapshot, EventBatch& batch) {
  CROSSBOOK_TRY(listing, read_subject(context, entry));
  if (listing == nullptr) return {};
  Trade trade;
  trade.listing = listing->id;
  trade.history = snapshot;
  CROSSBOOK_TEXT(side, entry, "side");
  if (side != "buy" && side != "sell") return failure(Errc::malformed, "buy or sell");
  trade.taker = side == "buy" ? Side::bid : Side::ask;
  CROSSBOOK_NUMBER(price_text, entry, "price");
  CROSSBOOK_TRY(price, read_price(context, *listing, price_text));
  trade.price = price;
  CROSSBOOK_NUMBER(quantity_text, entry, "qty");
  CROSSBOOK_TRY(quantity, read_trade_quantity(context, *listing, quantity_text));
  trade.quantity = quantity;
  CROSSBOOK_TRY(stamp, read_stamp(entry));
  trade.ts_event = stamp;
  batch.trades.push_back(trade);
  return {};
}

Result<void> decode_ticker(Context& context, ondemand::object& entry, bool, EventBatch& batch) {
  CROSSBOOK_TRY(listing, read_subject(context, entry));
  if (listing == nullptr) return {};
  Bbo bbo;
  bbo.listing = listing->id;
  CROSSBOOK_NUMBER(bid, entry, "bid");
  CROSSBOOK_NUMBER(bid_quantity, entry, "bid_qty");
  CROSSBOOK_TRY(best_bid, read_best(context, *listing, bid, bid_quantity));
  bbo.bid = best_bid;
  CROSSBOOK_NUMBER(ask, entry, "ask");
  CROSSBOOK_NUMBER(ask_quantity, entry, "ask_qty");
  CROSSBOOK_TRY(best_ask, read_best(context, *listing, ask, ask_quantity));
  bbo.ask = best_ask;
  CROSSBOOK_TRY(stamp, read_stamp(entry));
  bbo.ts_event = stamp;
  batch.bbos.push_back(bbo);
  return {};
}

using DecodeEntry = Result<void> (*)(Context&, ondemand::object&, bool snapshot, EventBatch&);

Result<void> decode_entries(Context& context, ondemand::object& root, EventBatch& batch, DecodeEntry decode_entry) {
  batch.kind = FrameKind::events;
  CROSSBOOK_TEXT(type, root, "type");
  if (type != "snapshot" && type != "update") return failure(Errc::malformed, "snapshot or update");
  CROSSBOOK_JSON(data, root.find_field_unordered("data").get_array(), "data");
  for (auto entry_result : data) {
    CROSSBOOK_JSON(entry, entry_result.get_object(), "an entry of data");
    CROSSBOOK_CHECKED(decode_entry(context, entry, type == "snapshot", batch));
  }
  return {};
}

// {"method":"subscribe","result":{"channel":"book","depth":10,"symbol":"BTC/USD"},"success":true}
Result<void> decode_result(Context& context, ondemand::object& root, EventBatch& batch) {
  auto found = root.find_field_unordered("result");
  if (absent(found)) return {};
  CROSSBOOK_JSON(result, found.get_object(), "result");
  CROSSBOOK_TRY(symbol, optional_string(result, "symbol"));
  CROSSBOOK_TRY(channel, optional_string(result, "channel"));
  if (!symbol || !channel) return {};
  Listing* const listing = context.listing(*symbol);
  if (listing == nullptr) return {};
  batch.subject = listing->id;
  auto depth_field = result.find_field_unordered("depth");
  if (*channel != "book" || absent(depth_field)) return {};
  CROSSBOOK_JSON(depth, depth_field.get_uint64(), "a depth");
  if (context.connection != nullptr)
    remember_depth(*context.connection, listing->id, static_cast<std::uint32_t>(std::min<std::uint64_t>(depth, 1000)));
  return {};
}

// {"error":"Currency pair not supported X/Y","method":"subscribe","success":false,"symbol":"X/Y"}
Result<void> decode_refusal(Context& context, ondemand::object& root, EventBatch& batch) {
  batch.kind = FrameKind::error;
  CROSSBOOK_TRY(symbol, optional_string(root, "symbol"));
  if (!symbol) return {};
  if (const Listing* known = context.listings.find(context.feed, *symbol)) batch.subject = known->id;
  return {};
}

Result<void> decode_answer(Context& context, ondemand::object& root, EventBatch& batch) {
  CROSSBOOK_TRY(refusal, optional_string(root, "error"));
  if (refusal) return decode_refusal(context, root, batch);
  CROSSBOOK_TRY(method, optional_string(root, "method"));
  if (!method) return {};
  batch.kind = FrameKind::ack;
  return decode_result(context, root, batch);
}

Result<void> decode_root(Context& context, ondemand::object& root, EventBatch& batch) {
  CROSSBOOK_TRY(channel, optional_string(root, "channel"));
  if (!channel) return decode_answer(context, root, batch);
  if (*channel == "book") return decode_entries(context, root, batch, decode_book);
  if (*channel == "trade") return decode_entries(context, root, batch, decode_trade);
  if (*channel == "ticker") return decode_entries(context, root, batch, decode_ticker);
  if (*channel == "heartbeat") batch.kind = FrameKind::heartbeat;
  if (*channel == "status" || *channel == "instrument" || *channel == "ohlc") batch.kind = FrameKind::status;
  return {};
}

bool scan_side(Context& context, Listing& listing, Side side, ScanCursor& at, BookEvent& event, EventBatch& batch) {
  if (at.take("]")) return true;
  for (;;) {
    std::string_view price;
    std::string_view quantity;
    if (!at.take("{\"price\":") || !at.take_decimal(price) || !at.take(",\"qty\":") || !at.take_decimal(quantity) ||
        !at.take("}") || !kraken_book::append(context, listing, side, price, quantity, event, batch))
      return false;
    if (at.take("]")) return true;
    if (!at.take(",")) return false;
  }
}

// The update of one book exactly as Kraken writes it, in one pass. False at the first surprise: simdjson then reads the
// frame from its start and decides what it is.
bool scan_update(Context& context, std::string_view bytes, EventBatch& batch) {
  ScanCursor at(bytes);
  std::string_view symbol;
  if (!at.take("{\"channel\":\"book\",\"type\":\"update\",\"data\":") || !at.take("[{\"symbol\":\"") ||
      !at.take_text(symbol))
    return false;
  Listing* const listing = context.listings.find(context.feed, symbol);
  if (listing == nullptr) return false;
  BookEvent event;
  event.listing = listing->id;
  std::int64_t checksum = 0;
  std::string_view timestamp;
  if (!at.take(",\"bids\":[") || !scan_side(context, *listing, Side::bid, at, event, batch) ||
      !at.take(",\"asks\":[") || !scan_side(context, *listing, Side::ask, at, event, batch) ||
      !at.take(",\"checksum\":") || !at.take_number(checksum) || checksum > 0xFFFFFFFF ||
      !at.take(",\"timestamp\":\"") || !at.take_text(timestamp) || !at.take("}]}") || !at.at_end())
    return false;
  const auto stamp = read_rfc3339(timestamp);
  if (!stamp) return false;
  event.ts_event = *stamp;
  event.checksum = static_cast<std::uint32_t>(checksum);
  event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  event.depth = depth_of(context, event);
  batch.kind = FrameKind::events;
  batch.books.push_back(event);
  context.named = listing->id;
  return true;
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_update(context, bytes, batch)) [[likely]]
    return fits(context);
  batch.clear();
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_CHECKED(decode_root(context, root, batch));
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

Result<void> learn_depth(Context& context, std::string_view bytes) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_TEXT(method, root, "method");
  if (method != "subscribe") return {};
  CROSSBOOK_JSON(params, root.find_field_unordered("params").get_object(), "params");
  CROSSBOOK_TEXT(channel, params, "channel");
  if (channel != "book") return {};
  auto depth_field = params.find_field_unordered("depth");
  std::uint64_t depth = depth_default;
  if (!absent(depth_field) && depth_field.get_uint64().get(depth) != simdjson::SUCCESS)
    return failure(Errc::malformed, "a depth");
  context.connection->depth = static_cast<std::uint32_t>(std::min<std::uint64_t>(depth, 1000));
  return {};
}

// {"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":10,"snapshot":true}}
void decode_sent(Context& context, std::string_view bytes) {
  if (context.connection == nullptr) return;
  const Result<void> learnt = learn_depth(context, bytes);
  static_cast<void>(learnt);  // what we sent and cannot read teaches nothing
}

}  // namespace

constinit const Feed kraken{.name = "kraken",
                            .venue = "kraken",
                            .url = "wss://ws.kraken.com/v2",
                            .rule = SequenceRule::checksum_only,
                            .snapshot = SnapshotSource::stream,
                            .silence_max = seconds(10),  // heartbeats come every second
                            .decode = decode,
                            .decode_http = decode_kraken_pairs,
                            .decode_sent = decode_sent,
                            .checksum = kraken_book::checksum,
                            .checksum_levels = kraken_book::checksum_levels,
                            .describe = kraken_book::describe,
                            .detects = "lost, altered and reordered changes within the best ten levels, at once",
                            .misses = "a change below the best ten levels, until it comes within them"};

}  // namespace crossbook::venue
