// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/market/endpoint.hpp"

// What stands behind one port of the exchange simulator: the simulated market, or a recorded session.
namespace crossbook::app {

class FakexSide {
 public:
  FakexSide() = default;
  FakexSide(const FakexSide&) = delete;
  FakexSide& operator=(const FakexSide&) = delete;
  virtual ~FakexSide() = default;

  [[nodiscard]] virtual std::string_view feed() const = 0;
  [[nodiscard]] virtual std::string path() const = 0;                  // where a WebSocket client connects
  [[nodiscard]] virtual std::vector<std::string> symbols() const = 0;  // as the venue spells them

  // See market::Endpoint.
  virtual bool refuses_tls(Wall now) = 0;
  virtual std::optional<market::HttpAnswer> refuses_upgrade(Wall now, market::Outbox&) = 0;
  virtual void open(market::ClientId, std::string_view target, Wall now, market::Outbox&) = 0;
  virtual void receive(market::ClientId, std::string_view text, Wall now, market::Outbox&) = 0;
  virtual void closed(market::ClientId) = 0;
  virtual market::HttpAnswer get(std::string_view target, Wall now, market::Outbox&) = 0;
  virtual void advance(Wall now, market::Outbox&) = 0;
  [[nodiscard]] virtual Wall next_due() const = 0;
  [[nodiscard]] virtual std::vector<market::Truth>& truths() = 0;
  [[nodiscard]] virtual const market::EndpointCounts& counts() const = 0;
  [[nodiscard]] virtual std::span<const std::int64_t> struck() const = 0;
};

[[nodiscard]] std::unique_ptr<FakexSide> simulated_side(market::EndpointOptions options);

}  // namespace crossbook::app
