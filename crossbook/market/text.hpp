// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crossbook/core/units.hpp"

// Numbers and times as the venues write them, appended to a frame. Private to this room.
namespace crossbook::market {

void append_integer(std::string& out, std::int64_t number);
// At least `width` digits, with leading zeros. REQUIRES: number >= 0.
void append_padded(std::string& out, std::int64_t number, int width);

// A count of 10^-scale with exactly `decimals` digits after the point. REQUIRES: decimals >= scale, count >= 0.
//   append_decimal(out, 6425010, 2, 8) -> 64250.10000000
void append_decimal(std::string& out, std::int64_t count, int scale, int decimals);
// The same without trailing zeros: 64250.1, 0.
void append_trimmed(std::string& out, std::int64_t count, int scale);

// 2026-01-01T00:00:00.123456Z with that many digits of fraction (0 to 9).
// Between the date and the time stands `middle`.
void append_rfc3339(std::string& out, Wall when, int fraction, char middle = 'T');

[[nodiscard]] constexpr std::int64_t milliseconds_of(Wall when) { return when.nanos() / 1'000'000; }
[[nodiscard]] constexpr std::int64_t microseconds_of(Wall when) { return when.nanos() / 1'000; }

}  // namespace crossbook::market
