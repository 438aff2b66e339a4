// SPDX-License-Identifier: Apache-2.0
//
// Bybit v5, from bybit-exchange.github.io/docs/v5/websocket/public (2026-07-24):
//   {"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT",
//    "b":[["30247.20","30.028"],["30245.40","0"]],"a":[],"u":177400507,"seq":66544703342},"cts":1687940967464}
// Depth 1 is the best-bid-ask stream; the deeper one that is subscribed is the book. u == 1 is a restart of the
// service: whatever `type` says, the message replaces the book.
#include <algorithm>
#include <array>

#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/instrument_texts.hpp"
#include "crossbook/venue/scanner.hpp"
#include "crossbook/venue/simdjson_path.hpp"
#include "crossbook/venue/strict.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

enum class Kind : std::uint8_t { unknown, book, trades, other };

// "orderbook.200.BTCUSDT", taken apart.
struct Topic {
  Kind kind = Kind::unknown;
  std::string_view symbol;
  std::uint32_t depth = 0;  // 0 is the full book
};

Result<Topic> topic_of(std::string_view text) {
  const auto rest = [&](std::string_view prefix) { return text.substr(std::min(prefix.size(), text.size())); };
  if (text.starts_with("publicTrade.")) return Topic{Kind::trades, rest("publicTrade.")};
  if (text.starts_with("orderbook.")) {
    const std::string_view depth_and_symbol = rest("orderbook.");
    const std::size_t point = depth_and_symbol.find('.');
    if (point == std::string_view::npos) return failure(Errc::malformed, "orderbook.<depth>.<symbol>");
    const std::string_view depth = depth_and_symbol.substr(0, point);
    const std::string_view symbol = depth_and_symbol.substr(point + 1);
    if (depth == "full") return Topic{Kind::book, symbol};
    if (depth == "rpi") return Topic{Kind::other};
    CROSSBOOK_TRY(levels, whole_number(depth, "the depth of an order book"));
    if (levels <= 0 || levels > 10'000) return failure(Errc::malformed, "the depth of an order book");
    return Topic{Kind::book, symbol, static_cast<std::uint32_t>(levels)};
  }
  constexpr std::array<std::string_view, 13> others{
      "tickers.",    "kline.",     "liquidation.", "allLiquidation.", "kline_lt.", "tickers_lt.", "lt.",
      "priceLimit.", "insurance.", "adlAlert.",    "system.",         "order",     "execution"};
  if (std::ranges::any_of(others, [&](std::string_view prefix) { return text.starts_with(prefix); }))
    return Topic{Kind::other};
  return Topic{};
}

// The outer object.
struct Message {
  SeenKeys seen;
  std::string_view topic_text;
  Topic topic;
  std::string_view type;
  std::string_view op;
  std::string_view answer;   // ret_msg
  std::string_view success;  // token
  std::optional<Wall> made;  // cts, of the matching engine
  std::optional<Wall> sent;  // ts
  Listing* listing = nullptr;
  bool has_book = false;
};

enum BookKey : unsigned { symbol, bids, asks, update, cross, engine_time };

// Reads {"s":..,"b":..,"a":..,"u":..,"seq":..} into one event. `ts` and `cts` stand inside only in REST bodies.
Result<BookEvent> read_book(Context& context, std::string_view expected, ondemand::object object, EventBatch& batch) {
  BookEvent book;
  Listing* const listing = context.listing(expected);
  if (listing != nullptr) book.listing = listing->id;
  SeenKeys seen;
  const auto once = [&](BookKey key) -> Result<void> {
    if (!seen.first_time(key)) return failure(Errc::malformed, "each key once");
    return {};
  };
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "s") {
      CROSSBOOK_CHECKED(once(symbol));
      CROSSBOOK_JSON(text, field.value().get_string(), "s in quotes");
      if (text != expected) return failure(Errc::malformed, "the symbol of the topic");
    } else if (name == "b" || name == "a") {
      CROSSBOOK_CHECKED(once(name == "b" ? bids : asks));
      const Side side = name == "b" ? Side::bid : Side::ask;
      if (listing != nullptr) CROSSBOOK_CHECKED(read_levels(context, *listing, side, field.value(), batch));
    } else if (name == "u") {
      CROSSBOOK_CHECKED(once(update));
      CROSSBOOK_TRY(last, whole_number(token_of(field.value()), "u"));
      book.sequence.last = last;
    } else if (name == "cts" || (name == "ts" && !seen.has(engine_time))) {
      CROSSBOOK_TRY(stamp, whole_number(token_of(field.value()), "a time in milliseconds"));
      CROSSBOOK_TRY(at, wall_from_stamp(stamp));
      book.ts_event = at;
      if (name == "cts") CROSSBOOK_CHECKED(once(engine_time));
    }
  }
  if (!seen.has(symbol) || !seen.has(bids) || !seen.has(asks) || !seen.has(update))
    return failure(Errc::malformed, "s, b, a and u");
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  return book;
}

