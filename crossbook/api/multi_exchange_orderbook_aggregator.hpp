// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/api/execution_store.hpp"
#include "crossbook/api/fee_latency_calibrator.hpp"
#include "crossbook/core/reason.hpp"
#include "crossbook/core/wide.hpp"
#include "crossbook/cost/all_in.hpp"

namespace crossbook {

enum class OrderBookSide : std::uint8_t { bid, ask };

struct OrderBookLevel {
  double price = 0.0;
  double size = 0.0;  // base units
  int orders = 1;
};

// One exchange's book of one symbol. Levels may come in any order. The last four fields are the seed's; the levels
// alone decide.
struct OrderBookSnapshot {
  std::string symbol;
  TimePoint timestamp{};
  std::vector<OrderBookLevel> bids{};
  std::vector<OrderBookLevel> asks{};
  double mid_price = 0.0;
  double spread_bps = 0.0;
  double best_bid = 0.0;
  double best_ask = 0.0;
};

// All exchanges at one price.
struct AggregatedLevel {
  double price = 0.0;
  double total_size = 0.0;               // the decimal sum: 0.1 and 0.2 are 0.3
  std::vector<std::string> exchanges{};  // by name
  double weighted_price = 0.0;           // size-weighted, the latency cost of each exchange charged, fees aside
  std::vector<double> sizes{};           // by exchange
};

struct AggregatedOrderBook {
  std::string symbol;
  TimePoint timestamp{};                // of the latest snapshot in it
  std::vector<AggregatedLevel> bids{};  // best first
  std::vector<AggregatedLevel> asks{};
  std::optional<double> best_bid{};  // none: that side is missing
  std::optional<double> best_ask{};
  std::optional<double> spread_bps{};  // below zero: crossed
  double total_bid_depth = 0.0;        // over the levels returned, base units
  double total_ask_depth = 0.0;
  int exchange_count = 0;  // that contribute
};

// The books that contribute at one moment, held as they were: cheap to take, merged only when read. Holds nothing of
// the aggregator itself and may be read by several threads.
class HeldOrderBook {
 public:
  // The best price of each side, who contributes and when; no levels, no depth.
  [[nodiscard]] const AggregatedOrderBook& top() const { return top_; }
  // With levels and depth.
  [[nodiscard]] AggregatedOrderBook read() const;

 private:
  friend class MultiExchangeOrderbookAggregator;
  struct Entry {
    double price = 0.0;
    double size = 0.0;
  };
  struct Book {
    std::string exchange;
    std::vector<Entry> bids;  // best first, one entry a price
    std::vector<Entry> asks;
    TimePoint timestamp{};
    double latency_ms = 0.0;
    double reliability = 1.0;
    bool crossed = false;
  };
  struct Member {
    std::shared_ptr<const Book> book;
    double middle = 0.0;   // its mid, or its one price
    double latency = 0.0;  // the cost of being late, as a fraction of the price
  };

  [[nodiscard]] std::vector<AggregatedLevel> merge(OrderBookSide side, double& depth) const;

  AggregatedOrderBook top_;
  std::vector<Member> members_;  // by name
  std::size_t levels_max_ = 0;
};

// Where to trade all of it, at which raw average price.
struct BestExchange {
  std::string exchange;
  double price = 0.0;
  double filled_usd = 0.0;  // how much of the size its book has
  bool complete = false;    // all of it
};

struct MultiExchangeOrderbookAggregatorOptions {
  double latency_weight = 0.3;              // from 0 (latency costs nothing) to 1
  double min_reliability = 0.5;             // exchanges below stay out
  double max_price_diff_pct = 0.01;         // a fraction: further from the median, an exchange stays out
  std::optional<double> max_age_seconds{};  // older snapshots stay out; none: no limit
  std::shared_ptr<const FeeLatencyCalibrator> calibrator{};  // with it, learned fees and latencies decide
  LatencyForm latency_form = LatencyForm::diffusion;
  double volatility = 1e-4;            // LatencyPricing::volatility
  std::function<TimePoint()> clock{};  // for ages; none: the system clock
};

// The seed's aggregator: one book out of many. Names and doubles in and out. Prices are equal iff their shortest
// decimal texts are; equal prices are one level, different ones never are. Safe to use from several threads. Bad input
// throws std::invalid_argument that names the argument and the value, and changes nothing.
class MultiExchangeOrderbookAggregator {
 public:
  explicit MultiExchangeOrderbookAggregator(MultiExchangeOrderbookAggregatorOptions options = {});

  // Replaces what that exchange had for the snapshot's symbol. A crossed snapshot is no error: it stays out, with its
  // reason, and so does what it replaced. reliability_score is from 0 to 1.
  void add_exchange_orderbook(std::string_view exchange, const OrderBookSnapshot& snapshot, double latency_ms = 50.0,
                              double reliability_score = 1.0);

  // Without an exchange that contributes: no level, and exchange_count 0.
  [[nodiscard]] AggregatedOrderBook aggregate(std::string_view symbol, int max_levels = 20,
                                              bool use_latency_weighting = true) const;
  // The same, to be merged when it is read.
  [[nodiscard]] HeldOrderBook hold(std::string_view symbol, int max_levels = 20,
                                   bool use_latency_weighting = true) const;

  // side: "buy" or "sell"; size_usd: in the quote currency. Walks each exchange's depth for all of it: the best all-in
  // average. Too little depth everywhere: the exchange that fills most. No exchange that contributes with that side:
  // std::invalid_argument, with the reasons.
  [[nodiscard]] BestExchange get_best_exchange(std::string_view symbol, std::string_view side, double size_usd) const;

  // Added and not refused as crossed; by name.
  [[nodiscard]] std::vector<std::string> get_available_exchanges(std::string_view symbol) const;
  // Every exchange that was added and does not contribute, and why: crossed, low_reliability, late, off_consensus,
  // no_price.
  [[nodiscard]] std::map<std::string, Reason> excluded(std::string_view symbol) const;
  // Whether it was there.
  bool remove_exchange(std::string_view symbol, std::string_view exchange);

 private:
  using Entry = HeldOrderBook::Entry;
  using Book = HeldOrderBook::Book;
  using Member = HeldOrderBook::Member;
  using Books = std::map<std::string, std::shared_ptr<const Book>, std::less<>>;  // by exchange

  [[nodiscard]] static std::vector<Entry> entries(const std::vector<OrderBookLevel>& levels, OrderBookSide side);
  static void merge_equal_prices(std::vector<Entry>& entries);
  [[nodiscard]] const Books* find(std::string_view symbol) const;
  [[nodiscard]] Reason own_reason(const Book& book, TimePoint now) const;
  [[nodiscard]] std::vector<Member> contributors(const Books& books, std::map<std::string, Reason>* excluded) const;
  [[nodiscard]] std::optional<std::size_t> outlier(const std::vector<Member>& members) const;
  void price_latency(std::vector<Member>& members) const;

  MultiExchangeOrderbookAggregatorOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Books, std::less<>> symbols_;
};

}  // namespace crossbook
