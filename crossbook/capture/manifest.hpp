// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/capture/format.hpp"
#include "crossbook/sys/outcome.hpp"

// What a recording consists of. Private to this room; docs/live.md shows an example of the file.
namespace crossbook::capture {

struct RecordedFile {
  std::string name;  // in the folder
  Wall first;
  Wall last;
  std::uint64_t lines = 0;
  std::uint64_t text_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::string sha256;    // of the file as it is on disk; empty while it is written
  bool deleted = false;  // to save room
};

struct RecordedFeed {
  std::uint64_t frames = 0;  // received messages and REST answers
  std::uint64_t sent = 0;
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t skipped = 0;  // of any kind
  std::uint64_t gaps = 0;
};

struct RecordedGap {
  Wall t;
  std::string feed;
  std::string symbol;
  std::string reason;
};

struct Manifest {
  static constexpr std::size_t gaps_kept_max = 10'000;  // the rest is only counted

  std::vector<RecordedFile> files;
  std::map<std::string, RecordedFeed, std::less<>> feeds;
  std::vector<RecordedGap> gaps;

  void count(const Record& record);
  [[nodiscard]] std::string json() const;
  // Replaces the folder's manifest.json as a whole: it is the old one or the new one, whenever the machine stops.
  [[nodiscard]] sys::Status write(const std::string& folder) const;
};

}  // namespace crossbook::capture
