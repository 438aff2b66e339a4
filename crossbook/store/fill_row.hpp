// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/store/store.hpp"

// One row of a file of fills: its columns by meaning, and how their texts are read.
namespace crossbook::store {

enum class Column : std::uint8_t {
  time,
  exchange,
  symbol,
  role,
  notional,
  fee_bps,
  latency_ms,
  price,
  expected_fee_bps,
  expected_latency_ms,
  side,
  quantity,
  fee,
  fee_currency,
  fee_rate,
  sent,
  acknowledged,
  filled,
  order_id,
  trade_id,
  order_kind,
};
inline constexpr std::size_t column_count = 21;

// The fields of one row. Columns that the file does not have read as empty.
class FillRow {
 public:
  FillRow() { positions_.fill(-1); }
  void set_position(Column column, std::size_t position) { positions_[slot(column)] = static_cast<int>(position); }
  void set_fields(std::span<const std::string_view> fields) { fields_ = fields; }
  [[nodiscard]] std::string_view operator[](Column column) const {
    const int position = positions_[slot(column)];
    return position < 0 ? std::string_view() : fields_[static_cast<std::size_t>(position)];
  }

 private:
  static constexpr std::size_t slot(Column column) { return static_cast<std::size_t>(column); }
  std::array<int, column_count> positions_{};
  std::span<const std::string_view> fields_;
};

// What a file does not say itself.
struct FillFileOptions {
  // A venue's joined spelling as BASE/QUOTE; none where it cannot be told apart.
  std::function<std::optional<std::string>(std::string_view)> unified_symbol;
  Role role = Role::taker;  // of fills that do not say
};

// Readers of values. The error says what was expected; who calls adds the column.
// Time: ISO-8601, UTC where no zone is given, or nanoseconds since 1970.
[[nodiscard]] sys::Outcome<Wall> read_time(std::string_view text);
[[nodiscard]] sys::Outcome<double> read_number(std::string_view text, double low, double high);
// As a whole number of 1e-8, rounded half away from zero.
[[nodiscard]] sys::Outcome<std::int64_t> read_units(std::string_view text);
[[nodiscard]] sys::Outcome<Role> read_role(std::string_view text);
// 1e-6 of the quote currency; limited to notional_max.
[[nodiscard]] sys::Outcome<std::int64_t> read_notional(std::string_view text);

// Puts a booked fee into the execution: as a rate, or apart in its own currency.
struct BookedText {
  std::string_view fee;
  std::string_view currency;
  std::string_view rate;  // quote per unit of `currency`; empty: not known
  std::int64_t unit = 1;  // the last place in which the venue books fees, in 1e-8
};
sys::Status book_fee(Fill& fill, const BookedText& booked);

// One per kind of file (fill_file.hpp). Errors name the column and the value.
using ParseRow = sys::Outcome<Fill> (*)(const FillRow& row, const FillFileOptions& options);
[[nodiscard]] sys::Outcome<Fill> parse_execution(const FillRow& row, const FillFileOptions& options);
[[nodiscard]] sys::Outcome<Fill> parse_ledger(const FillRow& row, const FillFileOptions& options);
[[nodiscard]] sys::Outcome<Fill> parse_binance(const FillRow& row, const FillFileOptions& options);
[[nodiscard]] sys::Outcome<Fill> parse_kraken(const FillRow& row, const FillFileOptions& options);
[[nodiscard]] sys::Outcome<Fill> parse_coinbase(const FillRow& row, const FillFileOptions& options);

}  // namespace crossbook::store

// CROSSBOOK_READ(target, row, column, "its name", expression of text): assigns what is read, or returns the error with
// the column's name and the value.
#define CROSSBOOK_READ(target, name, text, reader)                                                            \
  do {                                                                                                        \
    auto read_ = (reader);                                                                                    \
    if (!read_)                                                                                               \
      return ::crossbook::sys::fault(std::string(name) + " \"" + std::string(text) + "\": " + read_.error()); \
    target = *read_;                                                                                          \
  } while (false)
