// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "crossbook/core/input.hpp"
#include "crossbook/core/result.hpp"

// What happened to an engine beside its frames, as a line of text: with the capture's own records between them, the
// same lines give the same effects again. Whole numbers parted by blanks; handles of listings are those that the same
// capture gives again.
namespace crossbook::shard {

// REQUIRES: anything but frames, bodies and sessions, which the capture holds.
[[nodiscard]] std::string input_text(const Input& input);
// Errors: malformed, for anything that input_text does not write.
[[nodiscard]] Result<Input> parse_input(std::string_view line);

}  // namespace crossbook::shard
