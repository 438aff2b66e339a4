// SPDX-License-Identifier: Apache-2.0
#include "crossbook/gateway/paper_book.hpp"

#include <algorithm>
#include <limits>

#include "crossbook/gateway/exact.hpp"

namespace crossbook::gateway {
namespace {

// The price at the order's scale; where that is coarser, rounded against the order, and never beyond its limit.
std::optional<Price> price_for(const PaperOrder& order, Wide price) {
  const Wide unit = power_of_ten(scale_max - order.terms.price_scale);
  const Wide up = order.terms.action == Action::buy && price % unit > 0 ? 1 : 0;
  const std::optional<std::int64_t> count = narrow(price / unit + up);
  return count ? std::optional(Price(*count)) : std::nullopt;
}

// Fills as much of the order as `offered` allows. Returns what that takes of it.
Wide fill(PaperOrder& order, Wide offered, Price price, Role role, std::vector<Match>& matches) {
  const int scale = order.terms.quantity_scale;
  const Quantity quantity(std::min(counts_within(offered, scale), order.remaining().count()));
  if (quantity == Quantity(0)) return 0;
  order.filled += quantity;
  matches.push_back({.order = order.order, .price = price, .quantity = quantity, .role = role});
  return exact(quantity.count(), scale);
}

void forget_what_came_late(PaperOrder& order, Steady at) {
  if (at - order.shortened_at > PaperBook::print_lag_max) order.shortened = 0;
}

void shorten_queue(PaperOrder& order, Wide shown, Steady at) {
  if (!order.ahead) order.ahead = shown;
  if (shown >= *order.ahead) return;
  forget_what_came_late(order, at);
  order.shortened += *order.ahead - shown;
  order.shortened_at = at;
  order.ahead = shown;
}

// What a print at the order's price leaves to it, once those before it have had theirs.
Wide pass_queue(PaperOrder& order, Wide quantity, Steady at) {
  if (!order.ahead) return 0;
  forget_what_came_late(order, at);
  const Wide known = std::min(order.shortened, quantity);
  const Wide passed = std::min(*order.ahead, quantity - known);
  order.shortened -= known;
  *order.ahead -= passed;
  return quantity - known - passed;
}

// The market cannot have traded there while anything stood before the order.
Wide trade_through(PaperOrder& order, Wide quantity) {
  order.ahead = 0;
  order.shortened = 0;
  return quantity;
}

}  // namespace

template <class Visit>
void PaperBook::visit_levels(Side side, Visit&& visit) const {
  const ListingScales scales = displayed_->scales(listing_);
  auto on_level = [&](Price price, WideQuantity quantity) {
    if (quantity <= WideQuantity(0)) return true;
    return visit(Shown{.place = place_of(side, exact(price.count(), scales.price)),
                       .quantity = exact(quantity.count(), scales.quantity)});
  };
  displayed_->levels(listing_, side, LevelVisitor(on_level));
}

Wide PaperBook::left_of(Side side, Shown level) const {
  const auto taken = taken_[index(side)].find(level.place);
  return taken == taken_[index(side)].end() ? level.quantity
                                            : std::max<Wide>(level.quantity - taken->second.quantity, 0);
}

void PaperBook::note_taken(Side side, Wide place, Wide quantity, Steady at) {
  if (quantity == 0) return;
  TakenLevel& level = taken_[index(side)][place];
  level.quantity += quantity;
  level.seen_at = at;
}

std::optional<Amount> PaperBook::best_for(Action action) const {
  const Side side = taken_side(action);
  const int scale = displayed_->scales(listing_).price;
  std::optional<Amount> best;
  visit_levels(side, [&](Shown level) {
    if (left_of(side, level) == 0) return true;
    best = Amount{.count = counts_within(price_at(side, level.place), scale), .scale = scale};
    return false;
  });
  return best;
}

bool PaperBook::would_take(const PaperOrder& order) const {
  const Side side = opposite(order.side());
  const Wide place = order.place();
  bool takes = false;
  visit_levels(side, [&](Shown level) {
    if (level.place + place > 0) return false;
    takes = left_of(side, level) > 0;
    return !takes;
  });
  return takes;
}

void PaperBook::take(PaperOrder& order, Steady at, std::vector<Match>& matches) {
  const Side side = opposite(order.side());
  const std::optional<Wide> place = order.terms.type == OrderType::market ? std::nullopt : std::optional(order.place());
  visit_levels(side, [&](Shown level) {
    if (place && level.place + *place > 0) return false;
    const std::optional<Price> price = price_for(order, price_at(side, level.place));
    if (!price) return false;
    note_taken(side, level.place, fill(order, left_of(side, level), *price, Role::taker, matches), at);
    return order.remaining() > Quantity(0);
  });
}

void PaperBook::insert(PaperOrder& order) {
  Resting& orders = resting_[index(order.side())];
  const auto before = [](const PaperOrder* a, const PaperOrder* b) {
    const Wide place_a = a->place();
    const Wide place_b = b->place();
    return place_a != place_b ? place_a < place_b : a->arrival < b->arrival;
  };
  orders.insert(std::ranges::upper_bound(orders, &order, before), &order);
}

void PaperBook::rest(PaperOrder& order) {
  insert(order);
  order.ahead.reset();
  if (order.blind) return;
  read_levels(order.side());
  order.ahead = shown_at(order.place());
}

void PaperBook::remove(const PaperOrder& order) {
  Resting& orders = resting_[index(order.side())];
  if (const auto found = std::ranges::find(orders, &order); found != orders.end()) orders.erase(found);
}

const std::vector<PaperOrder*>& PaperBook::blind() {
  blind_.clear();
  for (const Resting& orders : resting_) std::ranges::copy_if(orders, std::back_inserter(blind_), &PaperOrder::blind);
  std::ranges::sort(blind_, {}, &PaperOrder::arrival);
  return blind_;
}

// Reads until one level is as far as all that is ours, so that what shown_at() does not find is beyond the last level.
void PaperBook::read_levels(Side side) {
  const Resting& orders = resting_[index(side)];
  const Taken& taken = taken_[index(side)];
  Wide furthest = std::numeric_limits<Wide>::min();
  if (!orders.empty()) furthest = orders.back()->place();
  if (!taken.empty()) furthest = std::max(furthest, taken.rbegin()->first);
  shown_.clear();
  visit_levels(side, [&](Shown level) {
    shown_.push_back(level);
    return level.place < furthest;
  });
}

// None beyond the last level: a feed may keep fewer levels than there are. A side without levels is empty.
std::optional<Wide> PaperBook::shown_at(Wide place) const {
  if (shown_.empty()) return 0;
  const auto level = std::ranges::lower_bound(shown_, place, {}, &Shown::place);
  if (level == shown_.end()) return {};
  return level->place == place ? level->quantity : 0;
}

void PaperBook::forget_taken(Side side, Steady at) {
  for (auto& [place, level] : taken_[index(side)]) {
    if (const std::optional<Wide> shown = shown_at(place)) {
      level.quantity = std::min(level.quantity, *shown);
      level.seen_at = at;
    } else if (at - level.seen_at > hidden_kept) {
      level.quantity = 0;
    }
  }
  std::erase_if(taken_[index(side)], [](const auto& level) { return level.second.quantity == 0; });
}

void PaperBook::shorten_queues(Side side, Steady at) {
  for (PaperOrder* order : resting_[index(side)]) {
    if (const std::optional<Wide> shown = shown_at(order->place())) shorten_queue(*order, *shown, at);
  }
}

void PaperBook::meet(Steady at, std::vector<Match>& matches) {
  for (const Side side : {Side::bid, Side::ask}) meet_other_side(side, at, matches);
}

void PaperBook::meet_other_side(Side side, Steady at, std::vector<Match>& matches) {
  const Side other = opposite(side);
  const Resting& orders = resting_[index(side)];
  if (orders.empty()) return;
  visit_levels(other, [&](Shown level) {
    if (level.place + orders.front()->place() > 0) return false;
    Wide left = left_of(other, level);
    for (PaperOrder* order : orders) {
      if (left == 0 || level.place + order->place() > 0) break;
      const Wide took = fill(*order, left, order->terms.price, Role::maker, matches);
      note_taken(other, level.place, took, at);
      left -= took;
    }
    return true;
  });
}

void PaperBook::shown(Steady at) {
  for (const Side side : {Side::bid, Side::ask}) {
    if (resting_[index(side)].empty() && taken_[index(side)].empty()) continue;
    read_levels(side);
    forget_taken(side, at);
    shorten_queues(side, at);
  }
}

void PaperBook::traded(const Trade& trade, Steady at, std::vector<Match>& matches) {
  const Side side = opposite(trade.taker);
  if (resting_[index(side)].empty()) return;
  const ListingScales scales = displayed_->scales(listing_);
  const Wide place = place_of(side, exact(trade.price.count(), scales.price));
  Wide left = exact(trade.quantity.count(), scales.quantity);
  for (PaperOrder* order : resting_[index(side)]) {
    const Wide own = order->place();
    if (left == 0 || own > place) break;
    if (trade.ts_event && *trade.ts_event < order->arrived) continue;
    const Wide offered = own < place ? trade_through(*order, left) : pass_queue(*order, left, at);
    left -= fill(*order, offered, order->terms.price, Role::maker, matches);
  }
}

}  // namespace crossbook::gateway
