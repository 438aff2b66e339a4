// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crossbook/core/wide.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/guard/spread.hpp"

// Spreads by a full scan of every level of every ready book, without our own.
namespace crossbook::sim {

// Numbers here are counts of 10^-18.
struct OwnLevel {
  ListingId listing{};
  Side side = Side::bid;
  Wide price = 0;
  Wide quantity = 0;
};

struct GroupOrListing {
  std::optional<GroupId> group;
  ListingId listing{};
};

[[nodiscard]] Wide exactly(std::int64_t count, int scale);
[[nodiscard]] guard::Spread naive_spread(const engine::Engine& engine, const GroupOrListing& where,
                                         const std::vector<OwnLevel>& own);
// Why the parts of a consolidated book contradict each other; empty when they do not.
[[nodiscard]] std::string contradiction(const engine::Engine& engine, const engine::Group& group);

}  // namespace crossbook::sim
