// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

// One function per command: it adds its options to the program and, once parsed, its run sets the exit code.
namespace crossbook::app {

// Stable meanings; scripts rely on them.
enum class Exit : int { ok = 0, usage = 2, not_ready = 3, partial = 4, unsafe = 5 };

void add_config(CLI::App& program, Exit& exit);
void add_doctor(CLI::App& program, Exit& exit);
void add_serve(CLI::App& program, Exit& exit);
void add_record(CLI::App& program, Exit& exit);
void add_replay(CLI::App& program, Exit& exit);
void add_book(CLI::App& program, Exit& exit);
void add_calibrate(CLI::App& program, Exit& exit);
void add_route(CLI::App& program, Exit& exit);
void add_orders(CLI::App& program, Exit& exit);
void add_cancel_all(CLI::App& program, Exit& exit);
void add_tca(CLI::App& program, Exit& exit);
void add_bench(CLI::App& program, Exit& exit);
void add_fakex(CLI::App& program, Exit& exit);
void add_venues(CLI::App& program, Exit& exit);
void add_version(CLI::App& program, Exit& exit);

// How long a command runs that would not end by itself.
inline void add_for(CLI::App& command, double& seconds) {
  command.add_option("--for", seconds, "End after this long: 30s, 5m, 1h")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}},
                                        CLI::AsNumberWithUnit::UNIT_OPTIONAL))
      ->check(CLI::NonNegativeNumber);
}

}  // namespace crossbook::app
