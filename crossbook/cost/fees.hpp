// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/cost/window.hpp"

// What a venue charges, from what it charged. Rates are of the notional, in 1e-6 bps; below zero is a rebate.
namespace crossbook {

// Notionals are in 1e-6 of the quote currency; 0 where the size is not known. Range: to 1e9 of the quote currency a
// fill.
inline constexpr std::int64_t notional_unit = 1'000'000;
inline constexpr std::int64_t notional_max = 1'000'000'000 * notional_unit;
inline constexpr MicroBps fee_max{1'000'000'000'000};  // 1e6 bps: a fee of a hundred times the notional

struct FeeSample {
  MicroBps fee;
  std::int64_t notional = 0;
};

// Fees as counts of distinct values. Real fees are few: a tier, a rebate, rounding. Up to 64 values are kept as they
// are; more fall into buckets of 0.01 bps around its multiples, and more than 256 buckets into twice as wide ones, and
// so on. Neither order nor batching nor merging changes the result.
class FeeCounts {
 public:
  struct Entry {
    std::int64_t key = 0;    // the value itself, or the number of the bucket
    std::int64_t count = 0;  // fills
    Wide notional = 0;       // sums over the fills of known size: notional,
    Wide paid = 0;           // fee times notional,
    Wide squares = 0;        // and squared notional, in 1e-2 of the quote currency
  };
  static constexpr std::size_t exact_max = 64;
  static constexpr std::size_t buckets_max = 256;

  void add(const FeeSample& sample);
  void merge(const FeeCounts& other);
  void clear() { *this = FeeCounts(); }

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }  // by key
  [[nodiscard]] bool exact() const { return level_ < 0; }
  // The fee that an entry stands for, in 1e-6 bps.
  [[nodiscard]] std::int64_t value(const Entry& entry) const;
  // The middle fee, or between the two middle ones; in 1e-6 bps. 0 without samples.
  [[nodiscard]] double median() const;
  [[nodiscard]] std::size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

  void save(StateWriter& out) const;
  void load(StateReader& in);

 private:
  [[nodiscard]] std::int64_t key_of(std::int64_t fee) const;
  [[nodiscard]] std::size_t limit() const { return exact() ? exact_max : buckets_max; }
  Entry& find(std::int64_t key);
  void coarsen();

  std::vector<Entry> entries_;
  std::int64_t count_ = 0;
  int level_ = -1;            // -1: exact; k: buckets of 2^k times 0.01 bps
  std::uint32_t latest_ = 0;  // where the last fill went: the next mostly goes there too
};

// Where a fee is believed to be before any fill says so, best first.
enum class PriorKind : std::uint8_t { account, published, fallback };
[[nodiscard]] constexpr const char* to_string(PriorKind kind) {
  switch (kind) {
    case PriorKind::account: return "account";
    case PriorKind::published: return "published";
    case PriorKind::fallback: return "default";
  }
  return "?";
}
struct FeePrior {
  MicroBps fee;
  PriorKind kind = PriorKind::fallback;
  friend bool operator==(const FeePrior&, const FeePrior&) = default;
};

// In bps. `low_bps` and `high_bps` hold the true rate with 95 % probability.
struct FeeEstimate {
  std::int64_t samples = 0;
  double median_bps = 0.0;             // of the fills, each counting once; the prior without fills
  std::optional<double> weighted_bps;  // fees over notional, outliers left out; none where no fill has a size
  double estimate_bps = 0.0;           // the weighted rate drawn to the prior
  double weight = 0.0;                 // of the fills in it: n / (n + k)
  double low_bps = 0.0;
  double high_bps = 0.0;
  std::int64_t outliers = 0;  // fills left out of the weighted rate
  FeePrior prior;

  friend bool operator==(const FeeEstimate&, const FeeEstimate&) = default;
};
[[nodiscard]] FeeEstimate estimate_fee(const FeeCounts& counts, const FeePrior& prior);

// A window of fees and its estimate.
class FeeWindow {
 public:
  explicit FeeWindow(const WindowShape& shape) : window_(shape) {}

  // False when `time` has left the window. `now` is not before `time`.
  bool add(Wall time, Wall now, const FeeSample& sample) {
    advance(now);
    if (!window_.add(time, now, sample)) return false;
    fresh_ = false;
    return true;
  }
  void merge(const FeeWindow& other) {
    window_.merge(other.window_);
    fresh_ = false;
  }
  // Over the slices that touch [now - lookback, now]. Valid until the next call of any member.
  const FeeEstimate& estimate(Wall now, const FeePrior& prior) {
    advance(now);
    if (!fresh_ || estimate_.prior != prior) {
      estimate_ = estimate_fee(window_.total(), prior);
      fresh_ = true;
    }
    return estimate_;
  }
  [[nodiscard]] const Window<FeeCounts>& window() const { return window_; }
  [[nodiscard]] std::size_t bytes() const { return sizeof *this + window_.bytes(); }

  void advance(Wall now) {
    if (window_.advance(now)) [[unlikely]]
      fresh_ = false;
  }
  void save(StateWriter& out) const { window_.save(out); }
  void load(StateReader& in) {
    window_.load(in);
    fresh_ = false;
  }

 private:
  Window<FeeCounts> window_;
  FeeEstimate estimate_;
  bool fresh_ = false;
};

}  // namespace crossbook
