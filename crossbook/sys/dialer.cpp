// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <boost/asio/ssl/error.hpp>

#include "crossbook/sys/wire.hpp"

namespace asio = boost::asio;

namespace crossbook::sys {

void Dialer::dial(const Url& url, const std::optional<Endpoint>& instead, const TlsContext* tls, Done done) {
  url_ = url;
  target_ = instead.value_or(url.endpoint);
  tls_ = tls;
  done_ = std::move(done);
  stage_ = Stage::resolve;
  ErrorCode no_address;
  const auto address = asio::ip::make_address(target_.host, no_address);
  if (!no_address) {  // no name: none to be asked, and no thread for it
    connect(TcpResolver::results_type::create(asio::ip::tcp::endpoint(address, target_.port), target_.host, ""));
    return;
  }
  resolver_.async_resolve(target_.host, std::to_string(target_.port), asio::ip::resolver_base::numeric_service,
                          [this, keep = done_](const ErrorCode& error, const TcpResolver::results_type& addresses) {
                            if (!done_) return;
                            if (!error) return connect(addresses);
                            finish(fmt::format("{} has no address ({}); check the name and this machine's DNS",
                                               target_.host, error.message()));
                          });
}

void Dialer::connect(const TcpResolver::results_type& addresses) {
  stage_ = Stage::connect;
  asio::async_connect(wire_.socket(), addresses,
                      [this, keep = done_](const ErrorCode& error, const asio::ip::tcp::endpoint&) {
                        if (!done_) return;
                        if (error)
                          return finish(
                              fmt::format("no connection to {} port {} ({}); check the network, a firewall, "
                                          "or the endpoint that was configured",
                                          target_.host, target_.port, error.message()));
                        ErrorCode ignored;
                        wire_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
                        if (!url_.tls) return finish({});
                        shake_hands();
                      });
}

void Dialer::shake_hands() {
  stage_ = Stage::handshake;
  if (tls_ == nullptr) return finish("no certificates to trust were given");
  wire_.use_tls(*tls_);
  SSL* const connection = wire_.tls()->native_handle();
  if (const Status expected = expect_peer(connection, url_.endpoint.host); !expected) return finish(expected.error());
  wire_.tls()->async_handshake(asio::ssl::stream_base::client, [this, keep = done_](const ErrorCode& error) {
    if (!done_) return;
    if (!error) return finish({});
    finish(handshake_failure(wire_.tls()->native_handle(), url_.endpoint.host, error.message()));
  });
}

// The handlers keep a copy of what `done` holds, so this object is there until the last of them has run. After cancel()
// there is none to keep, so they start nothing more.
void Dialer::finish(std::string reason) {
  if (!done_) return;
  if (reason.empty()) stage_ = Stage::done;
  const Done done = std::exchange(done_, nullptr);
  done(std::move(reason));
}

std::string Dialer::stage_text() const {
  switch (stage_) {
    case Stage::resolve: return fmt::format("asking for the address of {}", target_.host);
    case Stage::connect: return fmt::format("connecting to {} port {}", target_.host, target_.port);
    case Stage::handshake: return fmt::format("the TLS handshake with {}", url_.endpoint.host);
    case Stage::done: return fmt::format("waiting for the answer of {}", url_.endpoint.host);
  }
  return {};
}

}  // namespace crossbook::sys
