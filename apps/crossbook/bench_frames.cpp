// SPDX-License-Identifier: Apache-2.0
#include "bench_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "allocations.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/floor.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int passes = 7;
// The venues at rest are heard of this often, untimed, so that they stay in the view.
constexpr Nanos refresh_period = seconds(10);
constexpr std::size_t resting_venues = 4;

double nanos(Clock::duration duration) { return std::chrono::duration<double, std::nano>(duration).count(); }

std::string_view text(const LoadedRecord& record) { return {record.payload.data(), record.size}; }

// One engine that plays a feed's records again and again, each time later by the session's length; four venues rest
// beside each of its books. The first time is for books and buffers to grow.
class Bench {
 public:
  Bench(const std::vector<LoadedRecord>& records, FeedId feed) : records_(records), feed_(feed) { run(); }

  // Nanoseconds of all timed frames together; runs of them are timed as one.
  double run() {
    start_over();
    double total = 0;
    for (std::size_t i = 0; i < records_.size();) {
      if (!records_[i].timed) {
        play(records_[i++]);
        continue;
      }
      refresh(records_[i]);
      const Clock::time_point begin = Clock::now();
      do {
        play(records_[i++]);
      } while (i < records_.size() && records_[i].timed && records_[i].at - refreshed_at_ < refresh_period);
      total += nanos(Clock::now() - begin);
    }
    return total;
  }

  // Each timed frame by itself, sorted.
  std::vector<double> run_each() {
    start_over();
    std::vector<double> each;
    for (const LoadedRecord& record : records_) {
      if (!record.timed) {
        play(record);
        continue;
      }
      refresh(record);
      const Clock::time_point begin = Clock::now();
      play(record);
      each.push_back(nanos(Clock::now() - begin));
    }
    std::sort(each.begin(), each.end());
    return each;
  }

  // Allocations in timed frames.
  std::uint64_t run_counting() {
    start_over();
    std::uint64_t count = 0;
    for (const LoadedRecord& record : records_) {
      if (record.timed) refresh(record);
      const std::uint64_t before = allocations();
      play(record);
      if (record.timed) count += allocations() - before;
    }
    return count;
  }

 private:
  void start_over() {
    shift_ = last_at_ == Steady() ? Nanos() : last_at_ - records_.front().at + seconds(1);
    refreshed_ = false;
  }

  void play(const LoadedRecord& record) {
    effects_.clear();
    using enum capture::Direction;
    const auto at = std::max(record.at + shift_, last_at_);
    last_at_ = at;
    switch (record.dir) {
      case in:
      case norm: engine_.on({at, record.t, Frame{record.connection, text(record)}}, effects_); break;
      case http: engine_.on({at, record.t, HttpBody{record.feed, record.url, text(record)}}, effects_); break;
      case out: engine_.on({at, record.t, Sent{record.connection, text(record)}}, effects_); break;
      case open:
        engine_.on({at, record.t, SessionState{record.connection, record.feed, true, record.url}}, effects_);
        break;
      case close: break;
    }
  }

  // Shows each of the feed's symbols on four other venues, near the feed's own price.
  void refresh(const LoadedRecord& record) {
    if (refreshed_ && record.at - refreshed_at_ < refresh_period) return;
    refreshed_ = true;
    refreshed_at_ = record.at;
    const std::string_view own_venue = venue::feed(feed_).venue;
    std::vector<std::pair<std::string, std::string>> bodies;
    for (const Listing& listing : engine_.listings()) {
      if (listing.feed != feed_ || listing.instrument.symbol.find(':') != std::string::npos) continue;
      const auto bid = engine_.book(listing.id).top(Side::bid);
      const auto ask = engine_.book(listing.id).top(Side::ask);
      if (!bid || !ask || listing.instrument.symbol.empty()) continue;
      std::string symbol = listing.instrument.symbol;
      std::replace(symbol.begin(), symbol.end(), '/', '-');
      bodies.emplace_back(symbol, fmt::format(R"("bids":[["{}","1"]],"asks":[["{}","1"]])",
                                              format_decimal(bid->price.count(), listing.price_scale),
                                              format_decimal(ask->price.count(), listing.price_scale)));
    }
    std::size_t used = 0;
    for (const std::string_view name :
         {"bitfinex-norm", "bittrex-norm", "bitstamp-norm", "coinbase-norm", "binance-norm"}) {
      const FeedId resting = venue::find_feed(name).value();
      if (used == resting_venues || venue::feed(resting).venue == own_venue) continue;
      const auto connection = ConnectionId(1000 + used++);
      effects_.clear();
      const Steady at = std::max(record.at + shift_, last_at_);
      last_at_ = at;
      if (!opened_) engine_.on({at, record.t, SessionState{connection, resting, true, {}}}, effects_);
      for (const auto& [symbol, levels] : bodies) {
        std::string line = fmt::format(R"({{"kind":"book","symbol":"{}","ts_ms":null,{}}})", symbol, levels);
        const std::size_t size = line.size();
        line.append(frame_padding, ' ');
        engine_.on({at, record.t, Frame{connection, {line.data(), size}}}, effects_);
      }
    }
    opened_ = true;
  }

  const std::vector<LoadedRecord>& records_;
  FeedId feed_;
  engine::Engine engine_{engine::Options{}};
  Effects effects_;
  Steady last_at_;
  Steady refreshed_at_;
  bool refreshed_ = false;
  bool opened_ = false;
  Nanos shift_;
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
  std::vector<LoadedRecord> records;
  std::vector<bool> opened;
  for (const LoadedRecord& record : all) {
    if (record.feed != feed || !record.needed) continue;
    if (opened.size() <= index(record.connection)) opened.resize(index(record.connection) + 1, false);
    if (!opened[index(record.connection)] && record.dir != capture::Direction::open &&
        record.dir != capture::Direction::http) {
      LoadedRecord open = record;
      open.dir = capture::Direction::open;
      open.timed = false;
      records.push_back(std::move(open));
    }
    if (record.dir != capture::Direction::http) opened[index(record.connection)] = true;
    records.push_back(record);
  }
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
