// SPDX-License-Identifier: Apache-2.0
//
// Rows of CSV files of tardis.dev: all rows of one message, one to a line, as crossbook/capture gives them
// (docs.tardis.dev/downloadable-csv-files, "incremental_book_L2" and "book_snapshot_25", read 2026-11):
//   binance,BTCUSDT,1585699200000000,1585699200035418,false,bid,6423.11,0.5
//   kraken,XBT/USD,1585699200000000,1585699200035418,6424.5,1.2,6423.1,0.5,6425,3,6423,1
// The first kind: exchange, symbol, time of the exchange and of arrival in microseconds since 1970, is_snapshot, side,
// price, amount (0 deletes). The second is one whole book: asks[0].price, asks[0].amount, bids[0].price,
// bids[0].amount, and so on, empty where a side has no more levels. Spot markets, and those of futures whose amounts
// are base units.
#include "crossbook/venue/feeds.hpp"
#include "crossbook/venue/json.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue {
namespace {

void describe(Listing& listing) {
  for (const char separator : {'-', '_', '/'}) {
    if (listing.raw_symbol.find(separator) == std::string::npos) continue;
    if (const auto pair = split_at(listing.raw_symbol, separator)) listing.instrument.symbol = unified(*pair);
    return;
  }
  if (const auto pair = split_joined(listing.raw_symbol)) listing.instrument.symbol = unified(*pair);
}

void describe_linear_perpetual(Listing& listing) {
  describe(listing);
  if (!listing.instrument.symbol.empty()) listing.instrument.symbol += ":USDT";
}

std::string_view take_field(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view field = rest.substr(0, comma);
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return field;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

Result<Wall> read_microseconds(std::string_view text) {
  constexpr std::int64_t microseconds_max = 9'223'372'036'854'775;
  CROSSBOOK_TRY(count, read_integer(text));
  if (count < 0 || count > microseconds_max) return failure(Errc::malformed, "a time in microseconds");
  return Wall(count * 1'000);
}

// price,amount of an update, behind is_snapshot.
Result<void> append_update(Context& context, Listing& listing, std::string_view rest, EventBatch& batch) {
  const std::string_view side = take_field(rest);
  if (side != "bid" && side != "ask") return failure(Errc::malformed, "bid or ask");
  const std::string_view price = take_field(rest);
  const std::string_view amount = take_field(rest);
  if (!rest.empty()) return failure(Errc::malformed, "eight columns");
  return append_level(context, listing, side == "bid" ? Side::bid : Side::ask, price, amount, batch);
}

// asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,...
Result<void> append_book(Context& context, Listing& listing, std::string_view rest, EventBatch& batch) {
  while (!rest.empty()) {
    for (const Side side : {Side::ask, Side::bid}) {
      const std::string_view price = take_field(rest);
      const std::string_view amount = take_field(rest);
      if (price.empty() && amount.empty()) continue;
      CROSSBOOK_CHECKED(append_level(context, listing, side, price, amount, batch));
    }
  }
  return {};
}

Result<void> decode_rows(Context& context, Listing& listing, std::string_view rows, BookEvent& event,
                         EventBatch& batch) {
  while (!rows.empty()) {
    std::string_view row = take_line(rows);
    (void)take_field(row);
    if (take_field(row) != listing.raw_symbol) return failure(Errc::malformed, "rows of one symbol");
    CROSSBOOK_TRY(stamp, read_microseconds(take_field(row)));
    event.ts_event = stamp;
    (void)take_field(row);
    const std::string_view before = row;
    const std::string_view flag = take_field(row);
    const bool update = flag == "true" || flag == "false";
    event.kind = flag == "false" ? BookEventKind::delta : BookEventKind::snapshot;
    CROSSBOOK_CHECKED(update ? append_update(context, listing, row, batch)
                             : append_book(context, listing, before, batch));
  }
  return {};
}

Result<void> decode(Context& context, std::string_view bytes, EventBatch& batch) {
  std::string_view first = bytes.substr(0, bytes.find('\n'));
  (void)take_field(first);
  const std::string_view symbol = take_field(first);
  if (symbol.empty()) return failure(Errc::malformed, "a row of tardis.dev");
  CROSSBOOK_CHECKED(read_microseconds(take_field(first)));  // no listing for what is no row
  batch.kind = FrameKind::events;
  Listing* const listing = context.subject(symbol);
  if (listing == nullptr) return {};
  BookEvent event;
  event.listing = listing->id;
  event.bids.begin = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.begin = static_cast<std::uint32_t>(batch.asks.size());
  CROSSBOOK_CHECKED(decode_rows(context, *listing, bytes, event, batch));
  event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(event);
  return fits(context);
}

constexpr Feed row(std::string_view name, std::string_view venue, void (*describe_listing)(Listing&) = describe) {
  return {.name = name,
          .venue = venue,
          .rule = SequenceRule::none,
          .silence_max = seconds(900),
          .decode = decode,
          .describe = describe_listing,
          .detects = "nothing: the files hold no sequence numbers",
          .misses = "lost, duplicated and reordered messages"};
}

}  // namespace

constinit const Feed tardis_binance = row("tardis-binance", "binance");
constinit const Feed tardis_binance_us = row("tardis-binance-us", "binanceus");
constinit const Feed tardis_binance_futures = row("tardis-binance-futures", "binanceusdm", describe_linear_perpetual);
constinit const Feed tardis_bitfinex = row("tardis-bitfinex", "bitfinex");
constinit const Feed tardis_bitstamp = row("tardis-bitstamp", "bitstamp");
constinit const Feed tardis_bybit_spot = row("tardis-bybit-spot", "bybit");
constinit const Feed tardis_coinbase = row("tardis-coinbase", "coinbase");
constinit const Feed tardis_crypto_com = row("tardis-crypto-com", "cryptocom");
constinit const Feed tardis_gate_io = row("tardis-gate-io", "gate");
constinit const Feed tardis_gemini = row("tardis-gemini", "gemini");
constinit const Feed tardis_huobi = row("tardis-huobi", "htx");
constinit const Feed tardis_kraken = row("tardis-kraken", "kraken");
constinit const Feed tardis_kucoin = row("tardis-kucoin", "kucoin");
constinit const Feed tardis_okex = row("tardis-okex", "okx");

}  // namespace crossbook::venue
