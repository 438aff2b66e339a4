// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/drift.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace crossbook {
namespace {

constexpr std::int64_t one = 1024;
constexpr std::int64_t slack = one / 2;  // k
constexpr std::int64_t limit = 5 * one;  // h
constexpr std::int64_t residual_max = 4 * one;
constexpr std::int32_t deviation_min = 8;  // 0.5 %: timers that tick coarsely have no deviation at all

// log2 of 1 + i/256 in 1/1024, bit by bit: squaring a number in [1, 2) doubles its logarithm.
constexpr std::int32_t fraction_of_log2(std::uint64_t i) {
  std::uint64_t mantissa = (256 + i) << 22;  // 1.0 is 2^30
  std::int32_t log = 0;
  for (int bit = 0; bit < 10; ++bit) {
    mantissa = mantissa * mantissa >> 30;
    log <<= 1;
    if (mantissa >> 31 != 0) {
      log |= 1;
      mantissa >>= 1;
    }
  }
  return log;
}

constexpr auto log2_table = [] {
  std::array<std::int16_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<std::int16_t>(fraction_of_log2(i));
  return table;
}();

// 2^(log / 1024), near enough to show.
std::int64_t power_of_2(std::int32_t log) {
  const auto at = std::upper_bound(log2_table.begin(), log2_table.end(), static_cast<std::int16_t>(log % one));
  const std::int64_t mantissa = 256 + (at - log2_table.begin()) - 1;
  const auto shift = static_cast<int>(log / one);
  return shift >= 8 ? mantissa << (shift - 8) : mantissa >> (8 - shift);
}

std::int32_t middle_of(std::vector<std::int32_t>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::int32_t log2_in_1024ths(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  const int exponent = 63 - std::countl_zero(bits);
  const std::uint64_t mantissa = exponent >= 8 ? bits >> (exponent - 8) : bits << (8 - exponent);
  return exponent * static_cast<std::int32_t>(one) + log2_table[mantissa & 255];
}

void DriftDetector::learn() {
  centre_ = middle_of(learning_);
  for (std::int32_t& value : learning_) value = value > centre_ ? value - centre_ : centre_ - value;
  deviation_ = std::max(deviation_min, middle_of(learning_) * 1483 / 1000);
  learning_ = {};
  rise_ = 0;
  fall_ = 0;
  armed_ = true;
}

std::optional<Drift> DriftDetector::observe(Wall at, Nanos latency) {
  if (latency.count() < 1) return {};
  const std::int32_t log = log2_in_1024ths(latency.count());
  if (!armed_) {
    if (learning_.empty()) learning_.reserve(baseline_size);
    learning_.push_back(log);
    if (learning_.size() == baseline_size) learn();
    return {};
  }
  // 32 bits: logarithms are below 2^16, so the product is below 2^27, and short divisions are quick.
  const std::int32_t deviations = (log - centre_) * static_cast<std::int32_t>(one) / deviation_;
  const std::int64_t residual = std::clamp<std::int64_t>(deviations, -residual_max, residual_max);
  rise_ = std::max<std::int64_t>(0, rise_ + residual - slack);
  fall_ = std::max<std::int64_t>(0, fall_ - residual - slack);
  if (rise_ <= limit && fall_ <= limit) return {};
  armed_ = false;
  return Drift{at, rise_ > limit, Nanos(power_of_2(centre_))};
}

void DriftDetector::save(StateWriter& out) const {
  out.put(armed_ ? 1 : 0);
  out.put(centre_);
  out.put(deviation_);
  out.put(rise_);
  out.put(fall_);
  out.put_size(learning_.size());
  for (const std::int32_t log : learning_) out.put(log);
}

void DriftDetector::load(StateReader& in) {
  constexpr std::int64_t log_max = 63 * one;
  armed_ = in.take_within(0, 1) == 1;
  centre_ = static_cast<std::int32_t>(in.take_within(0, log_max));
  deviation_ = static_cast<std::int32_t>(in.take_within(1, log_max * 2));
  rise_ = in.take_within(0, limit + residual_max);
  fall_ = in.take_within(0, limit + residual_max);
  learning_.clear();
  const std::size_t size = in.take_size();
  if (size >= baseline_size) return in.fail();
  for (std::size_t i = 0; i < size; ++i) learning_.push_back(static_cast<std::int32_t>(in.take_within(0, log_max)));
}

}  // namespace crossbook
