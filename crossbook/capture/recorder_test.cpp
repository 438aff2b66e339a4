// SPDX-License-Identifier: Apache-2.0
#include "crossbook/capture/recorder.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "crossbook/capture/session.hpp"
#include "crossbook/sys/file.hpp"
#include "crossbook/sys/sha256.hpp"

namespace crossbook::capture {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Recording : public testing::Test {
 public:
  Recording()
      : folder(testing::TempDir() + "crossbook-" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder);
    options.folder = folder;
  }
  ~Recording() override { std::filesystem::remove_all(folder); }

 protected:
  void start() { recorder = Recorder::start(options).value(); }
  void offer(Direction dir, std::string_view conn, std::string_view payload) {
    ++now;
    recorder->offer({.t = Wall(1'700'000'000'000'000'000 + now),
                     .t_mono = Steady(now),
                     .feed = "kraken",
                     .conn = conn,
                     .dir = dir,
                     .url = dir == Direction::open ? "wss://ws.kraken.com/v2" : "",
                     .payload = payload});
  }
  // "ws.1 in {}" of each line, and whether the steady times went on over all files.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    auto session = Session::open_chain(recorded_files(folder).value()).value();
    while (const Arrival* arrival = session.next()) {
      EXPECT_EQ(arrival->at, *arrival->t_mono);
      all.push_back(std::string(arrival->conn) + " " + std::string(to_string(arrival->dir)) + " " +
                    std::string(arrival->payload));
      connections.push_back(arrival->connection);
    }
    EXPECT_EQ(session.error_count(), 0U);
    return all;
  }
  std::string manifest() { return sys::read_file(folder + "/manifest.json").value(); }

  std::string folder;
  RecorderOptions options;
  std::unique_ptr<Recorder> recorder;
  std::int64_t now = 0;
  std::vector<ConnectionId> connections;
};

TEST_F(Recording, GivesBackWhatItWasOffered) {
  start();
  offer(Direction::open, "ws.1", "");
  offer(Direction::out, "ws.1", "{\"method\":\"ping\"}");
  offer(Direction::in, "ws.1", "\x1f\x8b");
  offer(Direction::tick, "shard", "");
  offer(Direction::alive, "ws.1", "");
  offer(Direction::behind, "ws.1", "");
  offer(Direction::caught_up, "ws.1", "");
  offer(Direction::close, "ws.1", "");
  ASSERT_TRUE(recorder->close());
  EXPECT_THAT(lines(), ElementsAre("ws.1 open ", "ws.1 out {\"method\":\"ping\"}", "ws.1 in \x1f\x8b", "shard tick ",
                                   "ws.1 alive ", "ws.1 behind ", "ws.1 caught_up ", "ws.1 close "));
  EXPECT_EQ(recorder->counts().records, 8U);
  EXPECT_EQ(recorder->counts().skipped, 0U);
}

TEST_F(Recording, ConnectionsGoOnFromFileToFile) {
  options.file_time = Nanos(2);
  start();
  for (int i = 0; i < 6; ++i) offer(i == 0 ? Direction::open : Direction::in, "ws.1", "x");
  ASSERT_TRUE(recorder->close());
  EXPECT_EQ(recorder->counts().files, 3U);
  EXPECT_THAT(lines(), SizeIs(6));
  EXPECT_THAT(connections, testing::Each(ConnectionId(0)));
}

TEST_F(Recording, RecordWithoutRoomIsCountedAndSaidWhereItIsMissing) {
  options.queue_bytes = 1024;  // a record of half of that never fits
  start();
  offer(Direction::in, "ws.1", "first");
  offer(Direction::in, "ws.1", std::string(600, 'x'));
  offer(Direction::in, "ws.1", std::string(600, 'x'));
  offer(Direction::in, "ws.2", "another connection");
  offer(Direction::in, "ws.1", "second");
  ASSERT_TRUE(recorder->close());
  EXPECT_EQ(recorder->counts().skipped, 2U);
  EXPECT_THAT(lines(), ElementsAre("ws.1 in first", "ws.2 in another connection",
                                   "ws.1 close 2 messages were not recorded", "ws.1 in second"));
  EXPECT_THAT(manifest(), HasSubstr("\"skipped\":2"));
}

TEST_F(Recording, LostDiskIsToldAndWhatItCostIsCounted) {
  options.file_time = Nanos(1);
  start();
  std::filesystem::remove_all(folder);
  offer(Direction::in, "ws.1", "a");
  offer(Direction::in, "ws.1", "b");
  const sys::Status closed = recorder->close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error(), HasSubstr(folder));
  EXPECT_EQ(recorder->counts().skipped, 2U);
}

TEST_F(Recording, ManifestHasDigestsCountsAndGaps) {
  options.suffix = "";
  start();
  offer(Direction::open, "ws.1", "");
  offer(Direction::in, "ws.1", "x");
  recorder->note_gap(Wall(7), "kraken", "BTC/USD", "checksum_failed");
  ASSERT_TRUE(recorder->close());
  const std::string file = recorded_files(folder).value().at(0);
  EXPECT_THAT(file, testing::MatchesRegex(".*/crossbook-20231114T221320Z-000001.jsonl"));
  EXPECT_THAT(manifest(), HasSubstr(sys::Sha256().update(sys::read_file(file).value()).hex()));
  EXPECT_THAT(manifest(), HasSubstr(R"("kraken":{"frames":1,"sent":0,"opened":1,"closed":0,"skipped":0,"gaps":1})"));
  EXPECT_THAT(manifest(), HasSubstr(R"({"t":7,"venue":"kraken","symbol":"BTC/USD","reason":"checksum_failed"})"));
}

TEST_F(Recording, OldestFilesGoWhenTheyTakeTooMuchRoom) {
  options.file_time = Nanos(1);
  options.suffix = "";
  options.keep_bytes = 250;  // two lines of about 100 bytes
  start();
  for (int i = 0; i < 5; ++i) offer(Direction::in, "ws.1", std::to_string(i));
  ASSERT_TRUE(recorder->close());
  const auto kept = lines();
  EXPECT_EQ(kept.back(), "ws.1 in 4");
  EXPECT_LT(kept.size(), 5U);
  EXPECT_THAT(manifest(), HasSubstr("\"deleted\":true"));
}

TEST_F(Recording, FolderWithARecordingIsNotWrittenInto) {
  start();
  ASSERT_TRUE(recorder->close());
  const auto again = Recorder::start(options);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("name another folder"));
}

TEST_F(Recording, FolderThatIsAFileIsAnError) {
  options.folder = folder + "-file";
  ASSERT_TRUE(sys::create_file(options.folder).value()->close());
  EXPECT_FALSE(Recorder::start(options));
  std::filesystem::remove(options.folder);
}

TEST(RecordedFiles, FolderWithoutManifestIsNoRecording) {
  const auto files = recorded_files(testing::TempDir());
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error(), HasSubstr("manifest"));
}

}  // namespace
}  // namespace crossbook::capture
