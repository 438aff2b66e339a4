// SPDX-License-Identifier: Apache-2.0
//
// Binance, from github.com/binance/binance-spot-api-docs (web-socket-streams.md, rest-api.md; 2026-07-21) and
// developers.binance.com/docs/derivatives for USD-M and COIN-M:
//   {"stream":"bnbbtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,
//    "b":[["0.0024","10"]],"a":[["0.0026","100"]]}}
// The raw form is the inner object alone. Futures add T (time of the change) and pu (u of the message before), and
// their partial depth streams look like diffs: only the name of the stream tells them apart.
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

// Scalars that any of our messages has; the array of their tokens is indexed by these.
enum Key : unsigned {
  event,
  sent,
  made,
  first_id,
  last_id,
  previous_id,
  price,
  quantity,
  maker,
  bid,
  bid_size,
  ask,
  ask_size,
  snapshot_id,
  code,
  message_text,
  error,
  result,
  request,
  symbol,
  stream,
  body,
  keys
};

constexpr std::array<std::pair<std::string_view, Key>, keys> key_names{{
    {"e", event},       {"E", sent},
    {"T", made},        {"U", first_id},
    {"u", last_id},     {"pu", previous_id},
    {"p", price},       {"q", quantity},
    {"m", maker},       {"b", bid},
    {"B", bid_size},    {"a", ask},
    {"A", ask_size},    {"lastUpdateId", snapshot_id},
    {"code", code},     {"msg", message_text},
    {"error", error},   {"result", result},
    {"id", request},    {"s", symbol},
    {"stream", stream}, {"data", body},
}};

using SymbolText = std::array<char, 32>;

// "btcusdt" -> "BTCUSDT"; "" where it is longer than any symbol.
std::string_view upper_case(std::string_view text, SymbolText& buffer) {
  if (text.size() > buffer.size()) return {};
  std::ranges::transform(text, buffer.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return {buffer.data(), text.size()};
}

// One frame, whichever form it has: what is read from the outer and the inner object.
struct Message {
  std::array<std::string_view, keys> tokens{};
  SeenKeys seen;
  std::string_view symbol;
  std::string_view stream;
  SymbolText upper{};  // the symbol of the stream's name
  Listing* listing = nullptr;
  bool resolved = false;  // listing was looked up; nullptr means that it is not ours
  bool many = false;      // a stream of all markets: an array
  bool bids = false;
  bool asks = false;

  // What the stream carries: "depth@100ms", "depth5", "bookTicker"; "" in the raw form.
  [[nodiscard]] std::string_view channel() const {
    const std::size_t at = stream.find('@');
    return at == std::string_view::npos ? std::string_view() : stream.substr(at + 1);
  }
  [[nodiscard]] std::string_view event_name() const {
    const std::string_view token = tokens[event];
    return token.size() < 2 || token.front() != '"' ? std::string_view() : token.substr(1, token.size() - 2);
  }
};

void resolve(Context& context, Message& message) {
  if (message.resolved) return;
  const std::size_t at = message.stream.find('@');
  if (message.symbol.empty() && at != std::string_view::npos)
    message.symbol = upper_case(message.stream.substr(0, at), message.upper);
  if (message.symbol.empty()) return;
  message.listing = context.subject(message.symbol);
  message.resolved = true;
}

Result<void> read_fields(Context&, Message&, ondemand::object, EventBatch&);

Result<void> read_side(Context& context, Message& message, Side side, ondemand::value value, EventBatch& batch) {
  bool& seen = side == Side::bid ? message.bids : message.asks;
  if (seen) return failure(Errc::malformed, "each side once");
  const std::string_view name = message.event_name();
  if (!name.empty() && name != "depthUpdate") return {};
  resolve(context, message);
  if (!message.resolved) return {};  // no symbol so far: a depthUpdate is then found wanting, the rest has no levels
  seen = true;
  if (message.listing == nullptr) return {};
  return read_levels(context, *message.listing, side, value, batch);
}

Result<void> read_field(Context& context, Message& message, Key key, ondemand::value value, EventBatch& batch) {
  const std::string_view token = token_of(value);
  if ((key == bid || key == ask) && token == "[")
    return read_side(context, message, key == bid ? Side::bid : Side::ask, value, batch);
  if (!message.seen.first_time(key)) return failure(Errc::malformed, "each key once");
  message.tokens[key] = token;
  if (key == symbol || key == stream) {
    CROSSBOOK_JSON(text, value.get_string(), "a symbol or stream in quotes");
    (key == symbol ? message.symbol : message.stream) = text;
  } else if (key == body && token == "{") {
    CROSSBOOK_JSON(inner, value.get_object(), "an object");
    return read_fields(context, message, inner, batch);
  } else if (key == body) {
    message.many = token == "[";
  }
  return {};
}

Result<void> read_fields(Context& context, Message& message, ondemand::object object, EventBatch& batch) {
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "bids" || name == "asks") {
      const Side side = name == "bids" ? Side::bid : Side::ask;
      CROSSBOOK_CHECKED(read_side(context, message, side, field.value(), batch));
      continue;
    }
    const auto* const known = std::ranges::find_if(key_names, [&](const auto& k) { return name == k.first; });
    if (known == key_names.end()) continue;
    CROSSBOOK_CHECKED(read_field(context, message, known->second, field.value(), batch));
  }
  return {};
}

