// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/fetches.hpp"

#include <algorithm>
#include <utility>

namespace crossbook::shard {
namespace {

constexpr Nanos answer_within = seconds(30);     // the shard's own client gives up earlier
constexpr Nanos between_snapshots = seconds(1);  // of one listing
constexpr std::int64_t wait_max_seconds = 60;

// Addresses first: a connection waits for one. Then snapshots: a book waits.
int rank(FetchPurpose purpose) {
  switch (purpose) {
    case FetchPurpose::address: return 0;
    case FetchPurpose::snapshot: return 1;
    case FetchPurpose::instruments: return 2;
  }
  return 3;
}

bool same(const Fetches::Wish& a, const Fetches::Wish& b) {
  return a.purpose == b.purpose && a.listing == b.listing && a.connection == b.connection && a.url == b.url;
}

}  // namespace

void Fetches::want(Moment now, Wish wish) {
  if (std::ranges::any_of(wishes_, [&](const Wish& known) { return same(known, wish); })) return;
  wish.due = std::max(wish.due, now.at);
  wishes_.push_back(std::move(wish));
  plan_next(now.at);
}

// When the limits allow a wish that is not sent, not before `at`.
Steady Fetches::earliest(Steady at, const Wish& wish) const {
  Steady due = std::max(at, wish.due);
  if (wish.purpose == FetchPurpose::snapshot)
    for (const Asked& asked : asked_)
      if (asked.listing == wish.listing) due = std::max(due, asked.at + between_snapshots);
  return budget_->next_fetch(due, wish.weight);
}

// The most urgent wish that may be sent now.
Fetches::Wish* Fetches::next_wish(Steady at) {
  Wish* best = nullptr;
  for (Wish& wish : wishes_) {
    if (wish.sent || earliest(at, wish) > at) continue;
    if (best == nullptr || rank(wish.purpose) < rank(best->purpose)) best = &wish;
  }
  return best;
}

void Fetches::send(Moment now, Wish& wish, Actions& actions) {
  budget_->take_fetch(now.at, wish.weight);
  wish.sent = FetchId{++last_id_};
  wish.answer_by = now.at + answer_within;
  if (wish.listing) {
    std::erase_if(asked_, [&](const Asked& asked) {
      return asked.listing == *wish.listing || now.at - asked.at > between_snapshots;
    });
    asked_.push_back({*wish.listing, now.at});
  }
  actions.emplace_back(
      Fetch{.id = *wish.sent, .purpose = wish.purpose, .post = wish.post, .url = wish.url, .listing = wish.listing});
}

void Fetches::tick(Moment now, Actions& actions) {
  for (Wish& wish : wishes_)
    if (wish.sent && now.at >= wish.answer_by) wish.sent.reset();
  while (Wish* const wish = next_wish(now.at)) send(now, *wish, actions);
  plan_next(now.at);
}

std::optional<Fetches::Wish> Fetches::take(FetchId id) {
  const auto found = std::ranges::find_if(wishes_, [id](const Wish& wish) { return wish.sent == id; });
  if (found == wishes_.end()) return {};
  Wish wish = std::move(*found);
  wishes_.erase(found);
  wish.sent.reset();
  return wish;
}

void Fetches::again(Moment now, Wish wish) {
  const std::uint32_t doublings = std::min<std::uint32_t>(wish.failures++, 10);
  const std::int64_t ceiling_ms = std::min<std::int64_t>(std::int64_t{1000} << doublings, wait_max_seconds * 1000);
  wish.due = now.at + milliseconds(500) + milliseconds(random_.between(0, ceiling_ms));
  wishes_.push_back(std::move(wish));
  plan_next(now.at);
}

void Fetches::drop(ConnectionId connection) {
  std::erase_if(wishes_, [&](const Wish& wish) { return wish.connection == connection; });
}
void Fetches::drop(ListingId listing) {
  std::erase_if(wishes_, [&](const Wish& wish) { return wish.listing == listing; });
}

void Fetches::plan_next(Steady at) {
  due_.reset();
  for (const Wish& wish : wishes_) {
    const Steady time = wish.sent ? wish.answer_by : earliest(at, wish);
    due_ = due_ ? std::min(*due_, time) : time;
  }
}

}  // namespace crossbook::shard
