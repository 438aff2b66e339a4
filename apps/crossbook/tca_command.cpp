// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "commands.hpp"
#include "crossbook/store/store.hpp"
#include "crossbook/tca/report.hpp"
#include "tca_report.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::string store = "crossbook.db";
  std::string symbol;
  bool json = false;
};

Exit failed(const std::string& what) {
  fmt::print(stderr, "crossbook: {}\n", what);
  return Exit::usage;
}

Exit run(const Options& options) {
  const auto store = store::open_store(options.store, {.access = store::Access::read});
  if (!store) return failed(store.error() + " (crossbook replay --paper makes a store)");
  const auto rows = (*store)->tca_rows();
  if (!rows) return failed(rows.error());
  const std::vector<tca::Report> reports = tca::report(*rows, options.symbol);
  if (options.json) fmt::print("{}\n", tca_json(reports).dump(1));
  else fmt::print("{}", tca_text(reports));
  return reports.empty() ? Exit::not_ready : Exit::ok;
}

}  // namespace

void add_tca(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("tca", "What decisions really cost: spreads, markouts, shortfall, price improvement");
  auto options = std::make_shared<Options>();
  if (const char* path = std::getenv("CROSSBOOK_STORE")) options->store = path;
  command->add_option("--store", options->store, "The store's file (default: $CROSSBOOK_STORE)")->capture_default_str();
  command->add_option("--symbol", options->symbol, "Of this symbol alone, as BASE/QUOTE");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
