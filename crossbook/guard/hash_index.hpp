// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace crossbook::guard {

// Spreads the bits of a key over the whole word (the finalizer of splitmix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t key) {
  key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9U;
  key = (key ^ (key >> 27)) * 0x94D049BB133111EBU;
  return key ^ (key >> 31);
}

// From the hash of a key to the position of its record elsewhere. Open addressing, at most half full; erasing moves the
// neighbours back, so that churn leaves no graves.
class HashIndex {
 public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  void reserve(std::size_t records) {
    std::size_t cells = 16;
    while (cells < records * 2) cells *= 2;
    if (cells > cells_.size()) rebuild(cells);
  }

  // The position for which `same(position)` holds, or none.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const {
    if (cells_.empty()) return none;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t i = tag & mask();; i = (i + 1) & mask()) {
      const Cell& cell = cells_[i];
      if (cell.position == none) return none;
      if (cell.tag == tag && same(cell.position)) return cell.position;
    }
  }

  // Asks for the memory where a search for that key begins.
  void prefetch(std::uint64_t hash) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[static_cast<std::uint32_t>(hash) & mask()]);
  }

  // Adds a position whose key is not there.
  void insert(std::uint64_t hash, std::uint32_t position) {
    reserve(size_ + 1);
    put({static_cast<std::uint32_t>(hash), position});
    ++size_;
  }

  // Takes out a position that is there.
  void erase(std::uint64_t hash, std::uint32_t position) {
    std::size_t hole = static_cast<std::uint32_t>(hash) & mask();
    while (cells_[hole].position != position) hole = (hole + 1) & mask();
    for (std::size_t i = (hole + 1) & mask(); cells_[i].position != none; i = (i + 1) & mask()) {
      const std::size_t home = cells_[i].tag & mask();
      if (((i - home) & mask()) < ((i - hole) & mask())) continue;
      cells_[hole] = cells_[i];
      hole = i;
    }
    cells_[hole] = Cell{};
    --size_;
  }

  [[nodiscard]] std::size_t bytes() const { return cells_.capacity() * sizeof(Cell); }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    std::uint32_t position = none;
  };

  [[nodiscard]] std::size_t mask() const { return cells_.size() - 1; }

  void put(const Cell& cell) {
    std::size_t i = cell.tag & mask();
    while (cells_[i].position != none) i = (i + 1) & mask();
    cells_[i] = cell;
  }

  void rebuild(std::size_t cells) {
    std::vector<Cell> old(cells);
    old.swap(cells_);
    for (const Cell& cell : old)
      if (cell.position != none) put(cell);
  }

  std::vector<Cell> cells_;  // a power of two of them
  std::size_t size_ = 0;
};

}  // namespace crossbook::guard
