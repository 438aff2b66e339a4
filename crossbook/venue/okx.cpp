// SPDX-License-Identifier: Apache-2.0
//
// OKX v5, from www.okx.com/docs-v5 (2026-06-27); OKCoin speaks the same:
//   {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8476.98","415","0","13"]],
//    "bids":[["8476.97","256","0","12"]],"ts":"1597026383085","checksum":0,"prevSeqId":123456,"seqId":123457}]}
// A level is [price, size, "0", number of orders]. Until 2023 the checksum was alive and the ids were missing; today it
// is the other way round and the checksum is 0.
#include <algorithm>
#include <array>

#include "crossbook/core/crc32.hpp"
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/instrument_texts.hpp"
#include "crossbook/venue/scanner.hpp"
#include "crossbook/venue/simdjson_path.hpp"
#include "crossbook/venue/strict.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

enum class Channel : std::uint8_t { unknown, book, top, trades, other };

struct Subscribed {
  Channel channel = Channel::unknown;
  std::uint32_t depth = 0;
  bool always_snapshot = false;
};

Subscribed subscribed(std::string_view name) {
  if (name == "books" || name == "books-l2-tbt") return {Channel::book, 400};
  if (name == "books50-l2-tbt") return {Channel::book, 50};
  if (name == "books5") return {Channel::book, 5, true};
  if (name == "bbo-tbt") return {Channel::top};
  if (name == "trades" || name == "trades-all") return {Channel::trades};
  constexpr std::array<std::string_view, 16> others{
      "tickers",       "instruments", "open-interest", "funding-rate",       "price-limit", "estimated-price",
      "index-tickers", "mark-price",  "status",        "liquidation-orders", "opt-summary", "adl-warning",
      "option-trades", "account",     "orders",        "positions"};
  if (name.find("candle") != std::string_view::npos || std::ranges::find(others, name) != others.end())
    return {Channel::other};
  return {};
}

// The outer object, read to where its data begins.
struct Message {
  SeenKeys seen;
  std::string_view channel;
  std::string_view symbol;
  std::string_view action;
  std::string_view event;
  Listing* listing = nullptr;
  Subscribed what;
};

Result<void> read_arg(Message& message, ondemand::object arg) {
  for (auto field_result : arg) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto key = field.key();
    if (key == "channel") {
      if (!message.channel.empty()) return failure(Errc::malformed, "each key once");
      CROSSBOOK_JSON(text, field.value().get_string(), "channel in quotes");
      message.channel = text;
    } else if (key == "instId") {
      if (!message.symbol.empty()) return failure(Errc::malformed, "each key once");
      CROSSBOOK_JSON(text, field.value().get_string(), "instId in quotes");
      message.symbol = text;
    }
  }
  message.what = subscribed(message.channel);
  return {};
}

// "1597026383085": a time in milliseconds, in quotes.
Result<Wall> read_stamp(std::string_view token) {
  CROSSBOOK_TRY(text, quoted(token, "ts in quotes"));
  CROSSBOOK_TRY(stamp, whole_number(text, "ts in milliseconds"));
  return wall_from_stamp(stamp);
}

enum BookKey : unsigned { asks, bids, ts, checksum, previous_id, last_id, book_keys };
constexpr std::array<std::pair<std::string_view, BookKey>, book_keys> book_key_names{{{"asks", asks},
                                                                                      {"bids", bids},
                                                                                      {"ts", ts},
                                                                                      {"checksum", checksum},
                                                                                      {"prevSeqId", previous_id},
                                                                                      {"seqId", last_id}}};

Result<void> read_book_field(Context& context, Listing& listing, BookKey key, ondemand::value value, BookEvent& book,
                             EventBatch& batch) {
  if (key == asks || key == bids) {
    const Side side = key == bids ? Side::bid : Side::ask;
    CROSSBOOK_CHECKED(read_levels(context, listing, side, value, batch, true));
    return {};
  }
  const std::string_view token = token_of(value);
  if (key == ts) {
    CROSSBOOK_TRY(at, read_stamp(token));
    book.ts_event = at;
    return {};
  }
  CROSSBOOK_TRY(number, whole_number(token, "a whole number"));
  if (key == previous_id) book.sequence.previous = number;
  if (key == last_id) book.sequence.last = number;
  if (key == checksum && number != 0) {  // 0 is "not sent"
    if (number != static_cast<std::int32_t>(number)) return failure(Errc::malformed, "a checksum of 32 bits");
    book.checksum = static_cast<std::uint32_t>(number);
  }
  return {};
}

