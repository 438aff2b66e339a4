// SPDX-License-Identifier: Apache-2.0
//
// Coinbase Advanced Trade, WebSocket (docs.cdp.coinbase.com, "Advanced Trade WebSocket Channels"; read 2026-06-27). One
// counter over all messages of all channels of a connection: a lost one can have belonged to any product.
//   {"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z","sequence_num":0,"events":[
//    {"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2023-02-09T20:32:50.7Z",
//     "price_level":"21921.73","new_quantity":"0.06317902"}]}]}
#include <algorithm>

#include "crossbook/venue/coinbase_common.hpp"
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/fields.hpp"
#include "crossbook/venue/scan_cursor.hpp"

namespace crossbook::venue {
namespace {

// What all events of a frame share.
struct Envelope {
  std::string_view timestamp;  // when it was sent
  std::int64_t sequence = 0;
};

// The latest engine time of an event's levels. Levels of one event carry the same text nearly always.
class LatestTime {
 public:
  Result<void> see(std::string_view text) {
    if (text == text_) [[likely]]
      return {};
    CROSSBOOK_TRY(time, read_rfc3339(text));
    text_ = text;
    if (time > latest_) latest_ = time;
    return {};
  }
  // Rows of a snapshot may carry 1970: then the time of sending stands in.
  [[nodiscard]] Result<Wall> or_else(std::string_view sent) const {
    if (latest_ > Wall()) return latest_;
    return read_rfc3339(sent);
  }

