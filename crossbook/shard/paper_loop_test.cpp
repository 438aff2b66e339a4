// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/paper_loop.hpp"

#include <gmock/gmock.h>

#include <cstdlib>

#include "crossbook/shard/input_text.hpp"
#include "crossbook/shard/paper_test_tools.hpp"
#include "crossbook/tca/report.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using testing::Gt;
using testing::Lt;

std::uint64_t live_states(const PaperAccount& account) {
  return account.in(OrderState::pending) + account.in(OrderState::active) + account.in(OrderState::cancelling) +
         account.in(OrderState::unknown);
}

TEST(PaperLoop, EndsEveryOrderInOneEndState) {
  PaperRun run(1);
  run.play();
  const PaperAccount& account = run.loop().account();
  EXPECT_THAT(account.in(OrderState::filled), Gt(5U));
  EXPECT_THAT(account.in(OrderState::cancelled), Gt(5U));
  EXPECT_THAT(account.cancels.at(OrderReason::manual), Gt(0U));
  EXPECT_THAT(account.cancels.at(OrderReason::spread_exceeded_threshold), Gt(0U));
  EXPECT_EQ(live_states(account), 0U);
  EXPECT_EQ(run.engine().guard().live(), 0U);
  EXPECT_TRUE(account.alarms.empty());
}

TEST(PaperLoop, GivesTheSameEffectsForTheSameSessionAndScript) {
  const auto digest_of = [](std::uint64_t market, std::uint64_t venues) {
    PaperScript script = busy_script();
    script.seed = venues;
    PaperRun run(market, nullptr, std::move(script));
    run.play();
    return run.loop().digest().hex();
  };
  EXPECT_EQ(digest_of(3, 1), digest_of(3, 1));
  EXPECT_NE(digest_of(3, 1), digest_of(4, 1));
  EXPECT_NE(digest_of(3, 1), digest_of(3, 2));
}

// The capture's records and the recorded commands and reports are all that an engine ever saw.
TEST(PaperLoop, RecordedInputsReplayToTheSameDigest) {
  std::vector<std::pair<std::size_t, std::string>> inputs;  // before which record
  std::size_t records = 0;
  PaperRun run(5);
  run.loop().follow([&](const Input& input, const Effects&) { inputs.emplace_back(records, input_text(input)); });

  Player again(PlayerOptions{.engine = {.use_bbo = true}, .groups = {}});
  EffectDigest digest;
  std::size_t next = 0;
  const auto catch_up = [&](std::size_t before) {
    for (; next < inputs.size() && inputs[next].first <= before; ++next) {
      const auto input = parse_input(inputs[next].second);
      ASSERT_TRUE(input) << inputs[next].second;
      digest.add(input->wall, again.take(*input));
    }
  };
  while (run.step()) {
    catch_up(records);
    digest.add(run.record().t, again.play(run.record(), run.record().connection, run.record().at));
    // What the record itself led to came after it.
    ++records;
  }
  run.loop().finish();
  catch_up(records);
  EXPECT_THAT(inputs.size(), Gt(100U));
  EXPECT_EQ(digest.hex(), run.loop().digest().hex());
}

TEST(PaperLoop, SendsNoOrderBeforeItsIntentIsOnDisk) {
  MemoryJournal journal;
  PaperRun run(1, &journal);
  std::size_t written = 0;
  journal.on_intents = [&](std::size_t intents) {
    std::uint64_t sent = 0;
    for (const auto& [venue, account] : run.loop().account().venues) sent += account.orders;
    EXPECT_EQ(sent, written);
    written += intents;
  };
  run.play();
  EXPECT_THAT(written, Gt(20U));
}

TEST(PaperLoop, KeepsEveryFillOnceInJournalAndPerformance) {
  MemoryJournal journal;
  PaperRun run(2, &journal);
  run.play();
  std::size_t executions = 0;
  for (const auto& [id, kept] : journal.disk) {
    Quantity filled;
    for (const auto& [trade, fill] : kept.executions) filled += fill.quantity;
    executions += kept.executions.size();
    EXPECT_LE(filled, kept.intent.terms.quantity);
    EXPECT_EQ(kept.state == OrderState::filled, filled == kept.intent.terms.quantity);
  }
  EXPECT_THAT(executions, Gt(5U));
  EXPECT_EQ(run.loop().performance().fills.size(), executions);
  EXPECT_EQ(journal.learned_rows.size(), executions);
}

