// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/digits.hpp"
#include "crossbook/venue/venue.hpp"

// A place in a frame that is being scanned. Private to this room.
namespace crossbook::venue {

// Listings whose counts the digits of digits.hpp can be turned into by one multiplication.
struct ScanScale {
  std::int64_t price_factor = 1;
  std::int64_t price_max = 0;  // of the count of 10^-8, so that the product fits in 63 bits
  std::int64_t quantity_factor = 1;
  std::int64_t quantity_max = 0;

  [[nodiscard]] static std::optional<ScanScale> of(const Listing& listing) {
    if (listing.wide || listing.price_scale < 8 || listing.quantity_scale < 8) return {};
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    ScanScale scale;
    scale.price_factor = power_of_ten(listing.price_scale - 8);
    scale.quantity_factor = power_of_ten(listing.quantity_scale - 8);
    scale.price_max = most / scale.price_factor;
    scale.quantity_max = most / scale.quantity_factor;
    return scale;
  }
};

// What a row of a level array has behind price and size.
enum class RowTail : std::uint8_t {
  none,    // ["61837.63","1.5"]
  orders,  // ["8476.98","415","0","13"]
};

class ScanCursor {
 public:
  // REQUIRES: frame_padding readable bytes behind the frame. Bytes behind the end may be compared, never accepted:
  // what was read is good only if at_end() in the end.
  explicit ScanCursor(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  // Steps over the text if it stands here. At most 48 characters.
  template <std::size_t size>
  [[nodiscard]] bool take(const char (&text)[size]) {
    static_assert(size <= 49);
    if (at_ >= end_ || std::memcmp(at_, text, size - 1) != 0) return false;
    at_ += size - 1;
    return true;
  }

  // A number without sign of up to 15 digits, without leading zero.
  [[nodiscard]] bool take_number(std::int64_t& value) {
    if (at_ >= end_) return false;
    const WholeNumber number = whole_number_at(at_);
    if (number.n == 0 || number.n > 15 || (number.n > 1 && *at_ == '0')) return false;
    value = number.value;
    at_ += number.n;
    return true;
  }
  [[nodiscard]] bool take_signed_number(std::int64_t& value) {
    const bool negative = at_ < end_ && *at_ == '-';
    if (negative) ++at_;
    if (!take_number(value)) return false;
    if (negative) value = -value;
    return true;
  }

  // The digits and points of a bare number, up to what follows them. Whether they are a number, their reader decides.
  [[nodiscard]] bool take_decimal(std::string_view& text) {
    const char* const begin = at_;
    while (at_ < end_ && ((*at_ >= '0' && *at_ <= '9') || *at_ == '.')) ++at_;
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    return !text.empty();
  }

  // Visible ASCII up to the quote, which is stepped over. At most 32 characters.
  [[nodiscard]] bool take_text(std::string_view& text) {
    const char* const begin = at_;
    for (int block = 0; block < 2; ++block, at_ += 16) {
      if (at_ >= end_) return false;
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
      const auto quotes = mask(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
      // Signed: blanks, controls and everything beyond ASCII are below '!'.
      const auto others = mask(_mm_or_si128(
          _mm_cmplt_epi8(bytes, _mm_set1_epi8('!')),
          _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\x7F')))));
      const std::uint32_t before = quotes == 0 ? 0xFFFF : (quotes & -quotes) - 1;
      if ((others & before) != 0) return false;
      if (quotes == 0) continue;
      at_ += std::countr_zero(quotes);
      text = {begin, static_cast<std::size_t>(at_ - begin)};
      ++at_;
      return true;
    }
    return false;
  }

  // [["61837.63","1.5"],...] or []: appends to `levels` and, where the row has a tail, to `written`.
  template <RowTail tail>
  [[nodiscard]] bool take_levels(const Listing&, const ScanScale&, std::vector<Level>& levels,
                                 std::vector<WrittenDigits>& written);

 private:
  [[nodiscard]] static std::uint32_t mask(__m128i bytes) { return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes)); }

  // Whether a usable shape stands here; it is then the one to expect next.
  [[nodiscard]] static bool reshape(const char* at, DecimalShapeAt& shape) {
    const DecimalShapeAt found = shape_of(at);
    if (!found.usable()) return false;
    shape = found;
    return true;
  }
  // Behind the size of a row that has a tail: ","0","13
  [[nodiscard]] static const char* behind_tail(const char* at, const char* end) {
    for (int cell = 0; cell < 2; ++cell) {
      if (at >= end || (four_bytes(at) & three_bytes) != comma) return nullptr;
      at += 3;
      const auto digits = static_cast<unsigned>(std::countr_zero(other_than_digits(at) | 0x10000));
      if (digits == 0 || digits > 15) return nullptr;
      at += digits;
    }
    return at;
  }

  static constexpr std::uint32_t three_bytes = 0xFFFFFF;
  static constexpr std::uint64_t five_bytes = 0xFFFFFFFFFF;
  static constexpr std::uint32_t comma = 0x222C22;         // ","
  static constexpr std::uint32_t last_row = 0x5D5D22;      // "]]
  static constexpr std::uint64_t next_row = 0x225B2C5D22;  // "],["

  const char* at_;
  const char* end_;
};

// A row of which sixteen digits a number are not enough, or whose numbers are not plain: any decimal text.
struct LongRow {
  Level level;
  WrittenDigits written;
  const char* quote = nullptr;  // behind the size; nullptr: not a row that the scanner reads
};
[[nodiscard]] LongRow read_long_row(const char* at, const char* end, const Listing& listing);

template <RowTail tail>
bool ScanCursor::take_levels(const Listing& listing, const ScanScale& scale, std::vector<Level>& levels,
                             std::vector<WrittenDigits>& written) {
  if (take("]")) return true;
  if (!take("[\"")) return false;
  std::array<Level, 32> chunk;
  std::array<WrittenDigits, 32> chunk_written;
  std::size_t n = 0;
  const auto flush = [&] {
    levels.insert(levels.end(), chunk.data(), chunk.data() + n);
    if constexpr (tail == RowTail::orders) written.insert(written.end(), chunk_written.data(), chunk_written.data() + n);
    n = 0;
  };
  // The shapes of the row before are tried first: the branch is predicted, so that the place of a row in the frame does
  // not wait for the digits of the one before.
  DecimalShapeAt price_shape{1, 1};
  DecimalShapeAt quantity_shape{1, 1};
  const char* at = at_;
  while (at < end_) {
    const bool price_fits = has_shape(at, price_shape) || reshape(at, price_shape);
    const char* const size_at = at + price_shape.quote + 3;
    if (price_fits && (four_bytes(size_at - 3) & three_bytes) == comma &&
        (has_shape(size_at, quantity_shape) || reshape(size_at, quantity_shape))) [[likely]] {
      const TwoCounts counts = counts_of(sixteen_digits(at, price_shape), sixteen_digits(size_at, quantity_shape));
      if (counts.first == 0 || counts.first > scale.price_max || counts.second > scale.quantity_max) return false;
      chunk[n].price = Price(counts.first * scale.price_factor);
      chunk[n].quantity = Quantity(counts.second * scale.quantity_factor);
      if constexpr (tail == RowTail::orders)
        chunk_written[n] = {static_cast<std::uint8_t>(price_shape.decimals()),
                            static_cast<std::uint8_t>(quantity_shape.decimals())};
      at = size_at + quantity_shape.quote;
    } else {
      const LongRow row = read_long_row(at, end_, listing);
      if (row.quote == nullptr) return false;
      chunk[n] = row.level;
      chunk_written[n] = row.written;
      at = row.quote;
    }
    if (++n == chunk.size()) flush();
    if constexpr (tail == RowTail::orders) {
      at = behind_tail(at, end_);
      if (at == nullptr) return false;
    }
    if ((eight_bytes(at) & five_bytes) == next_row) [[likely]] {
      at += 5;
    } else if ((four_bytes(at) & three_bytes) == last_row) {
      at_ = at + 3;
      flush();
      return true;
    } else {
      return false;
    }
  }
  return false;
}

}  // namespace crossbook::venue
