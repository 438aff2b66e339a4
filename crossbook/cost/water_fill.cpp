// SPDX-License-Identifier: Apache-2.0
#include "crossbook/cost/water_fill.hpp"

#include <algorithm>
#include <ranges>

#include "crossbook/core/check.hpp"

namespace crossbook {

Wide value_of(std::span<const Level> levels, std::int64_t quantity) {
  Wide value = 0;
  for (const Level& level : levels) {
    if (quantity == 0) break;
    const std::int64_t taken = std::min(quantity, level.quantity.count());
    value += wide_product(level.price.count(), taken);
    quantity -= taken;
  }
  return value;
}

void WaterFill::plan_stages(std::span<const WaterSource> sources) {
  stages_used_ = 0;
  const auto before = [](const Stage& stage, std::int64_t lot) { return stage.lot < lot; };
  for (const WaterSource& source : sources) {
    const auto used_end = stages_.begin() + static_cast<std::ptrdiff_t>(stages_used_);
    const auto place = std::lower_bound(stages_.begin(), used_end, source.lot, before);
    if (place != used_end && place->lot == source.lot) continue;
    const auto position = place - stages_.begin();
    if (stages_used_ == stages_.size()) stages_.emplace_back();
    const auto end = stages_.begin() + static_cast<std::ptrdiff_t>(++stages_used_);
    std::rotate(stages_.begin() + position, end - 1, end);
    stages_[static_cast<std::size_t>(position)].lot = source.lot;
  }
}

// Coarse lots first: a coarse lot is never worse than the finer lots that it replaces, since these add up to it.
std::int64_t WaterFill::reachable(std::span<const WaterSource> sources, std::int64_t size) const {
  std::int64_t reached = 0;
  for (std::size_t k = stages_used_; k-- > 0;) {
    const std::int64_t lot = stages_[k].lot;
    std::int64_t lots = (size - reached) / lot;
    for (const WaterSource& source : sources) {
      if (source.lot != lot) continue;
      const std::int64_t some = std::min(lots, (source.limit - source.forced) / lot);
      reached += some * lot;
      lots -= some;
    }
  }
  return reached;
}

void WaterFill::start(std::span<const WaterSource> sources, std::size_t source) {
  const WaterSource& from = sources[source];
  Cursor& cursor = cursors_[source];
  cursor = {0, 0, from.limit};
  advance(from, cursor, from.forced);
}

// The source's (or the bundles') next lots of one cost. False when there is none.
bool WaterFill::next_segment(std::span<const WaterSource> sources, std::int64_t lot, Segment& segment) {
  if (segment.source == bundle) {
    if (next_bundle_ == bundles_.size()) return false;
    segment = bundles_[next_bundle_++];
    return true;
  }
  const auto index = static_cast<std::size_t>(segment.source);
  const WaterSource& source = sources[index];
  Cursor& cursor = cursors_[index];
  if (cursor.left < lot) return false;
  const Level* level = &source.levels[cursor.level];
  std::int64_t here = level->quantity.count() - cursor.used;
  if (here >= lot) {  // whole lots inside a level
    segment.count = lot == 1 ? std::min(here, cursor.left) : std::min(here, cursor.left) / lot;
    segment.cost = wide_product(level->price.count(), source.factor) * lot;
    cursor.used += segment.count * lot;
    cursor.left -= segment.count * lot;
  } else {  // a lot that reaches over several levels
    Wide value = 0;
    std::int64_t missing = lot;
    while (here < missing) {
      value += wide_product(level->price.count(), here);
      missing -= here;
      level = &source.levels[++cursor.level];
      here = level->quantity.count();
      cursor.used = 0;
    }
    value += wide_product(level->price.count(), missing);
    cursor.used += missing;
    cursor.left -= lot;
    segment.count = 1;
    segment.cost = value * source.factor;
  }
  if (cursor.used == level->quantity.count()) {
    ++cursor.level;
    cursor.used = 0;
  }
  return true;
}

void WaterFill::sift_down(std::size_t i) {
  const auto before = [](const Segment& a, const Segment& b) {
    const bool equal = a.cost == b.cost;  // no branches: their outcome is a coin's
    return static_cast<bool>((a.cost < b.cost) | (equal & (a.source < b.source)));
  };
  const std::size_t size = heap_.size();
  const Segment moving = heap_[i];
  for (std::size_t child = 2 * i + 1; child < size; child = 2 * i + 1) {
    if (child + 1 < size) child += static_cast<std::size_t>(before(heap_[child + 1], heap_[child]));
    if (!before(heap_[child], moving)) break;
    heap_[i] = heap_[child];
    i = child;
  }
  heap_[i] = moving;
}

void WaterFill::order_heads() {
  for (std::size_t i = heap_.size() / 2; i-- > 0;) sift_down(i);
}

// The head of the cheapest source is another now, or there is none any more.
void WaterFill::reorder_top(bool more) {
  if (!more) {
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  if (!heap_.empty()) sift_down(0);
}

void WaterFill::advance(const WaterSource& source, Cursor& cursor, std::int64_t quantity) const {
  cursor.left -= quantity;
  cursor.used += quantity;
  while (cursor.level < source.levels.size() && cursor.used >= source.levels[cursor.level].quantity.count())
    cursor.used -= source.levels[cursor.level++].quantity.count();
}

// The lots within the source's next levels, up to its limit, and the cost of a lot of the last of these. False when no
// lot is left.
bool WaterFill::next_block(const WaterSource& source, std::size_t index, Segment& block) {
  const Cursor& cursor = cursors_[index];
  if (cursor.left < source.lot) return false;
  const std::size_t end = std::min(cursor.level + block_levels, source.levels.size());
  Wide quantity = -cursor.used;
  std::size_t level = cursor.level;
  while (level < end && quantity < cursor.left) quantity += source.levels[level++].quantity.count();
  block = {wide_product(source.levels[level - 1].price.count(), source.factor) * source.lot,
           static_cast<std::int64_t>(std::min<Wide>(quantity, cursor.left)) / source.lot,
           static_cast<std::int32_t>(index)};
  return true;
}

// Where all lots are equal, whole blocks of levels are taken before the order of single levels matters. A lot that is
// no dearer than the end of the cheapest block lies in a block that was taken, in the present block of its source, or
// across the end of that. While all these together are not too many, the cheapest block is taken whatever the order
// within. Answers how many lots that gave.
std::int64_t WaterFill::take_blocks(std::span<const WaterSource> sources, Stage& stage, std::int64_t wanted) {
  heap_.clear();
  std::int64_t taken = 0;
  Wide ahead = 0;
  Segment block;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (!next_block(sources[s], s, block)) continue;
    heap_.push_back(block);
    ahead += block.count + 1;
  }
  if (ahead > wanted) return 0;
  order_heads();
  while (!heap_.empty() && taken + ahead <= wanted) {
    Segment& top = heap_.front();
    if (top.count == 0) break;  // a lot that reaches beyond its block
    const auto index = static_cast<std::size_t>(top.source);
    stage.segments.push_back(top);
    taken += top.count;
    ahead -= top.count + 1;
    advance(sources[index], cursors_[index], top.count * stage.lot);
    const bool more = next_block(sources[index], index, top);
    if (more) ahead += top.count + 1;
    reorder_top(more);
  }
  return taken;
}

// The stage's lots in the order of cost, `wanted` of them or all; the only stage's first lots in blocks.
void WaterFill::merge(std::span<const WaterSource> sources, Stage& stage, std::int64_t wanted) {
  stage.segments.clear();
  if (stages_used_ == 1) wanted -= take_blocks(sources, stage, wanted);
  heap_.clear();
  Segment head{0, 0, bundle};
  next_bundle_ = 0;
  if (next_segment(sources, stage.lot, head)) heap_.push_back(head);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (sources[s].lot != stage.lot) continue;
    head.source = static_cast<std::int32_t>(s);
    if (next_segment(sources, stage.lot, head)) heap_.push_back(head);
  }
  order_heads();
  while (wanted > 0 && !heap_.empty()) {
    Segment& top = heap_.front();
    const std::int64_t some = std::min(wanted, top.count);
    stage.segments.push_back({top.cost, some, top.source});
    wanted -= some;
    top.count -= some;
    reorder_top(top.count > 0 || next_segment(sources, stage.lot, top));
  }
}

