// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

#include "crossbook/store/store.hpp"

// One open file of SQLite: settings, schema, words for errors. SQLite's exceptions end in the callers of this room.
namespace crossbook::store {

// The sentence for people: names the file and the way out.
[[nodiscard]] std::string sentence(const std::string& path, const SQLite::Exception& error);

// For writing: write-ahead log, each commit on disk before it returns, schema current. Throws SQLite::Exception, or
// std::runtime_error with the whole sentence.
[[nodiscard]] SQLite::Database open_to_write(const std::string& path, const StoreOptions& options);
// For reading; the schema must be current.
[[nodiscard]] SQLite::Database open_to_read(const std::string& path);

}  // namespace crossbook::store
