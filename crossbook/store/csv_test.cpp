// SPDX-License-Identifier: Apache-2.0
#include "crossbook/store/csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace crossbook::store {
namespace {

using Rows = std::vector<std::vector<std::string>>;

// Every row; an error is a row "error: ...".
Rows rows_of(std::string_view text) {
  CsvReader reader(text);
  std::vector<std::string_view> fields;
  Rows rows;
  for (;;) {
    const auto more = reader.next(fields);
    if (!more) rows.push_back({"error: " + more.error()});
    else if (!*more) return rows;
    else rows.emplace_back(fields.begin(), fields.end());
  }
}

TEST(Csv, ReadsRowsWithEitherLineEndAndWithoutTheLast) {
  EXPECT_EQ(rows_of("a,b\nc,\r\n,d"), (Rows{{"a", "b"}, {"c", ""}, {"", "d"}}));
  EXPECT_EQ(rows_of("a\n"), (Rows{{"a"}}));
  EXPECT_EQ(rows_of("a,"), (Rows{{"a", ""}}));
  EXPECT_EQ(rows_of(""), Rows{});
}

TEST(Csv, SkipsAByteOrderMarkAndEmptyLines) { EXPECT_EQ(rows_of("\xEF\xBB\xBF\n\r\na\n\nb\n"), (Rows{{"a"}, {"b"}})); }

TEST(Csv, QuotedFieldsHoldCommasQuotesAndLineEnds) {
  EXPECT_EQ(rows_of("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\n\"\",x\n"),
            (Rows{{"a,b", "say \"hi\"", "two\r\nlines"}, {"", "x"}}));
}

TEST(Csv, IsStrictAboutQuotesAndGoesOnAtTheNextLine) {
  EXPECT_EQ(rows_of("a\"b\nc\n"), (Rows{{"error: a quote inside a field that does not begin with one"}, {"c"}}));
  EXPECT_EQ(rows_of("\"a\"b\nc\n"), (Rows{{"error: text after a closing quote"}, {"c"}}));
  EXPECT_EQ(rows_of("\"a\nc\n"), (Rows{{"error: a quoted field does not end"}, {"c"}}));
}

TEST(Csv, KnowsItsLineAndGoesBackThere) {
  CsvReader reader("a\n\"b\nb\"\n\nc\n");
  std::vector<std::string_view> fields;
  std::vector<CsvReader::Place> places;
  while (reader.next(fields).value()) places.push_back(reader.place());
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[1].line, 2U);
  EXPECT_EQ(places[2].line, 5U);
  reader.seek(places[1]);
  ASSERT_TRUE(reader.next(fields).value());
  EXPECT_EQ(fields.at(0), "b\nb");
}

RC_GTEST_PROP(Csv, ReadsBackWhatWasWrittenByTheRules, ()) {
  const auto rows = *rc::gen::container<Rows>(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
      rc::gen::container<std::string>(rc::gen::element('a', ',', '"', '\n', '\r', ' ')))));
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char byte : row[i]) text += byte == '"' ? std::string("\"\"") : std::string(1, byte);
      text += '"';
    }
    text += "\r\n";
  }
  RC_ASSERT(rows_of(text) == rows);
}

}  // namespace
}  // namespace crossbook::store
