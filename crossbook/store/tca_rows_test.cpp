// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "crossbook/store/store_test_tools.hpp"

namespace crossbook::store {
namespace {

// Beyond 63 bits, as a value may be.
constexpr Wide large = -wide_product(4'000'000'000'000'000'000, 1'000'000'000'000'000'007);
constexpr tca::Scales scales{8, 10};

tca::Rows one_of_each() {
  tca::Rows rows;
  rows.decisions.push_back({.decision = OrderId(7),
                            .symbol = "BTC/USDT",
                            .action = Action::sell,
                            .at = Steady(11),
                            .wall = Wall(12),
                            .scales = scales,
                            .quantity = large,
                            .top = {Price(13), {}},
                            .home = "kraken",
                            .contributors = "kraken okx",
                            .all_ready = true});
  rows.fills.push_back({.order = OrderId(7),
                        .decision = OrderId(7),
                        .trade = std::numeric_limits<std::uint64_t>::max(),
                        .venue = "okx",
                        .role = Role::taker,
                        .at = Steady(21),
                        .wall = Wall(22),
                        .scales = scales,
                        .price = Price(23),
                        .quantity = 24,
                        .fee = large,
                        .fee_rate = MicroBps(-25),
                        .top = {{}, Price(26)}});
  rows.markouts.push_back(
      {.order = OrderId(7), .trade = 1, .horizon = seconds(1), .price_scale = 3, .doubled_mid = 31});
  rows.markouts.push_back({.order = OrderId(7), .trade = 1, .horizon = seconds(2)});
  rows.orders.push_back({.order = OrderId(7),
                         .decision = OrderId(6),
                         .venue = "okx",
                         .scales = scales,
                         .quantity = 41,
                         .filled = 42,
                         .sent_at = Steady(43),
                         .sent_mid = 44,
                         .ended_at = Steady(45),
                         .end_mid = 46,
                         .open = true,
                         .parts = tca::ShortfallParts{1, -2, large, 4, 5, 6}});
  rows.orders.push_back({.order = OrderId(8)});
  rows.references.push_back({.decision = OrderId(7),
                             .venue = "kraken",
                             .latency = Nanos(51),
                             .fee_rate = MicroBps(52),
                             .scales = scales,
                             .lot = 53,
                             .min_quantity = 54,
                             .min_notional = 55,
                             .ready = true,
                             .quantity = 56,
                             .value = large,
                             .fee = 58,
                             .all_in = 59});
  rows.levels.push_back({.decision = OrderId(7),
                         .reference = "kraken",
                         .position = 61,
                         .venue = "kraken",
                         .fee_rate = MicroBps(62),
                         .scales = scales,
                         .price = Price(63),
                         .quantity = large});
  rows.improvements.push_back({.decision = OrderId(7),
                               .scales = scales,
                               .filled = 71,
                               .all_in = large,
                               .best_venue = "okx",
                               .best_single_bps = 1.0 / 3.0,
                               .average_bps = -2.5});
  return rows;
}

tca::Rows kept(const tca::Rows& rows) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  EXPECT_TRUE(store->record(rows));
  EXPECT_TRUE(store->record(rows));  // a row that is there changes nothing
  EXPECT_TRUE(store->flush());
  return opened(folder.file(), {.access = Access::read})->tca_rows().value();
}

TEST(TcaRows, ComeBackWithEveryField) { EXPECT_EQ(kept(one_of_each()), one_of_each()); }

TEST(TcaRows, OfAnEmptyStoreAreNone) {
  const TestFolder folder;
  EXPECT_TRUE(opened(folder.file())->tca_rows()->empty());
}

}  // namespace
}  // namespace crossbook::store
