// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "crossbook/store/calibrations.hpp"
#include "crossbook/store/store_test_tools.hpp"

namespace crossbook::store {
namespace {

using testing::HasSubstr;

void record_all(Store& store, std::int64_t from, std::int64_t to) {
  for (std::int64_t n = from; n < to; ++n) ASSERT_TRUE(store.record(nth_fill(n)));
  ASSERT_TRUE(store.flush());
}

std::vector<Fill> all_of(Store& store) {
  std::vector<Fill> fills;
  EXPECT_TRUE(store.replay(0, [&](std::int64_t, const Fill& fill) { fills.push_back(fill); }));
  return fills;
}

TEST(Store, GivesBackEveryFieldOfAnExecution) {
  const TestFolder folder;
  Fill fill{.exchange = "kraken",
            .symbol = "BTC/USD",
            .trade_id = "T1",
            .order_id = "O1",
            .price = 50'000.25,
            .execution = {.role = Role::maker,
                          .at = Wall(1'750'000'000'123'456'789),
                          .fee = MicroBps(-1'234'567),
                          .fee_rounding = MicroBps(77),
                          .notional = 123'456'789,
                          .latency = Nanos(45'000'001),
                          .order_to_ack = Nanos(3),
                          .ack_to_fill = Nanos(-4),
                          .expected_fee = MicroBps(16'000'000),
                          .expected_latency = Nanos(5),
                          .apart = ApartFee{"BNB", 7}}};
  ASSERT_TRUE(opened(folder.file())->record(fill));
  const auto store = opened(folder.file());
  const auto fills = all_of(*store);
  ASSERT_EQ(fills.size(), 1U);
  const Fill& back = fills[0];
  EXPECT_EQ(back.exchange, "kraken");
  EXPECT_EQ(back.symbol, "BTC/USD");
  EXPECT_EQ(back.trade_id, "T1");
  EXPECT_EQ(back.order_id, "O1");
  EXPECT_EQ(back.price, 50'000.25);
  EXPECT_EQ(back.execution.role, Role::maker);
  EXPECT_EQ(back.execution.at, fill.execution.at);
  EXPECT_EQ(back.execution.fee, fill.execution.fee);
  EXPECT_EQ(back.execution.fee_rounding, fill.execution.fee_rounding);
  EXPECT_EQ(back.execution.notional, fill.execution.notional);
  EXPECT_EQ(back.execution.latency, fill.execution.latency);
  EXPECT_EQ(back.execution.order_to_ack, fill.execution.order_to_ack);
  EXPECT_EQ(back.execution.ack_to_fill, fill.execution.ack_to_fill);
  EXPECT_EQ(back.execution.expected_fee, fill.execution.expected_fee);
  EXPECT_EQ(back.execution.expected_latency, fill.execution.expected_latency);
  ASSERT_TRUE(back.execution.apart);
  EXPECT_EQ(back.execution.apart->currency, "BNB");
  EXPECT_EQ(back.execution.apart->amount, 7);
}

TEST(Store, KeepsNoneApartFromZero) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  Fill fill = nth_fill(1);
  fill.execution.fee.reset();
  fill.execution.latency.reset();
  ASSERT_TRUE(store->record(fill));
  ASSERT_TRUE(store->flush());
  const auto fills = all_of(*store);
  ASSERT_EQ(fills.size(), 1U);
  EXPECT_FALSE(fills[0].execution.fee);
  EXPECT_FALSE(fills[0].execution.latency);
  EXPECT_FALSE(fills[0].execution.apart);
}

TEST(Store, CountsATradeOfAnExchangeOnce) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  record_all(*store, 0, 100);
  record_all(*store, 50, 150);
  EXPECT_EQ(store->counts().kept, 150);
  EXPECT_EQ(store->counts().known, 50);
  EXPECT_EQ(store->executions().value(), 150);
  Fill elsewhere = nth_fill(1);
  elsewhere.exchange = "okx";
  ASSERT_TRUE(store->record(elsewhere));
  Fill nameless = nth_fill(2);
  nameless.trade_id.clear();
  ASSERT_TRUE(store->record(nameless));
  ASSERT_TRUE(store->record(nameless));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->executions().value(), 153);
}

