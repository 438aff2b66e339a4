// SPDX-License-Identifier: Apache-2.0
//
// Gate WebSocket v4, spot and futures (www.gate.io/docs/developers/apiv4/ws, read 2026-06).
//   {"time":1606294781,"time_ms":1606294781236,"channel":"spot.order_book_update","event":"update","result":{
//    "t":1606294781123,"e":"depthUpdate","s":"BTC_USDT","U":48776301,"u":48776306,"b":[["19137.74","0.0001"]],"a":[]}}
// Three book channels: order_book_update (base by REST, full:true replaces), obu (its first message is full, and only
// `u` is sent with it) and order_book (whole windows). Futures name the same fields, but rows are {"p","s"} objects
// (arrays on futures.obu), sizes are contracts, and a trade's sign is its taker's side.
#include <array>

#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

void describe(Listing& listing) {
  if (const auto pair = split_at(listing.raw_symbol, '_')) listing.instrument.symbol = unified(*pair);
}

// BTC_USDT is BTC/USDT:USDT, BTC_USD is inverse, BTC_USDT_20261225 is a delivery contract.
void describe_futures(Listing& listing) {
  const std::string_view raw = listing.raw_symbol;
  const std::string_view quote_and_expiry = after(raw, '_');
  const std::string_view expiry = after(quote_and_expiry, '_');
  const auto pair = split_at(raw.substr(0, expiry.empty() ? raw.size() : raw.size() - expiry.size() - 1), '_');
  if (!pair) return;
  Instrument& instrument = listing.instrument;
  instrument.quantity_unit = QuantityUnit::contract;
  instrument.inverse = pair->quote == "USD";
  instrument.symbol = unified(*pair) + ":" + (instrument.inverse ? pair->base : pair->quote);
  if (expiry.size() == 8) instrument.symbol.append("-").append(expiry.substr(2));
  if (instrument.inverse) instrument.contract_size.emplace("1");
}

struct Row {
  std::string_view price;
  std::string_view size;
};

Result<Row> read_row(ondemand::value value) {
  CROSSBOOK_JSON(type, value.type(), "a level");
  if (type == ondemand::json_type::array) {
    CROSSBOOK_JSON(row, value.get_array(), "a level");
    CROSSBOOK_TRY(cells, row_cells<2>(row, "a price and a size"));
    return Row{cells[0], cells[1]};
  }
  CROSSBOOK_JSON(row, value.get_object(), "a level");
  CROSSBOOK_TRY(price, digits_field(row, "p", "p"));
  CROSSBOOK_TRY(size, digits_field(row, "s", "s"));
  return Row{price, size};
}

Result<void> append_levels(Context& context, Listing& listing, Side side, ondemand::object& book, std::string_view key,
                           EventBatch& batch) {
  CROSSBOOK_TRY(field, optional_field(book, key));
  if (!field) return {};
  CROSSBOOK_JSON(rows, field->get_array(), "an array of levels");
  for (auto element : rows) {
    CROSSBOOK_JSON(value, element, "a level");
    CROSSBOOK_TRY(row, read_row(value));
    CROSSBOOK_CHECKED(append_level(context, listing, side, row.price, row.size, batch));
  }
  return {};
}

// "ob.BTC_USDT.400" and "futures.BTC_USD.20" name the symbol in the middle.
std::string_view obu_symbol(std::string_view stream) {
  const std::string_view rest = after(stream, '.');
  return rest.substr(0, rest.rfind('.'));
}

Result<void> decode_update(Context& context, std::string_view channel, ondemand::object& result, EventBatch& batch) {
  CROSSBOOK_JSON(name, result.find_field_unordered("s").get_string(), "s");
  Listing* const listing = context.subject(channel == "obu" ? obu_symbol(name) : name);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(full_field, optional_field(result, "full"));
  bool full = false;
  if (full_field && full_field->get_bool().get(full) != simdjson::SUCCESS)
    return failure(Errc::malformed, "full as true or false");
  BookEvent event = begin_book(batch, *listing, full ? BookEventKind::snapshot : BookEventKind::delta);
  CROSSBOOK_TRY(last, integer_field(result, "u", "u"));
  event.sequence.last = last;
  if (!full) {
    CROSSBOOK_TRY(first, integer_field(result, "U", "U"));
    event.sequence.first = first;
  }
  CROSSBOOK_TRY(stamp, optional_milliseconds(result, "t"));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::bid, result, "b", batch));
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::ask, result, "a", batch));
  finish_book(batch, event);
  return {};
}

