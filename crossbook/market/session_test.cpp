// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/session.hpp"

#include <gmock/gmock.h>

#include "crossbook/core/input.hpp"
#include "crossbook/market/encode.hpp"
#include "crossbook/market/session_test_tools.hpp"

namespace crossbook::market {
namespace {

SessionOptions lasting(Nanos duration, FaultOptions faults, std::uint64_t seed = 7) {
  SessionOptions options;
  options.seed = seed;
  options.duration = duration;
  options.faults = faults;
  return options;
}

// Every kind of fault several times a minute.
FaultOptions rough() {
  return {.stall_every = seconds(20),
          .stall_for = seconds(2),
          .disconnect_every = seconds(25),
          .disconnect_for = seconds(1),
          .drop_every = seconds(8),
          .resync_after = milliseconds(150)};
}

// FNV-1a over everything that a record says.
class Digest {
 public:
  void add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    value_ = (value_ ^ 0xFF) * 0x100000001B3;
  }
  void add(const Record& record) {
    add(std::to_string(record.t.nanos()));
    for (const std::string_view part : {record.feed, record.conn, to_string(record.dir), record.url}) add(part);
    add(record.raw);
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325;
};

std::uint64_t digest_of(std::uint64_t seed, int records) {
  SessionOptions options;
  options.seed = seed;
  Session session(options);
  Record record;
  Digest digest;
  for (int i = 0; i < records && session.next(record); ++i) digest.add(record);
  return digest.value();
}

template <class Visit>
void follow(Session& session, NaiveClient& client, Visit visit) {
  Record record;
  while (session.next(record)) {
    client.read(record);
    visit(record);
  }
}

// What a client must hold of one book, compared with what it holds.
void expect_held(const Session& session, NaiveClient& client, std::string_view feed, std::string_view symbol) {
  const Listing* listing = client.listing(feed, symbol);
  if (listing == nullptr) return;
  const auto truth = session.true_book(feed, symbol);
  ASSERT_TRUE(truth.has_value());
  if (truth->truth != BookTruth::whole && truth->truth != BookTruth::silent) return;
  const NaiveBook& book = client.books[index(listing->id)];
  ASSERT_TRUE(book.ready) << feed << " " << symbol;
  ASSERT_TRUE(book.holds(*truth)) << feed << " " << symbol;
}

void expect_all_held(const Session& session, NaiveClient& client) {
  for (const VenueOptions& venue : session.options().venues)
    for (const ListingOptions& listing : venue.listings) expect_held(session, client, venue.feed, listing.raw_symbol);
}

// Reads a session to its end; compares each book that a record touched, and all books now and then.
void expect_true_books(Session& session, NaiveClient& client) {
  std::int64_t records = 0;
  follow(session, client, [&](const Record& record) {
    for (const ListingId id : client.touched) expect_held(session, client, record.feed, client.listing(id).raw_symbol);
    if (++records % 200 == 0) expect_all_held(session, client);
  });
  EXPECT_GT(records, 1'000);
  EXPECT_THAT(client.errors, testing::IsEmpty());
}

TEST(Session, IsTheSameForTheSameSeedOnEveryCompiler) {
  EXPECT_EQ(digest_of(1, 20'000), 18131005042773863097ULL);
  EXPECT_NE(digest_of(1, 1'000), digest_of(2, 1'000));
}

TEST(Session, GivesRecordsInOrderOfTimeUntilItsDurationIsOver) {
  Session session(lasting(seconds(5), no_faults()));
  Record record;
  Wall last = session.options().start;
  while (session.next(record)) {
    ASSERT_GE(record.t, last);
    last = record.t;
    ASSERT_GE(record.raw.capacity(), record.raw.size() + frame_padding);
    ASSERT_EQ(record.url.empty(), record.dir == Direction::in);
    ASSERT_EQ(record.raw.empty(), record.dir == Direction::open);
  }
  EXPECT_LE(last, session.options().start + seconds(5));
  EXPECT_GT(last, session.options().start + milliseconds(4'900));
  EXPECT_FALSE(session.next(record));
}

TEST(Session, ClientOfEveryVenueHoldsTheTrueBooksAfterEachRecord) {
  Session session(lasting(seconds(20), no_faults()));
  NaiveClient client(session.options());
  expect_true_books(session, client);
  EXPECT_THAT(client.losses_seen, testing::IsEmpty());
  EXPECT_THAT(session.faults(), testing::IsEmpty());
  for (const VenueOptions& venue : session.options().venues) {
    if (!venue::find_feed(venue.feed)) continue;
    EXPECT_GT(client.trades[venue.feed], 5) << venue.feed;
    EXPECT_EQ(client.bbos[venue.feed] > 0, find_protocol(venue.feed)->bbo != nullptr) << venue.feed;
    EXPECT_FALSE(client.kinds[venue.feed].contains(FrameKind::unknown)) << venue.feed;
    EXPECT_FALSE(client.kinds[venue.feed].contains(FrameKind::error)) << venue.feed;
    for (const ListingOptions& listing : venue.listings)
      EXPECT_TRUE(session.is_whole(venue.feed, listing.raw_symbol)) << venue.feed << listing.raw_symbol;
  }
}

TEST(Session, ClientComesBackToTheTrueBooksAfterEveryFault) {
  for (const std::uint64_t seed : {std::uint64_t{1}, std::uint64_t{2}}) {
    Session session(lasting(seconds(60), rough(), seed));
    NaiveClient client(session.options());
    expect_true_books(session, client);
    EXPECT_GT(session.faults().size(), 30u);
  }
}

TEST(Session, EveryLossShowsInTheNextMessages) {
  FaultOptions faults = no_faults();
  faults.drop_every = seconds(3);
  Session session(lasting(seconds(80), faults));
  NaiveClient client(session.options());
  expect_true_books(session, client);
  std::map<std::string, int> lost;
  for (const Fault& fault : session.faults()) {
    EXPECT_EQ(fault.kind, FaultKind::drop);
    if (fault.over_at) ++lost[std::string(fault.feed)];
  }
  EXPECT_FALSE(lost.contains("bitstamp"));
  for (const auto& [feed, count] : lost) {
    EXPECT_GT(count, 5) << feed;
    // Kraken proves a loss by its checksum alone: the next message can mend what was lost, and then nothing shows.
    if (feed == "kraken") {
      EXPECT_GE(client.losses_seen[feed], count * 3 / 4) << feed;
    } else {
      EXPECT_GE(client.losses_seen[feed], count) << feed;
    }
  }
}

TEST(Session, SaysNothingWhileAVenueIsSilent) {
  Session session(lasting(seconds(60), rough()));
  std::vector<std::pair<Wall, std::string>> records;
  Record record;
  while (session.next(record)) records.emplace_back(record.t, record.feed);
  for (const Fault& fault : session.faults()) {
    if (fault.kind == FaultKind::drop || !fault.over_at) continue;
    EXPECT_GE(*fault.over_at - fault.at, milliseconds(500));
    for (const auto& [t, feed] : records)
      ASSERT_FALSE(feed == fault.feed && t > fault.at && t < *fault.over_at) << feed << " " << to_string(fault.kind);
  }
}

TEST(Session, NeverCrossesOneVenuesBookAndKeepsTicksAndLots) {
  SessionOptions options = lasting(seconds(20), no_faults());
  for (VenueOptions& venue : options.venues)
    for (ListingOptions& listing : venue.listings) {
      listing.tick = listing.price_scale > 0 ? 5 : 1;
      listing.lot = 10;
    }
  Session session(options);
  Record record;
  for (int i = 0; session.next(record); ++i) {
    if (i % 50 != 0) continue;
    for (const VenueOptions& venue : options.venues)
      for (const ListingOptions& listing : venue.listings) {
        const TrueBook book = session.true_book(venue.feed, listing.raw_symbol).value();
        if (book.truth != BookTruth::whole) continue;
        ASSERT_LT(book.bids.front().price, book.asks.front().price);
        for (const std::span<const Level> side : {book.bids, book.asks})
          for (const Level& level : side) {
            ASSERT_GT(level.price.count(), 0);
            ASSERT_EQ(level.price.count() % listing.tick, 0);
            ASSERT_GT(level.quantity.count(), 0);
            ASSERT_EQ(level.quantity.count() % listing.lot, 0);
          }
      }
  }
}

TEST(Session, EachKrakenMessageCarriesTheChecksumOfTheTrueBook) {
  Session session(lasting(seconds(30), no_faults()));
  NaiveClient client(session.options());
  int checked = 0;
  follow(session, client, [&](const Record& record) {
    if (record.feed != "kraken" || client.batch.books.empty()) return;
    const BookEvent& event = client.batch.books.front();
    const auto truth = session.true_book("kraken", client.listing(event.listing).raw_symbol);
    ASSERT_EQ(truth->bids.size(), 10u);
    ASSERT_EQ(event.checksum, slow_crc32(kraken_checksum_text(truth->asks, truth->bids)));
    ++checked;
  });
  EXPECT_GT(checked, 300);
}

// The venue sends no delete for a level that better ones push out of the depth.
TEST(Session, KrakenClientThatDoesNotTruncateHoldsTooMuch) {
  SessionOptions options = lasting(seconds(10), no_faults());
  options.venues = {default_venues()[2]};
  Session session(options);
  NaiveClient client(options);
  NaiveBook hoarder;
  follow(session, client, [&](const Record&) {
    for (const BookEvent& event : client.batch.books) {
      if (client.listing(event.listing).raw_symbol != "BTC/USDT") continue;
      ASSERT_EQ(event.depth, 10u);
      hoarder.apply(client.batch.bids_of(event), client.batch.asks_of(event));
    }
  });
  EXPECT_GT(hoarder.bids.size(), 12u);
  EXPECT_GT(hoarder.asks.size(), 12u);
}

TEST(Session, OkxOfTheYear2022SendsChecksumsInPlaceOfIds) {
  SessionOptions options = lasting(seconds(30), no_faults());
  options.venues = {default_venues()[3]};
  options.venues[0].okx_checksums = true;
  Session session(options);
  NaiveClient client(options);
  int checked = 0;
  follow(session, client, [&](const Record& record) {
    if (client.batch.books.empty()) return;
    const BookEvent& event = client.batch.books.front();
    ASSERT_FALSE(event.sequence.previous.has_value()) << record.raw;
    const auto truth = session.true_book("okx", client.listing(event.listing).raw_symbol);
    const venue::ChecksumInput input{.bids = truth->bids.first(25),
                                     .asks = truth->asks.first(25),
                                     .written_bids = {},
                                     .written_asks = {},
                                     .price_scale = truth->price_scale,
                                     .quantity_scale = truth->quantity_scale};
    ASSERT_EQ(event.checksum, venue::feed(*venue::find_feed("okx")).checksum(input));
    ++checked;
  });
  EXPECT_GT(checked, 100);
}

TEST(Session, BitstampInWholeBooksNeedsNoRestSnapshot) {
  SessionOptions options = lasting(seconds(60), no_faults());
  options.venues = {default_venues()[5]};
  options.venues[0].whole_books = true;
  Session session(options);
  NaiveClient client(options);
  Record record;
  int frames = 0;
  while (session.next(record)) {
    ASSERT_NE(record.dir, Direction::http);
    client.read(record);
    frames += static_cast<int>(client.batch.books.size());
    expect_all_held(session, client);
  }
  EXPECT_GT(frames, 100);
  EXPECT_THAT(client.errors, testing::IsEmpty());
}

// These three publish after every change, so that what a taker meets is what the client holds.
TEST(Session, TradesHitDisplayedDepth) {
  Session session(lasting(seconds(60), no_faults()));
  NaiveClient client(session.options());
  int prints = 0;
  follow(session, client, [&](const Record& record) {
    if (record.feed != "kraken" && record.feed != "bybit-spot" && record.feed != "coinbase") return;
    for (const Trade& trade : client.batch.trades) {
      const auto book = session.true_book(record.feed, client.listing(trade.listing).raw_symbol);
      if (book->truth != BookTruth::whole) continue;
      const std::span<const Level> resting = trade.taker == Side::bid ? book->asks : book->bids;
      const auto level = std::ranges::find(resting, trade.price, &Level::price);
      ASSERT_NE(level, resting.end()) << record.raw;
      ASSERT_LE(trade.quantity.count(), level->quantity.count()) << record.raw;
      ++prints;
    }
  });
  EXPECT_GT(prints, 150);
}

TEST(Session, BooksAreNearTheHiddenPrice) {
  Session session(lasting(seconds(60), no_faults()));
  Record record;
  for (int i = 0; session.next(record); ++i) {
    if (i % 500 != 0) continue;
    const auto book = session.true_book("binance", "BTCUSDT");
    if (book->truth != BookTruth::whole) continue;
    const std::int64_t middle = (book->bids.front().price.count() + book->asks.front().price.count()) * 5'000;
    ASSERT_NEAR(static_cast<double>(middle), static_cast<double>(session.fair_price(0)), 64'250e6 * 0.01);
  }
}

TEST(Session, KnowsNoBookThatItWasNotGiven) {
  const Session session(lasting(seconds(1), no_faults()));
  EXPECT_FALSE(session.true_book("binance", "DOGEUSDT").has_value());
  EXPECT_FALSE(session.true_book("nasdaq", "BTCUSDT").has_value());
  EXPECT_FALSE(session.is_whole("binance", "BTCUSDT"));
  EXPECT_EQ(session.fees().size(), 6u);
}

}  // namespace
}  // namespace crossbook::market
