// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/cost/calibration.hpp"
#include "crossbook/cost/fee_schedule.hpp"
#include "crossbook/sys/outcome.hpp"

// What a taker is charged at a venue and how late the order is there, each with where the number comes from.
namespace crossbook::app {

enum class CostKind : std::uint8_t { given, learned, published, fallback };
[[nodiscard]] constexpr const char* to_string(CostKind kind) {
  switch (kind) {
    case CostKind::given: return "given";
    case CostKind::learned: return "learned";
    case CostKind::published: return "published";
    case CostKind::fallback: return "default";
  }
  return "?";
}

struct CostSource {
  CostKind kind = CostKind::fallback;
  std::string text;          // for people: "learned from 812 fills of BTC/USDT"
  std::int64_t samples = 0;  // of a learned number
};
struct TakerFee {
  MicroBps rate;
  CostSource source;
};
struct OrderLatency {
  Nanos time;
  CostSource source;
};

// Which of the two currencies a venue takes its taker fee in, as its documents say; nothing where they do not.
enum class FeeTakenIn : std::uint8_t { received, quote };
[[nodiscard]] std::optional<FeeTakenIn> fee_taken_in(std::string_view venue);

// The published schedule's first tier; null where nothing is published of such symbols. Lives for ever.
[[nodiscard]] const FeeTier* published_tier(std::string_view venue, std::string_view symbol);

// What is charged and learned by: the exchange and its market. Executions may also be kept under the feed's name, as
// ledgers of recordings have them.
struct CostKey {
  std::string venue;
  std::string feed;
  std::string symbol;
};

// What was given goes before what was learned, that before what is published, that before the default of 5 bps.
class VenueCosts {
 public:
  VenueCosts(std::map<std::string, double> fees_bps, Nanos latency)
      : given_bps_(std::move(fees_bps)), latency_(latency) {}

  // Attaches the calibrations of a store, as of `now` or their latest execution. Errors: the store's, in a sentence.
  [[nodiscard]] sys::Outcome<void> attach(const std::string& store_path, Wall now);

  [[nodiscard]] TakerFee taker_fee(const CostKey& key);
  // Half of all orders were there sooner: the learned p50, else what the user says.
  [[nodiscard]] OrderLatency order_latency(const CostKey& key);

 private:
  [[nodiscard]] std::optional<ExchangeId> find_exchange(const CostKey& key) const;
  [[nodiscard]] std::optional<TakerFee> learned_fee(const CostKey& key, const TakerFee& published);

  std::map<std::string, double> given_bps_;
  Nanos latency_;
  std::optional<Calibrator> calibrator_;
};

}  // namespace crossbook::app
