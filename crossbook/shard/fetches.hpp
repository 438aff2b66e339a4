// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/market/random.hpp"
#include "crossbook/shard/rate_budget.hpp"
#include "crossbook/shard/session_action.hpp"

namespace crossbook::shard {

// REST requests of one feed: each is sent when the budget allows, one at a time per listing, and again after a failure.
class Fetches {
 public:
  struct Wish {
    FetchPurpose purpose = FetchPurpose::snapshot;
    std::string url;
    bool post = false;
    std::int32_t weight = 1;
    std::optional<ListingId> listing;        // of a snapshot
    std::optional<ConnectionId> connection;  // whose address it is
    std::uint32_t failures = 0;              // so far
    Steady due;                              // not before
    std::optional<FetchId> sent;             // until answered
    Steady answer_by;                        // where sent
  };

  Fetches(SharedBudget& budget, std::uint64_t seed) : budget_(&budget), random_(seed) {}

  // Addresses go before snapshots, snapshots before instruments. A wish that stands already is not doubled.
  void want(Moment now, Wish wish);
  // Sends what the budget allows, and gives up waiting for answers that stay away.
  void tick(Moment now, Actions& actions);
  // Takes the wish that was answered out of the queue; nothing where it is unknown (late, or answered twice).
  [[nodiscard]] std::optional<Wish> take(FetchId id);
  // Puts it back after a failure, to be asked again after a wait.
  void again(Moment now, Wish wish);
  void drop(ConnectionId connection);
  void drop(ListingId listing);
  void clear() {
    wishes_.clear();
    due_.reset();
  }
  [[nodiscard]] std::optional<Steady> due() const { return due_; }
  [[nodiscard]] std::size_t size() const { return wishes_.size(); }

 private:
  // Times of a listing's last snapshot: not more than one a second, whatever is asked.
  struct Asked {
    ListingId listing{};
    Steady at;
  };
  [[nodiscard]] Steady earliest(Steady at, const Wish& wish) const;
  [[nodiscard]] Wish* next_wish(Steady at);
  void send(Moment now, Wish& wish, Actions& actions);
  void plan_next(Steady at);

  SharedBudget* budget_;
  market::Random random_;
  std::vector<Wish> wishes_;
  std::vector<Asked> asked_;
  std::uint64_t last_id_ = 0;
  std::optional<Steady> due_;
};

}  // namespace crossbook::shard
