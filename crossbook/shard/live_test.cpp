// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>

#include "crossbook/capture/session.hpp"
#include "crossbook/shard/live_test_tools.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

using testing::Each;

class Live : public testing::Test {
 public:
  Live() { std::filesystem::remove_all(folder); }
  ~Live() override { std::filesystem::remove_all(folder); }

 protected:
  void until(const std::function<bool()>& done) { ASSERT_TRUE(loop.run_until(done, seconds(25))); }

  void start(const std::vector<std::string>& feeds) {
    LiveOptions options;
    options.unread_max = unread_max;
    for (const std::string& name : feeds) {
      exchanges.push_back(
          std::make_unique<LoopbackExchange>(loop, name, authority, std::vector<std::string>{"127.0.0.1"}));
      LiveFeed& feed = options.feeds.emplace_back();
      feed.feed = venue::find_feed(name).value();
      feed.raw_symbols = exchanges.back()->raw_symbols();
      feed.tls = trusted;
      feed.connector.stream_origin = "wss://" + exchanges.back()->address();
      feed.connector.rest_origin = "https://" + exchanges.back()->address();
      feed.connector.times.backoff_first = milliseconds(20);
    }
    recorder = capture::Recorder::start({.folder = folder}).value();
    shard = std::make_unique<LiveShard>(loop, player, std::move(options), recorder.get(), listener);
    if (paper) shard->trade(*paper);
    shard->start();
  }
  [[nodiscard]] std::vector<book::BookState> states() const {
    std::vector<book::BookState> all;
    for (const Listing& listing : player.engine().listings()) all.push_back(player.engine().book(listing.id).state());
    return all;
  }
  [[nodiscard]] bool all_ready() const {
    const auto all = states();
    return std::ranges::all_of(all, [](book::BookState state) { return state == book::BookState::ready; });
  }
  void stop() {
    bool stopped = false;
    shard->stop([&] { stopped = true; });
    until([&] { return stopped; });
    ASSERT_TRUE(recorder->close());
  }

  std::string folder =
      testing::TempDir() + "crossbook-live-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  sys::CertificateAuthority authority = sys::CertificateAuthority::make(sys::wall_now()).value();
  std::shared_ptr<sys::TlsContext> trusted = sys::TlsContext::client_trusting(authority.certificate_pem()).value();
  sys::Loop loop;
  std::vector<std::unique_ptr<LoopbackExchange>> exchanges;
  Player player{PlayerOptions{}};
  std::unique_ptr<PaperLoop> paper;
  std::unique_ptr<capture::Recorder> recorder;
  std::unique_ptr<LiveShard> shard;
  LiveListener* listener = nullptr;
  Nanos unread_max = LiveOptions().unread_max;
};

void expect_same(const ReplayReport& live, const ReplayReport& replayed) {
  EXPECT_EQ(live.frames, replayed.frames);
  ASSERT_EQ(live.books.size(), replayed.books.size());
  for (const auto& [feed, books] : live.books) {
    for (const auto& [symbol, book] : books) {
      SCOPED_TRACE(feed + " " + symbol);
      ASSERT_TRUE(replayed.books.contains(feed) && replayed.books.at(feed).contains(symbol));
      const BookReport& other = replayed.books.at(feed).at(symbol);
      EXPECT_EQ(book.state, other.state);
      EXPECT_EQ(book.reason, other.reason);
      EXPECT_EQ(book.bids, other.bids);
      EXPECT_EQ(book.asks, other.asks);
      EXPECT_EQ(book.bbo_sha256, other.bbo_sha256);
      EXPECT_EQ(book.bbo_changes, other.bbo_changes);
    }
  }
  ASSERT_EQ(live.consolidated.size(), replayed.consolidated.size());
  for (const auto& [symbol, view] : live.consolidated)
    EXPECT_EQ(view.nbbo_sha256, replayed.consolidated.at(symbol).nbbo_sha256) << symbol;
}

TEST_F(Live, WhatWasRecordedReplaysToTheSameBooks) {
  start({"kraken", "binance", "okx", "bybit-spot", "coinbase", "bitstamp"});
  until([&] { return player.frames() > 300 && all_ready(); });
  stop();
  EXPECT_EQ(recorder->counts().skipped, 0U);

  Player again{PlayerOptions{}};
  auto session = capture::Session::open_chain(capture::recorded_files(folder).value()).value();
  while (const capture::Arrival* arrival = session.next()) again.play(*arrival, arrival->connection, arrival->at);
  EXPECT_EQ(session.error_count(), 0U);
  expect_same(player.report(0, {}), again.report(0, {}));
}

PaperScript order_each_100_ms() {
  PaperScript script;
  ScriptOrder& take = script.orders.emplace_back();
  take.every = milliseconds(100);
  take.count = 1'000;
  take.notional = "500";
  take.alternate = true;
  ScriptOrder& rest = script.orders.emplace_back(take);
  rest.price_from = PriceFrom::touch;
  rest.limits.age_max = milliseconds(300);
  return script;
}

