// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "crossbook/cost/calibration.hpp"

namespace crossbook {

using TimePoint = std::chrono::system_clock::time_point;

// One execution as the user records it. What has no default below is required: leaving it out is refused by name.
struct RecordExecution {
  std::string exchange;              // ccxt spelling: "binance"
  std::string symbol;                // "BTC/USDT"
  std::string order_type;            // "maker" or "taker"
  std::optional<double> size_usd{};  // without it the fill counts for medians and latency, not for notional weights
  std::optional<double> actual_fee_bps{};     // required; below zero: a rebate
  std::optional<double> actual_latency_ms{};  // required
  std::optional<double> price{};              // required
  std::optional<double> expected_fee_bps{};
  std::optional<double> expected_latency_ms{};
  std::optional<TimePoint> timestamp{};     // none: now
  std::optional<double> order_to_ack_ms{};  // stages, where they are known
  std::optional<double> ack_to_fill_ms{};
  std::optional<double> fee_rounding_bps{};  // how far rounding can have moved the fee; none: 0.01
  std::optional<ApartFee> fee_apart{};       // instead of actual_fee_bps: in a currency without a rate
};

// Where a calibrator keeps what it is told. Called by one thread at a time.
class ExecutionStore {
 public:
  virtual ~ExecutionStore() = default;
  // Keeps an execution whose timestamp is set. Throws where it cannot: then the calibrator does not count it either.
  virtual void keep(const RecordExecution& execution) = 0;
  // Gives back everything kept, in the order in which it was kept. Fills that were imported may lack a fee or a
  // latency.
  virtual void replay(const std::function<void(const RecordExecution&)>& each) = 0;
};

}  // namespace crossbook
