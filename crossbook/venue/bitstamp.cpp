// SPDX-License-Identifier: Apache-2.0
//
// Bitstamp, WebSocket v2 (www.bitstamp.net/websocket/v2, read 2026-09-15). No sequence and no checksum: microtimestamp
// orders a book's messages and proves nothing about lost ones. The channel's name, which says what `data` is, comes
// behind it. Zero is written at size precision.
//   {"data":{"timestamp":"1789456316","microtimestamp":"1789456316507635","bids":[["77049","0.00000"]],
//    "asks":[["77409","0.00000"]]},"channel":"diff_order_book_btcusd","event":"data"}
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/fields.hpp"
#include "crossbook/venue/instrument_lists.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

// btcusd is BTC/USD; btcusd-perp is the perpetual on it.
void describe(Listing& listing) {
  std::string_view raw = listing.raw_symbol;
  const bool perpetual = raw.ends_with("-perp");
  if (perpetual) raw.remove_suffix(std::string_view("-perp").size());
  const auto pair = split_joined(raw);
  if (!pair) return;
  listing.instrument.symbol = unified(*pair);
  if (perpetual) listing.instrument.symbol += ":" + pair->quote;
}

Result<std::string_view> next_text(ondemand::array_iterator& at, const ondemand::array_iterator& end,
                                   const char* what) {
  if (at == end) return failure(Errc::malformed, what);
  CROSSBOOK_JSON(element, *at, what);
  CROSSBOOK_TRY(text, string_text(element));
  ++at;
  return text;
}

// ["60567.75","0.00000000"]; a third element would mean single orders, which are no levels.
Result<void> append_row(Context& context, Listing& listing, Side side, ondemand::array& row, EventBatch& batch) {
  CROSSBOOK_JSON(at, row.begin(), "a level");
  CROSSBOOK_JSON(end, row.end(), "a level");
  CROSSBOOK_TRY(price, next_text(at, end, "a price"));
  CROSSBOOK_TRY(size, next_text(at, end, "a size"));
  if (at != end) return failure(Errc::malformed, "a level of a price and a size");
  return append_level(context, listing, side, price, size, batch);
}

Result<void> append_side(Context& context, Listing& listing, Side side, ondemand::object& book, EventBatch& batch) {
  CROSSBOOK_JSON(rows, book.find_field_unordered(side == Side::bid ? "bids" : "asks").get_array(), "bids and asks");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_array(), "a level");
    CROSSBOOK_CHECKED(append_row(context, listing, side, row, batch));
  }
  return {};
}

