// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/kept_orders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "crossbook/api/spread_threshold_manager.hpp"

namespace crossbook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class KeptOrdersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (std::filesystem::temp_directory_path() / "crossbook_orders_XXXXXX").string();
    folder = mkdtemp(path.data());
    file = folder / "crossbook.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  SpreadThresholdManager opened(SpreadThresholdManagerOptions options = {}) {
    options.store = open_orders(file);
    options.clock = [this] { return now; };
    return SpreadThresholdManager(std::move(options));
  }
  static SpreadThresholdManager::Place order(const std::string& id) {
    return {.order_id = id,
            .symbol = "BTC/USDT",
            .side = "sell",
            .price = 50'000.1,
            .size = 0.3,
            .order_type = "post_only",
            .spread_threshold_bps = 5.0,
            .exchange = "kraken"};
  }
  static std::vector<std::string> ids(const std::vector<Order>& orders) {
    std::vector<std::string> ids;
    for (const Order& order : orders) ids.push_back(order.order_id);
    return ids;
  }

  std::filesystem::path folder;
  std::string file;
  TimePoint now = TimePoint(std::chrono::hours(24 * 20'000));
};

TEST_F(KeptOrdersTest, ARestartFindsEveryOrderAsItWas) {
  std::vector<Order> before;
  {
    SpreadThresholdManager manager = opened();
    SpreadThresholdManager::Place rich = order("rich");
    rich.expires_at = now + 30min;
    rich.metadata = {
        {"strategy", "caf\u00e9"}, {"level", std::int64_t{3}}, {"hidden", false}, {"edge", 0.1}, {"none", {}}};
    manager.place_order(rich);
    for (const char* id : {"filled", "partly", "cancelled", "expired", "waits", "forgotten"}) {
      now += 1s;
      SpreadThresholdManager::Place place = order(id);
      if (place.order_id == "expired") place.expires_at = now;
      manager.place_order(place);
    }
    manager.fill_order("filled", 0.1);
    manager.fill_order("filled", 0.2);
    manager.fill_order("partly", 0.1);
    manager.cancel_order("cancelled", "my own reason");
    manager.cancel_order("forgotten");
    EXPECT_EQ(manager.clear_old_orders(0.0), 3U);
    manager.place_order(order("cancelled"));
    manager.cancel_order("cancelled", "my own reason");
    manager.place_order(order("filled"));
    manager.fill_order("filled");
    manager.monitor_orders();
    manager.set_cancel_callback([](const Order&, const std::string&) { throw std::runtime_error("down"); });
    manager.cancel_order("waits", "risk");
    for (const char* id : {"rich", "filled", "partly", "cancelled", "expired", "waits"})
      before.push_back(manager.get_order(id).value());
  }
  now += 1h;
  SpreadThresholdManager manager = opened();
  for (const Order& order : before) EXPECT_EQ(manager.get_order(order.order_id), order) << order.order_id;
  EXPECT_FALSE(manager.get_order("forgotten"));
  EXPECT_EQ(before[4].status, OrderStatus::expired);
  EXPECT_EQ(before[5].status, OrderStatus::cancelling);
  EXPECT_THAT(ids(manager.get_active_orders()), ElementsAre("rich", "partly", "waits"));
}

TEST_F(KeptOrdersTest, ARestoredOrderIsGuardedAsBefore) {
  {
    SpreadThresholdManager manager = opened();
    manager.place_order(order("spread"));
    manager.place_order(order("age"));
    SpreadThresholdManager::Place expires = order("expiry");
    expires.expires_at = now + 5min;
    manager.place_order(expires);
    manager.fill_order("spread", 0.1);
  }
  now += 6min;
  SpreadThresholdManager manager = opened({.max_order_age_seconds = 600});
  EXPECT_THAT(ids(manager.monitor_orders()), ElementsAre("expiry"));
  manager.update_spread("BTC/USDT", 99.0, 101.0);
  manager.place_order(order("another"));
  EXPECT_TRUE(manager.fill_order("spread"));
  EXPECT_EQ(manager.get_order("spread")->status, OrderStatus::filled);
  EXPECT_EQ(manager.get_order("spread")->filled, 0.3);
  EXPECT_THAT(ids(manager.monitor_orders()), testing::UnorderedElementsAre("age", "another"));
  EXPECT_EQ(manager.get_order("age")->reason, "spread_exceeded_threshold");
}

TEST_F(KeptOrdersTest, AgeCountsFromTheFirstLife) {
  opened().place_order(order("a"));
  now += 9min;
  SpreadThresholdManager manager = opened({.max_order_age_seconds = 600});
  EXPECT_THAT(manager.monitor_orders(), IsEmpty());
  now += 2min;
  EXPECT_THAT(ids(manager.monitor_orders()), ElementsAre("a"));
}

TEST_F(KeptOrdersTest, ACancelThatWasNotConfirmedIsTriedAgainAfterARestart) {
  {
    SpreadThresholdManager manager = opened();
    manager.set_cancel_callback([](const Order&, const std::string&) { throw std::runtime_error("down"); });
    manager.place_order(order("a"));
    EXPECT_FALSE(manager.cancel_order("a", "risk"));
  }
  SpreadThresholdManager manager = opened();
  std::vector<std::string> asked;
  manager.set_cancel_callback([&](const Order& of, const std::string& why) { asked.push_back(of.order_id + why); });
  now += 1s;
  EXPECT_THAT(ids(manager.monitor_orders()), ElementsAre("a"));
  EXPECT_THAT(asked, ElementsAre("arisk"));
  EXPECT_EQ(manager.get_order("a")->status, OrderStatus::cancelled);
}

TEST_F(KeptOrdersTest, ALateFillAfterARestartIsCountedAndRaisesAnAlarm) {
  {
    SpreadThresholdManager manager = opened();
    manager.place_order(order("a"));
    manager.fill_order("a", 0.1);
    manager.cancel_order("a");
  }
  SpreadThresholdManager manager = opened();
  EXPECT_TRUE(manager.fill_order("a"));
  EXPECT_EQ(manager.get_order("a")->filled, 0.3);
  ASSERT_EQ(manager.get_alarms().size(), 1U);
  EXPECT_EQ(manager.get_alarms()[0].kind, "late_fill");
}

TEST_F(KeptOrdersTest, OrdersThatEndedKeepTheirAges) {
  {
    SpreadThresholdManager manager = opened();
    for (const char* id : {"first", "second"}) manager.place_order(order(id));
    manager.cancel_order("second");
    now += 10h;
    manager.cancel_order("first");
  }
  now += 15h;
  SpreadThresholdManager manager = opened();
  EXPECT_EQ(manager.clear_old_orders(), 1U);
  EXPECT_TRUE(manager.get_order("first"));
  EXPECT_FALSE(manager.get_order("second"));
  EXPECT_THAT(opened().get_active_orders(), IsEmpty());
}

TEST_F(KeptOrdersTest, TheHistoryOfAnOrderOutlivesIt) {
  {
    SpreadThresholdManager manager = opened();
    manager.place_order(order("a"));
    manager.fill_order("a", 0.1);
    now += 1s;
    manager.cancel_order("a", "my own reason");
    EXPECT_EQ(manager.clear_old_orders(0.0), 1U);
  }
  const SpreadThresholdManager manager = opened();
  EXPECT_FALSE(manager.get_order("a"));
  const std::vector<OrderStep> steps = manager.get_order_history("a");
  std::vector<std::string> said;
  for (const OrderStep& step : steps) said.push_back(std::string(to_string(step.status)) + " " + step.reason);
  EXPECT_THAT(said, ElementsAre("pending ok", "active ok", "cancelling my own reason", "cancelled my own reason"));
  EXPECT_EQ(steps[1].filled, 0.1);
  EXPECT_EQ(steps[3].at, now);
  EXPECT_THAT(manager.get_order_history("nobody"), IsEmpty());
}

TEST_F(KeptOrdersTest, AnIdIsKnownAcrossARestart) {
  opened().place_order(order("a"));
  SpreadThresholdManager manager = opened();
  EXPECT_THROW(manager.place_order(order("a")), std::invalid_argument);
}

TEST_F(KeptOrdersTest, AnErrorNamesTheFile) {
  try {
    (void)open_orders(folder / "no/such.db");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("no/such.db: cannot be opened"));
  }
}

