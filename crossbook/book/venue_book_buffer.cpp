// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "crossbook/book/venue_book.hpp"

// Deltas kept until a fetched snapshot comes, and how they are bridged onto it.
namespace crossbook::book {
namespace {

Run append(std::vector<Level>& to, const std::vector<Level>& from, const Run& run) {
  const auto begin = static_cast<std::uint32_t>(to.size());
  to.insert(to.end(), from.begin() + run.begin, from.begin() + run.end);
  return {begin, static_cast<std::uint32_t>(to.size())};
}

// The same for an array that only some batches have: it begins with the first of them, and others are filled.
template <class T>
void append_beside(std::vector<T>& to, const Run& place, const std::vector<T>& from, const Run& run, T filler) {
  if (to.empty() && from.empty()) return;
  to.resize(place.begin, filler);
  if (!from.empty()) to.insert(to.end(), from.begin() + run.begin, from.begin() + run.end);
  to.resize(place.end, filler);
}

}  // namespace

void VenueBook::hold(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall) {
  constexpr std::int64_t in_no_snapshot = std::numeric_limits<std::int64_t>::max();
  Held held{event, at, wall};
  const Run bids = held.event.bids = append(held_levels_.bids, batch.bids, event.bids);
  const Run asks = held.event.asks = append(held_levels_.asks, batch.asks, event.asks);
  append_beside(held_levels_.written_bids, bids, batch.written_bids, event.bids, WrittenDigits{});
  append_beside(held_levels_.written_asks, asks, batch.written_asks, event.asks, WrittenDigits{});
  append_beside(held_levels_.sequence_bids, bids, batch.sequence_bids, event.bids, in_no_snapshot);
  append_beside(held_levels_.sequence_asks, asks, batch.sequence_asks, event.asks, in_no_snapshot);
  if (settings_.wide) {
    hold_wide(Side::bid, event.bids, batch);
    hold_wide(Side::ask, event.asks, batch);
  }
  held_.push_back(held);
  trim_held();
}

void VenueBook::hold_wide(Side side, const Run& run, const EventBatch& batch) {
  const std::vector<WideQuantity>& wide = side == Side::bid ? batch.wide_bids : batch.wide_asks;
  for (std::uint32_t i = run.begin; i < run.end; ++i) {
    held_wide(side).push_back(wide.empty() ? WideQuantity(batch.levels(side)[i].quantity.count()) : wide[i]);
  }
}

// The oldest messages go, a quarter at a time.
void VenueBook::trim_held() {
  if (held_.size() <= buffered_messages_max &&
      held_levels_.bids.size() + held_levels_.asks.size() <= buffered_levels_max) {
    return;
  }
  drop_held(std::max<std::size_t>(held_.size() / 4, 1));
  reason_ = Reason::buffer_overflow;
}

void VenueBook::drop_held(std::size_t count) {
  if (count >= held_.size()) {
    held_.clear();
    held_levels_.clear();
    return;
  }
  const std::uint32_t bids = held_[count].event.bids.begin;
  const std::uint32_t asks = held_[count].event.asks.begin;
  const auto cut = [](auto& from, std::uint32_t n) {
    if (!from.empty()) from.erase(from.begin(), from.begin() + n);
  };
  cut(held_levels_.bids, bids);
  cut(held_levels_.wide_bids, bids);
  cut(held_levels_.written_bids, bids);
  cut(held_levels_.sequence_bids, bids);
  cut(held_levels_.asks, asks);
  cut(held_levels_.wide_asks, asks);
  cut(held_levels_.written_asks, asks);
  cut(held_levels_.sequence_asks, asks);
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
  for (Held& held : held_) {
    held.event.bids = {held.event.bids.begin - bids, held.event.bids.end - bids};
    held.event.asks = {held.event.asks.begin - asks, held.event.asks.end - asks};
  }
}

// Whether the kept deltas follow a snapshot with this number without a hole: false when it is too old.
bool VenueBook::bridges_to(std::int64_t snapshot) const {
  for (const Held& held : held_) {
    const auto& [first, last, previous] = held.event.sequence;
    if (last && *last <= snapshot) continue;
    if (settings_.rule == SequenceRule::range) return first && *first - 1 <= snapshot;
    if (settings_.rule == SequenceRule::previous_range) return first && (*first <= snapshot || previous == snapshot);
    if (settings_.rule == SequenceRule::next) return last && *last - 1 == snapshot;
    if (settings_.rule == SequenceRule::previous) return !previous || *previous <= snapshot;
    return true;
  }
  return true;
}

// Applies the kept deltas to the snapshot just taken. A hole among them is a gap; what follows it is kept for the next.
void VenueBook::bridge() {
  for (std::size_t i = 0; i < held_.size(); ++i) {
    const Held held = held_[i];
    const Verdict verdict = judge(held.event);
    if (verdict == Verdict::gap) {
      ++counters_.gaps;
      drop_held(i);
      lose(BookState::gapped, Reason::gap);
      return;
    }
    if (verdict == Verdict::drop) {
      ++counters_.stale_dropped;
      continue;
    }
    apply(held.event, held_levels_, held.at, held.wall);
    ++counters_.deltas;
  }
  drop_held(held_.size());
}

}  // namespace crossbook::book
