// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/decimal.hpp"

namespace crossbook {

void read(std::string_view text) { parse_decimal(text, 2); }

}  // namespace crossbook
