// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/writer.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "crossbook/capture/reader.hpp"

namespace crossbook::capture {
namespace {

using ::testing::HasSubstr;

std::string line_of(const Record& record) {
  std::string line;
  const auto appended = append_line(record, line);
  EXPECT_TRUE(appended.has_value()) << appended.error();
  return line;
}

TEST(Writer, WritesTheFormOfTheRecordings) {
  Record record{.t = Wall(1786923424830850000),
                .t_mono = Steady(42890204228400),
                .feed = "kraken",
                .conn = "ws.1",
                .dir = Direction::open,
                .url = "wss://ws.kraken.com/v2"};
  EXPECT_EQ(line_of(record), R"({"t":1786923424830850000,"venue":"kraken","conn":"ws.1","dir":"open",)"
                             R"("url":"wss://ws.kraken.com/v2","t_mono":42890204228400})"
                             "\n");
  record = {.t = Wall(5), .feed = "kraken", .conn = "ws.1", .dir = Direction::in, .payload = "{\"a\":\"\\/\x01\"}"};
  EXPECT_EQ(line_of(record), R"({"t":5,"venue":"kraken","conn":"ws.1","dir":"in","raw":"{\"a\":\"\\/\u0001\"}"})"
                             "\n");
  record.payload = "\x1F\x8B";
  EXPECT_EQ(line_of(record), R"({"t":5,"venue":"kraken","conn":"ws.1","dir":"in","raw_b64":"H4s="})"
                             "\n");
  record.payload = "";
  EXPECT_EQ(line_of(record), R"({"t":5,"venue":"kraken","conn":"ws.1","dir":"in","raw":""})"
                             "\n");
}

TEST(Writer, RefusesWhatWouldNotReadBack) {
  std::string line = "before";
  EXPECT_FALSE(append_line({.feed = "\xFF", .conn = "c"}, line));
  EXPECT_FALSE(append_line({.feed = "v", .conn = "\xFF"}, line));
  EXPECT_FALSE(append_line({.feed = "v", .conn = "c", .url = "\xFF"}, line));
  EXPECT_FALSE(append_line({.feed = "v", .conn = "c", .dir = Direction::norm, .payload = "{\"a\":\n1}"}, line));
  EXPECT_FALSE(append_line({.feed = "v", .conn = "c", .payload = std::string(line_bytes_max, 'x')}, line));
  EXPECT_EQ(line, "before");
}

// A record that owns its texts.
struct Written {
  std::int64_t t = 0;
  std::optional<std::int64_t> t_mono;
  std::string feed, conn, url, payload;
  Direction dir = Direction::in;

