// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/cost/calibration.hpp"
#include "crossbook/sys/outcome.hpp"
#include "crossbook/tca/rows.hpp"

// What must be on disk while orders are live, in the order in which it happened. A shard writes, and does not know
// where: the store behind it is its owner's.
namespace crossbook::shard {

// Handles end with the process: a listing is named by its feed and the venue's own spelling.
struct ListingName {
  std::string feed;
  std::string raw_symbol;
};

struct Intent {
  OrderId order{};
  ListingName listing;
  std::string symbol;
  OrderTerms terms;
  OrderLimits limits;
  Wall placed_at;
};

// An execution as a calibration learns from it.
struct Learned {
  std::string exchange;
  std::string symbol;
  OrderId order{};
  std::uint64_t trade = 0;
  double price = 0.0;
  Execution execution;
};

// Everything is handed over at once and in order; commit() returns once all of it is on disk. After an error nothing
// more is taken, and every commit() gives that error.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void intent(const Intent& intent) = 0;
  virtual void step(OrderId order, OrderState to, OrderReason reason, Wall at) = 0;
  virtual void execution(OrderId order, const OrderFill& fill, Wall at) = 0;
  virtual void learned(const Learned& learned) = 0;
  virtual void performance(const tca::Rows& rows) = 0;
  [[nodiscard]] virtual sys::Status commit() = 0;
  // What the paper exchanges keep when this process dies; the last one counts.
  [[nodiscard]] virtual sys::Status keep_exchanges(const std::string& state) = 0;
};

// An order of an earlier process that has not ended, with the matches that are on disk.
struct RestoredIntent {
  Intent intent;
  Quantity filled;
  std::vector<std::uint64_t> trades;
  bool wanted_gone = false;  // it was to be cancelled, and nothing proves that it was
};

}  // namespace crossbook::shard
