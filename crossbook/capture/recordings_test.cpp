// SPDX-License-Identifier: Apache-2.0
//
// The recorded sessions of others, where they are found: CROSSBOOK_RECORDINGS, else ../shared/data beside the source.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "crossbook/capture/session.hpp"
#include "crossbook/capture/writer.hpp"

namespace crossbook::capture {
namespace {

namespace dom = simdjson::dom;
using Counts = std::array<std::int64_t, direction_names.size()>;

std::filesystem::path recordings() {
  if (const char* folder = std::getenv("CROSSBOOK_RECORDINGS")) return folder;
  return std::filesystem::path(CROSSBOOK_SOURCE_DIR) / "../shared/data";
}

// Every capture of the manifest, by its path.
std::vector<std::string> captures() {
  dom::parser parser;
  dom::object files;
  std::vector<std::string> paths;
  if (parser.load((recordings() / "MANIFEST.json").string()).get(files) != simdjson::SUCCESS) return paths;
  for (const auto& [path, about] : files)
    if (path.ends_with(".jsonl.gz")) paths.push_back((recordings() / path).string());
  return paths;
}

Counts expected_counts(const std::string& capture) {
  dom::parser parser;
  const std::string oracle =
      capture.substr(0, capture.size() - std::string_view(".jsonl.gz").size()) + ".expected.json";
  const dom::element records = parser.load(oracle)["records"];
  Counts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::int64_t count = 0;
    if (records[direction_names[i]].get(count) == simdjson::SUCCESS) counts[i] = count;
  }
  return counts;
}

TEST(Recordings, EveryFileReadsWithoutErrorsAndHasTheOraclesRecords) {
  const std::vector<std::string> paths = captures();
  if (paths.empty()) GTEST_SKIP() << "recordings are missing: " << recordings();
  for (const std::string& path : paths) {
    auto reader = Reader::open(path).value();
    Counts counts{};
    while (const Record* record = reader.next()) ++counts[static_cast<std::size_t>(record->dir)];
    EXPECT_EQ(counts, expected_counts(path)) << path;
    EXPECT_EQ(reader.error_count(), 0U) << path;
    EXPECT_FALSE(reader.cut()) << path;
    EXPECT_EQ(reader.bytes_consumed(), reader.bytes_total()) << path;
  }
}

// Without its t_orig, a key of derived files that a Record does not hold.
std::string without_t_orig(std::string line) {
  if (const std::size_t at = line.find(",\"t_orig\":"); at != std::string::npos)
    line.erase(at, line.find(',', at + 1) - at);
  return line;
}

TEST(Recordings, EveryLineIsWrittenAgainByteForByte) {
  const std::vector<std::string> paths = captures();
  if (paths.empty()) GTEST_SKIP() << "recordings are missing: " << recordings();
  for (const std::string& path : paths) {
    auto reader = Reader::open(path).value();
    std::string written;
    std::string line;
    while (const Record* record = reader.next()) {
      line.clear();
      ASSERT_TRUE(append_line(*record, line));
      written += line;
    }
    const std::string unpack = "zcat '" + path + "'";
    std::string original;
    FILE* const pipe = popen(unpack.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::array<char, 65536> piece;
    while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), pipe)) original.append(piece.data(), n);
    ASSERT_EQ(pclose(pipe), 0) << unpack;
    std::string expected;
    for (std::size_t at = 0, end = 0; at < original.size(); at = end + 1) {
      end = original.find('\n', at);
      expected += without_t_orig(original.substr(at, end - at)) + "\n";
    }
    EXPECT_TRUE(written == expected) << path;
  }
}

TEST(Recordings, ThreeFilesOfOneEveningMergeByTime) {
  std::vector<std::string> paths;
  for (const char* name : {"binance_spot/btcusdt", "binance_usdm/btcusdt", "binance_coinm/btcusd_perp"})
    paths.push_back((recordings() / "captures" / (std::string(name) + "_20240808.jsonl.gz")).string());
  for (const std::string& path : paths)
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "recordings are missing: " << path;
  auto session = Session::open(paths).value();
  std::int64_t records = 0;
  Steady last(0);
  while (const Arrival* arrival = session.next()) {
    ASSERT_GE(arrival->at, last);
    last = arrival->at;
    ++records;
  }
  std::int64_t expected = 0;
  for (const std::string& path : paths)
    for (const std::int64_t count : expected_counts(path)) expected += count;
  EXPECT_EQ(records, expected);
}

}  // namespace
}  // namespace crossbook::capture
