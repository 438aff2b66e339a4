// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <string_view>

#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/registry.hpp"

// You have sockets of your own: give the engine every message as it comes, with the time at which it came.
// Link crossbook::engine; it needs no thread, no file and no network.

using namespace crossbook;

namespace {

// The engine reads ahead, so the bytes of a frame are followed by frame_padding more.
class Feeder {
 public:
  explicit Feeder(engine::Engine& engine) : engine_(engine) {}

  void open(ConnectionId connection, std::string_view feed) {
    on(SessionState{connection, venue::find_feed(feed).value(), true, {}});
  }
  void frame(ConnectionId connection, std::string_view text) {
    std::string bytes(text);
    bytes.resize(text.size() + frame_padding);
    on(Frame{connection, std::string_view(bytes).substr(0, text.size())});
  }

 private:
  template <class What>
  void on(const What& what) {
    now_ = now_ + milliseconds(10);
    effects_.clear();
    engine_.on({now_, Wall(1'700'000'000'000'000'000 + now_.nanos()), what}, effects_);
  }

  engine::Engine& engine_;
  Effects effects_;
  Steady now_;
};

// "okx shows 64250.1, bybit 64249.8" for the best bid of each venue that contributes.
void print_best_bids(const engine::Group& group) {
  const book::Consolidated& consolidated = group.consolidated;
  std::string line;
  for (std::size_t i = 0; i < consolidated.size(); ++i) {
    const auto member = static_cast<book::Member>(i);
    const auto top = consolidated.member_top(member, Side::bid);
    if (!top) continue;
    if (!line.empty()) line += ", ";
    line += consolidated.member(member).name + (i == 0 ? " shows " : " ");
    line += format_decimal(top->price.count(), consolidated.price_scale());
  }
  std::puts(line.c_str());
}

}  // namespace

int main() {
  engine::Engine engine({});
  Feeder feeder(engine);
  feeder.open(ConnectionId(0), "okx");
  feeder.open(ConnectionId(1), "bybit-spot");
  feeder.frame(ConnectionId(0), R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{)"
                                R"("asks":[["64250.2","0.5","0","3"]],"bids":[["64250.1","1.25","0","7"]],)"
                                R"("ts":"1700000000000","checksum":0,"seqId":100,"prevSeqId":-1}]})");
  feeder.frame(ConnectionId(1),
               R"({"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1700000000010,"data":{"s":"BTCUSDT",)"
               R"("b":[["64249.80","2.5"]],"a":[["64250.20","0.75"]],"u":7,"seq":1234},"cts":1700000000009})");

  const auto id = engine.find_group("BTC/USDT");
  if (!id) return 1;
  const engine::Group& group = engine.group(*id);
  print_best_bids(group);

  // Equal prices are one level, which says how much each venue shows.
  const auto books = engine.books(group);
  book::Merge<> asks(group.consolidated, books, Side::ask);
  while (const auto level = asks.next()) {
    std::printf("ask %s:", format_decimal(level->price.count(), group.consolidated.price_scale()).c_str());
    for (const book::MemberSize& part : level->parts)
      std::printf(" %s %s", group.consolidated.member(part.member).name.c_str(),
                  format_decimal(part.quantity.count(), group.consolidated.quantity_scale()).c_str());
    std::puts("");
  }
  return 0;
}
