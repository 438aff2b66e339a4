// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "crossbook/core/wide.hpp"

// Strong types for everything that is counted. A unit converts to nothing: adding a price to a quantity, or passing a
// duration where a point in time is meant, does not compile.
namespace crossbook {

// A whole number of one unit. Same-unit addition, subtraction and comparison only.
// Range: that of Rep; callers that can leave it use the checked functions of decimal.hpp and wide.hpp.
template <class Unit, class Rep = std::int64_t>
class Count {
 public:
  using rep = Rep;

  constexpr Count() = default;
  constexpr explicit Count(Rep count) : count_(count) {}

  [[nodiscard]] constexpr Rep count() const { return count_; }

  constexpr Count& operator+=(Count other) {
    count_ += other.count_;
    return *this;
  }
  constexpr Count& operator-=(Count other) {
    count_ -= other.count_;
    return *this;
  }
  friend constexpr Count operator+(Count a, Count b) { return Count(static_cast<Rep>(a.count_ + b.count_)); }
  friend constexpr Count operator-(Count a, Count b) { return Count(static_cast<Rep>(a.count_ - b.count_)); }
  friend constexpr Count operator-(Count a) { return Count(static_cast<Rep>(-a.count_)); }
  friend constexpr bool operator==(Count a, Count b) { return a.count_ == b.count_; }
  friend constexpr auto operator<=>(Count a, Count b) { return a.count_ <=> b.count_; }

 private:
  Rep count_ = 0;
};

// Units of 10^-price_scale (10^-quantity_scale) of the listing or instrument that the number belongs to.
using Price = Count<struct PriceTag>;
using Quantity = Count<struct QuantityTag>;
// Quantities that need more than 63 bits at one scale, and sums of quantities.
using WideQuantity = Count<struct WideQuantityTag, Wide>;

// A rate or a spread in 1e-6 basis points: a fee of 10 bps is 10'000'000, a negative fee is a rebate.
using MicroBps = Count<struct MicroBpsTag>;

// A length of time in nanoseconds.
using Nanos = Count<struct NanosTag>;
[[nodiscard]] constexpr Nanos milliseconds(std::int64_t n) { return Nanos(n * 1'000'000); }
[[nodiscard]] constexpr Nanos seconds(std::int64_t n) { return Nanos(n * 1'000'000'000); }

// A point in time, in nanoseconds since the clock's own epoch.
template <class Clock>
class Instant {
 public:
  constexpr Instant() = default;
  constexpr explicit Instant(std::int64_t nanos) : nanos_(nanos) {}
  [[nodiscard]] constexpr std::int64_t nanos() const { return nanos_; }

  friend constexpr Nanos operator-(Instant a, Instant b) { return Nanos(a.nanos_ - b.nanos_); }
  friend constexpr Instant operator+(Instant a, Nanos b) { return Instant(a.nanos_ + b.count()); }
  friend constexpr Instant operator-(Instant a, Nanos b) { return Instant(a.nanos_ - b.count()); }
  friend constexpr bool operator==(Instant a, Instant b) = default;
  friend constexpr auto operator<=>(Instant a, Instant b) = default;

 private:
  std::int64_t nanos_ = 0;
};

using Steady = Instant<struct SteadyClock>;  // never decreases: timers, ages, dwell
using Wall = Instant<struct WallClock>;      // UTC since 1970: stamps, expiries

enum class Side : std::uint8_t { bid, ask };
[[nodiscard]] constexpr Side opposite(Side side) { return side == Side::bid ? Side::ask : Side::bid; }

// Whether price a is nearer to the touch than price b: higher for bids, lower for asks.
[[nodiscard]] constexpr bool better(Side side, Price a, Price b) { return side == Side::bid ? a > b : a < b; }

// Positions in the engine's tables. Two kinds never mix.
enum class FeedId : std::uint16_t {};        // row of the feed table (venue/registry.hpp)
enum class ListingId : std::uint32_t {};     // one raw symbol of one feed
enum class ConnectionId : std::uint32_t {};  // one socket
enum class GroupId : std::uint32_t {};       // one consolidated book

template <class Id>
[[nodiscard]] constexpr std::size_t index(Id id) {
  return static_cast<std::size_t>(id);
}

}  // namespace crossbook
