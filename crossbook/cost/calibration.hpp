// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/result.hpp"
#include "crossbook/cost/booked_fee.hpp"
#include "crossbook/cost/clock_offset.hpp"
#include "crossbook/cost/drift.hpp"
#include "crossbook/cost/fees.hpp"
#include "crossbook/cost/latency.hpp"
#include "crossbook/cost/tallies.hpp"
#include "crossbook/cost/tiers.hpp"

// Executions in, fees and latencies out: per exchange, and per market (one symbol of one exchange) and role.
//
//   Calibrator calibrator({.lookback = days(30)});
//   const MarketId market = calibrator.market("kraken", "BTC/USD");           // names to handles, once
//   calibrator.record({.market = market, .role = Role::taker, .at = now, .fee = MicroBps(26'000'000)});
//   calibrator.fee(market, Role::taker).median_bps;                            // 26
namespace crossbook {

enum class ExchangeId : std::uint16_t {};
enum class MarketId : std::uint32_t {};

[[nodiscard]] constexpr Nanos days(std::int64_t n) { return seconds(n * 86'400); }

// These values are on disk; add, never change.
enum class Stage : std::uint8_t {
  execution,      // the seed's single latency: sent to filled, or what the user measured
  order_to_ack,   // sent to acknowledged
  ack_to_fill,    // acknowledged to first fill: a venue's doing for takers, the market's for makers
  cancel_to_ack,  // cancel sent to acknowledged
  feed,           // a message's delay beyond the fastest message: needs no clock of the venue
};
inline constexpr std::size_t stage_count = 5;
[[nodiscard]] const char* to_string(Stage stage);

struct CalibratorSettings {
  Nanos lookback = days(30);      // from 1 hour; up to 2 days in slices of an hour, beyond in slices of a day
  std::int64_t min_samples = 10;  // an exchange with fewer is not calibrated
};

// A fee that could not be made a rate, in its own currency.
struct ApartFee {
  std::string currency;
  std::int64_t amount = 0;  // 1e-8
};

// What is known about one fill, or about one order. Everything optional is left out of what it would have counted for.
struct Execution {
  MarketId market{};
  Role role = Role::taker;
  Wall at;
  std::optional<MicroBps> fee;
  MicroBps fee_rounding{0};      // half a unit of the booked fee's last place (rounding_of); 0: 0.01 bps
  std::int64_t notional = 0;     // 1e-6 of the quote currency; 0: not known
  std::optional<Nanos> latency;  // Stage::execution
  std::optional<Nanos> order_to_ack;
  std::optional<Nanos> ack_to_fill;
  std::optional<MicroBps> expected_fee;
  std::optional<Nanos> expected_latency;
  std::optional<ApartFee> apart;  // instead of `fee`
};

// Something that a person should see. Detectors watch the order of events: they are not merged.
struct TierAlarm {
  ExchangeId exchange{};
  std::optional<MarketId> market;  // none: over all symbols of the exchange
  Role role = Role::taker;
  TierChange change;
};
struct DriftAlarm {
  ExchangeId exchange{};
  std::optional<MarketId> market;
  Drift drift;
};

// One slice of the past. Latency is Stage::execution.
struct HistoryPoint {
  Wall from;
  Nanos length;
  std::array<FeeEstimate, 2> fees;  // by Role; samples 0 where nothing was recorded
  LatencyEstimate latency;
};

// Time is the latest that it was told: by an execution, or by advance(). Estimates cover the slices that touch
// [now - lookback, now]; executions from before are refused, late ones go to the slice of their own time.
// Handles hold for the life of the calibrator. References returned live until the next call of any member.
class Calibrator {
 public:
  explicit Calibrator(CalibratorSettings settings = {});

  [[nodiscard]] ExchangeId exchange(std::string_view name);
  [[nodiscard]] MarketId market(std::string_view exchange, std::string_view symbol);
  [[nodiscard]] std::optional<ExchangeId> find_exchange(std::string_view name) const;
  [[nodiscard]] std::optional<MarketId> find_market(std::string_view exchange, std::string_view symbol) const;
  [[nodiscard]] const std::string& name(ExchangeId id) const { return exchanges_[index(id)].name; }
  [[nodiscard]] const std::string& symbol(MarketId id) const { return markets_[index(id)].symbol; }
  [[nodiscard]] ExchangeId exchange_of(MarketId id) const { return markets_[index(id)].exchange; }
  [[nodiscard]] std::vector<ExchangeId> exchanges() const;           // by name
  [[nodiscard]] std::vector<MarketId> markets(ExchangeId id) const;  // by symbol
  [[nodiscard]] const CalibratorSettings& settings() const { return settings_; }

  // False when it is older than the window: nothing changed but `refused`.
  bool record(const Execution& execution);
  // A duration that belongs to no fill, such as a cancel. Not for Stage::feed.
  bool record(ExchangeId exchange, Stage stage, Wall at, Nanos latency);
  // One message of a feed: the excess over the fastest goes to Stage::feed.
  void record(ExchangeId exchange, const FeedStamp& stamp);
  void record(ExchangeId exchange, const TwoWaySample& sample);
  void advance(Wall now) {
    if (now > now_) now_ = now;
  }
  [[nodiscard]] Wall now() const { return now_; }

  // Where fees are believed to be until fills say so. A market's own prior goes before its exchange's.
  void set_prior(ExchangeId exchange, Role role, FeePrior prior);
  void set_prior(MarketId market, Role role, FeePrior prior);
  [[nodiscard]] FeePrior prior(ExchangeId exchange, Role role) const;

  [[nodiscard]] const FeeEstimate& fee(ExchangeId exchange, Role role);
  [[nodiscard]] const FeeEstimate& fee(MarketId market, Role role);
  // The rate to reckon with now, in bps: that of the tier where fills agree on one, else FeeEstimate::estimate_bps.
  [[nodiscard]] double current_fee_bps(ExchangeId exchange, Role role);
  [[nodiscard]] double current_fee_bps(MarketId market, Role role);
  // The same as a whole number, for prices that must be exact.
  [[nodiscard]] MicroBps current_fee(MarketId market, Role role);
  [[nodiscard]] std::optional<Tier> tier(ExchangeId exchange, Role role) const;
  [[nodiscard]] std::optional<Tier> tier(MarketId market, Role role) const;
  [[nodiscard]] const LatencyEstimate& latency(ExchangeId exchange, Stage stage = Stage::execution);
  [[nodiscard]] const LatencyEstimate& latency(MarketId market, Role role);
  [[nodiscard]] LatencyEstimate latency(MarketId market);  // both roles; takes microseconds
  // Fills of the window, both roles, whether they carried a fee or a latency. The seed's sample_count.
  [[nodiscard]] std::int64_t samples(ExchangeId exchange);
  [[nodiscard]] std::int64_t samples(MarketId market);
  // min(1, n / (2 min_samples)): the seed's confidence.
  [[nodiscard]] double confidence(std::int64_t samples) const;
  // Time of the latest execution ever; none before the first.
  [[nodiscard]] std::optional<Wall> last_updated(ExchangeId exchange) const;
  [[nodiscard]] std::optional<Wall> last_updated(MarketId market) const;
  [[nodiscard]] const ClockOffset& clock_offset(ExchangeId exchange) const { return exchanges_[index(exchange)].clock; }
  [[nodiscard]] Surprise surprise(ExchangeId exchange);

  // Fees in currencies without a rate, ever: by currency, how many and how much (1e-8 of it). From the 64th currency on
  // they count under "*", without an amount.
  struct Apart {
    std::int64_t fills = 0;
    Wide amount = 0;
    friend bool operator==(const Apart&, const Apart&) = default;
  };
  [[nodiscard]] const std::map<std::string, Apart>& fees_apart(ExchangeId exchange) const {
    return exchanges_[index(exchange)].apart;
  }

  // A point per slice of the window, the oldest first. Exchanges: slices of settings().lookback; markets likewise, or
  // by the hour for the last 48.
  enum class Grain : std::uint8_t { window, hour };
  [[nodiscard]] std::vector<HistoryPoint> history(ExchangeId exchange);
  [[nodiscard]] std::vector<HistoryPoint> history(MarketId market, Grain grain);
  static constexpr std::size_t alarms_max = 256;
  // The last alarms_max alarms, the oldest first.
  [[nodiscard]] const std::vector<TierAlarm>& tier_alarms() const { return tier_alarms_; }
  [[nodiscard]] const std::vector<DriftAlarm>& drift_alarms() const { return drift_alarms_; }
  [[nodiscard]] std::int64_t refused() const { return refused_; }

  // As if it had recorded what `other` recorded, for counts, sums, sketches and estimates. Detectors go on as they are;
  // those of exchanges and markets that only `other` knows are taken over. Both need the same settings.
  void merge(const Calibrator& other);

  // Everything recorded, the detectors and their last alarms, as whole numbers: restore(state()) goes on exactly as the
  // original would. Not in it: priors and clock offsets (given again and learned again at start), handles.
  [[nodiscard]] std::vector<std::int64_t> state(bool with_detectors = true);
  // Error: malformed, where the words are not a state of this version.
  [[nodiscard]] static Result<Calibrator> restore(std::span<const std::int64_t> words);

  // Memory of one market and role, of one market, and of everything.
  [[nodiscard]] std::size_t bytes(MarketId market, Role role) const;
  [[nodiscard]] std::size_t bytes(MarketId market) const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Cell {  // one market and role
    explicit Cell(const WindowShape& shape) : fees(shape), latency(shape) {}
    FeeWindow fees;
    LatencyWindow latency;
    TierDetector tiers;
    DriftDetector drift;
    std::optional<FeePrior> prior;
  };
  struct Market {
    ExchangeId exchange{};
    std::string symbol;
    std::array<Cell, 2> cells;
    Window<Tally> fills;
    std::optional<Wall> last;
  };
  struct Exchange {
    std::string name;
    std::array<FeeWindow, 2> fees;
    std::array<LatencyWindow, stage_count> stages;
    Window<Tally> fills;
    Window<SurpriseSums> surprises;
    std::array<TierDetector, 2> tiers;
    DriftDetector drift;
    ClockOffset clock;
    std::array<std::optional<FeePrior>, 2> priors;
    std::map<std::string, Apart> apart;
    std::map<std::string, MarketId, std::less<>> markets;
    std::optional<Wall> last;
  };
  void record_fee(const Execution& execution, Exchange& exchange, Cell& cell);
  void record_latency(const Execution& execution, Exchange& exchange, Cell& cell);
  void advance_all();
  void save(StateWriter& out, const Exchange& exchange, bool with_detectors) const;
  void save(StateWriter& out, const Market& market, bool with_detectors) const;
  void save_whose(StateWriter& out, ExchangeId exchange, const std::optional<MarketId>& market) const;
  void save_alarms(StateWriter& out) const;
  void load_exchange(StateReader& in, bool with_detectors);
  [[nodiscard]] bool load_whose(StateReader& in, ExchangeId& exchange, std::optional<MarketId>& market) const;
  void load_alarms(StateReader& in);
  void load(StateReader& in, Market& market, bool with_detectors);
  void merge(Exchange& into, const Exchange& from, bool taken_over) const;
  void merge(Market& into, const Market& from, bool taken_over) const;

  CalibratorSettings settings_;
  WindowShape exchange_shape_;
  WindowShape market_shape_;
  Wall now_{std::numeric_limits<std::int64_t>::min() / 2};
  std::deque<Exchange> exchanges_;
  std::deque<Market> markets_;
  std::map<std::string, ExchangeId, std::less<>> names_;
  std::vector<TierAlarm> tier_alarms_;
  std::vector<DriftAlarm> drift_alarms_;
  std::int64_t refused_ = 0;
};

}  // namespace crossbook
