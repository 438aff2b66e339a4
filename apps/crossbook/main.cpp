// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "commands.hpp"

int main(int argc, char** argv) {
  using namespace crossbook::app;
  CLI::App program{"One honest order book across crypto exchanges, in your own all-in prices.", "crossbook"};
  program.require_subcommand(1);
  program.set_help_all_flag("--help-all", "Help of every command");
  Exit exit = Exit::ok;
  add_serve(program, exit);
  add_record(program, exit);
  add_replay(program, exit);
  add_book(program, exit);
  add_calibrate(program, exit);
  add_route(program, exit);
  add_orders(program, exit);
  add_cancel_all(program, exit);
  add_tca(program, exit);
  add_bench(program, exit);
  add_fakex(program, exit);
  add_venues(program, exit);
  add_config(program, exit);
  add_doctor(program, exit);
  add_version(program, exit);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crossbook: %s\n", error.what());
    return static_cast<int>(Exit::not_ready);
  }
  return static_cast<int>(exit);
}