// What the finer stage has beyond its residue, in bundles that stand for one lot of the next stage each.
void WaterFill::bundle_rest(const Stage& finer, std::int64_t per_bundle) {
  bundles_.clear();
  std::int64_t skip = finer.residue;
  std::int64_t open = 0;  // lots in the bundle that is being made
  Wide cost = 0;
  for (const Segment& segment : finer.segments) {
    std::int64_t left = segment.count - std::min(skip, segment.count);
    skip -= segment.count - left;
    if (open > 0) {
      const std::int64_t some = std::min(left, per_bundle - open);
      cost += segment.cost * some;
      open += some;
      left -= some;
      if (open == per_bundle) bundles_.push_back({cost, 1, bundle});
      if (open == per_bundle) open = 0;
    }
    if (open > 0 || left == 0) continue;
    if (left >= per_bundle) bundles_.push_back({segment.cost * per_bundle, left / per_bundle, bundle});
    open = left % per_bundle;
    cost = segment.cost * open;
  }
}

// From the coarsest stage down: what went to bundles is taken from the stage below, its residue on top.
void WaterFill::give(std::int64_t rest, std::span<std::int64_t> taken) const {
  std::int64_t lots = rest / stages_[stages_used_ - 1].lot;
  for (std::size_t k = stages_used_; k-- > 0;) {
    const Stage& stage = stages_[k];
    std::int64_t bundled = 0;
    for (const Segment& segment : stage.segments) {
      const std::int64_t some = std::min(lots, segment.count);
      if (segment.source == bundle) {
        bundled += some;
      } else {
        taken[static_cast<std::size_t>(segment.source)] += some * stage.lot;
      }
      lots -= some;
      if (lots == 0) break;
    }
    CROSSBOOK_ASSERT(lots == 0);
    if (k > 0) lots = stages_[k - 1].residue + bundled * (stage.lot / stages_[k - 1].lot);
  }
}

