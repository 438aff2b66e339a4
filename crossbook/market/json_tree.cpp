// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/json_tree.hpp"

#include <charconv>

#include "crossbook/venue/json.hpp"

namespace crossbook::market {
namespace {

namespace dom = simdjson::dom;
constexpr int nesting_max = 8;

bool read(dom::element element, Json& out, int nesting);

bool read_array(dom::array array, Json& out, int nesting) {
  out.kind = Json::Kind::array;
  for (const dom::element item : array)
    if (!read(item, out.items.emplace_back(), nesting + 1)) return false;
  return true;
}

bool read_object(dom::object object, Json& out, int nesting) {
  out.kind = Json::Kind::object;
  for (const dom::key_value_pair field : object) {
    out.keys.emplace_back(field.key);
    if (!read(field.value, out.items.emplace_back(), nesting + 1)) return false;
  }
  return true;
}

bool read(dom::element element, Json& out, int nesting) {
  if (nesting > nesting_max) return false;
  switch (element.type()) {
    case dom::element_type::ARRAY: return read_array(element.get_array().value_unsafe(), out, nesting);
    case dom::element_type::OBJECT: return read_object(element.get_object().value_unsafe(), out, nesting);
    case dom::element_type::STRING:
      out.kind = Json::Kind::string;
      out.text = element.get_string().value_unsafe();
      return true;
    case dom::element_type::BOOL: out.kind = Json::Kind::boolean; break;
    case dom::element_type::NULL_VALUE: out.kind = Json::Kind::null; break;
    default: out.kind = Json::Kind::number; break;
  }
  out.text = simdjson::minify(element);
  return true;
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == key) return &items[i];
  return nullptr;
}

std::string_view Json::string_at(std::string_view key) const {
  const Json* field = find(key);
  return field != nullptr && field->kind == Kind::string ? std::string_view(field->text) : std::string_view();
}

std::vector<std::string> Json::strings_at(std::string_view key) const {
  const Json* field = find(key);
  if (field == nullptr) return {};
  if (field->kind == Kind::string) return {field->text};
  std::vector<std::string> strings;
  for (const Json& item : field->items)
    if (item.kind == Kind::string) strings.push_back(item.text);
  return strings;
}

std::optional<long> Json::number_at(std::string_view key) const {
  const Json* field = find(key);
  if (field == nullptr || (field->kind != Kind::number && field->kind != Kind::string)) return {};
  long number = 0;
  const char* end = field->text.data() + field->text.size();
  const auto read_to = std::from_chars(field->text.data(), end, number);
  if (read_to.ec != std::errc() || read_to.ptr != end) return {};
  return number;
}

std::optional<Json> read_json(std::string_view text) {
  dom::parser parser;
  const auto document = parser.parse(text.data(), text.size());  // copies the text behind which nothing is readable
  if (document.error() != simdjson::SUCCESS) return {};
  Json tree;
  if (!read(document.value_unsafe(), tree, 0)) return {};
  return tree;
}

void append_scalar(std::string& out, const Json& scalar) {
  if (scalar.kind == Json::Kind::string) {
    append_quoted(out, scalar.text);
  } else {
    out += scalar.text;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out.push_back(hex[byte >> 4U]);
      out.push_back(hex[byte & 15U]);
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace crossbook::market
