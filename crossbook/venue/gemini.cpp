// SPDX-License-Identifier: Apache-2.0
//
// Gemini: two generations of market data, told apart by the shape of the message.
// Legacy wss://api.gemini.com/v2/marketdata (docs.gemini.com, "Market data v2"; recordings of 2021 and 2026):
//   {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","9122.04","0.5"],["sell","9122.07","0"]]}
// The subscription's first answer also has "trades" and "auction_events", empty or not; no later message of the
// recordings has them, so they mark the snapshot. A lost snapshot therefore never turns the next update into one.
// Nothing numbers the messages.
// New wss://ws.gemini.com?snapshot=-1 (docs.gemini.com, "WebSocket API", 2026):
//   {"e":"depthUpdate","E":1790000000123456789,"s":"btcusd","U":100,"u":108,"b":[["60000.00","0.5"]],"a":[]}
// The first message of a symbol with U == u is the whole book. Later ones overlap: U == last u is normal, U > last u +
// 1 is a gap. Stamps are nanoseconds. The rule of both is `range`: it allows the overlap, and a book whose snapshot had
// no number takes every update and stays unverifiable.
#include <algorithm>

#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

constexpr char kind_whole_book = 'B';  // Channel::kind: the new socket sent this listing's snapshot

void describe(Listing& listing) {
  std::string_view raw = listing.raw_symbol;
  const bool perpetual = raw.ends_with("PERP") || raw.ends_with("perp");
  if (perpetual) raw.remove_suffix(4);
  const auto pair = split_joined(raw);
  if (!pair) return;
  listing.instrument.symbol = unified(*pair);
  if (perpetual) listing.instrument.symbol += ":" + pair->quote;
}

// "block" and "auction" prints have no taker and are not events.
Result<void> append_legacy_print(Context& context, Listing& listing, ondemand::object& print, bool history,
                                 EventBatch& batch) {
  CROSSBOOK_TRY(stamp, optional_milliseconds(print, "timestamp"));
  CROSSBOOK_TRY(price, digits_field(print, "price", "price"));
  CROSSBOOK_TRY(quantity, digits_field(print, "quantity", "quantity"));
  CROSSBOOK_JSON(side, print.find_field_unordered("side").get_string(), "side");
  if (side != "buy" && side != "sell") return {};
  return append_trade(context, listing, {price, quantity, side == "buy" ? Side::bid : Side::ask, history, stamp},
                      batch);
}

Result<void> append_changes(Context& context, Listing& listing, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_JSON(changes, message.find_field_unordered("changes").get_array(), "changes");
  for (auto element : changes) {
    CROSSBOOK_JSON(row, element.get_array(), "a change");
    CROSSBOOK_TRY(cells, row_cells<3>(row, "a side, a price and a size"));
    CROSSBOOK_TRY(side, taker_side(cells[0]));
    CROSSBOOK_CHECKED(append_signed_level(context, listing, side, cells[1], cells[2], batch));
  }
  return {};
}

Result<void> decode_l2(Context& context, Listing& listing, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(auctions, optional_field(message, "auction_events"));
  bool first_answer = auctions.has_value();
  CROSSBOOK_TRY(trades, optional_field(message, "trades"));
  if (trades) {
    first_answer = true;
    CROSSBOOK_JSON(prints, trades->get_array(), "trades");
    for (auto element : prints) {
      CROSSBOOK_JSON(print, element.get_object(), "a trade");
      CROSSBOOK_CHECKED(append_legacy_print(context, listing, print, true, batch));
    }
    oldest_first(batch);
  }
  BookEvent event = begin_book(batch, listing, first_answer ? BookEventKind::snapshot : BookEventKind::delta);
  CROSSBOOK_CHECKED(append_changes(context, listing, message, batch));
  finish_book(batch, event);
  return {};
}

Result<void> decode_legacy(Context& context, std::string_view type, ondemand::object& message, EventBatch& batch) {
  if (type == "heartbeat") batch.kind = FrameKind::heartbeat;
  if (type == "subscription_ack") batch.kind = FrameKind::ack;
  if (type.find("candle") == 0 || type.find("auction") == 0 || type == "block_trade") batch.kind = FrameKind::status;
  if (type != "l2_updates" && type != "trade") return {};
  CROSSBOOK_JSON(symbol, message.find_field_unordered("symbol").get_string(), "symbol");
  Listing* const listing = context.subject(symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  if (type == "l2_updates") return decode_l2(context, *listing, message, batch);
  return append_legacy_print(context, *listing, message, false, batch);
}

Channel* snapshot_mark(Context& context, ListingId listing) {
  if (context.connection == nullptr) return nullptr;
  for (Channel& channel : context.connection->channels)
    if (channel.listing == listing) return &channel;
  return nullptr;
}

Result<std::optional<Wall>> read_nanos(ondemand::object& message) {
  CROSSBOOK_TRY(nanos, optional_integer(message, "E"));
  if (!nanos) return std::optional<Wall>();
  return std::optional(Wall(*nanos));
}

Result<void> read_depth(Context& context, Listing& listing, ondemand::object& message, BookEvent event,
                        EventBatch& batch) {
  CROSSBOOK_TRY(stamp, read_nanos(message));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_side(context, listing, Side::bid, message, "b", batch));
  CROSSBOOK_CHECKED(append_side(context, listing, Side::ask, message, "a", batch));
  finish_book(batch, event);
  return fits(context);
}

