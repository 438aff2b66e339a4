// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/units.hpp"

namespace crossbook {

auto sum(Price price, Quantity quantity) { return price + quantity; }

}  // namespace crossbook
