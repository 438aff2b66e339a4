// SPDX-License-Identifier: Apache-2.0
//
// The structures that the guard is made of, each beside a naive one that cannot be wrong.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "crossbook/guard/budget.hpp"
#include "crossbook/guard/cancel_queue.hpp"
#include "crossbook/guard/fill_ledger.hpp"
#include "crossbook/guard/order_table.hpp"
#include "crossbook/guard/spread.hpp"
#include "crossbook/guard/spread_index.hpp"
#include "crossbook/guard/timers.hpp"

namespace crossbook::guard {
namespace {

// --- spread index -----------------------------------------------------------------------------------------------

struct Watcher {
  MicroBps threshold;
  bool broken = false;
};

RC_GTEST_PROP(SpreadIndex, BreaksAndFreesWhatAScanWould, ()) {
  constexpr Slot slots = 40;
  SpreadIndex index(*rc::gen::element<std::size_t>(1, 4, 8, 256));
  index.add_watch();
  index.add_watch();
  index.grow(slots);
  std::map<Slot, Watcher> naive[2];
  const auto length = *rc::gen::inRange(0, 200);
  for (int i = 0; i < length; ++i) {
    const auto watch = *rc::gen::inRange<std::size_t>(0, 2);
    const auto slot = *rc::gen::inRange<Slot>(0, slots);
    const bool known = naive[0].contains(slot) || naive[1].contains(slot);
    switch (*rc::gen::inRange(0, 3)) {
      case 0: {
        if (known) break;
        const MicroBps threshold(*rc::gen::inRange(-5, 30));
        const bool broken = *rc::gen::arbitrary<bool>();
        if (broken) index.insert_broken(watch, slot, threshold);
        else index.insert(watch, slot, threshold);
        naive[watch][slot] = {threshold, broken};
        break;
      }
      case 1:
        index.remove(watch, slot);
        naive[watch].erase(slot);
        break;
      default: {
        const MicroBps spread(*rc::gen::inRange(-5, 30));
        const bool keep = *rc::gen::arbitrary<bool>();
        std::vector<Slot> broke, calmed, want_broke, want_calmed;
        index.set(
            watch, spread,
            [&](Slot s) {
              broke.push_back(s);
              return keep;
            },
            [&](Slot s) { calmed.push_back(s); });
        for (auto& [s, watcher] : naive[watch]) {
          if (!watcher.broken && watcher.threshold < spread) want_broke.push_back(s);
          if (watcher.broken && watcher.threshold >= spread) want_calmed.push_back(s);
        }
        const auto lowest_first = [&](Slot a, Slot b) {
          return std::pair(naive[watch][a].threshold, a) < std::pair(naive[watch][b].threshold, b);
        };
        std::sort(want_broke.begin(), want_broke.end(), lowest_first);
        RC_ASSERT(broke == want_broke);
        std::sort(calmed.begin(), calmed.end());
        RC_ASSERT(calmed == want_calmed);
        for (const Slot s : want_broke) {
          naive[watch][s].broken = true;
          if (!keep) naive[watch].erase(s);
        }
        for (const Slot s : want_calmed) naive[watch][s].broken = false;
      }
    }
    RC_ASSERT(index.size(0) == naive[0].size());
    RC_ASSERT(index.size(1) == naive[1].size());
  }
}

// --- timers -----------------------------------------------------------------------------------------------------

RC_GTEST_PROP(Deadlines, ComeOutInOrderAndAtMostOneASlot, ()) {
  constexpr Slot slots = 30;
  Deadlines<SteadyClock> deadlines;
  deadlines.grow(slots);
  std::map<Slot, Steady> naive;
  const auto length = *rc::gen::inRange(0, 300);
  for (int i = 0; i < length; ++i) {
    const auto slot = *rc::gen::inRange<Slot>(0, slots);
    const Steady at(*rc::gen::inRange(0, 50));
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        deadlines.set(slot, at);
        naive[slot] = at;
        break;
      case 1:
        deadlines.clear(slot);
        naive.erase(slot);
        break;
      default: {
        std::vector<std::pair<Steady, Slot>> due, want;
        for (const auto& [s, deadline] : naive)
          if (deadline <= at) want.emplace_back(deadline, s);
        std::sort(want.begin(), want.end());
        while (deadlines.any_due(at)) {
          const Steady next = *deadlines.next();
          due.emplace_back(next, deadlines.pop());
          naive.erase(due.back().second);
        }
        RC_ASSERT(due == want);
      }
    }
    RC_ASSERT(deadlines.size() == naive.size());
    RC_ASSERT(deadlines.of(slot) == (naive.contains(slot) ? std::optional(naive[slot]) : std::nullopt));
  }
}

// Deep heaps, where an entry that fills a gap may have to rise.
TEST(Deadlines, KnowTheEarliestAmongManyThatComeAndGo) {
  constexpr Slot slots = 2'000;
  Deadlines<SteadyClock> deadlines;
  deadlines.grow(slots);
  std::set<std::pair<Steady, Slot>> naive;
  std::vector<std::optional<Steady>> held(slots);
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    const auto slot = static_cast<Slot>(mix(i) % slots);
    if (held[slot]) naive.erase({*held[slot], slot});
    held[slot].reset();
    if (mix(i + 1'000'000) % 3 == 0) {
      deadlines.clear(slot);
    } else {
      held[slot] = Steady(static_cast<std::int64_t>(mix(i + 2'000'000) % 1'000'000));
      deadlines.set(slot, *held[slot]);
      naive.emplace(*held[slot], slot);
    }
    ASSERT_EQ(deadlines.next(), naive.empty() ? std::nullopt : std::optional(naive.begin()->first));
  }
  for (const auto& [deadline, slot] : naive) ASSERT_EQ(deadlines.pop(), slot);
}

