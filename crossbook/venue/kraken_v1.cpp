// SPDX-License-Identifier: Apache-2.0
//
// Kraken spot, WebSocket v1 (docs.kraken.com, "Spot WebSockets v1", retired generation; the rest from a recording of
// 2021-04-05). The depth stands in the channel's name. A snapshot has no checksum; an update's checksum is that of the
// book after the whole frame, also where the frame holds one object per side. A fourth element "r" marks a level that
// came back into the depth: a level like any other.
//   [320,{"as":[["58729.40000","0.45000000","1617666423.606671"]],"bs":[]},"book-1000","XBT/USD"]
//   [320,{"a":[["58799.40000","0.00000000","1617666423.753274"]]},{"b":[],"c":"974947235"},"book-1000","XBT/USD"]
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/fields.hpp"
#include "crossbook/venue/kraken_book.hpp"
#include "crossbook/venue/scan_cursor.hpp"

namespace crossbook::venue {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// The last two strings of the frame, which say what the payloads before them are.
struct Tail {
  std::string_view channel;
  std::string_view pair;
};

void trim_right(std::string_view& text) { text = text.substr(0, text.find_last_not_of(blanks) + 1); }

bool take_last(std::string_view& text, char expected) {
  trim_right(text);
  if (text.empty() || text.back() != expected) return false;
  text.remove_suffix(1);
  return true;
}

std::optional<std::string_view> take_last_string(std::string_view& text) {
  if (!take_last(text, '"')) return {};
  const std::size_t quote = text.rfind('"');
  if (quote == std::string_view::npos) return {};
  const std::string_view result = text.substr(quote + 1);
  text = text.substr(0, quote);
  return result;
}

Result<Tail> read_tail(std::string_view frame) {
  constexpr auto what = "a channel name and a pair at the end";
  if (!take_last(frame, ']')) return failure(Errc::malformed, what);
  const auto pair = take_last_string(frame);
  if (!pair || !take_last(frame, ',')) return failure(Errc::malformed, what);
  const auto channel = take_last_string(frame);
  if (!channel || !take_last(frame, ',')) return failure(Errc::malformed, what);
  return Tail{*channel, *pair};
}

// Seconds with a fraction, as text: "1617666423.690142".
Result<Wall> read_seconds(std::string_view text) {
  if (const auto micros = parse_decimal(text, 6); micros && *micros >= 0 && *micros < 9'000'000'000'000'000) [[likely]]
    return wall_from_microseconds(*micros);
  CROSSBOOK_TRY(nanos, parse_decimal(text, 9));
  if (nanos < 0) return failure(Errc::malformed, "a time since 1970");
  return Wall(nanos);
}

bool later(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() > b.size() : a > b; }

// What the levels of one frame have in common.
struct BookFrame {
  Listing& listing;
  BookEvent event;
  std::string_view latest;  // the latest time of its levels, as text
};

Result<std::string_view> next_text(ondemand::array_iterator& at, const ondemand::array_iterator& end,
                                   const char* what) {
  if (at == end) return failure(Errc::malformed, what);
  CROSSBOOK_JSON(element, *at, what);
  return string_text(element);
}

// ["58719.70000","0.00000000","1617666423.693648"] and perhaps "r"
Result<void> append_row(Context& context, BookFrame& frame, Side side, ondemand::array& row, EventBatch& batch) {
  CROSSBOOK_JSON(at, row.begin(), "a level");
  CROSSBOOK_JSON(end, row.end(), "a level");
  CROSSBOOK_TRY(price, next_text(at, end, "a price"));
  ++at;
  CROSSBOOK_TRY(quantity, next_text(at, end, "a volume"));
  ++at;
  CROSSBOOK_TRY(time, next_text(at, end, "a time"));
  ++at;
  while (at != end) {
    CROSSBOOK_TRY(mark, next_text(at, end, "r"));
    if (mark != "r") return failure(Errc::malformed, "r");
    ++at;
  }
  if (later(time, frame.latest)) frame.latest = time;
  return kraken_book::append(context, frame.listing, side, price, quantity, frame.event, batch);
}

Result<void> append_side(Context& context, BookFrame& frame, Side side, ondemand::value value, EventBatch& batch) {
  CROSSBOOK_JSON(rows, value.get_array(), "levels");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_array(), "a level");
    CROSSBOOK_CHECKED(append_row(context, frame, side, row, batch));
  }
  return {};
}

