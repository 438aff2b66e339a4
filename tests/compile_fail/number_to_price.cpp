// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/units.hpp"

namespace crossbook {

Price price = 100;

}  // namespace crossbook
