// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "book_text.hpp"
#include "commands.hpp"
#include "live_run.hpp"
#include "paper_session.hpp"
#include "playback.hpp"
#include "summary.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

struct Options {
  std::vector<std::string> files;
  std::uint64_t seed = 1;
  std::string speed = "1x";
  std::string symbol;
  std::size_t depth = 8;
  double for_seconds = 0;
  std::string paper;  // empty: the example, and on real exchanges nothing
  std::string home;
  std::string store;
};

// What is shown while a session plays: a live view on a terminal, elsewhere one line a second.
class Display {
 public:
  Display(const shard::Player& player, const shard::PaperLoop* loop, std::string label, const Options& options)
      : player_(player), loop_(loop), label_(std::move(label)), options_(options) {
    if (live_) fmt::print("\x1b[?25l\x1b[2J");
  }
  ~Display() {
    if (live_) fmt::print("\x1b[?25h");
  }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void add_step(const std::string& step) { steps_.add(step); }

  void refresh() {
    const Clock::time_point now = Clock::now();
    const auto period = live_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(1000);
    if (now - shown_at_ < period) return;
    const double seconds = std::chrono::duration<double>(now - shown_at_).count();
    rate_ = shown_at_ == Clock::time_point{} ? 0 : static_cast<double>(player_.frames() - frames_) / seconds;
    frames_ = player_.frames();
    shown_at_ = now;
    const auto group = shown_group(player_.engine(), options_.symbol);
    if (!group) return;
    if (live_) {
      show_view(*group);
    } else {
      show_line(*group);
    }
    std::fflush(stdout);
  }

 private:
  void show_view(GroupId id) const {
    const auto text = book_text(player_, id, {.depth = options_.depth, .tick = {}, .colour = colour_});
    std::string frame = fmt::format("{}\n{}   {:.0f} frames a second   Ctrl-C ends\n\n{}", label_,
                                    utc_text(player_.last_t()), rate_, text.value_or(""));
    if (loop_ != nullptr) {
      frame += fmt::format("\n{}\n", paper_line(*loop_));
      frame += steps_.text();
    }
    fmt::print("{}", over_the_last(frame));
  }

  void show_line(GroupId id) const {
    const engine::Group& group = player_.engine().group(id);
    const book::Consolidated& view = group.consolidated;
    const auto spread = view.spread_micro_bps();
    fmt::print("{} {} {}  {} / {}  spread {} bps  {} of {} venues  {:.0f} frames/s{}\n", utc_text(player_.last_t()),
               label_, group.name, best_text(view, Side::bid), best_text(view, Side::ask),
               spread ? fmt::format("{:.3f}", static_cast<double>(*spread) / 1e6) : "-", view.contributors(),
               view.size(), rate_, loop_ != nullptr ? "  " + paper_line(*loop_) : "");
  }

  const shard::Player& player_;
  const shard::PaperLoop* loop_;
  LastSteps steps_;
  std::string label_;
  const Options& options_;
  bool live_ = isatty(STDOUT_FILENO) == 1;
  bool colour_ = std::getenv("NO_COLOR") == nullptr;
  Clock::time_point shown_at_;
  std::uint64_t frames_ = 0;
  double rate_ = 0;
};

