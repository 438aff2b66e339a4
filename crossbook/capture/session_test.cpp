// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/session.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace crossbook::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Files in memory, written line by line: file(0).in("a", 5) is a frame on conn "a" at t = 5.
class Recorded {
 public:
  struct File {
    std::string text;
    File& in(std::string_view conn, std::int64_t t, std::optional<std::int64_t> t_mono = {},
             std::string_view feed = "kraken") {
      text += "{\"t\":" + std::to_string(t) + ",\"venue\":\"" + std::string(feed) + "\",\"conn\":\"" +
              std::string(conn) + "\",\"dir\":\"in\"";
      if (t_mono) text += ",\"t_mono\":" + std::to_string(*t_mono);
      text += ",\"raw\":\"\"}\n";
      return *this;
    }
  };

  File& file(std::size_t i) {
    while (files_.size() <= i) files_.emplace_back();
    return files_[i];
  }

  // One text an arrival: "<file>@<t> #<connection> at <at>".
  std::vector<std::string> played() {
    std::vector<Reader> readers;
    for (std::size_t i = 0; i < files_.size(); ++i)
      readers.emplace_back(sys::memory_source("file" + std::to_string(i), files_[i].text),
                           static_cast<std::uint32_t>(i));
    Session session(std::move(readers));
    std::vector<std::string> seen;
    while (const Arrival* a = session.next())
      seen.push_back(std::to_string(a->file) + "@" + std::to_string(a->t.nanos()) + (a->first ? " new #" : " #") +
                     std::to_string(index(a->connection)) + " at " + std::to_string(a->at.nanos()));
    EXPECT_EQ(session.bytes_consumed(), session.bytes_total());
    errors = session.errors();
    return seen;
  }

  std::vector<ReadError> errors;

 private:
  std::deque<File> files_;
};

TEST(Session, TakesTheFileWhoseNextLineIsEarliest) {
  Recorded r;
  r.file(0).in("a", 10).in("a", 30);
  r.file(1).in("a", 20).in("a", 40);
  EXPECT_THAT(r.played(), ElementsAre("0@10 new #0 at 10", "1@20 new #1 at 20", "0@30 #0 at 30", "1@40 #1 at 40"));
}

TEST(Session, BreaksTiesByTheOrderOfTheFiles) {
  Recorded r;
  r.file(0).in("a", 20).in("a", 20);
  r.file(1).in("a", 10).in("a", 20);
  EXPECT_THAT(r.played(), ElementsAre("1@10 new #0 at 10", "0@20 new #1 at 20", "0@20 #1 at 20", "1@20 #0 at 20"));
}

TEST(Session, NeverSortsInsideAFile) {
  Recorded r;
  r.file(0).in("a", 50).in("a", 10).in("a", 60);
  r.file(1).in("a", 20);
  EXPECT_THAT(r.played(), ElementsAre("1@20 new #0 at 20", "0@50 new #1 at 50", "0@10 #1 at 50", "0@60 #1 at 60"));
}

TEST(Session, AConnectionIsAFileAFeedAndAConn) {
  Recorded r;
  r.file(0).in("ws", 1).in("ws", 2, {}, "okx").in("ws", 3).in("ws.2", 4).in("ws", 5, {}, "okx");
  EXPECT_THAT(r.played(),
              ElementsAre("0@1 new #0 at 1", "0@2 new #1 at 2", "0@3 #0 at 3", "0@4 new #2 at 4", "0@5 #1 at 5"));
}

TEST(Session, OneFileRunsOnItsOwnSteadyClock) {
  Recorded r;
  r.file(0).in("a", 1000, 5).in("a", 900, 6).in("a", 1100, 5).in("a", 1200, 9);
  EXPECT_THAT(r.played(), ElementsAre("0@1000 new #0 at 5", "0@900 #0 at 6", "0@1100 #0 at 6", "0@1200 #0 at 9"));
}

TEST(Session, ALineWithoutSteadyTimeAdvancesFromTheLastThatHadOne) {
  Recorded r;
  r.file(0).in("a", 1000, 5).in("a", 1003).in("a", 1001).in("a", 1010, 7);
  EXPECT_THAT(r.played(), ElementsAre("0@1000 new #0 at 5", "0@1003 #0 at 8", "0@1001 #0 at 8", "0@1010 #0 at 8"));
}

TEST(Session, SteadyTimesOfOneFileAreLeftAloneOnceItBeganWithout) {
  Recorded r;
  r.file(0).in("a", 1000).in("a", 1003, 5).in("a", 1002);
  EXPECT_THAT(r.played(), ElementsAre("0@1000 new #0 at 1000", "0@1003 #0 at 1003", "0@1002 #0 at 1003"));
}

TEST(Session, SeveralFilesRunOnTheWallClockSinceSteadyClocksHaveBasesOfTheirOwn) {
  Recorded r;
  r.file(0).in("a", 10, 7'000).in("a", 30, 7'020);
  r.file(1).in("a", 20, 3).in("a", 25, 8);
  EXPECT_THAT(r.played(), ElementsAre("0@10 new #0 at 10", "1@20 new #1 at 20", "1@25 #1 at 25", "0@30 #0 at 30"));
}

TEST(Session, TheFarthestTimesDoNotOverflow) {
  Recorded r;
  r.file(0).in("a", INT64_MIN, INT64_MAX).in("a", INT64_MAX);
  EXPECT_EQ(r.played().size(), 2U);
}

TEST(Session, NamesTheFileOfAnError) {
  Recorded r;
  r.file(0).in("a", 1);
  r.file(1).in("a", 2).text += "noise\n";
  r.file(1).in("a", 3);
  EXPECT_EQ(r.played().size(), 3U);
  ASSERT_EQ(r.errors.size(), 1U);
  EXPECT_EQ(r.errors[0].file, "file1");
  EXPECT_EQ(r.errors[0].line, 2U);
}

TEST(Session, OfNoFilesIsEmpty) {
  Recorded r;
  EXPECT_THAT(r.played(), ElementsAre());
}

TEST(Session, SaysWhichFileIsMissing) {
  const std::vector<std::string> paths = {"no/such.jsonl"};
  EXPECT_THAT(Session::open(paths).error(), HasSubstr("no/such.jsonl"));
}

}  // namespace
}  // namespace crossbook::capture
