// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_script.hpp"

#include <gtest/gtest.h>

#include "crossbook/shard/paper_test_tools.hpp"

namespace crossbook::shard {
namespace {

// What "crossbook serve" shows whoever tries it: each way in which an order ends, in the first two minutes.
TEST(ExampleFlow, ShowsOrdersThatFillExpireAndArePulledForTheSpread) {
  for (const std::uint64_t seed : {1U, 2U}) {
    SCOPED_TRACE(seed);
    MarketRecords records({.seed = seed, .duration = seconds(120)});
    Player player{PlayerOptions{.engine = {.use_bbo = true}, .groups = {}}};
    PaperOptions options;
    options.script = example_flow();
    options.belief = test_belief;
    PaperLoop loop(player, std::move(options));
    while (const capture::Arrival* record = records.next()) loop.play(*record, record->connection, record->at);
    const PaperAccount& account = loop.account();
    EXPECT_GT(account.in(OrderState::filled), 10U);
    EXPECT_GT(account.in(OrderState::expired), 0U);
    EXPECT_TRUE(account.cancels.contains(OrderReason::spread_exceeded_threshold));
    EXPECT_FALSE(account.refused.contains(OrderReason::spread_wide)) << "the limit is near the usual spread";
    loop.finish();
    for (const tca::DecisionRow& decision : loop.performance().decisions) EXPECT_EQ(decision.home, "binance");
  }
}

}  // namespace
}  // namespace crossbook::shard
