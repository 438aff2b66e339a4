// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"

// What a paper session trades: orders with their times, sizes and limits, and what the paper venues charge.
namespace crossbook::shard {

// Where an order's price comes from when its time has come, of the venue that it goes to.
enum class PriceFrom : std::uint8_t {
  given,  // `price`, as text
  touch,  // the best of its own side: joins the queue
  cross,  // the best of the other side: takes
  mid,    // between the two, rounded away from the market to the tick
};

struct ScriptOrder {
  Nanos after;                 // the session's first record
  std::optional<Nanos> every;  // comes again, `count` times in all
  std::int64_t count = 1;
  std::string symbol;  // empty: the consolidated book with most venues
  std::string venue;   // empty: the venue with the best all-in average for the size
  Action action = Action::buy;
  bool alternate = false;  // every second time the other way round
  OrderType type = OrderType::limit;
  std::string size;      // decimal text in base units, or empty
  std::string notional;  // decimal text in quote units, or empty: exactly one of the two
  PriceFrom price_from = PriceFrom::cross;
  std::string price;   // of PriceFrom::given
  MicroBps offset;     // above zero: further from the market
  OrderLimits limits;  // expires_at is set from expires_after
  std::optional<Nanos> expires_after;
  std::optional<Nanos> cancel_after;
};

// Instead of what is calibrated or published.
struct ScriptVenue {
  std::optional<MicroBps> maker;
  std::optional<MicroBps> taker;
  std::optional<Nanos> latency;         // from the decision to the venue's book
  std::optional<Nanos> report_latency;  // from the match to our report
};

// As a home: the first by name of the venues that the session's first order could have gone to.
inline constexpr std::string_view first_home = "first";

struct PaperScript {
  std::string home;  // the venue to compare with, or first_home; empty: none
  std::uint64_t seed = 1;
  std::map<std::string, ScriptVenue> venues;
  std::vector<ScriptOrder> orders;
};

// The flow of the built-in example, each for `notional`, the sides in turn: every ten seconds an order that takes at
// the best venue, and one that rests at the touch for half a minute and goes once the consolidated spread is above 0.2
// bps, which happens; every twenty one that rests 2 bps behind the touch, and mostly expires.
[[nodiscard]] PaperScript example_flow(std::string notional = "1000");

}  // namespace crossbook::shard
