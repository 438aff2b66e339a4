// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "crossbook/guard/guard.hpp"

// A guard with one watch and one account, told in a few words, for tests.
namespace crossbook::guard {

[[nodiscard]] constexpr MicroBps bps(std::int64_t whole) { return MicroBps(whole * 1'000'000); }

struct Desk {
  using Kind = OrderReport::Kind;

  explicit Desk(const GuardOptions& options = {}, const std::optional<BudgetOptions>& budget = {})
      : guard(options), all(guard.add_watch(true)), account(guard.add_account(budget)) {}

  Desk& place(std::uint64_t id, const OrderLimits& limits) {
    PlaceCommand command{OrderId(id), {}, limits};
    command.terms.price = Price(10'000);
    command.terms.quantity = Quantity(100);
    return place(command);
  }
  Desk& place(const PlaceCommand& command) {
    guard.place(command, all, account, now, wall(), effects);
    return *this;
  }
  // An order that must go above this spread.
  Desk& place_below(std::uint64_t id, std::int64_t whole_bps) {
    OrderLimits limits;
    limits.spread_max = bps(whole_bps);
    return place(id, limits);
  }
  Desk& rest_below(std::uint64_t id, std::int64_t whole_bps) {
    return place_below(id, whole_bps).says(id, Kind::acknowledged);
  }

  Desk& says(std::uint64_t id, Kind kind, OrderReason reason = OrderReason::ok, std::int64_t filled = 0) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = kind;
    report.reason = reason;
    report.filled = Quantity(filled);
    guard.on_report(report, now, wall(), effects);
    return *this;
  }
  Desk& fills(std::uint64_t id, std::uint64_t trade, std::int64_t quantity) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = Kind::fill;
    report.fill.trade = trade;
    report.fill.price = Price(10'000);
    report.fill.quantity = Quantity(quantity);
    guard.on_report(report, now, wall(), effects);
    return *this;
  }
  Desk& spread(std::int64_t whole_bps) { return spread_is(bps(whole_bps)); }
  Desk& no_spread() { return spread_is({}); }
  Desk& spread_is(Spread spread) {
    guard.on_spread(all, spread, now, wall(), effects);
    return *this;
  }
  Desk& cancel(std::uint64_t id, OrderReason reason = OrderReason::manual) {
    guard.cancel({OrderId(id), reason}, now, wall(), effects);
    return *this;
  }
  Desk& stop() {
    guard.stop(now, wall(), effects);
    return *this;
  }
  Desk& wait(Nanos time) {
    now = now + time;
    guard.advance(now, wall(), effects);
    return *this;
  }

  [[nodiscard]] Wall wall() const { return Wall(now.nanos() + 1'700'000'000'000'000'000); }
  [[nodiscard]] OrderState state(std::uint64_t id) const { return guard.find(OrderId(id))->state; }
  [[nodiscard]] std::int64_t filled(std::uint64_t id) const { return guard.find(OrderId(id))->filled.count(); }

  // What was asked for and told since the last call, a word each: "place 1", "cancel 1 manual", "1 pending>active".
  std::vector<std::string> told() {
    std::vector<std::string> words;
    const auto id = [](OrderId order) { return std::to_string(static_cast<std::uint64_t>(order)); };
    for (const auto& place : effects.places) words.push_back("place " + id(place.order));
    for (const auto& cancel : effects.cancels)
      words.push_back("cancel " + id(cancel.order) + " " + to_string(cancel.reason));
    for (const auto& query : effects.queries) words.push_back("query " + id(query.order));
    for (const auto& alarm : effects.alarms)
      words.push_back(std::string("alarm ") + id(alarm.order) + " " + to_string(alarm.kind));
    for (const auto& change : effects.order_changes) {
      std::string word = id(change.order) + " " + to_string(change.from) + ">" + to_string(change.to);
      if (change.reason != OrderReason::ok) word += std::string(" ") + to_string(change.reason);
      if (change.fill) word += " +" + std::to_string(change.fill->quantity.count());
      words.push_back(word);
    }
    effects.clear();
    return words;
  }

  Guard guard;
  Effects effects;
  WatchId all;
  AccountId account;
  Steady now{1'000'000'000'000};
};

}  // namespace crossbook::guard