 private:
  std::string_view text_;
  Wall latest_;
};

// {"side":"offer","event_time":"...","price_level":"21921.3","new_quantity":"0.024"}
Result<void> append_update(Context& context, Listing& listing, ondemand::object& update, LatestTime& time,
                           EventBatch& batch) {
  CROSSBOOK_TEXT(side, update, "side");
  if (side != "bid" && side != "offer") return failure(Errc::malformed, "bid or offer");
  CROSSBOOK_TEXT(event_time, update, "event_time");
  CROSSBOOK_CHECKED(time.see(event_time));
  CROSSBOOK_TEXT(price, update, "price_level");
  CROSSBOOK_TEXT(quantity, update, "new_quantity");
  return append_level(context, listing, side == "bid" ? Side::bid : Side::ask, price, quantity, batch);
}

Result<void> decode_level2(Context& context, ondemand::object& event, const Envelope& envelope, EventBatch& batch) {
  CROSSBOOK_TEXT(type, event, "type");
  if (type != "snapshot" && type != "update") return failure(Errc::malformed, "snapshot or update");
  CROSSBOOK_TEXT(product, event, "product_id");
  Listing* const listing = context.subject(product);
  if (listing == nullptr) return {};
  BookEvent book;
  book.kind = type == "snapshot" ? BookEventKind::snapshot : BookEventKind::delta;
  book.listing = listing->id;
  book.sequence.last = envelope.sequence;
  book.bids.begin = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.begin = static_cast<std::uint32_t>(batch.asks.size());
  LatestTime time;
  CROSSBOOK_JSON(updates, event.find_field_unordered("updates").get_array(), "updates");
  for (auto update_result : updates) {
    CROSSBOOK_JSON(update, update_result.get_object(), "an update");
    CROSSBOOK_CHECKED(append_update(context, *listing, update, time, batch));
  }
  CROSSBOOK_TRY(stamp, time.or_else(envelope.timestamp));
  book.ts_event = stamp;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  return {};
}

Result<void> decode_trade(Context& context, ondemand::object& print, bool snapshot, EventBatch& batch) {
  CROSSBOOK_TEXT(product, print, "product_id");
  Listing* const listing = context.subject(product);
  if (listing == nullptr) return {};
  Trade trade;
  trade.listing = listing->id;
  trade.history = snapshot;
  CROSSBOOK_TEXT(price_text, print, "price");
  CROSSBOOK_TRY(price, read_price(context, *listing, price_text));
  trade.price = price;
  CROSSBOOK_TEXT(size_text, print, "size");
  CROSSBOOK_TRY(size, read_trade_quantity(context, *listing, size_text));
  trade.quantity = size;
  CROSSBOOK_TEXT(time, print, "time");
  CROSSBOOK_TRY(stamp, read_rfc3339(time));
  trade.ts_event = stamp;
  CROSSBOOK_TEXT(maker, print, "side");
  if (maker != "BUY" && maker != "SELL") return failure(Errc::malformed, "BUY or SELL");
  trade.taker = maker == "SELL" ? Side::bid : Side::ask;
  batch.trades.push_back(trade);
  return {};
}

// Prints of one event come newest first; they leave in the order in which they happened.
Result<void> decode_trades(Context& context, ondemand::object& event, const Envelope&, EventBatch& batch) {
  CROSSBOOK_TEXT(type, event, "type");
  const auto before = static_cast<std::ptrdiff_t>(batch.trades.size());
  CROSSBOOK_JSON(trades, event.find_field_unordered("trades").get_array(), "trades");
  for (auto print_result : trades) {
    CROSSBOOK_JSON(print, print_result.get_object(), "a trade");
    CROSSBOOK_CHECKED(decode_trade(context, print, type == "snapshot", batch));
  }
  const auto first = batch.trades.begin() + before;
  if (first != batch.trades.end() && first->ts_event >= batch.trades.back().ts_event)
    std::reverse(first, batch.trades.end());
  return {};
}

Result<void> decode_ticker(Context& context, ondemand::object& ticker, const Envelope& envelope, EventBatch& batch) {
  CROSSBOOK_TEXT(product, ticker, "product_id");
  Listing* const listing = context.subject(product);
  if (listing == nullptr) return {};
  Bbo bbo;
  bbo.listing = listing->id;
  bbo.sequence = envelope.sequence;
  CROSSBOOK_TEXT(bid, ticker, "best_bid");
  CROSSBOOK_TEXT(ask, ticker, "best_ask");
  CROSSBOOK_TEXT(bid_quantity, ticker, "best_bid_quantity");
  CROSSBOOK_TEXT(ask_quantity, ticker, "best_ask_quantity");
  CROSSBOOK_TRY(best_bid, read_best(context, *listing, bid, bid_quantity));
  bbo.bid = best_bid;
  CROSSBOOK_TRY(best_ask, read_best(context, *listing, ask, ask_quantity));
  bbo.ask = best_ask;
  CROSSBOOK_TRY(stamp, read_rfc3339(envelope.timestamp));
  bbo.ts_event = stamp;
  batch.bbos.push_back(bbo);
  return {};
}

Result<void> decode_tickers(Context& context, ondemand::object& event, const Envelope& envelope, EventBatch& batch) {
  CROSSBOOK_JSON(tickers, event.find_field_unordered("tickers").get_array(), "tickers");
  for (auto ticker_result : tickers) {
    CROSSBOOK_JSON(ticker, ticker_result.get_object(), "a ticker");
    CROSSBOOK_CHECKED(decode_ticker(context, ticker, envelope, batch));
  }
  return {};
}

using DecodeEvent = Result<void> (*)(Context&, ondemand::object&, const Envelope&, EventBatch&);

DecodeEvent find_channel(std::string_view channel) {
  if (channel == "l2_data") return decode_level2;
  if (channel == "market_trades") return decode_trades;
  if (channel == "ticker" || channel == "ticker_batch") return decode_tickers;
  return nullptr;
}

FrameKind kind_of(std::string_view channel) {
  if (channel == "heartbeats") return FrameKind::heartbeat;
  if (channel == "subscriptions") return FrameKind::ack;
  if (channel == "candles" || channel == "status") return FrameKind::status;
  return FrameKind::unknown;
}

Result<void> decode_channel(Context& context, ondemand::object& root, std::string_view channel, EventBatch& batch) {
  const DecodeEvent decode_event = find_channel(channel);
  batch.kind = decode_event == nullptr ? kind_of(channel) : FrameKind::events;
  Envelope envelope;
  if (decode_event != nullptr) {
    CROSSBOOK_TEXT(timestamp, root, "timestamp");
    envelope.timestamp = timestamp;
  }
  CROSSBOOK_JSON(sequence, root.find_field_unordered("sequence_num").get_int64(), "sequence_num");
  envelope.sequence = sequence;
  batch.connection_sequence = sequence;
  if (decode_event == nullptr) return {};
  CROSSBOOK_JSON(events, root.find_field_unordered("events").get_array(), "events");
  for (auto event_result : events) {
    CROSSBOOK_JSON(event, event_result.get_object(), "an event");
    CROSSBOOK_CHECKED(decode_event(context, event, envelope, batch));
  }
  return {};
}

bool scan_level(Context& context, Listing& listing, ScanCursor& at, LatestTime& time, EventBatch& batch) {
  if (!at.take("{\"side\":\"")) return false;
  const bool bid = at.take("bid\"");
  std::string_view event_time;
  std::string_view price;
  std::string_view quantity;
  if ((!bid && !at.take("offer\"")) || !at.take(",\"event_time\":\"") || !at.take_text(event_time) ||
      !at.take(",\"price_level\":\"") || !at.take_text(price) || !at.take(",\"new_quantity\":\"") ||
      !at.take_text(quantity) || !at.take("}"))
    return false;
  return time.see(event_time).has_value() &&
         append_level(context, listing, bid ? Side::bid : Side::ask, price, quantity, batch).has_value();
}

// The update of one product exactly as Coinbase writes it, in one pass. False at the first surprise: simdjson then
// reads the frame from its start and decides what it is.
bool scan_update(Context& context, std::string_view bytes, EventBatch& batch) {
  ScanCursor at(bytes);
  Envelope envelope;
  std::string_view product;
  if (!at.take("{\"channel\":\"l2_data\",")) return false;
  if (!at.take("\"timestamp\":\"") && !at.take("\"client_id\":\"\",\"timestamp\":\"")) return false;
  if (!at.take_text(envelope.timestamp) || !at.take(",\"sequence_num\":") || !at.take_number(envelope.sequence) ||
      !at.take(",\"events\":[{\"type\":\"update\",\"product_id\":\"") || !at.take_text(product))
    return false;
  Listing* const listing = context.listings.find(context.feed, product);
  if (listing == nullptr || !at.take(",\"updates\":[")) return false;
  LatestTime time;
  do {
    if (!scan_level(context, *listing, at, time, batch)) return false;
  } while (at.take(","));
  if (!at.take("]}]}") || !at.at_end()) return false;
  const auto stamp = time.or_else(envelope.timestamp);
  if (!stamp) return false;
  BookEvent book;
  book.listing = listing->id;
  book.sequence.last = envelope.sequence;
  book.ts_event = *stamp;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.kind = FrameKind::events;
  batch.connection_sequence = envelope.sequence;
  batch.books.push_back(book);
  context.named = listing->id;
  return true;
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  if (scan_update(context, bytes, batch)) [[likely]]
    return fits(context);
  batch.clear();
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_TRY(channel, optional_string(root, "channel"));
  if (channel) {
    CROSSBOOK_CHECKED(decode_channel(context, root, *channel, batch));
  } else {
    CROSSBOOK_TRY(type, optional_string(root, "type"));
    if (type == "error") batch.kind = FrameKind::error;
  }
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

// {"price":"68923.66","size":"0.17189468"}
Result<void> append_price_levels(Context& context, Listing& listing, Side side, ondemand::array rows,
                                 EventBatch& batch) {
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_object(), "a level");
    CROSSBOOK_TEXT(price, row, "price");
    CROSSBOOK_TEXT(size, row, "size");
    CROSSBOOK_CHECKED(append_level(context, listing, side, price, size, batch));
  }
  return {};
}

// GET /market/product_book: {"pricebook":{"product_id":"BTC-USD","bids":[...],"asks":[...],"time":"..."}}
Result<void> decode_product_book(Context& context, ondemand::object pricebook, EventBatch& batch) {
  CROSSBOOK_TEXT(product, pricebook, "product_id");
  Listing* const listing = context.subject(product);
  if (listing == nullptr) return {};
  BookEvent book;
  book.kind = BookEventKind::snapshot;
  book.from_rest = true;
  book.listing = listing->id;
  CROSSBOOK_JSON(bids, pricebook.find_field_unordered("bids").get_array(), "bids");
  CROSSBOOK_CHECKED(append_price_levels(context, *listing, Side::bid, bids, batch));
  CROSSBOOK_JSON(asks, pricebook.find_field_unordered("asks").get_array(), "asks");
  CROSSBOOK_CHECKED(append_price_levels(context, *listing, Side::ask, asks, batch));
  CROSSBOOK_TEXT(time, pricebook, "time");
  CROSSBOOK_TRY(stamp, read_rfc3339(time));
  book.ts_event = stamp;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  return {};
}

// GET /market/products: {"products":[{"product_id":"BTC-USD","base_increment":"0.00000001",...}]}
Result<void> decode_products(Context& context, ondemand::array products, EventBatch& batch) {
  batch.kind = FrameKind::status;
  for (auto product_result : products) {
    CROSSBOOK_JSON(product, product_result.get_object(), "a product");
    CROSSBOOK_TEXT(id, product, "product_id");
    Listing* const listing = context.listings.find(context.feed, id);
    if (listing == nullptr) continue;
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "quote_increment", listing->instrument.tick_size));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "price_increment", listing->instrument.tick_size));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "base_increment", listing->instrument.lot_size));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "base_min_size", listing->instrument.min_quantity));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "quote_min_size", listing->instrument.min_notional));
  }
  return {};
}

