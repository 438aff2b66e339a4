// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/tca/fill_quality.hpp"
#include "crossbook/tca/tracker.hpp"

// From a decision to its first row, from finer digits to larger counts, and from the end to the last rows.
namespace crossbook::tca {
namespace {

// Values, quantities times prices, stay below it: sums of doubled ones then fit 127 bits.
constexpr Wide value_max = wide_product(1'000'000'000'000'000'000, 1'000'000'000'000'000'000);

std::string name_of(const book::Consolidated& group, book::Member member, std::string_view given) {
  if (!given.empty()) return std::string(given);
  const book::MemberSettings& settings = group.member(member);
  return settings.venue_key.empty() ? settings.name : settings.venue_key;
}

// Multiplies by 10^power. False, and nothing changed, where it grows beyond 63 bits (value_max).
bool grow(Price& price, int power) {
  const Result<std::int64_t> count = rescale(price.count(), 0, power);
  if (count) price = Price(*count);
  return count.has_value();
}
bool grow(std::optional<Price>& price, int power) { return !price || grow(*price, power); }
bool grow(std::optional<std::int64_t>& mid, int power) {
  if (!mid) return true;
  const Result<std::int64_t> count = rescale(*mid, 0, power);
  if (count) mid = *count;
  return count.has_value();
}
bool grow(Wide& count, int power) {
  const Result<Wide> more = rescale_wide(count, 0, power);
  if (!more || *more > value_max || *more < -value_max) return false;
  count = *more;
  return true;
}

bool grow(FillRow& fill, int price, int quantity) {
  return grow(fill.price, price) && grow(fill.top.bid, price) && grow(fill.top.ask, price) &&
         grow(fill.quantity, quantity) && grow(fill.fee, price + quantity);
}
bool grow(Reference& reference, int price, int quantity) {
  ReferenceRow& row = reference.row;
  bool whole = grow(row.lot, quantity) && grow(row.min_quantity, quantity) && grow(row.min_notional, price + quantity);
  for (BookLevel& level : reference.levels) whole = grow(level.price, price) && grow(level.quantity, quantity) && whole;
  return whole;
}

}  // namespace

bool Tracker::fill_in(OpenDecision& open, const Decision& decision, const MarketView& market) {
  const book::Consolidated& group = *market.group;
  Scales scales{group.price_scale(), group.quantity_scale()};
  for (const Leg& leg : decision.legs) {
    const auto& contract = group.member(leg.member).contract_size;
    scales.price = std::max(scales.price, leg.terms.price_scale);
    scales.quantity = std::max(scales.quantity, leg.terms.quantity_scale + (contract ? contract->scale : 0));
  }
  DecisionRow& row = open.row;
  row.action = decision.legs.front().terms.action;
  row.scales = {group.price_scale(), group.quantity_scale()};
  if (const auto& bid = group.best(Side::bid)) row.top.bid = bid->price;
  if (const auto& ask = group.best(Side::ask)) row.top.ask = ask->price;
  row.all_ready = true;
  for (std::size_t m = 0; m < group.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    row.all_ready = row.all_ready && group.contributes(member);
    if (!group.contributes(member)) continue;
    if (!row.contributors.empty()) row.contributors += ' ';
    row.contributors += name_of(group, member, {});
  }
  raise(open, scales);
  if (open.lost) return false;
  for (const Leg& leg : decision.legs)
    if (!add_leg(open, leg, market)) return false;
  for (const VenueTerms& venue : decision.venues) {
    if (!add_reference(open, venue, market)) return false;
    if (decision.home == venue.member) row.home = open.references.back().row.venue;
  }
  open.references_due = open.references.size();
  open.legs_open = open.legs.size();
  open.latest = row.at;
  return true;
}

bool Tracker::add_leg(OpenDecision& open, const Leg& leg, const MarketView& market) {
  const book::Consolidated& group = *market.group;
  const book::ContractSize contract = group.member(leg.member).contract_size.value_or(book::ContractSize{1, 0});
  OpenLeg kept{.own_price_scale = leg.terms.price_scale,
               .own_quantity_scale = leg.terms.quantity_scale,
               .base_units = contract.count,
               .base_scale = contract.scale};
  Wide quantity = Wide{leg.terms.quantity.count()} * contract.count;
  if (!grow(quantity, open.row.scales.quantity - leg.terms.quantity_scale - contract.scale)) return false;
  open.row.quantity += quantity;
  // The dearest price that can be met decides the range; far beyond it there is no book.
  const Price highest = std::max({open.row.top.ask.value_or(Price(1)), open.row.top.bid.value_or(Price(1)), Price(1)});
  if (open.row.quantity > value_max / highest.count()) return false;
  kept.row = {.order = leg.order,
              .decision = open.row.decision,
              .venue = name_of(group, leg.member, leg.venue),
              .quantity = quantity};
  open.legs.push_back(std::move(kept));
  return true;
}

bool Tracker::add_reference(OpenDecision& open, const VenueTerms& venue, const MarketView& market) {
  const book::Consolidated& group = *market.group;
  const book::MemberSettings& member = group.member(venue.member);
  const Scales scales = open.row.scales;
  Reference reference{.member = venue.member};
  reference.row = {.decision = open.row.decision,
                   .venue = name_of(group, venue.member, venue.venue),
                   .latency = venue.latency,
                   .fee_rate = venue.taker_fee,
                   .lot = group.to_group(venue.member, WideQuantity(venue.lot.count())).count(),
                   .min_quantity = group.to_group(venue.member, WideQuantity(venue.min_quantity.count())).count(),
                   .min_notional = venue.min_notional};
  ReferenceRow& row = reference.row;
  const int finer = scales.quantity - group.quantity_scale();
  const int value_power = scales.price + scales.quantity - member.price_scale - member.quantity_scale;
  if (row.lot <= 0 || !grow(row.lot, finer) || !grow(row.min_quantity, finer) || !grow(row.min_notional, value_power))
    return false;
  open.references.push_back(std::move(reference));
  return true;
}

void Tracker::raise(OpenDecision& open, Scales scales) {
  Scales& own = open.row.scales;
  const int price = std::max(0, scales.price - own.price);
  const int quantity = std::max(0, scales.quantity - own.quantity);
  if ((price == 0 && quantity == 0) || open.lost) return;
  own = {own.price + price, own.quantity + quantity};
  bool whole = grow(open.row.top.bid, price) && grow(open.row.top.ask, price) && grow(open.row.quantity, quantity);
  for (OpenLeg& leg : open.legs) {
    whole = grow(leg.row.quantity, quantity) && grow(leg.row.filled, quantity) && whole;
    whole = grow(leg.row.sent_mid, price) && grow(leg.row.end_mid, price) && whole;
    for (FillRow& fill : leg.fills) whole = grow(fill, price, quantity) && whole;
  }
  for (Reference& reference : open.references) whole = grow(reference, price, quantity) && whole;
  for (CompletionLevel& level : open.completion)
    whole = grow(level.price, price) && grow(level.quantity, quantity) && whole;
  open.lost = !whole;
}

std::pair<Tracker::OpenDecision*, Tracker::OpenLeg*> Tracker::find(OrderId order) {
  const auto decision = decision_of_.find(order);
  if (decision == decision_of_.end()) return {nullptr, nullptr};
  OpenDecision& open = open_.at(decision->second);
  for (OpenLeg& leg : open.legs)
    if (leg.row.order == order) return {&open, &leg};
  return {nullptr, nullptr};
}

void Tracker::close_if_done(OrderId decision) {
  const auto found = open_.find(decision);
  if (!found->second.completed || found->second.dues > 0) return;
  close(found->second);
  open_.erase(found);
}

void Tracker::finish_one(OrderId decision, Steady at, const MarketView& market) {
  OpenDecision& open = open_.at(decision);
  for (OpenLeg& leg : open.legs) {
    if (leg.ended) continue;
    leg.row.open = true;
    end_leg(open, leg, at);
  }
  if (!open.completed) observe_completion(open, market);
  close(open);
  open_.erase(decision);
}

void Tracker::close(OpenDecision& open) {
  Actual actual;
  for (OpenLeg& leg : open.legs) {
    leg.row.scales = open.row.scales;
    leg.row.parts = shortfall({.action = open.row.action,
                               .quantity = leg.row.quantity,
                               .decision_mid = doubled_mid(open.row.top),
                               .sent_mid = leg.row.sent_mid,
                               .end_mid = leg.row.end_mid,
                               .fills = leg.fills});
    if (open.lost) leg.row.parts.reset();
    for (const FillRow& fill : leg.fills) {
      actual.filled += fill.quantity;
      actual.value += fill.quantity * fill.price.count();
      actual.fee += fill.fee;
    }
    decision_of_.erase(leg.row.order);
    rows_.orders.push_back(leg.row);
  }
  if (!open.lost) {
    for (Reference& reference : open.references) take_alone(reference.levels, open.row.quantity, reference.row);
    rows_.improvements.push_back(compare(open.row, actual, open.references, open.completion));
    append_references(open);
    append_completion(open);
  }
  const auto history = histories_.find(open.group);
  if (--history->second.users == 0) histories_.erase(history);
}

void Tracker::append_references(OpenDecision& open) {
  for (Reference& reference : open.references) {
    reference.row.scales = open.row.scales;
    rows_.references.push_back(reference.row);
    std::uint32_t position = 0;
    for (const BookLevel& level : reference.levels)
      rows_.levels.push_back({.decision = open.row.decision,
                              .reference = reference.row.venue,
                              .position = position++,
                              .venue = reference.row.venue,
                              .fee_rate = reference.row.fee_rate,
                              .scales = open.row.scales,
                              .price = level.price,
                              .quantity = level.quantity});
  }
}

void Tracker::append_completion(const OpenDecision& open) {
  std::uint32_t position = 0;
  for (const CompletionLevel& level : open.completion) {
    const auto reference = std::ranges::find(open.references, level.member, &Reference::member);
    CROSSBOOK_ASSERT(reference != open.references.end());
    rows_.levels.push_back({.decision = open.row.decision,
                            .reference = {},
                            .position = position++,
                            .venue = reference->row.venue,
                            .fee_rate = level.fee_rate,
                            .scales = open.row.scales,
                            .price = level.price,
                            .quantity = level.quantity});
  }
}

}  // namespace crossbook::tca