Result<std::int64_t> read_microtimestamp(ondemand::object& data) {
  CROSSBOOK_TEXT(text, data, "microtimestamp");
  CROSSBOOK_TRY(microseconds, read_integer(text));
  if (microseconds < 0 || microseconds > 9'000'000'000'000'000)
    return failure(Errc::malformed, "microseconds since 1970");
  return microseconds;
}

Result<void> decode_book(Context& context, Listing& listing, ondemand::object& data, BookEvent& book,
                         EventBatch& batch) {
  book.listing = listing.id;
  CROSSBOOK_TRY(microseconds, read_microtimestamp(data));
  book.sequence.last = microseconds;
  book.ts_event = wall_from_microseconds(microseconds);
  CROSSBOOK_CHECKED(append_side(context, listing, Side::bid, data, batch));
  CROSSBOOK_CHECKED(append_side(context, listing, Side::ask, data, batch));
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  return {};
}

Result<void> decode_difference(Context& context, Listing& listing, ondemand::object& data, EventBatch& batch) {
  BookEvent book;
  return decode_book(context, listing, data, book, batch);
}

Result<void> decode_whole(Context& context, Listing& listing, ondemand::object& data, EventBatch& batch) {
  BookEvent book;
  book.kind = BookEventKind::snapshot;
  return decode_book(context, listing, data, book, batch);
}

// `type` is the taker's side: 0 buys, 1 sells. price and amount are floats; price_str and amount_str are exact.
Result<void> decode_trade(Context& context, Listing& listing, ondemand::object& data, EventBatch& batch) {
  Trade trade;
  trade.listing = listing.id;
  CROSSBOOK_TEXT(amount_text, data, "amount_str");
  CROSSBOOK_TRY(amount, read_trade_quantity(context, listing, amount_text));
  trade.quantity = amount;
  CROSSBOOK_TRY(microseconds, read_microtimestamp(data));
  trade.ts_event = wall_from_microseconds(microseconds);
  CROSSBOOK_TEXT(price_text, data, "price_str");
  CROSSBOOK_TRY(price, read_price(context, listing, price_text));
  trade.price = price;
  CROSSBOOK_NUMBER(type, data, "type");
  if (type != "0" && type != "1") return failure(Errc::malformed, "0 or 1");
  trade.taker = type == "0" ? Side::bid : Side::ask;
  batch.trades.push_back(trade);
  return {};
}

using DecodeData = Result<void> (*)(Context&, Listing&, ondemand::object&, EventBatch&);

struct ChannelKind {
  std::string_view prefix;
  std::string_view event;
  DecodeData decode;  // nullptr: known, but without events of ours
};
constexpr ChannelKind channel_kinds[] = {
    {"diff_order_book_", "data", decode_difference}, {"order_book_", "data", decode_whole},
    {"live_trades_", "trade", decode_trade},         {"detail_order_book_", "data", nullptr},
    {"live_orders_", "order_created", nullptr},      {"live_orders_", "order_changed", nullptr},
    {"live_orders_", "order_deleted", nullptr},
};

// "btcusd" of "diff_order_book_btcusd"
std::string_view symbol_of(std::string_view channel) {
  for (const ChannelKind& kind : channel_kinds)
    if (channel.starts_with(kind.prefix)) return channel.substr(kind.prefix.size());
  return {};
}

Result<void> decode_channel(Context& context, ondemand::object& root, std::string_view channel, const ChannelKind& kind,
                            EventBatch& batch) {
  batch.kind = FrameKind::events;
  Listing* const listing = context.subject(channel.substr(kind.prefix.size()));
  if (listing == nullptr) return {};
  CROSSBOOK_JSON(data, root.find_field_unordered("data").get_object(), "data");
  return kind.decode(context, *listing, data, batch);
}

FrameKind kind_of(std::string_view event) {
  if (event == "bts:subscription_succeeded" || event == "bts:unsubscription_succeeded") return FrameKind::ack;
  if (event == "bts:error") return FrameKind::error;
  if (event == "bts:heartbeat") return FrameKind::heartbeat;
  if (event == "bts:request_reconnect") return FrameKind::status;
  return FrameKind::unknown;
}

Result<void> decode_root(Context& context, ondemand::object& root, EventBatch& batch) {
  CROSSBOOK_TRY(event, optional_string(root, "event"));
  if (!event) return {};
  CROSSBOOK_TRY(channel_text, optional_string(root, "channel"));
  const std::string_view channel = channel_text.value_or("");
  for (const ChannelKind& kind : channel_kinds) {
    if (*event != kind.event || !channel.starts_with(kind.prefix)) continue;
    if (kind.decode != nullptr) return decode_channel(context, root, channel, kind, batch);
    batch.kind = FrameKind::status;
    return {};
  }
  batch.kind = kind_of(*event);
  const std::string_view symbol = symbol_of(channel);
  if (symbol.empty()) return {};
  const Listing* const listing =
      batch.kind == FrameKind::ack ? context.listing(symbol) : context.listings.find(context.feed, symbol);
  if (listing != nullptr) batch.subject = listing->id;
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_CHECKED(decode_root(context, root, batch));
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

// "btcusd" of https://www.bitstamp.net/api/v2/order_book/btcusd/?group=1; empty for any other address.
std::string_view book_of(std::string_view url) {
  constexpr std::string_view before = "/order_book/";
  const std::size_t at = url.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = url.substr(at + before.size());
  return rest.substr(0, rest.find_first_of("/?"));
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  if (url.ends_with("/markets/")) return decode_bitstamp_markets(context, bytes, batch);
  const std::string_view symbol = book_of(url);
  if (symbol.empty()) return {};
  Listing* const listing = context.subject(symbol);
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  if (!absent(root.find_field_unordered("reason"))) {
    batch.kind = FrameKind::error;  // {"status":"error","reason":"..."}
  } else if (listing != nullptr) {
    batch.kind = FrameKind::events;
    BookEvent book;
    book.kind = BookEventKind::snapshot;
    book.from_rest = true;
    CROSSBOOK_CHECKED(decode_book(context, *listing, root, book, batch));
  }
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

}  // namespace

constinit const Feed bitstamp{.name = "bitstamp",
                              .venue = "bitstamp",
                              .url = "wss://ws.bitstamp.net",
                              .rule = SequenceRule::newer,
                              .snapshot = SnapshotSource::rest,
                              .silence_max = seconds(120),  // quiet books send nothing; a heartbeat only when asked
                              .decode = decode,
                              .decode_http = decode_http,
                              .describe = describe,
                              .detects = "duplicated and reordered messages",
                              .misses = "lost messages: nothing on the wire shows them"};

}  // namespace crossbook::venue
