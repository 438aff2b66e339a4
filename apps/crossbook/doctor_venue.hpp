// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossbook/shard/live.hpp"
#include "doctor_machine.hpp"

namespace crossbook::app {

// For each feed: whether its REST and stream addresses can be reached, who answers, how fast, and how far our clock is
// from theirs. All at once; half a minute at most.
[[nodiscard]] std::vector<Finding> examine_venues(const shard::LiveOptions& options);

}  // namespace crossbook::app
