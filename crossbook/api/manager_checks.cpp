// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/manager_checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>

namespace crossbook::checks {
namespace {
constexpr std::size_t text_max = 256;
}  // namespace

void refuse(std::string_view argument, std::string_view value, std::string_view expected) {
  std::string message(argument);
  message.append(" must be ").append(expected).append(", not ").append(value);
  throw std::invalid_argument(message);
}

void refuse(std::string_view argument, double value, std::string_view expected) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", value);
  refuse(argument, std::string_view(text.data()), expected);
}

std::string quoted(std::string_view text) {
  std::string quoted(1, '"');
  quoted.append(text).push_back('"');
  return quoted;
}

void check_text(std::string_view argument, std::string_view value) {
  if (value.empty()) refuse(argument, "\"\"", "a text");
  if (value.size() > text_max) refuse(argument, "a longer one", "a text of at most 256 bytes");
}
void check_above_zero(std::string_view argument, double value) {
  if (!std::isfinite(value) || value <= 0.0) refuse(argument, value, "a number above zero");
}
void check_from_zero(std::string_view argument, double value) {
  if (!std::isfinite(value) || value < 0.0) refuse(argument, value, "a number from zero");
}
void check_finite(std::string_view argument, double value) {
  if (!std::isfinite(value)) refuse(argument, value, "a finite number");
}
void check_one_of(std::string_view argument, std::string_view value, std::initializer_list<std::string_view> known,
                  std::string_view expected) {
  if (std::ranges::find(known, value) == known.end()) refuse(argument, quoted(value), expected);
}

}  // namespace crossbook::checks
