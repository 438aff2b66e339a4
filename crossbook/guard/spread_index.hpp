// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/guard/slot_heap.hpp"

namespace crossbook::guard {

// The orders of each watch by threshold, in heaps: calm ones with the lowest threshold on top, broken ones with the
// highest. A spread that breaks or frees no threshold costs a few comparisons; each that does costs O(log n). The
// lowest thresholds are a heap of their own, small enough to stay in the cache beside a million others: those are what
// breaks.
class SpreadIndex {
 public:
  // The heap of the lowest is cut down to a quarter when it has grown beyond `near_max`.
  explicit SpreadIndex(std::size_t near_max = 256) : near_max_(near_max) { cut_.reserve(near_max + 1); }

  std::size_t add_watch() {
    watches_.emplace_back();
    return watches_.size() - 1;
  }
  // Room for slots below this number; called before they are inserted.
  void grow(std::size_t slots) { places_.grow(slots); }

  void insert(std::size_t watch, Slot slot, MicroBps threshold) { insert(watches_[watch], slot, threshold); }
  // Puts a slot that is not in the index among those broken already.
  void insert_broken(std::size_t watch, Slot slot, MicroBps threshold) {
    watches_[watch].broken.push(places_, slot, -threshold);
  }
  void remove(std::size_t watch, Slot slot) {
    Watch& heaps = watches_[watch];
    if (heaps.near.remove(places_, slot) || heaps.far.remove(places_, slot)) return;
    heaps.broken.remove(places_, slot);
  }

  // The watched spread is now this. Calls on_broken(slot) for each threshold below it that was calm, lowest first: true
  // keeps the slot as broken, false leaves it out of the index. Calls on_calm(slot) for each broken one that is no
  // longer below it, highest first. The calls must not change the index.
  template <class OnBroken, class OnCalm>
  void set(std::size_t watch, MicroBps spread, OnBroken&& on_broken, OnCalm&& on_calm) {
    Watch& heaps = watches_[watch];
    for (SlotHeap<MicroBps>* calm : {&heaps.near, &heaps.far}) {
      while (!calm->empty() && calm->top().key < spread) [[unlikely]] {
        const MicroBps threshold = calm->top().key;
        const Slot slot = calm->pop(places_);
        if (on_broken(slot)) heaps.broken.push(places_, slot, -threshold);
      }
    }
    while (!heaps.broken.empty() && -heaps.broken.top().key >= spread) [[unlikely]] {
      const MicroBps threshold = -heaps.broken.top().key;
      const Slot slot = heaps.broken.pop(places_);
      insert(heaps, slot, threshold);
      on_calm(slot);
    }
  }

  [[nodiscard]] std::size_t size(std::size_t watch) const {
    const Watch& heaps = watches_[watch];
    return heaps.near.size() + heaps.far.size() + heaps.broken.size();
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = places_.bytes() + watches_.capacity() * sizeof(Watch);
    for (const Watch& watch : watches_) sum += watch.near.bytes() + watch.far.bytes() + watch.broken.bytes();
    return sum;
  }

 private:
  struct Watch {
    SlotHeap<MicroBps> near;  // calm, each below all of `far`
    SlotHeap<MicroBps> far;
    SlotHeap<MicroBps> broken;  // keys are negated thresholds
  };

  void insert(Watch& heaps, Slot slot, MicroBps threshold) {
    if (!heaps.far.empty() && threshold >= heaps.far.top().key) return heaps.far.push(places_, slot, threshold);
    heaps.near.push(places_, slot, threshold);
    if (heaps.near.size() > near_max_) [[unlikely]]
      cut_down(heaps);
  }

  // Seldom, and then a few microseconds. Equal thresholds stay together, so that they break in the order of their
  // slots.
  void cut_down(Watch& heaps) {
    while (!heaps.near.empty()) {
      cut_.push_back(heaps.near.top());
      heaps.near.pop(places_);
    }
    const MicroBps bound = cut_[near_max_ / 4].key;
    for (const auto& entry : cut_) (entry.key < bound ? heaps.near : heaps.far).push(places_, entry.slot, entry.key);
    cut_.clear();
  }

  std::vector<Watch> watches_;
  std::size_t near_max_;
  std::vector<SlotHeap<MicroBps>::Entry> cut_;  // reused
  SlotPlaces places_;  // of all heaps of all watches: an order watches one spread, from one side
};

}  // namespace crossbook::guard
