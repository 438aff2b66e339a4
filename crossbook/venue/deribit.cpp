// SPDX-License-Identifier: Apache-2.0
//
// Deribit JSON-RPC v2 (docs.deribit.com, "book.{instrument_name}.{interval}"; recording of 2021, notes of 2026-09).
//   {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change",
//    "timestamp":1626993724318,"prev_change_id":64,"instrument_name":"BTC-PERPETUAL","change_id":355,
//    "bids":[["new",41000.5,100.0]],"asks":[["delete",41002,0]]}}}
// Rows are [action, price, amount] and amounts are absolute. change_id is shared between instruments: only
// prev_change_id == last change_id proves the chain. Before 2019-08 there was no type: a book without prev_change_id is
// a snapshot, as is one whose prev_change_id is 0. book.X.none.20.100ms sends whole windows of [price, amount].
#include <array>

#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/rows.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

// "24JUN22" as ccxt writes it: 220624; nothing where it is no date.
std::optional<std::string> expiry(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  if (text.size() != 6 && text.size() != 7) return {};
  const std::string_view day = text.substr(0, text.size() - 5);
  for (std::size_t month = 0; month < months.size(); ++month) {
    if (text.substr(day.size(), 3) != months[month]) continue;
    const std::string number = std::to_string(month + 1);
    return std::string(text.substr(text.size() - 2)) + (number.size() == 1 ? "0" : "") + number +
           (day.size() == 1 ? "0" : "") + std::string(day);
  }
  return {};
}

// BTC-PERPETUAL, BTC-27DEC26, BTC-24JUN22-15000-C (settled in BTC), BTC_USDC-PERPETUAL and so on (settled in USDC), and
// the spot pair BTC_USDC. Inverse futures count USD; everything else counts coins. Combinations keep their raw name.
void describe(Listing& listing) {
  const std::string_view raw = listing.raw_symbol;
  const std::string_view currency = before(raw, '-');
  std::string_view rest = after(raw, '-');
  const auto linear = split_at(currency, '_');
  Instrument& instrument = listing.instrument;
  if (rest.empty()) {
    if (linear) instrument.symbol = unified(*linear);
    return;
  }
  const Pair pair = linear ? *linear : Pair{std::string(currency), "USD"};
  std::string symbol = unified(pair) + ":" + (linear ? pair.quote : pair.base);
  const std::string_view date = before(rest, '-');
  const std::string_view option = after(rest, '-');
  const std::string_view right = after(option, '-');
  if (date != "PERPETUAL") {
    const auto day = expiry(date);
    if (!day) return;
    symbol += "-" + *day;
  }
  if (!option.empty()) {
    if (right != "C" && right != "P") return;
    std::string strike(before(option, '-'));
    if (const std::size_t point = strike.find('d'); point != std::string::npos) strike[point] = '.';  // 1d02 is 1.02
    symbol += "-" + strike + "-" + std::string(right);
  }
  instrument.symbol = symbol;
  instrument.inverse = !linear;
  if (instrument.inverse && option.empty()) {
    instrument.quantity_unit = QuantityUnit::contract;
    instrument.contract_size.emplace("1");  // amounts are sent in USD
  }
}

// [action, price, amount], or [price, amount] in grouped books.
Result<void> append_row(Context& context, Listing& listing, Side side, ondemand::array row, EventBatch& batch) {
  CROSSBOOK_TRY(first_two, row_cells<2>(row, "an action, a price and an amount"));
  const bool grouped = first_two[0] != "new" && first_two[0] != "change" && first_two[0] != "delete";
  if (grouped) return append_level(context, listing, side, first_two[0], first_two[1], batch);
  row.reset();
  CROSSBOOK_TRY(cells, row_cells<3>(row, "an action, a price and an amount"));
  return append_level(context, listing, side, cells[1], cells[0] == "delete" ? "0" : cells[2], batch);
}

