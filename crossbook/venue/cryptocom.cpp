// SPDX-License-Identifier: Apache-2.0
//
// Crypto.com Exchange, two generations (exchange-docs.crypto.com; v1 as of 2026-09, v2 from a recording of 2021).
//   v2: {"code":0,"method":"subscribe","result":{"instrument_name":"BAND_USDT","subscription":"book.BAND_USDT.150",
//    "channel":"book","depth":150,"data":[{"bids":[[7.52,0.386,1]],"asks":[],"t":1637709518355}]}}
//   v1: the same with strings and "u"; then channel "book.update" with "data":[{"update":{"bids":[["1","0","0"]],
//    "asks":[]},"t":1,"u":12,"pu":11}]
// v2 sends the whole window every time and numbers nothing; v1 chains updates by pu. The rule is `previous`: numbers
// that are absent prove nothing. `cs` is undocumented and ignored. A subscription's first trade message is its history;
// only its length tells: it has more than 20 prints.
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

constexpr std::size_t live_prints_max = 20;

// Spot BTC_USDT; perpetual BTCUSD-PERP, linear and margined in USD.
void describe(Listing& listing) {
  std::string_view raw = listing.raw_symbol;
  if (!raw.ends_with("-PERP")) {
    if (const auto pair = split_at(raw, '_')) listing.instrument.symbol = unified(*pair);
    return;
  }
  raw.remove_suffix(5);
  if (const auto pair = split_joined(raw)) listing.instrument.symbol = unified(*pair) + ":" + pair->quote;
}

Result<void> append_sides(Context& context, Listing& listing, ondemand::object& sides, EventBatch& batch) {
  CROSSBOOK_TRY(bids, append_side(context, listing, Side::bid, sides, "bids", batch));
  CROSSBOOK_TRY(asks, append_side(context, listing, Side::ask, sides, "asks", batch));
  if (!bids && !asks) return failure(Errc::malformed, "bids or asks");
  return {};
}

Result<void> decode_book(Context& context, Listing& listing, bool snapshot, ondemand::object& book, EventBatch& batch) {
  BookEvent event = begin_book(batch, listing, snapshot ? BookEventKind::snapshot : BookEventKind::delta);
  CROSSBOOK_TRY(last, optional_integer(book, "u"));
  event.sequence.last = last;
  if (!snapshot) {
    CROSSBOOK_TRY(previous, integer_field(book, "pu", "pu"));
    event.sequence.previous = previous;
    if (!last) return failure(Errc::malformed, "u");
  }
  CROSSBOOK_TRY(changed, optional_milliseconds(book, "tt"));
  CROSSBOOK_TRY(published, optional_milliseconds(book, "t"));
  event.ts_event = changed ? changed : published;
  if (snapshot) {
    CROSSBOOK_CHECKED(append_sides(context, listing, book, batch));
  } else {
    CROSSBOOK_JSON(update, book.find_field_unordered("update").get_object(), "update");
    CROSSBOOK_CHECKED(append_sides(context, listing, update, batch));
  }
  finish_book(batch, event);
  return {};
}

Result<void> decode_trade(Context& context, Listing& listing, ondemand::object& trade, EventBatch& batch) {
  CROSSBOOK_TRY(stamp, optional_milliseconds(trade, "t"));
  CROSSBOOK_JSON(side, trade.find_field_unordered("s").get_string(), "s");
  CROSSBOOK_TRY(taker, taker_side(side));
  CROSSBOOK_TRY(price, digits_field(trade, "p", "p"));
  CROSSBOOK_TRY(quantity, digits_field(trade, "q", "q"));
  return append_trade(context, listing, {price, quantity, taker, false, stamp}, batch);
}

