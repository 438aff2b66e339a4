// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "crossbook/cost/fee_schedule.hpp"

namespace crossbook {

// Reads the text of data/fee_schedules.csv: a head line with the names of the columns, lines of # skipped, no quoting.
// Throws std::invalid_argument that names the line and the value.
[[nodiscard]] FeeSchedules parse_fee_schedules(std::string_view text);

// The schedules that this build carries: data/fee_schedules.csv. Lives for ever.
[[nodiscard]] const FeeSchedules& published_fee_schedules();

}  // namespace crossbook
