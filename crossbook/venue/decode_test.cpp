// SPDX-License-Identifier: Apache-2.0
//
// What holds for every row of the feed table, whatever the exchange.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "crossbook/core/input.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::venue {
namespace {

// Decodes a copy with the padding that every frame has.
Result<void> decode(FeedId id, std::string_view frame, EventBatch& batch, Context& context) {
  const std::string bytes = std::string(frame) + std::string(frame_padding, '}');
  Connection connection;
  connection.feed = id;
  context.feed = id;
  context.connection = &connection;
  batch.clear();
  auto result = feed(id).decode(context, std::string_view(bytes).substr(0, frame.size()), batch);
  context.connection = nullptr;
  return result;
}

template <class Check>
void for_every_feed(Check check) {
  for (std::size_t i = 0; i < feeds().size(); ++i) {
    SCOPED_TRACE(feeds()[i]->name);
    check(FeedId(i));
  }
}

TEST(Decode, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for_every_feed([&](FeedId id) {
    EXPECT_TRUE(names.insert(feed(id).name).second);
    EXPECT_EQ(find_feed(feed(id).name), id);
  });
  EXPECT_EQ(find_feed("no-such-feed"), std::nullopt);
}

TEST(Decode, EveryRowSaysWhatItDoesAndWhatItCannotSee) {
  for_every_feed([](FeedId id) {
    EXPECT_NE(feed(id).decode, nullptr);
    EXPECT_NE(feed(id).describe, nullptr);
    EXPECT_FALSE(feed(id).venue.empty());
    EXPECT_FALSE(feed(id).detects.empty());
    EXPECT_FALSE(feed(id).misses.empty());
    EXPECT_GT(feed(id).silence_max, Nanos(0));
    EXPECT_EQ(feed(id).checksum != nullptr, feed(id).checksum_levels > 0);
  });
}

TEST(Decode, AFrameOfNoKindHasNoEvents) {
  for_every_feed([](FeedId id) {
    Listings listings;
    Context context(listings);
    EventBatch batch;
    for (const std::string_view frame : {"", "{}", "[]", "null", "{\"a\":1}", "{", "\"", "\xFF"}) {
      (void)decode(id, frame, batch, context);
      EXPECT_TRUE(batch.books.empty() && batch.trades.empty() && batch.bbos.empty()) << frame;
    }
    EXPECT_FALSE(decode(id, "{\"a\":", batch, context));
    EXPECT_EQ(listings.size(), 0U);
  });
}

TEST(Decode, DescribesAnySymbolWithoutInventingOne) {
  for_every_feed([](FeedId id) {
    for (const char* raw : {"X", "-", "--", "_", "/", "USDT", "BTC-", "-BTC", "BTC_", "1", "BTCUSD_", "t", "PERP"}) {
      Listing listing;
      listing.feed = id;
      listing.raw_symbol = raw;
      feed(id).describe(listing);
      EXPECT_EQ(listing.instrument.symbol.find("//"), std::string::npos);
      EXPECT_FALSE(listing.instrument.symbol.starts_with("/")) << raw;
    }
  });
}

// Whatever comes, the runs of the events lie within the arrays.
RC_GTEST_PROP(Decode, AnyBytesAreAnErrorOrABatchThatHoldsTogether, (const std::string& bytes)) {
  for (std::size_t i = 0; i < feeds().size(); ++i) {
    Listings listings;
    Context context(listings);
    EventBatch batch;
    if (!decode(FeedId(i), bytes, batch, context)) continue;
    for (const BookEvent& book : batch.books) {
      RC_ASSERT(book.bids.begin <= book.bids.end && book.bids.end <= batch.bids.size());
      RC_ASSERT(book.asks.begin <= book.asks.end && book.asks.end <= batch.asks.size());
    }
  }
}

}  // namespace
}  // namespace crossbook::venue
