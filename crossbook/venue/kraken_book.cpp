// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/kraken_book.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "crossbook/core/check.hpp"
#include "crossbook/core/crc32.hpp"
#include "crossbook/venue/json.hpp"
#include "crossbook/venue/symbols.hpp"

namespace crossbook::venue::kraken_book {
namespace {

// Digits after the point as written; exponent forms (1e-08) as if written out. At most scale_max.
Result<std::uint8_t> decimals_of(std::string_view text) {
  constexpr auto what = "a number of at most 18 decimals";
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') point = i + 1;
    if (text[i] == 'e' || text[i] == 'E') [[unlikely]] {
      CROSSBOOK_TRY(shape, decimal_shape(text));
      if (shape.decimals > scale_max) return failure(Errc::malformed, what);
      return static_cast<std::uint8_t>(shape.decimals);
    }
  }
  if (text.size() - point > scale_max) [[unlikely]]
    return failure(Errc::malformed, what);
  return static_cast<std::uint8_t>(text.size() - point);
}

// A count at `scale` as digits at `decimals`, appended to the text.
class Digits {
 public:
  void append(std::int64_t count, int scale, int decimals) {
    for (; scale > decimals && count % 10 == 0; --scale) count /= 10;
    at_ = std::to_chars(at_, text_.data() + text_.size(), count).ptr;
    for (; scale < decimals; ++scale) *at_++ = '0';
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), static_cast<std::size_t>(at_ - text_.data())}; }

 private:
  // Twenty levels of two numbers, each at most 19 digits and scale_max zeros.
  std::array<char, std::size_t{2} * checksum_levels * 2 * (19 + scale_max)> text_;
  char* at_ = text_.data();
};

void append_side(Digits& digits, std::span<const Level> levels, const ChecksumInput& book) {
  for (const Level& level : levels.first(std::min<std::size_t>(levels.size(), checksum_levels))) {
    digits.append(level.price.count(), book.price_scale, book.price_decimals);
    digits.append(level.quantity.count(), book.quantity_scale, book.quantity_decimals);
  }
}

}  // namespace

void describe(Listing& listing) {
  if (const auto pair = split_at(listing.raw_symbol, '/')) listing.instrument.symbol = unified(*pair);
}

Result<void> append(Context& context, Listing& listing, Side side, std::string_view price, std::string_view quantity,
                    BookEvent& event, EventBatch& batch) {
  CROSSBOOK_TRY(price_decimals, decimals_of(price));
  CROSSBOOK_TRY(quantity_decimals, decimals_of(quantity));
  event.price_decimals = std::max(event.price_decimals, price_decimals);
  event.quantity_decimals = std::max(event.quantity_decimals, quantity_decimals);
  return append_level(context, listing, side, price, quantity, batch);
}

std::uint32_t checksum(const ChecksumInput& book) {
  CROSSBOOK_ASSERT(book.price_decimals <= scale_max && book.quantity_decimals <= scale_max);
  Digits digits;
  append_side(digits, book.asks, book);
  append_side(digits, book.bids, book);
  return Crc32().update(digits.text()).value();
}

}  // namespace crossbook::venue::kraken_book
