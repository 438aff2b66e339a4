// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crossbook::sys {

// Names in any case; as sent, in order.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first of that name, in whatever case.
[[nodiscard]] std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name);

}  // namespace crossbook::sys
