// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/improvement.hpp"

#include <gtest/gtest.h>

namespace crossbook::tca {
namespace {

constexpr MicroBps ten_bps{10'000'000};

Reference venue(const char* name, std::vector<BookLevel> levels, MicroBps fee = {}) {
  Reference reference{.levels = std::move(levels)};
  reference.row.venue = name;
  reference.row.fee_rate = fee;
  reference.row.ready = true;
  return reference;
}

void take(Reference& reference, Wide wanted) { take_alone(reference.levels, wanted, reference.row); }

TEST(Fee, IsRoundedUpAndARebateDown) {
  EXPECT_EQ(fee_of(1'000, ten_bps), 1);
  EXPECT_EQ(fee_of(1'001, ten_bps), 2);
  EXPECT_EQ(fee_of(1'999, -ten_bps), -1);
  EXPECT_EQ(fee_of(0, ten_bps), 0);
  // A product beyond 127 bits.
  EXPECT_EQ(fee_of(wide_product(1'000'000'000'000'000'000, 1'000'000'000'000'000'000), ten_bps),
            wide_product(1'000'000'000'000'000'000, 1'000'000'000'000'000));
}

TEST(SingleVenue, TakesWhatDepthLotsAndMinimumsAllow) {
  Reference alone = venue("a", {{Price(100), 5}, {Price(110), 5}}, ten_bps);
  take(alone, 7);
  EXPECT_EQ(alone.row.quantity, 7);
  EXPECT_EQ(alone.row.value, 720);
  EXPECT_EQ(alone.row.fee, 1);
  alone.row.lot = 4;
  take(alone, 7);
  EXPECT_EQ(alone.row.quantity, 4);
  EXPECT_EQ(alone.row.value, 400);
  take(alone, 100);
  EXPECT_EQ(alone.row.quantity, 8);
  alone.row.min_quantity = 9;
  take(alone, 100);
  EXPECT_EQ(alone.row.quantity, 0);
  alone.row.min_quantity = 0;
  alone.row.min_notional = 831;
  take(alone, 100);
  EXPECT_EQ(alone.row.value, 0);
  alone.row.min_notional = 830;
  take(alone, 100);
  EXPECT_EQ(alone.row.value, 830);
}

TEST(Completion, TakesLevelAfterLevelWithEachVenuesFee) {
  const std::vector<CompletionLevel> levels{
      {0, ten_bps, Price(1'000), 1}, {1, {}, Price(1'001), 2}, {0, ten_bps, Price(1'002), 2}};
  EXPECT_EQ(*complete(Action::buy, levels, 0), 0);
  EXPECT_EQ(*complete(Action::buy, levels, 4), 1'000 + 2'002 + 1'002 + 3);
  EXPECT_EQ(*complete(Action::sell, levels, 4), 1'000 + 2'002 + 1'002 - 3);
  EXPECT_FALSE(complete(Action::buy, levels, 6));
}

// 10 units wanted, 10 bought for 1,000,000 in all. Alone, a costs 1,010,000, b fills half at 505,000 and completes at
// 102,000 a unit, c was not ready.
TEST(Improvement, ComparesWithBestHomeAndAverage) {
  std::vector references{venue("a", {{Price(101'000), 10}}), venue("b", {{Price(101'000), 5}}),
                         venue("c", {{Price(1), 10}})};
  references[2].row.ready = false;
  const std::vector<CompletionLevel> completion{{0, {}, Price(102'000), 10}};
  for (Reference& one : references) take(one, 10);
  const DecisionRow decision{.action = Action::buy, .quantity = 10, .home = "b"};
  const Actual actual{.filled = 10, .value = 999'000, .fee = 1'000};
  const ImprovementRow row = compare(decision, actual, references, completion);
  EXPECT_EQ(*references[0].row.all_in, 1'010'000);
  EXPECT_EQ(*references[1].row.all_in, 505'000 + 510'000);
  EXPECT_FALSE(references[2].row.all_in);
  EXPECT_EQ(row.best_venue, "a");
  EXPECT_DOUBLE_EQ(*row.best_single_bps, 1e4 * 10'000 / 1'010'000);
  EXPECT_DOUBLE_EQ(*row.home_bps, 1e4 * 15'000 / 1'015'000);
  // Weights are what each filled itself: 2 to 1.
  const double average = (2 * 1'010'000.0 + 1'015'000.0) / 3;
  EXPECT_NEAR(*row.average_bps, 1e4 * (average - 1'000'000) / average, 1e-9);
}

TEST(Improvement, ASellerWantsMore) {
  std::vector references{venue("a", {{Price(99'000), 10}}), venue("b", {{Price(98'000), 10}})};
  for (Reference& one : references) take(one, 10);
  const DecisionRow decision{.action = Action::sell, .quantity = 10, .home = "b"};
  const ImprovementRow row = compare(decision, {.filled = 10, .value = 1'000'000, .fee = 10'000}, references, {});
  EXPECT_EQ(row.best_venue, "a");
  EXPECT_DOUBLE_EQ(*row.best_single_bps, 0.0);
  EXPECT_DOUBLE_EQ(*row.home_bps, 1e4 * 10'000 / 980'000);
}

TEST(Improvement, IsUnknownWhereTheRestCannotBeCompleted) {
  std::vector references{venue("a", {{Price(100), 10}})};
  take(references[0], 10);
  const DecisionRow decision{.action = Action::buy, .quantity = 10, .home = "a"};
  const ImprovementRow row = compare(decision, {.filled = 4, .value = 400}, references, {});
  EXPECT_TRUE(references[0].row.all_in);
  EXPECT_FALSE(row.all_in);
  EXPECT_FALSE(row.best_single_bps);
  EXPECT_FALSE(row.home_bps);
  EXPECT_FALSE(compare(decision, {.filled = 11, .value = 1'100}, references, {}).best_single_bps);
}

}  // namespace
}  // namespace crossbook::tca
