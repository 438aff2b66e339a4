// SPDX-License-Identifier: Apache-2.0
//
// A checksum is only worth what it catches: in every frame of the recordings that carries one, one digit is changed, of
// a level that the checksum covers and of the checksum itself, and each change must be found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "crossbook/capture/session.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook {
namespace {

namespace fs = std::filesystem;

fs::path recordings() {
  if (const char* set = std::getenv("CROSSBOOK_RECORDINGS")) return set;
  return fs::path(CROSSBOOK_SOURCE_DIR).parent_path() / "shared" / "data";
}

struct Tally {
  std::size_t frames = 0;  // with a checksum
  std::size_t digits = 0;  // of levels that were changed
  std::size_t digits_missed = 0;
  std::size_t checksums_missed = 0;
};

std::uint32_t checksum_of(const venue::Feed& feed, const Listing& listing, const book::VenueBook& book) {
  std::vector<Level> bids;
  std::vector<Level> asks;
  std::vector<WrittenDigits> written_bids;
  std::vector<WrittenDigits> written_asks;
  book.top_levels(Side::bid, feed.checksum_levels, bids, written_bids);
  book.top_levels(Side::ask, feed.checksum_levels, asks, written_asks);
  return feed.checksum({.bids = bids,
                        .asks = asks,
                        .written_bids = written_bids,
                        .written_asks = written_asks,
                        .price_scale = listing.price_scale,
                        .quantity_scale = listing.quantity_scale,
                        .price_decimals = book.price_decimals(),
                        .quantity_decimals = book.quantity_decimals()});
}

// Whether the level stands among those that the checksum covers.
bool covered(const venue::Feed& feed, const book::VenueBook& book, Side side, Price price) {
  std::vector<Level> levels;
  std::vector<WrittenDigits> written;
  book.top_levels(side, feed.checksum_levels, levels, written);
  for (const Level& level : levels)
    if (level.price == price) return true;
  return false;
}

// Applies the event again to the book of before, with one digit of one level's quantity changed.
void change_digits(const venue::Feed& feed, const Listing& listing, const book::VenueBook& before,
                   const book::VenueBook& after, const BookEvent& event, EventBatch batch, Tally& tally) {
  for (const Side side : {Side::bid, Side::ask}) {
    const Run run = side == Side::bid ? event.bids : event.asks;
    for (std::size_t i = run.begin; i < run.end; ++i) {
      const Level level = batch.levels(side)[i];
      if (level.quantity == Quantity() || after.quantity_at(side, level.price).count() != level.quantity.count())
        continue;
      if (!covered(feed, after, side, level.price)) continue;
      // The last digit as written goes up by one, or down from nine.
      const auto& written = side == Side::bid ? batch.written_bids : batch.written_asks;
      const int decimals = written.empty() ? event.quantity_decimals : written[i].quantity_decimals;
      const std::int64_t unit = power_of_ten(std::max(0, listing.quantity_scale - decimals));
      const std::int64_t last = level.quantity.count() / unit % 10;
      batch.levels(side)[i].quantity = Quantity(level.quantity.count() + (last == 9 ? -unit : unit));
      book::VenueBook book = before;
      book.on(event, batch, Steady(1), Wall(1));
      ++tally.digits;
      tally.digits_missed += checksum_of(feed, listing, book) == *event.checksum;
      return;
    }
  }
}

Tally replay(const fs::path& file) {
  Tally tally;
  auto session = capture::Session::open(std::vector<std::string>{file.string()});
  EXPECT_TRUE(session.has_value());
  engine::Engine engine{engine::Options{.filters = false}};
  Effects effects;
  std::vector<bool> opened;
  std::vector<book::VenueBook> before;
  while (const capture::Arrival* record = session->next()) {
    effects.clear();
    const FeedId feed = venue::find_feed(record->feed).value();
    opened.resize(std::max(opened.size(), index(record->connection) + 1));
    if (record->dir == capture::Direction::open || !opened[index(record->connection)])
      engine.on({record->at, record->t, SessionState{record->connection, feed, true, record->url}}, effects);
    opened[index(record->connection)] = true;
    if (record->dir == capture::Direction::out)
      engine.on({record->at, record->t, Sent{record->connection, record->payload}}, effects);
    if (record->dir != capture::Direction::in) continue;
    before.clear();
    for (const Listing& listing : engine.listings()) before.push_back(engine.book(listing.id));
    engine.on({record->at, record->t, Frame{record->connection, record->payload}}, effects);
    for (const BookEvent& event : engine.batch().books) {
      if (!event.checksum || index(event.listing) >= before.size()) continue;
      const venue::Feed& row = venue::feed(feed);
      const Listing& listing = engine.listings()[event.listing];
      const book::VenueBook& after = engine.book(event.listing);
      ++tally.frames;
      // Any other digit of the checksum is another number.
      tally.checksums_missed += checksum_of(row, listing, after) == (*event.checksum ^ 1U);
      change_digits(row, listing, before[index(event.listing)], after, event, engine.batch(), tally);
    }
  }
  return tally;
}

class ChecksumDigits : public testing::TestWithParam<const char*> {};

TEST_P(ChecksumDigits, OneChangedDigitIsAlwaysFound) {
  const fs::path file = recordings() / GetParam();
  if (!fs::exists(file)) GTEST_SKIP() << "no recording " << GetParam();
  const Tally tally = replay(file);
  EXPECT_GT(tally.frames, 20u);
  EXPECT_GT(tally.digits, tally.frames / 4);
  EXPECT_EQ(tally.digits_missed, 0u) << "of " << tally.digits;
  EXPECT_EQ(tally.checksums_missed, 0u) << "of " << tally.frames;
  RecordProperty("frames", static_cast<int>(tally.frames));
  RecordProperty("digits", static_cast<int>(tally.digits));
}

INSTANTIATE_TEST_SUITE_P(Recordings, ChecksumDigits,
                         testing::Values("captures/kraken_v1/multi_20210405.jsonl.gz",
                                         "captures/kraken_v2/minagbp_d25_20260816.jsonl.gz",
                                         "captures/okx_v5/multi_20220513.jsonl.gz",
                                         "captures/bitget_v1/multi_20220407.jsonl.gz",
                                         "derived/rebase_btc_7venues.jsonl.gz"));

}  // namespace
}  // namespace crossbook
