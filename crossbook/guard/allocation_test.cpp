// SPDX-License-Identifier: Apache-2.0
//
// Orders come and go without an allocation once the tables have grown. This program replaces operator new to count.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "crossbook/guard/desk_test_tools.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CROSSBOOK_SANITIZED
#endif
#endif

namespace {
std::uint64_t allocations = 0;
}

#ifndef CROSSBOOK_SANITIZED
// Kept out of line: where g++ sees only one of a pair inlined, it takes the other for a mismatch.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace crossbook::guard {
namespace {

using Kind = OrderReport::Kind;

// A day of a desk: orders are placed, filled in parts, pulled by spread, time and data, refused and forgotten.
void play(Desk& desk, std::uint64_t first, std::uint64_t orders) {
  for (std::uint64_t id = first; id < first + orders; ++id) {
    OrderLimits limits;
    limits.spread_max = bps(static_cast<std::int64_t>(10 + id % 7));
    limits.dwell = milliseconds(static_cast<std::int64_t>(id % 2));
    limits.expires_at = desk.wall() + seconds(static_cast<std::int64_t>(1 + id % 90));
    limits.age_max = seconds(30);
    limits.data_age_max = seconds(5);
    desk.effects.clear();
    desk.spread(5).place(id, limits).says(id, Kind::acknowledged).fills(id, 2 * id, 40);
    if (id % 3 == 0) desk.fills(id, 2 * id + 1, 60);
    if (id % 3 == 1) desk.cancel(id).says(id, Kind::cancelled);
    if (id % 50 == 0) desk.spread(12).wait(milliseconds(20)).no_spread();
    // Whatever was asked to go is gone.
    for (std::size_t i = 0; i < desk.effects.cancels.size(); ++i)
      desk.says(static_cast<std::uint64_t>(desk.effects.cancels[i].order), Kind::cancelled);
    desk.wait(milliseconds(100));
    for (std::size_t i = 0; i < desk.effects.cancels.size(); ++i)
      desk.says(static_cast<std::uint64_t>(desk.effects.cancels[i].order), Kind::cancelled);
  }
}

TEST(Guard, AllocatesNothingOnceItHasGrown) {
#ifdef CROSSBOOK_SANITIZED
  GTEST_SKIP() << "sanitizers bring their own operator new";
#endif
  Desk desk({}, BudgetOptions{.burst = 20, .per_request = milliseconds(20)});
  const std::uint64_t at_first = allocations;
  play(desk, 1, 20'000);
  EXPECT_GT(allocations, at_first) << "growing allocates: the count works";
  const std::uint64_t grown = allocations;
  play(desk, 20'001, 20'000);
  EXPECT_EQ(allocations - grown, 0u);
}

TEST(Guard, NeedsNoMoreMemoryForMoreEndedOrders) {
  Desk desk;
  play(desk, 1, 20'000);
  const std::size_t bytes = desk.guard.bytes();
  play(desk, 20'001, 100'000);
  EXPECT_EQ(desk.guard.bytes(), bytes);
  desk.wait(seconds(3600));
  EXPECT_EQ(desk.guard.held(), desk.guard.live());
}

}  // namespace
}  // namespace crossbook::guard
