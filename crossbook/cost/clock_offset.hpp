// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/units.hpp"

// How far a venue's clock is from ours, and how long its messages take: from one-way stamps alone neither can be known,
// only bounded. So the answer is an interval, and the excess over the fastest message, which needs no clock at all.
namespace crossbook {

struct ClockSettings {
  Nanos slice = seconds(10);
  Nanos window = seconds(600);
  Nanos recent = seconds(60);          // somewhere in it a message took no longer than the fastest path
  Nanos path_max = milliseconds(250);  // assumed for the fastest message until a two-way sample says better
  std::int64_t drift_ppm_max = 100;    // clocks drift no faster; beyond it the skew alarm stands
  Nanos step_min = milliseconds(5);    // smaller jumps of the floor are not told from noise
};

// One message: our steady and wall clock when it came, the venue's clock when it was sent.
struct FeedStamp {
  Steady at;
  Wall received;
  Wall sent;
};

// One question and its answer ("server time" calls: venue_received = venue_sent), on our wall clock and on the venue's.
struct TwoWaySample {
  Steady at;  // when the answer came
  Wall asked;
  Wall venue_received;
  Wall venue_sent;
  Wall answered;
};

// The floor of received - sent jumped: a clock was stepped, or the path changed.
struct ClockStep {
  Steady at;
  Nanos by;  // above zero: messages seem slower, the venue's clock went back
  friend bool operator==(const ClockStep&, const ClockStep&) = default;
};

struct ClockEstimate {
  Nanos offset_low;  // the venue's clock minus ours lies in [offset_low, offset_high]
  Nanos offset_high;
  Nanos path_low;  // the fastest message takes this long; never below zero
  Nanos path_high;
  Nanos floor;                     // the lowest received - sent: no delay, and often negative
  std::optional<double> skew_ppb;  // how fast received - sent grows; none until it was seen for a minute
  bool path_assumed = true;        // path_max is an assumption, not a measured round trip
  bool consistent = true;          // false: one-way and two-way evidence exclude each other, the interval covers both
  bool skew_alarm = false;         // beyond drift_ppm_max: the interval does not hold
  std::int64_t samples = 0;        // in the window
};

// One feed. Feed it in order of `at`; not for snapshots, nor for messages that waited in our own queue.
// Memory: at most window / slice + 1 slices of 32 points each.
class ClockOffset {
 public:
  ClockOffset() = default;
  explicit ClockOffset(const ClockSettings& settings) : settings_(settings) {}

  // The excess of this message over the fastest: queueing, never below zero.
  Nanos add(const FeedStamp& stamp);
  void add(const TwoWaySample& sample);

  // None before the first message. The delay of a message is its excess plus [path_low, path_high].
  // Holds while clocks drift no faster than drift_ppm_max, and, after a step upward, once it has been seen (4 slices).
  [[nodiscard]] std::optional<ClockEstimate> estimate(Steady now) const;
  // Steps so far, the last 16.
  [[nodiscard]] const std::vector<ClockStep>& steps() const { return steps_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Point {
    std::int64_t x = 0;  // steady ns
    std::int64_t y = 0;  // received - sent, ns
  };
  struct Slice {
    std::int64_t number = 0;
    std::int64_t samples = 0;
    std::int64_t least_excess = 0;
    std::int64_t falling = 0;  // least y - drift * x: what bounds the offset from below
    std::int64_t rising = 0;   // least y + drift * x: and from above
    std::vector<Point> hull;   // lower hull, left to right
  };
  struct Line {
    Point through;
    double slope = 0.0;
    [[nodiscard]] std::int64_t at(std::int64_t x) const;
  };
  static void extend(std::vector<Point>& hull, Point point);
  [[nodiscard]] std::int64_t drift(std::int64_t x) const { return x / 1'000'000 * settings_.drift_ppm_max; }
  void open_slice(std::int64_t number, Point first);
  void close_slice();
  void fit();
  void restart_from(std::size_t first_kept, ClockStep step);
  [[nodiscard]] bool stepped_down(Point point) const;
  [[nodiscard]] bool stepped_up() const;
  [[nodiscard]] std::int64_t step_size(std::size_t slices) const;
  void note_resolution(std::int64_t sent);

  ClockSettings settings_;
  std::vector<Slice> slices_;  // oldest first
  std::optional<Line> line_;
  bool sloped_ = false;
  std::int64_t resolution_ = 1'000'000;  // of the venue's stamps, ns: 1 ms until a finer one is seen
  std::array<TwoWaySample, 16> two_way_{};
  std::size_t two_way_count_ = 0;
  std::vector<ClockStep> steps_;
};

}  // namespace crossbook
