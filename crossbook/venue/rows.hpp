// SPDX-License-Identifier: Apache-2.0
#pragma once

// What codecs of price-level books have in common: frames read to their end, rows of digits, and the events made of
// them. Private to this room.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/venue/strict.hpp"

namespace crossbook::venue {

// The frame's root, after one walk to its end: a frame cut short, an open bracket and bytes behind the end are
// malformed. On-Demand alone reads no further than it is asked to. Errors: malformed.
[[nodiscard]] Result<ondemand::object> whole_object(ondemand::document& document);
[[nodiscard]] Result<ondemand::array> whole_array(ondemand::document& document);

// A field that may be absent or null. Errors: malformed.
[[nodiscard]] Result<std::optional<ondemand::value>> optional_field(ondemand::object& object, std::string_view key);
// The digits of a number, sent bare or in quotes.
[[nodiscard]] Result<std::string_view> digits_field(ondemand::object& object, std::string_view key, const char* what);
[[nodiscard]] Result<std::int64_t> integer_field(ondemand::object& object, std::string_view key, const char* what);
[[nodiscard]] Result<std::optional<std::int64_t>> optional_integer(ondemand::object& object, std::string_view key);
// Text; nothing where absent or null.
[[nodiscard]] Result<std::optional<std::string_view>> optional_text(ondemand::object& object, std::string_view key);
// A stamp in milliseconds; nothing where absent.
[[nodiscard]] Result<std::optional<Wall>> optional_milliseconds(ondemand::object& object, std::string_view key);
// "1619093543708.2642": milliseconds with a fraction, to the nanosecond below.
[[nodiscard]] Result<Wall> wall_from_fractional_milliseconds(std::string_view text);

// The first N cells of a row as text, quotes removed. A longer row is fine, a shorter one malformed.
template <std::size_t N>
[[nodiscard]] Result<std::array<std::string_view, N>> row_cells(ondemand::array row, const char* what) {
  std::array<std::string_view, N> cells;
  std::size_t count = 0;
  for (auto cell : row) {
    CROSSBOOK_JSON(value, cell, what);
    if (count == N) break;
    CROSSBOOK_TRY(text, number_text(value));
    cells[count++] = text;
  }
  if (count < N) return failure(Errc::malformed, what);
  return cells;
}

// A book event whose levels start at the present end of the batch, and its end.
[[nodiscard]] BookEvent begin_book(const EventBatch&, const Listing&, BookEventKind);
void finish_book(EventBatch&, BookEvent);

// Rows of [price, quantity, ...].
Result<void> append_rows(Context&, Listing&, Side, ondemand::array rows, EventBatch&);
// A field of such rows; an absent or null side has none. Returns whether the field was there.
Result<bool> append_side(Context&, Listing&, Side, ondemand::object& book, std::string_view key, EventBatch&);

struct Print {
  std::string_view price;
  std::string_view quantity;
  Side taker = Side::bid;
  bool history = false;
  std::optional<Wall> ts_event;
};
Result<void> append_trade(Context&, Listing&, const Print&, EventBatch&);
// Prints that came newest first, put in the order in which they happened.
void oldest_first(EventBatch&);
// "buy" or "sell" in any case, as the taker's side.
[[nodiscard]] Result<Side> taker_side(std::string_view text);

// One side of a best-bid-ask stream; a size of 0 is an empty side. Nothing where the venue names no price, where the
// price is a combination's below 0, and where the size needs more than 63 bits.
[[nodiscard]] Result<std::optional<Level>> read_touch(Context&, Listing&, std::string_view price,
                                                      std::string_view quantity);
// The same from two fields of an object, which may be absent or null.
[[nodiscard]] Result<std::optional<Level>> read_touch(Context&, Listing&, ondemand::object&, std::string_view price_key,
                                                      std::string_view quantity_key);

// The part of `text` after its first `separator`; empty where it has none.
[[nodiscard]] std::string_view after(std::string_view text, char separator);
[[nodiscard]] std::string_view before(std::string_view text, char separator);

// 10^-decimals as text: decimal_step(2) is "0.01".
[[nodiscard]] std::string decimal_step(int decimals);

}  // namespace crossbook::venue
