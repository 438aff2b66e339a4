// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/units.hpp"

namespace crossbook {

std::int64_t number(Price price) { return price; }

}  // namespace crossbook
