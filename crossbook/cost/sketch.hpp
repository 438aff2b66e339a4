// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/cost/buckets.hpp"

// Quantiles in thousandths: p50 is 500, p99 is 990.
namespace crossbook {

using PerMille = int;

// Nearest rank: the rank, from 1, of the smallest value that at least that share of `count` values do not exceed.
[[nodiscard]] constexpr std::uint64_t nearest_rank(std::uint64_t count, PerMille share) {
  const std::uint64_t rank = (count * static_cast<std::uint64_t>(share) + 999) / 1000;
  return rank == 0 ? 1 : rank;
}

// How many samples it takes until the largest of them lies above the true quantile with 95 % probability,
// ln(0.05) / ln(q). With fewer, the quantile of the sample says little: "n too small" stands beside it.
inline constexpr std::int64_t samples_for_p95 = 59;
inline constexpr std::int64_t samples_for_p99 = 299;

// A stream of whole numbers in fixed memory: exact count, mean and deviation, quantiles within 0.79 %.
// Order and batching leave no trace, and merging two sketches gives the sketch of both streams.
// Range: values above bucketed_max (1e15; 11 days in ns) count as it. Values below zero are counted apart and take part
// in nothing else: a duration cannot be negative, so they are a clock's fault. Sums hold for 3e8 samples of the largest
// value.
class Sketch {
 public:
  // Returns the bucket that the value went to, or -1.
  int add(std::int64_t value) {
    if (value < 0) [[unlikely]] {
      ++negatives_;
      return -1;
    }
    if (value > bucketed_max) value = bucketed_max;
    const int bucket = bucket_of(value);
    buckets_.add(bucket);
    ++count_;
    sum_ += value;
    squares_ += wide_product(value, value);
    return bucket;
  }

  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(count_); }
  [[nodiscard]] std::int64_t negatives() const { return static_cast<std::int64_t>(negatives_); }
  [[nodiscard]] std::int64_t zeros() const { return static_cast<std::int64_t>(buckets_.at(0)); }
  [[nodiscard]] Wide sum() const { return sum_; }
  // None without samples.
  [[nodiscard]] std::optional<std::int64_t> quantile(PerMille share) const;
  [[nodiscard]] double mean() const;
  // Of the samples themselves (divided by n): one sample has deviation 0.
  [[nodiscard]] double standard_deviation() const;
  [[nodiscard]] const BucketCounts& buckets() const { return buckets_; }
  [[nodiscard]] bool empty() const { return count_ == 0 && negatives_ == 0; }

  void merge(const Sketch& other);
  void clear() { *this = Sketch(); }
  [[nodiscard]] std::size_t bytes() const { return buckets_.bytes(); }

  void save(StateWriter& out) const;
  void load(StateReader& in);

 private:
  [[nodiscard]] bool sums_fit() const;

  BucketCounts buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t negatives_ = 0;
  Wide sum_ = 0;
  Wide squares_ = 0;
};

// One quantile of a sketch that grows: moves by the few buckets that a new value can shift it, instead of counting
// anew.
class QuantileCursor {
 public:
  explicit constexpr QuantileCursor(PerMille share) : share_(share) {}

  // After `sketch` took a value into `bucket`.
  void added(int bucket, const Sketch& sketch) {
    if (bucket < bucket_) ++below_;
    if (bucket == bucket_) ++here_;
    settle(sketch);
  }
  // After the sketch changed in any other way.
  void rebuild(const Sketch& sketch);
  // Meaningless while the sketch is empty.
  [[nodiscard]] std::int64_t value() const { return value_of_bucket(bucket_); }

 private:
  void settle(const Sketch& sketch) {
    const std::uint64_t rank = nearest_rank(static_cast<std::uint64_t>(sketch.count()), share_);
    if (rank <= below_ || rank > below_ + here_) [[unlikely]]
      move(sketch, rank);
  }
  void move(const Sketch& sketch, std::uint64_t rank);

  PerMille share_;
  int bucket_ = -1;
  std::uint64_t below_ = 0;  // values in lower buckets
  std::uint64_t here_ = 0;   // values in this one
};

}  // namespace crossbook
