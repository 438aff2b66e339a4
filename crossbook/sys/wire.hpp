// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/intake.hpp"
#include "crossbook/sys/tls.hpp"
#include "crossbook/sys/tls_peer.hpp"
#include "crossbook/sys/url.hpp"

// A TCP connection with or without TLS, as one stream of Asio: what stands above it is compiled once. Private to this
// room, and seen only by the few sources that speak Asio.
namespace crossbook::sys {

using ErrorCode = boost::system::error_code;
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using TcpResolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// A TCP socket that notes what each read left in the kernel; below TLS, which reads as many bytes as it gets.
class NotedSocket {
 public:
  using executor_type = TcpSocket::executor_type;
  using lowest_layer_type = TcpSocket::lowest_layer_type;  // NOLINT(readability-identifier-naming): Asio's name

  explicit NotedSocket(boost::asio::io_context& context) : socket_(context) {}
  explicit NotedSocket(TcpSocket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }
  [[nodiscard]] TcpSocket& tcp() { return socket_; }
  [[nodiscard]] const Intake& intake() const { return intake_; }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    const std::size_t room = boost::asio::buffer_size(buffers);
    if (room > 0) intake_.asked(steady_now());  // TLS reads nothing where it wants to be called later
    socket_.async_read_some(buffers, [this, room, handler = std::forward<Handler>(handler)](const ErrorCode& error,
                                                                                            std::size_t bytes) mutable {
      if (room > 0) intake_.brought(bytes, room);
      std::move(handler)(error, bytes);
    });
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    socket_.async_write_some(buffers, std::forward<Handler>(handler));
  }

  // Asks the kernel, with one system call, where everything read has been handed on.
  void look(Steady now) {
    ErrorCode error;
    if (intake_.pending() && socket_.available(error) == 0 && !error) intake_.nothing_waits(now);
  }

 private:
  TcpSocket socket_;
  Intake intake_;
};

class Wire {
 public:
  using executor_type = TcpSocket::executor_type;
  using TlsStream = boost::beast::ssl_stream<NotedSocket&>;

  explicit Wire(boost::asio::io_context& context) : socket_(context) {}
  explicit Wire(TcpSocket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] TcpSocket& socket() { return socket_.tcp(); }
  [[nodiscard]] NotedSocket& noted() { return socket_; }
  [[nodiscard]] const NotedSocket& noted() const { return socket_; }
  [[nodiscard]] TlsStream* tls() { return tls_ ? &*tls_ : nullptr; }

  void use_tls(const TlsContext& tls) {
    SSL_CTX_up_ref(tls.native());
    boost::asio::ssl::context context(tls.native());  // takes the reference that was just added
    tls_.emplace(socket_, context);
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

  void close() {
    ErrorCode ignored;
    socket_.tcp().close(ignored);
  }

 private:
  NotedSocket socket_;
  std::optional<TlsStream> tls_;
};

// What Beast does when a WebSocket has been closed: the TCP connection goes, without TLS's own good-bye, which tells
// nothing that the close frame did not.
inline void teardown(boost::beast::role_type, Wire& wire, ErrorCode& error) {
  error = {};
  wire.close();
}
template <class Handler>
void async_teardown(boost::beast::role_type, Wire& wire, Handler&& handler) {
  wire.close();
  boost::asio::post(wire.get_executor(),
                    [handler = std::forward<Handler>(handler)]() mutable { std::move(handler)(ErrorCode()); });
}
inline void beast_close_socket(Wire& wire) { wire.close(); }

// Opens TCP, and TLS where the URL says so, towards the URL's host or `dial`. `done` gets an empty text, or the reason
// with how far it came.
// REQUIRES: what `done` holds keeps the wire alive.
class Dialer {
 public:
  enum class Stage : std::uint8_t { resolve, connect, handshake, done };
  using Done = std::function<void(std::string)>;

  Dialer(boost::asio::io_context& context, Wire& wire) : resolver_(context), wire_(wire) {}

  void dial(const Url& url, const std::optional<Endpoint>& instead, const TlsContext* tls, Done done);
  // What was going on, for the sentence of a timeout: "connecting to localhost port 8443".
  [[nodiscard]] std::string stage_text() const;
  [[nodiscard]] Stage stage() const { return stage_; }
  // Forgets `done`, and with it what keeps the wire alive.
  void cancel() {
    done_ = nullptr;
    resolver_.cancel();
  }

 private:
  void connect(const TcpResolver::results_type& addresses);
  void shake_hands();
  void finish(std::string reason);

  TcpResolver resolver_;
  Wire& wire_;
  Url url_;
  Endpoint target_;
  const TlsContext* tls_ = nullptr;
  Stage stage_ = Stage::resolve;
  Done done_;
};

}  // namespace crossbook::sys
