// SPDX-License-Identifier: Apache-2.0
#include "route_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "book_text.hpp"
#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

constexpr int fx_digits = 4;  // converted prices are finer than a tick: rounding them costs less than one in 10^4 of it

// The scale of a value may be finer than that of any one number.
Result<Wide> parse_value(std::string_view text, int scale) {
  const int read_at = std::min(scale, scale_max);
  CROSSBOOK_TRY(count, parse_decimal_wide(text, read_at));
  return rescale_wide(count, read_at, scale);
}

// "BTC/USDT:USDT" is BTC and USDT:USDT.
std::pair<std::string, std::string> currencies_of(const std::string& symbol) {
  const std::size_t slash = symbol.find('/');
  if (slash == std::string::npos) return {symbol, ""};
  return {symbol.substr(0, slash), symbol.substr(slash + 1)};
}

// One consolidated book of the request, and the rate that brings its prices into the plan's currency.
struct Part {
  GroupId group{};
  std::string symbol;
  std::optional<FxUsed> fx;
};

// Reads the members of the parts as venues of a request.
class Reading {
 public:
  Reading(const shard::Player& player, VenueCosts& costs, RouteReport& report)
      : player_(player), costs_(costs), report_(report) {}

  sys::Outcome<void> read(const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      const engine::Group& group = player_.engine().group(part.group);
      for (std::size_t m = 0; m < group.members.size(); ++m) {
        const auto member = static_cast<book::Member>(m);
        const std::string& name = group.consolidated.member(member).name;
        if (!group.consolidated.contributes(member)) {
          report_.out.emplace_back(part.fx ? name + " " + part.symbol : name, group.consolidated.excluded(member));
        } else if (const auto added = add(part, group, member); !added) {
          return added;
        }
      }
    }
    for (std::size_t v = 0; v < venues_.size(); ++v) venues_[v].levels = levels_[v];
    return {};
  }
  [[nodiscard]] const std::vector<RouteVenue>& venues() const { return venues_; }

 private:
  sys::Outcome<void> add(const Part& part, const engine::Group& group, book::Member member) {
    const Listing& listing = player_.engine().listings()[group.members[member]];
    RouteParty& party = report_.parties.emplace_back();
    party.venue = venue::feed(listing.feed).venue;
    party.symbol = part.symbol;
    std::tie(party.base, party.quote) = currencies_of(part.symbol);
    party.fx = part.fx;
    const CostKey key{party.venue, std::string(venue::feed(listing.feed).name), part.symbol};
    party.fee = costs_.taker_fee(key);
    party.latency = costs_.order_latency(key);
    const book::VenueBook& book = *player_.engine().books(group)[member];
    const auto heard = book.last_applied_wall();
    party.age = heard ? player_.last_t() - *heard : Nanos(0);
    party.tau = party.age + party.latency.time;
    take_levels(party, group, member, book);
    RouteVenue& venue = venues_.emplace_back();
    venue.fee = party.fee.rate;
    venue.latency = latency_rate(pricing(report_.sigma), party.tau);
    if (party.fx) {
      party.fx->latency = latency_rate(pricing(party.fx->sigma), party.fx->rate.age + party.latency.time);
      venue.latency = venue.latency + party.fx->latency;
    }
    return set_rules(venue, party, group, member, listing);
  }

  [[nodiscard]] LatencyPricing pricing(const Sigma& sigma) const {
    LatencyPricing pricing = report_.options.pricing;
    pricing.volatility = sigma.per_sqrt_second;
    return pricing;
  }

  void take_levels(RouteParty& party, const engine::Group& group, book::Member member, const book::VenueBook& book) {
    const book::Consolidated& view = group.consolidated;
    party.own_price_scale = view.price_scale();
    const Side side = taken_side(report_.options.action);
    const std::int64_t price_factor = power_of_ten(report_.price_scale - view.price_scale());
    const Wide quantity_factor = power_of_ten(report_.quantity_scale - view.quantity_scale());
    std::vector<Level>& levels = levels_.emplace_back();
    book.for_each(side, [&](const book::WideLevel& level) {
      const auto own = view.to_group(member, level.price);
      const auto quantity = narrow(view.to_group(member, level.quantity).count() * quantity_factor);
      const auto price = own ? narrow(wide_product(own->count(), price_factor)) : std::nullopt;
      party.clipped = !price || !quantity;
      if (!party.clipped && *quantity > 0) {
        levels.push_back({Price(*price), Quantity(*quantity)});
        if (party.fx) party.own.push_back({*own, Quantity(*quantity)});
      }
      return !party.clipped;
    });
    if (party.fx) convert_levels(side, party.fx->rate, levels, party.clipped);
    else party.own_price_scale = report_.price_scale;
  }

  // A rule that is finer than any number of the feed so far is met by the feed's own finest digit.
  sys::Outcome<void> set_rules(RouteVenue& venue, const RouteParty& party, const engine::Group& group,
                               book::Member member, const Listing& listing) const {
    const book::Consolidated& view = group.consolidated;
    const Wide quantity_factor = power_of_ten(report_.quantity_scale - view.quantity_scale());
    const auto of_feed = [&](const std::optional<std::string>& text, std::int64_t otherwise) {
      std::int64_t count = otherwise;
      if (text)
        if (const auto parsed = parse_decimal(*text, listing.quantity_scale)) count = *parsed;
      const auto scaled = narrow(view.to_group(member, WideQuantity(count)).count() * quantity_factor);
      return Quantity(scaled ? std::max<std::int64_t>(otherwise, *scaled) : std::numeric_limits<std::int64_t>::max());
    };
    venue.lot = of_feed(listing.instrument.lot_size, 1);
    venue.min_quantity = of_feed(listing.instrument.min_quantity, 0);
    std::optional<std::string> min_notional = listing.instrument.min_notional;
    if (const auto given = report_.options.rules.find(party.venue); given != report_.options.rules.end()) {
      if (given->second.min_notional) min_notional = given->second.min_notional;
      if (const auto set = set_quantity("lot", given->second.lot, venue.lot); !set) return set;
      Quantity cap;
      if (const auto set = set_quantity("cap", given->second.cap, cap); !set) return set;
      if (given->second.cap) venue.cap = cap;
    }
    if (min_notional) venue.min_notional = value_of_minimum(party, *min_notional);
    return {};
  }

  sys::Outcome<void> set_quantity(const char* option, const std::optional<std::string>& text, Quantity& into) const {
    if (!text) return {};
    const auto count = parse_decimal(*text, report_.quantity_scale);
    if (!count || *count <= 0)
      return sys::fault(fmt::format("--{} {} is not a number above zero with at most {} decimals", option, *text,
                                    report_.quantity_scale));
    into = Quantity(*count);
    return {};
  }

  // In the plan's currency and at its scales.
  [[nodiscard]] Wide value_of_minimum(const RouteParty& party, const std::string& text) const {
    const auto least = parse_value(text, report_.price_scale + report_.quantity_scale);
    if (!least) return 0;
    if (!party.fx) return *least;
    const FxRate& rate = party.fx->rate;
    const std::int64_t units = taken_side(report_.options.action) == Side::ask ? rate.ask.count() : rate.bid.count();
    return static_cast<Wide>(to_double(*least) *
                             (static_cast<double>(units) / static_cast<double>(power_of_ten(rate.scale)))) +
           1;
  }

  const shard::Player& player_;
  VenueCosts& costs_;
  RouteReport& report_;
  std::vector<std::vector<Level>> levels_;
  std::vector<RouteVenue> venues_;
};

