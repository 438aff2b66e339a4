// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/text.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

namespace crossbook::capture {
namespace {

// What the JSON string says, or nothing. `body` is the string without its quotes.
std::optional<std::string> meaning(std::string body) {
  body += '"';
  const std::size_t size = body.size();
  body.resize(size + 16);
  std::string out(size + 16, '\0');
  const auto read = unescape(body.data(), body.data() + size, out.data());
  if (!read || read->rest != body.data() + size) return {};
  out.resize(static_cast<std::size_t>(read->end - out.data()));
  return out;
}

// The same by simdjson.
std::optional<std::string> oracle(const std::string& body) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse("[\"" + body + "\"]").at(0).get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(bytes, text);
  return text;
}

std::optional<std::string> bytes_of(std::string_view text) {
  std::string out(text.size(), '\0');
  const auto size = decode_base64(text, out.data());
  if (!size) return {};
  out.resize(*size);
  return out;
}

TEST(Text, ReadsEveryEscapeOfJson) {
  EXPECT_EQ(meaning(R"({\"a\":1})"), R"({"a":1})");
  EXPECT_EQ(meaning(R"(\\ \/ \b \f \n \r \t)"), "\\ / \b \f \n \r \t");
  EXPECT_EQ(meaning(R"(\u0041\u00e9\u20AC\ud83d\ude00)"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(meaning(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(meaning(""), "");
}

TEST(Text, RefusesWhatIsNoString) {
  for (const char* body : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud800)", R"(\ud800x)", R"(\ud800\u0041)", R"(\ud800\n)",
                           R"(\udc00)", R"(\)", "a\tb", "a\x01"})
    EXPECT_EQ(meaning(body), std::nullopt) << body;
}

RC_GTEST_PROP(Text, UnescapesAsSimdjsonDoes, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("\\\"", "\\\\", "\\n", "\\u00e9", "\\ud83d", "\\ude00", "\\ud83d\\ude00", "\\u0",
                                    "\\x", "a", "longer than sixteen bytes", "\xC3\xA9", "\x01", "{", ","));
  std::string body;
  for (const std::string& piece : pieces) body += piece;
  RC_ASSERT(meaning(body) == oracle(body));
}

RC_GTEST_PROP(Text, ReadsBackWhatItEscapes, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
  std::string escaped;
  append_escaped(text, escaped);
  RC_ASSERT(meaning(escaped.substr(1, escaped.size() - 2)) == text);
}

// RFC 4648, part 10.
TEST(Text, WritesBase64AsPublished) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Text, RefusesBase64ThatHasASecondSpelling) {
  for (const char* text : {"Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zg==Zg==", "Zm9v\n", "Zm-_"})
    EXPECT_EQ(bytes_of(text), std::nullopt) << text;
}

RC_GTEST_PROP(Text, ReadsBackItsBase64, (const std::string& bytes)) { RC_ASSERT(bytes_of(base64(bytes)) == bytes); }

}  // namespace
}  // namespace crossbook::capture
