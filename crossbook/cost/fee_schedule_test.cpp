// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/fee_schedule.hpp"

#include <gtest/gtest.h>

namespace crossbook {
namespace {

FeeTier tier(std::int64_t volume, std::int64_t taker, const char* products = "spot") {
  return {.exchange = "kraken", .products = products, .volume_usd_min = volume, .taker = MicroBps(taker)};
}

TEST(FeeSchedules, GiveTheTierThatAVolumeReaches) {
  const FeeSchedules schedules({tier(50'000, 3), tier(0, 1), tier(10'000, 2), tier(0, 9, "derivatives")});
  EXPECT_EQ(schedules.find("kraken", "spot", 0)->taker, MicroBps(1));
  EXPECT_EQ(schedules.find("kraken", "spot", 9'999)->taker, MicroBps(1));
  EXPECT_EQ(schedules.find("kraken", "spot", 10'000)->taker, MicroBps(2));
  EXPECT_EQ(schedules.find("kraken", "spot", 1'000'000)->taker, MicroBps(3));
  EXPECT_EQ(schedules.find("kraken", "derivatives", 1'000'000)->taker, MicroBps(9));
}

TEST(FeeSchedules, KnowNothingOfWhatIsNotPublished) {
  const FeeSchedules schedules({tier(0, 1)});
  EXPECT_EQ(schedules.find("okx", "spot", 0), nullptr);
  EXPECT_EQ(schedules.find("kraken", "options", 0), nullptr);
}

}  // namespace
}  // namespace crossbook
