// SPDX-License-Identifier: Apache-2.0
//
// KuCoin classic spot (www.kucoin.com/docs, "Level2 market data"; SDK specification of 2025-11-04).
//   {"type":"message","topic":"/market/level2:BTC-USDT","subject":"trade.l2update","data":{"symbol":"BTC-USDT",
//    "sequenceStart":14,"sequenceEnd":15,"changes":{"asks":[["18906","0.0033","14"]],"bids":[["0","0","15"]]}}}
// Rows are [price, size, sequence]; price "0" carries no level and only advances the sequence. The snapshot comes by
// REST (/api/v3/market/orderbook/level2?symbol=BTC-USDT), and rows at or below its sequence are in it already. Depth5
// and depth50 topics send whole windows and are decoded as snapshots: subscribe to them or to level2, not to both.
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

void describe(Listing& listing) {
  if (const auto pair = split_at(listing.raw_symbol, '-')) listing.instrument.symbol = unified(*pair);
}

bool is_zero(std::string_view digits) { return digits.find_first_not_of("0.") == std::string_view::npos; }

Result<void> append_changes(Context& context, Listing& listing, Side side, ondemand::object& changes,
                            EventBatch& batch) {
  CROSSBOOK_TRY(field, optional_field(changes, side == Side::bid ? "bids" : "asks"));
  if (!field) return {};
  auto& sequences = side == Side::bid ? batch.sequence_bids : batch.sequence_asks;
  CROSSBOOK_JSON(rows, field->get_array(), "rows of changes");
  for (auto element : rows) {
    CROSSBOOK_JSON(row, element.get_array(), "a change");
    CROSSBOOK_TRY(cells, row_cells<3>(row, "a price, a size and a sequence"));
    CROSSBOOK_TRY(sequence, read_integer(cells[2]));
    if (!cells[0].empty() && is_zero(cells[0])) continue;
    CROSSBOOK_CHECKED(append_level(context, listing, side, cells[0], cells[1], batch));
    sequences.push_back(sequence);
  }
  return {};
}

Result<void> decode_update(Context& context, Listing& listing, ondemand::object& update, EventBatch& batch) {
  BookEvent event = begin_book(batch, listing, BookEventKind::delta);
  CROSSBOOK_TRY(first, integer_field(update, "sequenceStart", "sequenceStart"));
  event.sequence.first = first;
  CROSSBOOK_TRY(last, integer_field(update, "sequenceEnd", "sequenceEnd"));
  event.sequence.last = last;
  CROSSBOOK_TRY(stamp, optional_milliseconds(update, "time"));
  event.ts_event = stamp;
  CROSSBOOK_JSON(changes, update.find_field_unordered("changes").get_object(), "changes");
  CROSSBOOK_CHECKED(append_changes(context, listing, Side::bid, changes, batch));
  CROSSBOOK_CHECKED(append_changes(context, listing, Side::ask, changes, batch));
  finish_book(batch, event);
  return {};
}

// The time of a trade is in nanoseconds, unlike every other stamp of this venue.
Result<void> decode_match(Context& context, Listing& listing, ondemand::object& match, EventBatch& batch) {
  CROSSBOOK_TRY(nanos, integer_field(match, "time", "time"));
  CROSSBOOK_JSON(side, match.find_field_unordered("side").get_string(), "side");
  CROSSBOOK_TRY(taker, taker_side(side));
  CROSSBOOK_TRY(price, digits_field(match, "price", "price"));
  CROSSBOOK_TRY(size, digits_field(match, "size", "size"));
  return append_trade(context, listing, {price, size, taker, false, Wall(nanos)}, batch);
}

