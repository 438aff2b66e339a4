// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crossbook/core/units.hpp"
#include "crossbook/guard/slot_heap.hpp"

namespace crossbook::guard {

// The orders of each watch by threshold, in two heaps: calm ones with the lowest threshold on top, broken ones with the
// highest. A spread that breaks or frees no threshold costs two comparisons; each that does costs O(log n).
class SpreadIndex {
 public:
  std::size_t add_watch() {
    watches_.emplace_back();
    return watches_.size() - 1;
  }
  // Room for slots below this number; called before they are inserted.
  void grow(std::size_t slots) { places_.grow(slots); }

  void insert(std::size_t watch, Slot slot, MicroBps threshold) { watches_[watch].calm.push(places_, slot, threshold); }
  // Puts a slot that is not in the index among those broken already.
  void insert_broken(std::size_t watch, Slot slot, MicroBps threshold) {
    watches_[watch].broken.push(places_, slot, -threshold);
  }
  void remove(std::size_t watch, Slot slot) {
    if (!watches_[watch].calm.remove(places_, slot)) watches_[watch].broken.remove(places_, slot);
  }

  // The watched spread is now this. Calls on_broken(slot) for each threshold below it that was calm, lowest first: true
  // keeps the slot as broken, false leaves it out of the index. Calls on_calm(slot) for each broken one that is no
  // longer below it, highest first. The calls must not change the index.
  template <class OnBroken, class OnCalm>
  void set(std::size_t watch, MicroBps spread, OnBroken&& on_broken, OnCalm&& on_calm) {
    Watch& heaps = watches_[watch];
    while (!heaps.calm.empty() && heaps.calm.top().key < spread) [[unlikely]] {
      const MicroBps threshold = heaps.calm.top().key;
      const Slot slot = heaps.calm.pop(places_);
      if (on_broken(slot)) heaps.broken.push(places_, slot, -threshold);
    }
    while (!heaps.broken.empty() && -heaps.broken.top().key >= spread) [[unlikely]] {
      const MicroBps threshold = -heaps.broken.top().key;
      const Slot slot = heaps.broken.pop(places_);
      heaps.calm.push(places_, slot, threshold);
      on_calm(slot);
    }
  }

  [[nodiscard]] std::size_t size(std::size_t watch) const {
    return watches_[watch].calm.size() + watches_[watch].broken.size();
  }
  [[nodiscard]] std::size_t bytes() const {
    std::size_t sum = places_.bytes() + watches_.capacity() * sizeof(Watch);
    for (const Watch& watch : watches_) sum += watch.calm.bytes() + watch.broken.bytes();
    return sum;
  }

 private:
  struct Watch {
    SlotHeap<MicroBps> calm;
    SlotHeap<MicroBps> broken;  // keys are negated thresholds
  };
  std::vector<Watch> watches_;
  SlotPlaces places_;  // of both heaps of all watches: an order watches one spread, from one side
};

}  // namespace crossbook::guard