Result<void> read_book(Context& context, const Message& message, ondemand::object object, EventBatch& batch) {
  BookEvent book;
  book.listing = message.listing->id;
  book.depth = message.what.depth;
  if (message.what.always_snapshot || message.action == "snapshot") book.kind = BookEventKind::snapshot;
  book.bids.begin = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.begin = static_cast<std::uint32_t>(batch.asks.size());
  SeenKeys seen;
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    const auto* const known = std::ranges::find_if(book_key_names, [&](const auto& k) { return name == k.first; });
    if (known == book_key_names.end()) continue;
    if (!seen.first_time(known->second)) return failure(Errc::malformed, "each key once");
    CROSSBOOK_CHECKED(read_book_field(context, *message.listing, known->second, field.value(), book, batch));
  }
  if (!seen.has(asks) || !seen.has(bids) || !seen.has(ts)) return failure(Errc::malformed, "asks, bids and ts");
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  return {};
}

// bbo-tbt is a book of one level a side, all of it each time: no rows is an empty side.
Result<void> turn_into_top(const BookEvent& book, EventBatch& batch) {
  Bbo bbo;
  bbo.listing = book.listing;
  bbo.ts_event = book.ts_event;
  bbo.sequence = book.sequence.last;
  const auto first = [](std::span<const Level> levels) { return levels.empty() ? Level{} : levels.front(); };
  bbo.bid = first(batch.bids_of(book));
  bbo.ask = first(batch.asks_of(book));
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> read_trade(Context& context, const Message& message, ondemand::object object, EventBatch& batch) {
  std::string_view price_token, size_token, side_token, ts_token;
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "px") price_token = token_of(field.value());
    if (name == "sz") size_token = token_of(field.value());
    if (name == "side") side_token = token_of(field.value());
    if (name == "ts") ts_token = token_of(field.value());
  }
  CROSSBOOK_TRY(price_text, quoted(price_token, "px in quotes"));
  CROSSBOOK_TRY(size_text, quoted(size_token, "sz in quotes"));
  if (side_token != R"("buy")" && side_token != R"("sell")") return failure(Errc::malformed, "side, buy or sell");
  Trade trade{.listing = message.listing->id, .price = {}, .quantity = {}};
  trade.taker = side_token == R"("buy")" ? Side::bid : Side::ask;
  CROSSBOOK_TRY(at, read_stamp(ts_token));
  trade.ts_event = at;
  CROSSBOOK_TRY(size, read_trade_quantity(context, *message.listing, size_text));
  trade.quantity = size;
  CROSSBOOK_TRY(price, read_price(context, *message.listing, price_text));
  trade.price = price;
  batch.trades.push_back(trade);
  return {};
}

Result<void> read_data(Context& context, const Message& message, ondemand::value value, EventBatch& batch) {
  CROSSBOOK_JSON(rows, value.get_array(), "data");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_object(), "an object of data");
    if (message.what.channel == Channel::trades) {
      CROSSBOOK_CHECKED(read_trade(context, message, row, batch));
    } else {
      CROSSBOOK_CHECKED(read_book(context, message, row, batch));
    }
  }
  return {};
}

// A best-bid-ask frame leaves no ladder behind.
Result<void> finish_books(const Message& message, EventBatch& batch) {
  if (message.what.channel == Channel::top) {
    for (const BookEvent& book : batch.books) CROSSBOOK_CHECKED(turn_into_top(book, batch));
    batch.books.clear();
    batch.bids.clear();
    batch.asks.clear();
    batch.wide_bids.clear();
    batch.wide_asks.clear();
  }
  if (std::ranges::none_of(batch.books, [](const BookEvent& book) { return book.checksum.has_value(); })) {
    batch.written_bids.clear();
    batch.written_asks.clear();
  }
  return {};
}

Result<void> read_events(Context& context, Message& message, ondemand::value value, EventBatch& batch) {
  const auto channel = message.what.channel;
  if (channel == Channel::unknown) return {};
  batch.kind = channel == Channel::other ? FrameKind::status : FrameKind::events;
  if (channel == Channel::other) return {};
  if (message.symbol.empty()) return failure(Errc::malformed, "instId");
  if (channel == Channel::book && !message.what.always_snapshot && message.action != "snapshot" &&
      message.action != "update")
    return failure(Errc::malformed, "action, snapshot or update");
  message.listing = context.subject(message.symbol);
  if (message.listing == nullptr) return {};
  return read_data(context, message, value, batch);
}