// v2 tickers have no sizes and make no event; v1 adds bs and ks.
Result<void> decode_ticker(Context& context, Listing& listing, ondemand::object& ticker, EventBatch& batch) {
  CROSSBOOK_TRY(size, optional_field(ticker, "bs"));
  if (!size) return {};
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(stamp, optional_milliseconds(ticker, "t"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_touch(context, listing, ticker, "b", "bs"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_touch(context, listing, ticker, "k", "ks"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_entry(Context& context, Listing& listing, std::string_view channel, ondemand::object& entry,
                          EventBatch& batch) {
  if (channel == "trade") return decode_trade(context, listing, entry, batch);
  if (channel == "ticker") return decode_ticker(context, listing, entry, batch);
  return decode_book(context, listing, channel == "book", entry, batch);
}

Result<void> decode_result(Context& context, ondemand::object& result, EventBatch& batch) {
  CROSSBOOK_TRY(channel, optional_text(result, "channel"));
  if (!channel) return {};
  if (*channel != "book" && *channel != "book.update" && *channel != "trade" && *channel != "ticker") {
    batch.kind = *channel == "candlestick" ? FrameKind::status : FrameKind::unknown;
    return {};
  }
  CROSSBOOK_JSON(symbol, result.find_field_unordered("instrument_name").get_string(), "instrument_name");
  Listing* const listing = context.subject(symbol);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  CROSSBOOK_JSON(entries, result.find_field_unordered("data").get_array(), "data");
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "an entry");
    CROSSBOOK_CHECKED(decode_entry(context, *listing, *channel, entry, batch));
  }
  oldest_first(batch);
  if (batch.trades.size() > live_prints_max)
    for (Trade& trade : batch.trades) trade.history = true;
  if (batch.books.empty() && batch.trades.empty() && batch.bbos.empty()) batch.kind = FrameKind::status;
  return fits(context);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_JSON(method, message.find_field_unordered("method").get_string(), "method");
  if (method == "public/heartbeat") {
    batch.kind = FrameKind::heartbeat;
    return {};
  }
  if (method != "subscribe" && method != "unsubscribe") return {};
  CROSSBOOK_TRY(code, optional_integer(message, "code"));
  if (code.value_or(0) != 0) {
    batch.kind = FrameKind::error;
    return {};
  }
  CROSSBOOK_TRY(result, optional_field(message, "result"));
  batch.kind = FrameKind::ack;
  if (!result) return {};
  CROSSBOOK_JSON(content, result->get_object(), "result");
  return decode_result(context, content, batch);
}

Result<void> fill_decimals(ondemand::object& entry, std::string_view key, std::optional<std::string>& step) {
  CROSSBOOK_TRY(decimals, optional_integer(entry, key));
  if (decimals) step = decimal_step(static_cast<int>(*decimals));
  return {};
}

Result<void> fill_text(ondemand::object& entry, std::string_view key, std::optional<std::string>& step) {
  CROSSBOOK_TRY(text, optional_text(entry, key));
  if (text) step = std::string(*text);
  return {};
}

// v2: result.instruments with instrument_name and decimals; v1: result.data with symbol and tick sizes.
Result<void> fill(Context& context, bool v1, ondemand::object& entry) {
  const std::string_view name_key = v1 ? "symbol" : "instrument_name";
  CROSSBOOK_JSON(name, entry.find_field_unordered(name_key).get_string(), "an instrument's name");
  Listing* const listing = context.listings.find(context.feed, name);
  if (listing == nullptr) return {};
  Instrument& instrument = listing->instrument;
  if (!v1) {
    CROSSBOOK_CHECKED(fill_decimals(entry, "price_decimals", instrument.tick_size));
    return fill_decimals(entry, "quantity_decimals", instrument.lot_size);
  }
  CROSSBOOK_CHECKED(fill_text(entry, "price_tick_size", instrument.tick_size));
  return fill_text(entry, "qty_tick_size", instrument.lot_size);
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  if (!url.ends_with("public/get-instruments")) return {};
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, whole_object(document));
  CROSSBOOK_TRY(code, optional_integer(body, "code"));
  batch.kind = code.value_or(0) == 0 ? FrameKind::status : FrameKind::error;
  if (batch.kind == FrameKind::error) return {};
  CROSSBOOK_JSON(result, body.find_field_unordered("result").get_object(), "result");
  CROSSBOOK_TRY(v2, optional_field(result, "instruments"));
  auto list = v2;
  if (!list) {
    CROSSBOOK_TRY(v1, optional_field(result, "data"));
    list = v1;
  }
  if (!list) return failure(Errc::malformed, "instruments or data");
  CROSSBOOK_JSON(entries, list->get_array(), "an array of instruments");
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "an instrument");
    CROSSBOOK_CHECKED(fill(context, !v2.has_value(), entry));
  }
  return {};
}

}  // namespace

constinit const Feed cryptocom{.name = "cryptocom",
                               .venue = "cryptocom",
                               .url = "wss://stream.crypto.com/exchange/v1/market",
                               .rule = SequenceRule::previous,
                               .silence_max = seconds(45),
                               .decode = decode,
                               .decode_http = decode_http,
                               .describe = describe,
                               .detects = "v1: lost, duplicated and reordered messages; v2: nothing",
                               .misses = "v2: lost messages, which the next whole window repairs"};

}  // namespace crossbook::venue
