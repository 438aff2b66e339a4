// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crossbook/core/units.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/http.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/url.hpp"

// A WebSocket client (RFC 6455), with permessage-deflate (RFC 7692) where asked for.
namespace crossbook::sys {

// Why a connection ended, or never came to be.
enum class CloseCause : std::uint8_t {
  unresolved,   // its name has no address
  unreachable,  // no TCP connection: refused, no route
  timeout,      // not open within the time given
  tls,          // not who it must be, or no TLS at all
  refused,      // answered the upgrade with another HTTP status
  closed,       // a close frame, with its code
  lost,         // the TCP connection ended without one
  protocol,     // not the bytes that the protocol allows, or a message that is too long
  ours,         // we closed it
};
[[nodiscard]] const char* to_string(CloseCause cause);

struct Closed {
  CloseCause cause = CloseCause::lost;
  std::uint16_t code = 0;            // of a close frame; 0 where it had none
  int status = 0;                    // of `refused`
  std::optional<Nanos> retry_after;  // of `refused`, where the answer says seconds
  std::string text;                  // for people: names the host, what happened and the way out
};

// What a WebSocket tells. Calls come from the loop, never from within a call of the WebSocket.
class WebSocketListener {
 public:
  WebSocketListener() = default;
  WebSocketListener(const WebSocketListener&) = delete;
  WebSocketListener& operator=(const WebSocketListener&) = delete;
  virtual ~WebSocketListener() = default;

  virtual void on_open(Moment moment) = 0;
  // A whole message, text or binary. The bytes live until the call returns, and frame_padding (core/input.hpp) readable
  // bytes follow them. The moment is the one at which its last byte had been read: the only clock read of the message.
  virtual void on_message(Moment moment, std::string_view bytes, bool text) = 0;
  // An answer to a ping of ours; pings of the peer are answered without asking.
  virtual void on_pong(Moment moment, std::string_view payload) = 0;
  virtual void on_ping(Moment /*moment*/, std::string_view /*payload*/) {}
  // Once, and last. The WebSocket may be destroyed from within.
  virtual void on_closed(Moment moment, const Closed& closed) = 0;
};

struct WebSocketOptions {
  std::string url;
  // Where to open the TCP connection instead of the URL's host and port: a proxy, or a simulated exchange. Host header,
  // SNI and the name that is verified stay those of the URL.
  std::optional<Endpoint> dial;
  std::shared_ptr<TlsContext> tls;  // needed by wss
  HttpHeaders headers;              // of the upgrade, beside the protocol's own
  bool deflate = false;             // offer permessage-deflate
  Nanos open_within = seconds(10);
  std::size_t message_bytes_max = std::size_t{16} << 20;
};

class WebSocketLink;

class WebSocket {
 public:
  // Starts to connect. The listener outlives the WebSocket. A URL that is none is told through on_closed as well.
  WebSocket(Loop& loop, WebSocketOptions options, WebSocketListener& listener);
  // Lets go at once, without a close frame and without on_closed.
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // Before on_open and after on_closed nothing is sent. Messages leave in the order of the calls.
  void send(std::string_view text);
  void ping(std::string_view payload);  // at most 125 bytes; one that waits for another is left out
  // Sends a close frame, waits at most `within` for the peer's, then on_closed comes with cause `ours`.
  void close(std::uint16_t code, std::string_view reason, Nanos within = seconds(1));
  // Drops the TCP connection; on_closed comes with cause `ours`. For a peer that does not answer any more.
  void drop();

  [[nodiscard]] bool is_open() const;
  // Bytes that were handed to send() and are not yet handed to the socket.
  [[nodiscard]] std::size_t unsent_bytes() const;
  // How old the message at hand may be at most: bytes wait in the kernel where they come faster than they are read, or
  // where the loop was busy with something else. Asked between messages it may count quiet time too; look() asks the
  // kernel whether anything waits, and where nothing does the answer is 0.
  [[nodiscard]] Nanos age_max(Steady now) const;
  Nanos look(Steady now);

 private:
  std::shared_ptr<WebSocketLink> link_;
};

}  // namespace crossbook::sys
