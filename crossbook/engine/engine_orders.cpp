// SPDX-License-Identifier: Apache-2.0
//
// Orders: which spread each watches, what the market is without our own, and what the guard makes of it.
#include <algorithm>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::engine {
namespace {

// The least scale at which a count of 10^-scale is whole.
int scale_needed(std::int64_t count, int scale) {
  for (; scale > 0 && count % 10 == 0; --scale) count /= 10;
  return scale;
}

}  // namespace

void Engine::on_place(const PlaceCommand& command) {
  const ListingId listing = command.terms.listing;
  CROSSBOOK_ASSERT(index(listing) < entries_.size());
  guard_.place(command, watch_of(listing, command.limits.watched), account_of(listing), at_, wall_, *effects_);
}

void Engine::on_restored(const RestoredOrder& order) {
  const ListingId listing = order.terms.listing;
  CROSSBOOK_ASSERT(index(listing) < entries_.size());
  guard_.restore(order, watch_of(listing, order.limits.watched), account_of(listing), at_, wall_, *effects_);
}

// -- who watches what ------------------------------------------------------------------------------------------------

guard::WatchId Engine::watch_of(ListingId id, WatchedSpread watched) {
  Entry& entry = entries_[index(id)];
  if (!entry.traded) {
    entry.traded = true;
    note_moved(id);  // its touch was told to nobody yet
  }
  if (watched == WatchedSpread::consolidated)
    if (const auto group = watched_group(id)) return group_watch(*group);
  if (!entry.watch) {
    entry.watch = guard_.add_watch(false);
    guard_.on_spread(*entry.watch, venue_spread(id), at_, wall_, *effects_);
  }
  return *entry.watch;
}

// The book that consolidates a listing: its symbol's, else the first by hand that it is in. Nothing where the listing
// can be consolidated with no other; its own spread is all there is.
std::optional<GroupId> Engine::watched_group(ListingId id) {
  Entry& entry = entries_[index(id)];
  for (const Membership& membership : entry.memberships)
    if (!groups_[index(membership.group)].by_hand) return membership.group;
  if (!entry.memberships.empty()) return entry.memberships.front().group;
  const std::string& symbol = listings_[id].instrument.symbol;
  if (entry.grouped || !member_settings(id)) return {};
  const auto known = find_group(symbol);
  return known ? known : add_group(symbol, {});
}

guard::WatchId Engine::group_watch(GroupId id) {
  if (group_watches_.size() <= index(id)) group_watches_.resize(index(id) + 1);
  GroupWatch& watch = group_watches_[index(id)];
  if (!watch.id) {
    watch.id = guard_.add_watch(true);
    guard_.on_spread(*watch.id, group_spread(id), at_, wall_, *effects_);
  }
  return *watch.id;
}

// One account a venue: its feeds share a budget.
guard::AccountId Engine::account_of(ListingId id) {
  const std::string_view venue = venue::feed(listings_[id].feed).venue;
  const auto known = accounts_.find(venue);
  if (known != accounts_.end()) return known->second;
  const auto budget = options_.budgets.find(venue);
  const guard::AccountId added =
      guard_.add_account(budget == options_.budgets.end() ? std::nullopt : std::optional(budget->second));
  accounts_.emplace(venue, added);
  return added;
}

// -- spreads ---------------------------------------------------------------------------------------------------------

void Engine::note_moved(ListingId id) {
  Entry& entry = entries_[index(id)];
  if (!entry.traded || entry.moved) return;
  entry.moved = true;
  moved_listings_.push_back(id);
}

void Engine::note_moved(GroupId id) {
  if (index(id) >= group_watches_.size()) return;
  GroupWatch& watch = group_watches_[index(id)];
  if (!watch.id || watch.moved) return;
  watch.moved = true;
  moved_groups_.push_back(id);
}

// What is best without our own may have changed, at the venue and so among all, though no top did.
void Engine::note_others_moved(ListingId id) {
  note_moved(id);
  for (const Membership& membership : entries_[index(id)].memberships) note_moved(membership.group);
}

// The guard hears each spread that may have changed, once, as it stands after the timers and after the input. What a
// frame does on the way is nobody's market.
void Engine::tell_spreads() {
  for (const ListingId id : moved_listings_) {
    Entry& entry = entries_[index(id)];
    entry.moved = false;
    const auto price = [&](Side side) {
      const auto top = top_of(entry, side);
      return top ? std::optional(top->price) : std::nullopt;
    };
    guard_.on_touch(id, {price(Side::bid), price(Side::ask), listings_[id].price_scale});
    if (entry.watch) guard_.on_spread(*entry.watch, venue_spread(id), at_, wall_, *effects_);
  }
  for (const GroupId id : moved_groups_) {
    group_watches_[index(id)].moved = false;
    guard_.on_spread(*group_watches_[index(id)].id, group_spread(id), at_, wall_, *effects_);
  }
  moved_listings_.clear();
  moved_groups_.clear();
}

