// SPDX-License-Identifier: Apache-2.0
#include "live_run.hpp"

#include <fmt/format.h>

#include <csignal>
#include <memory>
#include <set>
#include <utility>

#include "crossbook/sys/service.hpp"
#include "crossbook/venue/registry.hpp"
#include "live_feeds.hpp"
#include "live_log.hpp"
#include "live_view.hpp"
#include "mistakes.hpp"
#include "paper_session.hpp"
#include "report_json.hpp"
#include "summary.hpp"

namespace crossbook::app {
namespace {

constexpr Nanos view_period = milliseconds(100);

// All that one run holds, in the order in which it is taken down.
class LiveRun {
 public:
  LiveRun(const LiveArguments& arguments, LiveConfig config) : arguments_(arguments), config_(std::move(config)) {}

  sys::Status start() {
    if (!config_.record.folder.empty()) {
      auto recorder =
          capture::Recorder::start({.folder = config_.record.folder,
                                    .file_bytes = config_.record.file_mb << 20,
                                    .file_time = nanos_of(config_.record.file_minutes * 60),
                                    .keep_bytes = static_cast<std::uint64_t>(config_.record.keep_gb * 1e9)});
      if (!recorder) return sys::fault(recorder.error());
      recorder_ = std::move(*recorder);
    }
    auto options = live_options(config_);
    if (!options) return sys::fault(options.error());
    player_ = std::make_unique<shard::Player>(
        shard::PlayerOptions{.engine = {.use_bbo = !arguments_.record_only()}, .groups = {}});
    log_.use(*player_);
    if (auto opened = open_paper(*options); !opened) return opened;
    shard_ = std::make_unique<shard::LiveShard>(loop_, *player_, std::move(*options), recorder_.get(), &log_);
    if (paper_) shard_->trade(paper_->loop());
    view_ = std::make_unique<LiveView>(*shard_, recorder_.get(), paper_ ? &paper_->loop() : nullptr, arguments_);
    return {};
  }

  Exit run() {
    loop_.on_signals({SIGINT, SIGTERM}, [this](int) { end(); });
    if (config_.for_seconds > 0) limit_.after(nanos_of(config_.for_seconds), [this] { end(); });
    began_ = sys::steady_now();
    shard_->start();
    manager_.ready("connecting");
    beat();
    refresh();
    loop_.run(config_.spin);
    return finish();
  }

 private:
  static Nanos nanos_of(double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); }

  sys::Status open_paper(const shard::LiveOptions& options) {
    if (arguments_.record_only() || config_.paper.script == "none") return {};
    PaperRequest request;
    request.script = config_.paper.script;
    request.home = arguments_.home;
    request.store = config_.paper.store;
    request.show_step = [this](const std::string& step) { view_->add_step(step); };
    std::set<std::pair<std::string, std::string>> watched;
    for (const shard::LiveFeed& feed : options.feeds)
      for (const std::string& raw : feed.raw_symbols) watched.emplace(venue::feed(feed.feed).name, raw);
    request.watched = [watched](const shard::ListingName& name) {
      return watched.contains({name.feed, name.raw_symbol});
    };
    auto opened = PaperSession::open(request, *player_);
    if (!opened) return sys::fault(opened.error());
    paper_ = std::move(*opened);
    return {};
  }

  // From the loop's own thread: a loop that hangs is not alive.
  void beat() {
    if (!manager_.watchdog()) return;
    manager_.alive();
    beat_.after(Nanos(manager_.watchdog()->count() / 3), [this] { beat(); });
  }
  void refresh() {
    if (arguments_.show) view_->refresh(sys::now());
    // What cannot be kept must not be risked.
    if (paper_ && !paper_->loop().healthy() && !ending_) end();
    if (const std::string status = view_->status_line(); status != status_) manager_.status(status_ = status);
    refresh_.after(view_period, [this] { refresh(); });
  }
  // Connections are closed with a good-bye, then the recorder writes what it holds; a second signal ends at once.
  void end() {
    if (std::exchange(ending_, true)) return loop_.stop();
    manager_.stopping();
    if (paper_) paper_->loop().stop();
    shard_->stop([this] { loop_.stop(); });
  }