void read_answer(Context& context, const Message& message, EventBatch& batch) {
  if (message.event == "error") {
    batch.kind = FrameKind::error;
  } else if (message.event == "notice") {
    batch.kind = FrameKind::status;
  } else if (message.event == "subscribe" || message.event == "unsubscribe" || message.event == "login" ||
             message.event == "channel-conn-count" || message.event == "channel-conn-count-error") {
    batch.kind = message.event.ends_with("-error") ? FrameKind::error : FrameKind::ack;
  }
  if (message.symbol.empty() || batch.kind == FrameKind::unknown) return;
  if (const Listing* found = context.listings.find(context.feed, message.symbol)) batch.subject = found->id;
}

enum OuterKey : unsigned { arg, action, data, event };

Result<void> read_fields(Context& context, Message& message, ondemand::object object, EventBatch& batch) {
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, field_result, "a field");
    const auto name = field.key();
    if (name == "arg") {
      if (!message.seen.first_time(arg)) return failure(Errc::malformed, "each key once");
      CROSSBOOK_JSON(object_of_arg, field.value().get_object(), "arg");
      CROSSBOOK_CHECKED(read_arg(message, object_of_arg));
    } else if (name == "action") {
      if (!message.seen.first_time(action)) return failure(Errc::malformed, "each key once");
      CROSSBOOK_JSON(text, field.value().get_string(), "action in quotes");
      message.action = text;
    } else if (name == "event") {
      if (!message.seen.first_time(event)) return failure(Errc::malformed, "each key once");
      CROSSBOOK_JSON(text, field.value().get_string(), "event in quotes");
      message.event = text;
    } else if (name == "data" && message.seen.has(arg)) {
      if (!message.seen.first_time(data)) return failure(Errc::malformed, "each key once");
      CROSSBOOK_CHECKED(read_events(context, message, field.value(), batch));
    }
  }
  return {};
}

Result<void> decode_message(Context& context, std::string_view bytes, EventBatch& batch) {
  if (bytes == "pong") {
    batch.kind = FrameKind::heartbeat;
    return {};
  }
  Message message;
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_CHECKED(read_fields(context, message, object, batch));
  CROSSBOOK_CHECKED(ends(document));
  const auto channel = message.what.channel;
  if (!message.event.empty()) {
    read_answer(context, message, batch);
  } else if (!message.seen.has(data) && channel != Channel::unknown && channel != Channel::other) {
    return failure(Errc::malformed, "data");
  }
  CROSSBOOK_CHECKED(finish_books(message, batch));
  return fits(context);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_okx(context, bytes, batch)) [[likely]]
    return {};
  return decode_okx_simdjson(context, bytes, batch);
}

// GET /api/v5/market/books?instId=BTC-USDT: {"code":"0","msg":"","data":[{"asks":[..],"bids":[..],"ts":".."}]}
Result<void> decode_books_body(Context& context, std::string_view url, ondemand::object object, EventBatch& batch) {
  Message message;
  message.what = subscribed("books");
  message.action = "snapshot";
  message.symbol = query_value(url, "instId");
  if (message.symbol.empty()) return {};
  message.listing = context.subject(message.symbol);
  if (message.listing == nullptr) return {};
  CROSSBOOK_JSON(rows, object.find_field_unordered("data"), "data");
  CROSSBOOK_CHECKED(read_data(context, message, rows, batch));
  for (BookEvent& book : batch.books) {
    book.from_rest = true;
    book.depth = 0;
  }
  batch.kind = FrameKind::events;
  return finish_books(message, batch);
}

// GET /api/v5/public/instruments: {"code":"0","data":[{"instId":"BTC-USDT","tickSz":"0.1","lotSz":"0.00000001",..}]}
Result<void> decode_instruments_body(Context& context, ondemand::object object, EventBatch& batch) {
  CROSSBOOK_JSON(rows, object.find_field_unordered("data").get_array(), "data");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_object(), "an instrument");
    InstrumentTexts texts;
    for (auto field_result : row) {
      CROSSBOOK_JSON(field, field_result, "a field");
      const auto name = field.key();
      if (name == "instId") texts.raw_symbol = token_of(field.value());
      if (name == "tickSz") texts.tick_size = token_of(field.value());
      if (name == "lotSz") texts.lot_size = token_of(field.value());
      if (name == "minSz") texts.min_quantity = token_of(field.value());
      if (name == "ctVal") texts.contract_size = token_of(field.value());
    }
    CROSSBOOK_CHECKED(fill_instrument(context, texts));
  }
  batch.kind = FrameKind::status;
  return {};
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  const std::string_view path = url.substr(0, url.find('?'));
  const bool books = path.ends_with("/market/books") || path.ends_with("/market/books-full");
  if (!books && !path.ends_with("/public/instruments")) return {};
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(object, document.get_object(), "an object");
  CROSSBOOK_JSON(code, object.find_field_unordered("code").get_string(), "code in quotes");
  if (code != "0") {
    batch.kind = FrameKind::error;
    return {};
  }
  if (books) {
    CROSSBOOK_CHECKED(decode_books_body(context, url, object, batch));
  } else {
    CROSSBOOK_CHECKED(decode_instruments_body(context, object, batch));
  }
  return fits(context);
}