// The best level that is there, or an empty side; nothing where the message does not speak of the side.
std::optional<Level> top_of(Side side, std::span<const Level> levels, bool whole) {
  std::optional<Level> best;
  for (const Level& level : levels)
    if (level.quantity.count() != 0 && (!best || better(side, level.price, best->price))) best = level;
  if (!best && (whole || !levels.empty())) best = Level{};
  return best;
}

void finish_book(Message& message, EventBatch& batch) {
  BookEvent& book = batch.books.back();
  if (message.made || message.sent) book.ts_event = message.made ? message.made : message.sent;
  book.depth = message.topic.depth;
  if (message.type == "snapshot" || book.sequence.last == 1) book.kind = BookEventKind::snapshot;
  if (message.topic.depth != 1) return;
  const bool whole = book.kind == BookEventKind::snapshot;
  Bbo bbo;
  bbo.listing = book.listing;
  bbo.bid = top_of(Side::bid, batch.bids_of(book), whole);
  bbo.ask = top_of(Side::ask, batch.asks_of(book), whole);
  bbo.ts_event = book.ts_event;  // u counts each depth apart: no sequence that compares with the book's
  batch.bbos.push_back(bbo);
  batch.books.clear();
  batch.bids.clear();
  batch.asks.clear();
  batch.wide_bids.clear();
  batch.wide_asks.clear();
}

Result<void> read_trade(Context& context, Listing* listing, ondemand::object object, EventBatch& batch) {
  std::string_view price_token, size_token, side_token, time_token;
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "p") price_token = token_of(field.value());
    if (name == "v") size_token = token_of(field.value());
    if (name == "S") side_token = token_of(field.value());
    if (name == "T") time_token = token_of(field.value());
  }
  CROSSBOOK_TRY(price_text, quoted(price_token, "p in quotes"));
  CROSSBOOK_TRY(size_text, quoted(size_token, "v in quotes"));
  if (side_token != R"("Buy")" && side_token != R"("Sell")") return failure(Errc::malformed, "S, Buy or Sell");
  CROSSBOOK_TRY(stamp, whole_number(time_token, "T in milliseconds"));
  CROSSBOOK_TRY(at, wall_from_stamp(stamp));
  if (listing == nullptr) return {};
  Trade trade{.listing = listing->id, .price = {}, .quantity = {}};
  trade.taker = side_token == R"("Buy")" ? Side::bid : Side::ask;
  trade.ts_event = at;
  CROSSBOOK_TRY(size, read_trade_quantity(context, *listing, size_text));
  trade.quantity = size;
  CROSSBOOK_TRY(price, read_price(context, *listing, price_text));
  trade.price = price;
  batch.trades.push_back(trade);
  return {};
}

Result<void> read_data(Context& context, Message& message, ondemand::value value, EventBatch& batch) {
  const Topic& topic = message.topic;
  if (topic.kind == Kind::unknown) return {};
  batch.kind = topic.kind == Kind::other ? FrameKind::status : FrameKind::events;
  if (topic.kind == Kind::other) return {};
  if (topic.symbol.empty()) return failure(Errc::malformed, "a symbol in the topic");
  message.listing = context.subject(topic.symbol);
  if (topic.kind == Kind::book) {
    CROSSBOOK_JSON(object, value.get_object(), "data");
    CROSSBOOK_TRY(book, read_book(context, topic.symbol, object, batch));
    batch.books.push_back(book);
    message.has_book = true;
    return {};
  }
  CROSSBOOK_JSON(rows, value.get_array(), "data");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_object(), "a trade");
    CROSSBOOK_CHECKED(read_trade(context, message.listing, row, batch));
  }
  return {};
}

