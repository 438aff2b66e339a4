// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/sys/http_client.hpp"
#include "crossbook/sys/server.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/websocket.hpp"

// Real sockets on loopback, without a sleep: everything waits for what must happen, and fails if it does not.
namespace crossbook::sys {

// Made once: keys take a moment under sanitizers.
inline const CertificateAuthority& test_authority() {
  static const CertificateAuthority authority = CertificateAuthority::make(wall_now()).value();
  return authority;
}
inline std::shared_ptr<TlsContext> certificate_for(const std::vector<std::string>& names,
                                                   Nanos lasting = seconds(86'400),
                                                   const CertificateAuthority& authority = test_authority()) {
  const auto issued = authority.issue(names, wall_now(), wall_now() + lasting).value();
  return TlsContext::server(issued.certificate_pem, issued.key_pem).value();
}
inline std::shared_ptr<TlsContext> trusting_client(const CertificateAuthority& authority = test_authority()) {
  return TlsContext::client_trusting(authority.certificate_pem()).value();
}

// A server whose behaviour each test writes down; what it saw is kept.
struct ScriptedServer : ServerHandler {
  std::function<Welcome()> connection = [] { return Welcome::serve; };
  std::function<void(Peer&, const HttpRequest&)> request = [](Peer& peer, const HttpRequest&) { peer.answer({}); };
  std::function<void(Peer&, const HttpRequest&)> asked_to_upgrade = [](Peer& peer, const HttpRequest&) {
    peer.upgrade(true);
  };
  std::function<void(Peer&)> open = [](Peer&) {};
  std::function<void(Peer&, std::string_view, bool)> message = [](Peer& peer, std::string_view bytes, bool text) {
    text ? peer.send_text(bytes) : peer.send_binary(bytes);
  };
  std::vector<std::string> pings, pongs;
  std::vector<std::uint16_t> gone;

  Welcome on_connection(const std::string&) override { return connection(); }
  void on_request(Peer& peer, const HttpRequest& asked) override { request(peer, asked); }
  void on_upgrade(Peer& peer, const HttpRequest& asked) override { asked_to_upgrade(peer, asked); }
  void on_open(Peer& peer) override { open(peer); }
  void on_message(Peer& peer, Moment, std::string_view bytes, bool text) override { message(peer, bytes, text); }
  void on_ping(Peer&, std::string_view payload) override { pings.emplace_back(payload); }
  void on_pong(Peer&, std::string_view payload) override { pongs.emplace_back(payload); }
  void on_gone(Peer&, std::uint16_t code) override { gone.push_back(code); }
};

// What a client was told, in order.
struct Heard : WebSocketListener {
  bool opened = false;
  std::vector<std::string> texts, binaries, pongs;
  std::optional<Closed> closed;
  Moment last;
  std::function<void()> on_each = [] {};

  void on_open(Moment) override { opened = true; }
  void on_message(Moment moment, std::string_view bytes, bool text) override {
    last = moment;
    (text ? texts : binaries).emplace_back(bytes);
    on_each();
  }
  void on_pong(Moment, std::string_view payload) override { pongs.emplace_back(payload); }
  void on_closed(Moment, const Closed& why) override { closed = why; }
};

class Network : public testing::Test {
 protected:
  // Fails the test where it does not come about; the time is only a net for a broken program.
  void until(const std::function<bool()>& done) { ASSERT_TRUE(loop.run_until(done, seconds(20))); }

  void listen(std::shared_ptr<TlsContext> tls = certificate_for({"localhost", "127.0.0.1"})) {
    secure = tls != nullptr;
    ServerOptions options;
    options.tls = std::move(tls);
    server = Server::listen(loop, std::move(options), script).value();
  }
  [[nodiscard]] std::string url(std::string_view scheme, std::string_view host = "localhost") const {
    return std::string(scheme) + (secure ? "s" : "") + "://" + std::string(host) + ":" +
           std::to_string(server->port()) + "/stream?v=2";
  }
  [[nodiscard]] WebSocketOptions to_server(std::string_view host = "localhost") const {
    return {.url = url("ws", host), .dial = Endpoint{"127.0.0.1", server->port()}, .tls = trusting_client()};
  }
  std::unique_ptr<WebSocket> connect(const WebSocketOptions& options) {
    return std::make_unique<WebSocket>(loop, options, heard);
  }
  std::unique_ptr<WebSocket> connect() { return connect(to_server()); }

  Loop loop;
  ScriptedServer script;
  std::unique_ptr<Server> server;
  Heard heard;
  bool secure = true;
};

}  // namespace crossbook::sys
