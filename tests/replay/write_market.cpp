// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crossbook/capture/writer.hpp"
#include "crossbook/market/session.hpp"

// write_market SEED SECONDS FILE: writes a session of the simulated market as a capture, so that a clone without any
// recording has something to replay.

using namespace crossbook;

namespace {

capture::Direction direction(market::Direction dir) {
  switch (dir) {
    case market::Direction::open: return capture::Direction::open;
    case market::Direction::out: return capture::Direction::out;
    case market::Direction::in: return capture::Direction::in;
    case market::Direction::http: return capture::Direction::http;
  }
  return capture::Direction::in;
}

bool write(market::Session& session, capture::Writer& writer) {
  market::Record from;
  while (session.next(from)) {
    capture::Record record;
    record.t = from.t;
    record.feed = from.feed;
    record.conn = from.conn;
    record.dir = direction(from.dir);
    record.url = from.url;
    record.payload = from.raw;
    if (!writer.write(record)) return false;
  }
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
  market::Session session(options);
  auto writer = capture::Writer::create(argv[3]);
  if (!writer || !write(session, *writer)) {
    std::fprintf(stderr, "write_market: %s cannot be written\n", argv[3]);
    return 1;
  }
  return 0;
}
