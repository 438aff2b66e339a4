// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/venue.hpp"

// What both generations of Kraken's protocol share: symbols, digits and the checksum. Private to this room.
namespace crossbook::venue::kraken_book {

void describe(Listing&);

// Appends a level and keeps the most decimals written in the event. Errors: malformed.
Result<void> append(Context&, Listing&, Side, std::string_view price, std::string_view quantity, BookEvent&,
                    EventBatch&);

// CRC-32 of the best ten asks, lowest first, then the best ten bids, highest first: each price, then each quantity, at
// the pair's precision, without the point and without leading zeros (docs.kraken.com, "Book checksum (v2)").
[[nodiscard]] std::uint32_t checksum(const ChecksumInput&);
inline constexpr std::uint32_t checksum_levels = 10;

}  // namespace crossbook::venue::kraken_book
