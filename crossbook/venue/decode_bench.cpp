// SPDX-License-Identifier: Apache-2.0
//
// Decoding against its floor: frames like Binance's, made here, and the BTC/USDT recording where it is found
// (CROSSBOOK_RECORDINGS, else ../shared/data beside the source). "ratio" is against the floor of the same run.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "crossbook/core/input.hpp"
#include "crossbook/venue/floor.hpp"
#include "crossbook/venue/registry.hpp"
#include "crossbook/venue/simdjson_path.hpp"

namespace crossbook::venue {
namespace {

struct Frames {
  std::string text;  // all frames, each padded
  std::vector<std::string_view> frames;
  std::int64_t levels = 0;

  void add(const std::vector<std::string>& all) {
    for (const std::string& frame : all) text += frame + std::string(frame_padding, ' ');
    std::size_t at = 0;
    for (const std::string& frame : all) {
      frames.push_back(std::string_view(text).substr(at, frame.size()));
      at += frame.size() + frame_padding;
      for (std::size_t i = frame.find("[\""); i != std::string::npos; i = frame.find("[\"", i + 1)) ++levels;
    }
  }
};

std::string decimal(std::int64_t count, int decimals, int width) {
  std::string fraction = std::to_string(count % 100'000'000);
  fraction.insert(0, 8 - fraction.size(), '0');
  fraction.resize(static_cast<std::size_t>(decimals));
  return std::to_string(count / 100'000'000) + "." + fraction +
         std::string(static_cast<std::size_t>(width - decimals), '0');
}

std::string side(std::mt19937_64& random, std::int64_t levels) {
  std::string rows;
  for (std::int64_t i = 0; i < levels; ++i) {
    const auto price = 6'000'000'000'000 + static_cast<std::int64_t>(random() % 20'000'000) * 10'000;
    const auto size =
        random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 300'000'000'000 / (1 + random() % 900));
    rows += (rows.empty() ? "[\"" : ",[\"") + decimal(price, 2, 8) + "\",\"" + decimal(size, 5, 8) + "\"]";
  }
  return rows;
}

// 57 levels a frame on average, as BTC/USDT has them.
const Frames& made_here() {
  static const Frames frames = [] {
    std::mt19937_64 random(7);
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < 2'000; ++i) {
      const std::string id = std::to_string(50'093'239'189 + i * 100);
      const auto bids = static_cast<std::int64_t>(random() % 58);
      const auto asks = static_cast<std::int64_t>(random() % 58);
      all.push_back(
          R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":)" + id +
          R"(,"u":)" + id + R"(,"b":[)" + side(random, bids) + R"(],"a":[)" + side(random, asks) + "]}}");
    }
    Frames result;
    result.add(all);
    return result;
  }();
  return frames;
}

std::string inflated(const std::filesystem::path& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  std::vector<char> chunk(1 << 20);
  for (int n = 0; (n = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0;)
    text.append(chunk.data(), static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

// The depth frames of the recording. `raw` is a JSON string in which only quotes are escaped.
const Frames& recorded() {
  static const Frames frames = [] {
    const char* const folder = std::getenv("CROSSBOOK_RECORDINGS");
    const std::filesystem::path data = folder != nullptr
                                           ? std::filesystem::path(folder)
                                           : std::filesystem::path(CROSSBOOK_SOURCE_DIR).parent_path() / "shared/data";
    const auto path = data / "captures/binance_spot/btcusdt_20240808.jsonl.gz";
    Frames result;
    if (!std::filesystem::exists(path)) return result;
    const std::string lines = inflated(path);
    std::vector<std::string> all;
    for (std::size_t at = lines.find("{\\\"stream\\\":\\\"btcusdt@depth"); at != std::string::npos;
         at = lines.find("{\\\"stream\\\":\\\"btcusdt@depth", at + 1)) {
      std::string frame;
      for (std::size_t i = at; lines[i] != '"'; ++i)
        if (lines[i] != '\\') frame += lines[i];
        else frame += lines[++i];
      all.push_back(frame);
    }
    result.add(all);
    return result;
  }();
  return frames;
}

// Every frame once per iteration.
template <class Read>
void run(benchmark::State& state, const Frames& input, Read read) {
  if (input.frames.empty()) {
    state.SkipWithError("no recording binance_spot/btcusdt_20240808");
    return;
  }
  for (auto _ : state)
    for (const std::string_view frame : input.frames) read(frame);
  const auto per_second = benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert;
  state.counters["frame"] = benchmark::Counter(static_cast<double>(input.frames.size()), per_second);
  state.counters["level"] = benchmark::Counter(static_cast<double>(input.levels), per_second);
}

void bench_floor(benchmark::State& state, const Frames& (*input)()) {
  Floor floor;
  run(state, input(), [&](std::string_view frame) { benchmark::DoNotOptimize(floor.extract(frame)); });
}

using Decode = Result<void> (*)(Context&, std::string_view, EventBatch&);

void bench_decode(benchmark::State& state, const Frames& (*input)(), Decode decode) {
  Listings listings;
  Context context(listings);
  context.feed = find_feed("binance").value();
  EventBatch batch;
  run(state, input(), [&](std::string_view frame) {
    batch.clear();
    if (!decode(context, frame, batch)) state.SkipWithError("a frame is not read");
    benchmark::DoNotOptimize(batch.bids.data());
  });
}

Result<void> decode_as_shipped(Context& context, std::string_view frame, EventBatch& batch) {
  return feed(context.feed).decode(context, frame, batch);
}

BENCHMARK_CAPTURE(bench_floor, made, made_here);
BENCHMARK_CAPTURE(bench_decode, made_scanner, made_here, decode_as_shipped);
BENCHMARK_CAPTURE(bench_decode, made_simdjson, made_here, decode_binance_simdjson);
BENCHMARK_CAPTURE(bench_floor, recorded, recorded);
BENCHMARK_CAPTURE(bench_decode, recorded_scanner, recorded, decode_as_shipped);
BENCHMARK_CAPTURE(bench_decode, recorded_simdjson, recorded, decode_binance_simdjson);

}  // namespace
}  // namespace crossbook::venue