// The plan's own book, and those of the same base whose quote currency an --fx leg turns into the plan's.
std::vector<Part> parts_of(const shard::Player& player, GroupId id, const SigmaOf& sigma_of, RouteReport& report) {
  std::vector<Part> parts{{id, report.symbol, {}}};
  const auto [base, quote] = currencies_of(report.symbol);
  for (const FxLeg& leg : report.options.fx) {
    std::size_t joined = 0;
    for (std::size_t g = 0; g < player.engine().groups(); ++g) {
      const std::string& name = player.engine().group(GroupId(g)).name;
      const auto [other_base, other_quote] = currencies_of(name);
      if (other_base != base || other_quote == quote || !joins(leg, other_quote, quote)) continue;
      ++joined;
      auto rate = rate_between(leg, other_quote, quote, player);
      if (!rate) {
        report.notes.push_back(fmt::format("{} is left out: {}", name, rate.error()));
        continue;
      }
      Sigma sigma = leg.declared ? Sigma{1e-4, "default: a declared rate is not measured"} : sigma_of(leg.pair());
      parts.push_back(
          {GroupId(g), name, FxUsed{other_quote + "/" + quote, *rate, leg.declared.has_value(), sigma, {}}});
    }
    if (joined == 0)
      report.notes.push_back(
          fmt::format("--fx {}: these captures hold no {} book that it would turn into {}", leg.pair(), base, quote));
  }
  return parts;
}