// Binance counts trades per symbol: the contract's key would drop such a fill without a word.
TEST(Store, CountsAKnownTradeIdOfAnotherSymbolApart) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  const Fill first = nth_fill(1);
  Fill other = first;
  other.symbol = "XYZ/USDT";
  for (const Fill& fill : {first, first, other}) ASSERT_TRUE(store->record(fill));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->counts().kept, 1);
  EXPECT_EQ(store->counts().known, 2);
  EXPECT_EQ(store->counts().clashes, 1);
}

TEST(Store, ARestartGivesTheSameCalibrationsBitForBit) {
  const TestFolder folder;
  Calibrator straight;
  for (std::int64_t n = 0; n < 60'000; ++n) record(straight, nth_fill(n));
  {
    const auto store = opened(folder.file());
    record_all(*store, 0, 25'000);
    auto half = read_calibrations(*store, {});
    ASSERT_TRUE(half);
    ASSERT_TRUE(keep_calibrations(*store, *half));
    record_all(*store, 25'000, 60'000);
  }
  const auto store = opened(folder.file());
  auto kept = read_calibrations(*store, {});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->caught, 35'000);
  EXPECT_EQ(kept->calibrator.state(), straight.state());
  auto anew = read_calibrations(*store, {}, From::beginning);
  ASSERT_TRUE(anew);
  EXPECT_EQ(anew->caught, 60'000);
  EXPECT_EQ(anew->calibrator.state(), straight.state());
}

TEST(Store, HistoryOutlivesTheWindow) {
  const TestFolder folder;
  const auto store = opened(folder.file());
  const CalibratorSettings week{.lookback = days(7)};
  record_all(*store, 0, 60'000);  // 41 days
  auto calibrations = read_calibrations(*store, week);
  ASSERT_TRUE(calibrations);
  ASSERT_TRUE(keep_calibrations(*store, *calibrations));
  const auto rows = store->history(slice_length(week));
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, calibrations->history);
  std::int64_t fills = 0;
  for (const HistoryRow& row : *rows) fills += row.maker.samples + row.taker.samples;
  EXPECT_EQ(fills, 60'000);
}

TEST(Store, KeepsSchedules) {
  const TestFolder folder;
  const FeeTier tier{.exchange = "kraken",
                     .products = "spot",
                     .volume_usd_min = 50'000,
                     .maker = MicroBps(20'000'000),
                     .taker = MicroBps(-1),
                     .read_on = "2026-01-31",
                     .source = "the account",
                     .unverified = true};
  ASSERT_TRUE(opened(folder.file())->keep_schedules(FeeSchedules({tier})));
  const auto schedules = opened(folder.file())->schedules();
  ASSERT_TRUE(schedules);
  ASSERT_EQ(schedules->tiers().size(), 1U);
  const FeeTier& back = schedules->tiers()[0];
  EXPECT_EQ(back.exchange, "kraken");
  EXPECT_EQ(back.products, "spot");
  EXPECT_EQ(back.volume_usd_min, 50'000);
  EXPECT_EQ(back.maker, tier.maker);
  EXPECT_EQ(back.taker, tier.taker);
  EXPECT_EQ(back.read_on, "2026-01-31");
  EXPECT_EQ(back.source, "the account");
  EXPECT_TRUE(back.unverified);
}

TEST(Store, ManyThreadsShareOneWriter) {
  const TestFolder folder;
  const auto store = opened(folder.file(), {.queue_max = 16});
  std::vector<std::thread> threads;
  for (std::int64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::int64_t n = t * 1'000; n < (t + 1) * 1'000; ++n) {
        const auto ticket = store->record(nth_fill(n));
        ASSERT_TRUE(ticket);
        if (n % 100 != 0) continue;
        ASSERT_TRUE(store->wait(*ticket));
      }
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->executions().value(), 4'000);
}

TEST(Store, AFullDiskIsAClearErrorAndLosesNothingAcknowledged) {
  const TestFolder folder;
  std::int64_t acknowledged = 0;
  std::string error;
  {
    const auto store = opened(folder.file(), {.pages_max = 64});
    for (std::int64_t n = 0; n < 100'000 && error.empty(); ++n) {
      const auto ticket = store->record(nth_fill(n));
      if (!ticket) {
        error = ticket.error();
      } else if (const auto waited = store->wait(*ticket); !waited) {
        error = waited.error();
      } else {
        acknowledged = n + 1;
      }
    }
    EXPECT_FALSE(store->record(nth_fill(0)));
    EXPECT_FALSE(store->flush());
    EXPECT_FALSE(store->keep_schedules(FeeSchedules()));
  }
  EXPECT_THAT(error, HasSubstr(folder.file()));
  EXPECT_THAT(error, HasSubstr("full; make room"));
  EXPECT_GT(acknowledged, 100);
  const auto store = opened(folder.file());
  EXPECT_EQ(store->executions().value(), acknowledged);
  record_all(*store, acknowledged, acknowledged + 1'000);
}

TEST(Store, ANewerSchemaIsRefused) {
  const TestFolder folder;
  opened(folder.file());
  SQLite::Database(folder.file(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 1000");
  for (const Access access : {Access::write, Access::read}) {
    const auto store = open_store(folder.file(), {.access = access});
    ASSERT_FALSE(store);
    EXPECT_THAT(store.error(), HasSubstr(folder.file()));
    EXPECT_THAT(store.error(), HasSubstr("schema version 1000"));
    EXPECT_THAT(store.error(), HasSubstr("install the newer crossbook"));
  }
}

TEST(Store, ForeignFilesAreRefusedAndLeftAsTheyAre) {
  const TestFolder folder;
  SQLite::Database(folder.file("other.db"), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (a)");
  EXPECT_THAT(open_store(folder.file("other.db")).error(), HasSubstr("not a crossbook store"));
  std::ofstream(folder.file("text")) << std::string(5'000, 'x');
  EXPECT_THAT(open_store(folder.file("text")).error(), HasSubstr("not a crossbook store"));
  EXPECT_EQ(std::filesystem::file_size(folder.file("text")), 5'000U);
}

TEST(Store, AFolderThatIsNotThereIsNamed) {
  const TestFolder folder;
  EXPECT_THAT(open_store(folder.file("no/such.db")).error(), HasSubstr("no/such.db: cannot be opened; its folder"));
  EXPECT_FALSE(open_store(folder.file("new.db"), {.access = Access::read}));
  EXPECT_FALSE(std::filesystem::exists(folder.file("new.db")));
}

// What a user without rights is told. Root may write everywhere, so a child gives its rights away first.
TEST(Store, AReadOnlyFileIsAClearError) {
  const TestFolder folder;
  {
    opened(folder.file());
  }
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder.file().c_str(), 0444), 0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const bool meek = getuid() != 0 || setuid(65'534) == 0;
    const auto store = open_store(folder.file());
    const std::string said = !meek ? "no rights to give away" : store ? "opened" : store.error();
    _exit(write(ends[1], said.data(), said.size()) < 0);
  }
  close(ends[1]);
  std::string said(1'000, ' ');
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], said.data(), said.size()))));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  EXPECT_THAT(said, HasSubstr(folder.file() + ": read-only; give this user the right"));
}

TEST(Store, OneReaderWhileOneWrites) {
  const TestFolder folder;
  const auto writing = opened(folder.file());
  record_all(*writing, 0, 10);
  const auto reading = opened(folder.file(), {.access = Access::read});
  EXPECT_EQ(reading->executions().value(), 10);
  record_all(*writing, 10, 20);
  EXPECT_EQ(reading->executions().value(), 20);
  EXPECT_THAT(reading->record(nth_fill(1)).error(), HasSubstr("reading only"));
}

}  // namespace
}  // namespace crossbook::store
