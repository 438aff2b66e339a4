// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/cost/fees.hpp"

// What venues say they charge. Dated, with the source; many pages disagree, and the account's own fee call and the fee
// of a fill are the truth. The rows are data (data/fee_schedules.csv), not code.
namespace crossbook {

// One line of a published schedule.
struct FeeTier {
  std::string exchange;             // ccxt spelling
  std::string products;             // which symbols: "spot", "spot class B", "derivatives", ...
  std::int64_t volume_usd_min = 0;  // traded in 30 days, from which it holds
  MicroBps maker;
  MicroBps taker;
  std::string read_on;  // ISO date of the reading
  std::string source;
  bool unverified = false;  // sources disagree, or the page could not be read directly
};

[[nodiscard]] constexpr MicroBps fee_of(const FeeTier& tier, Role role) {
  return role == Role::maker ? tier.maker : tier.taker;
}

// Schedules of all venues.
class FeeSchedules {
 public:
  FeeSchedules() = default;
  explicit FeeSchedules(std::vector<FeeTier> tiers) : tiers_(std::move(tiers)) {}

  [[nodiscard]] const std::vector<FeeTier>& tiers() const { return tiers_; }
  // The tier that a 30-day volume reaches; null for products that nothing is published about.
  // Valid as long as the schedules.
  [[nodiscard]] const FeeTier* find(std::string_view exchange, std::string_view products,
                                    std::int64_t volume_usd) const;

 private:
  std::vector<FeeTier> tiers_;
};

}  // namespace crossbook