// spot.order_book: {"t","lastUpdateId","s","bids","asks"}; futures.order_book: {"t","id","contract","bids","asks"}.
Result<void> decode_window(Context& context, ondemand::object& result, EventBatch& batch) {
  CROSSBOOK_TRY(spot_name, optional_text(result, "s"));
  CROSSBOOK_TRY(contract, optional_text(result, "contract"));
  if (!spot_name && !contract) return failure(Errc::malformed, "s or contract");
  Listing* const listing = context.subject(spot_name ? *spot_name : *contract);
  if (listing == nullptr) return {};
  BookEvent event = begin_book(batch, *listing, BookEventKind::snapshot);
  CROSSBOOK_TRY(last, integer_field(result, spot_name ? "lastUpdateId" : "id", "an update id"));
  event.sequence.last = last;
  CROSSBOOK_TRY(stamp, optional_milliseconds(result, "t"));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::bid, result, "bids", batch));
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::ask, result, "asks", batch));
  finish_book(batch, event);
  return {};
}

Result<void> decode_spot_trade(Context& context, ondemand::object& trade, EventBatch& batch) {
  CROSSBOOK_JSON(symbol, trade.find_field_unordered("currency_pair").get_string(), "currency_pair");
  Listing* const listing = context.subject(symbol);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(ms, digits_field(trade, "create_time_ms", "create_time_ms"));
  CROSSBOOK_TRY(stamp, wall_from_fractional_milliseconds(ms));
  CROSSBOOK_JSON(side, trade.find_field_unordered("side").get_string(), "side");
  CROSSBOOK_TRY(taker, taker_side(side));
  CROSSBOOK_TRY(amount, digits_field(trade, "amount", "amount"));
  CROSSBOOK_TRY(price, digits_field(trade, "price", "price"));
  return append_trade(context, *listing, {price, amount, taker, false, stamp}, batch);
}

Result<void> decode_futures_trade(Context& context, ondemand::object& trade, EventBatch& batch) {
  CROSSBOOK_JSON(symbol, trade.find_field_unordered("contract").get_string(), "contract");
  Listing* const listing = context.subject(symbol);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(ms, digits_field(trade, "create_time_ms", "create_time_ms"));
  CROSSBOOK_TRY(stamp, wall_from_fractional_milliseconds(ms));
  CROSSBOOK_TRY(signed_size, digits_field(trade, "size", "size"));
  CROSSBOOK_TRY(price, digits_field(trade, "price", "price"));
  const bool sold = signed_size.starts_with('-');
  std::string_view size = signed_size;
  if (sold) size.remove_prefix(1);
  return append_trade(context, *listing, {price, size, sold ? Side::ask : Side::bid, false, stamp}, batch);
}

// Spot sends one trade, futures an array of them.
Result<void> decode_trades(Context& context, ondemand::value result, EventBatch& batch) {
  CROSSBOOK_JSON(type, result.type(), "trades");
  if (type == ondemand::json_type::object) {
    CROSSBOOK_JSON(trade, result.get_object(), "a trade");
    return decode_spot_trade(context, trade, batch);
  }
  CROSSBOOK_JSON(trades, result.get_array(), "trades");
  for (auto element : trades) {
    CROSSBOOK_JSON(trade, element.get_object(), "a trade");
    CROSSBOOK_CHECKED(decode_futures_trade(context, trade, batch));
  }
  return {};
}

