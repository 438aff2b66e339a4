// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace crossbook::app {

// Calls of operator new by this thread so far. The program replaces operator new to count them (allocations.cpp); 0 for
// ever where a sanitizer needs its own.
[[nodiscard]] std::uint64_t allocations();

}  // namespace crossbook::app
