// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/cost/clock_offset.hpp"
#include "crossbook/cost/sketch.hpp"

namespace crossbook {

// How late the messages of one recorded feed are: what `excess` says needs no clock, and what needs the venue's clock
// is an interval.
struct FeedDelayEstimate {
  ClockEstimate clock;
  std::vector<ClockStep> steps;  // of the floor, the last 16
  std::int64_t samples = 0;
  Nanos watched;     // from the first message to the last
  Nanos excess_p50;  // over the fastest message; never below zero
  Nanos excess_p95;
  Nanos excess_p99;
  bool p95_enough = false;  // 59 samples or more
  bool p99_enough = false;  // 299 or more
  // The clock offset is the middle of its interval, give or take this.
  [[nodiscard]] Nanos error_bound() const { return Nanos((clock.offset_high - clock.offset_low).count() / 2 + 1); }
};

// Watches one feed of a session from its begin to its end. The floor is only known well at the end, so messages are
// kept (24 bytes each) and judged then, by the floor of their own time.
class FeedDelay {
 public:
  explicit FeedDelay(const ClockSettings& settings = {}) : settings_(settings), clock_(settings) {}

  // In order of `at`; not for snapshots, nor for messages that waited in our own queue.
  void add(const FeedStamp& stamp) {
    messages_.push_back({stamp.at.nanos(), (stamp.received - stamp.sent).count(), clock_.add(stamp).count()});
  }
  [[nodiscard]] std::int64_t samples() const { return static_cast<std::int64_t>(messages_.size()); }

  // As of the last message; none before the first.
  [[nodiscard]] std::optional<FeedDelayEstimate> estimate() const;

 private:
  struct Message {
    std::int64_t at = 0;
    std::int64_t apart = 0;   // received - sent
    std::int64_t excess = 0;  // as known then
  };
  [[nodiscard]] Sketch excess_over(const ClockEstimate& clock) const;

  ClockSettings settings_;
  ClockOffset clock_;
  std::vector<Message> messages_;
};

}  // namespace crossbook
