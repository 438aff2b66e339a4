// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.hpp"
#include "crossbook/store/store.hpp"
#include "crossbook/sys/clock.hpp"

// Takes down that every live order of a store must go. No exchange is told here: an order lives on until a program
// starts with the store, cancels it and hears that it is gone. So this is never a success while one lives.
namespace crossbook::app {
namespace {

struct Options {
  std::string store = "crossbook.db";
  bool yes = false;
  bool json = false;
};

Exit failed(const std::string& what) {
  fmt::print(stderr, "crossbook: {}\n", what);
  return Exit::usage;
}

bool confirmed(const Options& options) {
  if (options.yes) return true;
  fmt::print(stderr, "Mark every live order of {} as to be cancelled? [y/N] ", options.store);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

void say(const Options& options, const store::LiveOrders& live, bool in_use) {
  const std::int64_t all = live.engine + live.face;
  if (options.json) {
    const nlohmann::ordered_json json = {
        {"live", all}, {"engine", live.engine}, {"manager", live.face}, {"in_use", in_use}};
    fmt::print("{}\n", json.dump(1));
  } else if (all == 0) {
    fmt::print("no live orders\n");
  } else {
    fmt::print("{} live orders are marked as cancelling, on disk ({} of the engine, {} of managers)\n", all,
               live.engine, live.face);
  }
  if (all == 0) return;
  fmt::print(stderr,
             "crossbook: no exchange was told: these orders live until a program starts with this store and cancels "
             "them; \"crossbook orders\" shows those that are left\n");
  if (in_use)
    fmt::print(stderr,
               "crossbook: another program has this store open, and does not see the mark before its next start; stop "
               "it, and run cancel-all again\n");
}

Exit run(const Options& options) {
  if (!std::filesystem::exists(options.store)) return failed(options.store + ": no such store");
  if (!options.yes && isatty(STDIN_FILENO) == 0)
    return failed("cancel-all asks before it marks orders, and there is no terminal to ask on; say --yes");
  if (!confirmed(options)) return failed("nothing was marked");
  const bool in_use = store::in_use(options.store);
  const auto store = store::open_store(options.store);
  if (!store) return failed(store.error());
  const auto live = (*store)->want_live_orders_gone(OrderReason::manual, sys::wall_now());
  if (!live) return failed(live.error());
  say(options, *live, in_use);
  return live->engine + live->face == 0 ? Exit::ok : Exit::unsafe;
}

}  // namespace

void add_cancel_all(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("cancel-all", "Mark every live order of a store as to be cancelled at the next start");
  auto options = std::make_shared<Options>();
  if (const char* path = std::getenv("CROSSBOOK_STORE")) options->store = path;
  command->add_option("--store", options->store, "The store's file (default: $CROSSBOOK_STORE)")->capture_default_str();
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
