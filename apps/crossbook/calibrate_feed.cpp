// SPDX-License-Identifier: Apache-2.0
#include "calibrate_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "crossbook/cost/feed_delay.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/venue/registry.hpp"
#include "source.hpp"

namespace crossbook::app {
namespace {

using Json = nlohmann::ordered_json;

double to_ms(Nanos time) { return static_cast<double>(time.count()) / 1e6; }

// When the venue sent the frame, as it says: the latest time of its books. A first snapshot may be older than its
// sending, unless the feed sends nothing else.
std::optional<Wall> sent_with_books(const venue::Feed& feed, const EventBatch& batch) {
  std::optional<Wall> sent;
  const auto take = [&](const std::optional<Wall>& stamp) {
    if (stamp && (!sent || *stamp > *sent)) sent = stamp;
  };
  for (const BookEvent& event : batch.books)
    if (event.kind == BookEventKind::delta || feed.rule == SequenceRule::snapshots) take(event.ts_event);
  for (const Bbo& bbo : batch.bbos) take(bbo.ts_event);
  return sent;
}

// The latest print, for feeds whose books have no time.
std::optional<Wall> sent_with_trades(const EventBatch& batch) {
  std::optional<Wall> sent;
  for (const Trade& trade : batch.trades)
    if (!trade.history && trade.ts_event && (!sent || *trade.ts_event > *sent)) sent = trade.ts_event;
  return sent;
}

struct WatchedFeed {
  explicit WatchedFeed(const ClockSettings& settings) : books(settings), trades(settings) {}
  FeedDelay books;
  FeedDelay trades;
  std::int64_t frames = 0;
  [[nodiscard]] const FeedDelay& best() const { return books.samples() > 0 ? books : trades; }
  [[nodiscard]] const char* stamped() const { return books.samples() > 0 ? "books" : "trades"; }
};
using Watched = std::map<std::string, WatchedFeed, std::less<>>;

Watched watch(Source& source, const ClockSettings& settings) {
  Watched watched;
  shard::Player player{shard::PlayerOptions{}};
  while (const capture::Arrival* arrival = source.next()) {
    player.play(*arrival, arrival->connection, arrival->at);
    const auto id = venue::find_feed(arrival->feed);
    if (!id || arrival->dir != capture::Direction::in) continue;
    WatchedFeed& feed = watched.try_emplace(std::string(arrival->feed), settings).first->second;
    ++feed.frames;
    const EventBatch& batch = player.engine().batch();
    if (const auto sent = sent_with_books(venue::feed(*id), batch)) feed.books.add({arrival->at, arrival->t, *sent});
    if (const auto sent = sent_with_trades(batch)) feed.trades.add({arrival->at, arrival->t, *sent});
  }
  return watched;
}

Json interval(Nanos low, Nanos high) { return Json::array({to_ms(low), to_ms(high)}); }

Json feed_json(std::string_view name, const WatchedFeed& feed, const FeedDelayEstimate& estimate) {
  const ClockEstimate& clock = estimate.clock;
  const auto delay = [&](Nanos excess) { return interval(excess + clock.path_low, excess + clock.path_high); };
  Json json{{"venue", venue::feed(venue::find_feed(name).value()).venue}, {"stamped_by", feed.stamped()}};
  json["samples"] = estimate.samples;
  json["seconds"] = to_ms(estimate.watched) / 1e3;
  json["floor_ms"] = to_ms(clock.floor);
  json["clock_ahead_ms"] = interval(clock.offset_low, clock.offset_high);
  json["error_bound_ms"] = to_ms(estimate.error_bound());
  json["fastest_ms"] = interval(clock.path_low, clock.path_high);
  json["delay_p50_ms"] = delay(estimate.excess_p50);
  json["delay_p99_ms"] = delay(estimate.excess_p99);
  json["excess_ms"] = {{"p50", to_ms(estimate.excess_p50)},
                       {"p95", to_ms(estimate.excess_p95)},
                       {"p99", to_ms(estimate.excess_p99)},
                       {"p95_enough", estimate.p95_enough},
                       {"p99_enough", estimate.p99_enough}};
  json["skew_ppm"] = clock.skew_ppb ? Json(*clock.skew_ppb / 1e3) : Json();
  json["skew_alarm"] = clock.skew_alarm;
  json["consistent"] = clock.consistent;
  json["steps"] = Json::array();
  for (const ClockStep& step : estimate.steps)
    json["steps"].push_back({{"at_ns", step.at.nanos()}, {"by_ms", to_ms(step.by)}});
  return json;
}

std::string feed_text(std::string_view name, const FeedDelayEstimate& estimate) {
  const ClockEstimate& clock = estimate.clock;
  std::string text = fmt::format(
      "{:<20} {:>8} {:>11.2f} {:>11.2f} .. {:<10.2f} {:>7.2f} .. {:<8.2f} {:>8.2f} {:>8.2f} {:>8.2f}\n", name,
      estimate.samples, to_ms(clock.floor), to_ms(clock.offset_low), to_ms(clock.offset_high), to_ms(clock.path_low),
      to_ms(clock.path_high), to_ms(estimate.excess_p50), to_ms(estimate.excess_p95), to_ms(estimate.excess_p99));
  if (!estimate.p99_enough) text += fmt::format("{:<20} n too small for p99\n", "");
  if (clock.skew_alarm) text += fmt::format("{:<20} the clocks drift too fast: the intervals do not hold\n", "");
  for (const ClockStep& step : estimate.steps)
    text += fmt::format("{:<20} the floor jumped by {:.1f} ms\n", "", to_ms(step.by));
  return text;
}

void print_text(const Watched& watched, const ClockSettings& settings, bool assumed) {
  fmt::print("{:<20} {:>8} {:>11} {:>25} {:>19} {:>26}\n", "feed", "messages", "floor ms", "clock ahead by, ms",
             "fastest, ms", "excess p50, p95, p99, ms");
  for (const auto& [name, feed] : watched) {
    const auto estimate = feed.best().estimate();
    if (estimate) fmt::print("{}", feed_text(name, *estimate));
    else fmt::print("{:<20} its frames carry no time of the venue\n", name);
  }
  fmt::print(
      "\nfloor: the least of received - stamped, a delay minus a clock's offset and often below zero. A message's "
      "delay "
      "is its excess\nover the floor plus what the fastest took: somewhere in the interval, as its path is {} at most "
      "{:.0f} ms{}.\n",
      assumed ? "assumed to take" : "given as", to_ms(settings.path_max), assumed ? " (--round-trip-ms)" : "");
}

void print_json(const Watched& watched, const ClockSettings& settings, bool assumed) {
  Json feeds = Json::object();
  Json unstamped = Json::object();
  for (const auto& [name, feed] : watched) {
    if (const auto estimate = feed.best().estimate()) feeds[name] = feed_json(name, feed, *estimate);
    else unstamped[name] = feed.frames;
  }
  const Json json{{"path_max_ms", to_ms(settings.path_max)},
                  {"path_assumed", assumed},
                  {"feeds", std::move(feeds)},
                  {"unstamped", std::move(unstamped)}};
  fmt::print("{}\n", json.dump(1));
}

}  // namespace

Exit show_feed_delays(const FeedOptions& options) {
  auto source = open_captures(options.files);
  if (!source) {
    fmt::print(stderr, "crossbook: {}\n", source.error());
    return Exit::usage;
  }
  ClockSettings settings;
  const bool assumed = options.round_trip_ms <= 0.0;
  if (!assumed) settings.path_max = Nanos(static_cast<std::int64_t>(options.round_trip_ms * 1e6));
  const Watched watched = watch(**source, settings);
  if (options.json) print_json(watched, settings, assumed);
  else print_text(watched, settings, assumed);
  const bool any =
      std::any_of(watched.begin(), watched.end(), [](const auto& row) { return row.second.best().samples() > 0; });
  if (!any) return Exit::not_ready;
  return (*source)->cut() ? Exit::partial : Exit::ok;
}

}  // namespace crossbook::app