Result<std::int64_t> id_of(const Message& message, Key key, const char* what) {
  return whole_number(message.tokens[key], what);
}

Result<Wall> time_of(const Message& message, Key key, const char* what) {
  CROSSBOOK_TRY(stamp, id_of(message, key, what));
  return wall_from_stamp(stamp);
}

// depth5, depth10 and depth20 are whole windows; 0 is the diff stream.
std::uint32_t window_of(std::string_view channel) {
  const std::string_view depth = channel.substr(0, channel.find('@'));
  if (depth == "depth5") return 5;
  if (depth == "depth10") return 10;
  if (depth == "depth20") return 20;
  return 0;
}

void push_book(BookEvent& book, const Message& message, EventBatch& batch) {
  if (message.listing == nullptr) return;
  book.listing = message.listing->id;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
}

Result<void> emit_depth(const Message& message, bool futures, EventBatch& batch) {
  if (!message.channel().empty() && !message.channel().starts_with("depth")) return {};  // rpiDepth: not this book
  if (!message.bids || !message.asks) return failure(Errc::malformed, "s, then b and a");
  BookEvent book;
  book.depth = window_of(message.channel());
  if (book.depth != 0) book.kind = BookEventKind::snapshot;
  CROSSBOOK_TRY(first, id_of(message, first_id, "U"));
  CROSSBOOK_TRY(last, id_of(message, last_id, "u"));
  book.sequence.first = first;
  book.sequence.last = last;
  if (futures) {
    CROSSBOOK_TRY(previous, id_of(message, previous_id, "pu"));
    book.sequence.previous = previous;
  }
  CROSSBOOK_TRY(at, time_of(message, futures ? made : sent, futures ? "T" : "E"));
  book.ts_event = at;
  batch.kind = FrameKind::events;
  push_book(book, message, batch);
  return {};
}

// The partial depth of spot has no symbol: in the raw form nobody can say whose it is.
Result<void> emit_window(const Message& message, EventBatch& batch) {
  if (!message.bids || !message.asks) return {};
  BookEvent book;
  book.kind = BookEventKind::snapshot;
  book.depth = window_of(message.channel());
  CROSSBOOK_TRY(last, id_of(message, snapshot_id, "lastUpdateId"));
  book.sequence.last = last;
  batch.kind = FrameKind::events;
  push_book(book, message, batch);
  return {};
}

