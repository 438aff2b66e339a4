// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "bench_frames.hpp"
#include "crossbook/engine/engine.hpp"

// One engine that plays a feed's records again and again, each time later by the session's length; four other venues
// rest beside each of its books.
namespace crossbook::app {

class FeedPlayer {
 public:
  FeedPlayer(const std::vector<LoadedRecord>& records, FeedId feed, const engine::Options& options = {})
      : records_(records), feed_(feed), engine_(options) {}

  // Another pass begins.
  void start_over();
  // Plays the record; what followed is in effects() until the next call.
  void play(const LoadedRecord& record);
  // The same, with the bytes as they came over a socket.
  void play(const LoadedRecord& record, std::string_view bytes);
  // To be called before a timed record: shows each of the feed's symbols on the other venues, at the feed's own prices
  // of now, where that is long ago.
  void refresh(const LoadedRecord& record);
  [[nodiscard]] bool fresh(const LoadedRecord& record) const;
  // Anything else that happens, at the time of the last record.
  template <class What>
  void give(What what) {
    effects_.clear();
    engine_.on({last_at_, last_wall_, std::move(what)}, effects_);
  }

  [[nodiscard]] const engine::Engine& engine() const { return engine_; }
  [[nodiscard]] const Effects& effects() const { return effects_; }

 private:
  const std::vector<LoadedRecord>& records_;
  FeedId feed_;
  engine::Engine engine_;
  Effects effects_;
  Steady last_at_;
  Wall last_wall_;
  Steady refreshed_at_;
  bool refreshed_ = false;
  bool opened_ = false;
  Nanos shift_;
};

// The feed's own records, as far as they are needed, with a socket opened before its first message.
[[nodiscard]] std::vector<LoadedRecord> records_of(const std::vector<LoadedRecord>& all, FeedId feed);

}  // namespace crossbook::app
