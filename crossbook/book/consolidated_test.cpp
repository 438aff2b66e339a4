// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/consolidated.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "crossbook/book/merge.hpp"

namespace crossbook::book {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// A group of venues that quote at scale 1 (tenths) and lots of 1, told in prices.
class Market {
 public:
  explicit Market(const std::vector<std::string>& names, const ConsolidatedSettings& settings = {}) : group(settings) {
    for (const std::string& name : names) group.add({.name = name, .price_scale = 1});
  }

  bool quote(const std::string& name, std::optional<std::int64_t> bid, std::optional<std::int64_t> ask) {
    MemberTop top;
    if (bid) top.bid = WideLevel{Price(*bid), WideQuantity(1)};
    if (ask) top.ask = WideLevel{Price(*ask), WideQuantity(1)};
    return group.set(*group.find(name), top, now);
  }
  bool lose(const std::string& name, Reason reason) { return group.set(*group.find(name), {.reason = reason}, now); }
  void pass(std::int64_t ns) {
    now = now + Nanos(ns);
    group.advance(now);
  }
  [[nodiscard]] Reason excluded(const std::string& name) const { return group.excluded(*group.find(name)); }
  [[nodiscard]] std::int64_t bid() const { return group.best(Side::bid)->price.count(); }
  [[nodiscard]] std::int64_t ask() const { return group.best(Side::ask)->price.count(); }

