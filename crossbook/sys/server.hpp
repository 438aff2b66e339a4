// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/http.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/outcome.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/url.hpp"

// One listener, plain or TLS, that answers HTTP requests and speaks WebSocket with those who upgrade. Its handler may
// also behave as badly as exchanges do.
namespace crossbook::sys {

struct HttpRequest {
  std::string method;
  std::string target;  // "/api/v3/depth?symbol=BTCUSDT"
  HttpHeaders headers;
  std::string body;
  [[nodiscard]] std::string_view host() const;  // the Host header without a port, empty where there is none
  [[nodiscard]] std::string_view path() const;  // the target without its query
  [[nodiscard]] std::string_view query() const;
};

struct HttpAnswer {
  int status = 200;
  HttpHeaders headers;  // Content-Length is added; Content-Type where it is missing: application/json
  std::string body;
};

enum class PeerId : std::uint64_t {};

// One accepted TCP connection. Valid until ServerHandler::on_gone of it has returned. All calls are fine at any time;
// those that do not fit (a message before the upgrade) do nothing.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  [[nodiscard]] virtual PeerId id() const = 0;
  [[nodiscard]] virtual const std::string& address() const = 0;  // "127.0.0.1:53412"

  // To the request at hand, now or later. The connection stays for the next request where the client keeps it.
  virtual void answer(const HttpAnswer& answer) = 0;
  // To the upgrade at hand: speak WebSocket from now on; permessage-deflate where the client offers it.
  virtual void upgrade(bool deflate) = 0;

  // WebSocket messages, in the order of the calls.
  virtual void send_text(std::string_view text) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Bytes that were handed over and are not yet with the kernel: a slow consumer shows here.
  [[nodiscard]] virtual std::size_t unsent_bytes() const = 0;

  // Misbehaviour.
  virtual void send_raw(std::string_view bytes) = 0;  // into TLS or TCP as they are, in order with the rest
  virtual void pause_reading(bool paused) = 0;        // what comes stays in the kernel
  virtual void mute(bool muted) = 0;                  // drops all that is sent from now on, pongs too: half open
  virtual void end() = 0;                             // the TCP connection ends in order, without a close frame
  virtual void reset() = 0;                           // a TCP reset
};

// A frame of RFC 6455 as a server sends it (not masked), for Peer::send_raw. Opcodes: 0 continuation, 1 text, 2 binary,
// 8 close, 9 ping, 10 pong.
[[nodiscard]] std::string websocket_frame(std::uint8_t opcode, std::string_view payload, bool final = true);

// What to do with a new TCP connection, before any byte.
enum class Welcome : std::uint8_t {
  serve,
  reset,   // a TCP reset
  ignore,  // keep it open and never answer, not even the TLS handshake
};

class ServerHandler {
 public:
  ServerHandler() = default;
  ServerHandler(const ServerHandler&) = delete;
  ServerHandler& operator=(const ServerHandler&) = delete;
  virtual ~ServerHandler() = default;

  virtual Welcome on_connection(const std::string& /*address*/) { return Welcome::serve; }
  // Answer it, or not. The request lives until the call returns.
  virtual void on_request(Peer& peer, const HttpRequest& request) = 0;
  // The client asks for a WebSocket: call upgrade(), or answer() to refuse.
  virtual void on_upgrade(Peer& peer, const HttpRequest& request) = 0;
  virtual void on_open(Peer& /*peer*/) {}
  virtual void on_message(Peer& peer, Moment moment, std::string_view bytes, bool text) = 0;
  virtual void on_ping(Peer& /*peer*/, std::string_view /*payload*/) {}  // it has been answered unless muted
  virtual void on_pong(Peer& /*peer*/, std::string_view /*payload*/) {}
  // Once for each that had a request, and last; `code` is that of the client's close frame, or 0.
  virtual void on_gone(Peer& /*peer*/, std::uint16_t /*code*/) {}
};

struct ServerOptions {
  Endpoint listen{"127.0.0.1", 0};  // an address; port 0 takes a free one
  std::shared_ptr<TlsContext> tls;  // none: plain
  std::size_t message_bytes_max = std::size_t{1} << 20;
  std::size_t body_bytes_max = std::size_t{1} << 20;
};

class Server {
 public:
  // Errors: an address that is none or is not here, a port that is taken.
  [[nodiscard]] static Outcome<std::unique_ptr<Server>> listen(Loop& loop, ServerOptions options,
                                                               ServerHandler& handler);
  // Drops every connection, without on_gone.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] Peer* find(PeerId id) const;  // nullptr once it is gone
  [[nodiscard]] std::size_t connections() const;
  // For connections from now on: another certificate.
  void show(std::shared_ptr<TlsContext> tls);
  // Refuses new connections until false; the port stays ours.
  // Errors: another program took the port meanwhile.
  Status refuse(bool refused);

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace crossbook::sys