Result<void> append_action_rows(Context& context, Listing& listing, Side side, ondemand::object& book,
                                EventBatch& batch) {
  CROSSBOOK_JSON(rows, book.find_field_unordered(side == Side::bid ? "bids" : "asks").get_array(), "bids and asks");
  for (auto element : rows) {
    CROSSBOOK_JSON(row, element.get_array(), "a level");
    CROSSBOOK_CHECKED(append_row(context, listing, side, row, batch));
  }
  return {};
}

Result<BookEventKind> book_kind(ondemand::object& book, std::optional<std::int64_t> previous) {
  CROSSBOOK_TRY(type, optional_text(book, "type"));
  if (type && *type != "snapshot" && *type != "change") return failure(Errc::malformed, "snapshot or change");
  if (type == "change" && !previous) return failure(Errc::malformed, "prev_change_id");
  return type == "snapshot" || previous.value_or(0) == 0 ? BookEventKind::snapshot : BookEventKind::delta;
}

Result<void> decode_book(Context& context, Listing& listing, ondemand::object& book, EventBatch& batch) {
  CROSSBOOK_TRY(previous, optional_integer(book, "prev_change_id"));
  CROSSBOOK_TRY(kind, book_kind(book, previous));
  BookEvent event = begin_book(batch, listing, kind);
  CROSSBOOK_TRY(last, integer_field(book, "change_id", "change_id"));
  event.sequence.last = last;
  if (kind == BookEventKind::delta) event.sequence.previous = previous;
  CROSSBOOK_TRY(stamp, optional_milliseconds(book, "timestamp"));
  event.ts_event = stamp;
  CROSSBOOK_CHECKED(append_action_rows(context, listing, Side::bid, book, batch));
  CROSSBOOK_CHECKED(append_action_rows(context, listing, Side::ask, book, batch));
  finish_book(batch, event);
  return {};
}

// Quotes and tickers: an empty side has price and amount 0.
Result<void> decode_quote(Context& context, Listing& listing, ondemand::object& quote, EventBatch& batch) {
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(stamp, optional_milliseconds(quote, "timestamp"));
  bbo.ts_event = stamp;
  CROSSBOOK_TRY(bid, read_touch(context, listing, quote, "best_bid_price", "best_bid_amount"));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_touch(context, listing, quote, "best_ask_price", "best_ask_amount"));
  bbo.ask = ask;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_trade(Context& context, Listing& listing, ondemand::object& trade, EventBatch& batch) {
  CROSSBOOK_TRY(stamp, optional_milliseconds(trade, "timestamp"));
  CROSSBOOK_JSON(direction, trade.find_field_unordered("direction").get_string(), "direction");
  CROSSBOOK_TRY(taker, taker_side(direction));
  CROSSBOOK_TRY(price, digits_field(trade, "price", "price"));
  CROSSBOOK_TRY(amount, digits_field(trade, "amount", "amount"));
  return append_trade(context, listing, {price, amount, taker, false, stamp}, batch);
}

// trades.any.BTC.100ms carries several instruments: each print names its own.
Result<void> decode_trades(Context& context, ondemand::array trades, EventBatch& batch) {
  for (auto element : trades) {
    CROSSBOOK_JSON(trade, element.get_object(), "a trade");
    CROSSBOOK_JSON(name, trade.find_field_unordered("instrument_name").get_string(), "instrument_name");
    if (Listing* const listing = context.subject(name))
      CROSSBOOK_CHECKED(decode_trade(context, *listing, trade, batch));
  }
  return {};
}