  Consolidated group;
  Steady now{};
};

TEST(Consolidated, TakesTheBestOfAllVenuesAndSumsEqualPrices) {
  Market market({"a", "b", "c"});
  EXPECT_TRUE(market.quote("a", 1000, 1005));
  EXPECT_TRUE(market.quote("b", 1000, 1004));
  EXPECT_FALSE(market.quote("c", 999, 1006));
  EXPECT_EQ(market.bid(), 1000);
  EXPECT_EQ(market.ask(), 1004);
  EXPECT_EQ(market.group.best(Side::bid)->quantity, WideQuantity(2));
  EXPECT_EQ(market.group.best(Side::bid)->members, 0b011U);
  EXPECT_EQ(market.group.best(Side::ask)->members, 0b010U);
  EXPECT_TRUE(market.quote("b", 998, 1004));
  EXPECT_EQ(market.group.best(Side::bid)->members, 0b001U);
  EXPECT_TRUE(market.quote("a", 997, 1005));
  EXPECT_EQ(market.bid(), 999);
}

TEST(Consolidated, HasNoPriceWithoutAReadyBook) {
  Market market({"a"});
  EXPECT_FALSE(market.group.best(Side::bid));
  EXPECT_EQ(market.excluded("a"), Reason::waiting_for_snapshot);
  market.quote("a", 1000, {});
  EXPECT_EQ(market.bid(), 1000);
  EXPECT_FALSE(market.group.best(Side::ask));
  EXPECT_FALSE(market.group.spread_micro_bps());
  market.lose("a", Reason::gap);
  EXPECT_FALSE(market.group.best(Side::bid));
  EXPECT_EQ(market.excluded("a"), Reason::gap);
}

TEST(Consolidated, ReportsACrossedAndALockedMarketWithItsSpread) {
  Market market({"a", "b"});
  market.quote("a", 1000, 1004);
  market.quote("b", 1006, 1008);
  EXPECT_TRUE(market.group.crossed());
  EXPECT_EQ(*market.group.spread_micro_bps(), -19'900'497);
  market.quote("b", 1004, 1008);
  EXPECT_TRUE(market.group.locked());
  EXPECT_EQ(market.group.spread_micro_bps(), 0);
}

TEST(Consolidated, CountsAtTheFinestScaleOfItsMembers) {
  Consolidated group;
  group.add({.name = "coarse", .price_scale = 1, .quantity_scale = 0});
  group.add({.name = "fine", .price_scale = 3, .quantity_scale = 4});
  group.set(0, {.bid = WideLevel{Price(1000), WideQuantity(2)}}, {});
  group.set(1, {.bid = WideLevel{Price(100'000), WideQuantity(5'000)}}, {});
  EXPECT_EQ(group.price_scale(), 3);
  EXPECT_EQ(group.best(Side::bid)->price, Price(100'000));
  EXPECT_EQ(group.best(Side::bid)->quantity, WideQuantity(25'000));
  group.rescale(0, 5, 0);
  EXPECT_EQ(group.best(Side::bid)->price, Price(10'000'000));
  EXPECT_EQ(group.best(Side::bid)->members, 0b11U);
}

TEST(Consolidated, TurnsContractsIntoBaseUnits) {
  Consolidated group;
  group.add({.name = "spot", .quantity_scale = 3});
  group.add({.name = "swap", .quantity_scale = 0, .contract_size = ContractSize{1, 2}});
  group.set(0, {.ask = WideLevel{Price(500), WideQuantity(1'500)}}, {});
  group.set(1, {.ask = WideLevel{Price(500), WideQuantity(7)}}, {});
  EXPECT_EQ(group.best(Side::ask)->quantity, WideQuantity(1'570));
}

TEST(Consolidated, LeavesOutAVenueWhoseOwnBookIsCrossed) {
  Market market({"a", "b"});
  market.quote("a", 1000, 1004);
  market.quote("b", 1003, 1002);
  EXPECT_EQ(market.excluded("b"), Reason::own_book_crossed);
  EXPECT_EQ(market.bid(), 1000);
  market.quote("b", 1001, 1002);
  EXPECT_EQ(market.bid(), 1001);
}

TEST(Consolidated, LeavesOutTheUnreliable) {
  Market market({"a", "b"});
  market.quote("a", 1000, 1004);
  market.quote("b", 1001, 1003);
  market.group.set_reliability(1, 499'999, market.now);
  EXPECT_EQ(market.excluded("b"), Reason::low_reliability);
  EXPECT_EQ(market.bid(), 1000);
  market.quote("b", 1002, 1003);
  EXPECT_EQ(market.bid(), 1000);
  market.group.set_reliability(1, 500'000, market.now);
  EXPECT_EQ(market.bid(), 1002);
}

TEST(Consolidated, LetsTheVerifiedFeedOfAVenueContributeAndThenTheFirst) {
  Consolidated group;
  group.add({.name = "kraken-v1", .venue_key = "kraken"});
  group.add({.name = "kraken", .venue_key = "kraken"});
  const MemberTop plain{.bid = WideLevel{Price(100), WideQuantity(1)}};
  MemberTop verified = plain;
  verified.verified = Verified::checksum;
  group.set(0, plain, {});
  group.set(1, plain, {});
  EXPECT_EQ(group.excluded(1), Reason::duplicate_feed);
  group.set(1, verified, {});
  EXPECT_EQ(group.excluded(0), Reason::duplicate_feed);
  EXPECT_EQ(group.best(Side::bid)->quantity, WideQuantity(1));
  group.set(1, {.reason = Reason::checksum_failed}, {});
  EXPECT_TRUE(group.contributes(0));
}

TEST(Consensus, SendsTheFarthestOutUntilTheRestAgrees) {
  Market market({"a", "b", "c", "d"});
  market.quote("a", 9'990, 10'010);
  market.quote("b", 10'000, 10'020);
  market.quote("c", 10'990, 11'010);
  market.quote("d", 8'990, 9'010);
  EXPECT_EQ(market.excluded("a"), Reason::none);
  EXPECT_EQ(market.excluded("b"), Reason::none);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  EXPECT_EQ(market.excluded("d"), Reason::off_consensus);
  EXPECT_EQ(market.bid(), 10'000);
  EXPECT_EQ(market.ask(), 10'010);
}

TEST(Consensus, MovesWithTheMajority) {
  Market market({"a", "b", "c"});
  for (const char* name : {"a", "b", "c"}) market.quote(name, 9'990, 10'010);
  market.quote("a", 10'990, 11'010);
  EXPECT_EQ(market.excluded("a"), Reason::off_consensus);
  market.quote("b", 10'990, 11'010);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  EXPECT_EQ(market.excluded("b"), Reason::none);
  EXPECT_EQ(market.excluded("a"), Reason::off_consensus);  // near again, but not for a second yet
  market.pass(second);
  EXPECT_EQ(market.excluded("a"), Reason::none);
}

TEST(Consensus, LetsAVenueReturnAfterASecondWithinEightTenthsOfTheLimit) {
  Market market({"a", "b", "c"});
  for (const char* name : {"a", "b"}) market.quote(name, 10'000, 10'000);
  market.quote("c", 10'200, 10'200);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  market.quote("c", 10'090, 10'090);  // within the limit, beyond 0.8 of it
  market.pass(5 * second);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  market.quote("c", 10'079, 10'079);
  market.pass(second - 1);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  market.quote("c", 10'085, 10'085);
  market.quote("c", 10'070, 10'070);  // counts from the beginning
  market.pass(second - 1);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
  EXPECT_EQ(market.group.next_due(), market.now + Nanos(1));
  market.pass(1);
  EXPECT_EQ(market.excluded("c"), Reason::none);
}

TEST(Consensus, OfTwoThatDisagreeTheLessReliableGoesThenTheOlderThenTheLaterByName) {
  Market market({"a", "b"});
  market.quote("b", 10'000, 10'000);
  market.quote("a", 10'200, 10'200);
  EXPECT_EQ(market.excluded("b"), Reason::off_consensus);  // b is older by nothing, and later by name
  market.group.set_reliability(0, 900'000, market.now);
  EXPECT_EQ(market.excluded("a"), Reason::off_consensus);

  Market aged({"a", "b"});
  aged.quote("a", 10'000, 10'000);
  aged.pass(1);
  aged.quote("b", 10'200, 10'200);
  EXPECT_EQ(aged.excluded("a"), Reason::off_consensus);
  aged.pass(1);
  aged.quote("a", 10'000, 10'001);  // younger now, and still the one that is outside
  EXPECT_EQ(aged.excluded("a"), Reason::off_consensus);
  EXPECT_EQ(aged.excluded("b"), Reason::none);
}

TEST(Consensus, ComparesAOneSidedBookByItsOnePrice) {
  Market market({"a", "b", "c"});
  market.quote("a", 10'000, 10'010);
  market.quote("b", 10'000, 10'010);
  market.quote("c", {}, 10'090);
  EXPECT_EQ(market.excluded("c"), Reason::none);
  market.quote("c", {}, 10'300);
  EXPECT_EQ(market.excluded("c"), Reason::off_consensus);
}

TEST(Consensus, IsSilentWhenSwitchedOff) {
  Market market({"a", "b"}, {.filters = {.consensus = false}});
  market.quote("a", 10'000, 10'010);
  market.quote("b", 20'000, 20'010);
  EXPECT_TRUE(market.group.crossed());
}

TEST(Consensus, LogsWhoLeftAndWhoCameBack) {
  Market market({"a", "b", "c"});
  for (const char* name : {"a", "b", "c"}) market.quote(name, 10'000, 10'000);
  market.group.clear_exclusions();
  market.quote("c", 10'200, 10'200);
  market.quote("c", 10'000, 10'000);
  market.pass(second);
  ASSERT_EQ(market.group.exclusions().size(), 2U);
  EXPECT_EQ(market.group.exclusions()[0].reason, Reason::off_consensus);
  EXPECT_EQ(market.group.exclusions()[1].reason, Reason::none);
  EXPECT_EQ(market.group.exclusions()[1].member, 2);
}

// Books of a group with some levels each, for merges.
class Books {
 public:
  VenueBook& add(const std::string& name, int price_scale, std::vector<Level> bids, std::vector<Level> asks) {
    group.add({.name = name, .price_scale = price_scale});
    books.push_back(std::make_unique<VenueBook>(BookSettings{}));
    EventBatch batch;
    batch.bids = std::move(bids);
    batch.asks = std::move(asks);
    BookEvent event{.kind = BookEventKind::snapshot};
    event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
    event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
    books.back()->on(event, batch, {}, {});
    group.set(static_cast<Member>(books.size() - 1),
              {.bid = books.back()->published_top(Side::bid), .ask = books.back()->published_top(Side::ask)}, {});
    views.push_back(books.back().get());
    return *books.back();
  }
  template <class KeyOf = ByPrice>
  std::string merged(Side side, KeyOf key = {}) {
    std::string text;
    Merge<KeyOf> merge(group, views, side, key);
    while (const std::optional<MergedLevel> level = merge.next()) {
      text += std::to_string(level->price.count()) + " x " +
              std::to_string(static_cast<std::int64_t>(level->quantity.count()));
      for (const MemberSize& part : level->parts) text += " " + group.member(part.member).name;
      text += "\n";
    }
    return text;
  }

  Consolidated group;
  std::vector<std::unique_ptr<VenueBook>> books;
  std::vector<const VenueBook*> views;
};

TEST(Merge, JoinsEqualPricesAndNeverDifferentOnes) {
  Books books;
  books.add("a", 0, {{Price(100), Quantity(1)}, {Price(98), Quantity(2)}}, {{Price(101), Quantity(3)}});
  books.add("b", 1, {{Price(1'000), Quantity(5)}, {Price(999), Quantity(7)}}, {{Price(1'011), Quantity(4)}});
  EXPECT_EQ(books.merged(Side::bid), "1000 x 6 a b\n999 x 7 b\n980 x 2 a\n");
  EXPECT_EQ(books.merged(Side::ask), "1010 x 3 a\n1011 x 4 b\n");
}

TEST(Merge, GroupsBidsDownAndAsksUp) {
  Books books;
  books.add("a", 0, {{Price(104), Quantity(1)}, {Price(101), Quantity(2)}, {Price(99), Quantity(4)}},
            {{Price(106), Quantity(3)}, {Price(110), Quantity(1)}, {Price(111), Quantity(1)}});
  books.add("b", 0, {{Price(103), Quantity(5)}}, {{Price(107), Quantity(4)}});
  EXPECT_EQ(books.merged(Side::bid, ByGroupedPrice{Price(5)}), "100 x 8 a b\n95 x 4 a\n");
  EXPECT_EQ(books.merged(Side::ask, ByGroupedPrice{Price(5)}), "110 x 8 a b\n115 x 1 a\n");
}

TEST(Merge, LeavesOutWhoDoesNotContribute) {
  Books books;
  books.add("a", 0, {{Price(100), Quantity(1)}}, {});
  books.add("b", 0, {{Price(100), Quantity(1)}}, {});
  books.group.set(1, {.reason = Reason::gap}, {});
  EXPECT_EQ(books.merged(Side::bid), "100 x 1 a\n");
}

}  // namespace
}  // namespace crossbook::book
