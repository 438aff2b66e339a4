// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/service.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace crossbook::sys {
namespace {

// A service manager's socket in the abstract namespace.
class Manager {
 public:
  Manager() : name("@crossbook-test-" + std::to_string(getpid())), descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
  }
  ~Manager() { ::close(descriptor_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  std::string next() {
    std::array<char, 256> text{};
    const auto size = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(size));
  }

  std::string name;

 private:
  int descriptor_;
};

TEST(ServiceManager, IsToldInItsOwnWords) {
  Manager manager;
  const ServiceManager service(manager.name);
  service.ready("6 venues");
  service.alive();
  service.status("5 of 6 venues");
  service.stopping();
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=6 venues");
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(manager.next(), "STATUS=5 of 6 venues");
  EXPECT_EQ(manager.next(), "STOPPING=1");
}

TEST(ServiceManager, WatchdogIsThatOfThisProcess) {
  ::setenv("NOTIFY_SOCKET", "@nobody", 1);
  ::setenv("WATCHDOG_USEC", "20000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(ServiceManager::of_environment().watchdog(), seconds(20));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceManager::of_environment().watchdog());
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
}

TEST(ServiceManager, NobodyIsToldWhereNobodyListens) {
  ServiceManager("").ready("x");
  ServiceManager("@crossbook-nobody").ready("x");
  ServiceManager(std::string(200, 'x')).ready("x");
}

}  // namespace
}  // namespace crossbook::sys
