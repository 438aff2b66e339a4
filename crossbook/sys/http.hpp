// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/units.hpp"

namespace crossbook::sys {

// Names in any case; as sent, in order.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first of that name, in whatever case.
[[nodiscard]] std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name);

// The seconds of Retry-After (RFC 9110, 10.2.3), where it has some; its other form, a date, is not read.
[[nodiscard]] std::optional<Nanos> retry_after(const HttpHeaders& headers);

}  // namespace crossbook::sys
