// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "crossbook/shard/player.hpp"

namespace crossbook::app {

// What a session was, for people: frames and rates, what each feed proved, who stood at the best price for how long,
// and the consolidated spread beside each venue's own.
void print_summary(const shard::Player& player, const shard::ReplayReport& report, std::chrono::nanoseconds elapsed);

}  // namespace crossbook::app
