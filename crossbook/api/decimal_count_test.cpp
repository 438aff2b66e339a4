// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/decimal_count.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <optional>

namespace crossbook {
namespace {

TEST(DecimalCount, CountsAsPeopleWrite) {
  EXPECT_EQ(counted_size(0.3).scale, 18);
  EXPECT_EQ(counted_size(0.3).count, 300'000'000'000'000'000);
  EXPECT_EQ(counted_size(1.0).scale, 17);
  EXPECT_EQ(counted_size(1'234.5).scale, 14);
  EXPECT_EQ(decimal_count(0.1, 18), 100'000'000'000'000'000);
  EXPECT_EQ(decimal_count(0.1, 0), 0);
  EXPECT_EQ(decimal_count(0.5, 0), 1);
  EXPECT_EQ(decimal_count(1e20, 18), std::nullopt);
  EXPECT_EQ(counted_double(300'000'000'000'000'000, 18), 0.3);
}

RC_GTEST_PROP(DecimalCount, FindsItsWayBack, ()) {
  const double size = std::abs(*rc::gen::arbitrary<double>());
  RC_PRE(std::isfinite(size) && size > 0.0);
  const auto [count, scale] = counted_size(size);
  RC_ASSERT(count >= 100'000'000'000'000'000 && count < 1'000'000'000'000'000'000);
  RC_ASSERT(decimal_count(size, scale) == count);
  RC_ASSERT(counted_double(count, scale) == size);
}

TEST(DecimalCount, ASpreadIsThatOfTheDecimals) {
  EXPECT_EQ(decimal_spread(0.9995, 1.0005), MicroBps(10'000'000));
  EXPECT_EQ(decimal_spread(9.995e12, 1.0005e13), MicroBps(10'000'000));
  EXPECT_EQ(decimal_spread(9.995e-12, 1.0005e-11), MicroBps(10'000'000));
  EXPECT_EQ(decimal_spread(5e-324, 1e300), MicroBps(20'000'000'000));
  EXPECT_EQ(decimal_spread(2.0, 1.0), std::nullopt);
  EXPECT_EQ(decimal_spread(0.0, 1.0), std::nullopt);
  EXPECT_EQ(decimal_spread(1.0, 1.0), MicroBps(0));
}

}  // namespace
}  // namespace crossbook
