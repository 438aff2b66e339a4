// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "crossbook/guard/order.hpp"

namespace crossbook::guard {

// Where each slot stands in the heap that holds it. Heaps of which at most one holds a slot may share one.
class SlotPlaces {
 public:
  [[nodiscard]] std::uint32_t of(Slot slot) const { return slot < places_.size() ? places_[slot] : 0; }
  void set(Slot slot, std::uint32_t place) { places_[slot] = place; }
  void grow(std::size_t slots) { places_.resize(slots); }
  void reserve(std::size_t slots) { places_.reserve(slots); }
  [[nodiscard]] std::size_t bytes() const { return places_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> places_;
};

// Slots by key, the smallest first, ties by slot: a heap of four children a node, half as deep as a binary one. Finds
// and removes any slot by its place.
template <class Key>
class SlotHeap {
 public:
  struct Entry {
    Key key;
    Slot slot = no_slot;
    friend bool operator<(const Entry& a, const Entry& b) {
      return a.key < b.key || (!(b.key < a.key) && a.slot < b.slot);
    }
  };

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Entry& top() const { return entries_.front(); }
  [[nodiscard]] bool holds(const SlotPlaces& places, Slot slot) const {
    const std::uint32_t place = places.of(slot);
    return place < entries_.size() && entries_[place].slot == slot;
  }
  // Of a slot that it holds.
  [[nodiscard]] const Key& key(const SlotPlaces& places, Slot slot) const { return entries_[places.of(slot)].key; }

  void push(SlotPlaces& places, Slot slot, const Key& key) {
    entries_.push_back({key, slot});
    rise(places, entries_.size() - 1);
  }

  // True when the slot was there.
  bool remove(SlotPlaces& places, Slot slot) {
    if (!holds(places, slot)) return false;
    const std::size_t place = places.of(slot);
    const Entry last = entries_.back();
    entries_.pop_back();
    if (place == entries_.size()) return true;
    entries_[place] = last;
    places.set(last.slot, static_cast<std::uint32_t>(place));
    sink(places, rise(places, place));
    return true;
  }

  Slot pop(SlotPlaces& places) {
    const Slot slot = top().slot;
    remove(places, slot);
    return slot;
  }

  // Gives every slot the key that `key_of(slot)` answers.
  template <class KeyOf>
  void rekey(SlotPlaces& places, KeyOf&& key_of) {
    for (Entry& entry : entries_) entry.key = key_of(entry.slot);
    for (std::size_t place = entries_.size(); place-- > 0;) sink(places, place);
  }

  void reserve(std::size_t slots) { entries_.reserve(slots); }
  [[nodiscard]] std::size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  static constexpr std::size_t children = 4;

  void put(SlotPlaces& places, std::size_t place, const Entry& entry) {
    entries_[place] = entry;
    places.set(entry.slot, static_cast<std::uint32_t>(place));
  }

  std::size_t rise(SlotPlaces& places, std::size_t place) {
    const Entry entry = entries_[place];
    while (place > 0) {
      const std::size_t parent = (place - 1) / children;
      if (!(entry < entries_[parent])) break;
      put(places, place, entries_[parent]);
      place = parent;
    }
    put(places, place, entry);
    return place;
  }

  void sink(SlotPlaces& places, std::size_t place) {
    const Entry entry = entries_[place];
    for (;;) {
      const std::size_t first = place * children + 1;
      if (first >= entries_.size()) break;
      std::size_t least = first;
      for (std::size_t child = first + 1; child < first + children && child < entries_.size(); ++child)
        if (entries_[child] < entries_[least]) least = child;
      if (!(entries_[least] < entry)) break;
      put(places, place, entries_[least]);
      place = least;
    }
    put(places, place, entry);
  }

  std::vector<Entry> entries_;
};

}  // namespace crossbook::guard
