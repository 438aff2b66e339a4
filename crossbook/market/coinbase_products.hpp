// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace crossbook::market {

class Rest;

// The products that are listed, as both of Coinbase's lists have them. Private to this room.
void append_coinbase_products(std::string& out, const Rest& rest);

}  // namespace crossbook::market
