// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/clock_offset.hpp"

#include <algorithm>
#include <limits>

#include "crossbook/core/check.hpp"
#include "crossbook/core/wide.hpp"

namespace crossbook {
namespace {

constexpr std::size_t hull_max = 32;
constexpr std::size_t step_slices = 3;  // an upward step is believed after so many slices above it
constexpr std::size_t steps_max = 16;

struct Interval {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  void cut(Interval other) {
    low = std::max(low, other.low);
    high = std::min(high, other.high);
  }
  void cover(Interval other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

std::int64_t round_trip(const TwoWaySample& sample) {
  return ((sample.answered - sample.asked) - (sample.venue_sent - sample.venue_received)).count();
}

}  // namespace

std::int64_t ClockOffset::Line::at(std::int64_t x) const {
  return through.y + static_cast<std::int64_t>(slope * static_cast<double>(x - through.x));
}

// Monotone chain: points come with growing x. A hull of more than hull_max points loses every second inner one.
void ClockOffset::extend(std::vector<Point>& hull, Point point) {
  if (!hull.empty() && hull.back().x == point.x) {
    if (hull.back().y <= point.y) return;
    hull.pop_back();
  }
  const auto redundant = [&](Point a, Point b) {
    return wide_product(b.x - a.x, point.y - a.y) <= wide_product(b.y - a.y, point.x - a.x);
  };
  while (hull.size() >= 2 && redundant(hull[hull.size() - 2], hull.back())) hull.pop_back();
  hull.push_back(point);
}

void ClockOffset::note_resolution(std::int64_t sent) {
  if (resolution_ > 1'000 && sent % 1'000'000 != 0) resolution_ = 1'000;
  if (resolution_ > 1 && resolution_ <= 1'000 && sent % 1'000 != 0) resolution_ = 1;
}

Nanos ClockOffset::add(const FeedStamp& stamp) {
  const Point point{stamp.at.nanos(), (stamp.received - stamp.sent).count()};
  CROSSBOOK_ASSERT(slices_.empty() || point.x >= slices_.back().number * settings_.slice.count());
  note_resolution(stamp.sent.nanos());
  if (stepped_down(point)) restart_from(slices_.size(), {stamp.at, Nanos(point.y - line_->at(point.x))});
  const std::int64_t number = point.x / settings_.slice.count();
  if (slices_.empty() || slices_.back().number != number) {
    if (!slices_.empty()) close_slice();
    open_slice(number, point);
  }
  if (!line_) line_ = Line{point, 0.0};
  if (const std::int64_t floor = line_->at(point.x); point.y < floor) line_->through.y -= floor - point.y;
  const std::int64_t excess = std::max<std::int64_t>(0, point.y - line_->at(point.x));
  Slice& slice = slices_.back();
  ++slice.samples;
  slice.least_excess = std::min(slice.least_excess, excess);
  slice.falling = std::min(slice.falling, point.y - drift(point.x));
  slice.rising = std::min(slice.rising, point.y + drift(point.x));
  extend(slice.hull, point);
  if (slice.hull.size() > hull_max) {
    std::size_t kept = 1;
    for (std::size_t i = 2; i + 1 < slice.hull.size(); i += 2) slice.hull[kept++] = slice.hull[i];
    slice.hull[kept++] = slice.hull.back();
    slice.hull.resize(kept);
  }
  return Nanos(excess);
}

void ClockOffset::open_slice(std::int64_t number, Point first) {
  slices_.push_back({.number = number,
                     .least_excess = std::numeric_limits<std::int64_t>::max(),
                     .falling = first.y - drift(first.x),
                     .rising = first.y + drift(first.x)});
  const std::int64_t oldest = number - settings_.window.count() / settings_.slice.count();
  const auto kept = std::find_if(slices_.begin(), slices_.end(), [&](const Slice& s) { return s.number >= oldest; });
  slices_.erase(slices_.begin(), kept);
}

void ClockOffset::close_slice() {
  if (stepped_up()) {
    const std::size_t first = slices_.size() - step_slices;
    restart_from(first, {Steady(slices_.back().hull.back().x), Nanos(slices_.back().least_excess)});
  }
  fit();
}

// How far the floor must move to have jumped: thrice what the floors of these slices differed by so far.
std::int64_t ClockOffset::step_size(std::size_t slices) const {
  std::int64_t spread = 0;
  for (std::size_t i = 0; i < slices; ++i) spread = std::max(spread, slices_[i].least_excess);
  return std::max(settings_.step_min.count(), 3 * spread);
}

bool ClockOffset::stepped_down(Point point) const {
  if (slices_.size() < step_slices + 1) return false;
  return point.y < line_->at(point.x) - step_size(slices_.size() - 1);
}

bool ClockOffset::stepped_up() const {
  if (slices_.size() < 2 * step_slices) return false;
  const std::size_t before = slices_.size() - step_slices;
  const std::int64_t size = step_size(before);
  return std::all_of(slices_.begin() + static_cast<std::ptrdiff_t>(before), slices_.end(),
                     [&](const Slice& slice) { return slice.least_excess > size; });
}

// Forgets what was before the step; the skew is the clocks' and stays.
void ClockOffset::restart_from(std::size_t first_kept, ClockStep step) {
  if (steps_.size() == steps_max) steps_.erase(steps_.begin());
  steps_.push_back(step);
  slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(first_kept));
  two_way_count_ = 0;
  line_->through.y += step.by.count();
  for (Slice& slice : slices_) slice.least_excess = std::max<std::int64_t>(0, slice.least_excess - step.by.count());
}

// The edge of the lower hull over the mean time has the least sum of distances to all points above it (Zhang, Liu, Xia,
// INFOCOM 2002). Its slope is the skew; the floor is the line of that slope which no point undercuts.
void ClockOffset::fit() {
  std::vector<Point> hull;
  double weighted = 0.0;
  double samples = 0.0;
  const std::int64_t origin = slices_.front().hull.front().x;
  for (const Slice& slice : slices_) {
    for (const Point point : slice.hull) extend(hull, point);
    const std::int64_t middle_x = (slice.hull.front().x - origin) / 2 + (slice.hull.back().x - origin) / 2;
    const auto middle = static_cast<double>(middle_x);
    weighted += middle * static_cast<double>(slice.samples);
    samples += static_cast<double>(slice.samples);
  }
  const double mean = weighted / samples;
  const std::int64_t span = hull.back().x - origin;
  double slope = line_->slope;
  for (std::size_t i = 1; i < hull.size() && span >= seconds(60).count(); ++i) {
    if (static_cast<double>(hull[i].x - origin) < mean) continue;
    const std::int64_t width = hull[i].x - hull[i - 1].x;
    if (width < span / 4) break;  // too short an edge to say anything about the slope
    slope = static_cast<double>(hull[i].y - hull[i - 1].y) / static_cast<double>(width);
    sloped_ = true;
    break;
  }
  Line line{hull.front(), slope};
  for (const Point point : hull)
    if (const std::int64_t floor = line.at(point.x); point.y < floor) line.through.y -= floor - point.y;
  line_ = line;
}

void ClockOffset::add(const TwoWaySample& sample) {
  if (round_trip(sample) < 0) return;  // a clock was stepped in between
  two_way_[two_way_count_++ % two_way_.size()] = sample;
}

std::optional<ClockEstimate> ClockOffset::estimate(Steady now) const {
  if (slices_.empty()) return {};
  const std::int64_t x = now.nanos();
  const std::int64_t recent = (x - settings_.recent.count()) / settings_.slice.count();
  ClockEstimate estimate;
  std::int64_t path_max = settings_.path_max.count();
  Interval two_way;
  for (std::size_t i = 0; i < std::min(two_way_count_, two_way_.size()); ++i) {
    const TwoWaySample& sample = two_way_[i];
    const std::int64_t trip = round_trip(sample);
    const std::int64_t middle =
        ((sample.venue_received - sample.asked).count() + (sample.venue_sent - sample.answered).count()) / 2;
    const std::int64_t reach = trip / 2 + 1 + resolution_ + drift(x - sample.at.nanos());
    two_way.cut({middle - reach, middle + reach});
    path_max = estimate.path_assumed ? trip : std::min(path_max, trip);
    estimate.path_assumed = false;
  }
  Interval one_way;
  std::int64_t rising = std::numeric_limits<std::int64_t>::max();
  for (const Slice& slice : slices_) {
    estimate.samples += slice.samples;
    one_way.low = std::max(one_way.low, -slice.falling - drift(x) - resolution_);
    if (slice.number >= recent || &slice == &slices_.back()) rising = std::min(rising, slice.rising);
  }
  one_way.high = path_max - rising + drift(x) + resolution_;
  Interval offset = one_way;
  offset.cut(two_way);
  estimate.consistent = offset.low <= offset.high;
  if (!estimate.consistent) {
    offset = {std::min(one_way.low, one_way.high), std::max(one_way.low, one_way.high)};
    if (!estimate.path_assumed)
      offset.cover({std::min(two_way.low, two_way.high), std::max(two_way.low, two_way.high)});
  }
  const std::int64_t floor = line_->at(x);
  estimate.offset_low = Nanos(offset.low);
  estimate.offset_high = Nanos(offset.high);
  estimate.floor = Nanos(floor);
  estimate.path_low = Nanos(std::max<std::int64_t>(0, floor + offset.low));
  estimate.path_high = Nanos(std::max<std::int64_t>(estimate.path_low.count(), floor + offset.high));
  if (sloped_) estimate.skew_ppb = line_->slope * 1e9;
  const double limit = static_cast<double>(settings_.drift_ppm_max) * 1e-6;
  estimate.skew_alarm = line_->slope > limit || line_->slope < -limit;
  return estimate;
}

std::size_t ClockOffset::bytes() const {
  std::size_t bytes = sizeof *this + slices_.capacity() * sizeof(Slice) + steps_.capacity() * sizeof(ClockStep);
  for (const Slice& slice : slices_) bytes += slice.hull.capacity() * sizeof(Point);
  return bytes;
}

}  // namespace crossbook
