// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/clock.hpp"

#include <chrono>

namespace crossbook::sys {
namespace {

template <class Clock>
std::int64_t nanos_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

Steady steady_now() { return Steady(nanos_now<std::chrono::steady_clock>()); }
Wall wall_now() { return Wall(nanos_now<std::chrono::system_clock>()); }
Moment now() { return {steady_now(), wall_now()}; }

}  // namespace crossbook::sys