TEST(PaperLoop, LearnsWhatTheExchangesReallyCharge) {
  PaperScript script = busy_script();
  for (const char* venue : {"binance", "bybit", "coinbase", "kraken", "okx", "bitstamp"})
    script.venues[venue] = {
        .taker = MicroBps(7'500'000), .latency = milliseconds(30), .report_latency = milliseconds(12)};
  PaperRun run(1, nullptr, std::move(script));
  run.play();
  Calibrator& learned = run.loop().calibrator();
  std::size_t with_fills = 0;
  for (const ExchangeId exchange : learned.exchanges()) {
    const FeeEstimate fee = learned.fee(exchange, Role::taker);
    if (fee.samples == 0) continue;
    ++with_fills;
    EXPECT_DOUBLE_EQ(fee.median_bps, 7.5);
    EXPECT_NEAR(static_cast<double>(learned.latency(exchange).p50.count()), 42e6, 0.01 * 42e6);
  }
  EXPECT_THAT(with_fills, Gt(0U));
}

TEST(PaperLoop, ReportsOnTheNewestDecisions) {
  MemoryJournal journal;
  PaperRun whole(2, &journal);
  whole.play();
  PaperRun brief(2, &journal, busy_script(), OrderId(1), 8);
  brief.play();
  const tca::Rows& all = whole.loop().performance();
  const tca::Rows& kept = brief.loop().performance();
  ASSERT_THAT(all.decisions.size(), Gt(30U));
  EXPECT_THAT(kept.decisions.size(), testing::AllOf(testing::Ge(8U), testing::Lt(16U)));
  EXPECT_EQ(kept.decisions.back(), all.decisions.back());
  EXPECT_LT(kept.fills.size(), all.fills.size());
  // Rows of forgotten decisions that came late count for none.
  const std::vector<tca::Report> reports = tca::report(kept);
  ASSERT_THAT(reports, testing::SizeIs(1));
  EXPECT_EQ(reports[0].decisions, kept.decisions.size());
}

TEST(PaperLoop, StopsAndSaysWhyWhenNothingCanBeKeptAnyMore) {
  MemoryJournal journal;
  journal.full_at = 200;
  PaperRun run(1, &journal);
  run.play();
  ASSERT_FALSE(run.loop().healthy());
  EXPECT_EQ(run.loop().healthy().error(), "memory: the disk is full");
  EXPECT_EQ(run.engine().guard().live(), 0U);
  const std::uint64_t wishes = run.loop().account().wishes;
  PaperRun whole(1);
  whole.play();
  EXPECT_LT(wishes, whole.loop().account().wishes);
}

TEST(PaperLoop, StopsAsWellWhenTheExchangesCannotBeKept) {
  MemoryJournal journal;
  journal.exchanges_full_at = 200;
  PaperRun run(1, &journal);
  while (run.loop().healthy()) ASSERT_TRUE(run.step());
  EXPECT_EQ(run.loop().healthy().error(), "memory: no room for the exchanges");
  const std::uint64_t wishes = run.loop().account().wishes;
  for (int i = 0; i < 2'000 && run.loop().live() > 0; ++i) ASSERT_TRUE(run.step());
  EXPECT_EQ(run.loop().live(), 0U) << "what lived was cancelled at once, not at the end of the session";
  EXPECT_EQ(run.loop().account().wishes, wishes);
}

TEST(PaperLoop, MeasuresHowLongEveryCancelTookTheExpiredOnesToo) {
  PaperScript script = busy_script();
  script.orders[1].expires_after = milliseconds(500);
  PaperRun run(1, nullptr, std::move(script));
  run.play();
  const PaperAccount& account = run.loop().account();
  ASSERT_THAT(account.in(OrderState::expired), Gt(0U));
  std::int64_t cancelled = 0;
  for (const auto& [reason, count] : account.cancels) cancelled += static_cast<std::int64_t>(count);
  std::int64_t filled_first = 0;  // a fill overtook the cancel
  for (const auto& [id, order] : run.loop().orders())
    if (order.cancel_at && run.engine().guard().find(id) != nullptr &&
        run.engine().guard().find(id)->state == OrderState::filled)
      ++filled_first;
  EXPECT_EQ(account.gone.count() + filled_first, cancelled);
}

TEST(PaperLoop, ExpectsTheFeeOfTheRoleThatItFilledIn) {
  MemoryJournal journal;
  PaperRun run(2, &journal);
  run.play();
  std::set<Role> roles;
  for (const Learned& row : journal.learned_rows) {
    roles.insert(row.execution.role);
    ASSERT_TRUE(row.execution.expected_fee);
    EXPECT_EQ(*row.execution.expected_fee, row.execution.fee) << to_string(row.execution.role);
  }
  EXPECT_THAT(roles, testing::SizeIs(2));
}

TEST(PaperLoop, NamesTheFeedOfARestoredOrderThatNobodyKnows) {
  PaperRun run(1);
  RestoredIntent order;
  order.intent.order = OrderId(7);
  order.intent.listing = {"mtgox", "BTCUSD"};
  const auto restored = run.loop().restore({order}, "");
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error(), "order 7 of the store is at the feed mtgox, which is not known");
}

