// SPDX-License-Identifier: Apache-2.0
//
// What the paper loop keeps on disk, and how it goes on from there.
#include <algorithm>
#include <charconv>
#include <string_view>

#include "crossbook/gateway/listing_rules.hpp"
#include "crossbook/shard/paper_loop.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

constexpr std::string_view first_line = "crossbook-paper 1";

// The next line of the text, which it leaves behind.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// What follows a word and a blank; nothing where the line begins otherwise.
std::optional<std::string_view> after_word(std::string_view line, std::string_view word) {
  if (line.size() <= word.size() || !line.starts_with(word) || line[word.size()] != ' ') return {};
  return line.substr(word.size() + 1);
}

sys::Status unreadable(std::string_view line) {
  return sys::fault("the state of the paper exchanges cannot be read: \"" + std::string(line.substr(0, 80)) +
                    "\"; move its file away to begin with empty exchanges");
}

}  // namespace

// -- writing ---------------------------------------------------------------------------------------------------------

void PaperLoop::write_intent(const PlaceOrder& order, Wall wall) {
  if (options_.journal == nullptr || !healthy_) return;
  const Listing& listing = player_.engine().listings()[order.terms.listing];
  TrackedOrder& tracked = orders_[order.order];
  tracked.recorded = true;
  const guard::Order* held = player_.engine().guard().find(order.order);
  options_.journal->intent({.order = order.order,
                            .listing = {std::string(venue::feed(listing.feed).name), listing.raw_symbol},
                            .symbol = tracked.symbol,
                            .terms = order.terms,
                            .limits = held != nullptr ? held->limits : OrderLimits{},
                            .placed_at = wall});
}

bool PaperLoop::commit() {
  if (options_.journal == nullptr) return true;
  if (!healthy_) return false;
  fail(options_.journal->commit());
  return bool(healthy_);
}

// What cannot be kept must not be risked: nothing is placed any more, and what lives is cancelled.
void PaperLoop::fail(sys::Status status) {
  if (status || !healthy_) return;
  healthy_ = std::move(status);
  if (!std::exchange(stop_told_, true)) follow_up_.push_back({at_, wall_, StopCommand{}});
}

void PaperLoop::keep_performance() {
  if (tracker_.rows().empty()) return;
  const tca::Rows& rows = tracker_.rows();
  if (options_.journal != nullptr) options_.journal->performance(rows);
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  append(rows_.decisions, rows.decisions);
  append(rows_.fills, rows.fills);
  append(rows_.markouts, rows.markouts);
  append(rows_.orders, rows.orders);
  append(rows_.references, rows.references);
  append(rows_.levels, rows.levels);
  append(rows_.improvements, rows.improvements);
  tracker_.clear_rows();
  forget_performance();
}

// Half of the rows at a time, so that it costs little. Decisions are numbered as they are made.
void PaperLoop::forget_performance() {
  if (rows_.decisions.size() < 2 * options_.performance_kept) return;
  const OrderId oldest = rows_.decisions[rows_.decisions.size() - options_.performance_kept].decision;
  std::erase_if(rows_.decisions, [&](const tca::DecisionRow& row) { return row.decision < oldest; });
  std::erase_if(rows_.fills, [&](const tca::FillRow& row) { return row.decision < oldest; });
  std::erase_if(rows_.markouts, [&](const tca::MarkoutRow& row) { return row.order < oldest; });
  std::erase_if(rows_.orders, [&](const tca::OrderEndRow& row) { return row.decision < oldest; });
  std::erase_if(rows_.references, [&](const tca::ReferenceRow& row) { return row.decision < oldest; });
  std::erase_if(rows_.levels, [&](const tca::LevelRow& row) { return row.decision < oldest; });
  std::erase_if(rows_.improvements, [&](const tca::ImprovementRow& row) { return row.decision < oldest; });
}

// What the exchanges told so far is on disk before they forget that it was still to be told.
void PaperLoop::keep_exchanges() {
  if (options_.journal == nullptr || !commit()) return;
  fail(options_.journal->keep_exchanges(exchanges_state()));
}

// -- the paper exchanges ---------------------------------------------------------------------------------------------

void PaperLoop::list(ListingId id) {
  const Listing& listing = player_.engine().listings()[id];
  const auto rules = gateway::rules_of(listing.instrument);
  if (!rules) return;
  const std::string_view venue = venue::feed(listing.feed).venue;
  auto found = venues_.find(venue);
  if (found == venues_.end()) {
    found = venues_.emplace(venue, gateway_.add_venue(costs_.exchange(id))).first;
    venue_order_.push_back(id);
  }
  gateway_.list(id, found->second, *rules);
  if (listed_.size() <= index(id)) listed_.resize(index(id) + 1);
  listed_[index(id)] = 1;
}

