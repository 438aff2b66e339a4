// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crossbook/shard/live.hpp"

namespace crossbook::app {

// One line on standard error for each step of a connection, and for each subscription that is refused, silent or
// resynchronised. Repeats within ten seconds are counted instead.
class LiveLog final : public shard::LiveListener {
 public:
  // Names the symbols; the player outlives the log.
  void use(const shard::Player& player) { player_ = &player; }

  void on_subscription(shard::Moment now, FeedId feed, const shard::SubscriptionChange& change) override;
  void on_session(shard::Moment now, FeedId feed, const shard::SessionChange& change) override;
  void on_behind(shard::Moment now, FeedId feed, ConnectionId connection, bool behind, Nanos unread) override;
  void on_fetch_failed(shard::Moment now, FeedId feed, std::string_view why) override;

 private:
  void print(shard::Moment now, std::string line);

  const shard::Player* player_ = nullptr;
  std::string last_;
  Steady last_at_;
  std::uint64_t repeats_ = 0;
};

}  // namespace crossbook::app
