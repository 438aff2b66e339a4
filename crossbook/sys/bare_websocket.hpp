// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crossbook/sys/outcome.hpp"
#include "crossbook/sys/tls.hpp"

// A WebSocket over TLS on loopback with nothing around it: Beast, one thread, calls that wait. What benchmarks compare
// with, and the other end that they measure from.
namespace crossbook::sys {

class BareWebSocket {
 public:
  ~BareWebSocket();
  BareWebSocket(const BareWebSocket&) = delete;
  BareWebSocket& operator=(const BareWebSocket&) = delete;

  // Errors: nobody there, a certificate that is not trusted, a refused upgrade.
  [[nodiscard]] static Outcome<std::unique_ptr<BareWebSocket>> connect(std::uint16_t port, TlsContext& tls);

  // Waits until the kernel has bytes for us: asks again and again, or sleeps. False where `within_ms` passed.
  [[nodiscard]] bool wait_readable(bool spin, int within_ms);
  // One message; it lives until the next call.
  [[nodiscard]] Outcome<std::string_view> read();
  Status write(std::string_view text);

 private:
  friend class BareListener;
  struct State;
  explicit BareWebSocket(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class BareListener {
 public:
  // On a free port of 127.0.0.1. The context outlives what is accepted.
  [[nodiscard]] static Outcome<std::unique_ptr<BareListener>> listen(TlsContext& tls);
  ~BareListener();
  BareListener(const BareListener&) = delete;
  BareListener& operator=(const BareListener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // The next client, its handshakes done. Errors: nobody within 5 s.
  [[nodiscard]] Outcome<std::unique_ptr<BareWebSocket>> accept();

 private:
  struct State;
  explicit BareListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crossbook::sys
