// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "crossbook/shard/paper_loop.hpp"
#include "crossbook/shard/player.hpp"
#include "source.hpp"

namespace crossbook::app {

// "1x", "10x", "0.5x" as a factor; nothing for "max". Checked by is_speed() when the command line is read.
[[nodiscard]] std::optional<double> parse_speed(const std::string& text);
[[nodiscard]] CLI::Validator is_speed();

struct PlaybackOptions {
  std::optional<double> speed;       // session seconds per second; nothing: as fast as it goes
  std::string label;                 // of the progress line
  shard::PaperLoop* loop = nullptr;  // plays through it, where there is one
};

// Plays a source into a player, at a speed, with a progress line where standard error is a terminal and the speed is
// max.
class Playback {
 public:
  Playback(Source& source, shard::Player& player, PlaybackOptions options);

  // Plays the next record, or waits a little where it is not yet due. False at the end, or behind `until`.
  bool step(std::optional<Wall> until = {});
  // Whether the last step() played a record.
  [[nodiscard]] bool played() const { return played_; }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const;

  // The longest that one step() waits: the view stays alive while nothing happens.
  static constexpr std::chrono::milliseconds wait_max{50};

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] bool due();
  void show_progress();
  void tick();

  Source& source_;
  shard::Player& player_;
  PlaybackOptions options_;
  const capture::Arrival* pending_ = nullptr;
  bool ended_ = false;
  bool played_ = false;
  bool progress_shown_ = false;
  std::optional<Wall> begin_t_;
  Wall last_t_;
  Steady last_at_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point progress_at_ = begin_;
  std::uint64_t steps_ = 0;
};

}  // namespace crossbook::app
