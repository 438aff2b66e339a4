// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crossbook/cost/calibration.hpp"
#include "crossbook/shard/paper_costs.hpp"

// What a paper exchange charges and how long it takes, where a script does not say it.
namespace crossbook::app {

// What is published, else the seed's 2 and 5 bps.
[[nodiscard]] shard::VenueBelief published_belief(std::string_view venue, std::string_view symbol);

// What the user's own executions say, where there are enough of them: of the symbol, else of the exchange; fees by
// role, latencies from acknowledgements, else from a taker's executions. For the rest: published_belief(). `measured`
// must know nothing of fills on paper: an exchange would learn from itself. Its window ends with its latest execution.
[[nodiscard]] shard::BeliefOf measured_beliefs(Calibrator measured);

}  // namespace crossbook::app
