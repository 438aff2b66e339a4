// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/http.hpp"

#include <algorithm>

namespace crossbook::sys {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

std::optional<Nanos> retry_after(const HttpHeaders& headers) {
  const auto text = find_header(headers, "Retry-After");
  constexpr std::size_t digits_max = 9;  // thirty years; a date, which is the other form, has letters
  if (!text || text->empty() || text->size() > digits_max) return {};
  std::int64_t count = 0;
  for (const char c : *text) {
    if (c < '0' || c > '9') return {};
    count = count * 10 + (c - '0');
  }
  return seconds(count);
}

}  // namespace crossbook::sys