Result<void> emit_trade(Context& context, const Message& message, EventBatch& batch) {
  CROSSBOOK_TRY(price_text, quoted(message.tokens[price], "p in quotes"));
  CROSSBOOK_TRY(quantity_text, quoted(message.tokens[quantity], "q in quotes"));
  CROSSBOOK_TRY(at, time_of(message, made, "T"));
  const std::string_view flag = message.tokens[maker];
  if (flag != "true" && flag != "false") return failure(Errc::malformed, "m, true or false");
  if (message.symbol.empty()) return failure(Errc::malformed, "s");
  batch.kind = FrameKind::events;
  if (message.listing == nullptr) return {};
  Trade trade{.listing = message.listing->id, .price = {}, .quantity = {}};
  trade.taker = flag == "true" ? Side::ask : Side::bid;  // the buyer made the price: the taker sold
  trade.ts_event = at;
  CROSSBOOK_TRY(size, read_trade_quantity(context, *message.listing, quantity_text));
  trade.quantity = size;
  CROSSBOOK_TRY(paid, read_price(context, *message.listing, price_text));
  trade.price = paid;
  batch.trades.push_back(trade);
  return {};
}

Result<void> emit_top(Context& context, const Message& message, EventBatch& batch) {
  CROSSBOOK_TRY(bid_text, quoted(message.tokens[bid], "b in quotes"));
  CROSSBOOK_TRY(bid_size_text, quoted(message.tokens[bid_size], "B in quotes"));
  CROSSBOOK_TRY(ask_text, quoted(message.tokens[ask], "a in quotes"));
  CROSSBOOK_TRY(ask_size_text, quoted(message.tokens[ask_size], "A in quotes"));
  CROSSBOOK_TRY(last, id_of(message, last_id, "u"));
  if (message.symbol.empty()) return failure(Errc::malformed, "s");
  batch.kind = FrameKind::events;
  if (message.listing == nullptr) return {};
  Bbo bbo;
  bbo.listing = message.listing->id;
  bbo.sequence = last;
  if (message.seen.has(made)) {
    CROSSBOOK_TRY(at, time_of(message, made, "T"));
    bbo.ts_event = at;
  }
  CROSSBOOK_TRY(bid_level, read_top(context, *message.listing, bid_text, bid_size_text));
  CROSSBOOK_TRY(ask_level, read_top(context, *message.listing, ask_text, ask_size_text));
  bbo.bid = bid_level;
  bbo.ask = ask_level;
  batch.bbos.push_back(bbo);
  return {};
}

bool known_without_event(std::string_view name) {
  constexpr std::array<std::string_view, 18> names{
      "kline",           "continuous_kline", "indexPrice_kline",     "markPrice_kline",         "avgPrice",
      "markPriceUpdate", "indexPriceUpdate", "forceOrder",           "compositeIndex",          "contractInfo",
      "assetIndex",      "serverShutdown",   "executionReport",      "outboundAccountPosition", "balanceUpdate",
      "listStatus",      "listenKeyExpired", "eventStreamTerminated"};
  return name.ends_with("Ticker") || std::ranges::find(names, name) != names.end();
}

Result<void> emit(Context& context, Message& message, bool futures, EventBatch& batch) {
  const std::string_view name = message.event_name();
  const bool top = name == "bookTicker" || (name.empty() && message.seen.has(bid_size) && message.seen.has(ask_size));
  if (name == "trade" || name == "aggTrade" || top) resolve(context, message);
  if (name == "depthUpdate") return emit_depth(message, futures, batch);
  if (name == "trade" || name == "aggTrade") return emit_trade(context, message, batch);
  if (top) return emit_top(context, message, batch);
  if (message.many || known_without_event(name)) {
    batch.kind = FrameKind::status;
  } else if (message.seen.has(snapshot_id)) {
    return emit_window(message, batch);
  } else if (message.seen.has(error) || (message.seen.has(code) && message.seen.has(message_text))) {
    batch.kind = FrameKind::error;
  } else if (message.seen.has(result)) {
    batch.kind = FrameKind::ack;
  }
  return {};
}

Result<void> read_message(Context& context, Message& message, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_CHECKED(read_fields(context, message, object, batch));
  return ends(document);
}

