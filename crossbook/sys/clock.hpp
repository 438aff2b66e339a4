// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/core/units.hpp"

// The only place that asks a clock. Everything else gets its time as an argument.
namespace crossbook::sys {

[[nodiscard]] Steady steady_now();  // since an arbitrary start of this machine; never decreases
[[nodiscard]] Wall wall_now();      // UTC; may be set back by an operator or by NTP

// Both times of one thing that happened.
struct Moment {
  Steady at;
  Wall wall;
};
[[nodiscard]] Moment now();

}  // namespace crossbook::sys
