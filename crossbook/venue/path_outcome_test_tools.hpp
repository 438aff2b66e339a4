// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"
#include "crossbook/venue/simdjson_path.hpp"

// The shipped decoder and simdjson's path side by side, for the tests and fuzzers that hold the scanner to its oracle.
namespace crossbook::venue {

using Decode = Result<void> (*)(Context&, std::string_view, EventBatch&);

// The path that decides what a frame of this feed is; nullptr where there is no scanner.
inline Decode simdjson_path_of(std::string_view feed_name) {
  if (feed_name == "binance" || feed_name == "binance-us") return decode_binance_simdjson;
  if (feed_name == "binance-usdm" || feed_name == "binance-coinm") return decode_binance_futures_simdjson;
  if (feed_name == "okx" || feed_name == "okcoin") return decode_okx_simdjson;
  if (feed_name == "bybit-spot" || feed_name == "bybit-linear") return decode_bybit_simdjson;
  return nullptr;
}

inline std::string text_of(const Context& context, const Result<void>& result, const EventBatch& batch) {
  std::ostringstream out;
  const auto put = [&](const auto&... parts) { ((out << parts << ' '), ...); };
  const auto maybe = [&](const char* name, const auto& value) { put(name, value ? std::to_string(*value) : "none"); };
  put("named", context.named ? std::to_string(index(*context.named)) : "none", "listings", context.listings.size());
  if (!result) {
    put("error", to_string(result.error().code));
    for (const auto& need : context.needed)
      put("need", index(need.listing), need.price_scale, need.quantity_scale, need.wide);
    if (result.error().code == Errc::malformed) return out.str();  // nothing of the batch may be used
  }
  put("kind", static_cast<int>(batch.kind), "books", batch.books.size());
  for (const BookEvent& book : batch.books) {
    put(static_cast<int>(book.kind), book.from_rest, index(book.listing), book.bids.begin, book.bids.end,
        book.asks.begin, book.asks.end, book.depth);
    maybe("first", book.sequence.first);
    maybe("last", book.sequence.last);
    maybe("previous", book.sequence.previous);
    maybe("checksum", book.checksum);
    maybe("ts", book.ts_event ? std::optional(book.ts_event->nanos()) : std::nullopt);
  }
  for (const Side side : {Side::bid, Side::ask})
    for (const Level& level : batch.levels(side)) put(level.price.count(), level.quantity.count());
  put("wide", batch.wide_bids.size(), batch.wide_asks.size());
  for (const auto* written : {&batch.written_bids, &batch.written_asks}) {
    put("written", written->size());
    for (const WrittenDigits digits : *written) put(int{digits.price_decimals}, int{digits.quantity_decimals});
  }
  for (const Trade& trade : batch.trades)
    put("trade", index(trade.listing), trade.price.count(), static_cast<std::int64_t>(trade.quantity.count()));
  for (const Bbo& bbo : batch.bbos)
    put("bbo", index(bbo.listing), bbo.bid ? bbo.bid->price.count() : -1, bbo.ask ? bbo.ask->price.count() : -1);
  return out.str();
}

// One feed with its own listings, decoding by one path.
class PathUnderTest {
 public:
  PathUnderTest(std::string_view feed_name, Decode decode) : decode_(decode) {
    context.feed = find_feed(feed_name).value();
  }

  // REQUIRES: a padded frame.
  std::string outcome(std::string_view padded) {
    for (int turn = 0;; ++turn) {
      batch.clear();
      context.needed.clear();
      context.named.reset();
      const auto result = decode_(context, padded, batch);
      if (result || result.error().code == Errc::malformed || turn == 3) return text_of(context, result, batch);
      for (const Context::Need& need : context.needed) {
        Listing& listing = listings[need.listing];
        listing.price_scale = need.price_scale;
        listing.quantity_scale = need.quantity_scale;
        listing.wide |= need.wide;
      }
    }
  }

  Listings listings;
  Context context{listings};
  EventBatch batch;

 private:
  Decode decode_;
};

// Both paths of one feed, fed the same frames.
class BothPaths {
 public:
  explicit BothPaths(std::string_view feed_name)
      : shipped(feed_name, feed(find_feed(feed_name).value()).decode), oracle(feed_name, simdjson_path_of(feed_name)) {}

  PathUnderTest shipped;
  PathUnderTest oracle;
};

}  // namespace crossbook::venue
