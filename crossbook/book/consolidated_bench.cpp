// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "crossbook/book/consolidated.hpp"

// The best of all members after one of them changed its top, filters on; members quote within a few ticks of each
// other.
namespace crossbook::book {
namespace {

struct TopChange {
  Member member = 0;
  MemberTop top;
};

constexpr std::size_t steps = 4'096;  // stay in the cache: the walk itself is not measured

std::vector<TopChange> walk(std::size_t members) {
  std::vector<TopChange> changes;
  std::uint64_t random = 1;
  const auto next = [&random](std::uint64_t below) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((random >> 33) % below);
  };
  std::vector<MemberTop> tops(members);
  std::int64_t mid = 6'000'000;
  for (std::size_t i = 0; i < steps; ++i) {
    if (next(8) == 0) mid += next(3) - 1;
    TopChange& change = changes.emplace_back();
    change.member = static_cast<Member>(next(members));
    // One side moves, as in most messages.
    MemberTop& last = tops[change.member];
    const WideQuantity quantity(1 + next(1'000));
    const bool bid_moves = next(2) == 0;
    if (!last.bid || bid_moves) last.bid = WideLevel{Price(mid - 1 - next(4)), quantity};
    if (!last.ask || !bid_moves) last.ask = WideLevel{Price(mid + 1 + next(4)), quantity};
    if (last.bid->price > last.ask->price)
      (bid_moves ? last.ask : last.bid)->price = (bid_moves ? last.bid : last.ask)->price;
    change.top = last;
  }
  return changes;
}

void BM_BestPricePerTopChange(benchmark::State& state) {
  const auto members = static_cast<std::size_t>(state.range(0));
  Consolidated group;
  for (std::size_t m = 0; m < members; ++m) {
    const std::string name = std::to_string(m);
    group.add({.name = name, .venue_key = name, .price_scale = 2, .quantity_scale = 8});
  }
  const std::vector<TopChange> changes = walk(members);
  for (const TopChange& change : changes) group.set(change.member, change.top, Steady(0));
  for (auto _ : state) {
    std::uint64_t moved = 0;
    for (const TopChange& change : changes) moved += group.set(change.member, change.top, Steady(1));
    benchmark::DoNotOptimize(moved);
  }
  state.counters["s_per_top_change"] = benchmark::Counter(
      static_cast<double>(steps), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_BestPricePerTopChange)->Arg(1)->Arg(2)->Arg(5)->Arg(15)->Arg(32);

}  // namespace
}  // namespace crossbook::book
