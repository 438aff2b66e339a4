// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "crossbook/market/session.hpp"
#include "source.hpp"

namespace crossbook::app {
namespace {

class MarketSource final : public Source {
 public:
  explicit MarketSource(market::SessionOptions options) : session_(std::move(options)) {}

  const capture::Arrival* next() override {
    if (!session_.next(record_)) return nullptr;
    arrival_.t = record_.t;
    arrival_.feed = record_.feed;
    arrival_.conn = record_.conn;
    arrival_.url = record_.url;
    arrival_.payload = record_.raw;
    arrival_.dir = direction(record_.dir);
    arrival_.line += 1;
    arrival_.at = Steady(record_.t.nanos());
    const auto [entry, first] = connections_.try_emplace({std::string(record_.feed), std::string(record_.conn)},
                                                         ConnectionId(connections_.size()));
    arrival_.connection = entry->second;
    arrival_.first = first;
    return &arrival_;
  }
  std::optional<double> progress() const override { return {}; }
  std::vector<capture::ReadError> errors() const override { return {}; }
  bool cut() const override { return false; }

 private:
  static capture::Direction direction(market::Direction dir) {
    switch (dir) {
      case market::Direction::open: return capture::Direction::open;
      case market::Direction::out: return capture::Direction::out;
      case market::Direction::in: return capture::Direction::in;
      case market::Direction::http: return capture::Direction::http;
    }
    return capture::Direction::in;
  }

  market::Session session_;
  market::Record record_;
  capture::Arrival arrival_;
  std::map<std::pair<std::string, std::string>, ConnectionId> connections_;
};

}  // namespace

std::unique_ptr<Source> simulated_market(std::uint64_t seed, std::optional<Nanos> duration) {
  market::SessionOptions options;
  options.seed = seed;
  options.duration = duration;
  return std::make_unique<MarketSource>(std::move(options));
}

}  // namespace crossbook::app