sys::Outcome<void> set_amount(const RouteReport& report, RouteRequest& request) {
  const RouteOptions& options = report.options;
  const bool by_size = !options.size.empty();
  const std::string& text = by_size ? options.size : options.notional;
  const int scale = report.quantity_scale + (by_size ? 0 : report.price_scale);
  const auto count = parse_value(text, scale);
  const auto size = count ? narrow(*count) : std::nullopt;
  if (!count || *count <= 0 || (by_size && !size))
    return sys::fault(fmt::format("--{} {} is not a number above zero with at most {} decimals",
                                  by_size ? "size" : "notional", text, scale));
  if (by_size) request.size = Quantity(*size);
  if (!by_size) request.notional = *count;
  return {};
}

std::optional<std::size_t> home_of(const RouteReport& report) {
  for (std::size_t v = 0; v < report.parties.size(); ++v)
    if (report.parties[v].venue == report.options.home) return v;
  return {};
}

// What the user said of venues that are not in the plan has no effect; that is said.
void note_unused_rules(RouteReport& report) {
  for (const auto& [venue, rules] : report.options.rules) {
    const auto in_plan = [&](const RouteParty& party) { return party.venue == venue; };
    if (std::none_of(report.parties.begin(), report.parties.end(), in_plan))
      report.notes.push_back(fmt::format("{}: what was said of it has no effect, it does not contribute", venue));
  }
}

void set_scales(const shard::Player& player, const std::vector<Part>& parts, RouteReport& report) {
  for (const Part& part : parts) {
    const book::Consolidated& view = player.engine().group(part.group).consolidated;
    report.price_scale = std::max(report.price_scale, view.price_scale());
    report.quantity_scale = std::max(report.quantity_scale, view.quantity_scale());
  }
  if (parts.size() > 1) report.price_scale = std::min(report.price_scale + fx_digits, scale_max);
}

}  // namespace

sys::Outcome<RouteReport> route_report(const shard::Player& player, GroupId group, const RouteOptions& options,
                                       VenueCosts& costs, const SigmaOf& sigma_of) {
  RouteReport report;
  report.symbol = player.engine().group(group).name;
  report.quote = currencies_of(report.symbol).second;
  report.at = player.last_t();
  report.options = options;
  report.sigma = sigma_of(report.symbol);
  const std::vector<Part> parts = parts_of(player, group, sigma_of, report);
  set_scales(player, parts, report);
  Reading reading(player, costs, report);
  if (const auto read = reading.read(parts); !read) return sys::fault(read.error());
  note_unused_rules(report);
  RouteRequest request;
  request.action = options.action;
  request.venues = reading.venues();
  if (const auto amount = set_amount(report, request); !amount) return sys::fault(amount.error());
  request.home = home_of(report);
  auto plan = Router().route(request);
  if (!plan) return sys::fault(fmt::format("cannot route: expected {}", plan.error().what));
  report.plan = *std::move(plan);
  return report;
}

}  // namespace crossbook::app
