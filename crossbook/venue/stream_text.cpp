// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/stream_text.hpp"

#include <charconv>

namespace crossbook::venue {
namespace {

constexpr std::string_view hexadecimal = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    if (static_cast<unsigned char>(c) >= ' ') out.push_back(c);
  }
  out.push_back('"');
}

void append_integer(std::string& out, std::int64_t number) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_plain(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(hexadecimal[byte >> 4]);
    out.push_back(hexadecimal[byte & 15]);
  }
}

void append_list(std::string& out, std::span<const std::string_view> texts) {
  out.push_back('[');
  for (const std::string_view text : texts) {
    if (out.back() != '[') out.push_back(',');
    append_quoted(out, text);
  }
  out.push_back(']');
}

std::string_view text_in(ondemand::object& object, std::string_view key) {
  std::string_view text;
  if (object.find_field_unordered(key).get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::int64_t integer_in(ondemand::object& object, std::string_view key) {
  ondemand::value value;
  if (object.find_field_unordered(key).get(value) != simdjson::SUCCESS) return 0;
  const auto text = number_text(value);
  if (!text) return 0;
  return read_integer(*text).value_or(0);
}

std::optional<bool> flag_in(ondemand::object& object, std::string_view key) {
  bool flag = false;
  if (object.find_field_unordered(key).get_bool().get(flag) != simdjson::SUCCESS) return {};
  return flag;
}

std::optional<ondemand::object> object_in(ondemand::object& object, std::string_view key) {
  ondemand::object inner;
  if (object.find_field_unordered(key).get_object().get(inner) != simdjson::SUCCESS) return {};
  return inner;
}

std::optional<ondemand::object> root_of(Parser& parser, std::string_view bytes, ondemand::document& document) {
  if (parser.iterate(bytes).get(document) != simdjson::SUCCESS) return {};
  ondemand::object root;
  if (document.get_object().get(root) != simdjson::SUCCESS) return {};
  return root;
}

}  // namespace crossbook::venue
