// SPDX-License-Identifier: Apache-2.0
//
// What one Binance frame of ten changed levels costs, socket bytes to consolidated best price, as books get deeper and
// instruments more. Generated frames: each level within the book's depth of the touch, sizes with five decimals.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::engine {
namespace {

constexpr std::int64_t touch = 6'400'000;  // cents
constexpr std::size_t levels_in_a_frame = 10;
constexpr std::size_t frames_of_a_run = 8'192;

// A few lines of splitmix64: the same frames on every machine.
class Dice {
 public:
  std::uint64_t operator()(std::uint64_t below) {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % below;
  }

 private:
  std::uint64_t state_ = 1;
};

std::string level(std::int64_t cents, std::uint64_t size) {
  const std::string fraction = std::to_string(100 + cents % 100).substr(1);
  const std::string digits = std::to_string(100'000 + size % 100'000).substr(1);
  return "[\"" + std::to_string(cents / 100) + "." + fraction + "000000\",\"" + std::to_string(size / 100'000) + "." +
         digits + "000\"]";
}

// Ten changes at distances up to `depth` levels from the touch; three of ten delete.
std::string changes(Dice& dice, std::int64_t first, std::int64_t step, std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < levels_in_a_frame / 2; ++i) {
    const auto distance = static_cast<std::int64_t>(dice(depth));
    text += (i == 0 ? "" : ",") + level(first + step * distance, dice(10) < 3 ? 0 : 1 + dice(500'000));
  }
  return text;
}

std::string symbol(std::size_t instrument) { return "C" + std::to_string(1000 + instrument) + "USDT"; }

// Instruments with whole books, and frames for them in random order.
class Market {
 public:
  Market(std::size_t instruments, std::size_t depth) : depth_(depth), sequence_(instruments, 1) {
    frames_.reserve(frames_of_a_run);
    for (std::size_t i = 0; i < frames_of_a_run; ++i) {
      const std::size_t instrument = dice_(instruments);
      const std::string u = std::to_string(++sequence_[instrument]);
      frames_.push_back(padded(R"({"e":"depthUpdate","E":1700000000000,"s":")" + symbol(instrument) + R"(","U":)" + u +
                               R"(,"u":)" + u + R"(,"b":[)" + changes(dice_, touch - 1, -1, depth) + R"(],"a":[)" +
                               changes(dice_, touch, 1, depth) + "]}"));
    }
  }

  // A new engine with a snapshot of every book.
  void start(Engine& engine, Effects& effects) {
    const FeedId feed = venue::find_feed("binance").value();
    engine.on({Steady(++now_), Wall(now_), SessionState{ConnectionId(0), feed, true, {}}}, effects);
    std::string bids;
    std::string asks;
    for (std::size_t i = 0; i < depth_; ++i) {
      bids += (i == 0 ? "" : ",") + level(touch - 1 - static_cast<std::int64_t>(i), 100'000 + i);
      asks += (i == 0 ? "" : ",") + level(touch + static_cast<std::int64_t>(i), 100'000 + i);
    }
    for (std::size_t i = 0; i < sequence_.size(); ++i) {
      const std::string url = "https://api.binance.com/api/v3/depth?symbol=" + symbol(i);
      const std::string body = padded(R"({"lastUpdateId":1,"bids":[)" + bids + R"(],"asks":[)" + asks + "]}");
      engine.on({Steady(++now_), Wall(now_), HttpBody{feed, url, {body.data(), body.size() - frame_padding}}}, effects);
      effects.clear();
    }
  }
  void play(Engine& engine, Effects& effects, std::size_t i) {
    effects.clear();
    const std::string& frame = frames_[i];
    engine.on({Steady(++now_), Wall(now_), Frame{ConnectionId(0), {frame.data(), frame.size() - frame_padding}}},
              effects);
  }
  [[nodiscard]] std::size_t frame_bytes() const { return frames_.front().size() - frame_padding; }

 private:
  static std::string padded(std::string text) { return std::move(text.append(frame_padding, ' ')); }

  Dice dice_;
  std::size_t depth_;
  std::vector<std::uint64_t> sequence_;
  std::vector<std::string> frames_;
  std::int64_t now_ = 0;
};

void frame_to_best(benchmark::State& state, std::size_t instruments, std::size_t depth) {
  Market market(instruments, depth);
  Effects effects;
  std::optional<Engine> engine;
  std::size_t next = frames_of_a_run;
  for (auto _ : state) {
    if (next == frames_of_a_run) {
      state.PauseTiming();
      engine.emplace(Options{});
      market.start(*engine, effects);
      next = 0;
      state.ResumeTiming();
    }
    market.play(*engine, effects, next++);
  }
  state.counters["ns_per_level"] =
      benchmark::Counter(static_cast<double>(levels_in_a_frame) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["frame_bytes"] = static_cast<double>(market.frame_bytes());
}

void by_depth(benchmark::State& state) { frame_to_best(state, 1, static_cast<std::size_t>(state.range(0))); }
void by_instruments(benchmark::State& state) { frame_to_best(state, static_cast<std::size_t>(state.range(0)), 500); }

BENCHMARK(by_depth)
    ->Name("frame_to_best/depth")
    ->Arg(10)
    ->Arg(30)
    ->Arg(100)
    ->Arg(300)
    ->Arg(1000)
    ->Arg(3000)
    ->Arg(10000);
BENCHMARK(by_instruments)
    ->Name("frame_to_best/instruments")
    ->Arg(1)
    ->Arg(3)
    ->Arg(10)
    ->Arg(30)
    ->Arg(100)
    ->Arg(300)
    ->Arg(1000)
    ->Arg(2000);

}  // namespace
}  // namespace crossbook::engine
