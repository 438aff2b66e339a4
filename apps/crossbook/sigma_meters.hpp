// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crossbook/cost/volatility.hpp"
#include "crossbook/shard/player.hpp"
#include "route_report.hpp"

namespace crossbook::app {

// Measures how far the consolidated mid of each wanted symbol wanders while a player plays.
class SigmaMeters {
 public:
  SigmaMeters(const shard::Player& player, std::vector<std::string> symbols);

  // After each record.
  void observe();
  // After the last.
  void settle();
  // One tick a minute at least: no price is known finer.
  [[nodiscard]] Sigma sigma(const std::string& symbol) const;

 private:
  struct Meter {
    std::string symbol;
    std::optional<GroupId> group;
    Volatility volatility;
  };
  void find_groups();
  [[nodiscard]] std::optional<double> mid_of(GroupId id) const;

  const shard::Player& player_;
  std::vector<Meter> meters_;
  std::size_t groups_ = 0;
};

}  // namespace crossbook::app
