// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "crossbook/core/units.hpp"

namespace crossbook::book {

// A level whose quantity is a Quantity or a WideQuantity.
template <class Q>
struct BasicLevel {
  Price price;
  Q quantity;
  friend constexpr bool operator==(const BasicLevel&, const BasicLevel&) = default;
};
using WideLevel = BasicLevel<WideQuantity>;

// What setting a level did. Bit 0: there is a level now; bit 1: there was one before.
enum class LevelChange : std::uint8_t { absent = 0, inserted = 1, removed = 2, changed = 3 };

}  // namespace crossbook::book
