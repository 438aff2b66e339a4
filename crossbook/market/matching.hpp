// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/units.hpp"

namespace crossbook::market {

// One level of a taker's walk through the book.
struct Print {
  Price price;
  Quantity quantity;
  Side taker = Side::bid;
  std::int64_t id = 0;
};

// A venue's own book of one symbol: aggregate levels, best first. Never crossed or locked, no empty levels.
class Book {
 public:
  explicit Book(std::size_t levels_max);

  [[nodiscard]] const std::vector<Level>& side(Side s) const { return s == Side::bid ? bids_ : asks_; }
  [[nodiscard]] const std::vector<Level>& bids() const { return bids_; }
  [[nodiscard]] const std::vector<Level>& asks() const { return asks_; }

  // Sets the size at a price; 0 removes the level. REQUIRES: the price does not reach the other side.
  void set(Side, Price, Quantity);
  // Removes the levels of a side that are nearer to the touch than the price.
  void cancel_better(Side, Price limit);
  // Removes the far levels beyond a count.
  void trim(Side, std::size_t levels);

  // A market order: takes up to `quantity` from at most `levels` levels of the other side, best first, and appends a
  // print for each. The last level of a side is never taken. Returns what was taken.
  Quantity take(Side taker, Quantity quantity, std::size_t levels, std::vector<Print>& prints);

  // Prices are counts of a tenth of what they counted before.
  void refine_prices();

  // Counts every change of a level since the start: the venue's update id.
  [[nodiscard]] std::int64_t changes() const { return changes_; }

 private:
  std::vector<Level>& levels(Side s) { return s == Side::bid ? bids_ : asks_; }

  std::vector<Level> bids_;
  std::vector<Level> asks_;
  std::int64_t changes_ = 0;
};

// What a venue sends between two states of one side: absolute sizes of the levels that are new or changed, 0 for those
// that went. Both inputs are best first and so is the output. Levels of `before` behind the last of a full `after`
// window are pushed out, not deleted: their deletes are left out unless `with_pushed_out`.
struct WindowRule {
  std::size_t depth = 0;  // levels a side; 0 is all
  bool with_pushed_out = true;
};
void append_changes(Side, const std::vector<Level>& before, const std::vector<Level>& after, WindowRule,
                    std::vector<Level>& changes);

// Marks what differs between the published side and a REST answer, so that the next delta carries it whatever it is by
// then: a client that starts from the answer must come to the same book as one that followed all along. `scratch` is
// overwritten.
void mark_differences(Side, std::vector<Level>& published, const std::vector<Level>& answer,
                      std::vector<Level>& scratch);

}  // namespace crossbook::market