// One number as it was written: trailing zeros are digits here.
std::string_view as_written(std::span<char, decimal_text_max> buffer, std::int64_t count, int scale, int decimals) {
  std::string_view text = format_decimal(buffer, count, scale);
  const std::size_t point = text.find('.');
  const int have = point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
  if (have >= decimals) return text;
  // Move the text to the front and write the zeros behind it.
  char* end = std::ranges::copy(text, buffer.data()).out;
  if (point == std::string_view::npos) *end++ = '.';
  end = std::fill_n(end, decimals - have, '0');
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

// CRC-32 of bid price:bid size:ask price:ask size:.. over the best 25 levels, digits as sent; a side that has no such
// level is passed over (docs-v5, "Checksum", as it stood until 2023).
std::uint32_t checksum_of(const ChecksumInput& input) {
  Crc32 crc;
  bool first = true;
  const auto add = [&](std::span<const Level> levels, std::span<const WrittenDigits> written, std::size_t i) {
    if (i >= levels.size()) return;
    const WrittenDigits digits = i < written.size() ? written[i] : WrittenDigits{};
    std::array<char, decimal_text_max> buffer;
    if (!first) crc.update(":");
    first = false;
    crc.update(as_written(buffer, levels[i].price.count(), input.price_scale, digits.price_decimals)).update(":");
    crc.update(as_written(buffer, levels[i].quantity.count(), input.quantity_scale, digits.quantity_decimals));
  };
  for (std::size_t i = 0; i < 25; ++i) {
    add(input.bids, input.written_bids, i);
    add(input.asks, input.written_asks, i);
  }
  return crc.value();
}

// BTC-USDT is spot; BTC-USDT-SWAP, BTC-USD-SWAP and BTC-USD-220527 are contracts: linear ones of a size that the
// instrument list tells (BTC 0.01, ETH 0.1), inverse ones of 100 USD for BTC and 10 USD for the others.
void describe(Listing& listing) {
  listing.price_scale = 8;
  listing.quantity_scale = 8;
  const std::string_view raw = listing.raw_symbol;
  const std::size_t first = raw.find('-');
  const std::size_t second = first == std::string_view::npos ? first : raw.find('-', first + 1);
  const auto pair = split_at(raw.substr(0, second), '-');
  if (!pair) return;
  Instrument& instrument = listing.instrument;
  instrument.symbol = unified(*pair);
  if (second == std::string_view::npos) return;
  instrument.quantity_unit = QuantityUnit::contract;
  instrument.inverse = pair->quote == "USD";
  if (instrument.inverse) instrument.contract_size = pair->base == "BTC" ? "100" : "10";
  if (!instrument.inverse && pair->base == "BTC") instrument.contract_size = "0.01";
  if (!instrument.inverse && pair->base == "ETH") instrument.contract_size = "0.1";
  instrument.symbol += ":" + (instrument.inverse ? pair->base : pair->quote);
  const std::string_view expiry = raw.substr(second + 1);
  if (expiry != "SWAP") instrument.symbol.append("-").append(expiry);
}

constexpr Feed row(std::string_view name, std::string_view venue, std::string_view url) {
  return {.name = name,
          .venue = venue,
          .url = url,
          .rule = SequenceRule::previous,
          .snapshot = SnapshotSource::stream,
          .silence_max = seconds(35),  // a pong to the ping that is due before 30 s of silence
          .decode = decode,
          .decode_http = decode_http,
          .checksum = checksum_of,
          .checksum_levels = 25,
          .describe = describe,
          .detects = "lost, duplicated and reordered messages by prevSeqId; a wrong book by checksum until 2023",
          .misses = "loss in recordings that have neither ids nor a checksum"};
}

}  // namespace

Result<void> decode_okx_simdjson(Context& context, std::string_view bytes, EventBatch& batch) {
  auto result = decode_message(context, bytes, batch);
  if (!result && result.error().code == Errc::malformed)
    name_if_known(context, text_behind(bytes, R"("instId":")", "\""));
  return result;
}

constinit const Feed okx = row("okx", "okx", "wss://ws.okx.com:8443/ws/v5/public");
constinit const Feed okcoin = row("okcoin", "okcoin", "wss://real.okcoin.com:8443/ws/v5/public");

}  // namespace crossbook::venue
