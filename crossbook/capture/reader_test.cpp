// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/reader.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "crossbook/capture/compressed.hpp"
#include "crossbook/capture/line_parser.hpp"
#include "crossbook/core/input.hpp"

namespace crossbook::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Everything that a reader said about a text.
struct Reading {
  std::vector<std::string> payloads;
  std::vector<std::uint64_t> lines;
  std::vector<std::string> errors;  // "2: dir is missing"
  bool cut = false;
};

Reading read(std::string_view bytes) {
  Reader reader(sys::memory_source("session", bytes));
  Reading reading;
  while (const Record* record = reader.next()) {
    reading.payloads.emplace_back(record->payload);
    reading.lines.push_back(record->line);
  }
  for (const ReadError& error : reader.errors())
    reading.errors.push_back(std::to_string(error.line) + ": " + error.reason);
  reading.cut = reader.cut();
  EXPECT_EQ(reader.bytes_total(), bytes.size());
  return reading;
}

std::string line_in(std::string_view raw) {
  return R"({"t":1,"venue":"kraken","conn":"ws.1","dir":"in","raw":")" + std::string(raw) + "\"}\n";
}

const std::string one = line_in("one");
const std::string two = line_in("two");

TEST(Reader, DecodesALineIntoARecord) {
  const std::string text =
      R"({"t":1786923424830850000,"venue":"kraken","conn":"ws.1","dir":"out","url":"wss://ws.kraken.com/v2",)"
      R"("t_mono":42890204228400,"raw":"{\"method\":\"ping\"}"})"
      "\n";
  Reader reader(sys::memory_source("session", text), 3);
  const Record* const record = reader.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->t, Wall(1786923424830850000));
  EXPECT_EQ(record->t_mono, Steady(42890204228400));
  EXPECT_EQ(record->feed, "kraken");
  EXPECT_EQ(record->conn, "ws.1");
  EXPECT_EQ(record->dir, Direction::out);
  EXPECT_EQ(record->url, "wss://ws.kraken.com/v2");
  EXPECT_EQ(record->payload, R"({"method":"ping"})");
  EXPECT_EQ(record->file, 3U);
  EXPECT_EQ(record->line, 1U);
  EXPECT_EQ(reader.next(), nullptr);
}

TEST(Reader, TakesKeysInAnyOrderAndSkipsThoseItDoesNotKnow) {
  EXPECT_THAT(read(R"( {"raw":"x", "more":[1,{}], "dir":"in", "conn":"c", "venue":"v", "t":-5} )").payloads,
              ElementsAre("x"));
}

TEST(Reader, GivesTheBytesOfABinaryFrame) {
  const Reading reading = read(R"({"t":1,"venue":"htx","conn":"c","dir":"in","raw_b64":"H4sIAP8="})");
  ASSERT_THAT(reading.payloads, ElementsAre(std::string("\x1F\x8B\x08\x00\xFF", 5)));
}

TEST(Reader, GivesTheWholeLineOfANormalisedRecord) {
  const std::string line =
      R"({"t":1,"venue":"binance-norm","conn":"c","dir":"norm","kind":"trade","symbol":"BTCUSDT"})";
  EXPECT_THAT(read(line + "\r\n" + line).payloads, ElementsAre(line, line));
}

TEST(Reader, GivesTextBeyondAsciiExactly) {
  EXPECT_THAT(read(line_in("\xE2\x82\xAC\\u20ac")).payloads, ElementsAre("\xE2\x82\xAC\xE2\x82\xAC"));
}

TEST(Reader, PayloadsHaveReadableBytesBehindThem) {
  const std::string text = one + R"({"t":1,"venue":"v","conn":"c","dir":"norm"})";
  Reader reader(sys::memory_source("session", text));
  unsigned sum = 0;  // the address sanitizer watches
  while (const Record* record = reader.next())
    for (std::size_t i = 0; i < frame_padding; ++i)
      sum += static_cast<unsigned char>(record->payload.data()[record->payload.size() + i]);
  EXPECT_GE(sum, 0U);
}

TEST(Reader, AnEmptyFileIsAnEmptySession) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd}) {
    const Reading reading = read(compressed("", compression));
    EXPECT_THAT(reading.payloads, IsEmpty());
    EXPECT_THAT(reading.errors, IsEmpty());
    EXPECT_FALSE(reading.cut);
  }
}

TEST(Reader, EmptyLinesAndCarriageReturnsAreFine) {
  const Reading reading = read(one.substr(0, one.size() - 1) + "\r\n\r\n\n" + two);
  EXPECT_THAT(reading.payloads, ElementsAre("one", "two"));
  EXPECT_THAT(reading.lines, ElementsAre(1, 4));
  EXPECT_THAT(reading.errors, IsEmpty());
}

