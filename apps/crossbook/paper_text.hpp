// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "crossbook/shard/paper_loop.hpp"
#include "paper_rows.hpp"

// What a paper session shows, for people and for programs: each step as it happens, and the report at its end.
namespace crossbook::app {

// One line a step, without a line's end.
class PaperPrinter final : public shard::PaperListener {
 public:
  explicit PaperPrinter(std::function<void(const std::string&)> show) : show_(std::move(show)) {}

  void on_decided(const shard::TrackedOrder& order, const shard::MadeOrder& made, Wall wall) override;
  void on_unmade(const shard::ScriptOrder& wish, shard::Unmade why, Wall wall) override;
  void on_cancel(const shard::TrackedOrder& order, const CancelOrder& cancel, Wall wall) override;
  void on_change(const shard::TrackedOrder& order, const OrderChange& change, Wall wall) override;
  void on_alarm(const OrderAlarm& alarm, Wall wall) override;

 private:
  void line(Wall wall, OrderId order, const std::string& text) const;

  std::function<void(const std::string&)> show_;
};

// The last steps, for a terminal: a line each, cut to its width.
class LastSteps {
 public:
  void add(const std::string& step) {
    steps_.push_back(step.substr(0, width));
    if (steps_.size() > shown) steps_.pop_front();
  }
  [[nodiscard]] std::string text() const {
    std::string lines;
    for (const std::string& step : steps_) lines += step + "\n";
    return lines;
  }

 private:
  static constexpr std::size_t shown = 8;
  static constexpr std::size_t width = 160;
  std::deque<std::string> steps_;
};

// "paper orders: 1 live, 4 filled, 2 cancelled, 0 rejected".
[[nodiscard]] std::string paper_line(const shard::PaperLoop& loop);
// Orders by end state, reasons, times, what was learned, and what the decisions really cost.
[[nodiscard]] std::string paper_text(shard::PaperLoop& loop);
// How it stands: live orders, orders by state, and why nothing is placed any more.
[[nodiscard]] nlohmann::ordered_json paper_status_json(const shard::PaperLoop& loop);
[[nodiscard]] nlohmann::ordered_json paper_json(shard::PaperLoop& loop, const PaperRows& rows);

}  // namespace crossbook::app
