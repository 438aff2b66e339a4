// SPDX-License-Identifier: Apache-2.0
//
// Nothing is allocated for a frame once books and buffers have grown. This program replaces operator new to count.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <string>
#include <vector>

#include "crossbook/engine/engine.hpp"
#include "crossbook/market/session.hpp"
#include "crossbook/venue/registry.hpp"

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

namespace crossbook::engine {
namespace {

constexpr std::size_t records_of_the_session = 30'000;

struct Stored {
  market::Direction dir = market::Direction::in;
  FeedId feed{};
  ConnectionId connection{};
  Wall t;
  std::string url;
  std::string raw;
  std::size_t size = 0;
};

// A session of the simulated market without faults, in memory.
std::vector<Stored> session() {
  market::SessionOptions options;
  options.seed = 7;
  options.faults = market::no_faults();
  market::Session source(options);
  market::Record record;
  std::map<std::string, ConnectionId, std::less<>> connections;
  std::vector<Stored> stored;
  while (stored.size() < records_of_the_session && source.next(record)) {
    Stored& next = stored.emplace_back();
    next.dir = record.dir;
    next.feed = venue::find_feed(record.feed).value();
    const std::string name = std::string(record.feed) + " " + std::string(record.conn);
    next.connection = connections.try_emplace(name, ConnectionId(connections.size())).first->second;
    next.t = record.t;
    next.url = record.url;
    next.raw = record.raw;
    next.size = next.raw.size();
    next.raw.append(frame_padding, ' ');
  }
  return stored;
}

// Plays the session, `shift` later than it was; the allocations made for received frames of its second half, when the
// connections are open and the books have settled after their snapshots.
std::uint64_t play(Engine& engine, Effects& effects, const std::vector<Stored>& records, Nanos shift) {
  std::uint64_t counted = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Stored& record = records[i];
    effects.clear();
    const Steady at(record.t.nanos() + shift.count());
    const Wall wall(at.nanos());
    const std::string_view bytes(record.raw.data(), record.size);
    switch (record.dir) {
      case market::Direction::open:
        engine.on({at, wall, SessionState{record.connection, record.feed, true, record.url}}, effects);
        break;
      case market::Direction::out: engine.on({at, wall, Sent{record.connection, bytes}}, effects); break;
      case market::Direction::http: engine.on({at, wall, HttpBody{record.feed, record.url, bytes}}, effects); break;
      case market::Direction::in: {
        const std::uint64_t before = allocations;
        engine.on({at, wall, Frame{record.connection, bytes}}, effects);
        if (i * 2 > records.size()) counted += allocations - before;
        break;
      }
    }
  }
  return counted;
}

TEST(Engine, AllocatesNothingForAFrameOnceItHasGrown) {
#ifdef CROSSBOOK_SANITIZED
  GTEST_SKIP() << "sanitizers bring their own operator new";
#endif
  const std::vector<Stored> records = session();
  const Nanos length = records.back().t - records.front().t + seconds(1);
  Engine engine{Options{}};
  Effects effects;
  const std::uint64_t at_first = allocations;
  play(engine, effects, records, Nanos());
  EXPECT_GT(allocations, at_first) << "growing allocates: the count works";
  play(engine, effects, records, length);
  EXPECT_EQ(play(engine, effects, records, Nanos(2 * length.count())), 0u);
}

// Ten orders at each listing, of both watches: some that nothing pulls, and some whose threshold breaks and heals all
// the time.
void rest_orders(Engine& engine, Effects& effects, Steady at) {
  std::uint64_t id = 0;
  for (const Listing& listing : engine.listings()) {
    for (int i = 0; i < 10; ++i) {
      PlaceCommand command{OrderId(++id), {}, {}};
      command.terms.listing = listing.id;
      command.terms.action = i % 2 == 0 ? Action::buy : Action::sell;
      command.terms.price = Price(listing.instrument.symbol.starts_with("BTC") ? 64'250 + i - 5 : 2'480 + i - 5);
      command.terms.quantity = Quantity(1);
      command.limits.watched = i % 3 == 0 ? WatchedSpread::own_venue : WatchedSpread::consolidated;
      command.limits.spread_max = MicroBps(i % 4 == 0 ? std::int64_t{100'000} * i : 1'000'000'000'000);
      command.limits.dwell = seconds(1'000'000);
      command.limits.data_age_max = seconds(1'000'000);
      engine.on({at, Wall(at.nanos()), command}, effects);
      OrderReport report;
      report.order = command.order;
      engine.on({at, Wall(at.nanos()), report}, effects);
    }
  }
}

TEST(Engine, AllocatesNothingForAFrameWhileOrdersRest) {
#ifdef CROSSBOOK_SANITIZED
  GTEST_SKIP() << "sanitizers bring their own operator new";
#endif
  const std::vector<Stored> records = session();
  const Nanos length = records.back().t - records.front().t + seconds(1);
  for (const bool own_orders_shown : {false, true}) {
    Options options;
    options.own_orders_shown = own_orders_shown;
    options.guard.refuse_due = false;
    Engine engine{options};
    Effects effects;
    play(engine, effects, records, Nanos());
    rest_orders(engine, effects, Steady(records.back().t.nanos()));
    ASSERT_GE(engine.guard().live(), 120u);
    play(engine, effects, records, length);
    EXPECT_EQ(play(engine, effects, records, Nanos(2 * length.count())), 0u);
    EXPECT_GE(engine.guard().live(), 120u);
  }
}

}  // namespace
}  // namespace crossbook::engine