void WaterFill::note_tie(const Stage& stage) {
  tied_ = stages_used_ > 1;
  if (tied_ || stage.segments.empty() || heap_.empty()) return;
  const Segment& last = stage.segments.back();
  bool more = false;   // something is left at the marginal cost
  bool other = false;  // from another source, or another was taken at it
  for (const Segment& head : heap_) {
    if (head.cost != last.cost) continue;
    more = true;
    other = other || head.source != last.source;
  }
  for (const Segment& taken : std::views::reverse(stage.segments)) {
    if (other || taken.cost != last.cost) break;
    other = taken.source != last.source;
  }
  tied_ = more && other;
}

// Where all that there is is taken, the order of cost does not matter.
bool WaterFill::take_all(std::span<const WaterSource> sources, std::int64_t reached, std::span<std::int64_t> taken) {
  Wide all = 0;
  for (const WaterSource& source : sources)
    all += wide_product((source.limit - source.forced) / source.lot, source.lot);
  if (all != reached) return false;
  for (std::size_t s = 0; s < sources.size(); ++s)
    taken[s] += (sources[s].limit - sources[s].forced) / sources[s].lot * sources[s].lot;
  return true;
}

std::int64_t WaterFill::fill(std::span<const WaterSource> sources, std::int64_t size, std::span<std::int64_t> taken) {
  cursors_.resize(sources.size());
  std::int64_t forced = 0;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    taken[s] = sources[s].forced;
    forced += sources[s].forced;
    start(sources, s);
  }
  CROSSBOOK_ASSERT(forced <= size);
  plan_stages(sources);
  tied_ = false;
  if (stages_used_ == 0) return 0;
  const std::int64_t reached = reachable(sources, size - forced);
  if (take_all(sources, reached, taken)) return forced + reached;
  std::int64_t rest = reached;
  bundles_.clear();
  for (std::size_t k = 0; k < stages_used_; ++k) {
    Stage& stage = stages_[k];
    merge(sources, stage, rest / stage.lot);
    stage.residue = 0;
    if (k + 1 == stages_used_) break;
    const std::int64_t next_lot = stages_[k + 1].lot;
    CROSSBOOK_ASSERT(next_lot % stage.lot == 0);
    stage.residue = rest % next_lot / stage.lot;
    rest -= rest % next_lot;
    bundle_rest(stage, next_lot / stage.lot);
  }
  note_tie(stages_[0]);
  give(rest, taken);
  return forced + reached;
}

std::int64_t WaterFill::affordable(std::span<const WaterSource> sources, std::int64_t lot, Wide value) {
  cursors_.resize(sources.size());
  heap_.clear();
  bundles_.clear();
  for (std::size_t s = 0; s < sources.size(); ++s) {
    start(sources, s);
    Segment head{0, 0, static_cast<std::int32_t>(s)};
    if (next_segment(sources, lot, head)) heap_.push_back(head);
  }
  order_heads();
  std::int64_t lots = 0;
  while (!heap_.empty()) {
    Segment& top = heap_.front();
    const Wide each = top.cost / sources[static_cast<std::size_t>(top.source)].factor;
    const Wide some = std::min<Wide>(top.count, value / each);
    lots += static_cast<std::int64_t>(some);
    value -= some * each;
    if (some < top.count) break;
    reorder_top(next_segment(sources, lot, top));
  }
  return lots * lot;
}

}  // namespace crossbook
