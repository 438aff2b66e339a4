// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crossbook/core/units.hpp"

// What a service tells its manager: the protocol of sd_notify(3), one datagram a message.
namespace crossbook::sys {

class ServiceManager {
 public:
  // Of the variables NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; nobody is told where the first is missing.
  [[nodiscard]] static ServiceManager of_environment();
  // `socket` is a path, or begins with @ for the abstract namespace; empty: nobody is told.
  explicit ServiceManager(std::string socket, std::optional<Nanos> watchdog = {});

  void ready(std::string_view status) const;
  void status(std::string_view status) const;
  void stopping() const;
  void alive() const;  // call it more often than watchdog(), from the thread that must not hang
  // After so long without alive() the manager kills the process.
  [[nodiscard]] std::optional<Nanos> watchdog() const { return watchdog_; }

 private:
  void tell(std::string_view message) const;

  std::string socket_;
  std::optional<Nanos> watchdog_;
};

}  // namespace crossbook::sys
