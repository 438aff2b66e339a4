// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/fill_row.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "crossbook/core/decimal.hpp"

namespace crossbook::store {
namespace {

constexpr double fee_bps_max = 1e6;
constexpr double latency_ms_max = 1e9;
constexpr std::int64_t nanos_min = 100'000'000'000'000'000;  // March 1973: what is smaller is no ns
constexpr const char* time_expected = "expected ISO-8601 (2026-01-31T12:00:00.5Z) or nanoseconds since 1970";

// Takes `digits` digits from the front of the text.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc{} || end != text.data() + digits || text[0] == '-') return {};
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// ".123456789" as nanoseconds; 0 where there is none.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  if (!take(text, ".,")) return 0;
  std::int64_t nanos = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    if (digits < 9) nanos = nanos * 10 + (text[digits] - '0');
  if (digits == 0) return {};
  text.remove_prefix(digits);
  return nanos * power_of_ten(9 - static_cast<int>(std::min<std::size_t>(digits, 9)));
}

// "Z", " UTC", "+02:00", "+0200" or nothing, in seconds east of UTC.
std::optional<int> take_zone(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == " UTC") return 0;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!take(text, "+-")) return {};
  const auto hours = take_number(text, 2);
  if (!hours) return {};
  (void)take(text, ":");
  const auto minutes = text.empty() ? std::optional(0) : take_number(text, 2);
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return {};
  return sign * (*hours * 3'600 + *minutes * 60);
}

std::optional<std::int64_t> civil_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || !take(text, "-")) return {};
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return {};
  const auto day = take_number(text, 2);
  if (!day || !take(text, "T ")) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ":")) return {};
  const auto minute = take_number(text, 2);
  if (!minute) return {};
  const auto second = take(text, ":") ? take_number(text, 2) : std::optional(0);
  if (!second || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) return {};
  if (*year < 1973 || *year > 2261) return {};  // what nanoseconds hold
  const auto fraction = take_fraction(text);
  if (!fraction) return {};
  const auto zone = take_zone(text);
  if (!zone) return {};
  const std::int64_t date_days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t of_day = *hour * 3'600 + *minute * 60 + *second - *zone;
  return (date_days * 86'400 + of_day) * 1'000'000'000 + *fraction;
}

sys::Outcome<std::optional<Nanos>> read_latency(std::string_view text) {
  if (text.empty()) return std::optional<Nanos>();
  const auto ms = read_number(text, 0.0, latency_ms_max);
  if (!ms) return sys::fault(ms.error());
  return std::optional(Nanos(std::llround(*ms * 1e6)));
}

sys::Outcome<std::optional<MicroBps>> read_bps(std::string_view text) {
  if (text.empty()) return std::optional<MicroBps>();
  const auto bps = read_number(text, -fee_bps_max, fee_bps_max);
  if (!bps) return sys::fault(bps.error());
  return std::optional(MicroBps(std::llround(*bps * 1e6)));
}

sys::Outcome<std::optional<Wall>> read_optional_time(std::string_view text) {
  if (text.empty()) return std::optional<Wall>();
  const auto time = read_time(text);
  if (!time) return sys::fault(time.error());
  return std::optional(*time);
}

sys::Outcome<std::string> read_name(std::string_view text) {
  if (text.empty()) return sys::fault("a name is expected");
  if (text.size() > 256) return sys::fault("a name has at most 256 bytes");
  return std::string(text);
}

// The durations between the three times of an order, where they are known.
sys::Status read_stages(const FillRow& row, Fill& fill) {
  std::optional<Wall> sent;
  std::optional<Wall> acknowledged;
  std::optional<Wall> filled;
  CROSSBOOK_READ(sent, "t_sent", row[Column::sent], read_optional_time(row[Column::sent]));
  CROSSBOOK_READ(acknowledged, "t_ack", row[Column::acknowledged], read_optional_time(row[Column::acknowledged]));
  CROSSBOOK_READ(filled, "t_fill", row[Column::filled], read_optional_time(row[Column::filled]));
  if (sent && acknowledged) fill.execution.order_to_ack = *acknowledged - *sent;
  if (acknowledged && filled) fill.execution.ack_to_fill = *filled - *acknowledged;
  return {};
}

}  // namespace

sys::Outcome<Wall> read_time(std::string_view text) {
  std::int64_t nanos = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), nanos);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (nanos < nanos_min) return sys::fault("too few digits for nanoseconds since 1970");
    return Wall(nanos);
  }
  const auto civil = civil_time(text);
  if (!civil) return sys::fault(time_expected);
  return Wall(*civil);
}

sys::Outcome<double> read_number(std::string_view text, double low, double high) {
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return sys::fault("a number is expected");
  if (number < low || number > high) return sys::fault("out of range");
  return number;
}

