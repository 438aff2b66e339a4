// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/core/wide.hpp"

// Sizes given as doubles, added as the decimals that people meant: 0.1 + 0.2 is 0.3.
namespace crossbook {

// A decimal in units of 1e-21.
inline constexpr int exact_size_scale = 21;
inline constexpr double exact_size_min = 1e-18;
inline constexpr double exact_size_max = 1e13;

// The shortest decimal text that reads back as `size`, as a number; digits below 1e-21 are rounded off. No other double
// has that text, so two sizes are equal iff their exact sizes are. From exact_size_min to exact_size_max.
[[nodiscard]] Wide exact_size(double size);

// The sum; a sum that no market has (beyond 1e17) stays at the greatest number.
[[nodiscard]] Wide exact_sum(Wide a, Wide b);

// The double nearest to the decimal.
[[nodiscard]] double nearest_double(Wide exact);

}  // namespace crossbook
