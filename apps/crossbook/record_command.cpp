// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <memory>

#include "commands.hpp"
#include "live_run.hpp"

namespace crossbook::app {

void add_record(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand(
      "record", "Record exchanges as they are: every frame with its times, in files that replay reads");
  auto arguments = std::make_shared<LiveArguments>();
  add_live_options(*command, *arguments);
  command->add_option("--out", arguments->record, "A folder without a recording; it is made");
  command->add_option("--depth", arguments->depth, "Levels a side to subscribe to; 0 is the venue's usual choice");
  add_for(*command, arguments->for_seconds);
  command->add_flag("--json", arguments->json, "At the end, one JSON object like that of replay --json");
  command->callback([arguments, &exit] {
    arguments->show = false;
    exit = run_live(*arguments);
  });
}

}  // namespace crossbook::app
