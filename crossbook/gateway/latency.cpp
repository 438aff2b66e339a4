// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/latency.hpp"

#include <algorithm>
#include <utility>

#include "crossbook/core/check.hpp"

namespace crossbook::gateway {
namespace {

constexpr std::int64_t whole = 1'000'000;

bool rising(const LatencyPoint& a, const LatencyPoint& b) { return a.share < b.share && a.time <= b.time; }

}  // namespace

std::uint64_t Generator::next() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::int64_t Generator::millionths() {
  return static_cast<std::int64_t>((next() >> 32U) * static_cast<std::uint64_t>(whole) >> 32U);
}

LatencyModel::LatencyModel(std::vector<LatencyPoint> points) : points_(std::move(points)) {
  CROSSBOOK_ASSERT(!points_.empty());
  CROSSBOOK_ASSERT(points_.front().share >= 0 && points_.back().share <= whole);
  CROSSBOOK_ASSERT(points_.front().time >= Nanos(0));
  for (std::size_t i = 1; i < points_.size(); ++i) CROSSBOOK_ASSERT(rising(points_[i - 1], points_[i]));
}

LatencyModel LatencyModel::fixed(Nanos time) { return LatencyModel({{.share = whole, .time = time}}); }

LatencyModel LatencyModel::of_quantiles(Nanos p50, Nanos p95, Nanos p99) {
  const Nanos p95_or_more = std::max(p50, p95);
  return LatencyModel({{.share = 500'000, .time = p50},
                       {.share = 950'000, .time = p95_or_more},
                       {.share = 990'000, .time = std::max(p95_or_more, p99)}});
}

Nanos LatencyModel::draw(Generator& generator) const {
  if (points_.size() == 1) return points_.front().time;
  const std::int64_t share = generator.millionths();
  const auto above = std::ranges::upper_bound(points_, share, {}, &LatencyPoint::share);
  if (above == points_.begin()) return above->time;
  const LatencyPoint& below = *(above - 1);
  if (above == points_.end()) return below.time;
  const Wide rise = wide_product((above->time - below.time).count(), share - below.share);
  return below.time + Nanos(static_cast<std::int64_t>(rise / (above->share - below.share)));
}

}  // namespace crossbook::gateway
