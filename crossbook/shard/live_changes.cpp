// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_changes.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/sys/clock.hpp"

namespace crossbook::shard {

LiveChanges::LiveChanges(std::size_t changes_max)
    : ring_(std::max<std::size_t>(changes_max, 1)), descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CROSSBOOK_ASSERT(descriptor_ >= 0);
}

LiveChanges::~LiveChanges() { close(descriptor_); }

bool LiveChanges::offer(const LiveChange& change) {
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  if (written - read_.load(std::memory_order_acquire) == ring_.size()) return false;
  ring_[written % ring_.size()] = change;
  written_.store(written + 1, std::memory_order_seq_cst);
  // A reader that saw the ring empty waits for the descriptor; one that is behind does not.
  if (read_.load(std::memory_order_seq_cst) == written) wake();
  return true;
}

std::optional<LiveChange> LiveChanges::take() {
  const std::scoped_lock lock(readers_);
  const std::uint64_t read = read_.load(std::memory_order_relaxed);
  if (read == written_.load(std::memory_order_seq_cst)) return {};
  std::optional<LiveChange> change = std::move(ring_[read % ring_.size()]);
  read_.store(read + 1, std::memory_order_seq_cst);
  return change;
}

std::optional<LiveChange> LiveChanges::wait(Nanos at_most) {
  const Steady until = sys::steady_now() + at_most;
  for (;;) {
    settle();
    if (auto change = take()) return change;
    const Nanos left = until - sys::steady_now();
    if (ended() || left <= Nanos(0)) return {};
    // Another reader may have settled what woke us: then nobody would. A tenth of a second bounds it.
    pollfd waits{.fd = descriptor_, .events = POLLIN, .revents = 0};
    (void)poll(&waits, 1, static_cast<int>(std::min<std::int64_t>(left.count() / 1'000'000 + 1, 100)));
  }
}

void LiveChanges::settle() const {
  std::uint64_t count = 0;
  // Once it has ended it stays readable.
  if (!ended()) (void)!read(descriptor_, &count, sizeof(count));
  if (ended()) wake();
}

void LiveChanges::end() {
  ended_.store(true, std::memory_order_release);
  wake();
}

void LiveChanges::wake() const {
  const std::uint64_t one = 1;
  (void)!write(descriptor_, &one, sizeof(one));
}

}  // namespace crossbook::shard
