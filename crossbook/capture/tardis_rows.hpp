// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/capture/format.hpp"
#include "crossbook/core/result.hpp"

// CSV files of tardis.dev as records: the rows of one message become one. Private to this room.
// docs.tardis.dev/downloadable-csv-files, "incremental_book_L2" and "book_snapshot_25" (read 2026-11):
//   exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount
//   binance,BTCUSDT,1585699200000000,1585699200035418,false,bid,6423.11,0.5
// Times are microseconds since 1970. A book_snapshot has one row a book: asks[0].price,asks[0].amount,bids[0].price,...
namespace crossbook::capture {

class TardisRows {
 public:
  // Whether a first line is the head of such a file; false for the head of another of their files, which is an error.
  [[nodiscard]] static bool is_head(std::string_view line);
  [[nodiscard]] static bool is_known_head(std::string_view line);

  // Takes the next row. True when the rows before it are whole: then record() has them, and the row waits for the next.
  // Errors: a row that has not these columns; it is left out.
  [[nodiscard]] Result<bool> take(std::string_view line, std::uint64_t number);
  // The rows that still wait at the end of the file; false where there is none.
  [[nodiscard]] bool finish();
  // Fills what a row says; its views live until the next take().
  void fill(Record& record) const;

 private:
  // Rows with the same key are one message. A snapshot may be spread over several arrivals.
  struct Key {
    std::string exchange;
    std::string symbol;
    std::int64_t arrived_us = 0;
    bool snapshot = false;
    friend bool operator==(const Key& a, const Key& b) {
      return a.snapshot == b.snapshot && a.symbol == b.symbol && a.exchange == b.exchange &&
             (a.snapshot || a.arrived_us == b.arrived_us);
    }
  };
  struct Rows {
    Key key;
    std::string text;
    std::uint64_t first_line = 0;
  };
  [[nodiscard]] static Result<Key> key_of(std::string_view line, bool& single);
  void hand_over();

  Rows waiting_;
  Rows whole_;
  std::string feed_;
  std::size_t length_ = 0;  // of the whole rows; readable bytes follow
  std::size_t rows_ = 0;    // that wait
};

}  // namespace crossbook::capture
