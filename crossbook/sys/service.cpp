// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/service.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace crossbook::sys {
namespace {

std::optional<std::int64_t> number_of(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return {};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
  if (error != std::errc() || *end != '\0' || number <= 0) return {};
  return number;
}

}  // namespace

ServiceManager ServiceManager::of_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  const auto microseconds = number_of("WATCHDOG_USEC");
  const auto pid = number_of("WATCHDOG_PID");
  std::optional<Nanos> watchdog;
  if (microseconds && (!pid || *pid == getpid())) watchdog = Nanos(*microseconds * 1'000);
  return ServiceManager(socket == nullptr ? "" : socket, watchdog);
}

ServiceManager::ServiceManager(std::string socket, std::optional<Nanos> watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {}

void ServiceManager::ready(std::string_view status) const { tell("READY=1\nSTATUS=" + std::string(status)); }
void ServiceManager::status(std::string_view status) const { tell("STATUS=" + std::string(status)); }
void ServiceManager::stopping() const { tell("STOPPING=1"); }
void ServiceManager::alive() const { tell("WATCHDOG=1"); }

// A manager that cannot be reached is no reason to stop serving.
void ServiceManager::tell(std::string_view message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.starts_with('@')) address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const auto sent = ::sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length);
  static_cast<void>(sent);
  ::close(descriptor);
}

}  // namespace crossbook::sys
