// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "crossbook/shard/paper_loop.hpp"

namespace crossbook::app {

// Orders and fills of a paper session as rows. A number of ours is a decimal text, so that no digit is lost on the way.
class PaperRows final : public shard::PaperListener {
 public:
  void on_decided(const shard::TrackedOrder& order, const shard::MadeOrder& made, Wall wall) override;
  void on_unmade(const shard::ScriptOrder&, shard::Unmade, Wall) override {}
  void on_cancel(const shard::TrackedOrder&, const CancelOrder&, Wall) override {}
  void on_change(const shard::TrackedOrder& order, const OrderChange& change, Wall wall) override;
  void on_alarm(const OrderAlarm&, Wall) override {}

  [[nodiscard]] const std::vector<nlohmann::ordered_json>& orders() const { return orders_; }
  [[nodiscard]] const std::vector<nlohmann::ordered_json>& fills() const { return fills_; }

 private:
  std::vector<nlohmann::ordered_json> orders_;
  std::vector<nlohmann::ordered_json> fills_;
  std::map<OrderId, std::size_t> place_of_;  // in orders_
};

}  // namespace crossbook::app
