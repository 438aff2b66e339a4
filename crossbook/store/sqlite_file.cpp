// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/sqlite_file.hpp"

#include <sqlite3.h>

#include <stdexcept>

#include "crossbook/store/migrations.hpp"

namespace crossbook::store {
namespace {

constexpr int application_id = 0x43524253;  // "CRBS" in the head of the file: it is ours
constexpr int busy_ms_max = 5'000;

int pragma(SQLite::Database& database, const char* text) { return database.execAndGet(text).getInt(); }

int current_version() { return static_cast<int>(migrations().size()); }

// Refuses what was not made by us, or by a later us.
int checked_version(SQLite::Database& database, const std::string& path) {
  const int version = pragma(database, "PRAGMA user_version");
  const bool empty = pragma(database, "SELECT count(*) FROM sqlite_schema") == 0;
  if (pragma(database, "PRAGMA application_id") != application_id && !(empty && version == 0))
    throw std::runtime_error(path + ": a database, but not a crossbook store; name another file with --store");
  if (version > current_version())
    throw std::runtime_error(path + ": schema version " + std::to_string(version) +
                             ", and this crossbook knows up to " + std::to_string(current_version()) +
                             "; install the newer crossbook that wrote it");
  return version;
}

void migrate(SQLite::Database& database, const std::string& path) {
  if (checked_version(database, path) == current_version()) return;
  database.exec("BEGIN IMMEDIATE");
  // Asked again: another process may have been first.
  const int version = checked_version(database, path);
  for (int next = version; next < current_version(); ++next)
    database.exec(migrations()[static_cast<std::size_t>(next)]);
  database.exec("PRAGMA application_id = " + std::to_string(application_id));
  database.exec("PRAGMA user_version = " + std::to_string(current_version()));
  database.exec("COMMIT");
}

}  // namespace

std::string sentence(const std::string& path, const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      return path +
             ": the disk (or the limit set for the file) is full; make room and start again: what was "
             "acknowledged is kept";
    case SQLITE_READONLY:
      return path +
             ": read-only; give this user the right to write the file and its folder, or name another file with "
             "--store";
    case SQLITE_CANTOPEN:
      return path +
             ": cannot be opened; its folder must exist, and this user must be allowed to write there (--store "
             "names another file)";
    case SQLITE_BUSY:
      return path + ": another process has been writing to it for 5 s; end that one, or name another file with --store";
    case SQLITE_NOTADB: return path + ": not a crossbook store; name another file with --store";
    case SQLITE_CORRUPT: return path + ": damaged (" + error.what() + "); restore it from a backup";
    default: return path + ": " + error.what();
  }
}

// Every connection to a file in write-ahead mode holds a shared lock on it for as long as it is open.
bool in_use(const std::string& path) {
  try {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.execAndGet("SELECT count(*) FROM sqlite_schema");
    return false;
  } catch (const SQLite::Exception& error) {
    return error.getErrorCode() == SQLITE_BUSY;
  }
}

// No connection is used by two threads at a time: the writer has its own, and the reader's is guarded. So SQLite need
// not lock it at each call.
SQLite::Database open_to_write(const std::string& path, const StoreOptions& options) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_NOMUTEX, busy_ms_max);
  if (sqlite3_db_readonly(database.getHandle(), "main") == 1) throw SQLite::Exception("read-only", SQLITE_READONLY);
  (void)checked_version(database, path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  // 16 MiB of log before it is folded into the file: fewer foldings under load.
  database.exec("PRAGMA wal_autocheckpoint = 4096");
  if (options.pages_max > 0) database.exec("PRAGMA max_page_count = " + std::to_string(options.pages_max));
  migrate(database, path);
  return database;
}

SQLite::Database open_to_read(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, busy_ms_max);
  if (checked_version(database, path) < current_version())
    throw std::runtime_error(path +
                             ": of an older crossbook; open it once for writing (crossbook calibrate import) to "
                             "bring it up");
  return database;
}

}  // namespace crossbook::store
