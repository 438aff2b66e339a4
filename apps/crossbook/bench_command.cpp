// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "bench_frames.hpp"
#include "bench_part.hpp"
#include "commands.hpp"
#include "crossbook/book/consolidated.hpp"
#include "crossbook/book/ladder.hpp"
#include "crossbook/book/venue_book.hpp"
#include "crossbook/engine/engine.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t records_max = 400'000;
constexpr std::size_t simulated_records = 60'000;
constexpr std::size_t members = 15;

struct Options {
  std::vector<std::string> files;
  std::string feed;
  bool json = false;
};

struct LadderBench {
  double ns_per_level = 0;
  std::size_t levels = 0;
  std::size_t bytes_per_book = 0;  // of a quiet book with 100 levels a side
};

struct BestPriceBench {
  double ns_per_top_change = 0;
  std::size_t changes = 0;
};

// The levels of the session's deltas into two ladders, the best read after each.
LadderBench bench_ladder(const std::vector<LoadedRecord>& records, FeedId feed) {
  struct Step {
    Side side;
    Level level;
  };
  std::vector<Step> steps;
  engine::Engine engine{engine::Options{}};
  Effects effects;
  std::optional<ListingId> listing;
  std::set<ConnectionId> opened;
  for (const LoadedRecord& record : records) {
    if (record.feed != feed || (record.dir != capture::Direction::in && record.dir != capture::Direction::http))
      continue;
    effects.clear();
    const std::string_view bytes{record.payload.data(), record.size};
    if (record.dir == capture::Direction::http) {
      engine.on({record.at, record.t, HttpBody{record.feed, record.url, bytes}}, effects);
    } else {
      if (opened.insert(record.connection).second)
        engine.on({record.at, record.t, SessionState{record.connection, feed, true, {}}}, effects);
      engine.on({record.at, record.t, Frame{record.connection, bytes}}, effects);
    }
    for (const BookEvent& event : engine.batch().books) {
      if (!listing) listing = event.listing;
      if (*listing != event.listing || engine.listings()[event.listing].wide) continue;
      for (const Level& level : engine.batch().bids_of(event)) steps.push_back({Side::bid, level});
      for (const Level& level : engine.batch().asks_of(event)) steps.push_back({Side::ask, level});
    }
  }
  LadderBench result;
  result.levels = steps.size();
  std::vector<double> times;
  std::int64_t sum = 0;
  for (int pass = 0; pass < 7 && !steps.empty(); ++pass) {
    book::Ladder bids(Side::bid);
    book::Ladder asks(Side::ask);
    const Clock::time_point begin = Clock::now();
    for (const Step& step : steps) {
      book::Ladder& ladder = step.side == Side::bid ? bids : asks;
      ladder.set(step.level.price, step.level.quantity);
      if (const auto best = ladder.best()) sum += best->price.count();
    }
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
                    static_cast<double>(steps.size()));
  }
  std::sort(times.begin(), times.end());
  if (!times.empty()) result.ns_per_level = times[times.size() / 2];
  if (sum == 1) fmt::print(stderr, "\n");  // uses the sum
  book::VenueBook quiet({.rule = SequenceRule::none, .snapshot = SnapshotSource::stream, .tick = {}});
  BookEvent event;
  event.kind = BookEventKind::snapshot;
  EventBatch batch;
  for (int i = 0; i < 100; ++i) {
    batch.bids.push_back({Price(10'000 - i), Quantity(1 + i)});
    batch.asks.push_back({Price(10'001 + i), Quantity(1 + i)});
  }
  event.bids.end = event.asks.end = 100;
  quiet.on(event, batch, Steady(1), Wall(1));
  result.bytes_per_book = quiet.bytes();
  return result;
}

// Fifteen venues that move by a tick around one price, filters on.
BestPriceBench bench_best_price() {
  book::Consolidated view;
  for (std::size_t m = 0; m < members; ++m)
    view.add({.name = fmt::format("venue{}", m),
              .venue_key = fmt::format("venue{}", m),
              .price_scale = 2,
              .quantity_scale = 8});
  const auto top = [](std::int64_t mid, std::int64_t quantity) {
    return book::MemberTop{.bid = book::WideLevel{Price(mid - 5), WideQuantity(quantity)},
                           .ask = book::WideLevel{Price(mid + 5), WideQuantity(quantity + 1)},
                           .reason = Reason::none,
                           .verified = book::Verified::sequence};
  };
  BestPriceBench result{.ns_per_top_change = 0, .changes = 3'000'000};
  std::vector<std::pair<book::Member, book::MemberTop>> steps;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < 4096; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    steps.emplace_back(
        static_cast<book::Member>((state >> 33) % members),
        top(6'400'000 + static_cast<std::int64_t>((state >> 40) % 200), static_cast<std::int64_t>(1 + (state >> 50))));
  }
  for (std::size_t m = 0; m < members; ++m) view.set(static_cast<book::Member>(m), top(6'400'000, 10), Steady(1));
  std::size_t changed = 0;
  const Clock::time_point begin = Clock::now();
  for (std::size_t i = 0; i < result.changes; ++i) {
    const auto& [member, next] = steps[i & 4095];
    changed += view.set(member, next, Steady(static_cast<std::int64_t>(i)));
  }
  result.ns_per_top_change =
      std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / static_cast<double>(result.changes);
  if (changed == 0) fmt::print(stderr, "no best price changed\n");
  return result;
}

nlohmann::ordered_json frames_json(const FrameBench& frames) {
  nlohmann::ordered_json json = {{"feed", frames.feed},
                                 {"frames", frames.frames},
                                 {"levels", frames.levels},
                                 {"mean_frame_bytes", frames.mean_bytes},
                                 {"ns_per_frame", frames.ns_per_frame},
                                 {"ns_per_level", frames.ns_per_level},
                                 {"floor_ns_per_frame", nullptr},
                                 {"ratio_to_floor", nullptr},
                                 {"p50_ns", frames.p50_ns},
                                 {"p99_ns", frames.p99_ns},
                                 {"allocations_per_frame", frames.allocations_per_frame}};
  if (frames.floor_ns_per_frame) {
    json["floor_ns_per_frame"] = *frames.floor_ns_per_frame;
    json["ratio_to_floor"] = frames.ns_per_frame / *frames.floor_ns_per_frame;
  }
  return json;
}

void print_frames(const FrameBench& frames) {
  fmt::print(
      "  {:<18} {:>7} frames of {:>6.0f} B, {:>5.1f} levels   {:>8.0f} ns a frame, {:>6.1f} ns a level   p50 {:>6.0f}  "
      "p99 {:>6.0f}"
      "   {:.3f} allocations a frame",
      frames.feed, frames.frames, frames.mean_bytes,
      static_cast<double>(frames.levels) / static_cast<double>(frames.frames), frames.ns_per_frame, frames.ns_per_level,
      frames.p50_ns, frames.p99_ns, frames.allocations_per_frame);
  if (frames.floor_ns_per_frame)
    fmt::print("   {:.2f}x of the floor ({:.0f} ns)", frames.ns_per_frame / *frames.floor_ns_per_frame,
               *frames.floor_ns_per_frame);
  fmt::print("\n");
}

// What needs no session, in the order of the output. A new part is a function of bench_part.hpp and a line here.
constexpr std::array parts = {bench_calibrate, bench_route, bench_guard};

Exit run(const Options& options) {
  std::unique_ptr<Source> source;
  if (options.files.empty()) {
    source = simulated_market(1, {});
  } else {
    auto opened = open_captures(options.files);
    if (!opened) {
      fmt::print(stderr, "crossbook: {}\n", opened.error());
      return Exit::usage;
    }
    source = std::move(*opened);
  }
  std::vector<LoadedRecord> records = load(*source, options.files.empty() ? simulated_records : records_max);
  std::vector<FeedId> feeds = mark_book_frames(records);
  if (feeds.empty()) {
    fmt::print(stderr, "crossbook: there is no book delta in these captures\n");
    return Exit::not_ready;
  }
  std::vector<FrameBench> frames;
  for (const FeedId feed : feeds) frames.push_back(bench_frames(records, feed));
  const LadderBench ladder = bench_ladder(records, feeds.front());
  const BestPriceBench best = bench_best_price();
  std::vector<BenchPart> measured = {bench_frame_to_cancel(records, feeds.front()),
                                     bench_socket_to_cancel(records, feeds.front())};
  for (const auto& part : parts) measured.push_back(part());
  const std::string input =
      options.files.empty() ? "simulated market, seed 1" : fmt::format("{}", fmt::join(options.files, " "));
  if (options.json) {
    nlohmann::ordered_json json = {{"input", input}, {"frame_to_best", frames_json(frames.front())}};
    json["ladder"] = {
        {"ns_per_level", ladder.ns_per_level}, {"levels", ladder.levels}, {"bytes_per_book", ladder.bytes_per_book}};
    json["best_price"] = {
        {"ns_per_top_change", best.ns_per_top_change}, {"venues", members}, {"changes", best.changes}};
    for (BenchPart& part : measured) json[part.name] = std::move(part.json);
    json["feeds"] = nlohmann::ordered_json::array();
    for (const FrameBench& feed : frames) json["feeds"].push_back(frames_json(feed));
    fmt::print("{}\n", json.dump(1));
    return Exit::ok;
  }
  fmt::print("input: {}\n\nframe to consolidated best price, five venues, filters on, one core\n", input);
  for (const FrameBench& feed : frames) print_frames(feed);
  fmt::print(
      "\nladder: {:.1f} ns a level with the best read each time ({} levels of {}); a quiet book of 100 levels a side "
      "takes {} bytes\n",
      ladder.ns_per_level, ladder.levels, frames.front().feed, ladder.bytes_per_book);
  fmt::print("best price: {:.1f} ns a change of a top, {} venues, filters on\n", best.ns_per_top_change, members);
  for (const BenchPart& part : measured) fmt::print("{}", part.text);
  return Exit::ok;
}

}  // namespace

void add_bench(CLI::App& program, Exit& exit) {
  CLI::App* command = program.add_subcommand("bench", "Measure crossbook on this machine");
  auto options = std::make_shared<Options>();
  command->add_option("--capture", options->files, "Capture files to measure with; else the simulated market");
  command->add_flag("--json", options->json, "One JSON object");
  command->callback([options, &exit] { exit = run(*options); });
}

}  // namespace crossbook::app