  [[nodiscard]] Record record() const {
    return {.t = Wall(t),
            .t_mono = t_mono ? std::optional(Steady(*t_mono)) : std::nullopt,
            .feed = feed,
            .conn = conn,
            .dir = dir,
            .url = url,
            .payload = payload};
  }
  friend bool operator==(const Written&, const Written&) = default;
};

Written copy_of(const Record& record) {
  return {.t = record.t.nanos(),
          .t_mono = record.t_mono ? std::optional(record.t_mono->nanos()) : std::nullopt,
          .feed = std::string(record.feed),
          .conn = std::string(record.conn),
          .url = std::string(record.url),
          .payload = std::string(record.payload),
          .dir = record.dir};
}

Written any_record() {
  const auto name = rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  const auto bytes =
      rc::gen::oneOf(rc::gen::arbitrary<std::string>(), name,
                     rc::gen::element<std::string>("{\"a\":[\"1.50\",\"2\"]}", "\xE2\x82\xAC", "\xED\xA0\x80"));
  Written written;
  written.t = *rc::gen::arbitrary<std::int64_t>();
  if (*rc::gen::arbitrary<bool>()) written.t_mono = *rc::gen::arbitrary<std::int64_t>();
  written.feed = *name;
  written.conn = *name;
  written.url = *name;
  written.payload = *bytes;
  written.dir = *rc::gen::element(Direction::open, Direction::out, Direction::in, Direction::http, Direction::close);
  return written;
}

RC_GTEST_PROP(Writer, WhatItWritesReadsBackExactly, ()) {
  std::vector<Written> written;
  for (int n = *rc::gen::inRange(0, 20); n > 0; --n) written.push_back(any_record());
  const auto compression = *rc::gen::element(Compression::none, Compression::gzip, Compression::zstd);
  std::string disk;
  Writer writer(sys::memory_sink("disk", disk), compression);
  for (const Written& record : written) {
    RC_ASSERT(writer.write(record.record()).has_value());
    if (*rc::gen::inRange(0, 4) == 0) RC_ASSERT(writer.sync().has_value());
  }
  RC_ASSERT(writer.close().has_value());
  RC_ASSERT(writer.file_bytes() == disk.size());
  Reader reader(sys::memory_source("disk", disk));
  for (const Written& expected : written) {
    const Record* const record = reader.next();
    RC_ASSERT(record != nullptr);
    RC_ASSERT(copy_of(*record) == expected);
  }
  RC_ASSERT(reader.next() == nullptr);
  RC_ASSERT(reader.error_count() == 0U);
}

TEST(Writer, CopiesANormalisedLineAsItIs) {
  const std::string line = R"({"t":1,"venue":"binance-norm","conn":"c","dir":"norm","kind":"trade", "qty":"1.0"})";
  EXPECT_EQ(line_of({.dir = Direction::norm, .payload = line}), line + "\n");
}

TEST(Writer, WhatWasSyncedIsReadableThoughTheFileIsNotClosed) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    std::string disk;
    Writer writer(sys::memory_sink("disk", disk), compression);
    ASSERT_TRUE(writer.write({.feed = "v", .conn = "c", .payload = "first"}));
    ASSERT_TRUE(writer.sync());
    ASSERT_TRUE(writer.write({.feed = "v", .conn = "c", .payload = "second"}));
    Reader reader(sys::memory_source("disk", disk));
    const Record* const record = reader.next();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->payload, "first");
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(reader.cut(), compression != Compression::none);
  }
}

TEST(Writer, AFullDiskStaysAnError) {
  std::string disk;
  Writer writer(sys::memory_sink("disk", disk, 100), Compression::none);
  ASSERT_TRUE(writer.write({.feed = "v", .conn = "c", .payload = std::string(200, 'x')}));
  EXPECT_THAT(writer.sync().error(), HasSubstr("disk: cannot be written: No space left"));
  EXPECT_THAT(writer.write({.feed = "v", .conn = "c"}).error(), HasSubstr("No space left"));
  EXPECT_THAT(writer.close().error(), HasSubstr("No space left"));
}

TEST(Writer, ChoosesTheCompressionByTheEndOfTheName) {
  for (const char* name : {"plain.jsonl", "gzip.jsonl.gz", "zstd.jsonl.zst"}) {
    const std::string path = ::testing::TempDir() + "crossbook_" + name;
    auto writer = Writer::create(path).value();
    ASSERT_TRUE(writer.write({.feed = "v", .conn = "c", .payload = "x"}));
    ASSERT_TRUE(writer.close());
    EXPECT_THAT(writer.write({.feed = "v", .conn = "c"}).error(), HasSubstr("is closed already"));
    auto reader = Reader::open(path).value();
    ASSERT_NE(reader.next(), nullptr) << name;
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(sys::read_file(path).value().front() == '{', compression_of(path) == Compression::none);
    std::filesystem::remove(path);
  }
}

TEST(Writer, SaysWhichFolderIsMissing) {
  EXPECT_THAT(Writer::create("no/such/x.jsonl").error(), HasSubstr("no/such/x.jsonl"));
}

}  // namespace
}  // namespace crossbook::capture
