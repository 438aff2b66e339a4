// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "crossbook/store/csv.hpp"
#include "crossbook/store/fill_row.hpp"

// Files of fills: crossbook's own columns, ledgers of recordings, and the trade histories that exchanges export. Which
// one it is stands in the first line.
namespace crossbook::store {

// What one kind of file looks like.
struct FillFormat {
  struct Field {
    std::string_view name;  // in the first line; letter case does not matter
    Column column{};
    bool required = true;
  };
  std::string_view name;
  std::vector<Field> fields;
  ParseRow parse = nullptr;
  bool latency_per_order = false;  // each fill of an order repeats it: only the first counts
  bool says_role = false;
};
[[nodiscard]] const std::vector<FillFormat>& fill_formats();

struct BadRow {
  std::size_t line = 0;
  std::string what;
};

// Holds the text and 32 bytes a row: rows are read twice, first to judge all of them, then in order of time.
class FillFile {
 public:
  using Progress = std::function<void(double)>;  // from 0 to 1

  // Errors: the first line is that of no known file. Bad rows are no error here.
  [[nodiscard]] static sys::Outcome<FillFile> read(const std::string& name, std::string text, FillFileOptions options,
                                                   const Progress& progress = {});

  [[nodiscard]] const FillFormat& format() const { return *format_; }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }  // good ones
  [[nodiscard]] const std::vector<BadRow>& bad() const { return bad_; }
  // Good rows, the oldest first, rows of one time as they stand. A row without a trade id gets one made from its
  // content and its number among equal rows, so that the same file is the same fills again. Stops when `each` has an
  // error.
  sys::Status each(const std::function<sys::Status(Fill&&)>& each);

 private:
  struct Row {
    Wall at;
    CsvReader::Place place;
  };
  FillFile(std::string text, FillFileOptions options);
  void judge(const Progress& progress);
  void name_trade(Fill& fill);

  // On the heap, so that views into it survive a move of this object.
  std::unique_ptr<const std::string> text_;
  FillFileOptions options_;
  const FillFormat* format_ = nullptr;
  CsvReader reader_;
  FillRow columns_;
  std::size_t width_ = 0;
  std::vector<Row> rows_;
  std::vector<BadRow> bad_;
  std::unordered_map<std::string, std::uint32_t> equal_rows_;  // by made name, of the time named_at_
  Wall named_at_;
};

}  // namespace crossbook::store
