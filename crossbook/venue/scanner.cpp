// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/scanner.hpp"

#include "crossbook/venue/scan_cursor.hpp"
#include "crossbook/venue/strict.hpp"

namespace crossbook::venue {
namespace {

// The text up to the next quote, which is at most 40 bytes away; empty where there is none.
std::string_view up_to_quote(const char* at) {
  const std::string_view window(at, 40);
  return window.substr(0, std::min(window.find('"'), window.size()));
}

// What a scan needs of a listing that it may read.
struct Target {
  Listing* listing = nullptr;
  ScanScale scale;
};

std::optional<Target> target(Context& context, std::string_view symbol) {
  Listing*& listing = context.parser.scan.listing;
  if (listing == nullptr || listing->feed != context.feed || listing->raw_symbol != symbol)
    listing = context.listings.find(context.feed, symbol);
  if (listing == nullptr) return {};
  const auto scale = ScanScale::of(*listing);
  if (!scale) return {};
  return Target{listing, *scale};
}

bool finish(Context& context, const Listing& listing, BookEvent& book, EventBatch& batch) {
  book.listing = listing.id;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  batch.kind = FrameKind::events;
  context.named = listing.id;
  return true;
}

// Leaves the batch as it was found where the scan fails.
bool settle(bool good, EventBatch& batch) {
  if (!good) batch.clear();
  return good;
}

std::optional<Wall> time_of(std::int64_t stamp) {
  if (stamp < 9'000'000'000'000) [[likely]]
    return wall_from_milliseconds(stamp);
  const auto at = wall_from_stamp(stamp);
  if (!at) return {};
  return *at;
}

// Whether the stream is the diff of a book: depth or depth@100ms, not depth5 or bookTicker.
bool carries_diffs(std::string_view stream) {
  const std::size_t mark = stream.find('@');
  if (mark == std::string_view::npos) return false;
  const std::string_view channel = stream.substr(mark + 1);
  return channel == "depth" || channel.starts_with("depth@");
}

// {"e":"depthUpdate","E":..,["T":..,]"s":"..",["ps":"..",]["st":1,]"U":..,"u":..,["pu":..,]"b":[..],"a":[..]}
bool scan_depth_update(Context& context, ScanCursor& cursor, bool futures, EventBatch& batch) {
  std::int64_t sent = 0, made = 0, first = 0, last = 0, previous = 0, unused = 0;
  std::string_view symbol, pair;
  if (!cursor.take(R"({"e":"depthUpdate","E":)") || !cursor.take_number(sent)) return false;
  if (futures && (!cursor.take(R"(,"T":)") || !cursor.take_number(made))) return false;
  if (!cursor.take(R"(,"s":")") || !cursor.take_text(symbol)) return false;
  if (futures && cursor.take(R"(,"ps":")") && !cursor.take_text(pair)) return false;
  if (futures && cursor.take(R"(,"st":)") && !cursor.take_number(unused)) return false;
  if (!cursor.take(R"(,"U":)") || !cursor.take_number(first)) return false;
  if (!cursor.take(R"(,"u":)") || !cursor.take_number(last)) return false;
  if (futures && (!cursor.take(R"(,"pu":)") || !cursor.take_number(previous))) return false;
  const auto found = target(context, symbol);
  if (!found) return false;
  const Listing& listing = *found->listing;
  ScanScratch& scratch = context.parser.scan;
  if (!cursor.take(R"(,"b":[)") ||
      !cursor.take_levels<RowTail::none>(listing, found->scale, scratch, batch.bids, batch.written_bids))
    return false;
  if (!cursor.take(R"(,"a":[)") ||
      !cursor.take_levels<RowTail::none>(listing, found->scale, scratch, batch.asks, batch.written_asks))
    return false;
  if (!cursor.take("}")) return false;
  BookEvent book;
  book.sequence.first = first;
  book.sequence.last = last;
  if (futures) book.sequence.previous = previous;
  book.ts_event = time_of(futures ? made : sent);
  return book.ts_event && finish(context, listing, book, batch);
}

bool scan_binance_frame(Context& context, std::string_view bytes, bool futures, EventBatch& batch) {
  ScanCursor cursor(bytes);
  if (!cursor.take(R"({"stream":")")) return scan_depth_update(context, cursor, futures, batch) && cursor.at_end();
  std::string_view stream;
  if (!cursor.take_text(stream) || !carries_diffs(stream) || !cursor.take(R"(,"data":)")) return false;
  return scan_depth_update(context, cursor, futures, batch) && cursor.take("}") && cursor.at_end();
}

// What stands behind the levels of an OKX book, in any order and each at most once.
bool scan_okx_tail(ScanCursor& cursor, BookEvent& book) {
  std::int64_t stamp = 0;
  if (!cursor.take(R"(,"ts":")") || !cursor.take_number(stamp) || !cursor.take("\"")) return false;
  book.ts_event = time_of(stamp);
  std::optional<std::int64_t> checksum;
  const auto take_once = [&](std::optional<std::int64_t>& into) {
    std::int64_t value = 0;
    if (into || !cursor.take_signed_number(value)) return false;
    into = value;
    return true;
  };
  while (!cursor.take("}]}")) {
    const bool good = cursor.take(R"(,"checksum":)")    ? take_once(checksum)
                      : cursor.take(R"(,"prevSeqId":)") ? take_once(book.sequence.previous)
                      : cursor.take(R"(,"seqId":)")     ? take_once(book.sequence.last)
                                                        : false;
    if (!good) return false;
  }
  if (checksum && *checksum != static_cast<std::int32_t>(*checksum)) return false;
  if (checksum && *checksum != 0) book.checksum = static_cast<std::uint32_t>(*checksum);
  return book.ts_event.has_value();
}

bool scan_okx_frame(Context& context, std::string_view bytes, EventBatch& batch) {
  ScanCursor cursor(bytes);
  std::string_view symbol;
  BookEvent book;
  if (!cursor.take(R"({"arg":{"channel":"books)")) return false;
  std::string_view variant;
  if (!cursor.take_text(variant) || !cursor.take(R"(,"instId":")") || !cursor.take_text(symbol)) return false;
  if (!variant.empty() && variant != "-l2-tbt" && variant != "50-l2-tbt") return false;
  book.depth = variant == "50-l2-tbt" ? 50 : 400;
  if (cursor.take(R"(},"action":"snapshot")")) book.kind = BookEventKind::snapshot;
  else if (!cursor.take(R"(},"action":"update")")) return false;
  const auto found = target(context, symbol);
  if (!found) return false;
  const Listing& listing = *found->listing;
  ScanScratch& scratch = context.parser.scan;
  if (!cursor.take(R"(,"data":[{"asks":[)") ||
      !cursor.take_levels<RowTail::orders>(listing, found->scale, scratch, batch.asks, batch.written_asks))
    return false;
  if (!cursor.take(R"(,"bids":[)") ||
      !cursor.take_levels<RowTail::orders>(listing, found->scale, scratch, batch.bids, batch.written_bids))
    return false;
  if (!scan_okx_tail(cursor, book) || !cursor.at_end()) return false;
  if (!book.checksum) {
    batch.written_bids.clear();
    batch.written_asks.clear();
  }
  return finish(context, listing, book, batch);
}

// {"topic":"orderbook.200.BTCUSDT","ts":..,"type":"delta","data":{..; the documents have type before ts.
bool scan_bybit_head(ScanCursor& cursor, std::string_view& topic, std::string_view& type, std::int64_t& sent) {
  if (!cursor.take(R"({"topic":"orderbook.)") || !cursor.take_text(topic)) return false;
  const bool ts_first = cursor.take(R"(,"ts":)");
  if (ts_first && !cursor.take_number(sent)) return false;
  if (!cursor.take(R"(,"type":")") || !cursor.take_text(type)) return false;
  if (!ts_first && (!cursor.take(R"(,"ts":)") || !cursor.take_number(sent))) return false;
  return type == "delta" || type == "snapshot";
}

// "200.BTCUSDT" is 200 levels of BTCUSDT. Depth 1 is not a book.
bool split_topic(std::string_view topic, std::uint32_t& depth, std::string_view& symbol) {
  const std::size_t point = topic.find('.');
  if (point == 0 || point > 4 || topic.front() == '0') return false;
  for (const char c : topic.substr(0, point)) {
    if (c < '0' || c > '9') return false;
    depth = depth * 10 + static_cast<std::uint32_t>(c - '0');
  }
  symbol = topic.substr(point + 1);
  return depth > 1;
}

bool scan_bybit_frame(Context& context, std::string_view bytes, EventBatch& batch) {
  ScanCursor cursor(bytes);
  std::string_view topic, type, expected, symbol;
  std::int64_t sent = 0, made = 0, update = 0, unused = 0;
  BookEvent book;
  if (!scan_bybit_head(cursor, topic, type, sent) || !split_topic(topic, book.depth, expected)) return false;
  if (!cursor.take(R"(,"data":{"s":")") || !cursor.take_text(symbol) || symbol != expected) return false;
  const auto found = target(context, symbol);
  if (!found) return false;
  const Listing& listing = *found->listing;
  ScanScratch& scratch = context.parser.scan;
  if (!cursor.take(R"(,"b":[)") ||
      !cursor.take_levels<RowTail::none>(listing, found->scale, scratch, batch.bids, batch.written_bids))
    return false;
  if (!cursor.take(R"(,"a":[)") ||
      !cursor.take_levels<RowTail::none>(listing, found->scale, scratch, batch.asks, batch.written_asks))
    return false;
  if (!cursor.take(R"(,"u":)") || !cursor.take_number(update)) return false;
  if (!cursor.take(R"(,"seq":)") || !cursor.take_number(unused)) return false;
  const bool has_engine_time = cursor.take(R"(},"cts":)");
  if (has_engine_time ? !cursor.take_number(made) : !cursor.take("}")) return false;
  if (!cursor.take("}") || !cursor.at_end()) return false;
  const auto sent_at = time_of(sent);
  book.ts_event = has_engine_time ? time_of(made) : sent_at;
  book.sequence.last = update;
  if (type == "snapshot" || update == 1) book.kind = BookEventKind::snapshot;
  return sent_at && book.ts_event && finish(context, listing, book, batch);
}

}  // namespace

LongRow read_long_row(const char* at, const char* end, const Listing& listing) {
  LongRow row;
  const std::string_view price = up_to_quote(at);
  at += price.size();
  if (at >= end || (four_bytes(at) & three_bytes) != comma) return row;
  at += 3;
  const std::string_view quantity = up_to_quote(at);
  at += quantity.size();
  const auto price_count = parse_decimal(price, listing.price_scale);
  const auto quantity_count = parse_decimal(quantity, listing.quantity_scale);
  if (!price_count || !quantity_count || *price_count <= 0 || *quantity_count < 0) return row;
  const auto price_shape = decimal_shape(price);
  const auto quantity_shape = decimal_shape(quantity);
  if (!price_shape || !quantity_shape) return row;
  row.level = {Price(*price_count), Quantity(*quantity_count)};
  row.written = {static_cast<std::uint8_t>(price_shape->decimals), static_cast<std::uint8_t>(quantity_shape->decimals)};
  if (at < end && *at == '"') row.quote = at;
  return row;
}

bool scan_binance(Context& context, std::string_view bytes, bool futures, EventBatch& batch) {
  return settle(scan_binance_frame(context, bytes, futures, batch), batch);
}

bool scan_okx(Context& context, std::string_view bytes, EventBatch& batch) {
  return settle(scan_okx_frame(context, bytes, batch), batch);
}

bool scan_bybit(Context& context, std::string_view bytes, EventBatch& batch) {
  return settle(scan_bybit_frame(context, bytes, batch), batch);
}

}  // namespace crossbook::venue
