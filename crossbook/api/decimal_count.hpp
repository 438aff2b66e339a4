// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/core/units.hpp"

// Doubles counted as the decimals that people meant, at a scale of their own, and back: 0.1 and 0.2 fill 0.3.
namespace crossbook {

// A number of units of 10^-scale; the scale may be negative, or above 18.
struct CountedSize {
  std::int64_t count = 0;
  int scale = 0;
};

// The shortest decimal text of `size`, exactly: between 1e17 and 1e18 of its unit. REQUIRES: positive and finite.
[[nodiscard]] CountedSize counted_size(double size);

// The same in units of 10^-scale, rounded half up. None: above 9.2e18 of them.
[[nodiscard]] std::optional<std::int64_t> decimal_count(double size, int scale);

// The double nearest to count * 10^-scale.
[[nodiscard]] double counted_double(std::int64_t count, int scale);

// (ask - bid) / mid in 1e-6 bps, rounded up, exact for the decimals of bid and ask; none where bid > ask or a price is
// not above zero. REQUIRES: finite.
[[nodiscard]] std::optional<MicroBps> decimal_spread(double bid, double ask);

}  // namespace crossbook
