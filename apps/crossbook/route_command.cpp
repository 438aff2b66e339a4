// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>

#include "book_text.hpp"
#include "commands.hpp"
#include "crossbook/venue/registry.hpp"
#include "playback.hpp"
#include "route_report.hpp"
#include "sigma_meters.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::vector<std::string> files;
  RouteOptions route;
  std::string side;
  std::vector<std::string> fees;
  std::vector<std::string> caps;
  std::vector<std::string> lots;
  std::vector<std::string> min_notionals;
  std::vector<std::string> fx;
  std::string store;
  double latency_ms = 50.0;
  std::optional<double> volatility;
  std::int64_t at = 0;
  bool has_at = false;
  bool json = false;
};

bool is_venue(const char* option, const std::string& text, std::string_view venue) {
  if (venue::is_venue(venue)) return true;
  fmt::print(stderr, "crossbook: --{} {}: no venue is named '{}'; crossbook venues lists them\n", option, text, venue);
  return false;
}

// "kraken=12.5" as venue and text; nothing, and a message, where it has another form or names no venue.
std::optional<std::pair<std::string, std::string>> split_rule(const char* option, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    fmt::print(stderr, "crossbook: --{} {} is not VENUE=NUMBER\n", option, text);
    return {};
  }
  auto rule = std::pair(text.substr(0, equals), text.substr(equals + 1));
  if (!is_venue(option, text, rule.first)) return {};
  return rule;
}

std::optional<std::map<std::string, double>> read_fees(const Options& options) {
  std::map<std::string, double> fees;
  for (const std::string& text : options.fees) {
    const auto rule = split_rule("fee", text);
    if (!rule) return {};
    char* end = nullptr;
    const double bps = std::strtod(rule->second.c_str(), &end);
    if (*end != '\0' || !(bps > -1'000 && bps < 1'000)) {
      fmt::print(stderr, "crossbook: --fee {} is not VENUE=BPS with a rate within 1000 bps\n", text);
      return {};
    }
    fees[rule->first] = bps;
  }
  return fees;
}

bool read_rules(const Options& options, RouteOptions& route) {
  const auto read = [&](const char* name, const std::vector<std::string>& texts,
                        std::optional<std::string> VenueRules::* rule_of) {
    return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
      const auto rule = split_rule(name, text);
      if (rule) route.rules[rule->first].*rule_of = rule->second;
      return rule.has_value();
    });
  };
  return read("cap", options.caps, &VenueRules::cap) && read("lot", options.lots, &VenueRules::lot) &&
         read("min-notional", options.min_notionals, &VenueRules::min_notional);
}

bool read_fx(const Options& options, RouteOptions& route) {
  for (const std::string& text : options.fx) {
    auto leg = parse_fx(text);
    if (!leg) {
      fmt::print(stderr, "crossbook: {}\n", leg.error());
      return false;
    }
    route.fx.push_back(*std::move(leg));
  }
  return true;
}

Exit usage(const std::string& sentence) {
  fmt::print(stderr, "crossbook: {}\n", sentence);
  return Exit::usage;
}

Exit run(const Options& options) {
  RouteOptions route = options.route;
  route.action = options.side == "buy" ? Action::buy : Action::sell;
  const auto fees = read_fees(options);
  if (!fees || !read_rules(options, route) || !read_fx(options, route)) return Exit::usage;
  if (!route.home.empty() && !is_venue("home", route.home, route.home)) return Exit::usage;
  if (route.size.empty() == route.notional.empty())
    return usage("give either --size (base units) or --notional (quote units)");
  auto source = open_captures(options.files);
  if (!source) return usage(source.error());
  std::vector<std::string> symbols{route.symbol};
  for (const FxLeg& leg : route.fx) symbols.push_back(leg.pair());
  shard::Player player(shard::PlayerOptions{});
  SigmaMeters meters(player, std::move(symbols));
  Playback playback(**source, player, {.speed = {}, .label = "route"});
  while (playback.step(options.has_at ? std::optional(Wall(options.at)) : std::nullopt)) meters.observe();
  meters.settle();
  const auto group = group_of(player.engine(), route.symbol);
  if (!group) {
    fmt::print(stderr, "crossbook: no book of {} in these captures; there are: {}\n", route.symbol,
               symbols_of(player.engine()));
    return Exit::not_ready;
  }
  VenueCosts costs(*fees, Nanos(static_cast<std::int64_t>(options.latency_ms * 1e6)));
  if (!options.store.empty()) {
    if (const auto attached = costs.attach(options.store, player.last_t()); !attached) return usage(attached.error());
  }
  const auto sigma_of = [&](const std::string& symbol) {
    return options.volatility ? Sigma{*options.volatility, "given"} : meters.sigma(symbol);
  };
  const auto report = route_report(player, *group, route, costs, sigma_of);
  if (!report) return usage(report.error());
  fmt::print("{}", options.json ? route_json(*report) : route_text(*report));
  if (report->plan.legs.empty()) return Exit::not_ready;
  return (*source)->cut() ? Exit::partial : Exit::ok;
}

}  // namespace

void add_route(CLI::App& program, Exit& exit) {
  CLI::App* command =
      program.add_subcommand("route", "Split an order over venues by what it really costs: price, fee, latency");
  auto options = std::make_shared<Options>();
  command->add_option("--symbol", options->route.symbol, "BTC/USDT, as ccxt writes it")->required();
  command->add_option("--side", options->side, "buy or sell")->required()->check(CLI::IsMember({"buy", "sell"}));
  command->add_option("--size", options->route.size, "How much, in base units");
  command->add_option("--notional", options->route.notional, "For how much, in quote units");
  command->add_option("--capture", options->files, "Capture files, merged by receive time")->required();
  auto* at = command->add_option("--at", options->at, "As of the last record with t <= NS");
  command->add_option("--home", options->route.home, "The venue to compare with");
  command->add_option(
      "--store", options->store,
      "Fees and latencies learned from your executions (crossbook calibrate) instead of published ones");
  command->add_option("--fee", options->fees, "VENUE=BPS, before anything learned or published; may be repeated");
  command->add_option("--cap", options->caps, "VENUE=SIZE: the most that is sent there, in base units");
  command->add_option("--lot", options->lots, "VENUE=SIZE instead of what the captures say, in base units");
  command->add_option("--min-notional", options->min_notionals,
                      "VENUE=VALUE instead of what the captures say, in its quote currency");
  command->add_option("--fx", options->fx,
                      "USDC/USDT=BID:ASK@AGE joins books in USDC at that rate; USDC/USDT takes the captures' best");
  command->add_option("--latency-ms", options->latency_ms, "From decision to the venue's book, where none was learned")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  command->add_option("--latency-weight", options->route.pricing.weight, "0: being late costs nothing; 1: all of it")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--volatility", options->volatility, "A fraction per square root of a second (default: measured)")
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, at, &exit] {
    options->has_at = at->count() > 0;
    exit = run(*options);
  });
}

}  // namespace crossbook::app
