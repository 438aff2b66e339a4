// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/rows.hpp"

#include <algorithm>

namespace crossbook::venue {
namespace {

template <class Root>
Result<void> walk(ondemand::document& document, Root& root) {
  CROSSBOOK_JSON(text, root.raw_json(), "a frame with its last bracket");
  static_cast<void>(text);
  CROSSBOOK_CHECKED(ends(document));
  document.rewind();
  return {};
}

bool nothing(ondemand::value& value) {
  bool none = false;
  return value.is_null().get(none) == simdjson::SUCCESS && none;
}

}  // namespace

Result<ondemand::object> whole_object(ondemand::document& document) {
  CROSSBOOK_JSON(once, document.get_object(), "an object");
  CROSSBOOK_CHECKED(walk(document, once));
  CROSSBOOK_JSON(root, document.get_object(), "an object");
  return root;
}

Result<ondemand::array> whole_array(ondemand::document& document) {
  CROSSBOOK_JSON(once, document.get_array(), "an array");
  CROSSBOOK_CHECKED(walk(document, once));
  CROSSBOOK_JSON(root, document.get_array(), "an array");
  return root;
}

Result<std::optional<ondemand::value>> optional_field(ondemand::object& object, std::string_view key) {
  auto field = object.find_field_unordered(key);
  if (absent(field)) return std::optional<ondemand::value>();
  CROSSBOOK_JSON(value, field, "a field");
  if (nothing(value)) return std::optional<ondemand::value>();
  return std::optional(value);
}

Result<std::string_view> digits_field(ondemand::object& object, std::string_view key, const char* what) {
  CROSSBOOK_JSON(value, object.find_field_unordered(key), what);
  return number_text(value);
}

Result<std::int64_t> integer_field(ondemand::object& object, std::string_view key, const char* what) {
  CROSSBOOK_TRY(text, digits_field(object, key, what));
  return read_integer(text);
}

Result<std::optional<std::int64_t>> optional_integer(ondemand::object& object, std::string_view key) {
  CROSSBOOK_TRY(value, optional_field(object, key));
  if (!value) return std::optional<std::int64_t>();
  CROSSBOOK_TRY(text, number_text(*value));
  CROSSBOOK_TRY(number, read_integer(text));
  return std::optional(number);
}

Result<std::optional<std::string_view>> optional_text(ondemand::object& object, std::string_view key) {
  CROSSBOOK_TRY(value, optional_field(object, key));
  if (!value) return std::optional<std::string_view>();
  CROSSBOOK_JSON(text, value->get_string(), "text");
  return std::optional(text);
}

Result<std::optional<Wall>> optional_milliseconds(ondemand::object& object, std::string_view key) {
  CROSSBOOK_TRY(ms, optional_integer(object, key));
  if (!ms) return std::optional<Wall>();
  return std::optional(wall_from_milliseconds(*ms));
}

Result<Wall> wall_from_fractional_milliseconds(std::string_view text) {
  if (const std::size_t point = text.find('.'); point != std::string_view::npos && text.size() - point > 7)
    text = text.substr(0, point + 7);
  CROSSBOOK_TRY(nanos, parse_decimal(text, 6));
  return Wall(nanos);
}

BookEvent begin_book(const EventBatch& batch, const Listing& listing, BookEventKind kind) {
  BookEvent event;
  event.kind = kind;
  event.listing = listing.id;
  event.bids.begin = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.begin = static_cast<std::uint32_t>(batch.asks.size());
  return event;
}

void finish_book(EventBatch& batch, BookEvent event) {
  event.bids.end = static_cast<std::uint32_t>(batch.bids.size());
  event.asks.end = static_cast<std::uint32_t>(batch.asks.size());
  batch.books.push_back(event);
}

Result<void> append_rows(Context& context, Listing& listing, Side side, ondemand::array rows, EventBatch& batch) {
  for (auto element : rows) {
    CROSSBOOK_JSON(row, element.get_array(), "a level");
    CROSSBOOK_TRY(cells, row_cells<2>(row, "a price and a size"));
    CROSSBOOK_CHECKED(append_level(context, listing, side, cells[0], cells[1], batch));
  }
  return {};
}

Result<bool> append_side(Context& context, Listing& listing, Side side, ondemand::object& book, std::string_view key,
                         EventBatch& batch) {
  CROSSBOOK_TRY(field, optional_field(book, key));
  if (!field) return false;
  CROSSBOOK_JSON(rows, field->get_array(), "an array of levels");
  CROSSBOOK_CHECKED(append_rows(context, listing, side, rows, batch));
  return true;
}

Result<void> append_trade(Context& context, Listing& listing, const Print& print, EventBatch& batch) {
  CROSSBOOK_TRY(price, read_price(context, listing, print.price));
  CROSSBOOK_TRY(quantity, read_trade_quantity(context, listing, print.quantity));
  Trade trade;
  trade.listing = listing.id;
  trade.price = price;
  trade.quantity = quantity;
  trade.taker = print.taker;
  trade.history = print.history;
  trade.ts_event = print.ts_event;
  batch.trades.push_back(trade);
  return {};
}

void oldest_first(EventBatch& batch) {
  auto& trades = batch.trades;
  if (trades.size() > 1 && trades.back().ts_event < trades.front().ts_event) std::ranges::reverse(trades);
}

Result<Side> taker_side(std::string_view text) {
  if (text == "buy" || text == "BUY" || text == "Buy") return Side::bid;
  if (text == "sell" || text == "SELL" || text == "Sell") return Side::ask;
  return failure(Errc::malformed, "buy or sell");
}

Result<std::optional<Level>> read_touch(Context& context, Listing& listing, std::string_view price,
                                        std::string_view quantity) {
  if (price.empty() || quantity.empty()) return std::optional<Level>();
  CROSSBOOK_TRY(size, read_trade_quantity(context, listing, quantity));
  const auto narrow_size = narrow(size.count());
  if (size.count() == 0) return std::optional(Level{});
  if (!narrow_size || price.starts_with('-')) return std::optional<Level>();
  CROSSBOOK_TRY(count, read_price(context, listing, price));
  return std::optional(Level{count, Quantity(*narrow_size)});
}

Result<std::optional<Level>> read_touch(Context& context, Listing& listing, ondemand::object& object,
                                        std::string_view price_key, std::string_view quantity_key) {
  CROSSBOOK_TRY(price, optional_field(object, price_key));
  if (!price) return std::optional<Level>();
  CROSSBOOK_TRY(price_text, number_text(*price));
  CROSSBOOK_TRY(quantity, optional_field(object, quantity_key));
  if (!quantity) return std::optional<Level>();
  CROSSBOOK_TRY(quantity_text, number_text(*quantity));
  return read_touch(context, listing, price_text, quantity_text);
}

std::string_view after(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

std::string_view before(std::string_view text, char separator) { return text.substr(0, text.find(separator)); }

std::string decimal_step(int decimals) { return format_decimal(1, std::clamp(decimals, 0, scale_max)); }

}  // namespace crossbook::venue