Result<void> decode_http(Context& context, std::string_view, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  auto products = root.find_field_unordered("products");
  if (!absent(products)) {
    CROSSBOOK_JSON(rows, products.get_array(), "products");
    CROSSBOOK_CHECKED(decode_products(context, rows, batch));
  } else if (auto pricebook = root.find_field_unordered("pricebook"); !absent(pricebook)) {
    batch.kind = FrameKind::events;
    CROSSBOOK_JSON(book, pricebook.get_object(), "a price book");
    CROSSBOOK_CHECKED(decode_product_book(context, book, batch));
  } else if (!absent(root.find_field_unordered("error"))) {
    batch.kind = FrameKind::error;
  }
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

}  // namespace

constinit const Feed coinbase{.name = "coinbase",
                              .venue = "coinbase",
                              .url = "wss://advanced-trade-ws.coinbase.com",
                              .rule = SequenceRule::connection,
                              .snapshot = SnapshotSource::stream,
                              .silence_max = seconds(30),  // heartbeats come every second where subscribed
                              .decode = decode,
                              .decode_http = decode_http,
                              .describe = coinbase_common::describe,
                              .detects =
                                  "lost, duplicated and reordered messages; a loss reaches every book of the "
                                  "connection",
                              .misses = "an altered message"};

}  // namespace crossbook::venue
