// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_changes.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include <thread>

namespace crossbook::shard {
namespace {

LiveChange change(std::int64_t bid) {
  LiveChange change;
  change.symbol = "BTC/USDT";
  change.bid = book::WideLevel{Price(bid), WideQuantity(1)};
  change.price_scale = 1;
  return change;
}

bool readable(const LiveChanges& changes) {
  pollfd asked{.fd = changes.descriptor(), .events = POLLIN, .revents = 0};
  return poll(&asked, 1, 0) == 1;
}

TEST(LiveChanges, ComeOutInTheirOrderUntilTheRingIsFull) {
  LiveChanges changes(2);
  EXPECT_FALSE(changes.take());
  EXPECT_TRUE(changes.offer(change(1)));
  EXPECT_TRUE(changes.offer(change(2)));
  EXPECT_FALSE(changes.offer(change(3)));
  EXPECT_EQ(changes.take()->bid_price(), 0.1);
  EXPECT_TRUE(changes.offer(change(4)));
  EXPECT_EQ(changes.take()->bid->price, Price(2));
  EXPECT_EQ(changes.take()->bid->price, Price(4));
  EXPECT_FALSE(changes.take());
  EXPECT_EQ(changes.conflated(), 0U);
}

TEST(LiveChanges, WakeWhoPollsAndEndForGood) {
  LiveChanges changes(4);
  EXPECT_FALSE(readable(changes));
  EXPECT_TRUE(changes.offer(change(1)));
  EXPECT_TRUE(readable(changes));
  changes.settle();
  EXPECT_FALSE(readable(changes));
  EXPECT_TRUE(changes.take());
  EXPECT_FALSE(changes.wait(Nanos(0)));
  EXPECT_TRUE(changes.offer(change(2)));
  changes.end();
  changes.settle();
  EXPECT_TRUE(readable(changes));
  EXPECT_TRUE(changes.wait(seconds(60)));
  EXPECT_FALSE(changes.wait(seconds(60)));
}

TEST(LiveChanges, PassFromOneThreadToAnotherWithoutLoss) {
  LiveChanges changes(8);
  constexpr std::int64_t count = 20'000;
  std::jthread writer([&] {
    for (std::int64_t n = 1; n <= count; ++n)
      while (!changes.offer(change(n))) std::this_thread::yield();
    changes.end();
  });
  std::int64_t last = 0;
  for (;;) {
    const auto next = changes.wait(seconds(60));
    if (!next) break;
    ASSERT_EQ(next->bid->price.count(), last + 1);
    last = next->bid->price.count();
  }
  EXPECT_EQ(last, count);
}

}  // namespace
}  // namespace crossbook::shard
