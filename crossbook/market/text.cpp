// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/text.hpp"

#include <array>
#include <charconv>
#include <chrono>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook::market {

void append_integer(std::string& out, std::int64_t number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_padded(std::string& out, std::int64_t number, int width) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  for (auto length = end - digits.data(); length < width; ++length) out.push_back('0');
  out.append(digits.data(), end);
}

void append_decimal(std::string& out, std::int64_t count, int scale, int decimals) {
  CROSSBOOK_ASSERT(count >= 0 && decimals >= scale);
  const std::int64_t unit = power_of_ten(scale);
  append_integer(out, count / unit);
  if (decimals == 0) return;
  out.push_back('.');
  if (scale > 0) append_padded(out, count % unit, scale);
  out.append(static_cast<std::size_t>(decimals - scale), '0');
}

void append_trimmed(std::string& out, std::int64_t count, int scale) {
  for (; scale > 0 && count % 10 == 0; --scale) count /= 10;
  append_decimal(out, count, scale, scale);
}

void append_rfc3339(std::string& out, Wall when, int fraction, char middle) {
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(when.nanos())};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t nanos = (time - day).count();
  append_padded(out, int{date.year()}, 4);
  out.push_back('-');
  append_padded(out, unsigned{date.month()}, 2);
  out.push_back('-');
  append_padded(out, unsigned{date.day()}, 2);
  out.push_back(middle);
  const std::int64_t whole = nanos / 1'000'000'000;
  append_padded(out, whole / 3600, 2);
  out.push_back(':');
  append_padded(out, whole / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, whole % 60, 2);
  if (fraction > 0) {
    out.push_back('.');
    append_padded(out, nanos % 1'000'000'000 / power_of_ten(9 - fraction), fraction);
  }
  if (middle == 'T') out.push_back('Z');
}

}  // namespace crossbook::market
