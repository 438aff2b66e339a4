// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crossbook::app {

enum class Verdict : std::uint8_t { ok, warn, fail };
[[nodiscard]] std::string_view to_string(Verdict verdict);

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string what;  // "clock", "kraken rest"
  std::string text;  // what was seen, and what to do about it
};

// The clock, limits, processors, and the disk below the folder.
[[nodiscard]] std::vector<Finding> examine_machine(const std::string& folder);

}  // namespace crossbook::app
