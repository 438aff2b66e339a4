// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

// Pieces of bytes from one thread to one other, in order, without a lock; a full ring says so and waits for nobody.
//
//   buffer   [ length | bytes, padded to 8 ] [ length | bytes ] ... [ skip_to_start ]
//
// A piece never wraps around: where it does not fit before the end, a mark sends the reader to the start. Positions
// only grow, so that full and empty cannot be mixed up.
namespace crossbook::sys {

class RecordRing {
 public:
  // REQUIRES: a power of two, at least 64.
  explicit RecordRing(std::size_t bytes) : bytes_(bytes), buffer_(std::make_unique<char[]>(bytes)) {}

  // The writing thread: room for a piece of this size, or nothing where there is none now. Fill it, then publish().
  [[nodiscard]] std::span<char> reserve(std::size_t size) {
    const std::size_t whole = header + padded(size);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t offset = static_cast<std::size_t>(tail & (bytes_ - 1));
    const std::size_t to_end = bytes_ - offset;
    const std::size_t needed = to_end >= whole ? whole : to_end + whole;
    if (needed > bytes_ - static_cast<std::size_t>(tail - head_.load(std::memory_order_acquire))) return {};
    reserved_ = tail;
    if (to_end < whole) {
      put_length(offset, skip_to_start);
      reserved_ += to_end;
    }
    const std::size_t at = static_cast<std::size_t>(reserved_ & (bytes_ - 1));
    put_length(at, size);
    reserved_ += whole;
    return {buffer_.get() + at + header, size};
  }
  void publish() { tail_.store(reserved_, std::memory_order_release); }

  // The reading thread: the oldest piece, until pop(); nothing where there is none.
  [[nodiscard]] std::span<const char> front() {
    const std::uint64_t tail = tail_.load(std::memory_order_acquire);
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail) return {};
    std::size_t at = static_cast<std::size_t>(head & (bytes_ - 1));
    if (length_at(at) == skip_to_start) {
      head += bytes_ - at;
      head_.store(head, std::memory_order_release);
      at = 0;
    }
    return {buffer_.get() + at + header, static_cast<std::size_t>(length_at(at))};
  }
  void pop() {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::size_t at = static_cast<std::size_t>(head & (bytes_ - 1));
    head_.store(head + header + padded(static_cast<std::size_t>(length_at(at))), std::memory_order_release);
  }

  // From either thread, a little old.
  [[nodiscard]] std::size_t used() const {
    return static_cast<std::size_t>(tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire));
  }
  // No piece beyond this ever fits.
  [[nodiscard]] std::size_t piece_max() const { return bytes_ / 2 - header; }

 private:
  static constexpr std::size_t header = sizeof(std::uint64_t);
  static constexpr std::uint64_t skip_to_start = UINT64_MAX;
  static constexpr std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

  void put_length(std::size_t at, std::uint64_t length) {
    std::copy_n(reinterpret_cast<const char*>(&length), header, buffer_.get() + at);
  }
  [[nodiscard]] std::uint64_t length_at(std::size_t at) const {
    std::uint64_t length = 0;
    std::copy_n(buffer_.get() + at, header, reinterpret_cast<char*>(&length));
    return length;
  }

  std::size_t bytes_;
  std::unique_ptr<char[]> buffer_;
  std::uint64_t reserved_ = 0;                      // of the writing thread
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // what was published
  alignas(64) std::atomic<std::uint64_t> head_{0};  // what was read
};

}  // namespace crossbook::sys
