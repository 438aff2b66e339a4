// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crossbook/shard/live_market.hpp"

// What comes live, told to whoever takes spreads and books: the named classes of crossbook/api, or your own.
namespace crossbook::shard {

struct LiveFeederOptions {
  std::function<void(const LiveChange&)> on_change;   // each change of a best; absent: nobody asks
  std::function<void(const LiveVenueBook&)> on_book;  // a venue's book that changed, or was heard, or was left out
  std::size_t depth = 20;                             // levels a side of those books
  Nanos every = milliseconds(50);                     // at most so often each
};

// Calls both on a thread of its own, so that a slow one keeps nobody else waiting. The market outlives it.
class LiveFeeder {
 public:
  LiveFeeder(LiveMarket& market, LiveFeederOptions options);
  // Returns once the thread has ended; no call is under way then.
  ~LiveFeeder();
  LiveFeeder(const LiveFeeder&) = delete;
  LiveFeeder& operator=(const LiveFeeder&) = delete;

  // The text of what a call threw last; empty: none did. The others were served.
  [[nodiscard]] std::string error() const;
  [[nodiscard]] std::uint64_t conflated() const { return changes_->conflated(); }

 private:
  void run(const std::stop_token& stop);
  void tell_books();
  template <class Call>
  void guarded(const Call& call);

  LiveMarket& market_;
  LiveFeederOptions options_;
  std::shared_ptr<LiveChanges> changes_;
  std::vector<SeenBooks> seen_;  // by symbol
  mutable std::mutex error_mutex_;
  std::string error_;
  std::jthread thread_;
};

// For LiveFeederOptions::on_change: a SpreadThresholdManager, or what has its update_spread(symbol, bid, ask). A side
// that is missing is told as 0: not usable. The manager outlives the feeder.
template <class Manager>
[[nodiscard]] auto spreads_to(Manager& manager) {
  return [&manager](const LiveChange& change) {
    manager.update_spread(change.symbol, change.bid_price().value_or(0.0), change.ask_price().value_or(0.0));
  };
}

// For LiveFeederOptions::on_book: `on_book = books_to<OrderBookSnapshot>(aggregator)` for a
// MultiExchangeOrderbookAggregator. A venue that is left out live is removed, and comes back when it does.
template <class Snapshot, class Aggregator>
[[nodiscard]] auto books_to(Aggregator& aggregator) {
  return [&aggregator](const LiveVenueBook& book) {
    if (book.bids.empty() && book.asks.empty()) {
      (void)aggregator.remove_exchange(book.symbol, book.venue);
      return;
    }
    Snapshot snapshot;
    snapshot.symbol = book.symbol;
    using TimePoint = decltype(snapshot.timestamp);
    snapshot.timestamp =
        TimePoint(std::chrono::duration_cast<typename TimePoint::duration>(std::chrono::nanoseconds(book.at.nanos())));
    const auto add = [&book](auto& levels, const std::vector<book::WideLevel>& own) {
      for (const book::WideLevel& level : own) {
        auto& added = levels.emplace_back();
        added.price = real(level.price.count(), book.price_scale);
        added.size = real(level.quantity.count(), book.quantity_scale);
      }
    };
    add(snapshot.bids, book.bids);
    add(snapshot.asks, book.asks);
    aggregator.add_exchange_orderbook(book.venue, snapshot);
  };
}

}  // namespace crossbook::shard