TEST(PaperLoop, WillNotBeginOnExchangesThatItCannotRead) {
  PaperRun run(1);
  ASSERT_TRUE(run.loop().restore({}, "crossbook-paper 1\nlisting binance"));
  run.step();
  ASSERT_FALSE(run.loop().healthy());
  EXPECT_THAT(run.loop().healthy().error(), testing::HasSubstr("listing binance"));
}

// -- dying and going on ----------------------------------------------------------------------------------------------

// Plays until the journal kills it, then goes on as the next process, which must come to an end.
void die_and_go_on(std::size_t kill_at) {
  SCOPED_TRACE("killed at call " + std::to_string(kill_at) + " of the journal");
  MemoryJournal journal;
  journal.kill_at = kill_at;
  bool killed = false;
  {
    PaperRun run(1, &journal);
    try {
      run.play();
    } catch (const Killed&) {
      killed = true;
    }
  }
  if (!killed) return;
  journal.lose_memory();
  const auto before = journal.disk;
  const std::vector<RestoredIntent> live = journal.live_orders();
  PaperRun next(2, &journal, PaperScript{}, journal.next_order());
  ASSERT_TRUE(next.loop().restore(live, journal.exchanges_state));
  next.play();
  ASSERT_TRUE(next.loop().healthy());
  EXPECT_EQ(next.loop().account().restored, live.size());
  EXPECT_EQ(next.engine().guard().live(), 0U);
  EXPECT_FALSE(next.loop().account().alarms.contains(OrderAlarm::Kind::mismatch));
  EXPECT_FALSE(next.loop().account().alarms.contains(OrderAlarm::Kind::overfill));
  for (const auto& [id, kept] : journal.disk) {
    EXPECT_TRUE(ended(kept.state)) << "order " << static_cast<std::uint64_t>(id) << " is " << to_string(kept.state);
    Quantity filled;
    for (const auto& [trade, fill] : kept.executions) filled += fill.quantity;
    EXPECT_LE(filled, kept.intent.terms.quantity);
    const auto was = before.find(id);
    if (was == before.end()) continue;
    for (const auto& [trade, fill] : was->second.executions) EXPECT_TRUE(kept.executions.contains(trade));
  }
}

// The journal is lost and the exchanges are not.
TEST(PaperLoop, CancelsWhatTheExchangesHoldAndNobodyKnows) {
  MemoryJournal journal;
  journal.kill_at = 300;
  PaperRun run(1, &journal);
  EXPECT_THROW(run.play(), Killed);
  MemoryJournal empty;
  PaperRun next(2, &empty, busy_script());
  ASSERT_TRUE(next.loop().restore({}, journal.exchanges_state));
  next.play();
  EXPECT_THAT(next.loop().account().strangers, Gt(0U));
  EXPECT_EQ(next.loop().account().strangers_gone, next.loop().account().strangers);
  EXPECT_FALSE(next.loop().account().refused.contains(OrderReason::duplicate_id));
  EXPECT_GT(empty.disk.begin()->first, OrderId(1));
}

TEST(PaperLoop, GoesOnThoughBooksHaveOtherHandles) {
  MemoryJournal journal;
  journal.kill_at = 300;
  PaperRun run(1, &journal);
  EXPECT_THROW(run.play(), Killed);
  journal.lose_memory();
  const std::vector<RestoredIntent> live = journal.live_orders();
  ASSERT_FALSE(live.empty());
  PaperRun next(2, &journal, PaperScript{}, journal.next_order());
  for (const char* symbol : {"XBT/USD", "ADA/XBT"}) next.player().list(venue::find_feed("kraken").value(), symbol);
  ASSERT_TRUE(next.loop().restore(live, journal.exchanges_state));
  next.play();
  ASSERT_TRUE(next.loop().healthy()) << next.loop().healthy().error();
  EXPECT_EQ(next.engine().guard().live(), 0U);
  for (const auto& [kind, count] : next.loop().account().alarms) ADD_FAILURE() << to_string(kind) << " x" << count;
}

// At every 41st call here; CROSSBOOK_CRASH_EVERY=1 tries them all.
TEST(PaperLoop, LosesNothingWhereverItDies) {
  MemoryJournal whole;
  PaperRun(1, &whole).play();
  ASSERT_THAT(whole.calls, Gt(300U));
  const char* every = std::getenv("CROSSBOOK_CRASH_EVERY");
  const std::size_t stride = every != nullptr ? std::strtoull(every, nullptr, 10) : 41;
  ASSERT_THAT(stride, Gt(0U));
  for (std::size_t call = 1; call <= whole.calls; call += stride) die_and_go_on(call);
}

}  // namespace
}  // namespace crossbook::shard
