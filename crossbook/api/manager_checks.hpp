// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// What the calls of the manager say of bad input: std::invalid_argument with the argument, the value, and what is
// expected.
namespace crossbook::checks {

[[noreturn]] void refuse(std::string_view argument, std::string_view value, std::string_view expected);
[[noreturn]] void refuse(std::string_view argument, double value, std::string_view expected);
[[nodiscard]] std::string quoted(std::string_view text);

void check_text(std::string_view argument, std::string_view value);  // not empty, and not long
void check_above_zero(std::string_view argument, double value);
void check_from_zero(std::string_view argument, double value);
void check_finite(std::string_view argument, double value);
void check_one_of(std::string_view argument, std::string_view value, std::initializer_list<std::string_view> known,
                  std::string_view expected);

}  // namespace crossbook::checks
