// SPDX-License-Identifier: Apache-2.0
//
// All interleavings of orders, answers and accidents to a depth, and many random ones beyond it: fills are conserved,
// no order ends without evidence, nothing is placed after a stop, no live order is forgotten, each due order is
// pursued.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "crossbook/guard/venue_model_test_tools.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CROSSBOOK_SANITIZED
#endif
#endif

namespace crossbook::guard {
namespace {

#ifdef CROSSBOOK_SANITIZED
constexpr int depth_max = 5;
constexpr std::uint64_t random_per_part = 2'500;
#else
constexpr int depth_max = 8;
constexpr std::uint64_t random_per_part = 250'000;
#endif

std::string story_of(const std::vector<Move>& moves) {
  std::string story;
  for (const Move move : moves) story += std::string(story.empty() ? "" : ", ") + to_string(move);
  return story;
}

struct Exhaustive {
  std::uint64_t worlds = 0;
  std::vector<Move> moves;

  // False at the first world that breaks.
  bool explore(const World& world, int depth) {
    for (std::size_t i = 0; i < move_count; ++i) {
      const auto what = static_cast<Move>(i);
      World next = world;
      if (!next.move(what)) continue;
      ++worlds;
      moves.push_back(what);
      World settled = next;
      if (next.broken.empty() && depth == 1) settled.settle();
      const std::string broken = next.broken.empty() ? settled.broken : next.broken;
      if (!broken.empty()) ADD_FAILURE() << broken << " after " << story_of(moves);
      if (!broken.empty() || (depth > 1 && !explore(next, depth - 1))) return false;
      moves.pop_back();
    }
    return true;
  }
};

TEST(Interleavings, KeepEveryPromiseToDepthEight) {
  Exhaustive all;
  World start(1);
  ASSERT_TRUE(start.move(Move::place));
  all.moves = {Move::place};
  EXPECT_TRUE(all.explore(start, depth_max - 1));
  RecordProperty("worlds", std::to_string(all.worlds));
  EXPECT_GT(all.worlds, depth_max == 8 ? 1'000'000u : 1'000u);
}

// splitmix64
std::uint64_t draw(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15U;
  return mix(state);
}

void play(std::uint64_t seed) {
  std::uint64_t random = seed;
  const std::size_t orders = 1 + draw(random) % World::orders_max;
  std::optional<BudgetOptions> budget;
  if (draw(random) % 2 == 0) budget = BudgetOptions{.burst = 4, .per_request = seconds(20)};
  World world(orders, budget);
  std::vector<Move> moves = {Move::place};
  world.move(Move::place);
  const std::uint64_t length = 9 + draw(random) % 24;
  while (moves.size() < length && world.broken.empty()) {
    const auto what = static_cast<Move>(draw(random) % move_count);
    // The end of all places, and what makes all orders due, come late or not at all.
    if ((what == Move::stop || what == Move::spread_widens) && draw(random) % 8 != 0) continue;
    if (world.move(what, draw(random) % orders)) moves.push_back(what);
  }
  if (world.broken.empty()) world.settle();
  ASSERT_TRUE(world.broken.empty()) << world.broken << ", seed " << seed << ": " << story_of(moves);
}

class RandomInterleavings : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomInterleavings, KeepEveryPromise) {
  const std::uint64_t first = GetParam() * random_per_part;
  for (std::uint64_t seed = first; seed < first + random_per_part && !HasFatalFailure(); ++seed) play(seed);
}
INSTANTIATE_TEST_SUITE_P(AMillion, RandomInterleavings, testing::Range<std::uint64_t>(0, 4));

}  // namespace
}  // namespace crossbook::guard
