// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace crossbook::app {

// "crossbook.toml: 2 mistakes", and each in a line below.
[[nodiscard]] inline std::string mistakes_text(std::string_view where, const std::vector<std::string>& mistakes) {
  std::string text = fmt::format("{}: {} mistake{}", where, mistakes.size(), mistakes.size() == 1 ? "" : "s");
  for (const std::string& mistake : mistakes) text += "\n  " + mistake;
  return text;
}

}  // namespace crossbook::app
