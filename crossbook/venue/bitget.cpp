// SPDX-License-Identifier: Apache-2.0
//
// Bitget, three generations of one protocol (www.bitget.com/api-doc, v2 and UTA v3 as of 2026-09; v1 from recordings of
// 2022).
//   v1 and v2: {"action":"update","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[],
//    "bids":[["0.00519","30828.52"]],"checksum":-139104,"ts":"1789456512452","seq":427,"pseq":426}],"ts":1789456512453}
//   v3: "topic" and "symbol" in arg, "a" and "b" in data.
// v1 has a checksum over the digits as sent and no numbers, v2 and v3 have seq and pseq and, since 2026, a checksum of
// 0 or none. The rule is `previous`: numbers that are absent prove nothing, and the checksum stands beside it. A raw
// symbol is <INSTTYPE>:<instId>, since one instId exists on several markets.
#include <algorithm>
#include <array>

#include "crossbook/core/crc32.hpp"
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

// SP and SPOT are spot; MC (v1, all derivatives) and USDT-FUTURES, USDC-FUTURES, COIN-FUTURES perpetuals in base units.
// BTCPERP is margined in USDC, BTCUSD in BTC.
void describe(Listing& listing) {
  const std::string_view type = before(listing.raw_symbol, ':');
  std::string_view id = after(listing.raw_symbol, ':');
  Instrument& instrument = listing.instrument;
  if (type == "SP" || type == "SPOT") {
    if (const auto pair = split_joined(id)) instrument.symbol = unified(*pair);
    return;
  }
  if (type != "MC" && !type.ends_with("-FUTURES")) return;
  if (id.ends_with("PERP")) {
    id.remove_suffix(4);
    instrument.symbol = unified({std::string(id), "USDC"}) + ":USDC";
    return;
  }
  const auto pair = split_joined(id);
  if (!pair) return;
  instrument.inverse = pair->quote == "USD";
  instrument.symbol = unified(*pair) + ":" + (instrument.inverse ? pair->base : pair->quote);
}