enum OuterKey : unsigned {
  topic_key,
  type_key,
  data_key,
  op_key,
  success_key,
  answer_key,
  ts_key,
  cts_key,
  outer_keys
};
constexpr std::array<std::pair<std::string_view, OuterKey>, outer_keys> outer_key_names{{{"topic", topic_key},
                                                                                         {"type", type_key},
                                                                                         {"data", data_key},
                                                                                         {"op", op_key},
                                                                                         {"success", success_key},
                                                                                         {"ret_msg", answer_key},
                                                                                         {"ts", ts_key},
                                                                                         {"cts", cts_key}}};

Result<void> read_text(ondemand::value value, std::string_view& into) {
  CROSSBOOK_JSON(text, value.get_string(), "topic, type, op and ret_msg in quotes");
  into = text;
  return {};
}

Result<void> read_time(ondemand::value value, std::optional<Wall>& into) {
  CROSSBOOK_TRY(stamp, whole_number(token_of(value), "a time in milliseconds"));
  CROSSBOOK_TRY(at, wall_from_stamp(stamp));
  into = at;
  return {};
}

Result<void> read_field(Context& context, Message& message, OuterKey key, ondemand::value value, EventBatch& batch) {
  switch (key) {
    case topic_key: {
      CROSSBOOK_CHECKED(read_text(value, message.topic_text));
      CROSSBOOK_TRY(topic, topic_of(message.topic_text));
      message.topic = topic;
      return {};
    }
    case type_key: return read_text(value, message.type);
    case op_key: return read_text(value, message.op);
    case answer_key: return read_text(value, message.answer);
    case success_key: message.success = token_of(value); return {};
    case ts_key: return read_time(value, message.sent);
    case cts_key: return read_time(value, message.made);
    case data_key:
      if (!message.seen.has(topic_key)) return {};  // an answer on a private channel, not ours to read
      return read_data(context, message, value, batch);
    case outer_keys: break;
  }
  return {};
}

Result<void> read_fields(Context& context, Message& message, ondemand::object object, EventBatch& batch) {
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    const auto* const known = std::ranges::find_if(outer_key_names, [&](const auto& k) { return name == k.first; });
    if (known == outer_key_names.end()) continue;
    if (!message.seen.first_time(known->second)) return failure(Errc::malformed, "each key once");
    CROSSBOOK_CHECKED(read_field(context, message, known->second, field.value(), batch));
  }
  return {};
}

// {"success":true,"ret_msg":"pong","conn_id":"..","op":"ping"} on public streams, {"op":"pong",..} on private ones.
FrameKind answer_kind(const Message& message) {
  if (message.op == "pong" || message.answer == "pong") return FrameKind::heartbeat;
  if (message.success == "false") return FrameKind::error;
  if (message.success == "true") return FrameKind::ack;
  return FrameKind::unknown;
}

Result<void> decode_message(Context& context, std::string_view bytes, EventBatch& batch) {
  Message message;
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_CHECKED(read_fields(context, message, object, batch));
  CROSSBOOK_CHECKED(ends(document));
  if (!message.seen.has(topic_key)) {
    batch.kind = answer_kind(message);
    return {};
  }
  const bool wanted = message.topic.kind == Kind::book || message.topic.kind == Kind::trades;
  if (wanted && !message.seen.has(data_key)) return failure(Errc::malformed, "topic, then data");
  if (wanted && batch.kind != FrameKind::events) return failure(Errc::malformed, "topic, then data");
  if (message.has_book) {
    if (message.type != "snapshot" && message.type != "delta")
      return failure(Errc::malformed, "type, snapshot or delta");
    if (message.listing == nullptr) batch.books.clear();
    if (message.listing != nullptr) finish_book(message, batch);
  }
  return fits(context);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_bybit(context, bytes, batch)) [[likely]]
    return {};
  return decode_bybit_simdjson(context, bytes, batch);
}

Result<ondemand::object> open_result(ondemand::document& document, EventBatch& batch) {
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_JSON(code, object.find_field_unordered("retCode").get_int64(), "retCode");
  if (code != 0) batch.kind = FrameKind::error;
  CROSSBOOK_JSON(body, object.find_field_unordered("result").get_object(), "result");
  return body;
}

// GET /v5/market/orderbook: {"retCode":0,"retMsg":"OK","result":{"s":"BTCUSDT","b":[..],"a":[..],"ts":..,"u":..,..}}
Result<void> decode_book_body(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, open_result(document, batch));
  if (batch.kind == FrameKind::error) return {};
  const std::string_view asked = query_value(url, "symbol");
  if (asked.empty()) return failure(Errc::malformed, "symbol in the URL");
  const bool ours = context.subject(asked) != nullptr;
  CROSSBOOK_TRY(book, read_book(context, asked, body, batch));
  batch.kind = FrameKind::events;
  if (!ours) return {};
  book.kind = BookEventKind::snapshot;
  book.from_rest = true;
  batch.books.push_back(book);
  return fits(context);
}

