// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/liveness.hpp"

#include <bit>
#include <limits>

#include "crossbook/core/wide.hpp"

namespace crossbook::book {
namespace {

constexpr std::int64_t unit_ns = 1'000'000;
constexpr int steps_bits = 3;  // 8 buckets an octave

std::size_t bucket_of(Nanos interval, std::size_t buckets) {
  const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(interval.count(), 0) / unit_ns);
  if (units < (1U << steps_bits)) return static_cast<std::size_t>(units);
  const int octave = static_cast<int>(std::bit_width(units)) - 1 - steps_bits;
  const auto bucket = (static_cast<std::size_t>(octave) << steps_bits) + static_cast<std::size_t>(units >> octave);
  return std::min(bucket, buckets - 1);
}

// The first interval that is beyond the bucket.
Nanos edge_of(std::size_t bucket) {
  if (bucket < (2U << steps_bits)) return Nanos(static_cast<std::int64_t>(bucket + 1) * unit_ns);
  const std::size_t octave = (bucket >> steps_bits) - 1;
  const std::size_t step = bucket - (octave << steps_bits);
  return Nanos(static_cast<std::int64_t>((step + 1) << octave) * unit_ns);
}

Nanos clamp_times(Nanos interval, std::int64_t factor, Nanos low, Nanos high) {
  if (interval.count() > high.count() / factor) return high;
  return std::clamp(Nanos(interval.count() * factor), low, high);
}

}  // namespace

void Intervals::record(Nanos interval) {
  std::uint16_t& slot = counts_[bucket_of(interval, buckets)];
  if (slot == std::numeric_limits<std::uint16_t>::max()) {
    count_ = 0;
    for (std::uint16_t& one : counts_) count_ += one = static_cast<std::uint16_t>((one + 1U) / 2);
  }
  ++slot;
  ++count_;
  longest_ = std::max(longest_, interval);
}

Nanos Intervals::p999() const {
  std::uint64_t above = count_ / 1'000;  // this many intervals may be longer
  for (std::size_t bucket = buckets; bucket-- > 0;) {
    if (counts_[bucket] > above) return std::min(edge_of(bucket), longest_);
    above -= counts_[bucket];
  }
  return {};
}

void Liveness::message(Steady at) {
  if (message_at_) {
    intervals_.record(at - *message_at_);
    if (--learn_in_ == 0) learn();
  }
  message_at_ = at;
  heard(at);
}

void Liveness::restart(Steady at) {
  message_at_.reset();
  heard(at);
}

void Liveness::heard(Steady at) {
  heard_at_ = at;
  reference_ = consensus_;
  moved_ = false;
}

// The quantile is taken again after each eighth more intervals, so that a message stays cheap; the maximum always.
void Liveness::learn() {
  const Nanos p999 = intervals_.count() < intervals_for_quantile ? intervals_.longest() : intervals_.p999();
  late_after_ = clamp_times(p999, late_factor, late_min, late_max);
  dead_after_ = clamp_times(p999, dead_factor, dead_min, dead_max);
  const bool few = intervals_.count() < intervals_for_quantile;
  learn_in_ = few ? 1 : std::min(intervals_.count() / 8, 4'096U);
}

void Liveness::consensus(std::optional<std::int64_t> doubled_mid, std::int64_t doubled_half_spread) {
  consensus_ = doubled_mid;
  if (!heard_at_ || !doubled_mid) return;
  if (!reference_) {
    reference_ = doubled_mid;
    return;
  }
  const Wide distance = static_cast<Wide>(*doubled_mid) - *reference_;
  const Wide beyond = (distance < 0 ? -distance : distance) - doubled_half_spread;
  if (beyond * 10'000 > static_cast<Wide>(*reference_) * move_margin_bps) moved_ = true;
}

Reason Liveness::stale(Steady now) const {
  if (dead(now)) return Reason::silent;
  return moved_ && late(now) ? Reason::late : Reason::none;
}

std::optional<Steady> Liveness::next_due(Steady now) const {
  if (!heard_at_ || dead(now)) return {};
  return *heard_at_ + (late(now) ? dead_after_ : late_after_) + Nanos(1);
}

bool Liveness::take_probe(Steady now) {
  if (probed_at_ && now - *probed_at_ < probe_pause) return false;
  probed_at_ = now;
  return true;
}

void Deadlines::schedule(std::uint32_t id, Steady due) {
  if (id >= due_.size()) due_.resize(std::size_t{id} + 1);
  if (due_[id] && *due_[id] <= due) return;
  due_[id] = due;
  heap_.push_back({due, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::optional<Steady> Deadlines::next() const {
  if (heap_.empty()) return {};
  return heap_.front().due;
}

Deadlines::Entry Deadlines::pop() {
  std::pop_heap(heap_.begin(), heap_.end(), later);
  const Entry entry = heap_.back();
  heap_.pop_back();
  return entry;
}

}  // namespace crossbook::book
