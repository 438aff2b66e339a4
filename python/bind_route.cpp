// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/crossbook/book_text.hpp"
#include "apps/crossbook/route_report.hpp"
#include "apps/crossbook/sigma_meters.hpp"
#include "apps/crossbook/source.hpp"
#include "bindings.hpp"
#include "values.hpp"

namespace py = pybind11;

namespace crossbook::python {
namespace {

constexpr std::size_t records_between_signals = 20'000;

using Texts = std::map<std::string, std::string>;

void read_rules(const py::dict& given, const char* name, std::optional<std::string> app::VenueRules::* rule,
                std::map<std::string, app::VenueRules>& rules) {
  for (const auto& [venue, text] : given[name].cast<Texts>()) rules[venue].*rule = text;
}

app::RouteOptions read_options(const py::dict& given) {
  app::RouteOptions route;
  route.symbol = given["symbol"].cast<std::string>();
  const auto side = given["side"].cast<std::string>();
  if (side != "buy" && side != "sell")
    raise(classes().input_error, "side must be \"buy\" or \"sell\", not \"" + side + "\"");
  route.action = side == "buy" ? Action::buy : Action::sell;
  route.size = given["size"].cast<std::string>();
  route.notional = given["notional"].cast<std::string>();
  route.home = given["home"].cast<std::string>();
  route.pricing.weight = given["latency_weight"].cast<double>();
  read_rules(given, "caps", &app::VenueRules::cap, route.rules);
  read_rules(given, "lots", &app::VenueRules::lot, route.rules);
  read_rules(given, "min_notionals", &app::VenueRules::min_notional, route.rules);
  for (const auto& text : given["fx"].cast<std::vector<std::string>>()) {
    auto leg = app::parse_fx(text);
    if (!leg) raise(classes().input_error, leg.error());
    route.fx.push_back(*std::move(leg));
  }
  return route;
}

// Plays to the end, or to `until`; other threads may run meanwhile.
void play(app::Source& source, shard::Player& player, app::SigmaMeters& meters, std::optional<Wall> until) {
  bool more = true;
  while (more) {
    {
      const py::gil_scoped_release released;
      for (std::size_t i = 0; more && i < records_between_signals; ++i) {
        const capture::Arrival* const arrival = source.next();
        more = arrival != nullptr && (!until || arrival->t <= *until);
        if (!more) break;
        player.play(*arrival, arrival->connection, arrival->at);
        meters.observe();
      }
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  }
  meters.settle();
}

// The object that "crossbook route --json" prints.
std::string route(const std::vector<std::string>& files, const py::dict& given) {
  const app::RouteOptions options = read_options(given);
  auto source = app::open_captures(files);
  if (!source) raise(classes().capture_error, source.error());
  shard::Player player(shard::PlayerOptions{});
  std::vector<std::string> symbols{options.symbol};
  for (const app::FxLeg& leg : options.fx) symbols.push_back(leg.pair());
  app::SigmaMeters meters(player, std::move(symbols));
  std::optional<Wall> until;
  if (!given["at"].is_none()) until = Wall(given["at"].cast<std::int64_t>());
  play(**source, player, meters, until);

  const auto group = app::group_of(player.engine(), options.symbol);
  if (!group)
    raise(classes().capture_error,
          "no book of " + options.symbol + " in these captures; there are: " + app::symbols_of(player.engine()));
  const Nanos latency(static_cast<std::int64_t>(given["latency_ms"].cast<double>() * 1e6));
  app::VenueCosts costs(given["fees"].cast<std::map<std::string, double>>(), latency);
  if (const auto store = given["store"].cast<std::string>(); !store.empty())
    if (const auto attached = costs.attach(store, player.last_t()); !attached)
      raise(classes().store_error, attached.error());
  const auto volatility = given["volatility"].cast<std::optional<double>>();
  const auto sigma_of = [&](const std::string& symbol) {
    return volatility ? app::Sigma{*volatility, "given"} : meters.sigma(symbol);
  };
  const auto report = app::route_report(player, *group, options, costs, sigma_of);
  if (!report) raise(classes().input_error, report.error());
  return app::route_json(*report);
}

}  // namespace

void bind_route(py::module_& module) { module.def("route", &route); }

}  // namespace crossbook::python
