// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// What performance tracking keeps: rows that are appended and never changed, from which every number of the report can
// be computed again. Each row says its own scales: prices are counts of 10^-price_scale, quantities base units of
// 10^-quantity_scale, values, fees and costs are products of the two, in 10^-(price_scale + quantity_scale) of the
// quote currency. A mid is kept doubled (bid + ask), so that it is a whole number. What is not known is absent.
namespace crossbook::tca {

struct Scales {
  int price = 0;
  int quantity = 0;
  friend bool operator==(const Scales&, const Scales&) = default;
};

// Best bid and ask of a consolidated book.
struct Top {
  std::optional<Price> bid;
  std::optional<Price> ask;
  friend bool operator==(const Top&, const Top&) = default;
};
// Bid plus ask, of a top with both sides.
[[nodiscard]] constexpr std::optional<std::int64_t> doubled_mid(const Top& top) {
  if (!top.bid || !top.ask) return {};
  return narrow(Wide{top.bid->count()} + top.ask->count());
}

// The consolidated book that a decision saw.
struct DecisionRow {
  OrderId decision{};  // the number of its first order
  std::string symbol;
  Action action = Action::buy;
  Steady at;
  Wall wall;
  Scales scales;
  Wide quantity = 0;  // of all its orders
  Top top;
  std::string home;          // the venue to compare with; empty: none
  std::string contributors;  // names of the venues in the view, parted by blanks
  bool all_ready = false;    // every member of the book contributed
  friend bool operator==(const DecisionRow&, const DecisionRow&) = default;
};

// One match, and the consolidated top that stood then.
struct FillRow {
  OrderId order{};
  OrderId decision{};
  std::uint64_t trade = 0;
  std::string venue;
  Role role = Role::taker;
  Steady at;  // of the match, as far as it is known
  Wall wall;
  Scales scales;
  Price price;
  Wide quantity = 0;
  Wide fee = 0;
  MicroBps fee_rate;
  Top top;
  friend bool operator==(const FillRow&, const FillRow&) = default;
};

// After a match: 50 ms, 1 s, 15 s, 1 min, 5 min (Rule 605 as amended in 2024 asks for periods from 50 ms to 5 min).
inline constexpr std::array<Nanos, 5> horizons = {milliseconds(50), seconds(1), seconds(15), seconds(60), seconds(300)};

// The mid that stood a horizon after a match. Without a row the session ended before; without a mid a side was missing.
struct MarkoutRow {
  OrderId order{};
  std::uint64_t trade = 0;
  Nanos horizon;
  int price_scale = 0;
  std::optional<std::int64_t> doubled_mid;
  friend bool operator==(const MarkoutRow&, const MarkoutRow&) = default;
};

// Implementation shortfall in parts, each twice its value in quote units (mids are doubled); above zero is a cost.
struct ShortfallParts {
  Wide delay = 0;     // the mid's move from the decision to the send
  Wide latency = 0;   // ... from the send to the match
  Wide spread = 0;    // from the mid to the best price of the side that was taken (maker: that was joined)
  Wide impact = 0;    // from that best price to the price of the match
  Wide fees = 0;      // rebates are below zero
  Wide unfilled = 0;  // the mid's move from the decision to the end, on what was not filled
  [[nodiscard]] constexpr Wide total() const { return delay + latency + spread + impact + fees + unfilled; }
  friend bool operator==(const ShortfallParts&, const ShortfallParts&) = default;
};

// One order, once all about it is known.
struct OrderEndRow {
  OrderId order{};
  OrderId decision{};
  std::string venue;
  Scales scales;
  Wide quantity = 0;
  Wide filled = 0;
  std::optional<Steady> sent_at;
  std::optional<std::int64_t> sent_mid;  // doubled, as is the next
  Steady ended_at;
  std::optional<std::int64_t> end_mid;
  bool open = false;                    // it had not ended when the session did
  std::optional<ShortfallParts> parts;  // absent where a mid is not known
  friend bool operator==(const OrderEndRow&, const OrderEndRow&) = default;
};

// What one venue alone would have done with the whole quantity, on its book at the decision plus its own latency.
struct ReferenceRow {
  OrderId decision{};
  std::string venue;
  Nanos latency;
  MicroBps fee_rate;
  Scales scales;
  Wide lot = 1;
  Wide min_quantity = 0;
  Wide min_notional = 0;
  bool ready = false;  // else its book could not be used then, or the session ended before: no costs
  Wide quantity = 0;   // what its depth, lots and minimums allow
  Wide value = 0;
  Wide fee = 0;
  std::optional<Wide> all_in;  // with the rest completed: paid for a buy, received for a sell
  friend bool operator==(const ReferenceRow&, const ReferenceRow&) = default;
};

// A level that a reference saw, or that completes what was not filled, the nearest first.
struct LevelRow {
  OrderId decision{};
  std::string reference;  // the venue; empty: the completion at the consolidated book
  std::uint32_t position = 0;
  std::string venue;
  MicroBps fee_rate;
  Scales scales;
  Price price;
  Wide quantity = 0;  // displayed, as far as it may be needed
  friend bool operator==(const LevelRow&, const LevelRow&) = default;
};

// What was really paid or received, with the rest completed, and how much better that is than each reference.
struct ImprovementRow {
  OrderId decision{};
  Scales scales;
  Wide filled = 0;
  std::optional<Wide> all_in;
  std::string best_venue;  // with the best all-in of all references
  std::optional<double> best_single_bps;
  std::optional<double> home_bps;
  std::optional<double> average_bps;
  friend bool operator==(const ImprovementRow&, const ImprovementRow&) = default;
};

struct Rows {
  std::vector<DecisionRow> decisions;
  std::vector<FillRow> fills;
  std::vector<MarkoutRow> markouts;
  std::vector<OrderEndRow> orders;
  std::vector<ReferenceRow> references;
  std::vector<LevelRow> levels;
  std::vector<ImprovementRow> improvements;

  void clear() {
    decisions.clear();
    fills.clear();
    markouts.clear();
    orders.clear();
    references.clear();
    levels.clear();
    improvements.clear();
  }
  [[nodiscard]] bool empty() const {
    return decisions.empty() && fills.empty() && markouts.empty() && orders.empty() && references.empty() &&
           levels.empty() && improvements.empty();
  }
  friend bool operator==(const Rows&, const Rows&) = default;
};

}  // namespace crossbook::tca
