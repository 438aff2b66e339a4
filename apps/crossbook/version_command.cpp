// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace crossbook::app {

void add_version(CLI::App& program, Exit&) {
  CLI::App* command = program.add_subcommand("version", "What this program is and how it was built");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object");
  command->callback([json] {
#ifdef __clang__
    const std::string compiler = fmt::format("clang {}.{}", __clang_major__, __clang_minor__);
#else
    const std::string compiler = fmt::format("g++ {}.{}", __GNUC__, __GNUC_MINOR__);
#endif
    if (*json) {
      const nlohmann::ordered_json object = {
          {"version", CROSSBOOK_VERSION}, {"commit", CROSSBOOK_COMMIT}, {"compiler", compiler}};
      fmt::print("{}\n", object.dump());
      return;
    }
    fmt::print("crossbook {} ({}, {})\n", CROSSBOOK_VERSION, CROSSBOOK_COMMIT, compiler);
  });
}

}  // namespace crossbook::app
