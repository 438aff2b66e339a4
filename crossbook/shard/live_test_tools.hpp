// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/market/endpoint.hpp"
#include "crossbook/market/symbols.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/sys/loop.hpp"
#include "crossbook/sys/server.hpp"
#include "crossbook/sys/tls.hpp"

// Somebody to connect to.
namespace crossbook::shard {

// One simulated exchange of two symbols behind a real TLS socket on loopback, in real time until it is halted.
class LoopbackExchange : public sys::ServerHandler {
 public:
  // `names` are those of its certificate.
  LoopbackExchange(sys::Loop& loop, std::string_view feed, const sys::CertificateAuthority& authority,
                   const std::vector<std::string>& names, std::uint64_t seed = 1)
      : endpoint_(options_of(feed, seed)), timer_(loop) {
    const auto issued = authority.issue(names, sys::wall_now(), sys::wall_now() + seconds(86'400)).value();
    sys::ServerOptions options;
    options.tls = sys::TlsContext::server(issued.certificate_pem, issued.key_pem).value();
    server_ = sys::Server::listen(loop, std::move(options), *this).value();
    plan();
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  [[nodiscard]] std::vector<std::string> raw_symbols() const {
    std::vector<std::string> raw;
    for (const auto& listing : endpoint_.venue().listings) raw.push_back(listing.raw_symbol);
    return raw;
  }
  [[nodiscard]] std::size_t clients() const { return peers_.size(); }
  [[nodiscard]] const std::vector<std::uint16_t>& gone() const { return gone_; }
  // Its own book of its n-th symbol, whole.
  [[nodiscard]] std::optional<market::Truth> truth(std::size_t listing) const {
    return endpoint_.true_book(endpoint_.venue().listings[listing].raw_symbol, 0);
  }
  void halt() { halted_ = true; }
  void ping_all() {
    for (const auto& [client, id] : peers_)
      if (sys::Peer* peer = server_->find(id)) peer->ping("");
  }
  // All that happens in so much time, at once.
  void burst(Nanos time) {
    ahead_ += time;
    endpoint_.advance(now(), outbox_);
    send();
  }
  void reset_all() {
    const auto peers = peers_;
    for (const auto& [client, id] : peers)
      if (sys::Peer* peer = server_->find(id)) peer->reset();
  }

  void on_request(sys::Peer& peer, const sys::HttpRequest& request) override {
    const market::HttpAnswer answer = endpoint_.get(request.target, now(), outbox_);
    peer.answer({.status = answer.status, .headers = {}, .body = answer.body});
    send();
  }
  void on_upgrade(sys::Peer& peer, const sys::HttpRequest& request) override {
    targets_[peer.id()] = request.target;
    peer.upgrade(false);
  }
  void on_open(sys::Peer& peer) override {
    const market::ClientId client{static_cast<std::uint32_t>(peer.id())};
    peers_[client] = peer.id();
    endpoint_.open(client, targets_[peer.id()], now(), outbox_);
    send();
  }
  void on_message(sys::Peer& peer, sys::Moment, std::string_view bytes, bool) override {
    endpoint_.receive(market::ClientId{static_cast<std::uint32_t>(peer.id())}, bytes, now(), outbox_);
    send();
  }
  void on_gone(sys::Peer& peer, std::uint16_t code) override {
    const market::ClientId client{static_cast<std::uint32_t>(peer.id())};
    if (peers_.erase(client) == 0) return;
    gone_.push_back(code);
    endpoint_.closed(client);
  }

 private:
  static market::EndpointOptions options_of(std::string_view feed, std::uint64_t seed) {
    market::EndpointOptions options;
    options.seed = seed;
    options.start = sys::wall_now();
    options.instruments = market::first_instruments(2, market::contract_of(feed));
    options.venue = market::venue_listing(feed, options.instruments).value();
    return options;
  }
  void plan() {
    timer_.after(milliseconds(5), [this] {
      if (!halted_) endpoint_.advance(now(), outbox_);
      send();
      plan();
    });
  }
  [[nodiscard]] Wall now() const { return sys::wall_now() + ahead_; }
  void send() {
    for (const market::Outgoing& outgoing : outbox_) {
      const auto id = peers_.find(outgoing.client);
      sys::Peer* const peer = id == peers_.end() ? nullptr : server_->find(id->second);
      if (peer == nullptr) continue;
      if (outgoing.kind == market::Outgoing::Kind::text) peer->send_text(outgoing.text);
      if (outgoing.kind == market::Outgoing::Kind::ping) peer->ping(outgoing.text);
    }
    outbox_.clear();
  }

  market::Endpoint endpoint_;
  sys::Timer timer_;
  std::unique_ptr<sys::Server> server_;
  std::map<sys::PeerId, std::string> targets_;
  std::map<market::ClientId, sys::PeerId> peers_;
  std::vector<std::uint16_t> gone_;
  Nanos ahead_;
  bool halted_ = false;
  market::Outbox outbox_;
};

}  // namespace crossbook::shard
