// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// The cheapest way to take a quantity from several venues, where each has its lot.
//
// A venue's lots get dearer the deeper they lie, so taking lots in the order of their all-in cost is optimal where all
// lots are equal. Where they differ, each lot divides the next coarser one: then the part of the quantity that only
// finer lots can make is taken first, the rest of the finer lots is bundled into coarser ones, and the order of cost is
// optimal among bundles and coarser lots.
namespace crossbook {

// What one venue offers. `forced` and `limit` are multiples of `lot`, forced <= limit <= the depth of `levels`.
struct WaterSource {
  std::span<const Level> levels;  // best first
  std::int64_t factor = 0;        // cost of a unit of value: 1 + fee to buy, -(1 - fee) to sell, in 1e-10
  std::int64_t lot = 1;
  std::int64_t forced = 0;  // taken in any case: the venue's minimum
  std::int64_t limit = 0;
};

// Quantity times price over the best levels. quantity <= depth.
[[nodiscard]] Wide value_of(std::span<const Level> levels, std::int64_t quantity);

// Reuses its memory from call to call.
class WaterFill {
 public:
  // Takes as much as lots and limits allow, up to `size`, and of all ways to take so much the cheapest; `taken` is by
  // source. Equal costs go to the earlier source. The sum of `forced` is at most `size`; lots divide each other.
  // Answers what was taken in all.
  std::int64_t fill(std::span<const WaterSource> sources, std::int64_t size, std::span<std::int64_t> taken);

  // In the last fill another split may have cost the same: two sources at the marginal cost, or several lots.
  [[nodiscard]] bool tied() const { return tied_; }

  // The most that is had for `value`, in the order of cost, in lots of `lot`, nothing forced.
  std::int64_t affordable(std::span<const WaterSource> sources, std::int64_t lot, Wide value);

 private:
  struct Segment {
    Wide cost = 0;            // of one lot
    std::int64_t count = 0;   // lots that cost the same
    std::int32_t source = 0;  // bundle: finer lots
  };
  struct Cursor {
    std::size_t level = 0;
    std::int64_t used = 0;  // of that level
    std::int64_t left = 0;  // until the limit
  };
  struct Stage {
    std::int64_t lot = 1;
    std::int64_t residue = 0;  // lots of this stage that no coarser lot can replace
    std::vector<Segment> segments;
  };
  static constexpr std::int32_t bundle = -1;
  static constexpr std::size_t block_levels = 16;

  void plan_stages(std::span<const WaterSource> sources);
  [[nodiscard]] std::int64_t reachable(std::span<const WaterSource> sources, std::int64_t size) const;
  void start(std::span<const WaterSource> sources, std::size_t source);
  [[nodiscard]] bool next_segment(std::span<const WaterSource> sources, std::int64_t lot, Segment& segment);
  [[nodiscard]] bool next_block(const WaterSource& source, std::size_t index, Segment& block);
  void advance(const WaterSource& source, Cursor& cursor, std::int64_t quantity) const;
  [[nodiscard]] std::int64_t take_blocks(std::span<const WaterSource> sources, Stage& stage, std::int64_t wanted);
  void merge(std::span<const WaterSource> sources, Stage& stage, std::int64_t wanted);
  void bundle_rest(const Stage& finer, std::int64_t per_bundle);
  void sift_down(std::size_t i);
  void order_heads();
  void reorder_top(bool more);
  [[nodiscard]] static bool take_all(std::span<const WaterSource> sources, std::int64_t reached,
                                     std::span<std::int64_t> taken);
  void give(std::int64_t rest, std::span<std::int64_t> taken) const;
  void note_tie(const Stage& stage);

  std::vector<Cursor> cursors_;  // by source
  std::vector<Stage> stages_;    // the finest first; stages_used_ of them
  std::size_t stages_used_ = 0;
  std::vector<Segment> heap_;     // the head of each source, least cost first
  std::vector<Segment> bundles_;  // of the stage below, in order of cost
  std::size_t next_bundle_ = 0;
  bool tied_ = false;
};

}  // namespace crossbook