Result<void> decode_subscription(Context& context, ondemand::object& params, EventBatch& batch) {
  CROSSBOOK_JSON(channel, params.find_field_unordered("channel").get_string(), "channel");
  const std::string_view kind = before(channel, '.');
  if (kind != "book" && kind != "trades" && kind != "quote" && kind != "ticker") {
    if (kind == "chart" || kind.starts_with("deribit_") || kind == "platform_state" || kind == "instrument")
      batch.kind = FrameKind::status;
    return {};
  }
  batch.kind = FrameKind::events;
  Listing* const listing = kind == "trades" ? nullptr : context.subject(before(after(channel, '.'), '.'));
  if (kind == "trades") {
    CROSSBOOK_JSON(trades, params.find_field_unordered("data").get_array(), "data");
    return decode_trades(context, trades, batch);
  }
  if (listing == nullptr) return {};
  CROSSBOOK_JSON(content, params.find_field_unordered("data").get_object(), "data");
  if (kind == "book") return decode_book(context, *listing, content, batch);
  return decode_quote(context, *listing, content, batch);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(message, whole_object(document));
  CROSSBOOK_TRY(method, optional_text(message, "method"));
  if (!method) {
    CROSSBOOK_TRY(error, optional_field(message, "error"));
    CROSSBOOK_TRY(result, optional_field(message, "result"));
    if (error || result) batch.kind = error ? FrameKind::error : FrameKind::ack;
    return {};
  }
  if (*method == "heartbeat") batch.kind = FrameKind::heartbeat;
  if (*method != "subscription") return {};
  CROSSBOOK_JSON(params, message.find_field_unordered("params").get_object(), "params");
  CROSSBOOK_CHECKED(decode_subscription(context, params, batch));
  return fits(context);
}

// GET /api/v2/public/get_order_book?instrument_name=X.
Result<void> decode_snapshot(Context& context, std::string_view name, ondemand::object& book, EventBatch& batch) {
  Listing* const listing = context.subject(name);
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  CROSSBOOK_CHECKED(decode_book(context, *listing, book, batch));
  batch.books.back().kind = BookEventKind::snapshot;
  batch.books.back().from_rest = true;
  return fits(context);
}

Result<void> fill(ondemand::object& entry, std::string_view key, std::optional<std::string>& into) {
  CROSSBOOK_TRY(value, optional_field(entry, key));
  if (!value) return {};
  CROSSBOOK_TRY(text, number_text(*value));
  CROSSBOOK_TRY(shape, decimal_shape(text));
  CROSSBOOK_TRY(count, parse_decimal_wide(text, shape.scale));
  into = format_decimal(count, shape.scale);
  return {};
}

// GET /api/v2/public/get_instruments. contract_size counts what amounts count already: not ours.
Result<void> decode_instruments(Context& context, ondemand::array entries) {
  for (auto element : entries) {
    CROSSBOOK_JSON(entry, element.get_object(), "an instrument");
    CROSSBOOK_JSON(name, entry.find_field_unordered("instrument_name").get_string(), "instrument_name");
    Listing* const listing = context.listings.find(context.feed, name);
    if (listing == nullptr) continue;
    CROSSBOOK_CHECKED(fill(entry, "tick_size", listing->instrument.tick_size));
    CROSSBOOK_CHECKED(fill(entry, "min_trade_amount", listing->instrument.min_quantity));
    listing->instrument.lot_size = listing->instrument.min_quantity;
  }
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const bool book = url.find("/get_order_book") != std::string_view::npos;
  const bool instruments = url.find("/get_instruments") != std::string_view::npos;
  if (!book && !instruments) return {};
  const std::string_view name = query_value(url, "instrument_name");
  if (book) static_cast<void>(context.subject(name));
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_TRY(body, whole_object(document));
  CROSSBOOK_TRY(result, optional_field(body, "result"));
  batch.kind = result ? FrameKind::status : FrameKind::error;
  if (!result) return {};
  if (book) {
    CROSSBOOK_JSON(snapshot, result->get_object(), "result");
    return decode_snapshot(context, name, snapshot, batch);
  }
  CROSSBOOK_JSON(entries, result->get_array(), "result");
  return decode_instruments(context, entries);
}

}  // namespace

constinit const Feed deribit{.name = "deribit",
                             .venue = "deribit",
                             .url = "wss://www.deribit.com/ws/api/v2",
                             .rule = SequenceRule::previous,
                             .silence_max = seconds(60),
                             .decode = decode,
                             .decode_http = decode_http,
                             .describe = describe,
                             .detects = "lost, duplicated and reordered messages",
                             .misses = "wrong sizes: there is no checksum"};

}  // namespace crossbook::venue
