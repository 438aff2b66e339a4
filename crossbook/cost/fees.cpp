// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/fees.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace crossbook {
namespace {

constexpr std::int64_t bucket_width = 10'000;  // 0.01 bps
constexpr double micro = 1e-6;

constexpr int level_max = 30;  // 256 buckets of 2^30 times 0.01 bps hold every fee

// The multiple of 0.01 bps that is nearest. The offset keeps the division above zero.
std::int64_t bucket_number(std::int64_t fee) {
  constexpr std::int64_t offset = 2 * fee_max.count() / bucket_width;
  return (fee + bucket_width / 2 + offset * bucket_width) / bucket_width - offset;
}

}  // namespace

std::int64_t FeeCounts::key_of(std::int64_t fee) const { return exact() ? fee : bucket_number(fee) >> level_; }

std::int64_t FeeCounts::value(const Entry& entry) const {
  if (exact()) return entry.key;
  const std::int64_t width = std::int64_t{1} << level_;
  return entry.key * width * bucket_width + (width - 1) * bucket_width / 2;
}

FeeCounts::Entry& FeeCounts::find(std::int64_t key) {
  if (latest_ < entries_.size() && entries_[latest_].key == key) [[likely]]
    return entries_[latest_];
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), key,
                                   [](const Entry& entry, std::int64_t wanted) { return entry.key < wanted; });
  latest_ = static_cast<std::uint32_t>(at - entries_.begin());
  if (at != entries_.end() && at->key == key) return *at;
  const auto position = at - entries_.begin();
  entries_.reserve(entries_.size() + 1);  // slices are many and their values few
  return *entries_.insert(entries_.begin() + position, Entry{.key = key});
}

// One step: equal keys come to lie side by side, since both steps keep the order.
void FeeCounts::coarsen() {
  for (Entry& entry : entries_) entry.key = exact() ? bucket_number(entry.key) : entry.key >> 1;
  ++level_;
  std::size_t kept = 0;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (entries_[i].key != entries_[kept].key) {
      entries_[++kept] = entries_[i];
      continue;
    }
    entries_[kept].count += entries_[i].count;
    entries_[kept].notional += entries_[i].notional;
    entries_[kept].paid += entries_[i].paid;
    entries_[kept].squares += entries_[i].squares;
  }
  entries_.resize(std::min(entries_.size(), kept + 1));
}

void FeeCounts::add(const FeeSample& sample) {
  Entry& entry = find(key_of(sample.fee.count()));
  ++entry.count;
  ++count_;
  if (sample.notional > 0) {
    const std::int64_t hundredths = sample.notional / (notional_unit / 100);
    entry.notional += sample.notional;
    entry.paid += wide_product(sample.fee.count(), sample.notional);
    entry.squares += wide_product(hundredths, hundredths);
  }
  while (entries_.size() > limit()) [[unlikely]]
    coarsen();
}

void FeeCounts::merge(const FeeCounts& other) {
  while (level_ < other.level_) coarsen();
  for (Entry added : other.entries_) {
    // Counts at another level are already buckets: only their numbers are halved as often as needed.
    if (other.exact()) added.key = key_of(added.key);
    else added.key >>= level_ - other.level_;
    Entry& entry = find(added.key);
    entry.count += added.count;
    entry.notional += added.notional;
    entry.paid += added.paid;
    entry.squares += added.squares;
    while (entries_.size() > limit()) coarsen();
  }
  count_ += other.count_;
}

double FeeCounts::median() const {
  if (count_ == 0) return 0.0;
  std::int64_t left = (count_ + 1) / 2;
  std::size_t at = 0;
  while (entries_[at].count < left) left -= entries_[at++].count;
  const auto lower = static_cast<double>(value(entries_[at]));
  if (count_ % 2 == 1 || left < entries_[at].count) return lower;
  return (lower + static_cast<double>(value(entries_[at + 1]))) / 2.0;
}

void FeeCounts::save(StateWriter& out) const {
  out.put(level_);
  out.put_size(entries_.size());
  for (const Entry& entry : entries_) {
    out.put(entry.key);
    out.put(entry.count);
    out.put_wide(entry.notional);
    out.put_wide(entry.paid);
    out.put_wide(entry.squares);
  }
}

void FeeCounts::load(StateReader& in) {
  clear();
  level_ = static_cast<int>(in.take_within(-1, level_max));
  const std::size_t size = in.take_size();
  if (size > limit()) return in.fail();
  std::int64_t lowest = key_of(-fee_max.count());
  const std::int64_t highest = key_of(fee_max.count());
  for (std::size_t i = 0; i < size && !in.failed(); ++i) {
    Entry entry;
    entry.key = in.take_within(lowest, highest);
    lowest = entry.key + 1;
    entry.count = in.take_within(1, loaded_count_max);
    entry.notional = in.take_wide_within(0, loaded_sum_max);
    entry.paid = in.take_wide_within(-loaded_sum_max, loaded_sum_max);
    entry.squares = in.take_wide_within(0, loaded_sum_max);
    entries_.push_back(entry);
    count_ += entry.count;
  }
}

