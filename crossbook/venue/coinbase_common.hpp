// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/fields.hpp"

// What both of Coinbase's feeds share. Private to this room.
namespace crossbook::venue::coinbase_common {

// BTC-USD is BTC/USD. Names of more than two parts (futures, perpetuals) keep their raw symbol only.
void describe(Listing&);

// Takes a field of a product's data, where it stands there. Errors: malformed.
Result<void> learn(ondemand::object& product, std::string_view key, std::optional<std::string>& target);

}  // namespace crossbook::venue::coinbase_common
