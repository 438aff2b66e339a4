// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "commands.hpp"
#include "events_json.hpp"
#include "paper_session.hpp"
#include "playback.hpp"
#include "report_json.hpp"
#include "source.hpp"
#include "summary.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> consolidate;
  std::string filters = "all";
  std::string speed = "max";
  std::string paper;
  std::string home;
  std::string store;
  std::size_t depth = 10;
  std::int64_t until = 0;
  bool has_until = false;
  bool json = false;
  bool events = false;
  bool raw_symbols = false;
};

// NAME=feed:RAW,feed:RAW,... A raw symbol may itself hold a colon (Bitget's SP:AVAXUSDT): the feed ends at the first.
shard::GroupRequest parse_group(const std::string& text) {
  const auto refuse = [&](const std::string& why) {
    return CLI::ValidationError("--consolidate", fmt::format("{} is not NAME=feed:RAW,feed:RAW,...: {}", text, why));
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) throw refuse("the name is missing");
  shard::GroupRequest group{.name = text.substr(0, equals), .members = {}};
  for (const std::string& member : CLI::detail::split(text.substr(equals + 1), ',')) {
    const std::size_t colon = member.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == member.size())
      throw refuse(fmt::format("'{}' is not feed:RAW", member));
    group.members.emplace_back(member.substr(0, colon), member.substr(colon + 1));
  }
  if (const auto unknown = shard::Player::unknown_feed({group}))
    throw refuse(fmt::format("no feed is named '{}'; crossbook venues lists them", *unknown));
  return group;
}

Exit refused(const std::string& why) {
  fmt::print(stderr, "crossbook: {}\n", why);
  return Exit::usage;
}

PaperRequest paper_request(const Options& options, PaperRows& rows) {
  PaperRequest request{.script = options.paper, .home = options.home, .store = options.store};
  if (options.json) request.listener = &rows;
  else if (!options.events) request.show_step = [](const std::string& step) { fmt::print("{}\n", step); };
  return request;
}

Exit run(const Options& options) {
  shard::PlayerOptions player_options{
      .engine = {.filters = options.filters == "all", .use_bbo = !options.paper.empty()},
      .groups = {},
      .raw_symbols = options.raw_symbols};
  for (const std::string& text : options.consolidate) player_options.groups.push_back(parse_group(text));
  auto source = open_captures(options.files);
  if (!source) return refused(source.error());
  shard::Player player(std::move(player_options));
  PaperRows rows;
  std::unique_ptr<PaperSession> paper;
  if (!options.paper.empty()) {
    auto opened = PaperSession::open(paper_request(options, rows), player);
    if (!opened) return refused(opened.error());
    paper = std::move(*opened);
  }
  EventPrinter events;
  Playback playback(**source, player,
                    {.speed = parse_speed(options.speed), .label = "replay", .loop = paper ? &paper->loop() : nullptr});
  while (playback.step(options.has_until ? std::optional(Wall(options.until)) : std::nullopt))
    if (options.events) events.print(player);
  const sys::Status kept = paper ? paper->finish() : sys::Status();

  shard::ReplayReport report = player.report(options.depth, options.files);
  for (const capture::ReadError& error : (*source)->errors())
    report.errors.push_back({error.file, error.line, {}, {}, error.reason});
  report.cut = (*source)->cut() || !(*source)->errors().empty();
  if (options.json) {
    nlohmann::ordered_json json = to_json(report);
    if (paper) json["paper"] = paper_json(paper->loop(), rows);
    fmt::print("{}\n", json.dump(1));
  } else if (!options.events) {
    print_summary(player, report, playback.elapsed());
    if (paper) fmt::print("{}", paper_text(paper->loop()));
  }
  if (!kept) {
    fmt::print(stderr, "crossbook: {}\n", kept.error());
    return Exit::not_ready;
  }
  return report.cut ? Exit::partial : Exit::ok;
}

}  // namespace

void add_replay(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("replay", "Rebuild the books of recorded sessions, and say what was found");
  auto options = std::make_shared<Options>();
  command->add_option("capture", options->files, "Capture files (.jsonl, .gz, .zst), merged by receive time")
      ->required();
  command->add_flag("--json", options->json, "One JSON object with everything");
  command->add_flag("--events", options->events, "Every normalised event, one JSON object per line");
  command->add_option("--depth", options->depth, "Levels a side to print; 0 is all")->capture_default_str();
  auto* until = command->add_option("--until", options->until, "Stop after the last record with t <= NS");
  command->add_flag("--raw-symbols", options->raw_symbols, "Key books by the venue's own spelling");
  command->add_option("--filters", options->filters, "Staleness, consensus and reliability of consolidated books")
      ->check(CLI::IsMember({"all", "none"}))
      ->capture_default_str();
  command->add_option("--consolidate", options->consolidate, "A book by hand: NAME=feed:RAW,feed:RAW,...")
      ->allow_extra_args(false);
  command->add_option("--speed", options->speed, "1x, 10x, ... or max")->check(is_speed())->capture_default_str();
  auto* paper = command->add_option("--paper", options->paper,
                                    "Trade on paper: a script of orders (TOML), or 'example' for the built-in flow");
  command->add_option("--home", options->home, "The venue to compare with, before the script's word")->needs(paper);
  command->add_option("--store", options->store, "Keep orders, executions and performance in this file")->needs(paper);
  command->callback([options, until, &exit] {
    options->has_until = until->count() > 0;
    exit = run(*options);
  });
}

}  // namespace crossbook::app
