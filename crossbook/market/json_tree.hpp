// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a client sends, as a tree. Its messages are few and short, so that nothing here is built for speed.
// Private to this room.
namespace crossbook::market {

struct Json {
  enum class Kind : unsigned char { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text;         // of a string without escapes; of another scalar as JSON writes it
  std::vector<Json> items;  // of an array, or the values of an object
  std::vector<std::string> keys;

  // The value of a key; nullptr where this is no object or has no such key.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // The text of a string field; "" where there is none.
  [[nodiscard]] std::string_view string_at(std::string_view key) const;
  // The strings of an array field, or the one string that stands in its place.
  [[nodiscard]] std::vector<std::string> strings_at(std::string_view key) const;
  // The whole number of a field, sent bare or as a string.
  [[nodiscard]] std::optional<long> number_at(std::string_view key) const;
};

// Nothing where the text is not one whole JSON document, or is nested deeper than any client message.
[[nodiscard]] std::optional<Json> read_json(std::string_view text);

// A scalar as JSON: strings between quotes.
void append_scalar(std::string& out, const Json& scalar);
void append_quoted(std::string& out, std::string_view text);

}  // namespace crossbook::market
