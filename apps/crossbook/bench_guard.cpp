// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "bench_part.hpp"
#include "crossbook/guard/guard.hpp"

namespace crossbook::app {
namespace {

using Kind = OrderReport::Kind;

constexpr std::uint64_t orders = 1'000'000;
constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t batch = 1'000;  // orders placed, then filled, beside those at rest
constexpr std::int64_t pulled = 100;    // orders that an update pulls
constexpr std::int64_t threshold_min = 10'000'000;
constexpr std::int64_t thresholds = 100'000'000;  // from 10 to 110 bps, evenly, in an order that jumps about

// A million orders at rest on one symbol, each with a threshold, an expiry and a maximum age.
class Floor {
 public:
  Floor() : guard_(options()), watch_(guard_.add_watch(true)) {
    guard_.add_account();
    spread(5'000'000);
    for (std::uint64_t id = 1; id <= orders; ++id) {
      effects_.clear();
      place(id);
      says(id, Kind::acknowledged);
    }
  }

  void spread(std::int64_t micro_bps) {
    guard_.on_spread(watch_, MicroBps(micro_bps), at_, Wall(at_.nanos()), effects_);
  }
  void place(std::uint64_t id) {
    PlaceCommand command{OrderId(id), {}, {}};
    command.terms.price = Price(10'000);
    command.terms.quantity = Quantity(100);
    command.limits.spread_max = MicroBps(threshold_min + static_cast<std::int64_t>(id * odd % thresholds));
    command.limits.expires_at = Wall(1'000'000'000'000'000);
    command.limits.age_max = seconds(100'000);
    guard_.place(command, watch_, guard::AccountId(0), at_, Wall(at_.nanos()), effects_);
  }
  void says(std::uint64_t id, Kind kind) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = kind;
    report.fill.trade = id;
    report.fill.quantity = Quantity(100);
    guard_.on_report(report, at_, Wall(at_.nanos()), effects_);
  }
  void pass(Nanos time) { at_ = at_ + time; }
  // Forgets what ended.
  void settle() {
    pass(milliseconds(2));
    effects_.clear();
    guard_.advance(at_, Wall(at_.nanos()), effects_);
  }

  std::size_t take_cancels() {
    const std::size_t sent = effects_.cancels.size();
    effects_.clear();
    return sent;
  }
  [[nodiscard]] std::size_t live() const { return guard_.live(); }
  [[nodiscard]] std::size_t bytes() const { return guard_.bytes(); }

 private:
  static guard::GuardOptions options() {
    guard::GuardOptions options;
    options.orders_reserve = orders + 2 * batch;
    options.retention = milliseconds(1);
    return options;
  }

  guard::Guard guard_;
  guard::WatchId watch_;
  Effects effects_;
  Steady at_{1'000'000'000};
};

double quiet_update(Floor& floor) {
  return ns_per_call(7, 1'000'000, [&](std::int64_t i) {
    floor.pass(Nanos(1'000));
    floor.spread(4'000'000 + (i * 7'919 & 0xF'FFFF));
  });
}

struct Lives {
  double place_ns = 0;
  double fill_ns = 0;
};

// Orders that come and go beside those at rest: each step of a batch is timed by itself.
Lives lives(Floor& floor) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> places;
  std::vector<double> fills;
  std::uint64_t first = 10 * orders;
  const auto time = [&](std::vector<double>& times, auto step) {
    const Clock::time_point begin = Clock::now();
    for (std::uint64_t id = first; id < first + batch; ++id) step(id);
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / batch);
  };
  for (int pass = 0; pass < 101; ++pass, first += batch) {
    floor.settle();
    time(places, [&](std::uint64_t id) { floor.place(id); });
    for (std::uint64_t id = first; id < first + batch; ++id) floor.says(id, Kind::acknowledged);
    time(fills, [&](std::uint64_t id) { floor.says(id, Kind::fill); });
  }
  floor.settle();
  std::sort(places.begin(), places.end());
  std::sort(fills.begin(), fills.end());
  return {places[places.size() / 2], fills[fills.size() / 2]};
}

// An order, of updates that break the thresholds of a hundred each.
double trigger_per_order(Floor& floor) {
  constexpr std::int64_t step = thresholds / static_cast<std::int64_t>(orders) * pulled;
  constexpr std::int64_t updates = 100;
  constexpr std::size_t passes = 7;
  std::int64_t level = threshold_min;
  std::size_t sent = 0;
  const double ns_per_update = ns_per_call(passes, updates, [&](std::int64_t) {
    floor.spread(level += step);
    sent += floor.take_cancels();
  });
  return sent == 0 ? 0.0 : ns_per_update * static_cast<double>(passes * updates) / static_cast<double>(sent);
}

}  // namespace

BenchPart bench_guard() {
  const auto floor = std::make_unique<Floor>();
  const double quiet_ns = quiet_update(*floor);
  const Lives life = lives(*floor);
  const std::size_t resting = floor->live();
  const double bytes = static_cast<double>(floor->bytes()) / static_cast<double>(resting);
  const double trigger_ns = trigger_per_order(*floor);
  return {.name = "guard",
          .json = {{"quiet_update_ns", quiet_ns},
                   {"trigger_ns_per_order", trigger_ns},
                   {"place_ns", life.place_ns},
                   {"fill_ns", life.fill_ns},
                   {"bytes_per_order", bytes},
                   {"orders", resting}},
          .text = fmt::format("guard: {:.1f} ns an update that pulls nothing, {:.0f} ns an order pulled ({} by an "
                              "update), {:.0f} ns to place, {:.0f} ns to fill; {} orders at rest, {:.0f} bytes each\n",
                              quiet_ns, trigger_ns, pulled, life.place_ns, life.fill_ns, resting, bytes)};
}

}  // namespace crossbook::app
