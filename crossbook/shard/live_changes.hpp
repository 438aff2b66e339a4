// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crossbook/book/level.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// Changes of best prices on their way from the thread that owns the books to one that reads.
namespace crossbook::shard {

// count * 10^-scale as the nearest double.
// tidy: allow(double): prices for programs that reckon in doubles; never back into a book
[[nodiscard]] inline double real(Wide count, int scale) {
  return to_double(count) / static_cast<double>(power_of_ten(scale));
}

// The best bid and ask over all venues of one symbol, as they became.
struct LiveChange {
  std::string symbol;
  Wall at;  // when the message that changed them was received
  // At the scales below; the quantity is the sum over the venues at that price. None: that side is missing.
  std::optional<book::WideLevel> bid;
  std::optional<book::WideLevel> ask;
  int price_scale = 0;
  int quantity_scale = 0;
  std::optional<std::int64_t> spread_micro_bps;  // below zero: crossed
  std::size_t venues = 0;                        // that contribute
  std::uint64_t conflated = 0;  // changes of this symbol that came before and were left out, since nobody had read

  [[nodiscard]] std::optional<double> bid_price() const { return price(bid); }
  [[nodiscard]] std::optional<double> ask_price() const { return price(ask); }

 private:
  [[nodiscard]] std::optional<double> price(const std::optional<book::WideLevel>& level) const {
    if (!level) return {};
    return real(level->price.count(), price_scale);
  }
};

// A ring between the one thread that writes, which never waits, and readers. Where it is full, a symbol's changes are
// left out until there is room, and then told as one: the latest.
class LiveChanges {
 public:
  explicit LiveChanges(std::size_t changes_max);
  ~LiveChanges();
  LiveChanges(const LiveChanges&) = delete;
  LiveChanges& operator=(const LiveChanges&) = delete;

  // For readers, from any thread. The oldest change, at once, or nothing.
  [[nodiscard]] std::optional<LiveChange> take();
  // The same; waits for so long where there is none. Nothing: the time is over, or it has ended.
  [[nodiscard]] std::optional<LiveChange> wait(Nanos at_most);
  // Nothing will come any more; what is in the ring can still be taken.
  [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }
  // Changes that were left out so far.
  [[nodiscard]] std::uint64_t conflated() const { return conflated_.load(std::memory_order_relaxed); }
  // A file descriptor for poll(): readable when a change may have come, or the end, since settle() was called last.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void settle() const;
  // Wakes everyone who waits, for good: from any thread.
  void end();

  // For the writer. False: no room.
  [[nodiscard]] bool offer(const LiveChange& change);
  void leave_out() { conflated_.fetch_add(1, std::memory_order_relaxed); }

 private:
  void wake() const;

  std::vector<LiveChange> ring_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> conflated_{0};
  std::atomic<bool> ended_{false};
  std::mutex readers_;  // the writer never takes it
  int descriptor_ = -1;
};

}  // namespace crossbook::shard