TEST(Reader, TheLastLineNeedsNoLineEnd) {
  const Reading reading = read(one + two.substr(0, two.size() - 1));
  EXPECT_THAT(reading.payloads, ElementsAre("one", "two"));
  EXPECT_FALSE(reading.cut);
}

TEST(Reader, RecognisesCompressionByTheFirstBytes) {
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd})
    EXPECT_THAT(read(compressed(one + two, compression)).payloads, ElementsAre("one", "two"));
}

TEST(Reader, ReadsOverTheSeamsOfConcatenatedFiles) {
  const std::string text = one + two;
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string bytes;
    for (const std::size_t from : {0UL, 30UL, 60UL}) bytes += compressed(text.substr(from, 30), compression);
    bytes += compressed("", compression) + compressed(text.substr(90), compression);
    const Reading reading = read(bytes);
    EXPECT_THAT(reading.payloads, ElementsAre("one", "two"));
    EXPECT_THAT(reading.errors, IsEmpty());
  }
}

TEST(Reader, GoesOnBehindALineThatIsNoRecord) {
  const Reading reading = read(one + "not json\n" + two);
  EXPECT_THAT(reading.payloads, ElementsAre("one", "two"));
  EXPECT_THAT(reading.errors, ElementsAre("2: it is not a JSON object"));
  EXPECT_FALSE(reading.cut);
}

TEST(Reader, SaysWhatIsWrongWithALine) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"venue":"v","conn":"c","dir":"in","raw":""})", "t is missing"},
      {R"({"t":1.5,"venue":"v","conn":"c","dir":"in","raw":""})", "t is not a whole number"},
      {R"({"t":"1","venue":"v","conn":"c","dir":"in","raw":""})", "t is not a whole number"},
      {R"({"t":9223372036854775808,"venue":"v","conn":"c","dir":"in","raw":""})", "t is not a whole number"},
      {R"({"t":1,"t_mono":null,"venue":"v","conn":"c","dir":"in","raw":""})", "t_mono is not a whole number"},
      {R"({"t":1,"conn":"c","dir":"in","raw":""})", "venue is missing"},
      {R"({"t":1,"venue":"v","dir":"in","raw":""})", "conn is missing"},
      {R"({"t":1,"venue":"v","conn":"c","raw":""})", "dir is missing"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"sideways","raw":""})", "dir is none of"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in"})", "neither raw nor raw_b64"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":"","raw_b64":""})", "it has both raw and raw_b64"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw_b64":"a"})", "raw_b64 is not base64"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":7})", "raw is not a string"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":"\ud800"})", "it is not a JSON object"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":"\udc00"})", "it is not a JSON object"},
      {R"({"t":1,"venue":"\ud800\u0041","conn":"c","dir":"in","raw":""})", "it is not a JSON object"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":"\x"})", "it is not a JSON object"},
      {R"({"t":1,"venue":"v","conn":"c","dir":"in","raw":""} x)", "it is not a JSON object"},
      {R"({"t":01,"venue":"v","conn":"c","dir":"in","raw":""})", "it is not a JSON object"},
      {"{\"t\":1,\"venue\":\"v\",\"conn\":\"c\",\"dir\":\"in\",\"raw\":\"\xFF\"}", "it is not a JSON object"},
      {"[1]", "it is not a JSON object"},
      {"7", "it is not a JSON object"},
      {" ", "it is not a JSON object"},
  };
  for (const auto& [line, reason] : cases) {
    const Reading reading = read(line + "\n" + two);
    EXPECT_THAT(reading.payloads, ElementsAre("two")) << line;
    EXPECT_THAT(reading.errors, ElementsAre(HasSubstr("1: " + reason))) << line;
    EXPECT_FALSE(reading.cut);
  }
}

TEST(Reader, NoticesATextThatEndsInTheMiddleOfALine) {
  const Reading reading = read(one + two.substr(0, 40));
  EXPECT_THAT(reading.payloads, ElementsAre("one"));
  EXPECT_THAT(reading.errors, ElementsAre("2: the file ends in the middle of this line"));
  EXPECT_TRUE(reading.cut);
}

TEST(Reader, ReadsWhatIsThereOfACutFile) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += line_in(std::to_string(i * 7919 % 100'003));
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    const std::string whole = compressed(text, compression);
    for (const std::size_t missing : {std::size_t{1}, std::size_t{9}, whole.size() / 2, whole.size() - 3}) {
      const Reading reading = read(std::string_view(whole).substr(0, whole.size() - missing));
      EXPECT_TRUE(reading.cut) << missing;
      ASSERT_EQ(reading.errors.size(), 1U) << missing;
      EXPECT_THAT(reading.errors[0], ::testing::StartsWith(std::to_string(reading.payloads.size() + 1) + ": "));
    }
  }
}

