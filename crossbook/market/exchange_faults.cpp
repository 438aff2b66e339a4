// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "crossbook/market/exchange.hpp"

namespace crossbook::market {

// Faults never overlap on one venue: while its books are not all whole, the next one waits.
bool Exchange::steady() const {
  return connected_ && !muted_ && !drop_next_ &&
         std::ranges::all_of(books_, [](const BookState& s) { return s.truth == BookTruth::whole && !s.resyncing; });
}

void Exchange::fault(Happening what) {
  if (!steady()) {
    add(seconds(1), what);
    return;
  }
  const FaultOptions& options = world_.fault_options;
  if (what == Happening::fault_stall) {
    add(Nanos(random_.waiting(options.stall_every.count())), what);
    fall_silent(FaultKind::stall, Happening::resume, options.stall_for);
  } else if (what == Happening::fault_disconnect) {
    add(Nanos(random_.waiting(options.disconnect_every.count())), what);
    fall_silent(FaultKind::disconnect, Happening::open, options.disconnect_for);
  } else {
    add(Nanos(random_.waiting(options.drop_every.count())), what);
    drop_next_ = true;
  }
}

void Exchange::fall_silent(FaultKind kind, Happening end, Nanos mean) {
  muted_ = true;
  for (BookState& state : books_) state.truth = BookTruth::silent;
  open_silence_ = world_.faults.size();
  world_.faults.push_back(Fault{.at = now_, .feed = options_.feed, .kind = kind, .raw_symbol = {}, .over_at = {}});
  add(milliseconds(500) + Nanos(random_.waiting(mean.count())), end);
}

void Exchange::end_silence() {
  muted_ = false;
  if (open_silence_) world_.faults[*std::exchange(open_silence_, {})].over_at = now_;
}

// A message of this book is lost on its way. Where one counter serves the connection, any of its books may be meant.
void Exchange::drop(BookState& state) {
  drop_next_ = false;
  state.open_drop = world_.faults.size();
  world_.faults.push_back(Fault{.at = now_,
                                .feed = options_.feed,
                                .kind = FaultKind::drop,
                                .raw_symbol = state.listing->raw_symbol,
                                .over_at = {}});
  state.truth = BookTruth::lost;
  if (!protocol_.counts_connection) return;
  for (BookState& other : books_) other.truth = BookTruth::lost;
}

// The client has noticed that a book is not whole.
void Exchange::resync(std::size_t book) {
  const Nanos after = milliseconds(10) + Nanos(random_.waiting(world_.fault_options.resync_after.count()));
  if (rest_) {
    books_[book].resyncing = true;
    add(after, Happening::rest_take, book);
  } else if (protocol_.resync_request != nullptr) {
    books_[book].resyncing = true;
    add(after, Happening::resync_request, book);
  } else {
    for (BookState& state : books_) state.resyncing = true;
    add(after, Happening::open);
  }
}

void Exchange::recovered(BookState& state) {
  state.truth = BookTruth::whole;
  state.resyncing = false;
  if (state.open_drop) world_.faults[*std::exchange(state.open_drop, {})].over_at = now_;
}

}  // namespace crossbook::market
