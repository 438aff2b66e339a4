// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crossbook/capture/writer.hpp"
#include "crossbook/shard/market_records.hpp"

// write_market SEED SECONDS FILE: writes a session of the simulated market as a capture, so that a clone without any
// recording has something to replay.

using namespace crossbook;

namespace {

bool write(shard::MarketRecords& market, capture::Writer& writer) {
  while (const capture::Arrival* record = market.next())
    if (!writer.write(*record)) return false;
  return bool(writer.close());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("write_market SEED SECONDS FILE\n", stderr);
    return 2;
  }
  market::SessionOptions options;
  options.seed = std::strtoull(argv[1], nullptr, 10);
  options.duration = seconds(std::strtoll(argv[2], nullptr, 10));
  shard::MarketRecords market(options);
  auto writer = capture::Writer::create(argv[3]);
  if (!writer || !write(market, *writer)) {
    std::fprintf(stderr, "write_market: %s cannot be written\n", argv[3]);
    return 1;
  }
  return 0;
}
