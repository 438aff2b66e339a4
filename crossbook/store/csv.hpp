// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/sys/outcome.hpp"

// Comma-separated values as RFC 4180 has them, strictly: a quote opens a field only at its start, and closes it only at
// its end.
namespace crossbook::store {

// Reads rows from text that the caller keeps alive. A byte order mark is skipped, and so are empty lines.
class CsvReader {
 public:
  struct Place {
    std::size_t offset = 0;  // of the row's first byte
    std::size_t line = 1;    // counted from 1; a quoted field may hold line ends
  };

  explicit CsvReader(std::string_view text);

  // False at the end. The fields live until the next call. After an error the next call goes on at the next line.
  [[nodiscard]] sys::Outcome<bool> next(std::vector<std::string_view>& fields);
  // Of the row that next() read last.
  [[nodiscard]] Place place() const { return row_; }
  // REQUIRES: a place of this text.
  void seek(Place place) { next_ = place; }

 private:
  [[nodiscard]] bool skip_line_end();
  sys::Outcome<std::string_view> quoted_field();
  std::string_view plain_field();
  void skip_line();

  std::string_view text_;
  Place next_;
  Place row_;
  std::deque<std::string> unquoted_;  // fields with doubled quotes, made single; views into them stay whole
  std::size_t unquoted_used_ = 0;
};

}  // namespace crossbook::store
