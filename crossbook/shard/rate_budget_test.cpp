// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/rate_budget.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crossbook/shard/session_test_tools.hpp"

namespace crossbook::shard {
namespace {

RC_GTEST_PROP(RateBudget, NeverSpendsMoreThanTheRateInAnyWindow, ()) {
  const venue::Rate rate{*rc::gen::inRange(1, 700), seconds(*rc::gen::inRange(1, 600))};
  const auto shares = *rc::gen::inRange(1, 4);
  RateBudget budget(rate, shares);
  const auto most = std::max(1, budget.burst() / 2);
  std::vector<Spent> spent;
  Steady at(5);
  for (int i = 0; i < 300; ++i) {
    const auto cost = *rc::gen::inRange(1, most + 1);
    if (*rc::gen::inRange(0, 3) == 0) at = at + milliseconds(*rc::gen::inRange(0, 3000));
    const Steady next = budget.next(at, cost);
    RC_ASSERT(next >= at);
    RC_ASSERT(budget.allows(next, cost));
    if (next > at) RC_ASSERT(!budget.allows(next - Nanos(1), cost));
    at = next;
    budget.take(at, cost);
    spent.push_back({at.nanos(), cost});
  }
  RC_ASSERT(!exceeds(spent, {std::max(1, rate.count / shares), rate.window}) || rate.count < shares);
}

TEST(RateBudget, HalfMayGoAtOnceAndTheRestTrickles) {
  RateBudget budget({100, seconds(10)});
  EXPECT_EQ(budget.burst(), 45);  // of 90: one in ten is left
  int at_once = 0;
  for (; budget.allows(Steady(0)); ++at_once) budget.take(Steady(0));
  EXPECT_EQ(at_once, 45);
  int in_all = at_once;
  for (Steady at(0); at < Steady(0) + seconds(10); at = budget.next(at)) {
    if (!budget.allows(at)) continue;
    budget.take(at);
    ++in_all;
  }
  EXPECT_EQ(in_all, 90);
}

TEST(RateBudget, WithoutALimitEverythingGoes) {
  const RateBudget budget;
  EXPECT_EQ(budget.next(Steady(7), 1'000'000), Steady(7));
}

TEST(RateBudget, OneInAWindowIsOneInAWindow) {
  RateBudget budget({1, seconds(1)});
  budget.take(Steady(0));
  EXPECT_EQ(budget.next(Steady(0)), Steady(0) + seconds(1));
}

}  // namespace
}  // namespace crossbook::shard
