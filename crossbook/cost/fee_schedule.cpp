// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/fee_schedule.hpp"

namespace crossbook {

const FeeTier* FeeSchedules::find(std::string_view exchange, std::string_view products, std::int64_t volume_usd) const {
  const FeeTier* found = nullptr;
  for (const FeeTier& tier : tiers_) {
    if (tier.exchange != exchange || tier.products != products || tier.volume_usd_min > volume_usd) continue;
    if (found == nullptr || tier.volume_usd_min >= found->volume_usd_min) found = &tier;
  }
  return found;
}

}  // namespace crossbook
