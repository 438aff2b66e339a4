// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/fees.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "crossbook/cost/booked_fee.hpp"

namespace crossbook {
namespace {

constexpr MicroBps bps(double rate) {
  return MicroBps(static_cast<std::int64_t>(rate * 1e6 + (rate < 0 ? -0.5 : 0.5)));
}
constexpr std::int64_t usd(std::int64_t n) { return n * notional_unit; }
constexpr FeePrior published{bps(10), PriorKind::published};

FeeCounts counts_of(const std::vector<FeeSample>& samples) {
  FeeCounts counts;
  for (const FeeSample& sample : samples) counts.add(sample);
  return counts;
}

std::vector<std::int64_t> words_of(const FeeCounts& counts) {
  std::vector<std::int64_t> words;
  StateWriter out(words);
  counts.save(out);
  return words;
}

// Few distinct values, many, and so many that buckets grow.
rc::Gen<std::vector<FeeSample>> any_ledger() {
  return rc::gen::mapcat(rc::gen::element<std::int64_t>(10, 200, 3'000'000, 400'000'000'000), [](std::int64_t spread) {
    return rc::gen::container<std::vector<FeeSample>>(rc::gen::build<FeeSample>(
        rc::gen::set(&FeeSample::fee, rc::gen::map(rc::gen::inRange<std::int64_t>(-spread, spread),
                                                   [](std::int64_t fee) { return MicroBps(fee * 2); })),
        rc::gen::set(&FeeSample::notional, rc::gen::inRange<std::int64_t>(0, usd(100'000)))));
  });
}

RC_GTEST_PROP(Fees, NeitherOrderNorMergingNorBatchingLeavesATrace, ()) {
  auto ledger = *rc::gen::resize(600, any_ledger());
  const auto cut = *rc::gen::inRange<std::size_t>(0, ledger.size() + 1);
  FeeCounts merged = counts_of({ledger.begin(), ledger.begin() + static_cast<std::ptrdiff_t>(cut)});
  merged.merge(counts_of({ledger.begin() + static_cast<std::ptrdiff_t>(cut), ledger.end()}));
  std::reverse(ledger.begin(), ledger.end());
  RC_ASSERT(words_of(merged) == words_of(counts_of(ledger)));
  const auto words = words_of(merged);
  StateReader in(words);
  FeeCounts loaded;
  loaded.load(in);
  RC_ASSERT(in.whole());
  RC_ASSERT(words_of(loaded) == words);
}

RC_GTEST_PROP(Fees, TheMedianIsThatOfTheFills, ()) {
  auto ledger = *rc::gen::nonEmpty(rc::gen::resize(300, any_ledger()));
  const FeeCounts counts = counts_of(ledger);
  std::sort(ledger.begin(), ledger.end(), [](const auto& a, const auto& b) { return a.fee < b.fee; });
  const auto fee = [&](std::size_t i) { return static_cast<double>(ledger[i].fee.count()); };
  const double median = (fee((ledger.size() - 1) / 2) + fee(ledger.size() / 2)) / 2.0;
  if (counts.exact()) RC_ASSERT(counts.median() == median);
  RC_ASSERT(counts.entries().size() <= FeeCounts::buckets_max);
}

TEST(Fees, KeepSixtyFourDistinctValuesAsTheyAre) {
  FeeCounts counts;
  for (int i = 0; i < 64; ++i) counts.add({MicroBps(5'000'000 + i), usd(1)});
  EXPECT_TRUE(counts.exact());
  EXPECT_DOUBLE_EQ(counts.median(), 5'000'031.5);
  counts.add({MicroBps(5'000'064), usd(1)});
  EXPECT_FALSE(counts.exact());
  EXPECT_EQ(counts.entries().size(), 1U);          // all within 0.01 bps
  EXPECT_DOUBLE_EQ(counts.median(), 5'000'000.0);  // buckets lie around the multiples, where tiers are
}

TEST(Fees, WeighTheRateByNotionalAndTheMedianByFills) {
  const FeeCounts counts = counts_of({{bps(10), usd(1'000)}, {bps(10), usd(1'000)}, {bps(5), usd(8'000)}});
  const FeeEstimate estimate = estimate_fee(counts, published);
  EXPECT_DOUBLE_EQ(estimate.median_bps, 10.0);
  EXPECT_DOUBLE_EQ(estimate.weighted_bps.value(), 6.0);
}

// DESIGN: without a size a fill counts for the median, not for notional weights.
TEST(Fees, AFillWithoutASizeHasNoWeight) {
  EXPECT_EQ(estimate_fee(counts_of({{bps(7), 0}, {bps(7), 0}}), published).weighted_bps, std::nullopt);
  EXPECT_DOUBLE_EQ(estimate_fee(counts_of({{bps(7), 0}, {bps(9), usd(10)}}), published).weighted_bps.value(), 9.0);
}

// The original: "must be non-negative", though its class reports rebates.
TEST(Fees, ARebateIsAFeeBelowZero) {
  const FeeEstimate estimate = estimate_fee(counts_of(std::vector<FeeSample>(20, {bps(-1), usd(500)})), published);
  EXPECT_DOUBLE_EQ(estimate.median_bps, -1.0);
  EXPECT_NEAR(estimate.estimate_bps, -1.0, 0.01);
  EXPECT_LT(estimate.high_bps, 0.0);
}

TEST(Fees, WithoutFillsThePriorStands) {
  const FeeEstimate estimate = estimate_fee({}, {bps(8), PriorKind::account});
  EXPECT_DOUBLE_EQ(estimate.estimate_bps, 8.0);
  EXPECT_DOUBLE_EQ(estimate.weight, 0.0);
  EXPECT_NEAR(estimate.high_bps - estimate.low_bps, 2 * 1.96 * 0.5, 1e-9);
  EXPECT_EQ(estimate.samples, 0);
}

TEST(Fees, AnAccountTierIsBelievedLongerThanAPublishedOne) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(6.0, 1.0);
  FeeCounts counts;
  for (int i = 0; i < 4; ++i) counts.add({bps(noise(random)), usd(1'000)});
  const FeeEstimate account = estimate_fee(counts, {bps(10), PriorKind::account});
  const FeeEstimate page = estimate_fee(counts, {bps(10), PriorKind::published});
  EXPECT_GT(account.estimate_bps, page.estimate_bps);
  EXPECT_LT(account.weight, page.weight);
}

// freqtrade#5415: a fee of 24 %.
TEST(Fees, AnAbsurdFillIsSetApartNotAveraged) {
  std::vector<FeeSample> ledger(50, {bps(10), usd(1'000)});
  ledger.push_back({bps(2'400), usd(1'000)});
  ledger.push_back({bps(0), usd(1'000)});
  const FeeEstimate estimate = estimate_fee(counts_of(ledger), published);
  EXPECT_EQ(estimate.outliers, 2);
  EXPECT_NEAR(estimate.estimate_bps, 10.0, 0.1);
  EXPECT_EQ(estimate.samples, 52);
}

TEST(Fees, ManyDifferentFillsAreNoOutliers) {
  std::vector<FeeSample> ledger(40, {bps(10), usd(1'000)});
  ledger.insert(ledger.end(), 20, {bps(4), usd(1'000)});
  const FeeEstimate estimate = estimate_fee(counts_of(ledger), published);
  EXPECT_EQ(estimate.outliers, 0);
  EXPECT_DOUBLE_EQ(estimate.weighted_bps.value(), 8.0);
}

struct Coverage {
  int inside = 0;
  int near = 0;  // within 0.1 bps
  int ledgers = 0;
};

// Many ledgers of `fills` fills whose true rate is known: how often the stated interval holds it.
template <class Fill>
Coverage coverage_of(int fills, double truth, FeePrior prior, Fill fill) {
  std::mt19937_64 random(11);
  Coverage coverage;
  for (; coverage.ledgers < 2'000; ++coverage.ledgers) {
    FeeCounts counts;
    for (int i = 0; i < fills; ++i) counts.add(fill(random));
    const FeeEstimate estimate = estimate_fee(counts, prior);
    if (estimate.low_bps <= truth && truth <= estimate.high_bps) ++coverage.inside;
    if (std::abs(estimate.estimate_bps - truth) <= 0.1) ++coverage.near;
  }
  return coverage;
}

// A cent of rounding on a few hundred dollars: what Coinbase users see.
TEST(Fees, IntervalsHoldTheTruthWhenFeesAreRoundedToCents) {
  const auto fill = [](std::mt19937_64& random) {
    const auto cents = static_cast<std::int64_t>(20'000 + random() % 200'000);
    const auto fee_cents = static_cast<std::int64_t>(std::llround(static_cast<double>(cents) * 0.0012));
    const std::int64_t notional = cents * notional_unit / 100;
    return FeeSample{rate_of({.amount = fee_cents * 1'000'000}, notional).value(), notional};
  };
  const Coverage coverage = coverage_of(50, 12.0, published, fill);
  EXPECT_GE(coverage.inside, 1'880);  // 95 % less what chance explains
  EXPECT_EQ(coverage.near, 2'000);
}

TEST(Fees, IntervalsHoldTheTruthWhenFeesAreNoisy) {
  for (const int fills : {3, 10, 50, 200}) {
    const auto fill = [](std::mt19937_64& random) {
      std::normal_distribution<double> noise(7.0, 0.3);
      std::lognormal_distribution<double> size(6.0, 0.5);
      return FeeSample{bps(noise(random)), static_cast<std::int64_t>(size(random) * 1e6)};
    };
    const Coverage coverage = coverage_of(fills, 7.0, published, fill);
    EXPECT_GE(coverage.inside, 1'860) << fills;
  }
}

TEST(Fees, IntervalsHoldTheTruthDespiteOutliersAndAreNotIdle) {
  const auto fill = [](std::mt19937_64& random) {
    std::normal_distribution<double> noise(7.0, 0.2);
    const double fee = random() % 50 == 0 ? 12.0 : noise(random);
    return FeeSample{bps(fee), usd(1'000)};
  };
  const Coverage coverage = coverage_of(50, 7.0, published, fill);
  EXPECT_GE(coverage.inside, 1'860);
  EXPECT_GE(coverage.near, 1'900);
}

TEST(BookedFee, IsARateOfTheNotional) {
  // 1000 USDT at 10 bps, paid in USDT, in BTC at 50,000, and in BNB at 500.
  EXPECT_EQ(rate_of({.amount = 100'000'000}, usd(1'000)), bps(10));
  EXPECT_EQ(rate_of({.amount = 2'000, .currency = FeeCurrency::base, .price = 5'000'000'000'000}, usd(1'000)), bps(10));
  EXPECT_EQ(rate_of({.amount = 150'000, .currency = FeeCurrency::other, .rate = 50'000'000'000}, usd(1'000)), bps(7.5));
  EXPECT_EQ(rate_of({.amount = -10'000'000}, usd(1'000)), bps(-1));
}

// rotki#2013, banbot#84: amounts of different currencies added up.
TEST(BookedFee, InAThirdCurrencyWithoutARateIsNoRateAtAll) {
  EXPECT_EQ(rate_of({.amount = 150'000, .currency = FeeCurrency::other}, usd(1'000)), std::nullopt);
  EXPECT_EQ(rate_of({.amount = 100'000'000}, 0), std::nullopt);
}

TEST(BookedFee, RoundingIsHalfTheLastPlace) {
  EXPECT_EQ(rounding_of(1'000'000, usd(1'000)), bps(0.05));    // half a cent on 1000
  EXPECT_EQ(rounding_of(1, usd(1'000'000'000)), MicroBps(1));  // up, never to nothing
}

}  // namespace
}  // namespace crossbook