Result<std::uint32_t> read_checksum(ondemand::value value) {
  CROSSBOOK_TRY(text, string_text(value));
  CROSSBOOK_TRY(number, read_integer(text));
  if (number < 0 || number > 0xFFFFFFFF) return failure(Errc::malformed, "a checksum of 32 bits");
  return static_cast<std::uint32_t>(number);
}

// One of the frame's objects: {"as","bs"}, {"a"}, {"b"}, with "c" in the last.
Result<void> decode_sides(Context& context, BookFrame& frame, ondemand::value payload, EventBatch& batch) {
  CROSSBOOK_JSON(object, payload.get_object(), "levels by side");
  for (auto field_result : object) {
    CROSSBOOK_JSON(field, std::move(field_result), "a side");
    const ondemand::raw_json_string key = field.key();
    if (key == "a" || key == "as") {
      CROSSBOOK_CHECKED(append_side(context, frame, Side::ask, field.value(), batch));
    } else if (key == "b" || key == "bs") {
      CROSSBOOK_CHECKED(append_side(context, frame, Side::bid, field.value(), batch));
    } else if (key == "c") {
      CROSSBOOK_TRY(checksum, read_checksum(field.value()));
      frame.event.checksum = checksum;
    }
    if (key == "as" || key == "bs") frame.event.kind = BookEventKind::snapshot;
  }
  return {};
}

Result<void> finish_book(BookFrame& frame, EventBatch& batch) {
  if (!frame.latest.empty()) {
    CROSSBOOK_TRY(stamp, read_seconds(frame.latest));
    frame.event.ts_event = stamp;
  }
  frame.event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  frame.event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(frame.event);
  return {};
}

// "1000" of "book-1000"; a bare "book" is the default depth.
Result<std::uint32_t> read_depth(std::string_view channel) {
  channel.remove_prefix(std::string_view("book").size());
  if (channel.empty()) return 10U;
  CROSSBOOK_TRY(depth, read_integer(channel.substr(1)));
  if (channel.front() != '-' || depth <= 0 || depth > 1000) return failure(Errc::malformed, "a depth up to 1000");
  return static_cast<std::uint32_t>(depth);
}

// ["58721.20000","0.02798644","1617666461.465618","s","m",""]: price, volume, time, taker's side, order type, misc
Result<void> decode_trade(Context& context, Listing& listing, ondemand::array& row, EventBatch& batch) {
  CROSSBOOK_JSON(at, row.begin(), "a trade");
  CROSSBOOK_JSON(end, row.end(), "a trade");
  Trade trade;
  trade.listing = listing.id;
  CROSSBOOK_TRY(price_text, next_text(at, end, "a price"));
  CROSSBOOK_TRY(price, read_price(context, listing, price_text));
  trade.price = price;
  ++at;
  CROSSBOOK_TRY(quantity_text, next_text(at, end, "a volume"));
  CROSSBOOK_TRY(quantity, read_trade_quantity(context, listing, quantity_text));
  trade.quantity = quantity;
  ++at;
  CROSSBOOK_TRY(time, next_text(at, end, "a time"));
  CROSSBOOK_TRY(stamp, read_seconds(time));
  trade.ts_event = stamp;
  ++at;
  CROSSBOOK_TRY(side, next_text(at, end, "a side"));
  if (side != "b" && side != "s") return failure(Errc::malformed, "b or s");
  trade.taker = side == "b" ? Side::bid : Side::ask;
  batch.trades.push_back(trade);
  while (at != end) {
    CROSSBOOK_JSON(rest, *at, "the end of a trade");
    static_cast<void>(rest);
    ++at;
  }
  return {};
}

Result<void> decode_trades(Context& context, Listing& listing, ondemand::value payload, EventBatch& batch) {
  CROSSBOOK_JSON(rows, payload.get_array(), "trades");
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_array(), "a trade");
    CROSSBOOK_CHECKED(decode_trade(context, listing, row, batch));
  }
  return {};
}

// The price and the last number, the volume, of ["0.000023630",7289,"7289.86759215"].
Result<std::optional<Level>> read_ticker_side(Context& context, Listing& listing, ondemand::object& ticker,
                                              std::string_view side) {
  CROSSBOOK_JSON(row, ticker.find_field_unordered(side).get_array(), "a best price");
  std::string_view price;
  std::string_view volume;
  for (auto element_result : row) {
    CROSSBOOK_JSON(element, element_result, "a number");
    CROSSBOOK_TRY(text, number_text(element));
    if (price.empty()) price = text;
    volume = text;
  }
  return read_best(context, listing, price, volume);
}

