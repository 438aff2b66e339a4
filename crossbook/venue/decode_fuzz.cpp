// SPDX-License-Identifier: Apache-2.0
//
// Any bytes to any feed: the first byte chooses it, the rest is the frame. Nothing may crash, and the events of a frame
// that is read lie within the arrays of their batch.
#include <cstdlib>
#include <string>

#include "crossbook/core/check.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"

namespace {

using namespace crossbook;

void check_run(const Run& run, std::size_t size) { CROSSBOOK_ASSERT(run.begin <= run.end && run.end <= size); }

// Wide, written and sequence arrays are empty or as long as the levels.
void check_companion(std::size_t size, std::size_t levels) { CROSSBOOK_ASSERT(size == 0 || size == levels); }

void check(const venue::Context& context, const EventBatch& batch) {
  for (const BookEvent& book : batch.books) {
    CROSSBOOK_ASSERT(index(book.listing) < context.listings.size());
    check_run(book.bids, batch.bids.size());
    check_run(book.asks, batch.asks.size());
  }
  for (const Trade& trade : batch.trades) CROSSBOOK_ASSERT(trade.price > Price(0) && trade.quantity >= WideQuantity(0));
  for (const Side side : {Side::bid, Side::ask})
    for (const Level& level : batch.levels(side)) CROSSBOOK_ASSERT(level.quantity >= Quantity(0));
  check_companion(batch.written_bids.size(), batch.bids.size());
  check_companion(batch.written_asks.size(), batch.asks.size());
  check_companion(batch.sequence_bids.size(), batch.bids.size());
  check_companion(batch.sequence_asks.size(), batch.asks.size());
}

void decode(FeedId id, std::string_view text) {
  const std::string bytes = std::string(text) + std::string(frame_padding, '}');
  const std::string_view frame = std::string_view(bytes).substr(0, text.size());
  Listings listings;
  venue::Context context(listings);
  venue::Connection connection;
  connection.feed = id;
  context.feed = id;
  context.connection = &connection;
  EventBatch batch;
  const venue::Feed& feed = venue::feed(id);
  if (feed.decode_sent != nullptr) feed.decode_sent(context, frame);
  // Twice: the second time the listing is there, and scaled as the first one asked for.
  for (int turn = 0; turn < 2; ++turn) {
    batch.clear();
    context.needed.clear();
    context.named.reset();
    if (feed.decode(context, frame, batch)) check(context, batch);
    for (const venue::Context::Need& need : context.needed) {
      Listing& listing = listings[need.listing];
      CROSSBOOK_ASSERT(need.price_scale <= 18 && need.quantity_scale <= 18);
      listing.price_scale = need.price_scale;
      listing.quantity_scale = need.quantity_scale;
      listing.wide |= need.wide;
    }
  }
  context.connection = nullptr;
  if (feed.decode_http == nullptr) return;
  for (const char* url : {"https://x/api/v3/depth?symbol=BTCUSDT", "https://x/api/v3/exchangeInfo",
                          "https://x/v5/market/orderbook?symbol=BTCUSDT", "https://x/v5/market/instruments-info",
                          "https://x/api/v5/market/books?instId=BTC-USDT", "https://x/api/v5/public/instruments"}) {
    batch.clear();
    context.needed.clear();
    if (feed.decode_http(context, url, frame, batch)) check(context, batch);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  decode(FeedId(bytes[0] % venue::feeds().size()), text.substr(1));
  return 0;
}