TEST(Reader, NoticesDamagedBytes) {
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string bytes = compressed(one + two, compression);
    bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);  // in the check sum at the end
    const Reading reading = read(bytes);
    EXPECT_TRUE(reading.cut);
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_THAT(reading.errors[0], HasSubstr("is damaged"));
  }
}

TEST(Reader, NoticesBytesBehindTheCompressedData) {
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    const Reading reading = read(compressed(one, compression) + "noise");
    EXPECT_THAT(reading.payloads, ElementsAre("one"));
    EXPECT_THAT(reading.errors, ElementsAre(HasSubstr("2: ")));
    EXPECT_TRUE(reading.cut);
  }
}

TEST(Reader, ReadsLinesUpToItsLimitAndSkipsLongerOnes) {
  const std::size_t around = line_in("").size() - 1;
  const std::string longest(line_bytes_max - around, 'x');
  const Reading reading =
      read(line_in(longest) + line_in(longest + "x") + line_in(longest + longest) + two + line_in(longest));
  ASSERT_EQ(reading.payloads.size(), 3U);
  EXPECT_EQ(reading.payloads[0].size(), longest.size());
  EXPECT_EQ(reading.payloads[1], "two");
  EXPECT_EQ(reading.payloads[2].size(), longest.size());
  EXPECT_THAT(reading.errors, ElementsAre("2: the line is longer than 16 MiB", "3: the line is longer than 16 MiB"));
  EXPECT_THAT(reading.lines, ElementsAre(1, 4, 5));
}

TEST(Reader, CountsMoreErrorsThanItKeeps) {
  std::string noise;
  for (int i = 0; i < 1500; ++i) noise += "x\n";
  Reader reader(sys::memory_source("session", noise));
  EXPECT_EQ(reader.next(), nullptr);
  EXPECT_EQ(reader.error_count(), 1500U);
  EXPECT_EQ(reader.errors().size(), errors_kept_max);
}

TEST(Reader, SaysWhichFileIsMissing) {
  EXPECT_THAT(Reader::open("no/such.jsonl.gz").error(), HasSubstr("no/such.jsonl.gz"));
}

// Lines of the usual form, and near misses of it.
rc::Gen<std::string> nearly_a_line() {
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::element<std::string>("1", "-1", "0", "01", "1.5", "99999999999999999999", "\"1\"", ""),
          rc::gen::element<std::string>("", ",\"t_orig\":7", ",\"t_orig\":x", ",\"more\":[1]"),
          rc::gen::element<std::string>("kraken", "", "kr\\u0061ken", "kr\xC3\xA9", "a\tb"),
          rc::gen::element<std::string>("open", "out", "in", "http", "norm", "close", "IN", ""),
          rc::gen::element<std::string>("", ",\"url\":\"wss:\\/\\/x\"", ",\"url\":\"x\"", ",\"url\":null"),
          rc::gen::element<std::string>("", ",\"t_mono\":5", ",\"t_mono\":-0", ",\"t_mono\":5e3"),
          rc::gen::element<std::string>("", ",\"raw\":\"\"", ",\"raw\":\"{\\\"a\\\":1}\"", ",\"raw\":\"\\ud800\"",
                                        ",\"raw\":\"\\u00e9\xC3\xA9\"", ",\"raw\":\"\xFF\"", ",\"raw_b64\":\"AAAA\""),
          rc::gen::element<std::string>("}", "} ", "}}", "", ",}")),
      [](const auto& parts) {
        const auto& [t, t_orig, feed, dir, url, t_mono, raw, end] = parts;
        return "{\"t\":" + t + t_orig + ",\"venue\":\"" + feed + "\",\"conn\":\"ws.1\",\"dir\":\"" + dir + "\"" + url +
               t_mono + raw + end;
      });
}

RC_GTEST_PROP(Reader, TheScanAgreesWithSimdjson, ()) {
  std::string line = *nearly_a_line();
  const std::size_t size = line.size();
  line.resize(size + frame_padding);
  const std::string_view text(line.data(), size);
  LineParser quick, careful;
  Record a, b;
  if (!quick.scan(text, a)) return;
  RC_ASSERT(careful.parse_any(text, b).has_value());
  RC_ASSERT(a.t == b.t);
  RC_ASSERT(a.t_mono == b.t_mono);
  RC_ASSERT(a.feed == b.feed);
  RC_ASSERT(a.conn == b.conn);
  RC_ASSERT(a.dir == b.dir);
  RC_ASSERT(a.url == b.url);
  RC_ASSERT(a.payload == b.payload);
}

}  // namespace
}  // namespace crossbook::capture