guard::Spread Engine::venue_spread(ListingId id) const {
  const auto bid = others_best(id, Side::bid);
  const auto ask = others_best(id, Side::ask);
  return bid && ask ? guard::spread_between(*bid, *ask) : std::nullopt;
}

guard::Spread Engine::group_spread(GroupId id) const {
  const auto bid = others_best(groups_[index(id)], Side::bid);
  const auto ask = others_best(groups_[index(id)], Side::ask);
  return bid && ask ? guard::spread_between(*bid, *ask) : std::nullopt;
}

// The best price of a venue that is not ours alone.
std::optional<Price> Engine::others_best(ListingId id, Side side) const {
  const Entry& entry = entries_[index(id)];
  const auto top = top_of(entry, side);
  if (!top) return {};
  if (!own_.any(id) || top->quantity.count() > own_.at(id, side, top->price)) return top->price;
  std::optional<Price> behind;
  entry.book.for_each(side, [&](const book::WideLevel& level) {
    const bool others =
        better(side, top->price, level.price) && level.quantity.count() > own_.at(id, side, level.price);
    if (others) behind = level.price;
    return !others;
  });
  return behind;
}

// Likewise of a consolidated book, at its scale.
std::optional<Price> Engine::others_best(const Group& group, Side side) const {
  const book::Consolidated& consolidated = group.consolidated;
  const auto& best = consolidated.best(side);
  if (!best || !ours_in(group)) return best ? std::optional(best->price) : std::nullopt;
  std::optional<Price> of_others;
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    if (!consolidated.contributes(member)) continue;
    const auto price = others_best(group.members[m], side);
    const auto here = price ? consolidated.to_group(member, *price) : std::nullopt;
    if (here && (!of_others || better(side, *here, *of_others))) of_others = here;
  }
  return of_others;
}

bool Engine::ours_in(const Group& group) const {
  return options_.own_orders_shown && std::ranges::any_of(group.members, [this](ListingId id) { return own_.any(id); });
}

// -- our own sizes ---------------------------------------------------------------------------------------------------

// What changed about our orders changes what is ours of the books, and so the spreads of the others.
void Engine::note_own(std::size_t changes_before) {
  if (!options_.own_orders_shown) return;
  for (std::size_t i = changes_before; i < effects_->order_changes.size(); ++i) {
    const guard::Order* order = guard_.find(effects_->order_changes[i].order);
    if (order == nullptr) continue;
    show_own(*order);
    note_others_moved(order->terms.listing);
  }
}

// An order on its way may be displayed before its acknowledgement arrives: it counts as shown from the start, so that a
// spread is rather too wide than too narrow. A listing whose digits so far are coarser than the order's grows.
void Engine::show_own(const guard::Order& order) {
  const OrderTerms& terms = order.terms;
  const Listing& listing = listings_[terms.listing];
  const Quantity left = terms.quantity - order.filled;
  const bool rests = terms.type == OrderType::limit || terms.type == OrderType::post_only;
  if (ended(order.state) || !rests || left <= Quantity()) return own_.hide(order.id);
  const venue::Context::Need need{.listing = terms.listing,
                                  .price_scale = scale_needed(terms.price.count(), terms.price_scale),
                                  .quantity_scale = scale_needed(left.count(), terms.quantity_scale)};
  const bool finer = need.price_scale > listing.price_scale || need.quantity_scale > listing.quantity_scale;
  if (finer && !make_room(need)) return own_.hide(order.id);
  const auto price = rescale(terms.price.count(), terms.price_scale, listing.price_scale);
  const auto quantity = rescale(left.count(), terms.quantity_scale, listing.quantity_scale);
  if (!price || !quantity) return own_.hide(order.id);
  own_.show(order.id, terms.listing, resting_side(terms.action), Price(*price), Quantity(*quantity));
}

// -- time ------------------------------------------------------------------------------------------------------------

std::optional<Steady> Engine::next_due() const {
  std::optional<Steady> next;
  const auto earlier = [&next](std::optional<Steady> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  earlier(guard_.next_due());
  if (!options_.filters) return next;
  earlier(link_deadlines_.next());
  earlier(book_deadlines_.next());
  earlier(group_deadlines_.next());
  return next;
}

}  // namespace crossbook::engine
