// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "crossbook/cost/calibration.hpp"
#include "crossbook/store/store.hpp"

// What `crossbook calibrate` shows, for programs and for people.
namespace crossbook::app {

// {"fees": {x: the seed's fields}, "latency": {x: ...}} as get_all_calibrations has them, and per exchange everything
// known under "exchanges".
[[nodiscard]] nlohmann::ordered_json calibrations_json(Calibrator& calibrator);
[[nodiscard]] std::string calibrations_text(Calibrator& calibrator);

[[nodiscard]] nlohmann::ordered_json history_json(const std::vector<store::HistoryRow>& rows);
[[nodiscard]] std::string history_text(const std::vector<store::HistoryRow>& rows);

[[nodiscard]] nlohmann::ordered_json drift_json(const Calibrator& calibrator);
[[nodiscard]] std::string drift_text(const Calibrator& calibrator);

}  // namespace crossbook::app
