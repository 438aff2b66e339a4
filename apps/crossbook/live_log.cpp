// SPDX-License-Identifier: Apache-2.0
#include "live_log.hpp"

#include <fmt/format.h>

#include <utility>

#include "book_text.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {

void LiveLog::print(shard::Moment now, std::string line) {
  if (line == last_ && now.at - last_at_ < seconds(10)) {
    ++repeats_;
    return;
  }
  if (repeats_ > 0) fmt::print(stderr, "{} and {} times more\n", utc_text(now.wall), std::exchange(repeats_, 0));
  fmt::print(stderr, "{} {}\n", utc_text(now.wall), line);
  last_ = std::move(line);
  last_at_ = now.at;
}

void LiveLog::on_subscription(shard::Moment now, FeedId feed, const shard::SubscriptionChange& change) {
  using enum shard::SessionReason;
  // A subscription that begins again is told once, when it is wanted; what a connection takes with it, not at all.
  const bool gave_up = change.state == shard::SubscriptionState::refused;
  const bool again = change.state == shard::SubscriptionState::wanted &&
                     (change.reason == resync || change.reason == no_book || change.reason == silent ||
                      change.reason == not_acknowledged);
  if (!gave_up && !again) return;
  const std::string symbol = player_ == nullptr ? "" : player_->key(player_->engine().listings()[change.listing]) + " ";
  print(now, fmt::format("{} {}{}: {} ({}){}{}", venue::feed(feed).name, symbol, venue::to_string(change.kind),
                         shard::to_string(change.state), shard::to_string(change.reason),
                         change.text.empty() ? "" : ": ", change.text));
}

void LiveLog::on_session(shard::Moment now, FeedId feed, const shard::SessionChange& change) {
  std::string line =
      fmt::format("{} ws.{}: {} ({})", venue::feed(feed).name, static_cast<std::uint32_t>(change.connection),
                  shard::to_string(change.phase), shard::to_string(change.reason));
  if (change.retry_at) line += fmt::format(", again in {}", age_text(*change.retry_at - now.at));
  if (!change.text.empty()) line += ": " + change.text;
  print(now, std::move(line));
}

void LiveLog::on_behind(shard::Moment now, FeedId feed, ConnectionId connection, bool behind, Nanos unread) {
  const std::string line = fmt::format("{} ws.{}: ", venue::feed(feed).name, static_cast<std::uint32_t>(connection));
  print(now, behind ? line + fmt::format("behind: messages have waited for up to {}", age_text(unread))
                    : line + "caught up: nothing waits any more");
}

void LiveLog::on_fetch_failed(shard::Moment now, FeedId feed, std::string_view why) {
  print(now, fmt::format("{} rest: {}", venue::feed(feed).name, why));
}

}  // namespace crossbook::app
