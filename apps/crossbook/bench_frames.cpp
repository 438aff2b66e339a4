// SPDX-License-Identifier: Apache-2.0
#include "bench_frames.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "allocations.hpp"
#include "bench_player.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/floor.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int passes = 7;

double nanos(Clock::duration duration) { return std::chrono::duration<double, std::nano>(duration).count(); }

std::string_view text(const LoadedRecord& record) { return {record.payload.data(), record.size}; }

// The first run is for books and buffers to grow.
class Bench {
 public:
  Bench(const std::vector<LoadedRecord>& records, FeedId feed) : records_(records), player_(records, feed) { run(); }

  // Nanoseconds of all timed frames together; runs of them are timed as one.
  double run() {
    player_.start_over();
    double total = 0;
    for (std::size_t i = 0; i < records_.size();) {
      if (!records_[i].timed) {
        player_.play(records_[i++]);
        continue;
      }
      player_.refresh(records_[i]);
      const Clock::time_point begin = Clock::now();
      do {
        player_.play(records_[i++]);
      } while (i < records_.size() && records_[i].timed && player_.fresh(records_[i]));
      total += nanos(Clock::now() - begin);
    }
    return total;
  }

  // Each timed frame by itself, sorted.
  std::vector<double> run_each() {
    player_.start_over();
    std::vector<double> each;
    for (const LoadedRecord& record : records_) {
      if (!record.timed) {
        player_.play(record);
        continue;
      }
      player_.refresh(record);
      const Clock::time_point begin = Clock::now();
      player_.play(record);
      each.push_back(nanos(Clock::now() - begin));
    }
    std::sort(each.begin(), each.end());
    return each;
  }

  // Allocations in timed frames.
  std::uint64_t run_counting() {
    player_.start_over();
    std::uint64_t count = 0;
    for (const LoadedRecord& record : records_) {
      if (record.timed) player_.refresh(record);
      const std::uint64_t before = allocations();
      player_.play(record);
      if (record.timed) count += allocations() - before;
    }
    return count;
  }

 private:
  const std::vector<LoadedRecord>& records_;
  FeedPlayer player_;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The same frames through the floor; nothing where it does not read this feed's frames.
std::optional<double> floor_pass(const std::vector<LoadedRecord>& records, venue::Floor& floor) {
  std::size_t frames = 0;
  std::int64_t sum = 0;
  const Clock::time_point begin = Clock::now();
  for (const LoadedRecord& record : records) {
    if (!record.timed) continue;
    const std::int64_t extracted = floor.extract(text(record));
    if (extracted == -1) return {};
    sum += extracted;
    ++frames;
  }
  const double total = nanos(Clock::now() - begin);
  if (sum == -1 || frames == 0) return {};  // uses the sum
  return total / static_cast<double>(frames);
}

}  // namespace

std::vector<LoadedRecord> load(Source& source, std::size_t records_max) {
  std::vector<LoadedRecord> records;
  while (records.size() < records_max) {
    const capture::Arrival* arrival = source.next();
    if (arrival == nullptr) break;
    const auto feed = venue::find_feed(arrival->feed);
    if (!feed) continue;
    LoadedRecord& record = records.emplace_back();
    record.dir = arrival->dir;
    record.feed = *feed;
    record.connection = arrival->connection;
    record.at = arrival->at;
    record.t = arrival->t;
    record.url = arrival->url;
    record.payload = arrival->payload;
    record.size = record.payload.size();
    record.payload.append(frame_padding, ' ');
  }
  return records;
}

std::vector<FeedId> mark_book_frames(std::vector<LoadedRecord>& records) {
  engine::Engine engine{engine::Options{}};
  Effects effects;
  std::map<FeedId, std::size_t> levels;
  std::vector<bool> opened;
  for (LoadedRecord& record : records) {
    effects.clear();
    if (opened.size() <= index(record.connection)) opened.resize(index(record.connection) + 1, false);
    const bool socket = record.dir != capture::Direction::http;
    if (socket && !opened[index(record.connection)] && record.dir != capture::Direction::open)
      engine.on({record.at, record.t, SessionState{record.connection, record.feed, true, {}}}, effects);
    opened[index(record.connection)] = opened[index(record.connection)] || socket;
    if (record.dir == capture::Direction::open) {
      engine.on({record.at, record.t, SessionState{record.connection, record.feed, true, record.url}}, effects);
    } else if (record.dir == capture::Direction::http) {
      engine.on({record.at, record.t, HttpBody{record.feed, record.url, text(record)}}, effects);
    } else if (record.dir == capture::Direction::out) {
      engine.on({record.at, record.t, Sent{record.connection, text(record)}}, effects);
    } else {
      engine.on({record.at, record.t, Frame{record.connection, text(record)}}, effects);
      const EventBatch& batch = engine.batch();
      const bool deltas =
          !batch.books.empty() && std::all_of(batch.books.begin(), batch.books.end(), [&](const BookEvent& e) {
            const book::VenueBook& book = engine.book(e.listing);
            // Feeds that send nothing but whole books are measured on all but the first.
            return book.ready() && (e.kind == BookEventKind::delta || book.counters().snapshots > 1);
          });
      record.timed = deltas;
      record.levels = deltas ? batch.bids.size() + batch.asks.size() : 0;
      record.needed = deltas || !batch.books.empty() || batch.kind != FrameKind::events ||
                      venue::feed(record.feed).rule == SequenceRule::connection;
      levels[record.feed] += record.levels;
    }
  }
  std::vector<FeedId> feeds;
  for (const auto& [feed, count] : levels)
    if (count > 0) feeds.push_back(feed);
  std::sort(feeds.begin(), feeds.end(), [&](FeedId a, FeedId b) { return levels[a] > levels[b]; });
  return feeds;
}

FrameBench bench_frames(std::vector<LoadedRecord>& all, FeedId feed) {
  const std::vector<LoadedRecord> records = records_of(all, feed);
  FrameBench result;
  result.feed = venue::feed(feed).name;
  double bytes = 0;
  for (const LoadedRecord& record : records) {
    if (!record.timed) continue;
    ++result.frames;
    result.levels += record.levels;
    bytes += static_cast<double>(record.size);
  }
  const auto frames = static_cast<double>(result.frames);
  venue::Floor floor;
  std::vector<double> ours;
  std::vector<double> floors;
  Bench bench(records, feed);
  for (int pass = 0; pass < passes; ++pass) {
    ours.push_back(bench.run() / frames);
    if (const auto extracted = floor_pass(records, floor)) floors.push_back(*extracted);
  }
  const std::vector<double> each = bench.run_each();
  result.mean_bytes = bytes / frames;
  result.ns_per_frame = median(ours);
  result.ns_per_level = result.ns_per_frame * frames / static_cast<double>(result.levels);
  result.p50_ns = each[each.size() / 2];
  result.p99_ns = each[each.size() * 99 / 100];
  result.allocations_per_frame = static_cast<double>(bench.run_counting()) / frames;
  if (!floors.empty()) result.floor_ns_per_frame = median(floors);
  return result;
}

}  // namespace crossbook::app
