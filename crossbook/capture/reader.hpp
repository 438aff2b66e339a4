// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crossbook/capture/format.hpp"
#include "crossbook/sys/file.hpp"

namespace crossbook::capture {

// What was wrong with a line, or with the file from that line on.
struct ReadError {
  std::string file;        // as the file was named
  std::uint64_t line = 0;  // counts from 1
  std::string reason;      // "dir is unknown"
};

// Kept in full up to here; the rest is only counted, so that a file of noise stays cheap.
inline constexpr std::size_t errors_kept_max = 1000;

// Reads one file front to back: plain, gzip or zstd by its first bytes, whatever its name; several gzip members or zstd
// frames behind each other are one file. Memory is bounded by the longest line, and nothing is allocated per record
// once the longest line so far has been read.
//
//   auto reader = Reader::open("session.jsonl.gz");
//   while (const Record* record = reader->next()) ...
//   for (const ReadError& error : reader->errors()) ...
class Reader {
 public:
  // Errors: no such file, a folder, no permission.
  [[nodiscard]] static sys::Outcome<Reader> open(const std::string& path, std::uint32_t file = 0);
  explicit Reader(std::unique_ptr<sys::Source> source, std::uint32_t file = 0);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // The next record, or nullptr at the end. A line that is no record is noted in errors() and left out; empty lines are
  // just left out. The record and its views live until the next call.
  [[nodiscard]] const Record* next();

  [[nodiscard]] const std::vector<ReadError>& errors() const;  // the first errors_kept_max
  [[nodiscard]] std::uint64_t error_count() const;
  // The file ends, or becomes unreadable, before its content does.
  [[nodiscard]] bool cut() const;

  [[nodiscard]] const std::string& name() const;
  // Of the file as it is on disk, so compressed bytes where it is compressed. The total is 0 where it is not known.
  [[nodiscard]] std::uint64_t bytes_total() const;
  [[nodiscard]] std::uint64_t bytes_consumed() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossbook::capture