Exit run(const Options& options) {
  std::unique_ptr<Source> source;
  std::string label;
  if (options.files.empty()) {
    source = simulated_market(options.seed, {});
    label = fmt::format("SIMULATED MARKET (seed {}), no real prices", options.seed);
  } else {
    auto opened = open_captures(options.files);
    if (!opened) {
      fmt::print(stderr, "crossbook: {}\n", opened.error());
      return Exit::usage;
    }
    source = std::move(*opened);
    label = fmt::format("recorded session at {}", options.speed);
  }
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  shard::Player player(shard::PlayerOptions{.engine = {.use_bbo = true}, .groups = {}});
  Display* shown = nullptr;
  std::unique_ptr<PaperSession> paper;
  if (options.paper != "none") {
    auto opened = PaperSession::open({.script = options.paper.empty() ? "example" : options.paper,
                                      .home = options.home,
                                      .store = options.store,
                                      .show_step =
                                          [&shown](const std::string& step) {
                                            if (shown != nullptr) shown->add_step(step);
                                          }},
                                     player);
    if (!opened) {
      fmt::print(stderr, "crossbook: {}\n", opened.error());
      return Exit::usage;
    }
    paper = std::move(*opened);
  }
  shard::PaperLoop* loop = paper ? &paper->loop() : nullptr;
  Playback playback(*source, player, {.speed = parse_speed(options.speed), .label = "serve", .loop = loop});
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.for_seconds));
  {
    Display display(player, loop, label, options);
    shown = &display;
    while (stop_asked == 0 && (options.for_seconds <= 0 || Clock::now() < end) && playback.step()) display.refresh();
    shown = nullptr;
  }
  const sys::Status kept = paper ? paper->finish() : sys::Status();
  shard::ReplayReport report = player.report(1, options.files);
  for (const capture::ReadError& error : source->errors())
    report.errors.push_back({error.file, error.line, {}, {}, error.reason});
  fmt::print("\n{}\n", label);
  print_summary(player, report, playback.elapsed());
  if (paper) fmt::print("{}", paper_text(paper->loop()));
  if (!kept) {
    fmt::print(stderr, "crossbook: {}\n", kept.error());
    return Exit::not_ready;
  }
  return source->cut() ? Exit::partial : Exit::ok;
}

// The first given option that would change nothing, or "".
std::string_view idle_option(const CLI::App& command, bool live) {
  constexpr std::array of_live{"--venues", "--symbols", "--endpoint", "--ca-file", "--record"};
  constexpr std::array of_played{"--capture", "--seed", "--speed"};
  const auto given = [&](const char* option) { return command.get_option(option)->count() > 0; };
  const auto among = [&](const auto& options) -> std::string_view {
    const auto found = std::ranges::find_if(options, given);
    return found == options.end() ? "" : *found;
  };
  return live ? among(of_played) : among(of_live);
}

}  // namespace

void add_serve(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand(
      "serve", "Run the whole system: on the simulated market, or on recorded sessions with --capture");
  auto options = std::make_shared<Options>();
  command->add_option("--capture", options->files, "Play recorded sessions instead, merged by receive time");
  command->add_option("--seed", options->seed, "Of the simulated market")->capture_default_str();
  command->add_option("--speed", options->speed, "1x, 10x, ... or max")->check(is_speed())->capture_default_str();
  command->add_option("--symbol", options->symbol, "The book to show; else the one with most venues");
  command->add_option("--depth", options->depth, "Prices a side in the view")->capture_default_str();
  command->add_option("--paper", options->paper,
                      "Orders to trade on paper: a script (TOML), 'example' (the default, but for --live), or 'none'");
  command->add_option("--home", options->home, "The venue to compare orders with, before the script's word");
  command->add_option("--store", options->store, "Keep orders, executions and performance in this file");
  add_for(*command, options->for_seconds);
  auto live = std::make_shared<LiveArguments>();
  auto is_live = std::make_shared<bool>(false);
  command->add_flag("--live", *is_live, "Connect to the exchanges themselves; --venues and --symbols, or --config");
  add_live_options(*command, *live);
  command->add_option("--record", live->record, "With --live: record what comes into this folder");
  command->add_flag("--json", live->json, "With --live: one JSON object a second instead of the view");
  command->callback([command, options, live, is_live, &exit] {
    const bool goes_live = *is_live || !live->config.empty();
    if (const std::string_view idle = idle_option(*command, goes_live); !idle.empty()) {
      fmt::print(stderr, "crossbook: {} is for a session that is {}\n", idle,
                 goes_live ? "played: leave out --live and --config" : "live: add --live, or --config FILE");
      exit = Exit::usage;
      return;
    }
    if (!goes_live) {
      exit = run(*options);
      return;
    }
    live->symbol = options->symbol;
    live->levels = options->depth;
    live->for_seconds = options->for_seconds;
    live->paper = options->paper;
    live->home = options->home;
    live->store = options->store;
    exit = run_live(*live);
  });
}

}  // namespace crossbook::app
