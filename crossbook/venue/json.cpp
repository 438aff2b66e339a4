// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/json.hpp"

#include <charconv>
#include <chrono>

namespace crossbook::venue {
namespace {

// What a number that does not fit needs instead. Errors: malformed.
Result<void> note_price(Context& context, Listing& listing, std::string_view text) {
  CROSSBOOK_TRY(shape, decimal_shape(text));
  if (shape.scale > scale_max) return failure(Errc::malformed, "a price of at most 18 decimals");
  if (shape.scale <= listing.price_scale) return failure(Errc::malformed, "a price within 63 bits");
  context.needs(listing, shape.scale, 0);
  return {};
}

Result<void> note_quantity(Context& context, Listing& listing, std::string_view text, Errc code) {
  CROSSBOOK_TRY(shape, decimal_shape(text));
  if (shape.scale > scale_max) return failure(Errc::malformed, "a quantity of at most 18 decimals");
  context.needs(listing, 0, shape.scale);
  if (code == Errc::overflow || !parse_decimal(text, std::max(shape.scale, listing.quantity_scale)))
    context.needs_wide(listing);
  return {};
}

// Keeps the wide array as long as the narrow one, with what was read before the first wide level.
void append_wide(std::vector<WideQuantity>& wide, const std::vector<Level>& levels, WideQuantity quantity) {
  wide.resize(levels.size());
  wide.push_back(quantity);
}

}  // namespace

Result<Price> read_signed_price(Context& context, Listing& listing, std::string_view text) {
  const auto count = parse_decimal(text, listing.price_scale);
  if (count) [[likely]]
    return Price(*count);
  if (count.error().code == Errc::malformed) return std::unexpected(count.error());
  CROSSBOOK_CHECKED(note_price(context, listing, text));
  return Price();
}

Result<Price> read_price(Context& context, Listing& listing, std::string_view text) {
  CROSSBOOK_TRY(price, read_signed_price(context, listing, text));
  // A price that does not fit its scale is not known yet.
  if (price <= Price() && (context.needed.empty() || text.starts_with('-'))) [[unlikely]]
    return failure(Errc::malformed, "a price above zero");
  return price;
}

Result<WideQuantity> read_trade_quantity(Context& context, Listing& listing, std::string_view text) {
  const auto count = parse_decimal_wide(text, listing.quantity_scale);
  if (count && *count < 0) [[unlikely]]
    return failure(Errc::malformed, "a quantity of at least zero");
  if (count) [[likely]]
    return WideQuantity(*count);
  if (count.error().code == Errc::malformed) return std::unexpected(count.error());
  CROSSBOOK_CHECKED(note_quantity(context, listing, text, count.error().code));
  return WideQuantity();
}

namespace {

Result<void> append_quantity(Context& context, Listing& listing, Side side, Price price_count,
                             std::string_view quantity, EventBatch& batch) {
  std::vector<Level>& levels = batch.levels(side);
  if (listing.wide) {
    CROSSBOOK_TRY(wide, read_trade_quantity(context, listing, quantity));
    append_wide(side == Side::bid ? batch.wide_bids : batch.wide_asks, levels, wide);
    levels.push_back({price_count, Quantity(wide.count() == 0 ? 0 : 1)});
    return {};
  }
  const auto count = parse_decimal(quantity, listing.quantity_scale);
  if (!count) [[unlikely]] {
    if (count.error().code == Errc::malformed) return std::unexpected(count.error());
    CROSSBOOK_CHECKED(note_quantity(context, listing, quantity, count.error().code));
  } else if (*count < 0) [[unlikely]] {
    return failure(Errc::malformed, "a quantity of at least zero");
  }
  levels.push_back({price_count, Quantity(count ? *count : 0)});
  return {};
}

}  // namespace

Result<void> append_level(Context& context, Listing& listing, Side side, std::string_view price,
                          std::string_view quantity, EventBatch& batch) {
  CROSSBOOK_TRY(price_count, read_price(context, listing, price));
  return append_quantity(context, listing, side, price_count, quantity, batch);
}

Result<void> append_signed_level(Context& context, Listing& listing, Side side, std::string_view price,
                                 std::string_view quantity, EventBatch& batch) {
  CROSSBOOK_TRY(price_count, read_signed_price(context, listing, price));
  return append_quantity(context, listing, side, price_count, quantity, batch);
}

Result<void> append_written_level(Context& context, Listing& listing, Side side, std::string_view price,
                                  std::string_view quantity, EventBatch& batch) {
  CROSSBOOK_TRY(price_shape, decimal_shape(price));
  CROSSBOOK_TRY(quantity_shape, decimal_shape(quantity));
  auto& written = side == Side::bid ? batch.written_bids : batch.written_asks;
  written.resize(batch.levels(side).size());
  written.push_back(
      {static_cast<std::uint8_t>(price_shape.decimals), static_cast<std::uint8_t>(quantity_shape.decimals)});
  return append_level(context, listing, side, price, quantity, batch);
}

Result<void> fits(const Context& context) {
  if (context.needed.empty()) [[likely]]
    return {};
  for (const Context::Need& need : context.needed)
    if (need.wide) return failure(Errc::overflow, "a quantity within 63 bits");
  return failure(Errc::inexact, "no digit below the listing's scale");
}

Result<std::int64_t> read_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return failure(Errc::malformed, "a whole number");
  return value;
}

Result<Wall> read_rfc3339(std::string_view text) {
  constexpr auto what = "a time such as 2026-08-09T21:05:48.228568804Z";
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z')
    return failure(Errc::malformed, what);
  bool digits = true;
  const auto field = [&](std::size_t begin, std::size_t end) {
    std::int64_t value = 0;
    for (std::size_t i = begin; i < end; ++i) {
      digits &= text[i] >= '0' && text[i] <= '9';
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const std::int64_t year = field(0, 4);
  const std::int64_t hour = field(11, 13);
  const std::int64_t minute = field(14, 16);
  const std::int64_t second = field(17, 19);
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year(static_cast<int>(year)),
                                    chrono::month(static_cast<unsigned>(field(5, 7))),
                                    chrono::day(static_cast<unsigned>(field(8, 10)))};
  std::int64_t nanos = 0;
  if (text[19] == '.') {
    const std::size_t size = text.size() - 21;
    if (size < 1 || size > 9) return failure(Errc::malformed, what);
    nanos = field(20, 20 + size) * power_of_ten(9 - static_cast<int>(size));
  } else if (text.size() != 20) {
    return failure(Errc::malformed, what);
  }
  // Years whose nanoseconds fit in 63 bits.
  if (!digits || year < 1678 || year > 2261 || !date.ok() || hour > 23 || minute > 59 || second > 60)
    return failure(Errc::malformed, what);
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  return Wall((((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000'000 + nanos);
}

}  // namespace crossbook::venue
