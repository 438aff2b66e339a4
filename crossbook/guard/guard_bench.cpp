// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "crossbook/guard/guard.hpp"

// What the guard costs with many orders at rest on one symbol, each with a threshold, an expiry and an age. Thresholds
// are spread evenly between 10 and 110 bps, in an order that jumps about.
namespace crossbook::guard {
namespace {

using Kind = OrderReport::Kind;

constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;

struct Floor {
  explicit Floor(std::uint64_t orders) : guard(options(orders)), watch(guard.add_watch(true)) {
    guard.add_account();
    spread(MicroBps(5'000'000));
    for (std::uint64_t id = 1; id <= orders; ++id) rest(id);
  }

  static GuardOptions options(std::uint64_t orders) {
    GuardOptions options;
    options.orders_reserve = orders + 1'024;
    options.retention = milliseconds(1);
    return options;
  }

  static PlaceCommand command(std::uint64_t id) {
    PlaceCommand command{OrderId(id), {}, {}};
    command.terms.price = Price(10'000);
    command.terms.quantity = Quantity(100);
    command.limits.spread_max = MicroBps(static_cast<std::int64_t>(10'000'000 + id * odd % 100'000'000));
    command.limits.expires_at = Wall(1'000'000'000'000'000);
    command.limits.age_max = seconds(100'000);
    return command;
  }

  void place(std::uint64_t id) { guard.place(command(id), watch, AccountId(0), at, Wall(at.nanos()), effects); }
  void says(std::uint64_t id, Kind kind) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = kind;
    report.fill.trade = id;
    report.fill.quantity = Quantity(100);
    guard.on_report(report, at, Wall(at.nanos()), effects);
  }
  void rest(std::uint64_t id) {
    effects.clear();
    place(id);
    says(id, Kind::acknowledged);
  }
  void spread(MicroBps value) { guard.on_spread(watch, value, at, Wall(at.nanos()), effects); }

  Guard guard;
  WatchId watch;
  Effects effects;
  Steady at{1'000'000'000};
};

void BM_QuietUpdate(benchmark::State& state) {
  Floor floor(static_cast<std::uint64_t>(state.range(0)));
  std::int64_t wobble = 0;
  for (auto _ : state) {
    wobble = (wobble + 7'919) & 0xF'FFFF;
    floor.at = floor.at + Nanos(1'000);
    floor.spread(MicroBps(4'000'000 + wobble));
  }
  state.counters["bytes_per_order"] =
      benchmark::Counter(static_cast<double>(floor.guard.bytes()) / static_cast<double>(state.range(0)));
  if (!floor.effects.cancels.empty()) state.SkipWithError("the update was not quiet");
}
BENCHMARK(BM_QuietUpdate)->Arg(1'000)->Arg(1'000'000);

// One update that breaks the thresholds of k orders among a million; the time is that of one order.
void BM_TriggerPerOrder(benchmark::State& state) {
  constexpr std::uint64_t orders = 1'000'000;
  Floor floor(orders);
  const auto share = static_cast<std::int64_t>(100'000'000 / orders) * state.range(0);
  std::int64_t level = 10'000'000;
  std::uint64_t sent = 0;
  for (auto _ : state) {
    level += share;
    floor.effects.clear();
    floor.spread(MicroBps(level));
    sent += floor.effects.cancels.size();
    if (level < 100'000'000) continue;
    state.SkipWithError("all orders are pulled");
    break;
  }
  state.counters["orders"] = static_cast<double>(sent) / static_cast<double>(state.iterations());
  state.counters["seconds_per_order"] =
      benchmark::Counter(static_cast<double>(sent), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_TriggerPerOrder)->Arg(1)->Iterations(20'000);
BENCHMARK(BM_TriggerPerOrder)->Arg(10)->Iterations(20'000);
BENCHMARK(BM_TriggerPerOrder)->Arg(100)->Iterations(5'000);
BENCHMARK(BM_TriggerPerOrder)->Arg(1'000)->Iterations(500);

// The life of one order among a million at rest: placed, acknowledged, filled, forgotten.
void BM_PlaceAcknowledgeFill(benchmark::State& state) {
  Floor floor(static_cast<std::uint64_t>(state.range(0)));
  std::uint64_t id = 10'000'000;
  for (auto _ : state) {
    floor.at = floor.at + Nanos(1'000);
    floor.effects.clear();
    floor.place(++id);
    floor.says(id, Kind::acknowledged);
    floor.says(id, Kind::fill);
  }
  state.counters["bytes"] = benchmark::Counter(static_cast<double>(floor.guard.bytes()));
}
BENCHMARK(BM_PlaceAcknowledgeFill)->Arg(1'000)->Arg(1'000'000);

// Ten million orders come and go; the memory at the end is that of the start.
void BM_TenMillionEndedOrders(benchmark::State& state) {
  for (auto _ : state) {
    Floor floor(1'000);
    std::uint64_t id = 10'000'000;
    const auto live = [&](std::uint64_t orders) {
      for (std::uint64_t i = 0; i < orders; ++i) {
        floor.at = floor.at + Nanos(1'000);
        floor.effects.clear();
        floor.place(++id);
        floor.says(id, Kind::fill);
      }
    };
    live(100'000);
    const std::size_t bytes = floor.guard.bytes();
    live(9'900'000);
    state.counters["bytes_after_1e5"] = static_cast<double>(bytes);
    state.counters["bytes_after_1e7"] = static_cast<double>(floor.guard.bytes());
    if (floor.guard.bytes() != bytes) state.SkipWithError("memory grows with ended orders");
  }
}
BENCHMARK(BM_TenMillionEndedOrders)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossbook::guard
