// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/market_records.hpp"

namespace crossbook::shard {
namespace {

capture::Direction direction(market::Direction dir) {
  switch (dir) {
    case market::Direction::open: return capture::Direction::open;
    case market::Direction::out: return capture::Direction::out;
    case market::Direction::in: return capture::Direction::in;
    case market::Direction::http: return capture::Direction::http;
  }
  return capture::Direction::in;
}

}  // namespace

const capture::Arrival* MarketRecords::next() {
  if (!session_.next(record_)) return nullptr;
  arrival_.t = record_.t;
  arrival_.feed = record_.feed;
  arrival_.conn = record_.conn;
  arrival_.url = record_.url;
  arrival_.payload = record_.raw;
  arrival_.dir = direction(record_.dir);
  arrival_.line += 1;
  arrival_.at = Steady(record_.t.nanos());
  const auto [entry, first] = connections_.try_emplace({std::string(record_.feed), std::string(record_.conn)},
                                                       ConnectionId(connections_.size()));
  arrival_.connection = entry->second;
  arrival_.first = first;
  return &arrival_;
}

}  // namespace crossbook::shard
