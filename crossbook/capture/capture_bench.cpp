// SPDX-License-Identifier: Apache-2.0
//
// Reading a session, per byte of text and per record. The generated session has the shape of a busy book stream: frames
// of 200 to 400 bytes, a quote mark to escape every 8 bytes. The recording, where found, is one of Binance's.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include "crossbook/capture/compressed.hpp"
#include "crossbook/capture/session.hpp"
#include "crossbook/capture/writer.hpp"

namespace crossbook::capture {
namespace {

void append_frame(std::int64_t i, std::uint64_t seed, std::string& frame) {
  frame.append(R"({"e":"depthUpdate","E":)").append(std::to_string(1'700'000'000'000 + i));
  frame.append(R"(,"s":"BTCUSDT","b":[)");
  for (std::uint64_t level = 0; level < 3 + (seed >> 60) / 2; ++level) {
    if (level > 0) frame.append(",");
    frame.append(R"(["64)").append(std::to_string(seed >> 52)).append(R"(.10","0.)");
    frame.append(std::to_string(seed >> 44 & 0xfffff)).append("\"]");
  }
  frame.append(R"(],"a":[]})");
}

std::string generated_session() {
  std::string text, frame;
  std::uint64_t seed = 1;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    frame.clear();
    append_frame(i, seed, frame);
    const Record record{.t = Wall(1'700'000'000'000'000'000 + i), .feed = "binance", .conn = "ws.1", .payload = frame};
    if (!append_line(record, text)) std::abort();
  }
  return text;
}

// One pass over all records, as a replay makes it.
void read_session(benchmark::State& state, const std::string& bytes, std::uint64_t text_bytes) {
  std::int64_t records = 0;
  std::size_t payload = 0;
  for (auto _ : state) {
    std::vector<Reader> readers;
    readers.emplace_back(sys::memory_source("bench", bytes));
    Session session(std::move(readers));
    while (const Arrival* arrival = session.next()) {
      ++records;
      payload += arrival->payload.size();
    }
    if (session.error_count() > 0) state.SkipWithError("the session has errors");
  }
  benchmark::DoNotOptimize(payload);
  state.SetItemsProcessed(records);
  state.SetBytesProcessed(static_cast<std::int64_t>(text_bytes) * static_cast<std::int64_t>(state.iterations()));
}

void read_generated(benchmark::State& state, Compression compression) {
  const std::string text = generated_session();
  read_session(state, compressed(text, compression), text.size());
}
BENCHMARK_CAPTURE(read_generated, plain, Compression::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_generated, gzip, Compression::gzip)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_generated, zstd, Compression::zstd)->Unit(benchmark::kMillisecond);

// The recording's text, packed again in each way.
void read_recording(benchmark::State& state, Compression compression) {
  const char* const folder = std::getenv("CROSSBOOK_RECORDINGS");
  const auto root = folder != nullptr ? std::filesystem::path(folder)
                                      : std::filesystem::path(CROSSBOOK_SOURCE_DIR) / "../shared/data";
  auto reader = Reader::open((root / "captures/binance_usdm/btcusdt_20240808.jsonl.gz").string());
  if (!reader) return state.SkipWithError(reader.error().c_str());
  std::string text;
  while (const Record* record = reader->next())
    if (!append_line(*record, text)) std::abort();
  read_session(state, compressed(text, compression), text.size());
}
BENCHMARK_CAPTURE(read_recording, plain, Compression::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_recording, gzip, Compression::gzip)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(read_recording, zstd, Compression::zstd)->Unit(benchmark::kMillisecond);

void write_generated(benchmark::State& state, Compression compression) {
  const std::string text = generated_session();
  std::string disk;
  for (auto _ : state) {
    disk.clear();
    Reader reader(sys::memory_source("bench", text));
    Writer writer(sys::memory_sink("disk", disk), compression);
    while (const Record* record = reader.next())
      if (!writer.write(*record)) std::abort();
    if (!writer.close()) std::abort();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(write_generated, plain, Compression::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_generated, gzip, Compression::gzip)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write_generated, zstd, Compression::zstd)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace crossbook::capture