// Handles by name: the listings by their numbers, then the first listing of each venue in the order of the venues, then
// the others that are traded.
std::string PaperLoop::exchanges_state() const {
  std::string state(first_line);
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    const Listing& listing = player_.engine().listings()[ListingId(i)];
    state.append("\nlisting ").append(venue::feed(listing.feed).name).append(" ").append(listing.raw_symbol);
  }
  for (const ListingId id : venue_order_) state.append("\nlist ").append(std::to_string(index(id)));
  for (std::size_t i = 0; i < listed_.size(); ++i)
    if (listed_[i] != 0) state.append("\nlist ").append(std::to_string(i));
  return state.append("\nexchanges\n").append(gateway_.state());
}

sys::Status PaperLoop::restore_exchanges(const std::string& state, Steady at) {
  std::string_view text = state;
  if (const std::string_view line = take_line(text); line != first_line) return unreadable(line);
  std::vector<ListingId> listings;
  for (std::string_view line = take_line(text); line != "exchanges"; line = take_line(text)) {
    if (const auto name = after_word(line, "listing")) {
      const std::size_t blank = name->find(' ');
      const auto feed = venue::find_feed(name->substr(0, std::min(blank, name->size())));
      if (!feed || blank == std::string_view::npos) return unreadable(line);
      listings.push_back(player_.list(*feed, name->substr(blank + 1)));
    } else if (const auto number = after_word(line, "list")) {
      std::size_t position = 0;
      const auto [end, error] = std::from_chars(number->data(), number->data() + number->size(), position);
      if (error != std::errc() || end != number->data() + number->size() || position >= listings.size())
        return unreadable(line);
      list(listings[position]);
    } else {
      return unreadable(line);
    }
  }
  if (const auto restored = gateway_.restore(text, at, listings); !restored) return unreadable("exchanges");
  return {};
}

// -- restarting ------------------------------------------------------------------------------------------------------

sys::Status PaperLoop::restore(std::vector<RestoredIntent> orders, const std::string& exchanges) {
  for (const RestoredIntent& order : orders)
    if (!venue::find_feed(order.intent.listing.feed))
      return sys::fault("order " + std::to_string(static_cast<std::uint64_t>(order.intent.order)) +
                        " of the store is at the feed " + order.intent.listing.feed + ", which is not known");
  restored_ = std::move(orders);
  restored_exchanges_ = exchanges;
  return {};
}

// Each order is unknown until its exchange answers; what the exchanges hold and we do not know is cancelled.
void PaperLoop::restore_now(Steady at, Wall wall) {
  // Listings get the numbers that they had when the exchanges were kept, before anything else names one.
  if (!restored_exchanges_.empty()) healthy_ = restore_exchanges(std::exchange(restored_exchanges_, {}), at);
  if (!healthy_) return;
  std::map<OrderId, ListingId> held;
  for (const gateway::OpenOrder& order : gateway_.held_orders()) held.emplace(order.order, order.terms.listing);
  first_order_ = next_order_ = std::max(next_order_, OrderId(static_cast<std::uint64_t>(gateway_.last_order()) + 1));
  for (const RestoredIntent& restored : std::exchange(restored_, {})) {
    const Intent& intent = restored.intent;
    const ListingId listing = player_.list(*venue::find_feed(intent.listing.feed), intent.listing.raw_symbol);
    list(listing);
    TrackedOrder& order = orders_[intent.order];
    order = {.id = intent.order,
             .listing = listing,
             .venue = std::string(venue::feed(player_.engine().listings()[listing].feed).venue),
             .symbol = intent.symbol,
             .terms = intent.terms,
             .decided_at = at};
    order.terms.listing = listing;
    order.restored = true;
    order.recorded = true;
    order.filled_once = restored.filled.count() > 0;
    account_.enter(OrderState::unknown);
    ++account_.restored;
    take({at, wall, RestoredOrder{intent.order, order.terms, intent.limits, intent.placed_at, restored.filled}});
    for (const std::uint64_t trade : restored.trades) take({at, wall, RestoredTrade{intent.order, trade}});
    if (restored.wanted_gone) take({at, wall, CancelCommand{intent.order, OrderReason::recovered}});
    held.erase(intent.order);
  }
  for (const auto& [stranger, listing] : held) {
    ++account_.strangers;
    strangers_.insert(stranger);
    gateway_.cancel({.order = stranger, .listing = listing, .reason = OrderReason::recovered, .decided_at = at}, at,
                    wall);
  }
}

}  // namespace crossbook::shard
