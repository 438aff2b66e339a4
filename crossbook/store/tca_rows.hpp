// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "crossbook/tca/rows.hpp"

// Rows of performance tracking in and out of SQLite. Its exceptions go through to the callers of this room.
namespace crossbook::store {

// Writes rows; prepared once. For the writer's thread, inside its transaction. A row whose key is there changes
// nothing.
class TcaStatements {
 public:
  explicit TcaStatements(SQLite::Database& database);

  void add(const tca::Rows& rows);

 private:
  void add(const tca::DecisionRow& row);
  void add(const tca::FillRow& row);
  void add(const tca::MarkoutRow& row);
  void add(const tca::OrderEndRow& row);
  void add(const tca::ReferenceRow& row);
  void add(const tca::LevelRow& row);
  void add(const tca::ImprovementRow& row);

  SQLite::Statement decision_;
  SQLite::Statement fill_;
  SQLite::Statement markout_;
  SQLite::Statement order_;
  SQLite::Statement reference_;
  SQLite::Statement level_;
  SQLite::Statement improvement_;
};

// All rows, in the order in which they were recorded.
[[nodiscard]] tca::Rows read_tca_rows(SQLite::Database& database);

}  // namespace crossbook::store