Result<void> decode_message(Context& context, std::string_view bytes, bool futures, EventBatch& batch) {
  Message message;
  CROSSBOOK_CHECKED(read_message(context, message, bytes, batch));
  CROSSBOOK_CHECKED(emit(context, message, futures, batch));
  if (batch.books.empty()) {
    batch.bids.clear();
    batch.asks.clear();
  }
  return fits(context);
}

// A cut frame is not read at all; the book that it names is tainted all the same.
void name_by_text(Context& context, std::string_view bytes) {
  SymbolText buffer;
  name_if_known(context, text_behind(bytes, R"("s":")", "\""));
  name_if_known(context, upper_case(text_behind(bytes, R"("stream":")", "@\""), buffer));
}

Result<void> decode_simdjson(Context& context, std::string_view bytes, bool futures, EventBatch& batch) {
  auto result = decode_message(context, bytes, futures, batch);
  if (!result && result.error().code == Errc::malformed) name_by_text(context, bytes);
  return result;
}

template <bool futures>
Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_binance(context, bytes, futures, batch)) [[likely]]
    return {};
  return decode_simdjson(context, bytes, futures, batch);
}

// GET .../depth?symbol=BTCUSDT: {"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"]],"asks":[...]}
Result<void> decode_depth(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  Message message;
  message.symbol = query_value(url, "symbol");
  CROSSBOOK_CHECKED(read_message(context, message, bytes, batch));
  if (!message.seen.has(snapshot_id) && message.seen.has(code)) {
    batch.kind = FrameKind::error;
    return {};
  }
  CROSSBOOK_CHECKED(emit_window(message, batch));
  if (batch.kind != FrameKind::events) return failure(Errc::malformed, "lastUpdateId, bids and asks");
  for (BookEvent& book : batch.books) {
    book.from_rest = true;
    if (!message.seen.has(made)) continue;
    CROSSBOOK_TRY(at, time_of(message, made, "T"));
    book.ts_event = at;
  }
  return fits(context);
}

Result<void> read_filters(InstrumentTexts& texts, ondemand::array filters) {
  for (auto filter_result : filters) {
    CROSSBOOK_JSON(filter, filter_result.get_object(), "a filter");
    for (auto field_result : filter) {
      CROSSBOOK_JSON(field, field_result, "a field");
      const auto name = field.key();
      const std::string_view token = token_of(field.value());
      if (name == "tickSize") texts.tick_size = token;
      if (name == "stepSize" && texts.lot_size.empty())
        texts.lot_size = token;  // LOT_SIZE comes before MARKET_LOT_SIZE
      if (name == "minQty" && texts.min_quantity.empty()) texts.min_quantity = token;
      if (name == "minNotional" || name == "notional") texts.min_notional = token;
    }
  }
  return {};
}

// GET .../exchangeInfo: {..,"symbols":[{"symbol":"BTCUSDT",..,"filters":[{"filterType":"PRICE_FILTER",..,
// "tickSize":"0.01000000"},{"filterType":"LOT_SIZE","minQty":"0.00001000",..,"stepSize":"0.00001000"},..]}]}
Result<void> decode_instruments(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_JSON(symbols, object.find_field_unordered("symbols").get_array(), "symbols");
  for (auto entry_result : symbols) {
    CROSSBOOK_JSON(entry, entry_result.get_object(), "a symbol");
    InstrumentTexts texts;
    for (auto field_result : entry) {
      CROSSBOOK_JSON(field, field_result, "a field");
      if (field.key() == "symbol") {
        texts.raw_symbol = token_of(field.value());
      } else if (field.key() == "contractSize") {
        texts.contract_size = token_of(field.value());
      } else if (field.key() == "filters") {
        CROSSBOOK_JSON(filters, field.value().get_array(), "filters");
        CROSSBOOK_CHECKED(read_filters(texts, filters));
      }
    }
    CROSSBOOK_CHECKED(fill_instrument(context, texts));
  }
  batch.kind = FrameKind::status;
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const std::string_view path = url.substr(0, url.find('?'));
  if (path.ends_with("/depth")) return decode_depth(context, url, bytes, batch);
  if (path.ends_with("/exchangeInfo")) return decode_instruments(context, bytes, batch);
  return {};
}