Result<void> decode_ticker(Context& context, Listing& listing, ondemand::value payload, EventBatch& batch) {
  CROSSBOOK_JSON(ticker, payload.get_object(), "a ticker");
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(ask, read_ticker_side(context, listing, ticker, "a"));
  bbo.ask = ask;
  CROSSBOOK_TRY(bid, read_ticker_side(context, listing, ticker, "b"));
  bbo.bid = bid;
  batch.bbos.push_back(bbo);
  return {};
}

// ["43770.20000","43770.30000","1633053779.916349","0.00917717","0.31670440"]: bid, ask, time, volumes
Result<void> decode_spread(Context& context, Listing& listing, ondemand::value payload, EventBatch& batch) {
  CROSSBOOK_JSON(row, payload.get_array(), "a spread");
  std::array<std::string_view, 5> texts;
  std::size_t n = 0;
  for (auto element_result : row) {
    CROSSBOOK_JSON(element, element_result, "a number");
    if (n == texts.size()) return failure(Errc::malformed, "five numbers of a spread");
    CROSSBOOK_TRY(text, number_text(element));
    texts[n++] = text;
  }
  if (n != texts.size()) return failure(Errc::malformed, "five numbers of a spread");
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(bid, read_best(context, listing, texts[0], texts[3]));
  bbo.bid = bid;
  CROSSBOOK_TRY(ask, read_best(context, listing, texts[1], texts[4]));
  bbo.ask = ask;
  CROSSBOOK_TRY(stamp, read_seconds(texts[2]));
  if (stamp != Wall()) bbo.ts_event = stamp;
  batch.bbos.push_back(bbo);
  return {};
}

using DecodePayload = Result<void> (*)(Context&, Listing&, ondemand::value, EventBatch&);

DecodePayload find_payload(std::string_view channel) {
  if (channel == "trade") return decode_trades;
  if (channel == "ticker") return decode_ticker;
  if (channel == "spread") return decode_spread;
  return nullptr;
}

// Gives each element between the channel's id and its name to `use`.
template <class Use>
Result<void> for_each_payload(ondemand::document& document, Use use) {
  CROSSBOOK_JSON(array, document.get_array(), "an array");
  std::size_t position = 0;
  std::size_t names = 0;  // strings at the end
  for (auto element_result : array) {
    CROSSBOOK_JSON(element, element_result, "an element of the frame");
    const char first = *element.raw_json_token().data();
    if (first == '"') {
      ++names;
    } else if (names != 0) {
      return failure(Errc::malformed, "a channel name and a pair at the end");
    } else if (position != 0 && first != 'n') {  // null stands for the absent second object of a snapshot
      CROSSBOOK_CHECKED(use(element));
    }
    ++position;
  }
  if (names != 2 || !at_end(document)) return failure(Errc::malformed, "the end of the frame");
  return {};
}

Result<void> decode_book(Context& context, Listing& listing, std::string_view channel, ondemand::document& document,
                         EventBatch& batch) {
  BookFrame frame{.listing = listing, .event = {}, .latest = {}};
  frame.event.listing = listing.id;
  CROSSBOOK_TRY(depth, read_depth(channel));
  frame.event.depth = depth;
  CROSSBOOK_CHECKED(for_each_payload(
      document, [&](ondemand::value payload) { return decode_sides(context, frame, payload, batch); }));
  return finish_book(frame, batch);
}

Result<void> decode_array(Context& context, ondemand::document& document, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_TRY(tail, read_tail(bytes));
  Listing* const listing = context.subject(tail.pair);
  if (listing != nullptr && tail.channel.starts_with("book")) {
    batch.kind = FrameKind::events;
    return decode_book(context, *listing, tail.channel, document, batch);
  }
  const DecodePayload decode_payload = listing == nullptr ? nullptr : find_payload(tail.channel);
  if (decode_payload != nullptr || tail.channel.starts_with("book")) batch.kind = FrameKind::events;
  if (tail.channel.starts_with("ohlc")) batch.kind = FrameKind::status;
  return for_each_payload(document, [&](ondemand::value payload) -> Result<void> {
    if (decode_payload == nullptr) return {};
    return decode_payload(context, *listing, payload, batch);
  });
}

