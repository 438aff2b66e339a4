// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <vector>

#include "crossbook/capture/session.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/shard/player.hpp"

// best_price CAPTURE SYMBOL: replays a recorded session and prints the consolidated best bid and ask at its end.
using namespace crossbook;

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: best_price CAPTURE SYMBOL\n"), 2;
  auto session = capture::Session::open(std::vector<std::string>{argv[1]});
  if (!session) return std::fprintf(stderr, "%s\n", session.error().c_str()), 2;

  shard::Player player(shard::PlayerOptions{});
  while (const capture::Arrival* record = session->next()) player.play(*record, record->connection, record->at);

  const auto group = player.engine().find_group(argv[2]);
  if (!group) return std::fprintf(stderr, "no book of %s\n", argv[2]), 3;
  const book::Consolidated& view = player.engine().group(*group).consolidated;
  for (const Side side : {Side::bid, Side::ask}) {
    const auto& best = view.best(side);
    const std::string price = best ? format_decimal(best->price.count(), view.price_scale()) : "-";
    const std::string size = best ? format_decimal(best->quantity.count(), view.quantity_scale()) : "-";
    std::printf("%s %s x %s\n", side == Side::bid ? "bid" : "ask", price.c_str(), size.c_str());
  }
}
