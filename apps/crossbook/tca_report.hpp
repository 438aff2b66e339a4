// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "crossbook/tca/report.hpp"

// What `crossbook tca` and the end of a paper session show, for programs and for people.
namespace crossbook::app {

[[nodiscard]] nlohmann::ordered_json tca_json(std::span<const tca::Report> reports);
[[nodiscard]] std::string tca_text(std::span<const tca::Report> reports);

}  // namespace crossbook::app
