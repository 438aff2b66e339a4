// SPDX-License-Identifier: Apache-2.0
//
// Coinbase Exchange, WebSocket feed (docs.cdp.coinbase.com, "Exchange WebSocket Channels"; read 2026-06-27). level2 and
// level2_batch carry no sequence and no checksum: a lost message cannot be seen. A time of year 1 means none.
//   {"type":"l2update","product_id":"BTC-USD","changes":[["buy","22356.270000","0.00000000"]],
//    "time":"2022-08-04T15:25:05.010758Z"}
#include "crossbook/venue/coinbase_common.hpp"
#include "crossbook/venue/feeds.hpp"

namespace crossbook::venue {
namespace {

Result<std::optional<Wall>> read_time(ondemand::object& root) {
  CROSSBOOK_TRY(text, optional_string(root, "time"));
  if (!text || text->starts_with("0001-")) return std::optional<Wall>();
  CROSSBOOK_TRY(stamp, read_rfc3339(*text));
  return std::optional(stamp);
}

Result<std::string_view> next_text(ondemand::array_iterator& at, const ondemand::array_iterator& end,
                                   const char* what) {
  if (at == end) return failure(Errc::malformed, what);
  CROSSBOOK_JSON(element, *at, what);
  CROSSBOOK_TRY(text, string_text(element));
  ++at;
  return text;
}

Result<void> no_more(ondemand::array_iterator& at, const ondemand::array_iterator& end) {
  while (at != end) {
    CROSSBOOK_JSON(rest, *at, "the end of a level");
    static_cast<void>(rest);
    ++at;
  }
  return {};
}

// ["0.247175","5299"], and by REST the number of orders behind it
Result<void> append_rows(Context& context, Listing& listing, Side side, ondemand::array rows, EventBatch& batch) {
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_array(), "a level");
    CROSSBOOK_JSON(at, row.begin(), "a level");
    CROSSBOOK_JSON(end, row.end(), "a level");
    CROSSBOOK_TRY(price, next_text(at, end, "a price"));
    CROSSBOOK_TRY(size, next_text(at, end, "a size"));
    CROSSBOOK_CHECKED(no_more(at, end));
    CROSSBOOK_CHECKED(append_level(context, listing, side, price, size, batch));
  }
  return {};
}

Result<void> append_both(Context& context, Listing& listing, ondemand::object& root, BookEvent& book,
                         EventBatch& batch) {
  CROSSBOOK_JSON(bids, root.find_field_unordered("bids").get_array(), "bids");
  CROSSBOOK_CHECKED(append_rows(context, listing, Side::bid, bids, batch));
  CROSSBOOK_JSON(asks, root.find_field_unordered("asks").get_array(), "asks");
  CROSSBOOK_CHECKED(append_rows(context, listing, Side::ask, asks, batch));
  CROSSBOOK_TRY(stamp, read_time(root));
  book.kind = BookEventKind::snapshot;
  book.listing = listing.id;
  book.ts_event = stamp;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  return {};
}

Result<void> decode_snapshot(Context& context, Listing& listing, ondemand::object& root, EventBatch& batch) {
  BookEvent book;
  CROSSBOOK_CHECKED(append_both(context, listing, root, book, batch));
  batch.books.push_back(book);
  return {};
}

// ["buy","22356.270000","0.00000000"]
Result<void> append_change(Context& context, Listing& listing, ondemand::array& change, EventBatch& batch) {
  CROSSBOOK_JSON(at, change.begin(), "a change");
  CROSSBOOK_JSON(end, change.end(), "a change");
  CROSSBOOK_TRY(side, next_text(at, end, "a side"));
  if (side != "buy" && side != "sell") return failure(Errc::malformed, "buy or sell");
  CROSSBOOK_TRY(price, next_text(at, end, "a price"));
  CROSSBOOK_TRY(size, next_text(at, end, "a size"));
  CROSSBOOK_CHECKED(no_more(at, end));
  return append_level(context, listing, side == "buy" ? Side::bid : Side::ask, price, size, batch);
}

Result<void> decode_update(Context& context, Listing& listing, ondemand::object& root, EventBatch& batch) {
  BookEvent book;
  book.listing = listing.id;
  CROSSBOOK_JSON(changes, root.find_field_unordered("changes").get_array(), "changes");
  for (auto change_result : changes) {
    CROSSBOOK_JSON(change, change_result.get_array(), "a change");
    CROSSBOOK_CHECKED(append_change(context, listing, change, batch));
  }
  CROSSBOOK_TRY(stamp, read_time(root));
  book.ts_event = stamp;
  book.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  book.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(book);
  return {};
}

// `side` is the maker's. last_match is the print before the subscription.
Result<void> decode_match(Context& context, Listing& listing, ondemand::object& root, EventBatch& batch) {
  Trade trade;
  trade.listing = listing.id;
  CROSSBOOK_TEXT(type, root, "type");
  trade.history = type == "last_match";
  CROSSBOOK_TEXT(maker, root, "side");
  if (maker != "buy" && maker != "sell") return failure(Errc::malformed, "buy or sell");
  trade.taker = maker == "sell" ? Side::bid : Side::ask;
  CROSSBOOK_TEXT(size_text, root, "size");
  CROSSBOOK_TRY(size, read_trade_quantity(context, listing, size_text));
  trade.quantity = size;
  CROSSBOOK_TEXT(price_text, root, "price");
  CROSSBOOK_TRY(price, read_price(context, listing, price_text));
  trade.price = price;
  CROSSBOOK_TRY(stamp, read_time(root));
  trade.ts_event = stamp;
  batch.trades.push_back(trade);
  return {};
}

