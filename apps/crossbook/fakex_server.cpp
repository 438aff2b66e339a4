// SPDX-License-Identifier: Apache-2.0
#include "fakex_server.hpp"

#include <algorithm>
#include <utility>

namespace crossbook::app {
namespace {

constexpr std::uint8_t continuation = 0;
constexpr std::uint8_t text_opcode = 1;
constexpr Nanos tick_min = milliseconds(1);  // between two looks at what is due
constexpr Nanos drip_every = milliseconds(10);
constexpr std::size_t drip_bytes = 64;
// Beyond this a client reads too slowly and is cut off, as the venues do.
constexpr std::size_t unsent_bytes_max = std::size_t{64} << 20;

}  // namespace

std::vector<std::string> fakex_names() {
  return {"localhost",
          "127.0.0.1",
          "::1",
          "*.binance.com",
          "*.binance.us",
          "*.binance.vision",
          "*.kraken.com",
          "*.okx.com",
          "*.bybit.com",
          "*.coinbase.com",
          "*.exchange.coinbase.com",
          "*.bitstamp.net"};
}

Wall FakexClock::now() const {
  const auto passed = static_cast<double>((sys::steady_now() - began_).count());
  return start_ + Nanos(static_cast<std::int64_t>(passed * speed_));
}

Nanos FakexClock::until(Wall when) const {
  const auto market = static_cast<double>((when - now()).count());
  return Nanos(std::max<std::int64_t>(0, static_cast<std::int64_t>(market / speed_)));
}

sys::Outcome<std::unique_ptr<FakexServer>> FakexServer::listen(sys::Loop& loop, const FakexClock& clock,
                                                               std::unique_ptr<FakexSide> side,
                                                               FakexServerOptions options) {
  const std::uint16_t port = options.port;
  std::unique_ptr<FakexServer> fakex(new FakexServer(loop, clock, std::move(side), std::move(options)));
  auto server = sys::Server::listen(loop, {.listen = {"127.0.0.1", port}, .tls = fakex->options_.tls}, *fakex);
  if (!server) return sys::fault(server.error());
  fakex->server_ = std::move(*server);
  fakex->pump();
  return fakex;
}

FakexServer::FakexServer(sys::Loop& loop, const FakexClock& clock, std::unique_ptr<FakexSide> side,
                         FakexServerOptions options)
    : clock_(clock), side_(std::move(side)), options_(std::move(options)), due_(loop), dripper_(loop) {}

sys::Welcome FakexServer::on_connection(const std::string&) {
  const bool refuse = side_->refuses_tls(clock_.now());
  if (options_.tls == nullptr) return refuse ? sys::Welcome::reset : sys::Welcome::serve;
  server_->show(refuse ? options_.alien : options_.tls);
  return sys::Welcome::serve;
}

void FakexServer::on_request(sys::Peer& peer, const sys::HttpRequest& request) {
  if (request.method != "GET") return peer.answer({.status = 405, .headers = {{"Allow", "GET"}}, .body = "{}"});
  const market::HttpAnswer answer = side_->get(request.target, clock_.now(), outbox_);
  sys::HttpAnswer out{.status = answer.status, .headers = {{"Content-Type", answer.content_type}}, .body = answer.body};
  if (answer.retry_after_s) out.headers.emplace_back("Retry-After", std::to_string(*answer.retry_after_s));
  peer.answer(out);
  carry_out();
}

void FakexServer::on_upgrade(sys::Peer& peer, const sys::HttpRequest& request) {
  if (const auto refused = side_->refuses_upgrade(clock_.now(), outbox_)) {
    peer.answer(
        {.status = refused->status, .headers = {{"Content-Type", refused->content_type}}, .body = refused->body});
    return carry_out();
  }
  const market::ClientId id{next_id_++};
  clients_[id] = Client{.peer = peer.id(), .target = request.target, .dripping = {}};
  ids_[peer.id()] = id;
  peer.upgrade(options_.deflate);
  carry_out();
}

void FakexServer::on_open(sys::Peer& peer) {
  const auto found = ids_.find(peer.id());
  if (found == ids_.end()) return;
  side_->open(found->second, clients_[found->second].target, clock_.now(), outbox_);
  carry_out();
}

void FakexServer::on_message(sys::Peer& peer, sys::Moment, std::string_view bytes, bool) {
  const auto found = ids_.find(peer.id());
  if (found == ids_.end()) return;
  side_->receive(found->second, bytes, clock_.now(), outbox_);
  carry_out();
}

void FakexServer::on_gone(sys::Peer& peer, std::uint16_t) {
  const auto found = ids_.find(peer.id());
  if (found == ids_.end()) return;
  side_->closed(found->second);
  clients_.erase(found->second);
  ids_.erase(found);
}

// Does what is due, and comes back when the next thing is.
void FakexServer::pump() {
  armed_.reset();
  side_->advance(clock_.now(), outbox_);
  carry_out();
}

// What a client says may make something due before all else.
void FakexServer::arm() {
  const Steady when = sys::steady_now() + std::max(clock_.until(side_->next_due()), tick_min);
  if (armed_ && *armed_ <= when) return;
  armed_ = when;
  due_.at(when, [this] { pump(); });
}

void FakexServer::carry_out() {
  market::Outbox sent = std::exchange(outbox_, {});
  for (const market::Outgoing& outgoing : sent) {
    const auto found = clients_.find(outgoing.client);
    sys::Peer* peer = found == clients_.end() ? nullptr : server_->find(found->second.peer);
    if (peer != nullptr) send(found->second, *peer, outgoing);
  }
  sent.clear();
  if (outbox_.empty()) outbox_ = std::move(sent);
  if (on_truth)
    for (const market::Truth& truth : side_->truths()) on_truth(truth);
  side_->truths().clear();
  arm();
}

void FakexServer::send(Client& client, sys::Peer& peer, const market::Outgoing& outgoing) {
  switch (outgoing.kind) {
    case market::Outgoing::Kind::text: return send_text(client, peer, outgoing);
    case market::Outgoing::Kind::ping: return peer.ping(outgoing.text);
    case market::Outgoing::Kind::close: return peer.close(static_cast<std::uint16_t>(outgoing.code), outgoing.text);
    case market::Outgoing::Kind::reset: return peer.reset();
    case market::Outgoing::Kind::half_open: peer.mute(true); return peer.pause_reading(true);
  }
}

void FakexServer::send_text(Client& client, sys::Peer& peer, const market::Outgoing& outgoing) {
  if (peer.unsent_bytes() > unsent_bytes_max) return peer.reset();
  const std::string_view text = outgoing.text;
  std::string raw;
  if (outgoing.split && text.size() > 2) {
    const std::size_t third = text.size() / 3;
    raw = sys::websocket_frame(text_opcode, text.substr(0, third), false);
    raw += sys::websocket_frame(continuation, text.substr(third, third), false);
    raw += sys::websocket_frame(continuation, text.substr(2 * third));
  } else if (outgoing.drip || !client.dripping.empty()) {
    raw = sys::websocket_frame(text_opcode, text);
  } else {
    return peer.send_text(text);
  }
  if (!outgoing.drip && client.dripping.empty()) return peer.send_raw(raw);
  // What comes behind a dripping message waits for it.
  const bool idle = client.dripping.empty();
  const std::size_t step = outgoing.drip ? drip_bytes : raw.size();
  for (std::size_t at = 0; at < raw.size(); at += step) client.dripping.push_back(raw.substr(at, step));
  if (idle) dripper_.after(drip_every, [this] { drip(); });
}

void FakexServer::drip() {
  bool more = false;
  for (auto& [id, client] : clients_) {
    if (client.dripping.empty()) continue;
    if (sys::Peer* peer = server_->find(client.peer)) peer->send_raw(client.dripping.front());
    client.dripping.pop_front();
    more = more || !client.dripping.empty();
  }
  if (more) dripper_.after(drip_every, [this] { drip(); });
}

}  // namespace crossbook::app
