// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "crossbook/book/venue_book.hpp"
#include "crossbook/gateway/listing_rules.hpp"

// What a venue's prices and quantities are multiples of: as it says, else as its book shows.
namespace crossbook::shard {

// `unit` counts of 10^-scale.
struct Step {
  std::int64_t unit = 1;
  int scale = 0;
  friend bool operator==(const Step&, const Step&) = default;
};

// So many levels of a side are read, the nearest.
inline constexpr std::size_t step_levels_max = 500;
// With fewer levels a common divisor of quantities says little about the lot: people like round sizes.
inline constexpr std::size_t lot_levels_min = 20;

// The rule's tick; else the greatest common divisor of the prices displayed, a multiple of the venue's tick that is no
// larger than the spread; else the listing's last digit. At the finer of the rule's scale and the listing's.
[[nodiscard]] Step tick_of(const std::optional<gateway::Amount>& rule, int listing_scale, const book::VenueBook& book);
// The rule's lot; else the greatest common divisor of the quantities displayed, where lot_levels_min levels or more
// are; else the listing's last digit.
[[nodiscard]] Step lot_of(const std::optional<gateway::Amount>& rule, int listing_scale, const book::VenueBook& book);

}  // namespace crossbook::shard
