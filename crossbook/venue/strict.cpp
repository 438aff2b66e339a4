// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/strict.hpp"

#include <algorithm>

namespace crossbook::venue {
namespace {

constexpr std::int64_t milliseconds_max = 9'200'000'000'000;  // of a Wall's 63 bits of nanoseconds
constexpr std::int64_t microseconds_from = 100'000'000'000'000;

struct Row {
  std::string_view price;
  std::string_view quantity;
};

Result<Row> read_row(ondemand::array cells) {
  Row row;
  int n = 0;
  for (auto cell_result : cells) {
    CROSSBOOK_JSON(cell, cell_result, "a level: [price, size]");
    if (n == 0) row.price = token_of(cell);
    if (n == 1) row.quantity = token_of(cell);
    ++n;
  }
  if (n < 2) return failure(Errc::malformed, "a level: [price, size]");
  CROSSBOOK_TRY(price, quoted(row.price, "a price in quotes"));
  CROSSBOOK_TRY(quantity, quoted(row.quantity, "a size in quotes"));
  return Row{price, quantity};
}

}  // namespace

std::string_view token_of(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
    token.remove_suffix(1);
  return token;
}

Result<std::string_view> quoted(std::string_view token, const char* what) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return failure(Errc::malformed, what);
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') != std::string_view::npos) return failure(Errc::malformed, what);
  return inside;
}

Result<std::int64_t> whole_number(std::string_view token, const char* what) {
  std::string_view digits = token;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.size() > 1 && digits.front() == '0') return failure(Errc::malformed, what);
  const auto value = read_integer(token);
  if (!value) return failure(Errc::malformed, what);
  return *value;
}

Result<Wall> wall_from_stamp(std::int64_t stamp) {
  if (stamp < 0) return failure(Errc::malformed, "a time since 1970");
  if (stamp >= microseconds_from) {
    if (stamp / 1000 > milliseconds_max) return failure(Errc::malformed, "a time before 2261");
    return wall_from_microseconds(stamp);
  }
  if (stamp > milliseconds_max) return failure(Errc::malformed, "a time before 2261");
  return wall_from_milliseconds(stamp);
}

Result<void> read_levels(Context& context, Listing& listing, Side side, ondemand::value value, EventBatch& batch,
                         bool written) {
  CROSSBOOK_JSON(rows, value.get_array(), "an array of levels");
  const auto append = written ? append_written_level : append_level;
  for (auto entry : rows) {
    CROSSBOOK_JSON(cells, entry.get_array(), "a level: [price, size]");
    CROSSBOOK_TRY(row, read_row(cells));
    CROSSBOOK_CHECKED(append(context, listing, side, row.price, row.quantity, batch));
  }
  return {};
}

Result<std::optional<Level>> read_top(Context& context, Listing& listing, std::string_view price_text,
                                      std::string_view quantity_text) {
  CROSSBOOK_TRY(quantity, read_trade_quantity(context, listing, quantity_text));
  if (quantity.count() == 0 && context.needed.empty()) {
    CROSSBOOK_CHECKED(decimal_shape(price_text));
    return std::optional(Level{});
  }
  CROSSBOOK_TRY(price, read_price(context, listing, price_text));
  const auto narrowed = narrow(quantity.count());
  if (!narrowed) return std::optional<Level>();
  return std::optional(Level{price, Quantity(*narrowed)});
}

Result<void> ends(ondemand::document& document) {
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return failure(Errc::malformed, "the end of the frame");
  return {};
}

std::string_view query_value(std::string_view url, std::string_view key) {
  const std::size_t question = url.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view query = url.substr(question + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=')
      return part.substr(key.size() + 1);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

std::string_view text_behind(std::string_view bytes, std::string_view mark, std::string_view ends) {
  const std::size_t at = bytes.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = bytes.substr(at + mark.size());
  const std::size_t end = rest.find_first_of(ends);
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

void name_if_known(Context& context, std::string_view raw_symbol) {
  if (context.named || raw_symbol.empty()) return;
  if (const Listing* found = context.listings.find(context.feed, raw_symbol)) context.named = found->id;
}

}  // namespace crossbook::venue
