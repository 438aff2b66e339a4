// SPDX-License-Identifier: Apache-2.0
//
// What follows from a spread, and from the lack of one.
#include <algorithm>

#include "crossbook/guard/guard.hpp"

namespace crossbook::guard {
namespace {

// The highest threshold up to `threshold` of whose share the spread is not below. Range: up to 9e15 MicroBps.
MicroBps not_rearmed(MicroBps threshold, MicroBps spread, std::int64_t rearm_per_mille) {
  const std::int64_t scaled = spread.count() * 1'000;
  if (threshold.count() * rearm_per_mille <= scaled) [[likely]]
    return threshold;
  return MicroBps(scaled / rearm_per_mille - (scaled % rearm_per_mille < 0 ? 1 : 0));
}

}  // namespace

void Guard::on_spread(WatchId id, Spread spread, Steady at, Wall wall, Effects& effects) {
  begin(at, wall);
  if (!options_.manual) fire(effects);
  Watch& watch = watches_[index(id)];
  const bool crossed = spread && *spread < (watch.consolidated ? -options_.cross_max : MicroBps());
  if (!crossed && watch.crossed_since) [[unlikely]] {
    watch.crossed_since.reset();
    watch_clock(id);
  }
  if (!spread || (crossed && !cross_passes(watch))) {
    lose(id, at);
    if (!options_.manual && watch_timers_.any_due(at)) fire_watches(effects);
  } else {
    use(id, *spread, effects);
  }
  if (queued_ > 0) serve_queues(effects);
}

// A deep crossing is borne for its dwell, of the consolidated spread only.
bool Guard::cross_passes(Watch& watch) const {
  if (!watch.consolidated) return false;
  if (!watch.crossed_since) watch.crossed_since = at_;
  return after(*watch.crossed_since, options_.cross_dwell) > at_;
}

void Guard::use(WatchId id, MicroBps spread, Effects& effects) {
  Watch& watch = watches_[index(id)];
  watch.spread = spread;
  if (watch.unusable_since || watch.crossed_since) [[unlikely]] {
    watch.unusable_since.reset();
    watch_clock(id);
  }
  // A threshold T is refused while some spread since was above T and none since that one fell below T's share. With the
  // lowest spread since folded in at each step, one number says which.
  const MicroBps broken = spread - MicroBps(1);
  const MicroBps refused = watch.refused_up_to.value_or(broken);
  watch.refused_up_to =
      refused <= broken ? broken : std::max(broken, not_rearmed(refused, spread, options_.rearm_per_mille));

  const bool at_once = !options_.manual;
  index_.set(
      index(id), spread,
      [&](Slot slot) {
        const Nanos dwell = table_[slot].limits.dwell;
        if (at_once && dwell <= Nanos()) {
          make_due(slot, OrderReason::spread_exceeded_threshold, effects);
          return false;
        }
        timers_.dwell.set(slot, after(at_, dwell));
        return true;
      },
      [&](Slot slot) { timers_.dwell.clear(slot); });
}

// The data became unusable, unless it was already. A broken threshold stays broken, and its dwell runs on: nothing says
// that the spread came back.
void Guard::lose(WatchId id, Steady since) {
  Watch& watch = watches_[index(id)];
  watch.spread.reset();
  if (!watch.unusable_since) watch.unusable_since = since;
  watch_clock(id);
}

// Sets the watch's timer anew.
void Guard::watch_clock(WatchId id) {
  const Watch& watch = watches_[index(id)];
  const auto slot = static_cast<Slot>(id);
  if (watch.unusable_since && !watch.impatient.empty())
    watch_timers_.set(slot, after(*watch.unusable_since, watch.impatient.top().key));
  else if (!watch.unusable_since && watch.crossed_since)
    watch_timers_.set(slot, after(*watch.crossed_since, options_.cross_dwell));
  else watch_timers_.clear(slot);
}

void Guard::fire_watch(WatchId id, Effects& effects) {
  Watch& watch = watches_[index(id)];
  if (!watch.unusable_since) {
    lose(id, after(*watch.crossed_since, options_.cross_dwell));
    return;
  }
  const Steady since = *watch.unusable_since;
  while (!watch.impatient.empty() && after(since, watch.impatient.top().key) <= at_)
    make_due(watch.impatient.top().slot, OrderReason::data_unusable, effects);
  watch_clock(id);
}

}  // namespace crossbook::guard
