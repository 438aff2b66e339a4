// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/order_steps.hpp"

#include <algorithm>
#include <numeric>

#include "crossbook/core/decimal.hpp"

namespace crossbook::shard {
namespace {

std::optional<Step> step_of(const std::optional<gateway::Amount>& rule, int listing_scale) {
  if (!rule) return {};
  const int scale = std::max(rule->scale, listing_scale);
  const auto unit = rescale(rule->count, rule->scale, scale);
  return unit && *unit > 0 ? std::optional(Step{*unit, scale}) : std::nullopt;
}

// Visits the nearest levels of both sides. Returns how many.
template <class Visit>
std::size_t visit_nearest(const book::VenueBook& book, Visit&& visit) {
  std::size_t all = 0;
  for (const Side side : {Side::bid, Side::ask}) {
    std::size_t levels = 0;
    book.for_each(side, [&](const book::WideLevel& level) {
      visit(level);
      return ++levels < step_levels_max;
    });
    all += levels;
  }
  return all;
}

}  // namespace

Step tick_of(const std::optional<gateway::Amount>& rule, int listing_scale, const book::VenueBook& book) {
  if (const auto known = step_of(rule, listing_scale)) return *known;
  std::int64_t unit = 0;
  visit_nearest(book, [&](const book::WideLevel& level) { unit = std::gcd(unit, level.price.count()); });
  return {std::max<std::int64_t>(unit, 1), listing_scale};
}

Step lot_of(const std::optional<gateway::Amount>& rule, int listing_scale, const book::VenueBook& book) {
  if (const auto known = step_of(rule, listing_scale)) return *known;
  std::int64_t unit = 0;
  const std::size_t levels = visit_nearest(
      book, [&](const book::WideLevel& level) { unit = std::gcd(unit, narrow(level.quantity.count()).value_or(1)); });
  return {levels < lot_levels_min ? 1 : std::max<std::int64_t>(unit, 1), listing_scale};
}

}  // namespace crossbook::shard
