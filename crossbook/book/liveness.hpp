// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/reason.hpp"
#include "crossbook/core/units.hpp"

// Late, dead, stale: what silence means for one book. Pure functions of the times that are passed in.
namespace crossbook::book {

inline constexpr Nanos late_min = seconds(2);
inline constexpr Nanos late_max = seconds(60);
inline constexpr Nanos dead_min = seconds(10);
inline constexpr Nanos dead_max = seconds(900);
inline constexpr std::int64_t late_factor = 5;  // times p99.9 of the inter-arrival times
inline constexpr std::int64_t dead_factor = 20;
inline constexpr std::uint32_t intervals_for_quantile = 1'000;  // below: their maximum
inline constexpr std::uint32_t intervals_min = 30;              // below: late_max and dead_max
inline constexpr Nanos probe_pause = seconds(60);
inline constexpr std::int64_t move_margin_bps = 5;

// Inter-arrival times in integer log-linear buckets: 8 to an octave, from 1 ms to 6 days, an error of at most 12.5 %,
// upwards. Counts halve when one is about to overflow.
class Intervals {
 public:
  void record(Nanos interval);
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] Nanos longest() const { return longest_; }
  // The upper edge of the bucket that holds the 99.9th percentile.
  [[nodiscard]] Nanos p999() const;

 private:
  static constexpr std::size_t buckets = 216;
  std::array<std::uint16_t, buckets> counts_{};
  std::uint32_t count_ = 0;
  Nanos longest_{};
};

// The silence of one book's stream, and whether the market went on without it.
class Liveness {
 public:
  // A message of this book's stream.
  void message(Steady at);
  // A heartbeat of its own subscription: alive, and no interval of the statistics.
  void heartbeat(Steady at) { heard(at); }
  // The stream begins (again): silence counts from here; the statistics stay.
  void restart(Steady at);

  // Where the other venues are: the doubled median of their mids, at any common scale, absent when there is none. Told
  // as often as it changes or is sampled. `half_spread` is the book's own ask minus bid (the doubled half spread), same
  // scale.
  void consensus(std::optional<std::int64_t> doubled_mid, std::int64_t doubled_half_spread);

  [[nodiscard]] Nanos late_after() const { return late_after_; }  // L1
  [[nodiscard]] Nanos dead_after() const { return dead_after_; }  // L2
  [[nodiscard]] bool late(Steady now) const { return heard_at_ && now - *heard_at_ > late_after_; }
  [[nodiscard]] bool dead(Steady now) const { return heard_at_ && now - *heard_at_ > dead_after_; }
  // Whether the book must not be used: Reason::late, Reason::silent, or none.
  [[nodiscard]] Reason stale(Steady now) const;
  // The time at which late(), then dead(), can next become true; absent before the first message and when dead.
  [[nodiscard]] std::optional<Steady> next_due(Steady now) const;
  [[nodiscard]] std::optional<Steady> last_heard() const { return heard_at_; }

  // Whether a probe may be sent now; remembers that it was.
  [[nodiscard]] bool take_probe(Steady now);

 private:
  void heard(Steady at);
  void learn();

  Intervals intervals_;
  std::optional<Steady> message_at_;
  std::optional<Steady> heard_at_;
  std::optional<Steady> probed_at_;
  Nanos late_after_ = late_max;
  Nanos dead_after_ = dead_max;
  std::uint32_t learn_in_ = intervals_min;  // intervals until the limits are taken again
  std::optional<std::int64_t> consensus_;   // the last that we were told
  std::optional<std::int64_t> reference_;   // the one at the last message
  bool moved_ = false;
};

// Times at which to look at things again. Nothing is moved when a deadline recedes: the entry is looked at when it was
// due, and told then how much longer to wait. So a message costs nothing here.
class Deadlines {
 public:
  // `id` is looked at when `due` has come. One entry an id; an earlier time replaces a later one.
  void schedule(std::uint32_t id, Steady due);
  [[nodiscard]] std::optional<Steady> next() const;

  // Calls look(id) for every entry due at or before `now`; it returns when to look again (later than now), or nothing.
  template <class Look>
  void advance(Steady now, Look&& look) {
    while (!heap_.empty() && heap_.front().due <= now) {
      const Entry entry = pop();
      if (entry.due != due_[entry.id]) continue;
      due_[entry.id].reset();
      if (const std::optional<Steady> again = look(entry.id)) schedule(entry.id, std::max(*again, now + Nanos(1)));
    }
  }

 private:
  struct Entry {
    Steady due;
    std::uint32_t id = 0;
  };
  // Ties by id, so that a replay looks in the same order.
  static bool later(const Entry& a, const Entry& b) { return a.due != b.due ? a.due > b.due : a.id > b.id; }
  Entry pop();

  std::vector<Entry> heap_;
  std::vector<std::optional<Steady>> due_;  // by id; an entry of the heap with another time is void
};

}  // namespace crossbook::book
