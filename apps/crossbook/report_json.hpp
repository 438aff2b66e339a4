// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include "crossbook/shard/report.hpp"

namespace crossbook::app {

// The one object of `crossbook replay --json`; prices and sizes are decimal text, digests are of ladders only.
[[nodiscard]] nlohmann::ordered_json to_json(const shard::ReplayReport& report);

}  // namespace crossbook::app
