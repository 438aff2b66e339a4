// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/cost/all_in.hpp"
#include "crossbook/cost/calibration.hpp"
#include "crossbook/cost/latency.hpp"
#include "crossbook/cost/volatility.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/gateway/paper.hpp"
#include "crossbook/shard/paper_script.hpp"

// What trading costs in a paper session: what the paper exchanges charge and take, and what the session has learned of
// it from its own executions.
namespace crossbook::shard {

// What is believed of a venue before the session's first execution.
struct VenueBelief {
  MicroBps maker;
  MicroBps taker;
  // Medians where nothing was measured.
  Nanos out = milliseconds(25);   // from a decision to the venue's book
  Nanos back = milliseconds(25);  // from a match to its report
  // As measured, from sending an order to hearing of it: half of it is taken to be needed each way.
  std::optional<LatencyEstimate> round_trip{};
};
using BeliefOf = std::function<VenueBelief(std::string_view venue, std::string_view symbol)>;

class PaperCosts {
 public:
  PaperCosts(const engine::Engine& engine, const PaperScript& script, BeliefOf belief, Calibrator calibrator);

  // What the paper exchange does to us: the script's word, else what is believed. Rates are kept within 100 %.
  [[nodiscard]] gateway::PaperVenue exchange(ListingId listing) const;

  // What is known to us: learned where there are fills, else what is believed.
  [[nodiscard]] MicroBps fee(ListingId listing, Role role);
  [[nodiscard]] Nanos latency(ListingId listing);  // from a decision to the venue's book
  // The cost of being `tau` late at this group's volatility.
  [[nodiscard]] MicroBps waiting(GroupId group, Nanos tau) const;

  [[nodiscard]] MarketId market(ListingId listing);
  [[nodiscard]] Calibrator& calibrator() { return calibrator_; }

  // The best of a group changed: how far its mid wanders is measured.
  void on_top(GroupId group, Wall wall);

 private:
  [[nodiscard]] VenueBelief belief(ListingId listing) const;

  const engine::Engine& engine_;
  std::map<std::string, ScriptVenue> scripted_;
  BeliefOf belief_of_;
  Calibrator calibrator_;
  std::vector<std::optional<MarketId>> markets_;  // by ListingId
  std::vector<Volatility> volatilities_;          // by GroupId
};

}  // namespace crossbook::shard
