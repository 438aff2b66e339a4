// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/feed_delay.hpp"

#include <algorithm>

#include "crossbook/cost/latency.hpp"

namespace crossbook {

// Over the line that the floor is now, as far back as it holds: the window, or the last step. Before, as it was known.
Sketch FeedDelay::excess_over(const ClockEstimate& clock) const {
  const std::int64_t last = messages_.back().at;
  std::int64_t holds_from = last - settings_.window.count();
  if (!clock_.steps().empty()) holds_from = std::max(holds_from, clock_.steps().back().at.nanos());
  const double skew = clock.skew_ppb.value_or(0.0) * 1e-9;
  Sketch excess;
  for (const Message& message : messages_) {
    const auto back = static_cast<std::int64_t>(skew * static_cast<double>(last - message.at));
    const std::int64_t floor = clock.floor.count() - back;
    const std::int64_t over = message.at < holds_from ? message.excess : message.apart - floor;
    excess.add(std::max<std::int64_t>(0, over));
  }
  return excess;
}

std::optional<FeedDelayEstimate> FeedDelay::estimate() const {
  if (messages_.empty()) return {};
  const auto clock = clock_.estimate(Steady(messages_.back().at));
  if (!clock) return {};
  const LatencyEstimate excess = estimate_latency(excess_over(*clock));
  return FeedDelayEstimate{.clock = *clock,
                           .steps = clock_.steps(),
                           .samples = samples(),
                           .watched = Nanos(messages_.back().at - messages_.front().at),
                           .excess_p50 = excess.p50,
                           .excess_p95 = excess.p95,
                           .excess_p99 = excess.p99,
                           .p95_enough = excess.p95_enough,
                           .p99_enough = excess.p99_enough};
}

}  // namespace crossbook
