// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>

#include "crossbook/store/store_test_tools.hpp"

// A process that keeps orders is killed, over and over, at any moment from its first instruction on.
namespace crossbook::store {
namespace {

constexpr int kills = 40;

// What is acknowledged of an order: the intent, then an execution, then its end.
enum class Stage : std::int64_t { intent, execution, end };
struct Said {
  std::int64_t order = 0;
  Stage stage = Stage::intent;
};

void record_or_exit(Store& store, const OrderRow& row, Ticket& last) {
  const auto ticket = store.record(row);
  if (!ticket) _exit(4);
  last = *ticket;
}

void say(int said, std::int64_t order, Stage stage) {
  const Said saying{order, stage};
  if (write(said, &saying, sizeof saying) != sizeof saying) _exit(6);
}

OrderExecution execution_of(std::int64_t n) {
  return {.order = OrderId(static_cast<std::uint64_t>(n)),
          .fill = {.trade = 1, .price = Price(5), .quantity = Quantity(n)},
          .at = Wall(n)};
}

// Each second order ends. An order's fate is heard of with and without waiting, as an engine does. Never returns.
[[noreturn]] void trade_until_killed(const std::string& path, int said) {
  auto opened_store = open_store(path);
  if (!opened_store) _exit(3);
  Store& store = **opened_store;
  const auto first = store.next_order();
  if (!first) _exit(3);
  Ticket last{};
  for (auto n = static_cast<std::int64_t>(*first);; ++n) {
    const auto order = OrderId(static_cast<std::uint64_t>(n));
    record_or_exit(store, OrderIntent{.order = order, .client = std::to_string(n), .placed_at = Wall(n)}, last);
    if (!store.wait(last)) _exit(5);
    say(said, n, Stage::intent);
    record_or_exit(store, OrderStep{order, OrderState::active, OrderReason::ok, Wall(n)}, last);
    record_or_exit(store, execution_of(n), last);
    while (store.on_disk() < last) {
      if (!store.healthy()) _exit(5);
    }
    say(said, n, Stage::execution);
    if (n % 2 == 0) continue;
    record_or_exit(store, OrderStep{order, OrderState::cancelled, OrderReason::manual, Wall(n)}, last);
    if (!store.wait(last)) _exit(5);
    say(said, n, Stage::end);
  }
}

void hear(int heard, std::size_t count, std::map<std::int64_t, Stage>& told) {
  Said said;
  for (std::size_t i = 0; i < count && read(heard, &said, sizeof said) == sizeof said; ++i)
    told[said.order] = said.stage;
}

void expect_all_there(Store& store, const std::map<std::int64_t, Stage>& told) {
  std::map<std::int64_t, OrderHistory> there;
  ASSERT_TRUE(store.each_order(OrderId(0), [&](const OrderHistory& history) {
    there.emplace(static_cast<std::int64_t>(history.order.intent.order), history);
  }));
  for (const auto& [number, stage] : told) {
    ASSERT_TRUE(there.contains(number)) << number;
    const OrderHistory& history = there.at(number);
    ASSERT_EQ(history.order.intent.client, std::to_string(number));
    if (stage >= Stage::execution) {
      ASSERT_EQ(history.order.filled, Quantity(number));
    }
    if (stage == Stage::end) {
      ASSERT_EQ(history.order.state, OrderState::cancelled) << number;
    }
  }
  std::size_t live = 0;
  for (const auto& [number, history] : there) live += ended(history.order.state) ? 0U : 1U;
  ASSERT_EQ(store.live_orders().value().size(), live);
}

TEST(OrderCrash, NothingAcknowledgedIsLostAndNoNumberIsUsedTwice) {
  const TestFolder folder;
  std::mt19937 random(20'261'123);  // seeded: the moments vary with the machine all the same
  std::map<std::int64_t, Stage> told;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      trade_until_killed(folder.file(), ends[1]);
    }
    close(ends[1]);
    const std::int64_t highest = told.empty() ? 0 : told.rbegin()->first;
    hear(ends[0], kill_number % 4 == 0 ? 0 : random() % 60, told);
    for (auto turns = random() % 20'000; turns > 0; --turns) asm volatile("");
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    std::map<std::int64_t, Stage> rest;
    hear(ends[0], SIZE_MAX, rest);
    for (const auto& [number, stage] : rest) {
      EXPECT_GT(number, highest);
      told[number] = stage;
    }
    close(ends[0]);
    const auto store = opened(folder.file());
    ASSERT_NE(store, nullptr) << "after kill " << kill_number;
    expect_all_there(*store, told);
  }
  EXPECT_GT(told.size(), 200U);
}

}  // namespace
}  // namespace crossbook::store
