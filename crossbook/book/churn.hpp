// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/core/units.hpp"

// Level changes for tests and benches of this room: generated ones shaped like a real exchange's, and recorded ones.
namespace crossbook::book {

struct LevelUpdate {
  Side side = Side::bid;
  Price price;
  Quantity quantity;
};

struct Churn {
  std::vector<LevelUpdate> snapshot;
  std::vector<LevelUpdate> updates;
};

// Both sides 2,000 levels deep at a tick of 1; as measured on Binance BTC/USDT, 12 % of the updates modify, 40 %
// insert, 39 % delete and 9 % delete what is not there, half of them more than 84 levels from the touch.
[[nodiscard]] Churn generated_churn(std::uint64_t seed, std::size_t updates);

// The Binance BTC/USDT recording: the snapshot and the first deltas to begin with, the last 3,044 messages as updates.
// Empty where the recordings are not found.
[[nodiscard]] Churn recorded_churn();

}  // namespace crossbook::book
