// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "crossbook/capture/reader.hpp"

namespace crossbook::capture {

// A record in its place among all files of a session.
struct Arrival : Record {
  ConnectionId connection{};  // of (file, feed, conn), numbered from 0 as first seen
  bool first = false;         // the first record of its connection
  Steady at;                  // never decreases over the session; see SteadyTime
};

// The steady time of a session's records. With one file whose first record has t_mono, that is t_mono; a later record
// without one advances from the last that had one by the difference of their t. In every other case, and always with
// several files since each machine's steady clock has a base of its own, it is the running maximum of t.
class SteadyTime {
 public:
  explicit SteadyTime(std::size_t files) : one_file_(files == 1) {}
  [[nodiscard]] Steady of(const Record& record);

 private:
  bool one_file_;
  bool started_ = false;
  bool by_t_mono_ = false;
  Record anchor_;  // the times of the last record with t_mono
  Steady last_;
};

// Several files as one stream: repeatedly the file whose next line has the smallest t, ties by the order of the
// arguments. Inside a file nothing is sorted, so a t that steps back stays where it was recorded.
class Session {
 public:
  // Errors: the first file that cannot be opened, by name.
  [[nodiscard]] static sys::Outcome<Session> open(std::span<const std::string> paths);
  // Files of one recorder, each the continuation of the one before: connections and the steady clock go on.
  [[nodiscard]] static sys::Outcome<Session> open_chain(std::span<const std::string> paths);
  // The readers' `file` numbers are their positions.
  explicit Session(std::vector<Reader> readers);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // The next record of the session, or nullptr at the end. It lives until the next call.
  [[nodiscard]] const Arrival* next();

  [[nodiscard]] std::size_t connection_count() const;

  // Of all files, in the order of the arguments. Complete once next() has returned nullptr: a file is read one record
  // ahead of what was given out.
  [[nodiscard]] std::vector<ReadError> errors() const;
  [[nodiscard]] std::uint64_t error_count() const;
  [[nodiscard]] bool cut() const;

  // Of all files on disk, for a progress line.
  [[nodiscard]] std::uint64_t bytes_total() const;
  [[nodiscard]] std::uint64_t bytes_consumed() const;

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crossbook::capture