// A store that fails when told.
class Frail : public OrderStore {
 public:
  std::uint64_t keep(const Order& order) override {
    if (fails_to_keep) throw std::runtime_error("disk full");
    rows.push_back(order.order_id + " " + to_string(order.status));
    return rows.size();
  }
  std::uint64_t forget(const std::string&) override { return rows.size(); }
  void wait(std::uint64_t) override {
    if (fails_to_wait) throw std::runtime_error("disk full");
  }
  void replay(const std::function<void(const Order&)>&) override {}
  std::vector<OrderStep> history(const std::string&) override { return {}; }

  std::vector<std::string> rows;
  bool fails_to_keep = false;
  bool fails_to_wait = false;
};

TEST(OrderStore, AnOrderThatCannotBeKeptIsNotPlaced) {
  const auto frail = std::make_shared<Frail>();
  SpreadThresholdManager manager({.store = frail});
  const SpreadThresholdManager::Place place{.order_id = "a", .symbol = "X/Y", .side = "buy", .price = 1.0, .size = 1.0};
  for (bool* fault : {&frail->fails_to_keep, &frail->fails_to_wait}) {
    *fault = true;
    EXPECT_THROW(manager.place_order(place), std::runtime_error);
    EXPECT_FALSE(manager.get_order("a"));
    EXPECT_THAT(manager.get_active_orders(), IsEmpty());
    *fault = false;
  }
  EXPECT_EQ(manager.place_order(place).status, OrderStatus::pending);
}