// {"channelID":320,"channelName":"book-1000","event":"subscriptionStatus","pair":"XBT/USD","status":"subscribed"}
Result<void> decode_answer(Context& context, ondemand::object& root, EventBatch& batch) {
  batch.kind = FrameKind::ack;
  CROSSBOOK_TEXT(status, root, "status");
  if (status == "error") batch.kind = FrameKind::error;
  CROSSBOOK_TRY(pair, optional_string(root, "pair"));
  if (!pair) return {};
  const Listing* const listing =
      status == "error" ? context.listings.find(context.feed, *pair) : context.listing(*pair);
  if (listing != nullptr) batch.subject = listing->id;
  return {};
}

Result<void> decode_object(Context& context, ondemand::document& document, EventBatch& batch) {
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_TRY(event, optional_string(root, "event"));
  if (event == "heartbeat") batch.kind = FrameKind::heartbeat;
  if (event == "systemStatus") batch.kind = FrameKind::status;
  if (event == "pong") batch.kind = FrameKind::ack;
  if (event == "error") batch.kind = FrameKind::error;
  if (event == "subscriptionStatus") CROSSBOOK_CHECKED(decode_answer(context, root, batch));
  return finish(document, root);
}

bool scan_rows(Context& context, BookFrame& frame, Side side, ScanCursor& at, EventBatch& batch) {
  do {
    std::string_view price;
    std::string_view quantity;
    std::string_view time;
    if (!at.take("[\"") || !at.take_text(price) || !at.take(",\"") || !at.take_text(quantity) || !at.take(",\"") ||
        !at.take_text(time) || (!at.take("]") && !at.take(",\"r\"]")))
      return false;
    if (later(time, frame.latest)) frame.latest = time;
    if (!kraken_book::append(context, frame.listing, side, price, quantity, frame.event, batch)) return false;
  } while (at.take(","));
  return at.take("]");
}

// The update of one pair exactly as Kraken writes it, in one pass. False at the first surprise: simdjson then reads the
// frame from its start and decides what it is.
bool scan_update(Context& context, std::string_view bytes, EventBatch& batch) {
  ScanCursor at(bytes);
  std::int64_t channel_id = 0;
  if (!at.take("[") || !at.take_number(channel_id) || !at.take(",{")) return false;
  const auto tail = read_tail(bytes);
  if (!tail || !tail->channel.starts_with("book")) return false;
  Listing* const listing = context.listings.find(context.feed, tail->pair);
  const auto depth = read_depth(tail->channel);
  if (listing == nullptr || !depth) return false;
  BookFrame frame{.listing = *listing, .event = {}, .latest = {}};
  frame.event.listing = listing->id;
  frame.event.depth = *depth;
  std::string_view checksum;
  while (checksum.empty()) {
    const bool asks = at.take("\"a\":[");
    if (!asks && !at.take("\"b\":[")) return false;
    if (!scan_rows(context, frame, asks ? Side::ask : Side::bid, at, batch)) return false;
    if (at.take("},{")) continue;
    if (!at.take(",\"c\":\"") || !at.take_text(checksum) || checksum.empty()) return false;
  }
  std::string_view channel;
  std::string_view pair;
  const auto number = read_integer(checksum);
  if (!number || *number < 0 || *number > 0xFFFFFFFF || !at.take("},\"") || !at.take_text(channel) || !at.take(",\"") ||
      !at.take_text(pair) || !at.take("]") || !at.at_end())
    return false;
  frame.event.checksum = static_cast<std::uint32_t>(*number);
  if (!finish_book(frame, batch)) return false;
  batch.kind = FrameKind::events;
  context.named = listing->id;
  return true;
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_update(context, bytes, batch)) [[likely]]
    return fits(context);
  batch.clear();
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  const std::size_t first = bytes.find_first_not_of(blanks);
  if (first != std::string_view::npos && bytes[first] == '[') {
    CROSSBOOK_CHECKED(decode_array(context, document, bytes, batch));
  } else {
    CROSSBOOK_CHECKED(decode_object(context, document, batch));
  }
  return fits(context);
}

}  // namespace

constinit const Feed kraken_v1{.name = "kraken-v1",
                               .venue = "kraken",
                               .url = "wss://ws.kraken.com",
                               .rule = SequenceRule::checksum_only,
                               .snapshot = SnapshotSource::stream,
                               .silence_max = seconds(10),  // heartbeats come every second
                               .decode = decode,
                               .checksum = kraken_book::checksum,
                               .checksum_levels = kraken_book::checksum_levels,
                               .describe = kraken_book::describe,
                               .detects = "lost, altered and reordered changes within the best ten levels, at once",
                               .misses = "a change below the best ten levels, until it comes within them"};

}  // namespace crossbook::venue