Result<void> read_instrument(Context& context, ondemand::object entry) {
  InstrumentTexts texts;
  for (auto field_result : entry) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "symbol") texts.raw_symbol = token_of(field.value());
    if (name != "lotSizeFilter" && name != "priceFilter") continue;
    CROSSBOOK_JSON(filter, field.value().get_object(), "a filter");
    for (auto inner_result : filter) {
      CROSSBOOK_JSON(inner, inner_result, "a field");
      const auto key = inner.key();
      const std::string_view token = token_of(inner.value());
      if (key == "tickSize") texts.tick_size = token;
      if (key == "basePrecision" || key == "qtyStep") texts.lot_size = token;  // spot; linear
      if (key == "minOrderQty") texts.min_quantity = token;
      if (key == "minOrderAmt" || key == "minNotionalValue") texts.min_notional = token;
    }
  }
  return fill_instrument(context, texts);
}

// GET /v5/market/instruments-info: {"retCode":0,..,"result":{"category":"spot","list":[{"symbol":"BTCUSDT",..,
// "lotSizeFilter":{"basePrecision":"0.000001",..,"minOrderAmt":"5"},"priceFilter":{"tickSize":"0.01"}}]}}
Result<void> decode_instruments_body(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, open_result(document, batch));
  if (batch.kind == FrameKind::error) return {};
  CROSSBOOK_JSON(list, body.find_field_unordered("list").get_array(), "list");
  for (auto entry_result : list) {
    CROSSBOOK_JSON(entry, entry_result.get_object(), "an instrument");
    CROSSBOOK_CHECKED(read_instrument(context, entry));
  }
  batch.kind = FrameKind::status;
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const std::string_view path = url.substr(0, url.find('?'));
  if (path.ends_with("/market/orderbook") || path.ends_with("/market/full_orderbook"))
    return decode_book_body(context, url, bytes, batch);
  if (path.ends_with("/market/instruments-info")) return decode_instruments_body(context, bytes, batch);
  return {};
}

void describe_spot(Listing& listing) {
  listing.price_scale = 8;
  listing.quantity_scale = 8;
  if (const auto pair = split_joined(listing.raw_symbol)) listing.instrument.symbol = unified(*pair);
}

// BTCUSDT is BTC/USDT:USDT and BTCPERP is BTC/USDC:USDC; quantities are in base units.
void describe_linear(Listing& listing) {
  listing.price_scale = 8;
  listing.quantity_scale = 8;
  const std::string_view raw = listing.raw_symbol;
  auto pair = split_joined(raw);
  if (raw.size() > 4 && raw.ends_with("PERP")) pair = Pair{std::string(raw.substr(0, raw.size() - 4)), "USDC"};
  if (pair) listing.instrument.symbol = unified(*pair) + ":" + pair->quote;
}

constexpr Feed row(std::string_view name, std::string_view url, void (*describe)(Listing&)) {
  return {.name = name,
          .venue = "bybit",
          .url = url,
          .rule = SequenceRule::next,
          .snapshot = SnapshotSource::stream,
          .silence_max = seconds(30),  // a pong to the ping that is due every 20 s
          .decode = decode,
          .decode_http = decode_http,
          .describe = describe,
          .detects = "lost, duplicated and reordered messages: u is the u before + 1 (seen in all recordings)",
          .misses = "nothing by its own documents, which promise the + 1 only for the full book"};
}

}  // namespace

Result<void> decode_bybit_simdjson(Context& context, std::string_view bytes, EventBatch& batch) {
  auto result = decode_message(context, bytes, batch);
  if (!result && result.error().code == Errc::malformed) {
    name_if_known(context, text_behind(bytes, R"("s":")", "\""));
    const std::string_view topic = text_behind(bytes, R"("topic":")", "\"");
    name_if_known(context, topic.substr(std::min(topic.rfind('.') + 1, topic.size())));
  }
  return result;
}

constinit const Feed bybit_spot = row("bybit-spot", "wss://stream.bybit.com/v5/public/spot", describe_spot);
constinit const Feed bybit_linear = row("bybit-linear", "wss://stream.bybit.com/v5/public/linear", describe_linear);

}  // namespace crossbook::venue
