// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "crossbook/venue/registry.hpp"
#include "live_feeds.hpp"
#include "live_run.hpp"

namespace crossbook::app {
namespace {

Exit check(const std::string& path) {
  const auto config = config_of({.config = path});
  if (!config) {
    fmt::print(stderr, "crossbook: {}\n", config.error());
    return Exit::usage;
  }
  fmt::print("{}: no mistake\n", path);
  const auto options = live_options(*config);
  if (!options) {
    fmt::print(stderr, "crossbook: {}\n", options.error());
    return Exit::usage;
  }
  for (const shard::LiveFeed& feed : options->feeds) {
    std::string symbols;
    for (const std::string& raw : feed.raw_symbols) symbols += " " + raw;
    const venue::StreamDialect& row = *venue::find_streams(venue::feed(feed.feed).name);
    const std::uint32_t depth = venue::depth_of(row, feed.connector.depth);
    fmt::print("  {:18} depth {:6}{}{}\n", row.feed, depth == venue::whole_book ? "whole" : std::to_string(depth),
               feed.dial ? fmt::format(" via {}:{}", feed.dial->host, feed.dial->port) : "", symbols);
  }
  return Exit::ok;
}

}  // namespace

void add_config(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand("config", "Configuration files of serve and record");
  command->require_subcommand(1);
  CLI::App* checked = command->add_subcommand("check", "Say all that is wrong with a file, or what it means");
  auto path = std::make_shared<std::string>();
  checked->add_option("file", *path, "The file (TOML)")->required();
  checked->callback([path, &exit] { exit = check(*path); });
}

}  // namespace crossbook::app
