// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "crossbook/shard/player.hpp"

namespace crossbook::app {

// Prints what the last record meant, one JSON object per line: book_snapshot, book_delta, trade, bbo, status.
// Prices and sizes are decimal text; ts_recv and ts_event are nanoseconds since 1970, ts_event null where the venue
// gives none.
class EventPrinter {
 public:
  void print(const shard::Player& player);

 private:
  std::map<std::size_t, std::pair<book::BookState, Reason>> states_;  // by listing, as last printed
};

}  // namespace crossbook::app