namespace {

// Half the width of a 95 % interval in standard deviations, by degrees of freedom (Student's t, 0.975 quantile).
double t_quantile(double freedom) {
  static constexpr std::array<double, 31> table = {
      12.706, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
      2.120,  2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  if (freedom < 1.0) return table[1];
  if (freedom < 31.0) return table[static_cast<std::size_t>(freedom)];
  return 1.96 + 2.46 / freedom;
}

// How far a prior may be from the truth, one standard deviation, in bps.
double prior_deviation(PriorKind kind) { return kind == PriorKind::account ? 0.5 : 3.0; }

struct Near {
  double distance = 0.0;
  std::int64_t count = 0;
};

// The distance from the median that half the fills do not exceed.
double median_deviation(const FeeCounts& counts, double median) {
  std::array<Near, FeeCounts::buckets_max> near;
  std::size_t size = 0;
  for (const auto& entry : counts.entries()) {
    const double off = static_cast<double>(counts.value(entry)) - median;
    near[size++] = {off < 0.0 ? -off : off, entry.count};
  }
  std::sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(size),
            [](const Near& a, const Near& b) { return a.distance < b.distance; });
  std::int64_t left = (counts.count() + 1) / 2;
  std::size_t at = 0;
  while (near[at].count < left) left -= near[at++].count;
  return near[at].distance;
}

// Fills further from the median than this are outliers as long as they are few: 5 robust deviations, at least 1 bps.
struct Fence {
  double median = 0.0;
  double reach = std::numeric_limits<double>::infinity();
  std::int64_t outliers = 0;
  [[nodiscard]] bool outside(double fee) const { return fee < median - reach || fee > median + reach; }
};

Fence fence_of(const FeeCounts& counts, double median) {
  Fence fence{.median = median};
  if (counts.count() < 5 || counts.entries().size() == 1) return fence;
  fence.reach = std::max(5.0 * 1.4826 * median_deviation(counts, median), 1.0 / micro);
  for (const auto& entry : counts.entries())
    if (fence.outside(static_cast<double>(counts.value(entry)))) fence.outliers += entry.count;
  // Many at once are no accident: another tier, another class of symbols. They count.
  if (fence.outliers > std::max<std::int64_t>(1, counts.count() / 10)) return {.median = median};
  return fence;
}

// The ratio estimator and the variance of its error, in 1e-6 bps.
struct Ratio {
  double rate = 0.0;
  double variance = 0.0;
  double samples = 0.0;  // as many equal fills would say as much: (sum n)^2 / sum n^2; 0 where no fill has a size
};

Ratio ratio_of(const FeeCounts& counts, const Fence& fence) {
  Wide notional = 0;
  Wide paid = 0;
  Wide squares = 0;
  for (const auto& entry : counts.entries()) {
    if (fence.outside(static_cast<double>(counts.value(entry)))) continue;
    notional += entry.notional;
    paid += entry.paid;
    squares += entry.squares;
  }
  if (notional == 0 || squares == 0) return {};
  Ratio ratio;
  ratio.rate = to_double(paid) / to_double(notional);
  constexpr std::int64_t cents = notional_unit / 100;
  const double sum = to_double(notional) / cents;
  ratio.samples = std::max(1.0, sum * sum / to_double(squares));
  for (const auto& entry : counts.entries()) {
    const auto fee = static_cast<double>(counts.value(entry));
    if (!fence.outside(fee)) ratio.variance += to_double(entry.squares) * (fee - ratio.rate) * (fee - ratio.rate);
  }
  ratio.variance /= sum * sum;
  if (ratio.samples > 1.0) ratio.variance *= ratio.samples / (ratio.samples - std::min(1.0, ratio.samples / 2.0));
  constexpr double floor = 0.05 / micro;  // fills that agree to the digit still may all be rounded the same way
  ratio.variance = std::max(ratio.variance, floor * floor / ratio.samples);
  return ratio;
}

}  // namespace

FeeEstimate estimate_fee(const FeeCounts& counts, const FeePrior& prior) {
  const double expected = static_cast<double>(prior.fee.count()) * micro;
  const double tau = prior_deviation(prior.kind);
  FeeEstimate estimate{.samples = counts.count(), .median_bps = expected, .estimate_bps = expected, .prior = prior};
  double reach = 1.96 * tau;
  if (counts.count() > 0) {
    const double median = counts.median();
    const Fence fence = fence_of(counts, median);
    const Ratio ratio = ratio_of(counts, fence);
    estimate.median_bps = median * micro;
    estimate.outliers = fence.outliers;
    if (ratio.samples > 0.0) {
      const double variance = ratio.variance * micro * micro;
      const double k = variance * ratio.samples / (tau * tau);
      estimate.weight = ratio.samples / (ratio.samples + k);
      estimate.weighted_bps = ratio.rate * micro;
      estimate.estimate_bps = estimate.weight * *estimate.weighted_bps + (1.0 - estimate.weight) * expected;
      reach = t_quantile(ratio.samples - 1.0) * std::sqrt(estimate.weight * variance);
    }
  }
  estimate.low_bps = estimate.estimate_bps - reach;
  estimate.high_bps = estimate.estimate_bps + reach;
  return estimate;
}

}  // namespace crossbook
