// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/venue_book.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace crossbook::book {
namespace {

using Rows = std::vector<std::int64_t>;

// One feed's messages told as prices: quantity 1 unless given, and its book.
class Feed {
 public:
  explicit Feed(SequenceRule rule, SnapshotSource source = SnapshotSource::stream)
      : book({.rule = rule, .snapshot = source}), from_rest_(source == SnapshotSource::rest) {}

  BookChange snapshot(std::optional<std::int64_t> id, const std::vector<Level>& bids, const std::vector<Level>& asks) {
    return send({.kind = BookEventKind::snapshot, .from_rest = from_rest_, .sequence = {.last = id}}, bids, asks);
  }
  Outcome delta(SequenceSpan sequence, const std::vector<Level>& bids = {}, const std::vector<Level>& asks = {}) {
    return send({.sequence = sequence}, bids, asks).outcome;
  }
  BookChange send(BookEvent event, const std::vector<Level>& bids, const std::vector<Level>& asks) {
    batch.bids = bids;
    batch.asks = asks;
    event.bids = {0, static_cast<std::uint32_t>(bids.size())};
    event.asks = {0, static_cast<std::uint32_t>(asks.size())};
    event.depth = depth;
    return book.on(event, batch, now, wall);
  }
  void pass(Nanos time) { now = now + time; }
  // How many messages in a row, ten a second and numbered one by one from `number` on, are dropped as old.
  int drops(std::int64_t number) {
    const auto old = [&] {
      pass(milliseconds(100));
      const SequenceSpan span{.first = number, .last = number, .previous = number - 1};
      ++number;
      return delta(span, {{Price(99), Quantity(1)}}) == Outcome::stale_dropped;
    };
    int dropped = 0;
    while (dropped < 1'000 && old()) ++dropped;
    return dropped;
  }

  VenueBook book;
  EventBatch batch;
  std::uint32_t depth = 0;
  Steady now{1};
  Wall wall{1};

 private:
  bool from_rest_;
};

Level at(std::int64_t price, std::int64_t quantity = 1) { return {Price(price), Quantity(quantity)}; }
SequenceSpan range(std::int64_t first, std::int64_t last) { return {.first = first, .last = last}; }
SequenceSpan last(std::int64_t number) { return {.last = number}; }
SequenceSpan link(std::int64_t previous, std::int64_t number) { return {.last = number, .previous = previous}; }

std::string side(const VenueBook& book, Side which) {
  std::string text;
  book.for_each(which, [&](const WideLevel& level) {
    text += std::to_string(level.price.count()) + "x" +
            std::to_string(static_cast<std::int64_t>(level.quantity.count())) + " ";
    return true;
  });
  return text;
}

TEST(VenueBook, PublishesNothingBeforeItsSnapshot) {
  Feed feed(SequenceRule::none);
  EXPECT_EQ(feed.book.state(), BookState::empty);
  EXPECT_EQ(feed.book.reason(), Reason::waiting_for_snapshot);
  EXPECT_EQ(feed.delta({}, {at(100)}), Outcome::rejected);
  EXPECT_FALSE(feed.book.published_top(Side::bid));
  EXPECT_EQ(feed.book.counters().rejected, 1U);
}

TEST(VenueBook, AppliesAbsoluteSizesAndCountsUnknownRemoves) {
  Feed feed(SequenceRule::none);
  EXPECT_TRUE(feed.snapshot({}, {at(100), at(99)}, {at(101)}).published_changed);
  EXPECT_EQ(feed.delta({}, {at(100, 5), at(98, 0)}, {at(101, 0), at(102, 3)}), Outcome::applied);
  EXPECT_EQ(side(feed.book, Side::bid), "100x5 99x1 ");
  EXPECT_EQ(side(feed.book, Side::ask), "102x3 ");
  EXPECT_EQ(feed.book.counters().unknown_removes, 1U);
  EXPECT_EQ(feed.book.counters().deltas, 1U);
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
  feed.snapshot({}, {at(50)}, {at(51)});
  EXPECT_EQ(side(feed.book, Side::bid), "50x1 ");
}

TEST(VenueBook, SaysWhenTheTopMovedAndWhenNot) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100), at(99)}, {at(101)});
  EXPECT_FALSE(feed.send({}, {at(99, 7)}, {at(105)}).top_changed);
  EXPECT_TRUE(feed.send({}, {at(100, 7)}, {}).top_changed);
  EXPECT_FALSE(feed.send({}, {at(100, 7)}, {}).published_changed);
}

