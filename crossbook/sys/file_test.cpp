// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/file.hpp"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>

#include "crossbook/sys/clock.hpp"

namespace crossbook::sys {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string scratch(const std::string& name) { return ::testing::TempDir() + "crossbook_sys_" + name; }

TEST(File, ReadsBackWhatItWrote) {
  const std::string path = scratch("written");
  auto sink = create_file(path).value();
  ASSERT_TRUE(sink->write("one, "));
  ASSERT_TRUE(sink->write("two"));
  ASSERT_TRUE(sink->close());
  EXPECT_EQ(read_file(path).value(), "one, two");
  EXPECT_EQ(open_file(path).value()->size(), 8U);
  std::filesystem::remove(path);
}

TEST(File, SaysWhichFileIsMissing) {
  EXPECT_THAT(open_file("no/such.jsonl").error(), AllOf(HasSubstr("no/such.jsonl"), HasSubstr("No such file")));
  EXPECT_THAT(create_file("no/such.jsonl").error(), AllOf(HasSubstr("no/such.jsonl"), HasSubstr("No such file")));
}

TEST(File, RefusesAFolder) { EXPECT_THAT(open_file(::testing::TempDir()).error(), HasSubstr("Is a directory")); }

TEST(File, SaysThatTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is missing";
  auto sink = create_file("/dev/full").value();
  EXPECT_THAT(sink->write("x").error(), AllOf(HasSubstr("/dev/full"), HasSubstr("No space left")));
}

TEST(File, ALockIsHeldByOneUntilItGoes) {
  const std::string path = scratch("locked");
  auto first = lock_file(path).value();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(lock_file(path).value(), nullptr);
  first.reset();
  EXPECT_NE(lock_file(path).value(), nullptr);
  std::filesystem::remove(path);
  EXPECT_THAT(lock_file(::testing::TempDir()).error(), HasSubstr("Is a directory"));
}

TEST(File, WritingAfterClosingIsAnError) {
  const std::string path = scratch("closed");
  auto sink = create_file(path).value();
  ASSERT_TRUE(sink->close());
  EXPECT_FALSE(sink->write("x"));
  EXPECT_FALSE(sink->close());
  std::filesystem::remove(path);
}

TEST(File, AMemorySinkFillsUpAsADiskDoes) {
  std::string disk;
  auto sink = memory_sink("disk", disk, 4);
  ASSERT_TRUE(sink->write("abc"));
  EXPECT_THAT(sink->write("def").error(), HasSubstr("No space left"));
  EXPECT_EQ(disk, "abcd");
}

TEST(File, AMemorySourceGivesItsBytesInPieces) {
  auto source = memory_source("m", "abcde");
  std::array<char, 3> piece{};
  EXPECT_EQ(source->read(piece).value(), 3U);
  EXPECT_EQ(source->read(piece).value(), 2U);
  EXPECT_EQ(source->read(piece).value(), 0U);
}

TEST(Clock, NeverGoesBack) {
  const Steady before = steady_now();
  EXPECT_GE(steady_now(), before);
  EXPECT_GT(wall_now(), Wall(1'700'000'000'000'000'000));
}

}  // namespace
}  // namespace crossbook::sys
