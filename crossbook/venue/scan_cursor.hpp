// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string_view>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/row_layout.hpp"
#include "crossbook/venue/venue.hpp"

// A place in a frame that is being scanned. Private to this room.
namespace crossbook::venue {

// Of four or eight bytes, and what they must be.
inline constexpr std::uint32_t three_bytes = 0xFFFFFF;
inline constexpr std::uint64_t five_bytes = 0xFFFFFFFFFF;
inline constexpr std::uint32_t comma = 0x222C22;         // ","
inline constexpr std::uint32_t last_row = 0x5D5D22;      // "]]
inline constexpr std::uint64_t next_row = 0x225B2C5D22;  // "],["

// Listings whose counts the digits of digits.hpp can be turned into by one multiplication.
struct ScanScale {
  std::int64_t price_factor = 1;
  std::int64_t price_max = 0;  // of the count of 10^-8, so that the product fits in 63 bits
  std::int64_t quantity_factor = 1;
  std::int64_t quantity_max = 0;
  bool may_overflow = false;

  [[nodiscard]] static std::optional<ScanScale> of(const Listing& listing) {
    if (listing.wide || listing.price_scale < 8 || listing.quantity_scale < 8) return {};
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    ScanScale scale;
    scale.price_factor = power_of_ten(listing.price_scale - 8);
    scale.quantity_factor = power_of_ten(listing.quantity_scale - 8);
    scale.price_max = most / scale.price_factor;
    scale.quantity_max = most / scale.quantity_factor;
    constexpr std::int64_t sixteen_nines = 9'999'999'999'999'999;
    scale.may_overflow = scale.price_max < sixteen_nines || scale.quantity_max < sixteen_nines;
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
    if (at_ >= end_ || !same<size - 1>(at_, text)) return false;
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

  // [["61837.63","1.5"],...] or []: appends to `levels` and, where the row has a tail, to `written`. The layout goes
  // from one side to the other.
  template <RowTail tail>
  [[nodiscard]] bool take_levels(const Listing&, const ScanScale&, ScanScratch&, std::vector<Level>& levels,
                                 std::vector<WrittenDigits>& written);

 private:
  // Eight bytes at a time, the last ones overlapping, and one branch: a call of memcmp costs more than most literals.
  template <std::size_t size>
  [[nodiscard, gnu::always_inline]] static bool same(const char* a, const char* b) {
    if constexpr (size < 8) {
      return std::memcmp(a, b, size) == 0;
    } else {
      std::uint64_t different = eight_bytes(a + size - 8) ^ eight_bytes(b + size - 8);
      for (std::size_t i = 0; i + 8 < size; i += 8) different |= eight_bytes(a + i) ^ eight_bytes(b + i);
      return different == 0;
    }
  }
  [[nodiscard]] static std::uint32_t mask(__m128i bytes) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
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

// Reads the rows of one side into a chunk, and the chunks into the batch.
template <RowTail tail>
class RowReader {
 public:
  RowReader(const Listing& listing, const ScanScale& scale, ScanScratch& scratch, std::vector<Level>& levels,
            std::vector<WrittenDigits>& written)
      : listing_(listing),
        scale_(scale),
        levels_(levels),
        written_(written),
        chunk_(scratch.levels),
        chunk_written_(scratch.written) {}

  // From the first digit of a price to behind the last digit of its size; nullptr: not a row that the scanner reads.
  [[nodiscard, gnu::always_inline]] const char* read(const char* at, const char* end, RowLayout& layout) {
    TwoCounts counts;
    if (!layout.read(at, counts)) return read_otherwise(at, end, layout);
    if (!keep(counts)) return nullptr;
    if constexpr (tail == RowTail::orders) chunk_written_[n_] = layout.written();
    step();
    return at + layout.length();
  }

  void flush() {
    levels_.insert(levels_.end(), chunk_.data(), chunk_.data() + n_);
    if constexpr (tail == RowTail::orders)
      written_.insert(written_.end(), chunk_written_.data(), chunk_written_.data() + n_);
    n_ = 0;
  }

 private:
  // A row that is not written like the one that made the layout. Two alike make the next layout.
  [[nodiscard]] const char* read_otherwise(const char* at, const char* end, RowLayout& layout) {
    const DecimalShapeAt price = shape_of(at);
    if (!price.usable()) return read_long(at, end);
    const char* const size_at = at + price.quote + 3;
    const DecimalShapeAt size = shape_of(size_at);
    if (!size.usable()) return read_long(at, end);
    if ((four_bytes(size_at - 3) & three_bytes) != comma) return nullptr;
    if (!keep(counts_of(sixteen_digits(at, price), sixteen_digits(size_at, size)))) return nullptr;
    if constexpr (tail == RowTail::orders) chunk_written_[n_] = written_digits(price, size);
    step();
    if (price == price_ && size == size_ && RowLayout::fits_in(price, size)) layout = RowLayout(at, price, size);
    price_ = price;
    size_ = size;
    return size_at + size.quote;
  }
  [[nodiscard, gnu::noinline]] const char* read_long(const char* at, const char* end) {
    const LongRow row = read_long_row(at, end, listing_);
    chunk_[n_] = row.level;
    chunk_written_[n_] = row.written;
    if (row.quote != nullptr) step();
    return row.quote;
  }
  [[nodiscard]] bool keep(TwoCounts counts) {
    if (counts.first == 0) return false;
    if (scale_.may_overflow && (counts.first > scale_.price_max || counts.second > scale_.quantity_max)) return false;
    chunk_[n_] = {Price(counts.first * scale_.price_factor), Quantity(counts.second * scale_.quantity_factor)};
    return true;
  }
  void step() {
    if (++n_ == chunk_.size()) flush();
  }

  const Listing& listing_;
  const ScanScale& scale_;
  std::vector<Level>& levels_;
  std::vector<WrittenDigits>& written_;
  DecimalShapeAt price_;
  DecimalShapeAt size_;
  std::size_t n_ = 0;
  std::array<Level, 32>& chunk_;
  std::array<WrittenDigits, 32>& chunk_written_;
};

template <RowTail tail>
bool ScanCursor::take_levels(const Listing& listing, const ScanScale& scale, ScanScratch& scratch,
                             std::vector<Level>& levels, std::vector<WrittenDigits>& written) {
  if (take("]")) return true;
  if (!take("[\"")) return false;
  RowReader<tail> reader(listing, scale, scratch, levels, written);
  const char* at = at_;
  while (at < end_) {
    at = reader.read(at, end_, scratch.layout);
    if (at == nullptr) return false;
    if constexpr (tail == RowTail::orders) {
      at = behind_tail(at, end_);
      if (at == nullptr) return false;
    }
    if ((eight_bytes(at) & five_bytes) == next_row) [[likely]] {
      at += 5;
    } else if ((four_bytes(at) & three_bytes) == last_row) {
      at_ = at + 3;
      reader.flush();
      return true;
    } else {
      return false;
    }
  }
  return false;
}

}  // namespace crossbook::venue
