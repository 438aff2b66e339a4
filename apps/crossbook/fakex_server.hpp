// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "crossbook/sys/server.hpp"
#include "fakex_side.hpp"

namespace crossbook::app {

// The time in which the simulated exchanges live: real time, or faster.
class FakexClock {
 public:
  FakexClock(Wall start, double speed) : start_(start), began_(sys::steady_now()), speed_(speed) {}
  [[nodiscard]] Wall now() const;
  // How long until then in real time, not below 0.
  [[nodiscard]] Nanos until(Wall when) const;

 private:
  Wall start_;
  Steady began_;
  double speed_;
};

struct FakexServerOptions {
  std::uint16_t port = 0;                  // 0 takes a free one
  std::shared_ptr<sys::TlsContext> tls;    // none: plain
  std::shared_ptr<sys::TlsContext> alien;  // a certificate that no client may accept, for tls_failure
  bool deflate = false;                    // permessage-deflate where the client offers it
};

// One exchange behind one port of loopback.
class FakexServer final : sys::ServerHandler {
 public:
  // Errors: a port that is taken.
  [[nodiscard]] static sys::Outcome<std::unique_ptr<FakexServer>> listen(sys::Loop& loop, const FakexClock& clock,
                                                                         std::unique_ptr<FakexSide> side,
                                                                         FakexServerOptions options);

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] FakexSide& side() { return *side_; }
  // Called with what the venue published, as soon as it did; REQUIRES EndpointOptions::truths.
  std::function<void(const market::Truth&)> on_truth;

 private:
  struct Client {
    sys::PeerId peer{};
    std::string target;
    std::deque<std::string> dripping;  // bytes that are still to be written, a few at a time
  };

  FakexServer(sys::Loop& loop, const FakexClock& clock, std::unique_ptr<FakexSide> side, FakexServerOptions options);

  sys::Welcome on_connection(const std::string& address) override;
  void on_request(sys::Peer& peer, const sys::HttpRequest& request) override;
  void on_upgrade(sys::Peer& peer, const sys::HttpRequest& request) override;
  void on_open(sys::Peer& peer) override;
  void on_message(sys::Peer& peer, sys::Moment moment, std::string_view bytes, bool text) override;
  void on_gone(sys::Peer& peer, std::uint16_t code) override;

  void pump();
  void arm();
  void carry_out();
  void send(Client& client, sys::Peer& peer, const market::Outgoing& outgoing);
  void send_text(Client& client, sys::Peer& peer, const market::Outgoing& outgoing);
  void drip();

  const FakexClock& clock_;
  std::unique_ptr<FakexSide> side_;
  FakexServerOptions options_;
  sys::Timer due_;
  std::optional<Steady> armed_;  // when due_ calls
  sys::Timer dripper_;
  std::unique_ptr<sys::Server> server_;
  market::Outbox outbox_;
  std::map<market::ClientId, Client> clients_;
  std::map<sys::PeerId, market::ClientId> ids_;
  std::uint32_t next_id_ = 1;
};

// Names that a certificate for the simulated exchanges carries: loopback, and those of the real ones.
[[nodiscard]] std::vector<std::string> fakex_names();

}  // namespace crossbook::app
