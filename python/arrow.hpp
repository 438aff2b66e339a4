// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "table.hpp"

// The Arrow C data and stream interfaces (arrow.apache.org/docs/format/CDataInterface.html and CStreamInterface.html):
// plain structs, so that polars, DuckDB and pyarrow read our tables without any of them being needed here.
extern "C" {
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};
struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};
}

namespace crossbook::python {

// The table as a stream of one batch. Whoever takes it calls its `release`; it keeps the table alive until then.
[[nodiscard]] std::unique_ptr<ArrowArrayStream> arrow_stream(std::shared_ptr<const Table> table);

}  // namespace crossbook::python
