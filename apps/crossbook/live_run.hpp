// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands.hpp"
#include "live_config.hpp"

// What `serve --live` and `record` have in common: options, the loop, and an orderly end.
namespace crossbook::app {

struct LiveArguments {
  std::string config;
  std::vector<std::string> venues;
  std::vector<std::string> symbols;
  std::vector<std::string> endpoints;  // VENUE=HOST:PORT
  std::string ca_file;
  std::uint32_t depth = 0;
  double for_seconds = 0;
  std::string record;  // folder
  std::string paper;   // a script, "example" or "none"; empty: what the file says
  std::string home;    // before the script's word
  std::string store;
  // Of the view.
  std::string symbol;
  std::size_t levels = 8;
  bool show = true;  // false: only what happens to connections, on standard error
  bool json = false;

  // The engine then is as `replay` has it, so that a replay of the recording gives the same digests.
  [[nodiscard]] bool record_only() const;
};

void add_live_options(CLI::App& command, LiveArguments& arguments);

// The file, and what the command line says beside it. Errors: all mistakes, each in a line.
[[nodiscard]] sys::Outcome<LiveConfig> config_of(const LiveArguments& arguments);

// Runs until a signal, or for as long as was asked.
Exit run_live(const LiveArguments& arguments);

}  // namespace crossbook::app
