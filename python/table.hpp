// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Rows of plain numbers that NumPy reads where they lie, and that leave column by column for Arrow.
namespace crossbook::python {

enum class Kind : std::uint8_t {
  time,      // int64: ns since 1970, UTC
  duration,  // int64: ns
  real,      // double; NaN is "none"
  integer,   // int64
  truth,     // uint8: 0 or 1
  small,     // uint8
  name,      // int32: position in the field's names; -1 is "none"
};

// A field of a row: where it lies, and what it means.
struct Field {
  const char* name;
  std::size_t offset;
  Kind kind;
  std::size_t names = 0;  // which of the table's lists of names, for Kind::name
};

// Names in the order in which they first came.
class Names {
 public:
  [[nodiscard]] std::int32_t code(std::string_view name);
  [[nodiscard]] const std::vector<std::string>& all() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::int32_t> codes_;
};

// Rows of one fixed size, appended and then only read.
class Table {
 public:
  Table(std::string name, std::span<const Field> fields, std::size_t row_bytes,
        std::vector<std::shared_ptr<Names>> names)
      : name_(std::move(name)), fields_(fields), row_bytes_(row_bytes), names_(std::move(names)) {}

  template <class Row>
  void add(const Row& row) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(&row);
    rows_.insert(rows_.end(), bytes, bytes + sizeof(Row));
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::span<const Field> fields() const { return fields_; }
  [[nodiscard]] std::size_t row_bytes() const { return row_bytes_; }
  [[nodiscard]] std::size_t rows() const { return rows_.size() / row_bytes_; }
  [[nodiscard]] const std::byte* data() const { return rows_.data(); }
  [[nodiscard]] std::byte* data() { return rows_.data(); }
  [[nodiscard]] const std::vector<std::string>& names(const Field& field) const { return names_[field.names]->all(); }

 private:
  std::string name_;
  std::span<const Field> fields_;  // of static life
  std::size_t row_bytes_;
  std::vector<std::shared_ptr<Names>> names_;  // shared by the tables of a replay
  std::vector<std::byte> rows_;
};

}  // namespace crossbook::python
