// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "calibrate_feed.hpp"
#include "calibrate_import.hpp"
#include "calibrate_text.hpp"
#include "commands.hpp"
#include "crossbook/store/calibrations.hpp"

namespace crossbook::app {
namespace {

struct Options {
  ImportOptions import;
  FeedOptions feed;
  std::string exchange;
  int lookback_days = 30;
  std::int64_t min_samples = 10;
};

CalibratorSettings settings_of(const Options& options) {
  return {.lookback = days(options.lookback_days), .min_samples = options.min_samples};
}

std::string default_store() {
  const char* path = std::getenv("CROSSBOOK_STORE");
  return path == nullptr ? "crossbook.db" : path;
}

// The calibrations of the store, or a message and nothing.
std::optional<store::Calibrations> read(const Options& options, store::From from) {
  auto store = store::open_store(options.import.store, {.access = store::Access::read});
  if (store) {
    auto calibrations = store::read_calibrations(**store, settings_of(options), from);
    if (calibrations) return std::move(*calibrations);
    fmt::print(stderr, "crossbook: {}\n", calibrations.error());
  } else {
    fmt::print(stderr, "crossbook: {} (crossbook calibrate import FILE.csv makes a store)\n", store.error());
  }
  return {};
}

Exit show(const Options& options) {
  auto calibrations = read(options, store::From::kept);
  if (!calibrations) return Exit::usage;
  if (options.import.json) fmt::print("{}\n", calibrations_json(calibrations->calibrator).dump(1));
  else fmt::print("{}", calibrations_text(calibrations->calibrator));
  return calibrations->upto == 0 ? Exit::not_ready : Exit::ok;
}

// What was kept of slices that left the window, and over it what those in the window say now.
std::optional<std::vector<store::HistoryRow>> read_history(const Options& options) {
  const auto failed = [](const std::string& sentence) {
    fmt::print(stderr, "crossbook: {}\n", sentence);
    return std::nullopt;
  };
  auto calibrations = read(options, store::From::kept);
  if (!calibrations) return {};
  auto store = store::open_store(options.import.store, {.access = store::Access::read});
  if (!store) return failed(store.error());
  auto kept = (*store)->history(store::slice_length(settings_of(options)));
  if (!kept) return failed(kept.error());
  std::map<std::pair<std::string, Wall>, store::HistoryRow> rows;
  for (std::vector<store::HistoryRow>* from : {&*kept, &calibrations->history})
    for (store::HistoryRow& row : *from) rows[{row.exchange, row.from}] = std::move(row);
  std::vector<store::HistoryRow> wanted;
  for (auto& [key, row] : rows)
    if (options.exchange.empty() || key.first == options.exchange) wanted.push_back(std::move(row));
  return wanted;
}

Exit history(const Options& options) {
  const auto rows = read_history(options);
  if (!rows) return Exit::usage;
  if (options.import.json) fmt::print("{}\n", history_json(*rows).dump(1));
  else fmt::print("{}", history_text(*rows));
  return rows->empty() ? Exit::not_ready : Exit::ok;
}

Exit drift(const Options& options) {
  const auto calibrations = read(options, store::From::kept);
  if (!calibrations) return Exit::usage;
  if (options.import.json) fmt::print("{}\n", drift_json(calibrations->calibrator).dump(1));
  else fmt::print("{}", drift_text(calibrations->calibrator));
  return Exit::ok;
}

using Run = Exit (*)(const Options&);

CLI::App* add_part(CLI::App& command, const char* name, const char* what, Run run,
                   const std::shared_ptr<Options>& options, Exit& exit) {
  CLI::App* part = command.add_subcommand(name, what);
  part->add_option("--store", options->import.store, "The store's file (default: $CROSSBOOK_STORE)")
      ->capture_default_str();
  part->add_flag("--json", options->import.json, "One JSON object");
  part->callback([options, run, &exit] { exit = run(*options); });
  return part;
}

void add_window(CLI::App* part, const std::shared_ptr<Options>& options) {
  part->add_option("--lookback-days", options->lookback_days, "The window")
      ->capture_default_str()
      ->check(CLI::Range(1, 3'660));
  part->add_option("--min-samples", options->min_samples, "Fewer fills are not a calibration")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000'000));
}

}  // namespace

void add_calibrate(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand("calibrate", "What each exchange really costs, from your own executions");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  options->import.store = default_store();
  const Run import = [](const Options& given) { return import_fills(given.import); };
  CLI::App* part = add_part(*command, "import",
                            "Executions from a file: crossbook's own columns, a ledger, or the spot trade history of "
                            "Binance, Kraken or Coinbase",
                            import, options, exit);
  part->add_option("file", options->import.file, "FILE.csv")->required();
  part->add_flag("--skip-bad", options->import.skip_bad, "Import the good rows of a file that has bad ones");
  part->add_option("--role", options->import.role, "Of fills that do not say: taker (default) or maker")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Role>{{"maker", Role::maker}, {"taker", Role::taker}}));
  add_window(add_part(*command, "show", "Fees and latencies by exchange", show, options, exit), options);
  part = add_part(*command, "history", "Fees and latencies by day", history, options, exit);
  add_window(part, options);
  part->add_option("--exchange", options->exchange, "Of this exchange alone");
  add_window(add_part(*command, "drift", "Fee tiers that changed, latencies that drifted", drift, options, exit),
             options);
  part = command->add_subcommand("feed", "How late each feed of recorded sessions was, by the stamps in its frames");
  part->add_option("--capture", options->feed.files, "Capture files, merged by receive time")->required();
  part->add_option("--round-trip-ms", options->feed.round_trip_ms,
                   "The shortest round trip measured to the venues, instead of the assumed 250 ms")
      ->check(CLI::Range(0.001, 60'000.0));
  part->add_flag("--json", options->feed.json, "One JSON object");
  part->callback([options, &exit] { exit = show_feed_delays(options->feed); });
}

}  // namespace crossbook::app
