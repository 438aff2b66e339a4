// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "book_text.hpp"
#include "commands.hpp"
#include "playback.hpp"
#include "report_json.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::string symbol;
  std::vector<std::string> files;
  std::size_t depth = 10;
  std::string tick;
  std::int64_t at = 0;
  bool has_at = false;
  bool json = false;
};

Exit run(const Options& options) {
  auto source = open_captures(options.files);
  if (!source) {
    fmt::print(stderr, "crossbook: {}\n", source.error());
    return Exit::usage;
  }
  shard::Player player(shard::PlayerOptions{});
  Playback playback(**source, player, {.speed = {}, .label = "book"});
  while (playback.step(options.has_at ? std::optional(Wall(options.at)) : std::nullopt)) {
  }
  const auto group = group_of(player.engine(), options.symbol);
  if (!group) {
    fmt::print(stderr, "crossbook: no book of {} in these captures; there are: {}\n", options.symbol,
               symbols_of(player.engine()));
    return Exit::not_ready;
  }
  const engine::Group& found = player.engine().group(*group);
  if (options.json) {
    const shard::ReplayReport report = player.report(options.depth, options.files);
    fmt::print("{}\n", to_json(report)["consolidated"][found.name].dump(1));
  } else {
    const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
    const auto text = book_text(player, *group,
                                {.depth = options.depth,
                                 .tick = options.tick.empty() ? std::nullopt : std::optional(options.tick),
                                 .colour = colour});
    if (!text) {
      fmt::print(stderr, "crossbook: {}\n", text.error());
      return Exit::usage;
    }
    fmt::print("{} at {}\n{}", "consolidated", utc_text(player.last_t()), *text);
  }
  if ((*source)->cut()) return Exit::partial;
  return found.consolidated.contributors() == 0 ? Exit::not_ready : Exit::ok;
}

}  // namespace

void add_book(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("book", "The consolidated book of a symbol, with each venue's part and state");
  auto options = std::make_shared<Options>();
  command->add_option("symbol", options->symbol, "BTC/USDT, as ccxt writes it")->required();
  command->add_option("--capture", options->files, "Capture files, merged by receive time")->required();
  command->add_option("--depth", options->depth, "Prices a side")->capture_default_str();
  command->add_option("--tick", options->tick, "Group prices to this step: bids down, asks up");
  auto* at = command->add_option("--at", options->at, "As of the last record with t <= NS");
  command->add_flag("--json", options->json, "The consolidated part of replay's object");
  command->callback([options, at, &exit] {
    options->has_at = at->count() > 0;
    exit = run(*options);
  });
}

}  // namespace crossbook::app
