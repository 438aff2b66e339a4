// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/bare_websocket.hpp"

#include <openssl/ssl.h>
#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

namespace crossbook::sys {
namespace {

using ErrorCode = boost::system::error_code;

// Asio's context takes the one that it is given for its own.
asio::ssl::context shared(TlsContext& tls) {
  SSL_CTX_up_ref(tls.native());
  return asio::ssl::context(tls.native());
}

const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
constexpr int accept_within_ms = 5'000;

bool sleep_until_readable(int descriptor, int within_ms) {
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, within_ms) == 1;
}

}  // namespace

struct BareWebSocket::State {
  explicit State(TlsContext& tls) : context(shared(tls)), socket(io, context) {}

  Status fail(std::string_view what, const ErrorCode& error) const {
    return fault("loopback: " + std::string(what) + ": " + error.message());
  }
  // TCP is connected.
  Status open(asio::ssl::stream_base::handshake_type side) {
    ErrorCode error;
    tcp_socket().set_option(tcp::no_delay(true), error);
    socket.next_layer().handshake(side, error);
    if (error) return fail("TLS", error);
    if (side == asio::ssl::stream_base::client) socket.handshake("localhost", "/", error);
    else socket.accept(error);
    if (error) return fail("upgrade", error);
    socket.text(true);
    return {};
  }
  tcp::socket& tcp_socket() { return socket.next_layer().next_layer(); }

  asio::io_context io;
  asio::ssl::context context;
  websocket::stream<asio::ssl::stream<tcp::socket>> socket;
  beast::flat_buffer buffer;
};

BareWebSocket::BareWebSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
BareWebSocket::~BareWebSocket() = default;

Outcome<std::unique_ptr<BareWebSocket>> BareWebSocket::connect(std::uint16_t port, TlsContext& tls) {
  auto state = std::make_unique<State>(tls);
  SSL_set1_host(state->socket.next_layer().native_handle(), "localhost");
  ErrorCode error;
  state->tcp_socket().connect({asio::ip::address_v4::loopback(), port}, error);
  if (error) return fault(state->fail("connection", error).error());
  if (auto opened = state->open(asio::ssl::stream_base::client); !opened) return fault(opened.error());
  return std::unique_ptr<BareWebSocket>(new BareWebSocket(std::move(state)));
}

bool BareWebSocket::wait_readable(bool spin, int within_ms) {
  if (!spin) return sleep_until_readable(state_->tcp_socket().native_handle(), within_ms);
  pollfd waiting{.fd = state_->tcp_socket().native_handle(), .events = POLLIN, .revents = 0};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(within_ms);
  while (std::chrono::steady_clock::now() < end)
    for (int i = 0; i < 64; ++i)
      if (::poll(&waiting, 1, 0) == 1) return true;
  return false;
}

Outcome<std::string_view> BareWebSocket::read() {
  state_->buffer.clear();
  ErrorCode error;
  state_->socket.read(state_->buffer, error);
  if (error) return fault(state_->fail("read", error).error());
  const auto bytes = state_->buffer.cdata();
  return std::string_view(static_cast<const char*>(bytes.data()), bytes.size());
}

Status BareWebSocket::write(std::string_view text) {
  ErrorCode error;
  state_->socket.write(asio::buffer(text), error);
  return error ? state_->fail("write", error) : Status();
}

struct BareListener::State {
  State(TlsContext& to_show, ErrorCode& error) : tls(&to_show), acceptor(io) {
    acceptor.open(tcp::v4(), error);
    if (!error) acceptor.bind(loopback, error);
    if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  }
  TlsContext* tls;
  asio::io_context io;
  tcp::acceptor acceptor;
};

BareListener::BareListener(std::unique_ptr<State> state) : state_(std::move(state)) {}
BareListener::~BareListener() = default;

Outcome<std::unique_ptr<BareListener>> BareListener::listen(TlsContext& tls) {
  ErrorCode error;
  auto state = std::make_unique<State>(tls, error);
  if (error) return fault("loopback: no port: " + error.message());
  return std::unique_ptr<BareListener>(new BareListener(std::move(state)));
}

std::uint16_t BareListener::port() const { return state_->acceptor.local_endpoint().port(); }

Outcome<std::unique_ptr<BareWebSocket>> BareListener::accept() {
  auto state = std::make_unique<BareWebSocket::State>(*state_->tls);
  if (!sleep_until_readable(state_->acceptor.native_handle(), accept_within_ms)) return fault("loopback: nobody came");
  ErrorCode error;
  state_->acceptor.accept(state->tcp_socket(), error);
  if (error) return fault("loopback: nobody came: " + error.message());
  if (auto opened = state->open(asio::ssl::stream_base::server); !opened) return fault(opened.error());
  return std::unique_ptr<BareWebSocket>(new BareWebSocket(std::move(state)));
}

}  // namespace crossbook::sys
