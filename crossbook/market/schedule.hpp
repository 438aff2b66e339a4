// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/units.hpp"

namespace crossbook::market {

enum class Happening : std::uint8_t {
  open,      // the client's socket opens
  request,   // the client's i-th message
  reply,     // the venue's i-th answer
  snapshot,  // the first book of a subscription
  quote,     // makers or a taker change the book
  trades,    // prints go out
  bbo,       // the best bid and ask go out
  publish,   // changes of the book go out
  heartbeat,
  pong,            // the heartbeat that a ping brings
  rest_take,       // the venue reads its book for a REST answer
  rest_send,       // the answer arrives
  resync_request,  // after a loss, for one book
  resync_reply,
  fault_stall,
  fault_disconnect,
  fault_drop,
  resume,  // a stall ends
  // Of an endpoint only.
  ping,      // protocol pings go out
  release,   // what was delayed goes out to a client
  deadline,  // a client that subscribed to nothing is sent away
  turn,      // a fault without a rate begins or ends
};

// Something due at a time, at one venue and perhaps one of its books.
struct Due {
  Wall t;
  std::uint64_t order = 0;  // of equal times, the one scheduled first comes first
  Happening what = Happening::open;
  std::uint16_t venue = 0;
  std::uint16_t book = 0;
  std::uint32_t i = 0;      // message of a dialogue
  std::uint32_t epoch = 0;  // of the connection: what an old connection left behind is void
};

// What is due next, by time: a binary heap. Times and orders make a total order, so the heap's shape shows nowhere.
class Schedule {
 public:
  Schedule() { heap_.reserve(256); }

  void add(Due due) {
    due.order = next_order_++;
    heap_.push_back(due);
    std::ranges::push_heap(heap_, later);
  }
  [[nodiscard]] const Due& front() const { return heap_.front(); }
  [[nodiscard]] std::optional<Wall> next() const {
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().t);
  }
  Due take() {
    std::ranges::pop_heap(heap_, later);
    const Due due = heap_.back();
    heap_.pop_back();
    return due;
  }

 private:
  static bool later(const Due& a, const Due& b) { return a.t != b.t ? a.t > b.t : a.order > b.order; }

  std::vector<Due> heap_;
  std::uint64_t next_order_ = 0;
};

}  // namespace crossbook::market
