// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/tiers.hpp"

#include <bit>
#include <limits>

namespace crossbook {
namespace {

constexpr std::int64_t rounding_default = 10'000;  // 0.01 bps: what people write down

std::int64_t weight_of(const TierFill& fill) { return fill.notional > 0 ? fill.notional : 1; }
std::int64_t rounding_of(const TierFill& fill) {
  return fill.rounding.count() > 0 ? fill.rounding.count() + 1 : rounding_default;
}

}  // namespace

MicroBps TierDetector::Group::fee() const {
  const Wide half = weight / 2;
  return MicroBps(static_cast<std::int64_t>((paid + (paid < 0 ? -half : half)) / weight));
}

MicroBps TierDetector::Group::tolerance() const {
  return MicroBps(static_cast<std::int64_t>((rounding + weight - 1) / weight));
}

bool TierDetector::Group::agrees(const TierFill& fill) const {
  if (fills == 0) return false;
  // Both sides times the weight: no division on the way of a fill.
  const Wide off = fill.fee.count() * weight - paid;
  const Wide reach = rounding_of(fill) * weight + rounding;
  return off <= reach && off >= -reach;
}

void TierDetector::Group::add(const TierFill& fill) {
  if (fills == 0) since = fill.at;
  ++fills;
  weight += weight_of(fill);
  paid += wide_product(fill.fee.count(), weight_of(fill));
  rounding += wide_product(rounding_of(fill), weight_of(fill));
}

void TierDetector::note(bool agreed) {
  recent_ = static_cast<std::uint16_t>(recent_ << 1 | (agreed ? 1 : 0));
  if (std::popcount(recent_) < 8) established_ = false;
}

std::optional<Tier> TierDetector::tier() const {
  if (!established_) return {};
  return Tier{current_.fee(), current_.tolerance(), current_.since, current_.fills};
}

std::optional<TierChange> TierDetector::observe(const TierFill& fill) {
  std::optional<TierChange> change;
  const bool agreed = established_ && current_.agrees(fill);
  if (established_) note(agreed);
  if (agreed) {
    current_.add(fill);
    candidate_ = Group();
  } else {
    if (!candidate_.agrees(fill)) candidate_ = Group();
    candidate_.add(fill);
    if (candidate_.fills == fills_needed) {
      if (established_) change = TierChange{fill.at, current_.fee(), candidate_.fee()};
      current_ = candidate_;
      candidate_ = Group();
      established_ = true;
      recent_ = 0xFFFF;
    }
  }
  return change;
}

void TierDetector::Group::save(StateWriter& out) const {
  out.put(since.nanos());
  out.put(fills);
  out.put_wide(weight);
  out.put_wide(paid);
  out.put_wide(rounding);
}

void TierDetector::Group::load(StateReader& in) {
  since = Wall(in.take());
  constexpr Wide weight_max = Wide{1} << 80;  // 1.2e18 of the quote currency; times a fee it stays within 2^120
  fills = in.take_within(0, loaded_count_max);
  weight = in.take_wide_within(0, weight_max);
  paid = in.take_wide_within(-weight_max * fee_max.count(), weight_max * fee_max.count());
  rounding = in.take_wide_within(0, weight_max * fee_max.count());
  if (fills > 0 && weight <= 0) {
    in.fail();
    *this = Group();
  }
}

void TierDetector::save(StateWriter& out) const {
  current_.save(out);
  candidate_.save(out);
  out.put(established_ ? 1 : 0);
  out.put(recent_);
}

void TierDetector::load(StateReader& in) {
  current_.load(in);
  candidate_.load(in);
  established_ = in.take_within(0, 1) == 1;
  recent_ = static_cast<std::uint16_t>(in.take_within(0, 0xFFFF));
  if (established_ && current_.fills == 0) in.fail();
  if (in.failed()) established_ = false;
}

}  // namespace crossbook
