// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/capture/format.hpp"
#include "crossbook/sys/outcome.hpp"

// Writes what a live session sees to capture files, on a thread of its own.
namespace crossbook::capture {

struct RecorderOptions {
  std::string folder;              // made where it is missing
  std::string name = "crossbook";  // the files are <name>-<UTC of their first record>-<number>.jsonl.zst
  std::string suffix = ".zst";     // or ".gz", or "" for plain text
  std::size_t queue_bytes = std::size_t{64} << 20;      // a power of two; what waits for the disk
  std::uint64_t file_bytes = std::uint64_t{256} << 20;  // compressed; then the next file begins
  Nanos file_time = seconds(3600);                      // likewise
  std::uint64_t keep_bytes = 0;                         // of all files: the oldest go; 0 keeps everything
  Nanos sync_every = seconds(5);                        // so much is lost at most when the machine stops
};

// What became of the records so far.
struct RecorderCounts {
  std::uint64_t records = 0;  // handed over
  std::uint64_t skipped = 0;  // of them: not written, because the disk was too slow, or full
  std::uint64_t files = 0;
  std::uint64_t queued_bytes = 0;
};

// offer() copies and never waits: a record that finds no room is counted, and the next record of its connection is
// preceded by a `close` whose payload says how many are missing, so that no replay takes the rest for whole. A
// manifest.json beside the files names them, in order, with counts, gaps and digests; it is written anew with each
// file.
//
// Used by one thread, which is never made to wait but by close().
class Recorder {
 public:
  // Errors: a folder that cannot be made or written to.
  [[nodiscard]] static sys::Outcome<std::unique_ptr<Recorder>> start(const RecorderOptions& options);
  // As close(), without telling.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // REQUIRES: t_mono. `file` and `line` are not used.
  void offer(const Record& record);
  // For the manifest: a book of this feed was found not to be whole, and why.
  void note_gap(Wall t, std::string_view feed, std::string_view symbol, std::string_view reason);

  [[nodiscard]] RecorderCounts counts() const;
  // The first error of the disk that is not over; recording goes on by itself once it is.
  [[nodiscard]] sys::Status status() const;
  // Writes everything, ends the file and the manifest.
  sys::Status close();

 private:
  struct State;
  explicit Recorder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The files of a recording in the order in which they were written, by its folder's manifest, leaving out those that
// were deleted to save room. Errors: no manifest, or one that cannot be read.
[[nodiscard]] sys::Outcome<std::vector<std::string>> recorded_files(const std::string& folder);

}  // namespace crossbook::capture
