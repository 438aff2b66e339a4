// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/prefetch.hpp"
#include "crossbook/guard/hash_index.hpp"
#include "crossbook/guard/order.hpp"

namespace crossbook::guard {

// The orders in slots that stay where they are while they are held, found by id; ended ones in a list, oldest first.
// A forgotten order's slot is used again, the last one first, so that memory follows the most ever held at once.
class OrderTable {
 public:
  [[nodiscard]] Slot find(OrderId id) const {
    return index_.find(hash_of(id), [&](std::uint32_t slot) { return slots_[slot].id == id; });
  }
  [[nodiscard]] Order& operator[](Slot slot) { return slots_[slot]; }
  [[nodiscard]] const Order& operator[](Slot slot) const { return slots_[slot]; }

  // Asks for the memory of an order, or for where it is looked up: before many are used, one after the other.
  void prefetch(Slot slot) const { crossbook::prefetch(slots_[slot]); }
  void prefetch(OrderId id) const { index_.prefetch(hash_of(id)); }

  // A slot for a live order whose id is not held. Invalidates references when the table grows.
  Slot add(OrderId id) {
    Slot slot = free_;
    if (slot == no_slot) {
      slot = static_cast<Slot>(slots_.size());
      CROSSBOOK_ASSERT(slot != no_slot);
      slots_.emplace_back();
    } else {
      free_ = slots_[slot].ended_after;
      slots_[slot] = Order{};
    }
    slots_[slot].id = id;
    slots_[slot].held = true;
    index_.insert(hash_of(id), slot);
    ++live_;
    return slot;
  }

  // A live order has ended: last in the list of the ended.
  void end(Slot slot) {
    Order& order = slots_[slot];
    order.ended_before = newest_ended_;
    order.ended_after = no_slot;
    (newest_ended_ == no_slot ? oldest_ended_ : slots_[newest_ended_].ended_after) = slot;
    newest_ended_ = slot;
    --live_;
    ++ended_;
  }
  // An ended order lives after all.
  void revive(Slot slot) {
    unlink(slot);
    ++live_;
  }
  // Forgets an ended order; its slot may be used again.
  void forget(Slot slot) {
    unlink(slot);
    Order& order = slots_[slot];
    index_.erase(hash_of(order.id), slot);
    order.held = false;
    order.ended_after = free_;
    free_ = slot;
  }
  [[nodiscard]] Slot oldest_ended() const { return oldest_ended_; }

  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t held() const { return live_ + ended_; }
  [[nodiscard]] std::size_t slots() const { return slots_.size(); }  // those once used
  void reserve(std::size_t orders) {
    slots_.reserve(orders);
    index_.reserve(orders);
  }
  [[nodiscard]] std::size_t bytes() const { return slots_.capacity() * sizeof(Order) + index_.bytes(); }

 private:
  static std::uint64_t hash_of(OrderId id) { return mix(static_cast<std::uint64_t>(id)); }

  void unlink(Slot slot) {
    Order& order = slots_[slot];
    (order.ended_before == no_slot ? oldest_ended_ : slots_[order.ended_before].ended_after) = order.ended_after;
    (order.ended_after == no_slot ? newest_ended_ : slots_[order.ended_after].ended_before) = order.ended_before;
    order.ended_before = order.ended_after = no_slot;
    --ended_;
  }

  std::vector<Order> slots_;
  HashIndex index_;
  Slot free_ = no_slot;  // chained by ended_after
  Slot oldest_ended_ = no_slot;
  Slot newest_ended_ = no_slot;
  std::size_t live_ = 0;
  std::size_t ended_ = 0;
};

}  // namespace crossbook::guard
