// SPDX-License-Identifier: Apache-2.0
#include "transcript.hpp"

#include <cstdio>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::sim {
namespace {

std::string name_of(const engine::Engine& engine, ListingId id) {
  return std::string(venue::feed(engine.listings()[id].feed).name);
}
std::string seconds_of(std::int64_t nanos) { return format_decimal(nanos, 9) + " s"; }
std::string bps_of(MicroBps spread) { return format_decimal(spread.count(), 6) + " bps"; }
void line(const std::string& text) { std::printf("    %s\n", text.c_str()); }

void print_spreads(const engine::Engine& engine) {
  std::string words;
  engine.guard().for_each_live([&](const guard::Order& order) {
    const guard::Spread spread = engine.guard().spread(order.watch);
    words += (words.empty() ? "" : ", ") + to_words(order.id) + " " + (spread ? bps_of(*spread) : "no spread");
    if (order.due) words += std::string(" must go");
  });
  if (!words.empty()) line("watched: " + words);
}

// Who is left out of the consolidated books, and why.
void print_excluded(const engine::Engine& engine) {
  std::string words;
  for (std::size_t i = 0; i < engine.groups(); ++i) {
    const engine::Group& group = engine.group(GroupId(static_cast<std::uint32_t>(i)));
    for (std::size_t m = 0; m < group.members.size(); ++m) {
      const auto member = static_cast<book::Member>(m);
      if (group.consolidated.contributes(member)) continue;
      words += (words.empty() ? "" : ", ") + group.consolidated.member(member).name + " " +
               to_string(group.consolidated.excluded(member));
    }
  }
  if (!words.empty()) line("left out: " + words);
}

}  // namespace

std::string to_words(OrderId id) { return std::to_string(static_cast<std::uint64_t>(id)); }

std::string to_words(const OrderTerms& terms, const engine::Engine& engine) {
  return std::string(to_string(terms.action)) + " " + format_decimal(terms.quantity.count(), terms.quantity_scale) +
         " at " + format_decimal(terms.price.count(), terms.price_scale) + " on " + name_of(engine, terms.listing) +
         ", " + to_string(terms.type);
}

std::string to_words(const OrderLimits& limits) {
  std::string words = limits.watched == WatchedSpread::consolidated ? ", watches all venues" : ", watches its venue";
  if (limits.spread_max) words += ", goes above " + bps_of(*limits.spread_max);
  if (limits.dwell > Nanos()) words += " for " + seconds_of(limits.dwell.count());
  if (limits.age_max) words += ", age " + seconds_of(limits.age_max->count());
  if (limits.data_age_max) words += ", data age " + seconds_of(limits.data_age_max->count());
  if (limits.expires_at) words += ", expires at " + seconds_of(limits.expires_at->nanos());
  return words;
}

std::string to_words(const OrderReport& report) {
  std::string words = "report " + to_words(report.order) + " " + to_string(report.kind);
  if (report.reason != OrderReason::ok) words += std::string(" ") + to_string(report.reason);
  if (report.kind == OrderReport::Kind::fill)
    words += " " + std::to_string(report.fill.quantity.count()) + " (trade " + std::to_string(report.fill.trade) + ")";
  if (report.kind == OrderReport::Kind::open || report.kind == OrderReport::Kind::absent)
    words += ", filled " + std::to_string(report.filled.count());
  return words;
}

void Transcript::input(const Input& input, const std::string& words) {
  std::printf("%s, wall %s: %s\n", seconds_of(input.at.nanos()).c_str(), seconds_of(input.wall.nanos()).c_str(),
              words.c_str());
}

void Transcript::effects(const Effects& effects, const engine::Engine& engine) {
  for (const Note& note : effects.notes)
    if (note.listing) line("book of " + name_of(engine, *note.listing) + ": " + to_string(note.reason));
  for (const PlaceOrder& place : effects.places) line("place " + to_words(place.order));
  for (const CancelOrder& cancel : effects.cancels)
    line("cancel " + to_words(cancel.order) + " " + to_string(cancel.reason) + ", try " +
         std::to_string(cancel.attempt));
  for (const QueryOrder& query : effects.queries) line("query " + to_words(query.order));
  for (const OrderChange& change : effects.order_changes)
    line(to_words(change.order) + " " + to_string(change.from) + " > " + to_string(change.to) + " " +
         to_string(change.reason) + (change.fill ? ", filled " + std::to_string(change.filled.count()) : ""));
  for (const OrderAlarm& alarm : effects.alarms) line("alarm " + to_words(alarm.order) + " " + to_string(alarm.kind));
  print_spreads(engine);
  print_excluded(engine);
}

}  // namespace crossbook::sim