  Exit finish() {
    view_->leave();
    const sys::Status kept = paper_ ? paper_->finish() : sys::Status();
    const sys::Status recorded = recorder_ ? recorder_->close() : sys::Status();
    const shard::ReplayReport report = player_->report(arguments_.json ? 0 : 1, {});
    if (arguments_.json) {
      fmt::print("{}\n", to_json(report).dump());
    } else {
      const auto elapsed = std::chrono::nanoseconds((sys::steady_now() - began_).count());
      print_summary(*player_, report, elapsed);
      if (paper_) fmt::print("{}", paper_text(paper_->loop()));
    }
    if (recorder_) {
      const capture::RecorderCounts counts = recorder_->counts();
      fmt::print(stderr, "crossbook: recorded {} records into {} file{} in {}, {} skipped\n",
                 counts.records - counts.skipped, counts.files, counts.files == 1 ? "" : "s", config_.record.folder,
                 counts.skipped);
      if (!recorded) {
        fmt::print(stderr, "crossbook: {}\n", recorded.error());
        return Exit::partial;
      }
      if (counts.skipped > 0) return Exit::partial;
    }
    if (!kept) {
      fmt::print(stderr, "crossbook: {}\n", kept.error());
      return Exit::not_ready;
    }
    return report.frames == 0 ? Exit::not_ready : Exit::ok;
  }

  const LiveArguments& arguments_;
  LiveConfig config_;
  sys::ServiceManager manager_ = sys::ServiceManager::of_environment();
  sys::Loop loop_;
  sys::Timer limit_{loop_};
  sys::Timer beat_{loop_};
  sys::Timer refresh_{loop_};
  LiveLog log_;
  std::unique_ptr<shard::Player> player_;
  std::unique_ptr<PaperSession> paper_;
  std::unique_ptr<capture::Recorder> recorder_;
  std::unique_ptr<shard::LiveShard> shard_;
  std::unique_ptr<LiveView> view_;
  Steady began_;
  std::string status_;
  bool ending_ = false;
};

sys::Status read_endpoints(const LiveArguments& arguments, LiveConfig& config) {
  for (const std::string& text : arguments.endpoints) {
    const auto equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos) return sys::fault(fmt::format("--endpoint {}: write VENUE=HOST:PORT", text));
    if (!config.venues.contains(name))
      return sys::fault(fmt::format("--endpoint {}: {} is not among the venues", text, name));
    config.venues[name].endpoint = text.substr(equals + 1);
  }
  return {};
}

}  // namespace

bool LiveArguments::record_only() const { return !show; }

void add_live_options(CLI::App& command, LiveArguments& arguments) {
  command.add_option("--venues", arguments.venues, "Venues to connect to, with commas between")->delimiter(',');
  command.add_option("--symbols", arguments.symbols, "At each of them that trades such: BTC/USDT,BTC/USDT:USDT")
      ->delimiter(',');
  command.add_option("--config", arguments.config, "Venues, symbols and the rest from a file (docs/live.md)");
  command.add_option("--endpoint", arguments.endpoints, "VENUE=HOST:PORT to dial instead; again for more");
  command.add_option("--ca-file", arguments.ca_file, "Trust this certificate authority (PEM), and no others");
}

sys::Outcome<LiveConfig> config_of(const LiveArguments& arguments) {
  LiveConfig config;
  std::vector<std::string> mistakes;
  if (!arguments.config.empty()) {
    auto read = read_live_config(arguments.config, mistakes);
    if (!read) return read;
    config = std::move(*read);
  }
  for (const std::string& name : arguments.venues) config.venues.try_emplace(name);
  config.symbols.insert(config.symbols.end(), arguments.symbols.begin(), arguments.symbols.end());
  if (const auto done = read_endpoints(arguments, config); !done) return sys::fault(done.error());
  for (auto& [name, venue] : config.venues) {
    if (!arguments.ca_file.empty()) venue.ca_file = arguments.ca_file;
    if (arguments.depth != 0) venue.depth = arguments.depth;
  }
  if (!arguments.record.empty()) config.record.folder = arguments.record;
  if (!arguments.paper.empty()) config.paper.script = arguments.paper;
  if (!arguments.store.empty()) config.paper.store = arguments.store;
  if (arguments.for_seconds > 0) config.for_seconds = arguments.for_seconds;
  for (std::string& mistake : mistakes_of(config)) mistakes.push_back(std::move(mistake));
  if (mistakes.empty()) return config;
  return sys::fault(mistakes_text(arguments.config.empty() ? "command line" : arguments.config, mistakes));
}

Exit run_live(const LiveArguments& arguments) {
  auto config = config_of(arguments);
  const auto refuse = [](const std::string& why) {
    fmt::print(stderr, "crossbook: {}\n", why);
    return Exit::usage;
  };
  if (!config) return refuse(config.error());
  if (arguments.record_only() && config->record.folder.empty())
    return refuse("where to? --out FOLDER, or folder below [record] in the file");
  LiveRun run(arguments, std::move(*config));
  if (const auto started = run.start(); !started) return refuse(started.error());
  return run.run();
}

}  // namespace crossbook::app