sys::Outcome<std::int64_t> read_units(std::string_view text) {
  constexpr int extra = 10;  // read with 18 digits after the point, kept with 8
  const auto fine = parse_decimal_wide(text, scale_max);
  if (!fine) return sys::fault("a decimal number of at most 18 places is expected");
  const Wide half = power_of_ten(extra) / 2;
  const auto units = narrow((*fine < 0 ? *fine - half : *fine + half) / power_of_ten(extra));
  if (!units) return sys::fault("out of range");
  return *units;
}

sys::Outcome<Role> read_role(std::string_view text) {
  if (text == "maker") return Role::maker;
  if (text == "taker") return Role::taker;
  return sys::fault("\"maker\" or \"taker\" is expected");
}

sys::Outcome<std::int64_t> read_notional(std::string_view text) {
  if (text.empty()) return 0;
  const auto size = read_number(text, 0.0, std::numeric_limits<double>::max());
  if (!size) return sys::fault(size.error());
  if (*size == 0.0) return sys::fault("a number above zero is expected");
  constexpr std::int64_t units_max = notional_max / notional_unit;
  const double limited = std::min(*size, static_cast<double>(units_max));
  return std::max<std::int64_t>(1, std::llround(limited * static_cast<double>(notional_unit)));
}

sys::Status book_fee(Fill& fill, const BookedText& booked) {
  Execution& execution = fill.execution;
  BookedFee fee;
  CROSSBOOK_READ(fee.amount, "fee", booked.fee, read_units(booked.fee));
  const std::size_t slash = fill.symbol.find('/');
  const std::string_view symbol = fill.symbol;
  const std::string_view base = symbol.substr(0, slash);
  const std::string_view quote =
      slash == std::string_view::npos ? std::string_view() : symbol.substr(slash + 1, symbol.find(':') - slash - 1);
  fee.currency = booked.currency.empty() || booked.currency == quote ? FeeCurrency::quote
                 : booked.currency == base                           ? FeeCurrency::base
                                                                     : FeeCurrency::other;
  const double price_units = fill.price * 1e8;
  if (price_units < 9e18) fee.price = std::llround(price_units);
  if (!booked.rate.empty()) {
    std::int64_t rate = 0;
    CROSSBOOK_READ(rate, "fee_rate", booked.rate, read_units(booked.rate));
    fee.rate = rate;
  }
  execution.fee = rate_of(fee, execution.notional);
  if (!execution.fee) {
    execution.apart = ApartFee{std::string(booked.currency.empty() ? quote : booked.currency), fee.amount};
  } else if (fee.currency == FeeCurrency::quote) {
    execution.fee_rounding = rounding_of(booked.unit, execution.notional);
  }
  return {};
}

sys::Outcome<Fill> parse_execution(const FillRow& row, const FillFileOptions& options) {
  Fill fill;
  Execution& execution = fill.execution;
  CROSSBOOK_READ(execution.at, "ts", row[Column::time], read_time(row[Column::time]));
  CROSSBOOK_READ(fill.exchange, "exchange", row[Column::exchange], read_name(row[Column::exchange]));
  CROSSBOOK_READ(fill.symbol, "symbol", row[Column::symbol], read_name(row[Column::symbol]));
  if (fill.symbol.find('/') == std::string::npos && options.unified_symbol)
    fill.symbol = options.unified_symbol(fill.symbol).value_or(fill.symbol);
  CROSSBOOK_READ(execution.role, "order_type", row[Column::role], read_role(row[Column::role]));
  CROSSBOOK_READ(execution.notional, "size_usd", row[Column::notional], read_notional(row[Column::notional]));
  CROSSBOOK_READ(
      fill.price, "price", row[Column::price],
      read_number(row[Column::price], std::numeric_limits<double>::min(), std::numeric_limits<double>::max()));
  CROSSBOOK_READ(execution.fee, "actual_fee_bps", row[Column::fee_bps], read_bps(row[Column::fee_bps]));
  CROSSBOOK_READ(execution.latency, "actual_latency_ms", row[Column::latency_ms],
                 read_latency(row[Column::latency_ms]));
  if (!execution.latency) return sys::fault("actual_latency_ms is empty");
  CROSSBOOK_READ(execution.expected_fee, "expected_fee_bps", row[Column::expected_fee_bps],
                 read_bps(row[Column::expected_fee_bps]));
  CROSSBOOK_READ(execution.expected_latency, "expected_latency_ms", row[Column::expected_latency_ms],
                 read_latency(row[Column::expected_latency_ms]));
  if (const auto stages = read_stages(row, fill); !stages) return sys::fault(stages.error());
  if (!execution.fee) {
    if (row[Column::fee].empty()) return sys::fault("actual_fee_bps is empty, and there is no fee to reckon it from");
    const auto booked =
        book_fee(fill, {.fee = row[Column::fee], .currency = row[Column::fee_currency], .rate = row[Column::fee_rate]});
    if (!booked) return sys::fault(booked.error());
  }
  fill.order_id = row[Column::order_id];
  fill.trade_id = row[Column::trade_id];
  return fill;
}

}  // namespace crossbook::store
