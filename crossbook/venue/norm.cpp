// SPDX-License-Identifier: Apache-2.0
//
// Normalised lines of a capture (`dir` = "norm"): a full top-N book or a trade, written by a recorder that had already
// decoded the exchange's own messages. The whole line is the frame:
//   {"t":1715247432236125000,"venue":"binance-usdm-norm","conn":"orderbook","dir":"norm","kind":"book",
//    "symbol":"ETHUSDT","ts_ms":1715247432269,"bids":[["2963.48","46.83"]],"asks":[["2963.49","51.416"]]}
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/json.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

void describe(Listing& listing) {
  const bool dashed = listing.raw_symbol.find('-') != std::string::npos;
  if (const auto pair = dashed ? split_at(listing.raw_symbol, '-') : split_joined(listing.raw_symbol))
    listing.instrument.symbol = unified(*pair);
}

void describe_linear_perpetual(Listing& listing) {
  describe(listing);
  if (!listing.instrument.symbol.empty()) listing.instrument.symbol += ":USDT";
}

Result<void> append_side(Context& context, Listing& listing, Side side, ondemand::array rows, EventBatch& batch) {
  for (auto row_result : rows) {
    CROSSBOOK_JSON(row, row_result.get_array(), "a level");
    CROSSBOOK_JSON(price, row.at(0).get_string(), "a price");
    row.reset();
    CROSSBOOK_JSON(size, row.at(1).get_string(), "a size");
    CROSSBOOK_CHECKED(append_level(context, listing, side, price, size, batch));
  }
  return {};
}

Result<std::optional<Wall>> read_stamp(ondemand::object& line) {
  CROSSBOOK_JSON(stamp, line.find_field_unordered("ts_ms"), "ts_ms");
  bool none = false;
  if (stamp.is_null().get(none) == simdjson::SUCCESS && none) return std::optional<Wall>();
  CROSSBOOK_JSON(ms, stamp.get_int64(), "ts_ms in milliseconds");
  return std::optional(wall_from_milliseconds(ms));
}

Result<void> decode_book(Context& context, Listing& listing, ondemand::object& line, EventBatch& batch) {
  BookEvent event;
  event.kind = BookEventKind::snapshot;
  event.listing = listing.id;
  CROSSBOOK_TRY(stamp, read_stamp(line));
  event.ts_event = stamp;
  CROSSBOOK_JSON(bids, line.find_field_unordered("bids").get_array(), "bids");
  CROSSBOOK_CHECKED(append_side(context, listing, Side::bid, bids, batch));
  CROSSBOOK_JSON(asks, line.find_field_unordered("asks").get_array(), "asks");
  CROSSBOOK_CHECKED(append_side(context, listing, Side::ask, asks, batch));
  event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(event);
  return {};
}

Result<void> decode_trade(Context& context, Listing& listing, ondemand::object& line, EventBatch& batch) {
  Trade trade;
  trade.listing = listing.id;
  CROSSBOOK_TRY(stamp, read_stamp(line));
  trade.ts_event = stamp;
  CROSSBOOK_JSON(side, line.find_field_unordered("side").get_string(), "side");
  if (side != "buy" && side != "sell") return failure(Errc::malformed, "buy or sell");
  trade.taker = side == "buy" ? Side::bid : Side::ask;
  CROSSBOOK_JSON(price_text, line.find_field_unordered("price").get_string(), "price");
  CROSSBOOK_TRY(price, read_price(context, listing, price_text));
  trade.price = price;
  CROSSBOOK_JSON(quantity_text, line.find_field_unordered("qty").get_string(), "qty");
  CROSSBOOK_TRY(quantity, read_trade_quantity(context, listing, quantity_text));
  trade.quantity = quantity;
  batch.trades.push_back(trade);
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  CROSSBOOK_JSON(document, context.parser.iterate(bytes), "a JSON document");
  CROSSBOOK_JSON(line, document.get_object(), "an object");
  CROSSBOOK_JSON(symbol, line.find_field_unordered("symbol").get_string(), "symbol");
  Listing* const listing = context.subject(symbol);
  CROSSBOOK_JSON(kind, line.find_field_unordered("kind").get_string(), "kind");
  if (kind != "book" && kind != "trade") return {};
  batch.kind = FrameKind::events;
  if (listing == nullptr) return {};
  if (kind == "book") {
    CROSSBOOK_CHECKED(decode_book(context, *listing, line, batch));
  } else {
    CROSSBOOK_CHECKED(decode_trade(context, *listing, line, batch));
  }
  return fits(context);
}

constexpr Feed row(std::string_view name, std::string_view venue, void (*describe_listing)(Listing&)) {
  return {.name = name,
          .venue = venue,
          .rule = SequenceRule::snapshots,
          .silence_max = seconds(900),
          .decode = decode,
          .describe = describe_listing,
          .detects = "nothing: the recorder dropped the exchange's sequence numbers",
          .misses = "lost, duplicated and reordered messages"};
}

}  // namespace

constinit const Feed norm_binance = row("binance-norm", "binance", describe);
constinit const Feed norm_binance_usdm = row("binance-usdm-norm", "binanceusdm", describe_linear_perpetual);
constinit const Feed norm_gateio_futures = row("gateio-futures-norm", "gate", describe_linear_perpetual);
constinit const Feed norm_bitfinex = row("bitfinex-norm", "bitfinex", describe);
constinit const Feed norm_bittrex = row("bittrex-norm", "bittrex", describe);
constinit const Feed norm_bitstamp = row("bitstamp-norm", "bitstamp", describe);
constinit const Feed norm_coinbase = row("coinbase-norm", "coinbase", describe);

}  // namespace crossbook::venue
