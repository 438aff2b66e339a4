// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/shard/live_request.hpp"
#include "crossbook/sys/outcome.hpp"

// What to connect to and how, from a file (TOML) or from the command line. docs/live.md lists every key.
namespace crossbook::app {

using VenueConfig = shard::LiveVenue;

struct RecordConfig {
  std::string folder;  // empty: nothing is recorded
  std::uint64_t file_mb = 256;
  double file_minutes = 60;
  double keep_gb = 0;  // 0 keeps everything
};

struct PaperConfig {
  std::string script = "none";  // a file (TOML), or "example"
  std::string store;            // empty: nothing outlives the process
};

struct LiveConfig {
  std::vector<std::string> symbols;           // at every venue: BTC/USDT
  std::map<std::string, VenueConfig> venues;  // by feed or venue: kraken, bybit-spot
  RecordConfig record;
  PaperConfig paper;
  double for_seconds = 0;
  std::int32_t shares = 1;  // processes behind one address that share the venues' limits
  bool spin = false;        // ask the sockets again and again: one core for a few microseconds
};

// Adds every mistake of the file, each with its line, key and value. Errors: a file that cannot be read, or is no TOML.
[[nodiscard]] sys::Outcome<LiveConfig> read_live_config(const std::string& path, std::vector<std::string>& mistakes);

// What no file says on its own: feeds that are not known or have no live session, symbols that are none, an endpoint
// that is no host and port, a CA file that cannot be read. Each is a sentence.
[[nodiscard]] std::vector<std::string> mistakes_of(const LiveConfig& config);

}  // namespace crossbook::app
