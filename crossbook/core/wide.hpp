// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

// 128-bit integers: notionals, sums and cross products of prices never overflow 63 bits by accident.
namespace crossbook {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

[[nodiscard]] constexpr Wide wide_product(std::int64_t a, std::int64_t b) { return static_cast<Wide>(a) * b; }

// The number as int64, or nothing where it does not fit.
[[nodiscard]] constexpr std::optional<std::int64_t> narrow(Wide wide) {
  if (wide < std::numeric_limits<std::int64_t>::min() || wide > std::numeric_limits<std::int64_t>::max()) return {};
  return static_cast<std::int64_t>(wide);
}

// tidy: allow(double): for callers above the books, who show it; never back into a count
[[nodiscard]] constexpr double to_double(Wide wide) { return static_cast<double>(wide); }

}  // namespace crossbook
