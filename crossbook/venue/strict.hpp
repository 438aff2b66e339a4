// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/json.hpp"

// How Binance, OKX and Bybit frames are read with simdjson: every object field by field and to its end, so that a cut,
// a repeated key or a byte behind the document is seen. Private to this room.
namespace crossbook::venue {

// Remembers which of at most 32 keys an object had.
class SeenKeys {
 public:
  // False for a key that was there before.
  [[nodiscard]] bool first_time(unsigned key) {
    const std::uint32_t bit = std::uint32_t{1} << key;
    const bool first = (bits_ & bit) == 0;
    bits_ |= bit;
    return first;
  }
  [[nodiscard]] bool has(unsigned key) const { return (bits_ >> key & 1) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

// The bytes of a value without the blanks behind it: a whole scalar, or the first bracket of an array or object.
[[nodiscard]] std::string_view token_of(ondemand::value value);
// The inside of a string token without escapes. Errors: malformed with `what`.
[[nodiscard]] Result<std::string_view> quoted(std::string_view token, const char* what);
// A JSON integer token as JSON writes it: no leading zero, no fraction. Errors: malformed with `what`.
[[nodiscard]] Result<std::int64_t> whole_number(std::string_view token, const char* what);
// Milliseconds since 1970; from 10^14 on they are microseconds (Binance with timeUnit=MICROSECOND). Errors: malformed.
[[nodiscard]] Result<Wall> wall_from_stamp(std::int64_t stamp);

// One side of a book: rows of at least a price and a size, both strings; what follows in a row is skipped.
// `written` keeps how the digits were written. Errors: malformed.
Result<void> read_levels(Context&, Listing&, Side, ondemand::value rows, EventBatch&, bool written = false);
// A side of a best-bid-ask message; a size of 0 is an empty side, whatever the price says. Nothing where the size needs
// more than 63 bits.
Result<std::optional<Level>> read_top(Context&, Listing&, std::string_view price, std::string_view quantity);

// Whether nothing but the document was in the frame.
Result<void> ends(ondemand::document&);

// The value of `key` in the query of a URL, "" where absent.
[[nodiscard]] std::string_view query_value(std::string_view url, std::string_view key);
// What stands in the text between `mark` and the first of `ends`; "" where either is missing.
[[nodiscard]] std::string_view text_behind(std::string_view bytes, std::string_view mark, std::string_view ends);
// For a malformed frame whose reading did not come to its symbol: remembers the listing, if it is one of ours.
void name_if_known(Context&, std::string_view raw_symbol);

}  // namespace crossbook::venue
