// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crossbook/book/consolidated.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"
#include "crossbook/tca/rows.hpp"

// Price improvement: what a decision cost, all-in, beside what one venue alone would have cost for the same quantity.
//   PI_bps = 1e4 s (C_ref - C_act) / C_ref,  s = +1 to buy, -1 to sell
// C is value plus fees for a buy, value less fees for a sell. What either side could not fill is completed at the
// consolidated book of the same end time, with the user's taker fee at each venue; lots are ignored there.
namespace crossbook::tca {

// Levels at the decision's scales, best first.
struct BookLevel {
  Price price;
  Wide quantity = 0;
};

// A level of the consolidated book at the end, by venue.
struct CompletionLevel {
  book::Member member = 0;
  MicroBps fee_rate;
  Price price;
  Wide quantity = 0;
};

// One venue, while its decision is open.
struct Reference {
  ReferenceRow row;
  book::Member member = 0;
  std::vector<BookLevel> levels;
};

// The fee on a value, in the value's unit: rounded up, so that a rebate is rounded down (OrderFill::fee does the same).
[[nodiscard]] Wide fee_of(Wide value, MicroBps rate);

// What a buyer pays, or a seller receives.
[[nodiscard]] constexpr Wide all_in_of(Action action, Wide value, Wide fee) {
  return action == Action::buy ? value + fee : value - fee;
}

// Takes `wanted` from the levels as the row's lot and minimums allow: sets its quantity, value and fee.
void take_alone(std::span<const BookLevel> levels, Wide wanted, ReferenceRow& row);

// What `need` costs or brings, level after level, each venue's fee rounded once. Nothing where the levels are too few.
[[nodiscard]] std::optional<Wide> complete(Action action, std::span<const CompletionLevel> levels, Wide need);

// 1e4 s (reference - actual) / reference; nothing where the reference is not above zero.
[[nodiscard]] std::optional<double> improvement_bps(Action action, double reference, double actual);

// What was really done for a decision.
struct Actual {
  Wide filled = 0;
  Wide value = 0;
  Wide fee = 0;
};

// Sets all_in of the references whose row is ready, then compares. `completion` holds at least what each side needs, or
// all that there is. Nothing is compared where more was filled than wanted. The average weighs each reference by the
// value that it filled itself.
[[nodiscard]] ImprovementRow compare(const DecisionRow& decision, const Actual& actual, std::span<Reference> references,
                                     std::span<const CompletionLevel> completion);

}  // namespace crossbook::tca
