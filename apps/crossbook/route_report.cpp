// SPDX-License-Identifier: Apache-2.0
#include "route_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "book_text.hpp"
#include "crossbook/api/published_fees.hpp"
#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

constexpr MicroBps fee_default{5'000'000};  // the seed's taker fee where nothing is known

// The scale of a value may be finer than that of any one number.
Result<Wide> parse_value(std::string_view text, int scale) {
  const int read_at = std::min(scale, scale_max);
  CROSSBOOK_TRY(count, parse_decimal_wide(text, read_at));
  return rescale_wide(count, read_at, scale);
}

// Reads the members of a group as venues of a request.
class Reading {
 public:
  Reading(const shard::Player& player, GroupId id, const RouteOptions& options, RouteReport& report)
      : player_(player),
        group_(player.engine().group(id)),
        books_(player.engine().books(group_)),
        options_(options),
        report_(report) {}

  void read() {
    const Side side = taken_side(options_.action);
    for (std::size_t m = 0; m < group_.members.size(); ++m) {
      const auto member = static_cast<book::Member>(m);
      if (view().contributes(member)) {
        add(member, side);
      } else {
        report_.out.emplace_back(view().member(member).name, view().excluded(member));
      }
    }
    for (std::size_t v = 0; v < venues_.size(); ++v) venues_[v].levels = levels_[v];
  }
  [[nodiscard]] const std::vector<RouteVenue>& venues() const { return venues_; }

 private:
  [[nodiscard]] const book::Consolidated& view() const { return group_.consolidated; }

  void add(book::Member member, Side side) {
    const Listing& listing = player_.engine().listings()[group_.members[member]];
    RouteParty& party = report_.parties.emplace_back();
    party.venue = venue::feed(listing.feed).venue;
    set_fee(party, listing);
    const auto heard = books_[member]->last_applied_wall();
    party.age = heard ? player_.last_t() - *heard : Nanos(0);
    party.tau = party.age + Nanos(static_cast<std::int64_t>(options_.latency_ms * 1e6));
    std::vector<Level>& levels = levels_.emplace_back();
    books_[member]->for_each(side, [&](const book::WideLevel& level) {
      const auto price = view().to_group(member, level.price);
      const auto quantity = narrow(view().to_group(member, level.quantity).count());
      party.clipped = !price || !quantity;
      if (!party.clipped && *quantity > 0) levels.push_back({*price, Quantity(*quantity)});
      return !party.clipped;
    });
    RouteVenue& venue = venues_.emplace_back();
    venue.fee = party.fee;
    venue.latency = latency_rate(options_.pricing, party.tau);
    set_rules(venue, member, listing);
  }

  void set_fee(RouteParty& party, const Listing& listing) const {
    if (const auto given = options_.fees_bps.find(party.venue); given != options_.fees_bps.end()) {
      party.fee = MicroBps(static_cast<std::int64_t>(given->second * 1e6 + (given->second < 0 ? -0.5 : 0.5)));
      party.fee_source = "given";
      return;
    }
    const bool derivative = listing.instrument.symbol.find(':') != std::string::npos;
    const FeeTier* tier = published_fee_schedules().find(party.venue, derivative ? "derivatives" : "spot", 0);
    party.fee = tier == nullptr ? fee_default : tier->taker;
    party.fee_source = tier == nullptr
                           ? "default: nothing published is known"
                           : fmt::format("published {}{}", tier->read_on, tier->unverified ? " (unverified)" : "");
  }

  // A rule that is finer than any number of the feed so far is met by the feed's own finest digit.
  void set_rules(RouteVenue& venue, book::Member member, const Listing& listing) const {
    const auto in_group = [&](const std::optional<std::string>& text, std::int64_t otherwise) {
      std::int64_t count = otherwise;
      if (text)
        if (const auto parsed = parse_decimal(*text, listing.quantity_scale)) count = *parsed;
      const auto scaled = narrow(view().to_group(member, WideQuantity(count)).count());
      return Quantity(scaled ? std::max<std::int64_t>(otherwise, *scaled) : std::numeric_limits<std::int64_t>::max());
    };
    venue.lot = in_group(listing.instrument.lot_size, 1);
    venue.min_quantity = in_group(listing.instrument.min_quantity, 0);
    if (listing.instrument.min_notional)
      if (const auto least =
              parse_value(*listing.instrument.min_notional, view().price_scale() + view().quantity_scale()))
        venue.min_notional = *least;
  }

  const shard::Player& player_;
  const engine::Group& group_;
  std::vector<const book::VenueBook*> books_;
  const RouteOptions& options_;
  RouteReport& report_;
  std::vector<std::vector<Level>> levels_;
  std::vector<RouteVenue> venues_;
};

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

}  // namespace

sys::Outcome<RouteReport> route_report(const shard::Player& player, GroupId group, const RouteOptions& options) {
  const engine::Group& found = player.engine().group(group);
  RouteReport report;
  report.symbol = found.name;
  report.at = player.last_t();
  report.options = options;
  report.price_scale = found.consolidated.price_scale();
  report.quantity_scale = found.consolidated.quantity_scale();
  Reading reading(player, group, options, report);
  reading.read();
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