TEST(VenueBook, KeepsNoMoreLevelsThanSubscribed) {
  Feed feed(SequenceRule::checksum_only);
  feed.depth = 2;
  feed.snapshot({}, {at(100), at(99)}, {at(101), at(102)});
  feed.delta({}, {at(100, 0), at(98), at(97)}, {at(100)});
  EXPECT_EQ(side(feed.book, Side::bid), "99x1 98x1 ");
  EXPECT_EQ(side(feed.book, Side::ask), "100x1 101x1 ");
}

TEST(SequenceRules, NextTakesEachNumberOnce) {  // Bybit
  Feed feed(SequenceRule::next);
  feed.snapshot(10, {at(100)}, {at(101)});
  EXPECT_EQ(feed.book.verified(), Verified::sequence);
  EXPECT_EQ(feed.delta(last(11), {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.delta(last(11), {at(98)}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta(last(13), {at(97)}), Outcome::gap);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
  EXPECT_EQ(feed.book.reason(), Reason::gap);
  EXPECT_FALSE(feed.book.published_top(Side::bid));
  EXPECT_EQ(side(feed.book, Side::bid), "100x1 99x1 ");
  EXPECT_EQ(feed.delta(last(14)), Outcome::rejected);
  feed.snapshot(20, {at(90)}, {at(91)});
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(feed.book.first_seq(), 20);
  EXPECT_EQ(feed.book.last_seq(), 20);
}

TEST(SequenceRules, NextStartsAgainAtOne) {
  Feed feed(SequenceRule::next);
  feed.snapshot(10, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta(last(1), {at(50)}, {at(51)}), Outcome::applied);
  EXPECT_EQ(side(feed.book, Side::bid), "50x1 ");
  EXPECT_EQ(feed.book.counters().snapshots, 2U);
  EXPECT_EQ(feed.delta(last(2), {at(49)}), Outcome::applied);
}

TEST(SequenceRules, RangeDropsWhatIsInTheSnapshotAndTakesAnOverlap) {  // Binance
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.snapshot(100, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta(range(95, 100), {at(1)}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta(range(98, 103), {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.delta(range(104, 104), {at(98)}), Outcome::applied);
  EXPECT_EQ(feed.delta(range(103, 106), {at(97)}), Outcome::applied);
  EXPECT_EQ(feed.delta(range(108, 109), {at(96)}), Outcome::gap);
  EXPECT_EQ(feed.book.counters().gaps, 1U);
  EXPECT_EQ(side(feed.book, Side::bid), "100x1 99x1 98x1 97x1 ");
}

TEST(SequenceRules, RangeWithoutNumbersIsAGap) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.snapshot(100, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta({}, {at(99)}), Outcome::gap);
}

TEST(SequenceRules, PreviousRangeBridgesOnceAndThenChains) {  // Binance futures
  Feed feed(SequenceRule::previous_range, SnapshotSource::rest);
  feed.snapshot(100, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta({.first = 90, .last = 99, .previous = 89}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta({.first = 95, .last = 105, .previous = 94}, {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.delta({.first = 110, .last = 120, .previous = 105}, {at(98)}), Outcome::applied);
  EXPECT_EQ(feed.delta({.first = 110, .last = 120, .previous = 105}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta({.first = 121, .last = 130, .previous = 119}), Outcome::gap);
}

TEST(SequenceRules, PreviousFollowsItsBackPointer) {  // OKX, Deribit
  Feed feed(SequenceRule::previous);
  feed.snapshot(1'000, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta(link(1'000, 1'017), {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.delta(link(1'017, 1'017)), Outcome::applied);        // OKX repeats itself when idle
  EXPECT_EQ(feed.delta(link(1'017, 3), {at(98)}), Outcome::applied);  // and counts from the start again at times
  EXPECT_EQ(feed.delta(link(3, 9), {at(97)}), Outcome::applied);
  EXPECT_EQ(feed.delta(link(3, 9), {at(96)}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta(link(12, 15), {at(95)}), Outcome::gap);
}

TEST(SequenceRules, PreviousWithoutNumbersProvesNothing) {  // OKX in 2022
  Feed feed(SequenceRule::previous);
  feed.snapshot({}, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta({}, {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
  EXPECT_FALSE(feed.book.last_seq());
}

TEST(SequenceRules, PreviousDoesNotDropForEverAfterALostRestart) {
  Feed feed(SequenceRule::previous);
  feed.snapshot(1'000'000, {at(100)}, {at(101)});
  EXPECT_EQ(feed.drops(10), 64);
  EXPECT_EQ(feed.book.reason(), Reason::gap);
}

// A fetched book that was another symbol's stayed ready for hours: its number was far ahead of the stream.
TEST(SequenceRules, NoNumberedBookStaysReadyFarAheadOfItsStream) {
  using enum SequenceRule;
  for (const SequenceRule rule : {newer, next, range, previous_range, previous}) {
    Feed feed(rule, SnapshotSource::rest);
    feed.snapshot(1'000'000, {at(50)}, {at(51)});
    EXPECT_EQ(feed.drops(10), 64) << static_cast<int>(rule);
    EXPECT_EQ(feed.book.state(), BookState::gapped);
    feed.snapshot(73, {at(100)}, {at(101)});
    EXPECT_TRUE(feed.book.ready());
    EXPECT_EQ(side(feed.book, Side::bid), "100x1 99x1 ");
  }
}

TEST(SequenceRules, ABookAheadOfItsStreamForAMomentIsKept) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.snapshot(1'000, {at(100)}, {at(101)});
  for (std::int64_t n = 1; n <= 1'000; ++n) EXPECT_EQ(feed.delta(range(n, n)), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta(range(1'001, 1'001)), Outcome::applied);
}

TEST(SequenceRules, NewerDropsWhatIsNotAndProvesNothing) {  // Bitstamp
  Feed feed(SequenceRule::newer, SnapshotSource::rest);
  feed.snapshot(1'000, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta(last(1'000), {at(99)}), Outcome::stale_dropped);
  EXPECT_EQ(feed.delta(last(5'000), {at(98)}), Outcome::applied);
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
}

TEST(SequenceRules, SnapshotsReplaceEachOtherInOrder) {  // HTX step0
  Feed feed(SequenceRule::snapshots);
  feed.snapshot(5, {at(100)}, {at(101)});
  EXPECT_EQ(feed.snapshot(4, {at(1)}, {at(2)}).outcome, Outcome::stale_dropped);
  EXPECT_EQ(feed.snapshot(9, {at(90)}, {at(91)}).outcome, Outcome::applied);
  EXPECT_EQ(feed.snapshot({}, {at(80)}, {at(81)}).outcome, Outcome::applied);
  EXPECT_EQ(feed.book.counters().snapshots, 3U);
}

TEST(SequenceRules, AConnectionsCounterVouchesForItsBooks) {  // Coinbase Advanced
  Feed feed(SequenceRule::connection);
  feed.snapshot(3, {at(100)}, {at(101)});
  EXPECT_EQ(feed.delta(last(9), {at(99)}), Outcome::applied);
  EXPECT_EQ(feed.book.verified(), Verified::sequence);
  EXPECT_TRUE(feed.book.fail(BookState::gapped, Reason::connection_gap).published_changed);
  EXPECT_EQ(feed.book.reason(), Reason::connection_gap);
  EXPECT_EQ(feed.book.counters().gaps, 0U);
}

TEST(Bridging, AppliesWhatCameBeforeTheSnapshotAndIsNotInIt) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  EXPECT_EQ(feed.delta(range(1, 5), {at(10)}), Outcome::buffered);
  EXPECT_EQ(feed.book.state(), BookState::syncing);
  EXPECT_EQ(feed.delta(range(6, 9), {at(20)}), Outcome::buffered);
  EXPECT_EQ(feed.delta(range(10, 12), {at(30)}), Outcome::buffered);
  const BookChange change = feed.snapshot(7, {at(5)}, {at(50)});
  EXPECT_EQ(change.outcome, Outcome::applied);
  EXPECT_FALSE(change.wants_snapshot);
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(side(feed.book, Side::bid), "30x1 20x1 5x1 ");
  const BookCounters& counters = feed.book.counters();
  EXPECT_EQ(counters.buffered, 3U);
  EXPECT_EQ(counters.stale_dropped, 1U);
  EXPECT_EQ(counters.deltas, 2U);
  EXPECT_EQ(feed.book.first_seq(), 7);
  EXPECT_EQ(feed.book.last_seq(), 12);
}

TEST(Bridging, AsksAgainWhenTheSnapshotIsOlderThanTheBuffer) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  EXPECT_TRUE(feed.send({.sequence = range(10, 12)}, {at(30)}, {}).wants_snapshot);
  EXPECT_FALSE(feed.send({.sequence = range(13, 14)}, {at(31)}, {}).wants_snapshot);
  const BookChange early = feed.snapshot(8, {at(5)}, {at(50)});
  EXPECT_EQ(early.outcome, Outcome::ignored);
  EXPECT_TRUE(early.wants_snapshot);
  EXPECT_FALSE(feed.book.ready());
  feed.snapshot(12, {at(5)}, {at(50)});
  EXPECT_EQ(side(feed.book, Side::bid), "31x1 5x1 ");
}

TEST(Bridging, KeepsWhatFollowsAHoleForTheNextSnapshot) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.delta(range(1, 2), {at(1)});
  feed.delta(range(5, 6), {at(2)});
  EXPECT_TRUE(feed.snapshot(1, {at(9)}, {at(50)}).wants_snapshot);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
  EXPECT_EQ(feed.book.counters().gaps, 1U);
  feed.snapshot(4, {at(9)}, {at(50)});
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(side(feed.book, Side::bid), "9x1 2x1 ");
}

TEST(Bridging, BuffersAgainAfterAGap) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.snapshot(1, {at(9)}, {at(50)});
  EXPECT_EQ(feed.delta(range(5, 6), {at(2)}), Outcome::gap);
  EXPECT_EQ(feed.delta(range(7, 8), {at(3)}), Outcome::buffered);
  feed.snapshot(5, {at(1)}, {at(50)});
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(side(feed.book, Side::bid), "3x1 2x1 1x1 ");
}

TEST(Bridging, SkipsRowsThatTheSnapshotHas) {  // KuCoin numbers each row
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.batch.sequence_bids = Rows{8, 11};
  feed.batch.sequence_asks = Rows{10};
  feed.delta(range(8, 11), {at(20, 2), at(21, 2)}, {at(50, 2)});
  feed.batch.sequence_bids.clear();
  feed.batch.sequence_asks.clear();
  feed.snapshot(10, {at(20, 7)}, {at(50, 7)});
  EXPECT_EQ(side(feed.book, Side::bid), "21x2 20x7 ");
  EXPECT_EQ(side(feed.book, Side::ask), "50x7 ");
}

TEST(Bridging, KeepsWideQuantitiesBesideNarrowOnes) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.delta(range(1, 2), {at(10, 3)});
  feed.book.widen();
  const WideQuantity huge(static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) * 10);
  feed.batch.wide_bids = {huge};
  feed.delta(range(3, 4), {at(20)});
  feed.batch.wide_bids.clear();
  feed.delta(range(5, 6), {at(30, 5)});
  feed.snapshot(0, {at(1)}, {at(99)});
  EXPECT_EQ(feed.book.quantity_at(Side::bid, Price(10)), WideQuantity(3));
  EXPECT_EQ(feed.book.quantity_at(Side::bid, Price(20)), huge);
  EXPECT_EQ(feed.book.quantity_at(Side::bid, Price(30)), WideQuantity(5));
}

TEST(Bridging, KeepsRowsWithNumbersBesideRowsWithout) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.delta(range(8, 11), {at(20)});
  feed.batch.sequence_bids = Rows{12};
  feed.delta(range(12, 12), {at(21)});
  feed.batch.sequence_bids.clear();
  feed.delta(range(13, 13), {at(22)});
  feed.snapshot(10, {}, {at(50)});
  EXPECT_EQ(side(feed.book, Side::bid), "22x1 21x1 20x1 ");
}

TEST(Bridging, ForgetsTheOldestWhenTheBufferIsFullAndSaysSo) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  const auto messages = static_cast<std::int64_t>(buffered_messages_max) + 1;
  for (std::int64_t n = 1; n <= messages; ++n) feed.delta(range(n, n), {at(n)});
  EXPECT_EQ(feed.book.reason(), Reason::buffer_overflow);
  EXPECT_TRUE(feed.snapshot(0, {at(1)}, {at(99'999)}).wants_snapshot);
  EXPECT_FALSE(feed.book.ready());
  feed.snapshot(messages - 10, {at(1)}, {at(99'999)});
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(feed.book.levels(Side::bid), 11U);
  EXPECT_EQ(feed.book.last_seq(), messages);
}

TEST(Bridging, DoesNotGoBackToAnOldSnapshot) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.snapshot(10, {at(9)}, {at(50)});
  feed.delta(range(11, 20), {at(8)});
  EXPECT_EQ(feed.snapshot(15, {at(1)}, {at(50)}).outcome, Outcome::ignored);
  EXPECT_EQ(side(feed.book, Side::bid), "9x1 8x1 ");
  EXPECT_EQ(feed.book.counters().snapshots, 1U);
}

TEST(CrossedBook, IsForgivenForASecond) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100)}, {at(101)});
  feed.delta({}, {at(102)});
  feed.pass(seconds(5));
  feed.delta({}, {at(90)});  // the second update: long enough, but not often enough
  EXPECT_TRUE(feed.book.ready());
  feed.delta({}, {at(91)});
  EXPECT_EQ(feed.book.state(), BookState::crossed);
  EXPECT_EQ(feed.book.counters().crossed, 3U);
  EXPECT_EQ(feed.delta({}, {at(102, 0)}), Outcome::rejected);
  feed.snapshot({}, {at(100)}, {at(101)});
  EXPECT_TRUE(feed.book.ready());
}

TEST(CrossedBook, CountsFromTheLastTimeItWasNot) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100)}, {at(101)});
  for (int i = 0; i < 10; ++i) {
    feed.delta({}, {at(102)});
    feed.pass(milliseconds(900));
    feed.delta({}, {at(102, 0)});
  }
  EXPECT_TRUE(feed.book.ready());
  for (int i = 0; i < 10; ++i) feed.delta({}, {at(102, 1 + i)});
  feed.pass(seconds(1));
  feed.delta({}, {at(90)});  // exactly a second is not more
  EXPECT_TRUE(feed.book.ready());
}

TEST(CrossedBook, IsNoticedWhereEveryMessageIsTheWholeBook) {
  Feed feed(SequenceRule::snapshots);
  for (std::int64_t n = 1; n <= 3; ++n, feed.pass(milliseconds(600))) feed.snapshot(n, {at(102)}, {at(101)});
  EXPECT_EQ(feed.book.state(), BookState::crossed);
  EXPECT_FALSE(feed.snapshot(4, {at(102)}, {at(101)}).wants_snapshot);
  EXPECT_EQ(feed.book.state(), BookState::crossed);
  feed.snapshot(5, {at(100)}, {at(101)});
  EXPECT_TRUE(feed.book.ready());
}

TEST(CrossedBook, LockedAndOneSidedBooksAreCountedAndKept) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(101)}, {at(101)});
  feed.delta({}, {}, {at(101, 0)});
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(feed.book.counters().locked, 1U);
  EXPECT_EQ(feed.book.counters().one_sided, 1U);
}

TEST(Checksum, ProvesTheBookOrEndsIt) {
  Feed feed(SequenceRule::checksum_only);
  feed.snapshot({}, {at(100)}, {at(101)});
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
  feed.book.checksum_result(true);
  EXPECT_EQ(feed.book.verified(), Verified::checksum);
  EXPECT_TRUE(feed.book.checksum_result(false).wants_snapshot);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
  EXPECT_EQ(feed.book.reason(), Reason::checksum_failed);
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
  feed.snapshot({}, {at(100)}, {at(101)});
  EXPECT_EQ(feed.book.verified(), Verified::unverifiable);
}

TEST(Checksum, RemembersHowTheDigitsWereWritten) {
  Feed feed(SequenceRule::checksum_only);
  feed.batch.written_bids = {{2, 8}, {1, 3}};
  feed.batch.written_asks = {{0, 0}};
  feed.snapshot({}, {at(100), at(99, 4)}, {at(101)});
  feed.batch.written_bids = {{2, 5}};
  feed.batch.written_asks.clear();
  feed.delta({}, {at(99, 5)});
  std::vector<Level> levels;
  std::vector<WrittenDigits> digits;
  feed.book.top_levels(Side::bid, 10, levels, digits);
  EXPECT_EQ(levels, (std::vector<Level>{at(100), at(99, 5)}));
  ASSERT_EQ(digits.size(), 2U);
  EXPECT_EQ(digits[0].quantity_decimals, 8);
  EXPECT_EQ(digits[1].price_decimals, 2);
  EXPECT_EQ(digits[1].quantity_decimals, 5);
  feed.book.top_levels(Side::bid, 1, levels, digits);
  EXPECT_EQ(levels.size(), 1U);
}

TEST(StaleBook, IsReadyAgainWithItsNextDelta) {
  Feed feed(SequenceRule::next);
  feed.snapshot(1, {at(100)}, {at(101)});
  EXPECT_TRUE(feed.book.fail(BookState::stale, Reason::late).published_changed);
  EXPECT_FALSE(feed.book.published_top(Side::bid));
  EXPECT_TRUE(feed.book.top(Side::bid));
  const BookChange change = feed.send({.sequence = last(2)}, {at(99)}, {});
  EXPECT_TRUE(change.published_changed);
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(feed.book.reason(), Reason::none);
}

TEST(StaleBook, IsGappedByALostMessageAndNotHealedByADroppedOne) {
  Feed feed(SequenceRule::next);
  feed.snapshot(5, {at(100)}, {at(101)});
  feed.book.fail(BookState::stale, Reason::silent);
  EXPECT_EQ(feed.delta(last(5)), Outcome::stale_dropped);
  EXPECT_EQ(feed.book.state(), BookState::stale);
  EXPECT_EQ(feed.delta(last(8)), Outcome::gap);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
}

TEST(StaleBook, OnlyAReadyBookBecomesStale) {
  Feed feed(SequenceRule::none);
  feed.book.fail(BookState::stale, Reason::silent);
  EXPECT_EQ(feed.book.state(), BookState::empty);
  feed.snapshot({}, {at(100)}, {at(101)});
  feed.book.fail(BookState::gapped, Reason::malformed_frame);
  feed.book.fail(BookState::stale, Reason::silent);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
  EXPECT_FALSE(feed.book.confirmed().published_changed);
}

TEST(StaleBook, IsReadyWhenAProbeConfirmsItsTop) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100)}, {at(101)});
  feed.book.fail(BookState::stale, Reason::silent);
  EXPECT_TRUE(feed.book.confirmed().published_changed);
  EXPECT_TRUE(feed.book.ready());
}

TEST(Reconnect, ForgetsTheBookButNotTheCounters) {
  Feed feed(SequenceRule::next);
  feed.snapshot(1, {at(100)}, {at(101)});
  EXPECT_TRUE(feed.book.reset(Reason::reconnect).published_changed);
  EXPECT_EQ(feed.book.state(), BookState::gapped);
  EXPECT_EQ(feed.book.reason(), Reason::reconnect);
  EXPECT_FALSE(feed.book.top(Side::bid));
  EXPECT_EQ(feed.book.counters().snapshots, 1U);
  feed.book.syncing();
  EXPECT_EQ(feed.book.state(), BookState::syncing);
  feed.snapshot(1, {at(100)}, {at(101)});
  EXPECT_TRUE(feed.book.ready());
}

TEST(VenueBook, HeldBackGoesOnWithItsMessagesAndPublishesNothing) {
  Feed feed(SequenceRule::next);
  feed.snapshot(1, {at(100)}, {at(102)});
  EXPECT_TRUE(feed.book.hold_back(true).published_changed);
  EXPECT_EQ(feed.book.reason(), Reason::behind);
  EXPECT_EQ(feed.delta(last(2), {at(101)}), Outcome::applied);
  EXPECT_FALSE(feed.book.published_top(Side::bid));
  EXPECT_FALSE(feed.book.confirmed().published_changed);
  EXPECT_TRUE(feed.book.hold_back(false).published_changed);
  EXPECT_EQ(feed.book.published_top(Side::bid)->price, Price(101));
}

TEST(VenueBook, HeldBackAndSilentIsNotReadyUntilItIsHeardAgain) {
  Feed feed(SequenceRule::next);
  feed.snapshot(1, {at(100)}, {at(102)});
  feed.book.hold_back(true);
  feed.book.fail(BookState::stale, Reason::connection_silent);
  EXPECT_FALSE(feed.book.hold_back(false).published_changed);
  EXPECT_EQ(feed.book.reason(), Reason::connection_silent);
  feed.delta(last(2), {at(101)});
  EXPECT_TRUE(feed.book.ready());
}

TEST(Rescale, KeepsTheBookAndWhatIsBuffered) {
  Feed feed(SequenceRule::range, SnapshotSource::rest);
  feed.delta(range(1, 2), {at(30, 4)});
  EXPECT_TRUE(feed.book.rescale(1, 2));
  feed.snapshot(1, {at(200, 100)}, {at(900, 300)});
  EXPECT_EQ(side(feed.book, Side::bid), "300x400 200x100 ");
  EXPECT_TRUE(feed.book.rescale(1, 0));
  EXPECT_EQ(side(feed.book, Side::ask), "9000x300 ");
}

TEST(Rescale, ChangesNothingBeyondTheRange) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100)}, {at(200, std::numeric_limits<std::int64_t>::max() / 2)});
  EXPECT_FALSE(feed.book.rescale(0, 1));
  EXPECT_TRUE(feed.book.ready());
  EXPECT_EQ(side(feed.book, Side::bid), "100x1 ");
  feed.book.widen();
  EXPECT_TRUE(feed.book.rescale(1, 1));
  EXPECT_EQ(side(feed.book, Side::bid), "1000x10 ");
  EXPECT_FALSE(feed.book.rescale(18, 0));
}

TEST(Rescale, WideBooksTakeWideQuantities) {
  Feed feed(SequenceRule::none);
  feed.snapshot({}, {at(100, 7)}, {at(101)});
  feed.book.widen();
  const WideQuantity huge(static_cast<Wide>(std::numeric_limits<std::int64_t>::max()) * 10);
  feed.batch.wide_bids = {huge};
  feed.delta({}, {at(100, 1)});
  EXPECT_EQ(feed.book.top(Side::bid)->quantity, huge);
  EXPECT_EQ(feed.book.top(Side::ask)->quantity, WideQuantity(1));
}

}  // namespace
}  // namespace crossbook::book
