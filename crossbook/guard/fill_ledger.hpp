// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crossbook/guard/hash_index.hpp"
#include "crossbook/guard/order.hpp"

namespace crossbook::guard {

// Which matches of which orders were counted. The records of an order hang together in a list whose head the order
// keeps (Order::fills); forgotten ones are used again.
class FillLedger {
 public:
  // True when this match of the order is new; it is known from now on.
  bool add(Slot owner, std::uint32_t& head, std::uint64_t trade) {
    const std::uint64_t hash = hash_of(owner, trade);
    const auto same = [&](std::uint32_t at) { return records_[at].trade == trade && records_[at].owner == owner; };
    if (index_.find(hash, same) != HashIndex::none) return false;
    const std::uint32_t at = take();
    records_[at] = {trade, owner, head};
    head = at;
    index_.insert(hash, at);
    return true;
  }

  // Forgets all matches of the order.
  void forget(std::uint32_t& head) {
    while (head != no_slot) {
      const std::uint32_t next = records_[head].next;
      index_.erase(hash_of(records_[head].owner, records_[head].trade), head);
      records_[head].next = free_;
      free_ = head;
      head = next;
    }
  }

  void reserve(std::size_t fills) {
    records_.reserve(fills);
    index_.reserve(fills);
  }
  [[nodiscard]] std::size_t bytes() const { return records_.capacity() * sizeof(Record) + index_.bytes(); }

 private:
  struct Record {
    std::uint64_t trade = 0;
    Slot owner = no_slot;
    std::uint32_t next = no_slot;  // of the same order, or of the free ones
  };

  static std::uint64_t hash_of(Slot owner, std::uint64_t trade) { return mix(mix(trade) + owner); }

  std::uint32_t take() {
    if (free_ == no_slot) {
      records_.emplace_back();
      return static_cast<std::uint32_t>(records_.size() - 1);
    }
    const std::uint32_t at = free_;
    free_ = records_[at].next;
    return at;
  }

  std::vector<Record> records_;
  HashIndex index_;
  std::uint32_t free_ = no_slot;
};

}  // namespace crossbook::guard
