// SPDX-License-Identifier: Apache-2.0
#include "crossbook/tca/tracker.hpp"

#include <algorithm>
#include <array>

#include "crossbook/book/merge.hpp"
#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"

namespace crossbook::tca {
namespace {

Top top_of(const book::Consolidated& group) {
  Top top;
  if (const auto& bid = group.best(Side::bid)) top.bid = bid->price;
  if (const auto& ask = group.best(Side::ask)) top.ask = ask->price;
  return top;
}

std::optional<Price> scaled(std::optional<Price> price, int from, int to) {
  if (!price) return {};
  const Result<std::int64_t> count = rescale(price->count(), from, to);
  if (!count) return {};
  return Price(*count);
}
Top scaled(const Top& top, int from, int to) { return {scaled(top.bid, from, to), scaled(top.ask, from, to)}; }

}  // namespace

bool Tracker::acceptable(const Decision& decision) const {
  if (decision.legs.empty()) return false;
  for (const Leg& leg : decision.legs)
    if (decision_of_.contains(leg.order)) return false;
  return true;
}

bool Tracker::on_decision(const Decision& decision, Steady at, Wall wall, const MarketView& market) {
  if (!acceptable(decision)) return false;
  OpenDecision open;
  open.group = decision.group;
  open.row = {.decision = decision.legs.front().order, .symbol = std::string(decision.symbol), .at = at, .wall = wall};
  if (!fill_in(open, decision, market)) return false;
  History& history = histories_[decision.group];
  ++history.users;
  on_top(decision.group, at, *market.group);
  for (const OpenLeg& leg : open.legs) decision_of_.emplace(leg.row.order, open.row.decision);
  rows_.decisions.push_back(open.row);
  OpenDecision& kept = open_.emplace(open.row.decision, std::move(open)).first->second;
  for (std::size_t i = 0; i < kept.references.size(); ++i)
    plan(kept, {.at = at + kept.references[i].row.latency, .kind = Due::Kind::reference, .position = i});
  return true;
}

void Tracker::on_sent(OrderId order, Steady at) {
  const auto [open, leg] = find(order);
  if (leg == nullptr || leg->row.sent_at) return;
  const Top top = top_at(*open, at);
  leg->row.sent_at = at;
  leg->row.sent_mid = doubled_mid(top);
}

bool Tracker::on_fill(OrderId order, const OrderFill& fill, Steady matched_at, Wall wall) {
  const auto [open, leg] = find(order);
  if (leg == nullptr) return false;
  if (std::ranges::any_of(leg->fills, [&](const FillRow& known) { return known.trade == fill.trade; })) return false;
  const Steady at = std::max(matched_at, open->row.at);
  const Top top = top_at(*open, at);
  const Scales scales = open->row.scales;
  const Result<std::int64_t> price = rescale(fill.price.count(), leg->own_price_scale, scales.price);
  const Result<Wide> quantity =
      rescale_wide(fill.quantity.count() * leg->base_units, leg->own_quantity_scale + leg->base_scale, scales.quantity);
  const Result<Wide> fee =
      rescale_wide(fill.fee, leg->own_price_scale + leg->own_quantity_scale, scales.price + scales.quantity);
  if (!price || !quantity || !fee) return false;
  leg->fills.push_back({.order = order,
                        .decision = open->row.decision,
                        .trade = fill.trade,
                        .venue = leg->row.venue,
                        .role = fill.role,
                        .at = at,
                        .wall = wall,
                        .scales = scales,
                        .price = Price(*price),
                        .quantity = *quantity,
                        .fee = *fee,
                        .fee_rate = fill.fee_rate,
                        .top = top});
  leg->row.filled += *quantity;
  rows_.fills.push_back(leg->fills.back());
  for (std::size_t h = 0; h < horizons.size(); ++h)
    plan(*open,
         {.at = at + horizons[h], .kind = Due::Kind::markout, .order = order, .trade = fill.trade, .position = h});
  return true;
}

void Tracker::on_end(OrderId order, Steady at) {
  const auto [open, leg] = find(order);
  if (leg == nullptr || leg->ended) return;
  end_leg(*open, *leg, at);
  plan_completion(*open);
}

void Tracker::end_leg(OpenDecision& open, OpenLeg& leg, Steady at) {
  const Top top = top_at(open, at);
  leg.ended = true;
  leg.row.ended_at = at;
  leg.row.end_mid = doubled_mid(top);
  open.latest = std::max(open.latest, at);
  --open.legs_open;
}

void Tracker::on_top(GroupId group, Steady at, const book::Consolidated& consolidated) {
  const auto found = histories_.find(group);
  if (found == histories_.end()) return;
  std::deque<Stood>& tops = found->second.tops;
  const Stood now{at, top_of(consolidated), consolidated.price_scale()};
  if (!tops.empty() && tops.back().top == now.top && tops.back().price_scale == now.price_scale) return;
  // What stood at a time is what all inputs of that time made of it.
  if (!tops.empty() && tops.back().at == at) tops.back() = now;
  else tops.push_back(now);
  while (tops.size() > 1 && tops[1].at <= at - history_kept) tops.pop_front();
}

Top Tracker::top_at(OpenDecision& open, Steady at) {
  const std::deque<Stood>& tops = histories_[open.group].tops;
  const auto after = std::ranges::upper_bound(tops, at, {}, &Stood::at);
  if (after == tops.begin()) return {};
  const Stood& stood = *std::prev(after);
  raise(open, {stood.price_scale, open.row.scales.quantity});
  return scaled(stood.top, stood.price_scale, open.row.scales.price);
}

void Tracker::plan(OpenDecision& open, Due due) {
  due.number = planned_++;
  due.group = open.group;
  due.decision = open.row.decision;
  ++open.dues;
  dues_.push_back(due);
  std::ranges::push_heap(dues_, later);
}

Tracker::Due Tracker::take_due() {
  std::ranges::pop_heap(dues_, later);
  const Due due = dues_.back();
  dues_.pop_back();
  return due;
}

void Tracker::fire(const Due& due, const MarketView& market) {
  const auto found = open_.find(due.decision);
  CROSSBOOK_ASSERT(found != open_.end());
  OpenDecision& open = found->second;
  --open.dues;
  switch (due.kind) {
    case Due::Kind::reference:
      observe_reference(open, open.references[due.position], market);
      open.latest = std::max(open.latest, due.at);
      --open.references_due;
      plan_completion(open);
      break;
    case Due::Kind::completion: observe_completion(open, market); break;
    case Due::Kind::markout: observe_markout(open, due); break;
  }
  close_if_done(due.decision);
}

void Tracker::observe_markout(OpenDecision& open, const Due& due) {
  const Top top = top_at(open, due.at);
  rows_.markouts.push_back({.order = due.order,
                            .trade = due.trade,
                            .horizon = horizons[due.position],
                            .price_scale = open.row.scales.price,
                            .doubled_mid = doubled_mid(top)});
}

void Tracker::observe_reference(OpenDecision& open, Reference& reference, const MarketView& market) {
  const book::VenueBook* book = reference.member < market.books.size() ? market.books[reference.member] : nullptr;
  if (book == nullptr || !book->ready()) return;
  const book::Consolidated& group = *market.group;
  raise(open, {group.price_scale(), group.quantity_scale()});
  if (open.lost) return;
  std::array<const book::VenueBook*, book::members_max> alone{};
  alone[reference.member] = book;
  book::Merge merge(group, alone, taken_side(open.row.action), book::ByPrice{}, false);
  Wide left = open.row.quantity;
  while (left > 0) {
    const std::optional<book::MergedLevel> level = merge.next();
    if (!level) break;
    const std::optional<Price> price = scaled(level->price, group.price_scale(), open.row.scales.price);
    const Result<Wide> quantity =
        rescale_wide(level->quantity.count(), group.quantity_scale(), open.row.scales.quantity);
    if (!price || !quantity) break;
    reference.levels.push_back({*price, std::min(left, *quantity)});
    left -= reference.levels.back().quantity;
  }
  reference.row.ready = true;
}

void Tracker::plan_completion(OpenDecision& open) {
  if (open.legs_open > 0 || open.references_due > 0 || open.completed) return;
  open.completed = true;
  plan(open, {.at = open.latest, .kind = Due::Kind::completion});
}

void Tracker::observe_completion(OpenDecision& open, const MarketView& market) {
  const book::Consolidated& group = *market.group;
  raise(open, {group.price_scale(), group.quantity_scale()});
  Wide filled = 0;
  for (const OpenLeg& leg : open.legs) filled += leg.row.filled;
  Wide left = open.row.quantity - filled;
  std::array<const book::VenueBook*, book::members_max> books{};
  std::array<MicroBps, book::members_max> rates{};
  for (Reference& reference : open.references) {
    take_alone(reference.levels, open.row.quantity, reference.row);
    if (reference.row.ready) left = std::max(left, open.row.quantity - reference.row.quantity);
    if (reference.member < market.books.size()) books[reference.member] = market.books[reference.member];
    rates[reference.member] = reference.row.fee_rate;
  }
  if (open.lost) return;
  book::Merge merge(group, books, taken_side(open.row.action));
  while (left > 0) {
    const std::optional<book::MergedLevel> level = merge.next();
    if (!level) break;
    const std::optional<Price> price = scaled(level->price, group.price_scale(), open.row.scales.price);
    if (!price) break;
    for (const book::MemberSize& part : level->parts) {
      const Result<Wide> quantity =
          rescale_wide(part.quantity.count(), group.quantity_scale(), open.row.scales.quantity);
      if (!quantity || left <= 0) break;
      open.completion.push_back({part.member, rates[part.member], *price, std::min(left, *quantity)});
      left -= open.completion.back().quantity;
    }
  }
}

}  // namespace crossbook::tca
