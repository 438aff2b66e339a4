// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "doctor_machine.hpp"
#include "doctor_venue.hpp"
#include "live_feeds.hpp"
#include "live_run.hpp"

namespace crossbook::app {
namespace {

struct Options {
  LiveArguments live;
  std::string folder = ".";
};

std::vector<Finding> examine(const Options& options, const LiveConfig& config) {
  std::vector<Finding> findings = examine_machine(options.folder);
  if (config.venues.empty()) return findings;
  auto live = live_options(config);
  if (!live) {
    findings.push_back({Verdict::fail, "certificates", live.error()});
    return findings;
  }
  for (Finding& finding : examine_venues(*live)) findings.push_back(std::move(finding));
  return findings;
}

void print(const std::vector<Finding>& findings, bool json) {
  if (json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Finding& finding : findings)
      all.push_back({{"verdict", to_string(finding.verdict)}, {"what", finding.what}, {"text", finding.text}});
    fmt::print("{}\n", all.dump(1));
    return;
  }
  for (const Finding& finding : findings)
    fmt::print("{:4} {:22} {}\n", to_string(finding.verdict), finding.what, finding.text);
}

// One symbol of each venue's market: one is as good as another.
std::vector<std::string> some_symbols(const LiveArguments& arguments) {
  std::vector<std::string> symbols;
  for (const std::string& name : arguments.venues)
    if (const auto row = shard::find_live_feed(name)) symbols.push_back(shard::example_symbol(*row));
  return symbols;
}

Exit run(Options& options) {
  // Without venues only the machine is looked at.
  const bool venues = !options.live.venues.empty() || !options.live.config.empty();
  if (options.live.config.empty() && options.live.symbols.empty()) options.live.symbols = some_symbols(options.live);
  LiveConfig config;
  if (venues) {
    auto read = config_of(options.live);
    if (!read) {
      fmt::print(stderr, "crossbook: {}\n", read.error());
      return Exit::usage;
    }
    config = std::move(*read);
  }
  const auto findings = examine(options, config);
  print(findings, options.live.json);
  return std::ranges::any_of(findings, [](const Finding& one) { return one.verdict == Verdict::fail; })
             ? Exit::not_ready
             : Exit::ok;
}

}  // namespace

void add_doctor(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand(
      "doctor", "Look at this machine and at the way to each exchange, and say what to do about what is wrong");
  auto options = std::make_shared<Options>();
  add_live_options(*command, options->live);
  command->add_option("--folder", options->folder, "Where recordings or the store would go")->capture_default_str();
  command->add_flag("--json", options->live.json, "A JSON list");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
