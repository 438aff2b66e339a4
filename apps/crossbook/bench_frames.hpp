// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/core/units.hpp"
#include "source.hpp"

// The measured part of `crossbook bench`: recorded book frames through the engine, and the floor beside it.
namespace crossbook::app {

// What a whole session was, in memory, in the order of the capture.
struct LoadedRecord {
  capture::Direction dir = capture::Direction::in;
  FeedId feed{};
  ConnectionId connection{};
  Steady at;
  Wall t;
  std::string url;
  std::string payload;     // padded behind its end
  std::size_t size = 0;    // of the payload without the padding
  std::size_t levels = 0;  // of a timed book frame
  bool timed = false;      // a delta of the measured feed
  bool needed = true;      // other kinds are left out where the feed's numbering allows it
};

struct FrameBench {
  std::string feed;
  std::size_t frames = 0;  // timed, each pass
  std::size_t levels = 0;
  double mean_bytes = 0;
  double ns_per_frame = 0;  // median over passes
  double ns_per_level = 0;
  double p50_ns = 0;  // of single frames, timer included
  double p99_ns = 0;
  double allocations_per_frame = 0;          // over warm books and buffers
  std::optional<double> floor_ns_per_frame;  // where the floor reads this feed's frames
};

// Measures one feed of a session: its book frames only, in the order of the capture, the snapshot untimed, filters on,
// with four other venues at rest in the consolidated book.
[[nodiscard]] FrameBench bench_frames(std::vector<LoadedRecord>& records, FeedId feed);
// Everything a source gives, up to `records_max`.
[[nodiscard]] std::vector<LoadedRecord> load(Source& source, std::size_t records_max);
// The feeds with book deltas, most levels first; marks what is to be timed.
[[nodiscard]] std::vector<FeedId> mark_book_frames(std::vector<LoadedRecord>& records);

}  // namespace crossbook::app
