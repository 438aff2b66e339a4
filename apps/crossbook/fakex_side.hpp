// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/market/endpoint.hpp"

// What stands behind one port of the exchange simulator: a simulated venue, or one that plays a recorded session.
namespace crossbook::app {

// The simulated venue; see market::Endpoint. A recorded one overrides what is published, and when.
class FakexSide {
 public:
  explicit FakexSide(market::EndpointOptions options) : endpoint_(std::move(options)) {}
  FakexSide(const FakexSide&) = delete;
  FakexSide& operator=(const FakexSide&) = delete;
  virtual ~FakexSide() = default;

  [[nodiscard]] std::string_view feed() const { return endpoint_.venue().feed; }
  [[nodiscard]] std::string path() const { return std::string(endpoint_.path()); }  // where a WebSocket client connects
  [[nodiscard]] std::vector<std::string> symbols() const {                          // as the venue spells them
    std::vector<std::string> symbols;
    for (const market::ListingOptions& listing : endpoint_.venue().listings) symbols.push_back(listing.raw_symbol);
    return symbols;
  }
  bool refuses_tls(Wall now) { return endpoint_.refuses_tls(now); }
  std::optional<market::HttpAnswer> refuses_upgrade(Wall now, market::Outbox& out) {
    return endpoint_.refuses_upgrade(now, out);
  }
  [[nodiscard]] std::vector<market::Truth>& truths() { return endpoint_.truths(); }
  [[nodiscard]] const market::EndpointCounts& counts() const { return endpoint_.counts(); }
  [[nodiscard]] std::span<const std::int64_t> struck() const { return endpoint_.struck(); }

  virtual void open(market::ClientId client, std::string_view target, Wall now, market::Outbox& out) {
    endpoint_.open(client, target, now, out);
  }
  virtual void receive(market::ClientId client, std::string_view text, Wall now, market::Outbox& out) {
    endpoint_.receive(client, text, now, out);
  }
  virtual void closed(market::ClientId client) { endpoint_.closed(client); }
  virtual market::HttpAnswer get(std::string_view target, Wall now, market::Outbox& out) {
    return endpoint_.get(target, now, out);
  }
  virtual void advance(Wall now, market::Outbox& out) { endpoint_.advance(now, out); }
  [[nodiscard]] virtual Wall next_due() const { return endpoint_.next_due(); }

 protected:
  [[nodiscard]] market::Endpoint& endpoint() { return endpoint_; }
  [[nodiscard]] const market::Endpoint& endpoint() const { return endpoint_; }

 private:
  market::Endpoint endpoint_;
};

}  // namespace crossbook::app