Result<void> decode_ticker(Context& context, ondemand::object& result, EventBatch& batch) {
  CROSSBOOK_JSON(symbol, result.find_field_unordered("s").get_string(), "s");
  Listing* const listing = context.subject(symbol);
  if (listing == nullptr) return {};
  Bbo bbo;
  bbo.listing = listing->id;
  CROSSBOOK_TRY(sequence, optional_integer(result, "u"));
  bbo.sequence = sequence;
  CROSSBOOK_TRY(stamp, optional_milliseconds(result, "t"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_touch(context, *listing, result, "b", "B"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_touch(context, *listing, result, "a", "A"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_result(Context& context, std::string_view channel, ondemand::value result, EventBatch& batch) {
  const bool book = channel == "order_book_update" || channel == "obu" || channel == "order_book";
  if (!book && channel != "trades" && channel != "trades_v2" && channel != "book_ticker") {
    if (channel == "tickers" || channel == "candlesticks") batch.kind = FrameKind::status;
    return {};
  }
  batch.kind = FrameKind::events;
  if (channel.starts_with("trades")) return decode_trades(context, result, batch);
  CROSSBOOK_JSON(content, result.get_object(), "result");
  if (channel == "order_book") return decode_window(context, content, batch);
  if (channel == "book_ticker") return decode_ticker(context, content, batch);
  return decode_update(context, channel, content, batch);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_TRY(channel_name, optional_text(message, "channel"));
  if (!channel_name) return {};  // the retired v3 protocol has a "method" instead
  const std::string_view channel = after(*channel_name, '.');
  CROSSBOOK_TRY(event, optional_text(message, "event"));
  CROSSBOOK_TRY(error, optional_field(message, "error"));
  if (error) {
    batch.kind = FrameKind::error;
    return {};
  }
  if (channel == "pong") batch.kind = FrameKind::heartbeat;
  if (event == "subscribe" || event == "unsubscribe") batch.kind = FrameKind::ack;
  if (event != "update" && event != "all") return {};
  CROSSBOOK_JSON(result, message.find_field_unordered("result"), "result");
  CROSSBOOK_CHECKED(decode_result(context, channel, result, batch));
  return fits(context);
}

// GET /spot/order_book?currency_pair=X&with_id=true and /futures/usdt/order_book?contract=X&with_id=true.
Result<void> decode_snapshot(Context& context, std::string_view symbol, ondemand::object& book, EventBatch& batch) {
  Listing* const listing = context.subject(symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  BookEvent event = begin_book(batch, *listing, BookEventKind::snapshot);
  event.from_rest = true;
  CROSSBOOK_TRY(id, integer_field(book, "id", "id"));
  event.sequence.last = id;
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::bid, book, "bids", batch));
  CROSSBOOK_CHECKED(append_levels(context, *listing, Side::ask, book, "asks", batch));
  finish_book(batch, event);
  return fits(context);
}

Result<void> fill(ondemand::object& entry, std::string_view key, std::optional<std::string>& into) {
  CROSSBOOK_TRY(value, optional_field(entry, key));
  if (!value) return {};
  CROSSBOOK_TRY(text, number_text(*value));
  into = std::string(text);
  return {};
}

// GET /spot/currency_pairs: precisions are numbers of decimals.
Result<void> fill_spot(Context& context, ondemand::object& entry) {
  CROSSBOOK_JSON(id, entry.find_field_unordered("id").get_string(), "id");
  Listing* const listing = context.listings.find(context.feed, id);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(precision, integer_field(entry, "precision", "precision"));
  listing->instrument.tick_size = decimal_step(static_cast<int>(precision));
  CROSSBOOK_TRY(amount_precision, integer_field(entry, "amount_precision", "amount_precision"));
  listing->instrument.lot_size = decimal_step(static_cast<int>(amount_precision));
  CROSSBOOK_CHECKED(fill(entry, "min_base_amount", listing->instrument.min_quantity));
  return fill(entry, "min_quote_amount", listing->instrument.min_notional);
}

// GET /futures/{usdt,btc}/contracts: an inverse contract has quanto_multiplier 0 and is worth 1 USD.
Result<void> fill_futures(Context& context, ondemand::object& entry) {
  CROSSBOOK_JSON(name, entry.find_field_unordered("name").get_string(), "name");
  Listing* const listing = context.listings.find(context.feed, name);
  if (listing == nullptr) return {};
  CROSSBOOK_CHECKED(fill(entry, "order_price_round", listing->instrument.tick_size));
  CROSSBOOK_CHECKED(fill(entry, "order_size_min", listing->instrument.min_quantity));
  listing->instrument.lot_size.emplace("1");
  if (listing->instrument.inverse) return {};
  return fill(entry, "quanto_multiplier", listing->instrument.contract_size);
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const bool book = url.find("/order_book") != std::string_view::npos;
  const bool spot = url.find("/spot/currency_pairs") != std::string_view::npos;
  const bool futures = url.find("/contracts") != std::string_view::npos;
  if (!book && !spot && !futures) return {};
  const bool of_pair = !query_value(url, "currency_pair").empty();
  const std::string_view symbol = query_value(url, of_pair ? "currency_pair" : "contract");
  if (book) static_cast<void>(context.subject(symbol));
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  if (book) {
    CROSSBOOK_TRY(snapshot, whole_object(document));
    return decode_snapshot(context, symbol, snapshot, batch);
  }
  CROSSBOOK_TRY(entries, whole_array(document));
  batch.kind = FrameKind::status;
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "an instrument");
    CROSSBOOK_CHECKED(spot ? fill_spot(context, entry) : fill_futures(context, entry));
  }
  return {};
}

constexpr Feed row(std::string_view name, std::string_view url, void (*describe_listing)(Listing&)) {
  return {.name = name,
          .venue = "gate",
          .url = url,
          .rule = SequenceRule::range,
          .snapshot = SnapshotSource::rest,
          .silence_max = seconds(60),
          .decode = decode,
          .decode_http = decode_http,
          .describe = describe_listing,
          .detects = "lost, duplicated and reordered messages",
          .misses = "wrong sizes: there is no checksum"};
}

}  // namespace

constinit const Feed gateio = row("gateio", "wss://api.gateio.ws/ws/v4/", describe);
constinit const Feed gateio_futures = row("gateio-futures", "wss://fx-ws.gateio.ws/v4/ws/usdt", describe_futures);

}  // namespace crossbook::venue
