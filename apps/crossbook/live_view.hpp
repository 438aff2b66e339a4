// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "crossbook/shard/live.hpp"
#include "live_run.hpp"
#include "paper_text.hpp"

namespace crossbook::app {

// A live session on a terminal: one consolidated book and every connection, ten times a second; elsewhere one line, or
// one JSON object, a second.
class LiveView {
 public:
  // Recorder and paper loop may be absent.
  LiveView(const shard::LiveShard& shard, const capture::Recorder* recorder, const shard::PaperLoop* paper,
           const LiveArguments& arguments);
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void refresh(sys::Moment now);
  // Of an order on paper; a terminal shows the last ones.
  void add_step(const std::string& step) { steps_.add(step); }
  // "6 connections open, 119 of 120 subscriptions live, 40 of 40 books ready".
  [[nodiscard]] std::string status_line() const;
  // Gives the terminal back.
  void leave();

 private:
  [[nodiscard]] std::string screen(sys::Moment now) const;
  [[nodiscard]] std::string line(sys::Moment now) const;
  [[nodiscard]] std::string json(sys::Moment now) const;

  const shard::LiveShard& shard_;
  const capture::Recorder* recorder_;
  const shard::PaperLoop* paper_;
  const LiveArguments& arguments_;
  bool terminal_;
  bool colour_;
  LastSteps steps_;
  Steady shown_at_;
  std::uint64_t frames_ = 0;
  double rate_ = 0;
};

}  // namespace crossbook::app
