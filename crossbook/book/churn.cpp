// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/churn.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "crossbook/core/decimal.hpp"

namespace crossbook::book {
namespace {

constexpr int scale = 8;
constexpr std::size_t timed_messages = 3'044;

std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15;  // splitmix64
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// One side's live prices, as distances in ticks from a fixed origin beyond the touch.
struct GeneratedSide {
  std::set<std::int64_t> live;

  // The price of about the `rank`th level.
  [[nodiscard]] std::int64_t near_rank(std::int64_t ticks) const {
    const auto found = live.lower_bound(*live.begin() + ticks);
    return found == live.end() ? *live.rbegin() : *found;
  }
};

// Distance in ticks: median 84 levels, p90 554, p99 2,077, at about 30 ticks a level.
std::int64_t distance(std::uint64_t& random) {
  const std::uint64_t share = next_random(random) % 100;
  const std::uint64_t levels = share < 10 ? 3 : share < 50 ? 84 : share < 90 ? 554 : share < 99 ? 2'077 : 4'000;
  return static_cast<std::int64_t>(next_random(random) % (levels * 30));
}

// Reads the pairs ["price","quantity"] of an array that begins at `at`; returns where it ended.
std::size_t read_levels(std::string_view line, std::size_t at, Side side, std::vector<LevelUpdate>& to) {
  while (at < line.size() && line[at] == '[') {
    std::array<std::string_view, 2> parts;
    for (std::string_view& part : parts) {
      const std::size_t begin = line.find("\\\"", at) + 2;
      const std::size_t end = line.find("\\\"", begin);
      part = line.substr(begin, end - begin);
      at = end + 2;
    }
    to.push_back(
        {side, Price(parse_decimal(parts[0], scale).value()), Quantity(parse_decimal(parts[1], scale).value())});
    at = line.find_first_of("[]", line.find(']', at) + 1);
  }
  return at;
}

void read_arrays(std::string_view line, std::string_view bids, std::string_view asks, std::vector<LevelUpdate>& to) {
  for (const auto& [key, side] : {std::pair{bids, Side::bid}, std::pair{asks, Side::ask}}) {
    const std::size_t found = line.find(key);
    if (found != std::string_view::npos) read_levels(line, found + key.size(), side, to);
  }
}

std::string recordings() {
  const char* const named = std::getenv("CROSSBOOK_RECORDINGS");
  return named != nullptr ? named : CROSSBOOK_SOURCE_DIR "/../shared/data";
}

}  // namespace

Churn generated_churn(std::uint64_t seed, std::size_t updates) {
  std::uint64_t random = seed;
  Churn churn;
  std::array<GeneratedSide, 2> sides;
  const auto emit = [&](std::vector<LevelUpdate>& to, std::size_t side, std::int64_t ticks, std::int64_t quantity) {
    const std::int64_t price = side == 0 ? 6'000'000 - ticks : 6'000'000 + ticks;
    to.push_back({side == 0 ? Side::bid : Side::ask, Price(price), Quantity(quantity)});
  };
  const auto quantity = [&] { return static_cast<std::int64_t>(next_random(random) % 100'000'000 + 1); };
  for (std::size_t side = 0; side < 2; ++side) {
    while (sides[side].live.size() < 2'000)
      sides[side].live.insert(static_cast<std::int64_t>(next_random(random) % 60'000 + 1));
    for (const std::int64_t ticks : sides[side].live) emit(churn.snapshot, side, ticks, quantity());
  }
  while (churn.updates.size() < updates) {
    const std::size_t side = next_random(random) % 2;
    std::set<std::int64_t>& live = sides[side].live;
    const std::int64_t aim = distance(random);
    const std::uint64_t kind = next_random(random) % 100;
    if (kind < 12) {
      emit(churn.updates, side, sides[side].near_rank(aim), quantity());
    } else if (kind < 52 && live.size() < 3'000) {
      const std::int64_t ticks = *live.begin() + aim + (kind < 14 ? -1 : 1);
      if (ticks > 0 && live.insert(ticks).second) emit(churn.updates, side, ticks, quantity());
    } else if (kind < 91 && live.size() > 1'500) {
      const std::int64_t ticks = sides[side].near_rank(aim);
      live.erase(ticks);
      emit(churn.updates, side, ticks, 0);
    } else if (!live.contains(*live.begin() + aim)) {
      emit(churn.updates, side, *live.begin() + aim, 0);
    }
  }
  return churn;
}

Churn recorded_churn() {
  const std::string command =
      "gzip -dc '" + recordings() + "/captures/binance_spot/btcusdt_20240808.jsonl.gz' 2>/dev/null";
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Churn churn;
  std::vector<std::vector<LevelUpdate>> messages;
  char* line = nullptr;
  std::size_t room = 0;
  bool started = false;
  for (ssize_t length = 0; (length = getline(&line, &room, pipe)) > 0;) {
    const std::string_view text(line, static_cast<std::size_t>(length));
    if (text.find("lastUpdateId") != std::string_view::npos) {
      read_arrays(text, "\\\"bids\\\":[", "\\\"asks\\\":[", churn.snapshot);
      started = true;
    } else if (started && text.find("depthUpdate") != std::string_view::npos) {
      read_arrays(text, "\\\"b\\\":[", "\\\"a\\\":[", messages.emplace_back());
    }
  }
  std::free(line);
  pclose(pipe);
  const std::size_t untimed = messages.size() > timed_messages ? messages.size() - timed_messages : 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto& to = i < untimed ? churn.snapshot : churn.updates;
    to.insert(to.end(), messages[i].begin(), messages[i].end());
  }
  return churn;
}

}  // namespace crossbook::book
