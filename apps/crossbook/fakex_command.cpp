// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "commands.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/sys/tls.hpp"
#include "fakex_capture.hpp"
#include "fakex_server.hpp"
#include "fakex_truth.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::uint64_t seed = 1;
  std::vector<std::string> venues{"binance", "coinbase", "kraken", "okx", "bybit-spot", "bitstamp"};
  std::vector<std::string> symbols{"2"};
  std::vector<std::string> captures;
  std::vector<std::string> faults;
  std::uint16_t port = 0;
  std::string ca_out;
  std::string truth;
  double speed = 1;
  double for_seconds = 0;
  bool plain = false;
  bool deflate = false;
  bool list_faults = false;
  bool json = false;
};

struct Certificates {
  std::shared_ptr<sys::TlsContext> own;
  std::shared_ptr<sys::TlsContext> alien;
};

// A certificate for all names from a new authority, whose certificate goes to a file; and one that nobody may accept.
sys::Outcome<Certificates> make_certificates(const std::string& ca_out) {
  constexpr Nanos lasting = seconds(30LL * 86'400);
  const Wall now = sys::wall_now();
  Certificates made;
  for (std::shared_ptr<sys::TlsContext>* context : {&made.own, &made.alien}) {
    const auto authority = sys::CertificateAuthority::make(now);
    if (!authority) return sys::fault(authority.error());
    const auto issued = authority->issue(fakex_names(), now, now + lasting);
    if (!issued) return sys::fault(issued.error());
    auto shown = sys::TlsContext::server(issued->certificate_pem, issued->key_pem);
    if (!shown) return sys::fault(shown.error());
    *context = std::move(*shown);
    if (context != &made.own || ca_out.empty()) continue;
    const auto file = sys::create_file(ca_out);
    if (!file) return sys::fault(file.error());
    if (const auto done = (*file)->write(authority->certificate_pem()); !done) return sys::fault(done.error());
    if (const auto done = (*file)->close(); !done) return sys::fault(done.error());
  }
  return made;
}

sys::Outcome<std::vector<market::FaultRule>> read_faults(const std::vector<std::string>& texts) {
  std::vector<market::FaultRule> rules;
  for (const std::string& text : texts) {
    const auto rule = market::parse_fault(text);
    if (!rule)
      return sys::fault(fmt::format("--fault {}: expected {} at character {}; \"crossbook fakex --faults\" lists them",
                                    text, rule.error().what, rule.error().offset + 1));
    rules.push_back(*rule);
  }
  return rules;
}

bool counts_symbols(const std::vector<std::string>& texts) {
  return texts.size() == 1 && !texts[0].empty() && texts[0].size() < 6 &&
         texts[0].find_first_not_of("0123456789") == std::string::npos;
}

// A list of symbols, or so many of each market that the venues have.
std::vector<market::InstrumentOptions> read_symbols(const Options& options) {
  if (!counts_symbols(options.symbols)) return market::named_instruments(options.symbols);
  std::vector<market::InstrumentOptions> all;
  for (const market::Contract contract : market::contracts) {
    if (std::ranges::find(options.venues, contract, market::contract_of) == options.venues.end()) continue;
    std::ranges::move(market::first_instruments(std::stoul(options.symbols[0]), contract), std::back_inserter(all));
  }
  return all;
}

void print_faults() {
  for (const market::FaultKindRow& kind : market::fault_kinds()) {
    std::string rate = "-";
    if (kind.scope != market::FaultScope::period) rate = fmt::format("{}", static_cast<double>(kind.rate_ppm) / 1e6);
    fmt::print("{:17} {:13} {:6} {}\n", kind.name, market::to_string(kind.scope), rate, kind.what);
  }
}

// All that one run holds.
class Fakex {
 public:
  explicit Fakex(const Options& options) : options_(options), clock_(sys::wall_now(), options.speed) {}

  sys::Status start() {
    auto rules = read_faults(options_.faults);
    if (!rules) return sys::fault(rules.error());
    if (!options_.plain) {
      auto made = make_certificates(options_.ca_out);
      if (!made) return sys::fault(made.error());
      certificates_ = *made;
    }
    if (!options_.truth.empty()) {
      auto opened = TruthWriter::create(options_.truth);
      if (!opened) return sys::fault(opened.error());
      truth_ = std::move(*opened);
    }
    if (!options_.captures.empty()) return start_recorded();
    const auto instruments = read_symbols(options_);
    for (std::size_t i = 0; i < options_.venues.size(); ++i)
      if (const auto done = add_venue(options_.venues[i], instruments, *rules, i); !done) return done;
    for (std::size_t i = 0; i < instruments.size(); ++i)
      if (!listed_.contains(i))
        return sys::fault(fmt::format("--symbols: no venue here lists {}", instruments[i].symbol));
    return check_targets(*rules);
  }

  void show() const {
    if (options_.json) {
      fmt::print("{}\n", description().dump());
    } else {
      const std::string what = options_.captures.empty() ? fmt::format("SIMULATED EXCHANGES (seed {})", options_.seed)
                                                         : std::string("RECORDED SESSION");
      fmt::print("{}, no real prices\n\n{:18} {:42} {}\n", what, "venue", "websocket", "rest");
      for (const auto& server : servers_)
        fmt::print("{:18} {:42} {}\n", server->side().feed(), url(*server, "ws") + server->side().path(),
                   url(*server, "http"));
      const std::vector<std::string> symbols = servers_.front()->side().symbols();
      const bool alike = std::ranges::all_of(
          servers_, [&](const auto& server) { return server->side().symbols().size() == symbols.size(); });
      fmt::print("\n{} symbols {}, {} first as {}\n", symbols.size(), alike ? "each" : "at the first", symbols.front(),
                 servers_.front()->side().feed());
      if (!options_.plain)
        fmt::print("{}\n",
                   options_.ca_out.empty()
                       ? "certificates are of an unknown authority; --ca-out FILE writes what clients must trust"
                       : "clients must trust " + options_.ca_out);
      fmt::print("Ctrl-C ends\n");
    }
    std::fflush(stdout);
  }

  void run() {
    loop_.on_signals({SIGINT, SIGTERM}, [this](int) { loop_.stop(); });
    sys::Timer end(loop_);
    if (options_.for_seconds > 0)
      end.after(Nanos(static_cast<std::int64_t>(options_.for_seconds * 1e9)), [this] { loop_.stop(); });
    loop_.run();
  }

  sys::Status finish() {
    Json venues = Json::array();
    for (const auto& server : servers_) venues.push_back(account(server->side()));
    if (options_.json) {
      fmt::print("{}\n", Json{{"ended", venues}}.dump());
    } else {
      for (const Json& venue : venues)
        fmt::print("{}: {} clients, {} messages in, {} out, {} book states, {} requests, {} refused{}\n",
                   venue["venue"].get<std::string>(), venue["clients"].dump(), venue["received"].dump(),
                   venue["sent"].dump(), venue["published"].dump(), venue["requests"].dump(), venue["refused"].dump(),
                   venue["faults"].empty() ? "" : ", faults " + venue["faults"].dump());
    }
    return truth_ == nullptr ? sys::Status() : truth_->close();
  }

 private:
  // A fault that can never strike is a mistake.
  sys::Status check_targets(const std::vector<market::FaultRule>& rules) const {
    for (const market::FaultRule& rule : rules) {
      if (std::ranges::none_of(options_.venues, [&](const auto& feed) { return market::names_feed(rule, feed); }))
        return sys::fault(fmt::format("--fault: no exchange here is called {}", rule.venue));
      if (!rule.symbol.empty() && !names_.contains(rule.symbol))
        return sys::fault(fmt::format("--fault: no exchange here lists {}", rule.symbol));
    }
    return {};
  }

  sys::Status start_recorded() {
    const auto feeds = recorded_feeds(options_.captures);
    if (!feeds) return sys::fault(feeds.error());
    for (std::size_t i = 0; i < feeds->size(); ++i) {
      auto side = recorded_side(options_.captures, (*feeds)[i], clock_.now());
      if (!side) return sys::fault(side.error());
      if (const auto done = serve(std::move(*side), i); !done) return done;
    }
    return {};
  }

  sys::Status add_venue(const std::string& feed, const std::vector<market::InstrumentOptions>& instruments,
                        const std::vector<market::FaultRule>& rules, std::size_t position) {
    auto venue = market::venue_listing(feed, instruments);
    if (!venue) {
      std::string known;
      for (const std::string_view one : market::endpoint_feeds()) known += fmt::format(" {}", one);
      return sys::fault(fmt::format("--venues: no \"{}\" here; there are{}", feed, known));
    }
    if (venue->listings.empty())
      return sys::fault(fmt::format("--symbols: {} lists none of them; its are like {}", feed,
                                    market::first_instruments(1, market::contract_of(feed)).front().symbol));
    for (const market::ListingOptions& listing : venue->listings) {
      listed_.insert(listing.instrument);
      names_.insert({listing.raw_symbol, instruments[listing.instrument].symbol});
    }
    market::EndpointOptions endpoint{.seed = options_.seed,
                                     .start = clock_.now(),
                                     .venue = std::move(*venue),
                                     .instruments = instruments,
                                     .faults = rules,
                                     .truths = truth_ != nullptr};
    return serve(std::make_unique<FakexSide>(std::move(endpoint)), position);
  }

  sys::Status serve(std::unique_ptr<FakexSide> side, std::size_t position) {
    const int port = options_.port == 0 ? 0 : options_.port + static_cast<int>(position);
    auto server = FakexServer::listen(loop_, clock_, std::move(side),
                                      {.port = static_cast<std::uint16_t>(port),
                                       .tls = certificates_.own,
                                       .alien = certificates_.alien,
                                       .deflate = options_.deflate});
    if (!server) return sys::fault(server.error());
    FakexServer& added = *servers_.emplace_back(std::move(*server));
    if (truth_ != nullptr)
      added.on_truth = [this, feed = std::string(added.side().feed())](const market::Truth& truth) {
        truth_->write(feed, truth);
      };
    return {};
  }

  [[nodiscard]] std::string url(const FakexServer& server, std::string_view scheme) const {
    return fmt::format("{}{}://localhost:{}", scheme, options_.plain ? "" : "s", server.port());
  }

  [[nodiscard]] Json description() const {
    Json venues = Json::array();
    for (const auto& server : servers_)
      venues.push_back({{"venue", server->side().feed()},
                        {"port", server->port()},
                        {"websocket", url(*server, "ws") + server->side().path()},
                        {"rest", url(*server, "http")},
                        {"symbols", server->side().symbols()}});
    return {{"seed", options_.seed},
            {"ca_file", options_.plain || options_.ca_out.empty() ? Json(nullptr) : Json(options_.ca_out)},
            {"venues", venues}};
  }

  static Json account(FakexSide& side) {
    Json faults = Json::object();
    for (const market::FaultKindRow& kind : market::fault_kinds())
      if (const std::int64_t struck = side.struck()[static_cast<std::size_t>(kind.fault)]; struck > 0)
        faults[std::string(kind.name)] = struck;
    const market::EndpointCounts& counts = side.counts();
    return {{"venue", side.feed()},          {"clients", counts.clients},
            {"received", counts.received},   {"sent", counts.sent},
            {"published", counts.published}, {"requests", counts.requests},
            {"refused", counts.refused},     {"faults", faults}};
  }

  const Options& options_;
  FakexClock clock_;
  sys::Loop loop_;
  Certificates certificates_;
  std::unique_ptr<TruthWriter> truth_;
  std::set<std::size_t> listed_;  // positions of instruments that a venue has
  std::set<std::string> names_;   // of those, as users and as venues write them
  std::vector<std::unique_ptr<FakexServer>> servers_;
};

Exit run(const Options& options) {
  if (options.list_faults) {
    print_faults();
    return Exit::ok;
  }
  Fakex fakex(options);
  if (const auto started = fakex.start(); !started) {
    fmt::print(stderr, "crossbook: {}\n", started.error());
    return Exit::usage;
  }
  fakex.show();
  fakex.run();
  if (const auto ended = fakex.finish(); !ended) {
    fmt::print(stderr, "crossbook: {}\n", ended.error());
    return Exit::partial;
  }
  return Exit::ok;
}

}  // namespace

