// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "crossbook/store/sqlite_file.hpp"

// The store's one writer: a thread, a bounded queue and group commit. Whatever waits when a transaction ends goes into
// the next one, so that one sync of the disk serves many.
namespace crossbook::store {

class Writer {
 public:
  using Job = std::function<void(SQLite::Database&)>;
  using Row = std::variant<Fill, OrderRow, tca::Rows>;

  Writer(SQLite::Database database, std::string path, std::size_t queue_max);
  // Writes what is queued, then ends the thread.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  sys::Outcome<Ticket> record(Row row);
  sys::Status wait(Ticket ticket);
  sys::Status flush();
  // Runs the job in a transaction, after all rows so far, and returns once it is on disk.
  sys::Status run(Job job);
  [[nodiscard]] Ticket on_disk() const { return Ticket{rows_on_disk_.load(std::memory_order_acquire)}; }
  [[nodiscard]] sys::Status healthy() const;
  [[nodiscard]] Counts counts() const;

 private:
  // What one transaction takes.
  struct Batch {
    std::vector<Row> rows;
    std::vector<Job> jobs;
    std::uint64_t rows_upto = 0;
    std::uint64_t jobs_upto = 0;
  };
  class Statements;
  void loop();
  void write(Statements& statements, const Batch& batch, Counts& counts);

  SQLite::Database database_;
  std::string path_;
  std::size_t queue_max_;
  mutable std::mutex mutex_;
  std::condition_variable work_;   // for the thread
  std::condition_variable moved_;  // for those who wait: room, or progress
  Batch queue_;
  std::atomic<std::uint64_t> rows_on_disk_ = 0;  // changed with the mutex held
  std::uint64_t jobs_on_disk_ = 0;
  Counts counts_;
  std::string failed_;  // empty: all is well
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace crossbook::store
