// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/venue/json.hpp"

// Reading JSON objects field by field without copying text. Private to this room.
namespace crossbook::venue {

// The characters between a string's quotes, as written: no escape is resolved, since no symbol, number or time that an
// exchange sends has one. Lives as long as the frame.
[[nodiscard]] inline Result<std::string_view> string_text(ondemand::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && token.back() != '"' && token.back() <= ' ') token.remove_suffix(1);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return failure(Errc::malformed, "a string");
  return token.substr(1, token.size() - 2);
}

// CROSSBOOK_TEXT(name, object, "key"): names the characters of a mandatory string field, or returns malformed.
#define CROSSBOOK_TEXT(name, object, key)                                                \
  CROSSBOOK_JSON(CROSSBOOK_JOIN(name, _field), (object).find_field_unordered(key), key); \
  CROSSBOOK_TRY(name, string_text(CROSSBOOK_JOIN(name, _field)))

// CROSSBOOK_NUMBER(name, object, "key"): the digits of a mandatory number, sent bare or as a string.
#define CROSSBOOK_NUMBER(name, object, key)                                              \
  CROSSBOOK_JSON(CROSSBOOK_JOIN(name, _field), (object).find_field_unordered(key), key); \
  CROSSBOOK_TRY(name, number_text(CROSSBOOK_JOIN(name, _field)))

// The characters of a string field; nothing where it is absent or null.
[[nodiscard]] inline Result<std::optional<std::string_view>> optional_string(ondemand::object& object,
                                                                             std::string_view key) {
  auto found = object.find_field_unordered(key);
  if (absent(found)) return std::optional<std::string_view>();
  ondemand::value value;
  if (found.get(value) != simdjson::SUCCESS) return failure(Errc::malformed, "a field");
  if (value.raw_json_token().starts_with("null")) return std::optional<std::string_view>();
  CROSSBOOK_TRY(text, string_text(value));
  return std::optional(text);
}

// Whether the document was read up to its last token, and not beyond.
[[nodiscard]] inline bool at_end(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Reads on to the end of the root object: nothing is broken there and nothing follows. Every decode ends with it, since
// a frame that was cut behind the last field of interest would pass for a whole one.
[[nodiscard]] inline Result<void> finish(ondemand::document& document, ondemand::object& root) {
  const auto rest = root.find_field("\x01");  // a key that no JSON text can hold
  if (!absent(rest) || !at_end(document)) return failure(Errc::malformed, "the end of the frame");
  return {};
}

// Whether a decimal text is zero, in any spelling.
[[nodiscard]] constexpr bool is_zero(std::string_view text) {
  bool digit = false;
  for (const char c : text.substr(0, text.find_first_of("eE"))) {
    if (c != '0' && c != '.') return false;
    digit |= c == '0';
  }
  return digit;
}

// One side of a best bid and ask; nothing where the venue says "none" with a zero price or size. Errors: malformed.
[[nodiscard]] inline Result<std::optional<Level>> read_best(Context& context, Listing& listing, std::string_view price,
                                                            std::string_view quantity) {
  if (is_zero(price) || is_zero(quantity)) return std::optional<Level>();
  CROSSBOOK_TRY(ticks, read_price(context, listing, price));
  CROSSBOOK_TRY(lots, read_trade_quantity(context, listing, quantity));
  const auto narrowed = narrow(lots.count());
  return std::optional(Level{ticks, Quantity(narrowed.value_or(1))});
}

}  // namespace crossbook::venue
