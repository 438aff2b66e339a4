// SPDX-License-Identifier: Apache-2.0
#include "crossbook/guard/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace crossbook::guard {
namespace {

constexpr std::array<OrderState, order_state_count> states = {
    OrderState::pending, OrderState::active,  OrderState::cancelling, OrderState::cancelled,
    OrderState::filled,  OrderState::expired, OrderState::rejected,   OrderState::unknown};

// Every cell, written out a second time by hand: rows are events, columns the states above, "." stays as it is. After
// the state comes what else the step asks for: ? a query, + one more cancel, ! an alarm of a late fill, # of a
// mismatch.
constexpr const char* cells = R"(
  event            pending    active     cancelling   cancelled   filled   expired    rejected   unknown
  acknowledged     active     .          .+           .           .        .          .          .+
  rejected         rejected   unknown#   rejected     .           .        .          .          rejected
  partly_filled    active     .          .+           .!          .!       .!         .!         .+
  wholly_filled    filled     filled     filled       filled!     .!       filled!    filled!    filled
  cancelled        cancelled  cancelled  cancelled    .           .        .          .          cancelled
  expired          expired    expired    expired      .           .        .          .          expired
  cancel_rejected  .          .          .+           .           .        .          .          .+
  gone             unknown?   unknown?   unknown?     .           .        .          .          .?
  open             active     .          .+           .           .        .          .          active+
  absent           cancelled  cancelled  cancelled    .           .        .          .          cancelled
  absent_filled    filled     filled     filled       .           .        .          .          filled
  unanswered       unknown?   unknown?   unknown?     .           .        .          .          .?
  cancel_sent      cancelling cancelling .            .           .        .          .          .
  silence          unknown?   .?         .?           .?          .?       .?         .?         .?
  cancel_silence   .          .          .+           .           .        .          .          .+
  reappeared       .          .          .            unknown#    unknown# unknown#   unknown#   .
)";

std::string text_of(OrderState from, const Step& step) {
  constexpr std::array<const char*, 5> marks = {"", "?", "+", "!", "#"};
  return (step.to == from ? "." : to_string(step.to)) + std::string(marks[static_cast<std::size_t>(step.action)]);
}

std::vector<std::vector<std::string>> expected_rows() {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(cells);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (!row.empty()) rows.push_back(row);
  }
  return rows;
}

TEST(OrderSteps, AreWhatTheTableSaysForEveryStateAndEvent) {
  const auto rows = expected_rows();
  ASSERT_EQ(rows.size(), order_event_count + 1);
  for (std::size_t e = 0; e < order_event_count; ++e) {
    const auto event = static_cast<OrderEvent>(e);
    const std::vector<std::string>& row = rows[e + 1];
    ASSERT_EQ(row.size(), order_state_count + 1);
    EXPECT_EQ(row[0], to_string(event));
    for (std::size_t s = 0; s < order_state_count; ++s) {
      EXPECT_EQ(rows[0][s + 1], to_string(states[s]));
      EXPECT_EQ(row[s + 1], text_of(states[s], step(states[s], event))) << to_string(states[s]) << ", " << row[0];
    }
  }
}

TEST(OrderSteps, EndAnOrderOnlyByTheWordOfAVenue) {
  using enum OrderEvent;
  for (const OrderState from : states)
    for (const OrderEvent event : {acknowledged, partly_filled, cancel_rejected, gone, open, unanswered, cancel_sent,
                                   silence, cancel_silence, reappeared})
      EXPECT_EQ(ended(step(from, event).to), ended(from) && event != reappeared)
          << to_string(from) << ", " << to_string(event);
}

TEST(OrderSteps, LetAFillWinWhateverWasSaidBefore) {
  for (const OrderState from : states) {
    EXPECT_EQ(step(from, OrderEvent::wholly_filled).to, OrderState::filled) << to_string(from);
    EXPECT_EQ(step(from, OrderEvent::wholly_filled).action == StepAction::late_fill, ended(from)) << to_string(from);
    EXPECT_EQ(step(from, OrderEvent::partly_filled).action == StepAction::late_fill, ended(from)) << to_string(from);
  }
}

// The page shows the table that the code follows.
TEST(OrderSteps, AreTheOnesOfTheDocument) {
  std::ifstream page(CROSSBOOK_SOURCE_DIR "/docs/guard.md");
  std::ostringstream text;
  text << page.rdbuf();
  for (std::size_t e = 0; e < order_event_count; ++e) {
    const auto event = static_cast<OrderEvent>(e);
    std::string row = std::string("| `") + to_string(event) + "` |";
    for (const OrderState state : states) row += " " + text_of(state, step(state, event)) + " |";
    EXPECT_NE(text.str().find(row + "\n"), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace crossbook::guard
