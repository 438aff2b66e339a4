// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/decimal.hpp"
#include "crossbook/core/units.hpp"

namespace crossbook {

Price sum(Price a, Price b) { return a + b; }
std::int64_t number(Price price) { return price.count(); }
bool readable(std::string_view text) { return parse_decimal(text, 2).has_value(); }
std::size_t row(FeedId feed) { return index(feed); }

}  // namespace crossbook
