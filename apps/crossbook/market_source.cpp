// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "crossbook/shard/market_records.hpp"
#include "source.hpp"

namespace crossbook::app {
namespace {

class MarketSource final : public Source {
 public:
  explicit MarketSource(market::SessionOptions options) : records_(std::move(options)) {}

  const capture::Arrival* next() override { return records_.next(); }
  std::optional<double> progress() const override { return {}; }
  std::vector<capture::ReadError> errors() const override { return {}; }
  bool cut() const override { return false; }

 private:
  shard::MarketRecords records_;
};

}  // namespace

std::unique_ptr<Source> simulated_market(std::uint64_t seed, std::optional<Nanos> duration) {
  market::SessionOptions options;
  options.seed = seed;
  options.duration = duration;
  return std::make_unique<MarketSource>(std::move(options));
}

}  // namespace crossbook::app
