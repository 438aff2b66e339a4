// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/sketch.hpp"

#include <cmath>
#include <limits>

#include "crossbook/core/check.hpp"

namespace crossbook {

std::optional<std::int64_t> Sketch::quantile(PerMille share) const {
  if (count_ == 0) return {};
  QuantileCursor cursor(share);
  cursor.rebuild(*this);
  return cursor.value();
}

double Sketch::mean() const { return count_ == 0 ? 0.0 : to_double(sum_) / static_cast<double>(count_); }

// Centred on the whole part of the mean before anything is rounded: no cancellation of large sums.
double Sketch::standard_deviation() const {
  if (count_ == 0) return 0.0;
  const auto n = static_cast<Wide>(count_);
  const Wide centre = sum_ / n;
  const Wide rest = sum_ - centre * n;
  const Wide around_centre = squares_ - centre * (sum_ + rest);
  const double count = static_cast<double>(count_);
  const double shift = to_double(rest) / count;
  const double variance = to_double(around_centre) / count - shift * shift;
  return variance > 0.0 ? std::sqrt(variance) : 0.0;
}

void Sketch::merge(const Sketch& other) {
  buckets_.merge(other.buckets_);
  count_ += other.count_;
  negatives_ += other.negatives_;
  sum_ += other.sum_;
  squares_ += other.squares_;
}

void Sketch::save(StateWriter& out) const {
  out.put(static_cast<std::int64_t>(negatives_));
  out.put_wide(sum_);
  out.put_wide(squares_);
  buckets_.save(out);
}

// Whether the sums can be those of `count_` samples: what was kept may be damaged, and the deviation is computed from
// them without another look. sum^2 <= count * squares holds for every stream.
bool Sketch::sums_fit() const {
  constexpr Wide squares_max = Wide{1} << 112;  // leaves room to add 2^12 slices and to take sums apart
  if (count_ == 0) return sum_ == 0 && squares_ == 0;
  if (sum_ < 0 || squares_ < 0 || squares_ > squares_max) return false;
  const Wide centre = sum_ / static_cast<Wide>(count_);
  return centre <= bucketed_max && (centre == 0 || sum_ <= squares_ / centre);
}

void Sketch::load(StateReader& in) {
  clear();
  negatives_ = static_cast<std::uint64_t>(in.take_within(0, loaded_count_max));
  sum_ = in.take_wide();
  squares_ = in.take_wide();
  buckets_.load(in);
  for (int bucket = buckets_.next_above(-1); bucket >= 0; bucket = buckets_.next_above(bucket))
    count_ += buckets_.at(bucket);
  if (!sums_fit()) in.fail();
}

void QuantileCursor::rebuild(const Sketch& sketch) {
  bucket_ = -1;
  below_ = 0;
  here_ = 0;
  if (sketch.count() > 0) settle(sketch);
}

void QuantileCursor::move(const Sketch& sketch, std::uint64_t rank) {
  const BucketCounts& buckets = sketch.buckets();
  while (rank <= below_) {
    bucket_ = buckets.next_below(bucket_);
    CROSSBOOK_ASSERT(bucket_ >= 0);
    here_ = buckets.at(bucket_);
    below_ -= here_;
  }
  while (rank > below_ + here_) {
    below_ += here_;
    bucket_ = buckets.next_above(bucket_);
    CROSSBOOK_ASSERT(bucket_ >= 0);
    here_ = buckets.at(bucket_);
  }
}

}  // namespace crossbook
