// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/shard/player.hpp"
#include "crossbook/sys/outcome.hpp"

// One consolidated book as text for a terminal: the ladder with each venue's part, then every venue's state.
namespace crossbook::app {

struct BookTextOptions {
  std::size_t depth = 10;           // prices a side
  std::optional<std::string> tick;  // group prices to this step: bids down, asks up
  bool colour = false;
};

// Errors, in a sentence: a tick that is not a positive decimal within the book's scale.
[[nodiscard]] sys::Outcome<std::string> book_text(const shard::Player& player, GroupId group,
                                                  const BookTextOptions& options);

// The group of a symbol as people type it (btc/usdt, BTC-USDT); nothing where there is none.
[[nodiscard]] std::optional<GroupId> group_of(const engine::Engine& engine, std::string symbol);
// The group that a view shows: that of the symbol, or where none is asked for the one with most venues, the first by
// name.
[[nodiscard]] std::optional<GroupId> shown_group(const engine::Engine& engine, const std::string& symbol);
// Every group with books, for an error that says what there is.
[[nodiscard]] std::string symbols_of(const engine::Engine& engine);

// "64250.1 x 0.5", or "-".
[[nodiscard]] std::string best_text(const book::Consolidated& view, Side side);
// What takes the place of the text that a terminal shows, without flicker.
[[nodiscard]] std::string over_the_last(std::string_view text);

// "61.2 s", "350 ms".
[[nodiscard]] std::string age_text(Nanos age);
// "2026-08-09T21:05:48.228Z".
[[nodiscard]] std::string utc_text(Wall wall);

}  // namespace crossbook::app