TEST(OrderStore, ACancelIsServedEvenWhereItCannotBeKept) {
  const auto frail = std::make_shared<Frail>();
  SpreadThresholdManager manager({.store = frail});
  int asked = 0;
  manager.set_cancel_callback([&](const Order&, const std::string&) { ++asked; });
  for (const char* id : {"a", "b"})
    manager.place_order({.order_id = id, .symbol = "X/Y", .side = "buy", .price = 1.0, .size = 1.0});
  manager.update_spread("X/Y", 1.0, 2.0);
  frail->fails_to_keep = true;
  EXPECT_THROW(manager.monitor_orders(), std::runtime_error);
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(manager.get_active_orders(), IsEmpty());
}

TEST(OrderStore, ACancelIsTakenDownBeforeItIsAskedFor) {
  const auto frail = std::make_shared<Frail>();
  SpreadThresholdManager manager({.store = frail});
  manager.set_cancel_callback(
      [&](const Order&, const std::string&) { EXPECT_THAT(frail->rows, ElementsAre("a pending", "a cancelling")); });
  manager.place_order({.order_id = "a", .symbol = "X/Y", .side = "buy", .price = 1.0, .size = 1.0});
  EXPECT_TRUE(manager.cancel_order("a"));
  EXPECT_THAT(frail->rows, ElementsAre("a pending", "a cancelling", "a cancelled"));
}

// What a child says after a call has returned.
struct Said {
  std::int64_t order = 0;
  OrderStatus status = OrderStatus::pending;
};

[[noreturn]] void trade_until_killed(const std::string& file, std::int64_t first, int said) {
  SpreadThresholdManager manager({.store = open_orders(file)});
  const auto say = [&](std::int64_t n, OrderStatus status) {
    const Said saying{n, status};
    if (write(said, &saying, sizeof saying) != sizeof saying) _exit(6);
  };
  for (std::int64_t n = first;; ++n) {
    const std::string id = std::to_string(n);
    manager.place_order({.order_id = id, .symbol = "X/Y", .side = "buy", .price = 1.0, .size = 1.0});
    say(n, OrderStatus::pending);
    if (n % 3 == 0) {
      manager.fill_order(id);
      say(n, OrderStatus::filled);
    } else if (n % 3 == 1) {
      manager.cancel_order(id);
      say(n, OrderStatus::cancelled);
    }
  }
}

void hear(int heard, std::size_t count, std::map<std::int64_t, OrderStatus>& told) {
  Said said;
  for (std::size_t i = 0; i < count && read(heard, &said, sizeof said) == sizeof said; ++i)
    told[said.order] = said.status;
}

TEST_F(KeptOrdersTest, NothingThatReturnedIsLostByAKill) {
  std::mt19937 random(20'261'123);
  std::map<std::int64_t, OrderStatus> told;
  std::int64_t next = 0;
  for (int kill_number = 0; kill_number < 30; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      trade_until_killed(file, next, ends[1]);
    }
    close(ends[1]);
    hear(ends[0], kill_number % 4 == 0 ? 0 : random() % 60, told);
    for (auto turns = random() % 20'000; turns > 0; --turns) asm volatile("");
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    hear(ends[0], SIZE_MAX, told);
    close(ends[0]);

    const SpreadThresholdManager manager({.store = open_orders(file)});
    for (const auto& [number, last] : told) {
      const auto there = manager.get_order(std::to_string(number));
      ASSERT_TRUE(there) << number << " after kill " << kill_number;
      // It may have gone further than what was said, never back.
      ASSERT_TRUE(!ended(last) || there->status == last) << number;
    }
    while (manager.get_order(std::to_string(next))) ++next;
  }
  EXPECT_GT(told.size(), 200U);
}

}  // namespace
}  // namespace crossbook