TEST_F(Live, TradesOnPaperOnWhatComes) {
  PaperOptions options;
  options.script = order_each_100_ms();
  options.belief = [](auto, auto) { return VenueBelief{.out = milliseconds(5), .back = milliseconds(5)}; };
  paper = std::make_unique<PaperLoop>(player, std::move(options));
  start({"kraken", "okx"});
  const PaperAccount& account = paper->account();
  until([&] { return account.in(OrderState::filled) >= 5 && account.cancels.contains(OrderReason::order_too_old); });
  // Resyncs that come between two orders reach the venues all the same.
  exchanges[0]->reset_all();
  until([&] { return !all_ready(); });
  until([&] { return all_ready(); });
  paper->stop();
  until([&] { return paper->live() == 0; });
  stop();
  EXPECT_TRUE(account.alarms.empty());

  Player again{PlayerOptions{}};
  auto session = capture::Session::open_chain(capture::recorded_files(folder).value()).value();
  while (const capture::Arrival* arrival = session.next()) again.play(*arrival, arrival->connection, arrival->at);
  expect_same(player.report(0, {}), again.report(0, {}));
}

// How many lines of each kind a recording has.
std::map<capture::Direction, int> lines_of(const std::string& folder) {
  std::map<capture::Direction, int> lines;
  auto session = capture::Session::open_chain(capture::recorded_files(folder).value()).value();
  while (const capture::Arrival* arrival = session.next()) ++lines[arrival->dir];
  return lines;
}

TEST_F(Live, PingsAreSignsOfLifeInTheRecordingToo) {
  start({"kraken"});
  until([&] { return all_ready(); });
  exchanges[0]->ping_all();
  std::uint64_t frames = player.frames();
  until([&] { return player.frames() > frames + 5; });
  stop();
  EXPECT_GE(lines_of(folder)[capture::Direction::alive], 1);
}

// What it is told of books that are held back.
struct Held : LiveListener {
  explicit Held(const Player& of) : player(of) {}
  void on_effects(Moment, const Effects& effects) override {
    const auto held = [&](ListingId id) { return player.engine().book(id).reason() == Reason::behind; };
    const bool more = !effects.groups.empty() || !effects.notes.empty() || !player.engine().batch().trades.empty();
    for (const ListingId id : effects.books) ++(held(id) && !more && !entered ? changes : others);
    entered = false;
  }
  void on_behind(Moment, FeedId, ConnectionId, bool now_behind, Nanos unread) override {
    entered = true;
    ++(now_behind ? behind : caught_up);
    EXPECT_EQ(unread > Nanos(0), now_behind);
  }
  const Player& player;
  bool entered = false;
  int changes = 0, others = 0, behind = 0, caught_up = 0;
};

// The limit is so small that whatever waits at all has waited for too long; so no clock decides.
TEST_F(Live, ConnectionThatFloodsIsBehindUntilAllIsReadAndNothingIsSkipped) {
  unread_max = Nanos(1);
  Held held(player);
  listener = &held;
  start({"kraken", "okx"});
  until([&] { return all_ready(); });
  const std::uint64_t before = player.frames();
  for (const auto& exchange : exchanges) exchange->burst(seconds(60));
  until([&] { return player.engine().book(ListingId(0)).reason() == Reason::behind; });
  EXPECT_EQ(shard->connections()[0].times_behind > 0, true);
  EXPECT_TRUE(shard->connections()[0].behind.has_value());
  until([&] { return player.frames() > before + 2'000 && all_ready(); });
  stop();

  EXPECT_GE(held.behind, 2);
  EXPECT_GE(held.caught_up, 2);
  EXPECT_EQ(held.changes, 0);
  const ReplayReport report = player.report(0, {});
  for (const auto& [feed, books] : report.books)
    for (const auto& [symbol, book] : books) {
      EXPECT_EQ(book.counters.gaps + book.counters.checksum_failed, 0U) << feed << " " << symbol;
      EXPECT_EQ(book.counters.snapshots, 1U) << feed << " " << symbol;
    }
  auto lines = lines_of(folder);
  EXPECT_EQ(lines[capture::Direction::behind], held.behind);
  EXPECT_EQ(lines[capture::Direction::caught_up], held.caught_up);
  Player again{PlayerOptions{}};
  auto session = capture::Session::open_chain(capture::recorded_files(folder).value()).value();
  while (const capture::Arrival* arrival = session.next()) again.play(*arrival, arrival->connection, arrival->at);
  expect_same(report, again.report(0, {}));
}

TEST_F(Live, ResetConnectionComesBackByItself) {
  start({"kraken", "okx"});
  until([&] { return all_ready() && exchanges[0]->clients() == 1; });
  exchanges[0]->reset_all();
  until([&] { return !all_ready(); });
  EXPECT_EQ(player.engine().book(ListingId(0)).reason(), Reason::reconnect);
  EXPECT_EQ(states()[2], book::BookState::ready);  // the other venue goes on
  until([&] { return all_ready(); });
}

TEST_F(Live, StopSaysGoodByeToEveryVenue) {
  start({"kraken", "okx"});
  until([&] { return all_ready(); });
  stop();
  until([&] { return exchanges[0]->gone().size() == 1 && exchanges[1]->gone().size() == 1; });
  EXPECT_THAT(exchanges[0]->gone(), Each(1001));
  EXPECT_THAT(exchanges[1]->gone(), Each(1001));
}

TEST_F(Live, SilenceIsRecordedAsTicks) {
  start({"kraken"});
  until([&] { return all_ready(); });
  exchanges[0]->reset_all();
  const std::uint64_t before = shard->ticks();
  exchanges.clear();  // nobody answers any more
  until([&] { return shard->ticks() >= before + 3; });
  EXPECT_FALSE(all_ready());
}

}  // namespace
}  // namespace crossbook::shard