Result<void> decode_ticker(Context& context, Listing& listing, ondemand::object& ticker, EventBatch& batch) {
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(sequence, optional_integer(ticker, "sequence"));
  bbo.sequence = sequence;
  CROSSBOOK_TRY(stamp, optional_milliseconds(ticker, "time"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_touch(context, listing, ticker, "bestBid", "bestBidSize"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_touch(context, listing, ticker, "bestAsk", "bestAskSize"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<std::optional<Level>> read_level1_side(Context& context, Listing& listing, ondemand::object& book,
                                              std::string_view key) {
  CROSSBOOK_TRY(field, optional_field(book, key));
  if (!field) return std::optional<Level>();
  CROSSBOOK_JSON(row, field->get_array(), "a price and a size");
  CROSSBOOK_JSON(empty, row.is_empty(), "a price and a size");
  if (empty) return std::optional<Level>();
  CROSSBOOK_TRY(cells, row_cells<2>(row, "a price and a size"));
  return read_touch(context, listing, cells[0], cells[1]);
}

Result<void> decode_level1(Context& context, Listing& listing, ondemand::object& book, EventBatch& batch) {
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(stamp, optional_milliseconds(book, "timestamp"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_level1_side(context, listing, book, "bids"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_level1_side(context, listing, book, "asks"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_window(Context& context, Listing& listing, ondemand::object& book, EventBatch& batch) {
  BookEvent event = begin_book(batch, listing, BookEventKind::snapshot);
  CROSSBOOK_TRY(stamp, optional_milliseconds(book, "timestamp"));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_side(context, listing, Side::bid, book, "bids", batch));
  CROSSBOOK_CHECKED(append_side(context, listing, Side::ask, book, "asks", batch));
  finish_book(batch, event);
  return {};
}

using Decode = Result<void>(Context&, Listing&, ondemand::object&, EventBatch&);

Decode* decoder_of(std::string_view topic) {
  if (topic == "/market/level2") return decode_update;
  if (topic == "/market/match") return decode_match;
  if (topic == "/market/ticker") return decode_ticker;
  if (topic == "/spotMarket/level1") return decode_level1;
  if (topic == "/spotMarket/level2Depth5" || topic == "/spotMarket/level2Depth50") return decode_window;
  return nullptr;
}

Result<void> decode_message(Context& context, ondemand::object& message, EventBatch& batch) {
  CROSSBOOK_JSON(topic, message.find_field_unordered("topic").get_string(), "topic");
  const std::string_view channel = before(topic, ':');
  std::string_view symbol = after(topic, ':');
  Decode* const decode_data = decoder_of(channel);
  if (decode_data == nullptr) {
    if (channel == "/market/candles" || channel == "/market/snapshot") batch.kind = FrameKind::status;
    return {};
  }
  if (symbol == "all") {  // the subject then names the symbol
    CROSSBOOK_JSON(subject, message.find_field_unordered("subject").get_string(), "subject");
    symbol = subject;
  }
  Listing* const listing = context.subject(symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  CROSSBOOK_JSON(content, message.find_field_unordered("data").get_object(), "data");
  CROSSBOOK_CHECKED(decode_data(context, *listing, content, batch));
  return fits(context);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_JSON(type, message.find_field_unordered("type").get_string(), "type");
  if (type == "message") return decode_message(context, message, batch);
  if (type == "welcome") batch.kind = FrameKind::status;
  if (type == "ack") batch.kind = FrameKind::ack;
  if (type == "pong") batch.kind = FrameKind::heartbeat;
  if (type == "error") batch.kind = FrameKind::error;
  return {};
}

Result<void> decode_snapshot(Context& context, std::string_view symbol, ondemand::object& book, EventBatch& batch) {
  Listing* const listing = context.subject(symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  BookEvent event = begin_book(batch, *listing, BookEventKind::snapshot);
  event.from_rest = true;
  CROSSBOOK_TRY(sequence, integer_field(book, "sequence", "sequence"));
  event.sequence.last = sequence;
  CROSSBOOK_TRY(stamp, optional_milliseconds(book, "time"));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::bid, book, "bids", batch));
  CROSSBOOK_CHECKED(append_side(context, *listing, Side::ask, book, "asks", batch));
  finish_book(batch, event);
  return fits(context);
}

Result<void> fill(ondemand::object& entry, std::string_view key, std::optional<std::string>& into) {
  CROSSBOOK_TRY(value, optional_text(entry, key));
  if (value) into = std::string(*value);
  return {};
}

// GET /api/v1/symbols and /api/v2/symbols.
Result<void> decode_symbols(Context& context, ondemand::array entries) {
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "a symbol");
    CROSSBOOK_JSON(symbol, entry.find_field_unordered("symbol").get_string(), "symbol");
    Listing* const listing = context.listings.find(context.feed, symbol);
    if (listing == nullptr) continue;
    CROSSBOOK_CHECKED(fill(entry, "priceIncrement", listing->instrument.tick_size));
    CROSSBOOK_CHECKED(fill(entry, "baseIncrement", listing->instrument.lot_size));
    CROSSBOOK_CHECKED(fill(entry, "baseMinSize", listing->instrument.min_quantity));
    CROSSBOOK_CHECKED(fill(entry, "minFunds", listing->instrument.min_notional));
  }
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const bool book = url.find("/market/orderbook/level2") != std::string_view::npos;
  const bool symbols = url.find("/symbols") != std::string_view::npos;
  if (!book && !symbols) return {};
  const std::string_view symbol = query_value(url, "symbol");
  if (book) static_cast<void>(context.subject(symbol));
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, whole_object(document));
  CROSSBOOK_TRY(code, optional_text(body, "code"));
  batch.kind = FrameKind::error;
  if (code.value_or("") != "200000") return {};
  CROSSBOOK_TRY(content, optional_field(body, "data"));
  if (!content) return {};
  batch.kind = FrameKind::status;
  if (book) {
    CROSSBOOK_JSON(snapshot, content->get_object(), "data");
    return decode_snapshot(context, symbol, snapshot, batch);
  }
  CROSSBOOK_JSON(entries, content->get_array(), "data");
  return decode_symbols(context, entries);
}

}  // namespace

constinit const Feed kucoin{.name = "kucoin",
                            .venue = "kucoin",
                            .url = "wss://ws-api-spot.kucoin.com/",
                            .rule = SequenceRule::range,
                            .snapshot = SnapshotSource::rest,
                            .silence_max = seconds(60),
                            .decode = decode,
                            .decode_http = decode_http,
                            .describe = describe,
                            .detects = "lost, duplicated and reordered messages",
                            .misses = "wrong sizes: there is no checksum"};

}  // namespace crossbook::venue
