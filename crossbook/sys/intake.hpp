// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "crossbook/core/units.hpp"

namespace crossbook::sys {

// How long bytes may have waited in the kernel before they were read. No socket tells when a byte arrived. But a read
// that brings less than there was room for leaves nothing behind: whatever the next one brings came later than this
// one was asked for. So the age of what is at hand has a bound, and a reader that cannot keep up sees it grow, with
// TLS as without.
class Intake {
 public:
  // A read is asked for; it may be answered at once, or wait for bytes.
  void asked(Steady now) {
    asked_at_ = now;
    pending_ = true;
    if (!empty_at_) nothing_waits(now);
  }
  // It brought so many bytes of the most that it could.
  void brought(std::size_t bytes, std::size_t room) {
    pending_ = false;
    came_after_ = *empty_at_;
    if (bytes < room) empty_at_ = std::max(*empty_at_, asked_at_);
  }
  // The kernel has nothing. REQUIRES: pending(), so that everything that was read has been handed on.
  void nothing_waits(Steady now) {
    empty_at_ = now;
    came_after_ = now;
  }

  [[nodiscard]] bool pending() const { return pending_; }
  // All that the last read brought, and all that waits still, came later than this.
  [[nodiscard]] Steady came_after() const { return came_after_; }
  // The age that what is handed on now may have; growing where nothing comes until somebody looks.
  [[nodiscard]] Nanos age_max(Steady now) const { return empty_at_ ? now - came_after_ : Nanos(0); }

 private:
  std::optional<Steady> empty_at_;  // the kernel had nothing then
  Steady asked_at_;
  Steady came_after_;
  bool pending_ = false;
};

}  // namespace crossbook::sys
