// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "crossbook/store/calibrations.hpp"
#include "crossbook/store/store_test_tools.hpp"

// A process that records is killed, over and over, at any moment from its first instruction on.
namespace crossbook::store {
namespace {

constexpr int kills = 60;

// Records fills from `first` on, a few at a time, and says the number of each once it is acknowledged. Never returns.
[[noreturn]] void record_until_killed(const std::string& path, std::int64_t first, int said) {
  auto store = open_store(path);
  if (!store) _exit(3);
  for (std::int64_t n = first;; n += 7) {
    Ticket last{};
    for (std::int64_t i = 0; i < 7; ++i) {
      const auto ticket = (*store)->record(nth_fill(n + i));
      if (!ticket) _exit(4);
      last = *ticket;
    }
    if (!(*store)->wait(last)) _exit(5);
    for (std::int64_t i = 0; i < 7; ++i) {
      const std::int64_t number = n + i;
      if (write(said, &number, sizeof number) != sizeof number) _exit(6);
    }
    // Slices are kept in the middle of all that, too.
    if (n % 5 == 0) {
      auto calibrations = read_calibrations(**store, {});
      if (!calibrations || !keep_calibrations(**store, *calibrations)) _exit(7);
    }
  }
}

// Reads acknowledged numbers: `count` of them, or all until the end.
void hear(int heard, std::size_t count, std::vector<std::int64_t>& numbers) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < count && read(heard, &number, sizeof number) == sizeof number; ++i)
    numbers.push_back(number);
}

TEST(StoreCrash, NothingAcknowledgedIsLostAndTheFileAlwaysOpens) {
  const TestFolder folder;
  std::mt19937 random(20'260'131);  // seeded: the moments vary with the machine all the same
  std::vector<std::int64_t> acknowledged;
  std::int64_t next = 0;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      record_until_killed(folder.file(), next, ends[1]);
    }
    close(ends[1]);
    hear(ends[0], kill_number % 4 == 0 ? 0 : random() % 60, acknowledged);
    for (auto turns = random() % 20'000; turns > 0; --turns) asm volatile("");
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
    hear(ends[0], SIZE_MAX, acknowledged);
    close(ends[0]);

    const auto store = opened(folder.file());
    ASSERT_NE(store, nullptr) << "after kill " << kill_number;
    std::set<std::int64_t> there;
    ASSERT_TRUE(store->replay(0, [&](std::int64_t, const Fill& fill) { there.insert(std::stoll(fill.trade_id)); }));
    for (const std::int64_t number : acknowledged)
      ASSERT_TRUE(there.contains(number)) << number << " after kill " << kill_number;
    next = there.empty() ? 0 : *there.rbegin() + 1;
    auto kept = read_calibrations(*store, {});
    auto anew = read_calibrations(*store, {}, From::beginning);
    ASSERT_TRUE(kept && anew);
    ASSERT_EQ(kept->calibrator.state(), anew->calibrator.state());
  }
  EXPECT_GT(acknowledged.size(), 500U);
}

}  // namespace
}  // namespace crossbook::store