// Tickers before 2022 have prices without sizes: no best bid and ask that a book could be compared with.
Result<void> decode_ticker(Context& context, Listing& listing, ondemand::object& root, EventBatch& batch) {
  CROSSBOOK_TEXT(bid, root, "best_bid");
  CROSSBOOK_TEXT(ask, root, "best_ask");
  CROSSBOOK_TRY(bid_size, optional_string(root, "best_bid_size"));
  CROSSBOOK_TRY(ask_size, optional_string(root, "best_ask_size"));
  if (!bid_size || !ask_size) {
    batch.kind = FrameKind::status;
    return {};
  }
  Bbo bbo;
  bbo.listing = listing.id;
  CROSSBOOK_TRY(best_bid, read_best(context, listing, bid, *bid_size));
  bbo.bid = best_bid;
  CROSSBOOK_TRY(best_ask, read_best(context, listing, ask, *ask_size));
  bbo.ask = best_ask;
  CROSSBOOK_TRY(stamp, read_time(root));
  bbo.ts_event = stamp;
  batch.bbos.push_back(bbo);
  return {};
}

using DecodeFrame = Result<void> (*)(Context&, Listing&, ondemand::object&, EventBatch&);

DecodeFrame find_type(std::string_view type) {
  if (type == "l2update") return decode_update;
  if (type == "match" || type == "last_match") return decode_match;
  if (type == "ticker") return decode_ticker;
  if (type == "snapshot") return decode_snapshot;
  return nullptr;
}

FrameKind kind_of(std::string_view type) {
  if (type == "heartbeat") return FrameKind::heartbeat;
  if (type == "subscriptions") return FrameKind::ack;
  if (type == "error") return FrameKind::error;
  for (const std::string_view known : {"status", "received", "open", "done", "change", "activate", "auction"})
    if (type == known) return FrameKind::status;
  return FrameKind::unknown;
}

Result<void> decode_root(Context& context, ondemand::object& root, EventBatch& batch) {
  CROSSBOOK_TRY(type, optional_string(root, "type"));
  if (!type) return {};
  const DecodeFrame decode_frame = find_type(*type);
  if (decode_frame == nullptr) {
    batch.kind = kind_of(*type);
    if (batch.kind != FrameKind::heartbeat) return {};
    CROSSBOOK_TEXT(product, root, "product_id");
    if (const Listing* listing = context.listing(product)) batch.subject = listing->id;
    return {};
  }
  batch.kind = FrameKind::events;
  CROSSBOOK_TEXT(product, root, "product_id");
  Listing* const listing = context.subject(product);
  if (listing == nullptr) return {};
  return decode_frame(context, *listing, root, batch);
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  CROSSBOOK_CHECKED(decode_root(context, root, batch));
  CROSSBOOK_CHECKED(finish(document, root));
  return fits(context);
}

// GET /products: [{"id":"BTC-USD","quote_increment":"0.01","base_increment":"0.00000001","min_market_funds":"1"}]
Result<void> decode_products(Context& context, ondemand::document& document, EventBatch& batch) {
  batch.kind = FrameKind::status;
  CROSSBOOK_JSON(products, document.get_array(), "products");
  for (auto product_result : products) {
    CROSSBOOK_JSON(product, product_result.get_object(), "a product");
    CROSSBOOK_TEXT(id, product, "id");
    Listing* const listing = context.listings.find(context.feed, id);
    if (listing == nullptr) continue;
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "quote_increment", listing->instrument.tick_size));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "base_increment", listing->instrument.lot_size));
    CROSSBOOK_CHECKED(coinbase_common::learn(product, "min_market_funds", listing->instrument.min_notional));
  }
  if (!at_end(document)) return failure(Errc::malformed, "the end of the body");
  return {};
}

// "BTC-USD" of https://api.exchange.coinbase.com/products/BTC-USD/book?level=2; empty for any other address.
std::string_view product_of(std::string_view url) {
  constexpr std::string_view before = "/products/";
  const std::size_t at = url.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = url.substr(at + before.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || !rest.substr(slash).starts_with("/book")) return {};
  return rest.substr(0, slash);
}

Result<void> decode_product_book(Context& context, std::string_view product, ondemand::document& document,
                                 EventBatch& batch) {
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  if (Listing* const listing = product.empty() ? nullptr : context.subject(product)) {
    batch.kind = FrameKind::events;
    BookEvent book;
    book.from_rest = true;
    CROSSBOOK_CHECKED(append_both(context, *listing, root, book, batch));
    batch.books.push_back(book);
  } else if (!absent(root.find_field_unordered("message"))) {
    batch.kind = FrameKind::error;
  }
  return finish(document, root);
}

Result<void> decode_http(Context& context, std::string_view url, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(type, document.type(), "a JSON value");
  if (type == ondemand::json_type::array) {
    CROSSBOOK_CHECKED(decode_products(context, document, batch));
  } else {
    CROSSBOOK_CHECKED(decode_product_book(context, product_of(url), document, batch));
  }
  return fits(context);
}

}  // namespace

constinit const Feed coinbase_exchange{.name = "coinbase-exchange",
                                       .venue = "coinbase",  // the same matching engine: its liquidity counts once
                                       .url = "wss://ws-feed.exchange.coinbase.com",
                                       .rule = SequenceRule::none,
                                       .snapshot = SnapshotSource::stream,
                                       .silence_max = seconds(30),  // heartbeats come every second where subscribed
                                       .decode = decode,
                                       .decode_http = decode_http,
                                       .describe = coinbase_common::describe,
                                       .detects = "nothing: level2 has no sequence and no checksum",
                                       .misses = "lost, duplicated and reordered messages"};

}  // namespace crossbook::venue
