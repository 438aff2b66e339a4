// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <memory>

#include "book_text.hpp"
#include "commands.hpp"
#include "playback.hpp"
#include "route_report.hpp"

namespace crossbook::app {
namespace {

struct Options {
  std::vector<std::string> files;
  RouteOptions route;
  std::string side;
  std::vector<std::string> fees;
  std::int64_t at = 0;
  bool has_at = false;
  bool json = false;
};

// "kraken=12.5": bps.
bool read_fees(const Options& options, RouteOptions& route) {
  for (const std::string& text : options.fees) {
    const std::size_t equals = text.find('=');
    char* end = nullptr;
    const double bps = equals == std::string::npos ? 0.0 : std::strtod(text.c_str() + equals + 1, &end);
    if (equals == std::string::npos || equals == 0 || end == text.c_str() + equals + 1 || *end != '\0' ||
        !(bps > -1'000 && bps < 1'000)) {
      fmt::print(stderr, "crossbook: --fee {} is not VENUE=BPS with a rate within 1000 bps\n", text);
      return false;
    }
    route.fees_bps[text.substr(0, equals)] = bps;
  }
  return true;
}

Exit run(const Options& options) {
  RouteOptions route = options.route;
  route.action = options.side == "buy" ? Action::buy : Action::sell;
  if (!read_fees(options, route)) return Exit::usage;
  if (route.size.empty() == route.notional.empty()) {
    fmt::print(stderr, "crossbook: give either --size (base units) or --notional (quote units)\n");
    return Exit::usage;
  }
  auto source = open_captures(options.files);
  if (!source) {
    fmt::print(stderr, "crossbook: {}\n", source.error());
    return Exit::usage;
  }
  shard::Player player(shard::PlayerOptions{});
  Playback playback(**source, player, {.speed = {}, .label = "route"});
  while (playback.step(options.has_at ? std::optional(Wall(options.at)) : std::nullopt)) {
  }
  const auto group = group_of(player.engine(), route.symbol);
  if (!group) {
    fmt::print(stderr, "crossbook: no book of {} in these captures; there are: {}\n", route.symbol,
               symbols_of(player.engine()));
    return Exit::not_ready;
  }
  const auto report = route_report(player, *group, route);
  if (!report) {
    fmt::print(stderr, "crossbook: {}\n", report.error());
    return Exit::usage;
  }
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
  command->add_option("--fee", options->fees, "VENUE=BPS instead of the published taker fee; may be repeated");
  command->add_option("--latency-ms", options->route.latency_ms, "From decision to the venue's book")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  command->add_option("--latency-weight", options->route.pricing.weight, "0: being late costs nothing; 1: all of it")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--volatility", options->route.pricing.volatility, "A fraction per square root of a second")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, at, &exit] {
    options->has_at = at->count() > 0;
    exit = run(*options);
  });
}

}  // namespace crossbook::app
