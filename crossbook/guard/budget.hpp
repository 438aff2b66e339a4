// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "crossbook/core/check.hpp"
#include "crossbook/core/units.hpp"

// How many requests an account may send to its venue.
namespace crossbook::guard {

struct BudgetOptions {
  std::int64_t burst = 20;                // requests that may go out at once, at least 2
  Nanos per_request = milliseconds(100);  // time that earns one request, above 0
};

// A token bucket, full at first. Places leave half of it for cancels and queries, which may empty it.
class Budget {
 public:
  Budget() = default;
  explicit Budget(const BudgetOptions& options) : options_(options), credit_(full()) {
    CROSSBOOK_ASSERT(options.burst >= 2 && options.per_request > Nanos());
  }

  // Takes one request, or says that there is none. `at` never decreases.
  [[nodiscard]] bool take_for_place(Steady at) { return take(at, options_.burst / 2 + 1); }
  [[nodiscard]] bool take_for_cancel(Steady at) { return take(at, 1); }

  // When the next cancel may go out: `at` itself when one may now.
  [[nodiscard]] Steady next_cancel(Steady at) const {
    return at + std::max(options_.per_request - credit_at(at), Nanos());
  }

 private:
  [[nodiscard]] Nanos full() const { return Nanos(options_.burst * options_.per_request.count()); }
  [[nodiscard]] Nanos credit_at(Steady at) const {
    if (!started_) return credit_;
    return std::min(full(), credit_ + std::min(full(), at - counted_at_));
  }

  // One, when at least `kept` requests are there.
  bool take(Steady at, std::int64_t kept) {
    credit_ = credit_at(at);
    counted_at_ = at;
    started_ = true;
    if (credit_.count() < kept * options_.per_request.count()) return false;
    credit_ -= options_.per_request;
    return true;
  }

  BudgetOptions options_;
  Nanos credit_;  // earned time; per_request of it is one request
  Steady counted_at_;
  bool started_ = false;
};

}  // namespace crossbook::guard
