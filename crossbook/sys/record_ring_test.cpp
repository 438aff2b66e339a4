// SPDX-License-Identifier: Apache-2.0
#include "crossbook/sys/record_ring.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace crossbook::sys {
namespace {

bool push(RecordRing& ring, const std::string& text) {
  const auto room = ring.reserve(text.size());
  if (room.data() == nullptr) return false;
  std::copy(text.begin(), text.end(), room.begin());
  ring.publish();
  return true;
}

std::optional<std::string> pull(RecordRing& ring) {
  const auto piece = ring.front();
  if (piece.data() == nullptr) return {};
  std::string text(piece.begin(), piece.end());
  ring.pop();
  return text;
}

RC_GTEST_PROP(RecordRing, GivesBackWhatItTookInOrder, (const std::vector<std::pair<bool, std::uint8_t>>& steps)) {
  RecordRing ring(256);
  std::deque<std::string> expected;
  std::uint8_t letter = 0;
  for (const auto& [pushing, size] : steps) {
    if (pushing) {
      const std::string text(size % ring.piece_max(), static_cast<char>(letter++));
      if (push(ring, text)) {
        expected.push_back(text);
      } else {
        RC_ASSERT(!expected.empty());  // an empty ring takes every piece
      }
    } else if (const auto text = pull(ring)) {
      RC_ASSERT(!expected.empty());
      RC_ASSERT(*text == expected.front());
      expected.pop_front();
    } else {
      RC_ASSERT(expected.empty());
    }
  }
}

TEST(RecordRing, FullRingRefusesUntilSomethingIsRead) {
  RecordRing ring(64);
  EXPECT_TRUE(push(ring, std::string(20, 'a')));
  EXPECT_TRUE(push(ring, std::string(20, 'b')));
  EXPECT_FALSE(push(ring, "c"));
  EXPECT_EQ(pull(ring), std::string(20, 'a'));
  EXPECT_TRUE(push(ring, "c"));
}

TEST(RecordRing, TwoThreadsSeeTheSameSequence) {
  RecordRing ring(1024);
  constexpr std::uint64_t count = 20'000;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < count;) i += push(ring, std::to_string(i)) ? 1U : 0U;
  });
  for (std::uint64_t i = 0; i < count;) {
    const auto text = pull(ring);
    if (!text) continue;
    ASSERT_EQ(*text, std::to_string(i));
    ++i;
  }
  writer.join();
}

}  // namespace
}  // namespace crossbook::sys