Result<void> decode_depth(Context& context, Listing& listing, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(first, integer_field(message, "U", "U"));
  CROSSBOOK_TRY(last, integer_field(message, "u", "u"));
  if (first > last) return failure(Errc::malformed, "U at or below u");
  const bool snapshot = first == last && snapshot_mark(context, listing.id) == nullptr;
  BookEvent event = begin_book(batch, listing, snapshot ? BookEventKind::snapshot : BookEventKind::delta);
  event.sequence.last = last;
  if (!snapshot) event.sequence.first = first;
  auto read = read_depth(context, listing, message, event, batch);
  // Not while the frame will be decoded again at another scale.
  const bool settled = read.has_value() || read.error().code == Errc::malformed;
  if (snapshot && settled && context.connection != nullptr)
    context.connection->channels.push_back({.kind = kind_whole_book, .listing = listing.id});
  return read;
}

Result<void> decode_print(Context& context, Listing& listing, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(stamp, read_nanos(message));
  CROSSBOOK_TRY(price, digits_field(message, "p", "p"));
  CROSSBOOK_TRY(quantity, digits_field(message, "q", "q"));
  CROSSBOOK_JSON(buyer_was_maker, message.find_field_unordered("m").get_bool(), "m");
  const Side taker = buyer_was_maker ? Side::ask : Side::bid;
  return append_trade(context, listing, {price, quantity, taker, false, stamp}, batch);
}

Result<void> decode_ticker(Context& context, Listing& listing, ondemand::object& message, EventBatch& batch) {
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(sequence, optional_integer(message, "u"));
  bbo.sequence = sequence;
  CROSSBOOK_TRY(stamp, read_nanos(message));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_touch(context, listing, message, "b", "B"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_touch(context, listing, message, "a", "A"));
  bbo.ask = ask;
  if (bid || ask) {
    batch.bbos.push_back(bbo);
  } else {
    batch.kind = FrameKind::status;  // a book without any order sends only u, E and s
  }
  return {};
}

Result<void> decode_answer(ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(status, optional_integer(message, "status"));
  if (status) batch.kind = *status == 200 ? FrameKind::ack : FrameKind::error;
  return {};
}

// The new socket: depth updates are named by "e", prints and tickers only by the fields that they have.
Result<void> decode_new(Context& context, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_TRY(event, optional_text(message, "e"));
  CROSSBOOK_TRY(symbol, optional_text(message, "s"));
  if (!symbol) return decode_answer(message, batch);
  if (event && *event != "depthUpdate") {
    batch.kind = *event == "contractStatus" ? FrameKind::status : FrameKind::unknown;
    return {};
  }
  Listing* const listing = context.subject(*symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  if (event) return decode_depth(context, *listing, message, batch);
  CROSSBOOK_TRY(price, optional_field(message, "p"));
  if (price) return decode_print(context, *listing, message, batch);
  CROSSBOOK_TRY(update, optional_field(message, "u"));
  if (update) return decode_ticker(context, *listing, message, batch);
  batch.kind = FrameKind::unknown;
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_TRY(type, optional_text(message, "type"));
  if (type) {
    CROSSBOOK_CHECKED(decode_legacy(context, *type, message, batch));
  } else {
    CROSSBOOK_CHECKED(decode_new(context, message, batch));
  }
  return fits(context);
}

// A symbol that is subscribed again starts with a snapshot again.
void decode_sent(Context& context, std::string_view bytes) {
  if (context.connection == nullptr || bytes.find("\"method\"") == std::string_view::npos) return;
  auto document = context.parser.iterate(bytes);
  std::string_view method;
  if (document.find_field_unordered("method").get_string().get(method) != simdjson::SUCCESS || method != "subscribe")
    return;
  ondemand::array streams;
  if (document.find_field_unordered("params").get_array().get(streams) != simdjson::SUCCESS) return;
  for (auto element : streams) {
    std::string_view stream;
    if (element.get_string().get(stream) != simdjson::SUCCESS) return;
    const Listing* const listing = context.listings.find(context.feed, before(stream, '@'));
    if (listing == nullptr) continue;
    std::erase_if(context.connection->channels, [&](const Channel& c) { return c.listing == listing->id; });
  }
}

// GET /v1/symbols/details/<symbol>: quote_increment is the tick and tick_size the lot, against intuition.
Result<void> decode_details(Context& context, ondemand::object& details) {
  CROSSBOOK_JSON(symbol, details.find_field_unordered("symbol").get_string(), "symbol");
  Listing* const listing = context.listings.find(context.feed, symbol);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(tick, digits_field(details, "quote_increment", "quote_increment"));
  listing->instrument.tick_size = std::string(tick);
  CROSSBOOK_TRY(lot, digits_field(details, "tick_size", "tick_size"));
  listing->instrument.lot_size = std::string(lot);
  CROSSBOOK_TRY(least, digits_field(details, "min_order_size", "min_order_size"));
  listing->instrument.min_quantity = std::string(least);
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  if (url.find("/v1/symbols/details/") != std::string_view::npos) {
    CROSSBOOK_TRY(details, whole_object(document));
    batch.kind = FrameKind::status;
    return decode_details(context, details);
  }
  if (url.find("/v1/symbols") == std::string_view::npos) return {};
  CROSSBOOK_TRY(names, whole_array(document));
  static_cast<void>(names);
  batch.kind = FrameKind::status;
  return {};
}

}  // namespace

constinit const Feed gemini{.name = "gemini",
                            .venue = "gemini",
                            .url = "wss://ws.gemini.com?snapshot=-1",
                            .rule = SequenceRule::range,
                            .silence_max = seconds(60),
                            .decode = decode,
                            .decode_http = decode_http,
                            .decode_sent = decode_sent,
                            .describe = describe,
                            .detects = "new socket: lost messages; legacy v2/marketdata: nothing",
                            .misses = "legacy v2/marketdata: lost, duplicated and reordered messages"};

}  // namespace crossbook::venue