TEST(Deadlines, StopAtTheEndOfTime) {
  EXPECT_EQ(after(Steady(5), Nanos(std::numeric_limits<std::int64_t>::max())),
            Steady(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(after(Wall(-5), Nanos(std::numeric_limits<std::int64_t>::min())),
            Wall(std::numeric_limits<std::int64_t>::min()));
}

// --- tables -----------------------------------------------------------------------------------------------------

RC_GTEST_PROP(OrderTable, FindsWhatIsHeldAndForgetsInTheOrderOfEnding, ()) {
  OrderTable table;
  std::set<std::uint64_t> live;
  std::vector<std::uint64_t> over;
  const auto length = *rc::gen::inRange(0, 300);
  for (int i = 0; i < length; ++i) {
    const auto id = *rc::gen::inRange<std::uint64_t>(1, 40);
    const Slot slot = table.find(OrderId(id));
    const bool is_over = std::find(over.begin(), over.end(), id) != over.end();
    RC_ASSERT((slot != no_slot) == (live.contains(id) || is_over));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        if (slot != no_slot) break;
        table.add(OrderId(id));
        live.insert(id);
        break;
      case 1:
        if (!live.contains(id)) break;
        table.end(slot);
        live.erase(id);
        over.push_back(id);
        break;
      case 2:
        if (!is_over) break;
        table.revive(slot);
        std::erase(over, id);
        live.insert(id);
        break;
      default:
        if (!is_over) break;
        table.forget(slot);
        std::erase(over, id);
    }
    RC_ASSERT(table.live() == live.size());
    RC_ASSERT(table.held() == live.size() + over.size());
    std::vector<std::uint64_t> listed;
    for (Slot s = table.oldest_ended(); s != no_slot; s = table[s].ended_after)
      listed.push_back(static_cast<std::uint64_t>(table[s].id));
    RC_ASSERT(listed == over);
  }
  RC_ASSERT(table.slots() <= 39u);
}

RC_GTEST_PROP(FillLedger, CountsEachMatchOfAnOrderOnce, ()) {
  FillLedger ledger;
  std::map<Slot, std::uint32_t> heads;
  std::set<std::pair<Slot, std::uint64_t>> naive;
  const auto length = *rc::gen::inRange(0, 300);
  for (int i = 0; i < length; ++i) {
    const auto slot = *rc::gen::inRange<Slot>(0, 4);
    std::uint32_t& head = heads.try_emplace(slot, no_slot).first->second;
    if (*rc::gen::inRange(0, 20) == 0) {
      ledger.forget(head);
      std::erase_if(naive, [slot](const auto& entry) { return entry.first == slot; });
    } else {
      const auto trade = *rc::gen::inRange<std::uint64_t>(0, 30);
      RC_ASSERT(ledger.add(slot, head, trade) == naive.emplace(slot, trade).second);
    }
  }
}

// --- spread, budget, urgency ------------------------------------------------------------------------------------

// ask - bid > threshold x mid, without a division: exact.
RC_GTEST_PROP(Spread, IsAboveAThresholdExactlyWhenItsFractionIs, ()) {
  const auto bid = *rc::gen::inRange<std::int64_t>(1, 100'000'000'000'000);
  const auto width = *rc::gen::inRange<std::int64_t>(-1'000, 1'000'000);
  const std::int64_t ask = std::max<std::int64_t>(1, bid + width);
  const MicroBps spread = spread_between(Price(bid), Price(ask)).value();
  for (const std::int64_t near : {-1, 0, 1}) {
    const MicroBps threshold = spread + MicroBps(near);
    const Wide left = static_cast<Wide>(ask - bid) * 20'000'000'000;
    const Wide right = static_cast<Wide>(threshold.count()) * (static_cast<Wide>(ask) + bid);
    RC_ASSERT((spread > threshold) == (left > right));
  }
}

TEST(Spread, IsNotThereWithoutTwoPrices) {
  EXPECT_EQ(spread_between(Price(0), Price(5)), std::nullopt);
  EXPECT_EQ(spread_between(Price(5), Price(-1)), std::nullopt);
}

TEST(Budget, KeepsHalfOfItselfForCancels) {
  Budget budget({.burst = 4, .per_request = seconds(1)});
  EXPECT_TRUE(budget.take_for_place(Steady(0)));
  EXPECT_TRUE(budget.take_for_place(Steady(0)));
  EXPECT_FALSE(budget.take_for_place(Steady(0)));
  EXPECT_TRUE(budget.take_for_cancel(Steady(0)));
  EXPECT_TRUE(budget.take_for_cancel(Steady(0)));
  EXPECT_FALSE(budget.take_for_cancel(Steady(0)));
  EXPECT_EQ(budget.next_cancel(Steady(0)), Steady(1'000'000'000));
  EXPECT_FALSE(budget.take_for_cancel(Steady(999'999'999)));
  EXPECT_TRUE(budget.take_for_cancel(Steady(1'000'000'000)));
  EXPECT_FALSE(budget.take_for_place(Steady(3'000'000'000)));  // two are there, both are the cancels'
  EXPECT_TRUE(budget.take_for_place(Steady(4'000'000'000)));
}

OrderTerms resting(Action action, std::int64_t price, std::int64_t quantity, int price_scale = 2) {
  OrderTerms terms;
  terms.action = action;
  terms.price = Price(price);
  terms.quantity = Quantity(quantity);
  terms.price_scale = price_scale;
  terms.quantity_scale = 2;
  return terms;
}

TEST(Urgency, IsTheDistanceToThePriceThatWouldFill) {
  const Touch touch{Price(10'000), Price(10'010), 2};
  const auto of = [&](const OrderTerms& terms) { return urgency_of(OrderId(1), terms, touch).distance; };
  EXPECT_EQ(of(resting(Action::buy, 10'000, 1)), 9'990'009);  // 10 of 10,010
  EXPECT_EQ(of(resting(Action::sell, 10'010, 1)), 10'000'000);
  EXPECT_EQ(of(resting(Action::sell, 1'001'000, 1, 4)), 10'000'000);
  EXPECT_EQ(of(resting(Action::sell, 9'999, 1)), -1'000'000);
  EXPECT_EQ(urgency_of(OrderId(1), resting(Action::buy, 1, 1), Touch{}).distance, 0);
}

TEST(Urgency, IsHigherForTheLargerOfTwoThatAreEquallyFar) {
  const Touch touch{Price(10'000), Price(10'010), 2};
  const Urgency small = urgency_of(OrderId(1), resting(Action::buy, 10'000, 100), touch);
  const Urgency large = urgency_of(OrderId(2), resting(Action::buy, 10'000, 200), touch);
  const Urgency near = urgency_of(OrderId(3), resting(Action::buy, 10'001, 1), touch);
  EXPECT_LT(large, small);
  EXPECT_LT(near, large);
  EXPECT_EQ(large.size, -20'000);  // 200.00 in hundredths
}

}  // namespace
}  // namespace crossbook::guard
