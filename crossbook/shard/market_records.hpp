// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "crossbook/capture/session.hpp"
#include "crossbook/market/session.hpp"

namespace crossbook::shard {

// A session of the simulated market as if it had been recorded and were read again.
class MarketRecords {
 public:
  explicit MarketRecords(market::SessionOptions options) : session_(std::move(options)) {}

  // Null at the end, where the options say one. Valid until the next call.
  const capture::Arrival* next();

 private:
  market::Session session_;
  market::Record record_;
  capture::Arrival arrival_;
  std::map<std::pair<std::string, std::string>, ConnectionId> connections_;
};

}  // namespace crossbook::shard
