// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/published_fees.hpp"

#include <array>
#include <stdexcept>
#include <string>

#include "crossbook/core/decimal.hpp"

namespace crossbook {

extern const char* const fee_schedules_text;  // generated from data/fee_schedules.csv

namespace {

constexpr std::string_view head = "exchange,products,volume_usd_min,maker_bps,taker_bps,read_on,source,unverified";

[[noreturn]] void refuse(int line, std::string_view what, std::string_view value) {
  throw std::invalid_argument("fee schedules, line " + std::to_string(line) + ": " + std::string(what) + ", not \"" +
                              std::string(value) + "\"");
}

std::int64_t number(std::string_view text, int scale, int line) {
  const auto parsed = parse_decimal(text, scale);
  if (!parsed) refuse(line, "a number is expected", text);
  return *parsed;
}

FeeTier tier_of(std::string_view row, int line) {
  std::array<std::string_view, 8> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t comma = row.find(',');
    if ((comma == std::string_view::npos) != (i + 1 == fields.size())) refuse(line, "eight fields are expected", row);
    fields[i] = row.substr(0, comma);
    row.remove_prefix(i + 1 == fields.size() ? row.size() : comma + 1);
  }
  if (fields[0].empty()) refuse(line, "an exchange is expected", fields[0]);
  if (fields[7] != "yes" && fields[7] != "no") refuse(line, "yes or no is expected", fields[7]);
  return {.exchange = std::string(fields[0]),
          .products = std::string(fields[1]),
          .volume_usd_min = number(fields[2], 0, line),
          .maker = MicroBps(number(fields[3], 6, line)),
          .taker = MicroBps(number(fields[4], 6, line)),
          .read_on = std::string(fields[5]),
          .source = std::string(fields[6]),
          .unverified = fields[7] == "yes"};
}

}  // namespace

FeeSchedules parse_fee_schedules(std::string_view text) {
  std::vector<FeeTier> tiers;
  bool in_table = false;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.starts_with('#')) continue;
    if (in_table) tiers.push_back(tier_of(row, line));
    else if (row != head) refuse(line, "the names of the columns are expected", row);
    in_table = true;
  }
  return FeeSchedules(std::move(tiers));
}

const FeeSchedules& published_fee_schedules() {
  static const FeeSchedules schedules = parse_fee_schedules(fee_schedules_text);
  return schedules;
}

}  // namespace crossbook