// All numbers are written with 8 decimals on spot and with fewer on futures.
void describe_numbers(Listing& listing) {
  listing.price_scale = 8;
  listing.quantity_scale = 8;
}

void describe_spot(Listing& listing) {
  describe_numbers(listing);
  if (const auto pair = split_joined(listing.raw_symbol)) listing.instrument.symbol = unified(*pair);
}

// BTCUSDT is BTC/USDT:USDT, BTCUSDT_250926 is BTC/USDT:USDT-250926. Quantities are in base units.
void describe_usdm(Listing& listing) {
  describe_numbers(listing);
  const std::string_view raw = listing.raw_symbol;
  const std::size_t mark = raw.find('_');
  const auto pair = split_joined(raw.substr(0, mark));
  if (!pair) return;
  listing.instrument.symbol = unified(*pair) + ":" + pair->quote;
  if (mark != std::string_view::npos) listing.instrument.symbol.append("-").append(raw.substr(mark + 1));
}

// BTCUSD_PERP is BTC/USD:BTC, BTCUSD_240927 is BTC/USD:BTC-240927. Contracts of 100 USD for BTC, else of 10 USD.
void describe_coinm(Listing& listing) {
  describe_numbers(listing);
  listing.instrument.quantity_unit = QuantityUnit::contract;
  listing.instrument.inverse = true;
  const std::string_view raw = listing.raw_symbol;
  const std::size_t mark = raw.find('_');
  const auto pair = split_joined(raw.substr(0, mark));
  if (!pair) return;
  listing.instrument.contract_size = pair->base == "BTC" ? "100" : "10";
  listing.instrument.symbol = unified(*pair) + ":" + pair->base;
  if (mark != std::string_view::npos && raw.substr(mark) != "_PERP")
    listing.instrument.symbol.append("-").append(raw.substr(mark + 1));
}

constexpr Feed spot_row(std::string_view name, std::string_view venue, std::string_view url) {
  return {.name = name,
          .venue = venue,
          .url = url,
          .rule = SequenceRule::range,
          .snapshot = SnapshotSource::rest,
          .silence_max = seconds(60),  // a ping every 20 s, a pong within 60 s
          .decode = decode<false>,
          .decode_http = decode_http,
          .describe = describe_spot,
          .detects = "lost, duplicated and reordered messages: U..u must go on where the book is",
          .misses = "levels beyond the 5000 of the REST snapshot until they change"};
}

constexpr Feed futures_row(std::string_view name, std::string_view venue, std::string_view url,
                           void (*describe)(Listing&)) {
  return {.name = name,
          .venue = venue,
          .url = url,
          .rule = SequenceRule::previous_range,
          .snapshot = SnapshotSource::rest,
          .silence_max = seconds(200),  // a ping every 3 min
          .decode = decode<true>,
          .decode_http = decode_http,
          .describe = describe,
          .detects = "lost, duplicated and reordered messages: pu must be the u before",
          .misses = "levels beyond the 1000 of the REST snapshot until they change"};
}

}  // namespace

Result<void> decode_binance_simdjson(Context& context, std::string_view bytes, EventBatch& batch) {
  return decode_simdjson(context, bytes, false, batch);
}

Result<void> decode_binance_futures_simdjson(Context& context, std::string_view bytes, EventBatch& batch) {
  return decode_simdjson(context, bytes, true, batch);
}

constinit const Feed binance = spot_row("binance", "binance", "wss://stream.binance.com:9443/stream");
constinit const Feed binance_us = spot_row("binance-us", "binanceus", "wss://stream.binance.us:9443/stream");
constinit const Feed binance_usdm =
    futures_row("binance-usdm", "binanceusdm", "wss://fstream.binance.com/public/stream", describe_usdm);
constinit const Feed binance_coinm =
    futures_row("binance-coinm", "binancecoinm", "wss://dstream.binance.com/stream", describe_coinm);

}  // namespace crossbook::venue
