// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_book.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "crossbook/book/merge.hpp"
#include "crossbook/shard/player.hpp"
#include "crossbook/sys/clock.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

// How much of a venue's book a caller has seen, as one number: messages, reason, and the second that it was heard in.
std::uint64_t revision(const book::VenueBook& book, Reason excluded, std::optional<Steady> heard) {
  const book::BookCounters& counters = book.counters();
  std::uint64_t number = counters.snapshots + counters.deltas;
  number = number * 64 + static_cast<std::uint64_t>(excluded);
  return number * 1'000'003 + (heard ? static_cast<std::uint64_t>(heard->nanos() / 1'000'000'000) + 1 : 0);
}

std::vector<LiveLevel> levels_of(const engine::Engine& engine, const engine::Group& group, Side side,
                                 std::size_t depth) {
  std::vector<LiveLevel> levels;
  const auto books = engine.books(group);
  book::Merge<> merge(group.consolidated, books, side);
  while (levels.size() < depth) {
    const auto merged = merge.next();
    if (!merged) break;
    LiveLevel& level = levels.emplace_back();
    level.price = merged->price;
    level.quantity = merged->quantity;
    for (const book::MemberSize& part : merged->parts) level.parts.emplace_back(part.member, part.quantity);
  }
  return levels;
}

std::vector<book::WideLevel> own_levels(const engine::Group& group, book::Member member, const book::VenueBook& book,
                                        Side side, std::size_t depth) {
  std::vector<book::WideLevel> levels;
  book.for_each(side, [&](const book::WideLevel& level) {
    if (levels.size() == depth) return false;
    if (const auto price = group.consolidated.to_group(member, level.price))
      levels.push_back({*price, group.consolidated.to_group(member, level.quantity)});
    return true;
  });
  return levels;
}

LiveVenueState waiting(const Player& player, const Listing& listing) {
  const book::VenueBook& book = player.engine().book(listing.id);
  LiveVenueState state;
  state.name = venue::feed(listing.feed).venue;
  state.excluded = book.reason() == Reason::none ? Reason::waiting_for_snapshot : book.reason();
  state.state = book.state();
  return state;
}

void add_waiting(const Player& player, std::span<const ListingId> joined, LiveBook& book) {
  for (const Listing& listing : player.engine().listings())
    if (player.key(listing) == book.symbol && std::ranges::find(joined, listing.id) == joined.end())
      book.venues.push_back(waiting(player, listing));
}

}  // namespace

std::vector<std::string> symbols_of(const Player& player) {
  std::vector<std::string> symbols;
  for (const Listing& listing : player.engine().listings())
    if (std::ranges::find(symbols, player.key(listing)) == symbols.end()) symbols.push_back(player.key(listing));
  return symbols;
}

std::string unknown_symbol(std::string_view symbol, const Player& player) {
  std::string text = '"' + std::string(symbol) + "\" is not among the symbols:";
  for (const std::string& known : symbols_of(player)) text.append(" ").append(known);
  return text;
}

LiveBook empty_book(const Player& player, std::string_view symbol) {
  LiveBook book;
  book.symbol = symbol;
  book.at = player.last_t();
  add_waiting(player, {}, book);
  return book;
}

LiveBook book_of(const Player& player, GroupId id, std::size_t depth) {
  const engine::Engine& engine = player.engine();
  const engine::Group& group = engine.group(id);
  const book::Consolidated& view = group.consolidated;
  LiveBook book;
  book.symbol = group.name;
  book.at = player.last_t();
  book.price_scale = view.price_scale();
  book.quantity_scale = view.quantity_scale();
  book.bids = levels_of(engine, group, Side::bid, depth);
  book.asks = levels_of(engine, group, Side::ask, depth);
  book.spread_micro_bps = view.spread_micro_bps();
  book.crossed = view.crossed();
  book.locked = view.locked();
  const Steady now = sys::steady_now();
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    const book::VenueBook& own = engine.book(group.members[m]);
    LiveVenueState& state = book.venues.emplace_back();
    state.name = view.member(member).name;
    state.excluded = view.excluded(member);
    state.state = own.state();
    state.verified = own.verified();
    if (const auto heard = engine.liveness(group.members[m]).last_heard()) state.age = now - *heard;
  }
  add_waiting(player, group.members, book);
  return book;
}

std::vector<LiveVenueBook> venue_books_of(const Player& player, GroupId id, std::size_t depth, SeenBooks* seen) {
  const engine::Engine& engine = player.engine();
  const engine::Group& group = engine.group(id);
  const sys::Moment now = sys::now();
  std::vector<LiveVenueBook> books;
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    const book::VenueBook& own = engine.book(group.members[m]);
    const auto heard = engine.liveness(group.members[m]).last_heard();
    const std::string& name = group.consolidated.member(member).name;
    const Reason excluded = group.consolidated.excluded(member);
    const std::uint64_t number = revision(own, excluded, heard);
    if (seen != nullptr && std::exchange((*seen)[name], number) == number) continue;
    LiveVenueBook& book = books.emplace_back();
    book.symbol = group.name;
    book.venue = name;
    book.at = heard ? now.wall - (now.at - *heard) : now.wall;
    book.price_scale = group.consolidated.price_scale();
    book.quantity_scale = group.consolidated.quantity_scale();
    book.excluded = excluded;
    if (excluded != Reason::none) continue;
    book.bids = own_levels(group, member, own, Side::bid, depth);
    book.asks = own_levels(group, member, own, Side::ask, depth);
  }
  return books;
}

}  // namespace crossbook::shard
