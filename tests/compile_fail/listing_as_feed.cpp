// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/units.hpp"

namespace crossbook {

FeedId feed(ListingId listing) { return listing; }

}  // namespace crossbook