// <INSTTYPE>:<instId> without an allocation.
class RawSymbol {
 public:
  // Errors: malformed where the two are longer than any that the venue lists.
  Result<std::string_view> join(std::string_view type, std::string_view id) {
    if (type.size() + id.size() + 1 > text_.size()) return failure(Errc::malformed, "an instType and an instId");
    char* end = std::transform(type.begin(), type.end(), text_.data(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    *end++ = ':';
    end = std::copy(id.begin(), id.end(), end);
    return std::string_view(text_.data(), static_cast<std::size_t>(end - text_.data()));
  }

 private:
  std::array<char, 96> text_;
};

struct Arg {
  std::string_view channel;
  Listing* listing = nullptr;
};

Result<Arg> read_arg(Context& context, ondemand::object& message) {
  CROSSBOOK_JSON(arg, message.find_field_unordered("arg").get_object(), "arg");
  CROSSBOOK_JSON(type, arg.find_field_unordered("instType").get_string(), "instType");
  CROSSBOOK_TRY(channel, optional_text(arg, "channel"));
  CROSSBOOK_TRY(topic, optional_text(arg, "topic"));
  CROSSBOOK_TRY(id, optional_text(arg, "instId"));
  CROSSBOOK_TRY(symbol, optional_text(arg, "symbol"));
  if ((!channel && !topic) || (!id && !symbol)) return failure(Errc::malformed, "a channel and a symbol");
  RawSymbol raw;
  CROSSBOOK_TRY(name, raw.join(type, id ? *id : *symbol));
  return Arg{channel ? *channel : *topic, context.subject(name)};
}

Result<void> append_written_side(Context& context, Listing& listing, Side side, ondemand::object& book,
                                 EventBatch& batch) {
  CROSSBOOK_TRY(long_name, optional_field(book, side == Side::bid ? "bids" : "asks"));
  auto field = long_name;
  if (!field) {
    CROSSBOOK_TRY(short_name, optional_field(book, side == Side::bid ? "b" : "a"));
    field = short_name;
  }
  if (!field) return failure(Errc::malformed, "both sides of a book");
  CROSSBOOK_JSON(rows, field->get_array(), "an array of levels");
  for (auto element : rows) {
    CROSSBOOK_JSON(row, element.get_array(), "a level");
    CROSSBOOK_TRY(cells, row_cells<2>(row, "a price and a size"));
    CROSSBOOK_CHECKED(append_written_level(context, listing, side, cells[0], cells[1], batch));
  }
  return {};
}

Result<void> decode_book(Context& context, Listing& listing, bool snapshot, ondemand::object& book, EventBatch& batch) {
  BookEvent event = begin_book(batch, listing, snapshot ? BookEventKind::snapshot : BookEventKind::delta);
  CROSSBOOK_CHECKED(append_written_side(context, listing, Side::bid, book, batch));
  CROSSBOOK_CHECKED(append_written_side(context, listing, Side::ask, book, batch));
  CROSSBOOK_TRY(checksum, optional_integer(book, "checksum"));
  if (checksum && *checksum != 0) event.checksum = static_cast<std::uint32_t>(*checksum);
  CROSSBOOK_TRY(seq, optional_integer(book, "seq"));
  event.sequence.last = seq;
  if (!snapshot) {
    CROSSBOOK_TRY(pseq, optional_integer(book, "pseq"));
    event.sequence.previous = pseq;
  }
  CROSSBOOK_TRY(stamp, optional_milliseconds(book, "ts"));
  event.ts_event = stamp;
  finish_book(batch, event);
  return {};
}

// v1: ["1649290076980","113.37","0.49","sell"].
Result<void> decode_trade_row(Context& context, Listing& listing, ondemand::array row, bool history,
                              EventBatch& batch) {
  CROSSBOOK_TRY(cells, row_cells<4>(row, "a trade's time, price, size and side"));
  CROSSBOOK_TRY(ms, read_integer(cells[0]));
  CROSSBOOK_TRY(taker, taker_side(cells[3]));
  return append_trade(context, listing, {cells[1], cells[2], taker, history, wall_from_milliseconds(ms)}, batch);
}

// v2: {"ts","price","size","side","tradeId"}; v3: {"T","p","v","S","i"}.
Result<void> decode_trade_object(Context& context, Listing& listing, ondemand::object& trade, bool history,
                                 EventBatch& batch) {
  CROSSBOOK_TRY(long_names, optional_field(trade, "price"));
  const bool v2 = long_names.has_value();
  CROSSBOOK_TRY(stamp, optional_milliseconds(trade, v2 ? "ts" : "T"));
  CROSSBOOK_TRY(price, digits_field(trade, v2 ? "price" : "p", "price"));
  CROSSBOOK_TRY(size, digits_field(trade, v2 ? "size" : "v", "size"));
  CROSSBOOK_JSON(side, trade.find_field_unordered(v2 ? "side" : "S").get_string(), "side");
  CROSSBOOK_TRY(taker, taker_side(side));
  return append_trade(context, listing, {price, size, taker, history, stamp}, batch);
}

Result<void> decode_trade(Context& context, Listing& listing, ondemand::value trade, bool history, EventBatch& batch) {
  CROSSBOOK_JSON(type, trade.type(), "a trade");
  if (type == ondemand::json_type::array) {
    CROSSBOOK_JSON(row, trade.get_array(), "a trade");
    return decode_trade_row(context, listing, row, history, batch);
  }
  CROSSBOOK_JSON(object, trade.get_object(), "a trade");
  return decode_trade_object(context, listing, object, history, batch);
}

// v2 and v3 give the sizes of the best prices; v1 does not, and rounds the prices: no event.
Result<void> decode_ticker(Context& context, Listing& listing, ondemand::object& ticker, EventBatch& batch) {
  CROSSBOOK_TRY(v2, optional_field(ticker, "bidSz"));
  CROSSBOOK_TRY(v3, optional_field(ticker, "bid1Size"));
  if (!v2 && !v3) return {};
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(stamp, optional_milliseconds(ticker, "ts"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, v2 ? read_touch(context, listing, ticker, "bidPr", "bidSz")
                        : read_touch(context, listing, ticker, "bid1Price", "bid1Size"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, v2 ? read_touch(context, listing, ticker, "askPr", "askSz")
                        : read_touch(context, listing, ticker, "ask1Price", "ask1Size"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

// books1 is the best level a side: decoded as a book, then turned into a best bid and ask.
Result<void> decode_best(Context& context, Listing& listing, ondemand::object& book, EventBatch& batch) {
  CROSSBOOK_CHECKED(decode_book(context, listing, true, book, batch));
  const BookEvent event = batch.books.back();
  batch.books.pop_back();
  Bbo bbo;
  bbo.listing = listing.id;
  bbo.sequence = event.sequence.last;
  bbo.ts_event = event.ts_event;
  if (event.bids.size() > 0) bbo.bid = batch.bids[event.bids.begin];
  if (event.asks.size() > 0) bbo.ask = batch.asks[event.asks.begin];
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_entry(Context& context, const Arg& arg, bool snapshot, ondemand::value entry, EventBatch& batch) {
  if (arg.channel == "trade" || arg.channel == "publicTrade")
    return decode_trade(context, *arg.listing, entry, snapshot, batch);
  CROSSBOOK_JSON(object, entry.get_object(), "an object");
  if (arg.channel == "ticker") return decode_ticker(context, *arg.listing, object, batch);
  if (arg.channel == "books1") return decode_best(context, *arg.listing, object, batch);
  // books5, books15 and books50 send their whole window every time, whatever the action is called.
  return decode_book(context, *arg.listing, snapshot || arg.channel != "books", object, batch);
}

Result<void> decode_push(Context& context, const Arg& arg, std::string_view action, ondemand::object& message,
                         EventBatch& batch) {
  if (action != "snapshot" && action != "update") return failure(Errc::malformed, "snapshot or update");
  const bool known = arg.channel.starts_with("books") || arg.channel == "trade" || arg.channel == "publicTrade" ||
                     arg.channel == "ticker";
  if (!known) {
    if (arg.channel.starts_with("candle") || arg.channel == "kline") batch.kind = FrameKind::status;
    return {};
  }
  batch.kind = FrameKind::events;
  if (arg.listing == nullptr) return {};
  CROSSBOOK_JSON(entries, message.find_field_unordered("data").get_array(), "data");
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element, "an entry");
    CROSSBOOK_CHECKED(decode_entry(context, arg, action == "snapshot", entry, batch));
  }
  oldest_first(batch);
  if (batch.books.empty() && batch.trades.empty() && batch.bbos.empty()) batch.kind = FrameKind::status;
  return fits(context);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (bytes == "pong" || bytes == "ping") {  // text, not JSON
    batch.kind = FrameKind::heartbeat;
    return {};
  }
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_TRY(event, optional_text(message, "event"));
  if (event) {
    if (*event == "subscribe" || *event == "unsubscribe" || *event == "login") batch.kind = FrameKind::ack;
    if (*event == "error") batch.kind = FrameKind::error;
    return {};
  }
  CROSSBOOK_TRY(action, optional_text(message, "action"));
  if (!action) return {};
  CROSSBOOK_TRY(arg, read_arg(context, message));
  return decode_push(context, arg, *action, message, batch);
}

// GET /api/v2/spot/public/symbols: precisions are numbers of decimals.
Result<void> fill_spot(Context& context, ondemand::object& entry) {
  CROSSBOOK_JSON(symbol, entry.find_field_unordered("symbol").get_string(), "symbol");
  RawSymbol raw;
  CROSSBOOK_TRY(name, raw.join("SPOT", symbol));
  Listing* const listing = context.listings.find(context.feed, name);
  if (listing == nullptr) return {};
  CROSSBOOK_TRY(price_precision, integer_field(entry, "pricePrecision", "pricePrecision"));
  listing->instrument.tick_size = decimal_step(static_cast<int>(price_precision));
  CROSSBOOK_TRY(quantity_precision, integer_field(entry, "quantityPrecision", "quantityPrecision"));
  listing->instrument.lot_size = decimal_step(static_cast<int>(quantity_precision));
  CROSSBOOK_TRY(quantity, optional_text(entry, "minTradeAmount"));
  if (quantity) listing->instrument.min_quantity = std::string(*quantity);
  CROSSBOOK_TRY(notional, optional_text(entry, "minTradeUSDT"));
  if (notional) listing->instrument.min_notional = std::string(*notional);
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  if (url.find("/api/v2/spot/public/symbols") == std::string_view::npos) return {};
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, whole_object(document));
  CROSSBOOK_TRY(code, optional_text(body, "code"));
  batch.kind = code.value_or("") == "00000" ? FrameKind::status : FrameKind::error;
  if (batch.kind == FrameKind::error) return {};
  CROSSBOOK_JSON(entries, body.find_field_unordered("data").get_array(), "data");
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "a symbol");
    CROSSBOOK_CHECKED(fill_spot(context, entry));
  }
  return {};
}

// A count at its scale with as many decimals as the venue wrote: 2750 at scale 3 with 4 decimals is "2.7500".
void feed_written(Crc32& crc, std::int64_t count, int scale, int decimals) {
  std::array<char, decimal_text_max> buffer;
  const std::string_view shortest = format_decimal(buffer, count, scale);
  crc.update(shortest);
  const std::size_t point = shortest.find('.');
  const std::size_t have = point == std::string_view::npos ? 0 : shortest.size() - point - 1;
  if (decimals > 0 && point == std::string_view::npos) crc.update(".");
  constexpr std::string_view zeros = "000000000000000000000000";
  if (static_cast<std::size_t>(decimals) > have) crc.update(zeros.substr(0, static_cast<std::size_t>(decimals) - have));
}

// CRC-32 of bid:size:ask:size of the best 25 levels, interleaved, digits as sent; a side that has fewer is left out.
std::uint32_t checksum(const ChecksumInput& input) {
  Crc32 crc;
  bool first = true;
  const auto feed_level = [&](const Level& level, std::span<const WrittenDigits> written, std::size_t i) {
    if (!first) crc.update(":");
    first = false;
    const WrittenDigits digits = i < written.size() ? written[i] : WrittenDigits{};
    feed_written(crc, level.price.count(), input.price_scale, digits.price_decimals);
    crc.update(":");
    feed_written(crc, level.quantity.count(), input.quantity_scale, digits.quantity_decimals);
  };
  for (std::size_t i = 0; i < 25; ++i) {
    if (i < input.bids.size()) feed_level(input.bids[i], input.written_bids, i);
    if (i < input.asks.size()) feed_level(input.asks[i], input.written_asks, i);
  }
  return crc.value();
}

}  // namespace

constinit const Feed bitget{
    .name = "bitget",
    .venue = "bitget",
    .url = "wss://ws.bitget.com/v2/ws/public",
    .rule = SequenceRule::previous,
    .silence_max = seconds(60),
    .decode = decode,
    .decode_http = decode_http,
    .checksum = checksum,
    .checksum_levels = 25,
    .describe = describe,
    .detects = "v2, v3: lost, duplicated and reordered messages; v1: wrong levels among the best 25",
    .misses = "v1: a lost message whose changes lie below the best 25 levels"};

}  // namespace crossbook::venue