void add_fakex(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand(
      "fakex", "Simulated exchanges on this machine: their WebSocket and REST protocols, with faults on demand");
  auto options = std::make_shared<Options>();
  command->add_option("--seed", options->seed, "Of the simulated market and the faults")->capture_default_str();
  command->add_option("--venues", options->venues, "Feeds, with commas between")->delimiter(',')->capture_default_str();
  command->add_option("--symbols", options->symbols, "How many, or which (BTC/USDT,BTC/USDT:USDT)")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--capture", options->captures, "Play recorded sessions instead, to each client from the start");
  command->add_option("--port", options->port, "Of the first venue, then one more each; 0 takes free ones")
      ->capture_default_str();
  command->add_option("--ca-out", options->ca_out, "Write the certificate that clients must trust to this file");
  command->add_flag("--plain", options->plain, "No TLS: ws and http");
  command->add_flag("--deflate", options->deflate, "Compress where the client offers permessage-deflate");
  command->add_option("--fault", options->faults,
                      "NAME[:rate=..][:venue=..][:symbol=..][:from=..][:for=..][:by=..][:count=..]; again for more");
  command->add_flag("--faults", options->list_faults, "List the faults with their usual rates, and end");
  command->add_option("--truth", options->truth, "Write every state of every book that was published to this file");
  command->add_option("--speed", options->speed, "1x, 10x, ...")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"x", 1}}, CLI::AsNumberWithUnit::UNIT_OPTIONAL))
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  add_for(*command, options->for_seconds);
  command->add_flag("--json", options->json, "One JSON object at the start and one at the end");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
