// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/book/venue_book.hpp"
#include "crossbook/core/reason.hpp"

// Copies of live books, for those who are not on the thread that owns them.
namespace crossbook::shard {

class Player;

// One price over all venues. Numbers are counts at the book's scales.
struct LiveLevel {
  Price price;
  WideQuantity quantity;
  std::vector<std::pair<std::size_t, WideQuantity>> parts;  // position in LiveBook::venues, and its share
};

// One venue of a symbol.
struct LiveVenueState {
  std::string name;
  Reason excluded = Reason::none;  // why it does not contribute; none: it does
  book::BookState state = book::BookState::empty;
  book::Verified verified = book::Verified::unverifiable;
  std::optional<Nanos> age;  // since it was heard last; none: never
};

struct LiveBook {
  std::string symbol;
  Wall at;  // of the latest input
  int price_scale = 0;
  int quantity_scale = 0;
  std::vector<LiveLevel> bids;  // best first
  std::vector<LiveLevel> asks;
  std::vector<LiveVenueState> venues;
  std::optional<std::int64_t> spread_micro_bps;  // below zero: crossed; none: a side is missing
  bool crossed = false;
  bool locked = false;
};

// One venue's own book at the scales of its symbol. Without levels where `excluded` says why it is left out.
struct LiveVenueBook {
  std::string symbol;
  std::string venue;
  Wall at;  // when the venue was heard last
  int price_scale = 0;
  int quantity_scale = 0;
  std::vector<book::WideLevel> bids;  // best first
  std::vector<book::WideLevel> asks;
  Reason excluded = Reason::none;
};

// By venue: how much of its book was seen already.
using SeenBooks = std::map<std::string, std::uint64_t>;

// The symbols that were asked for, also before their first message.
[[nodiscard]] std::vector<std::string> symbols_of(const Player& player);
// "X" is not among the symbols: ...
[[nodiscard]] std::string unknown_symbol(std::string_view symbol, const Player& player);
// The book of a symbol that no message has named yet; without venues where nobody asked for it.
[[nodiscard]] LiveBook empty_book(const Player& player, std::string_view symbol);
// So many levels a side at most.
[[nodiscard]] LiveBook book_of(const Player& player, GroupId id, std::size_t depth);
// The own book of each venue; of those only that changed, or were heard in another second, since `seen` was noted.
[[nodiscard]] std::vector<LiveVenueBook> venue_books_of(const Player& player, GroupId id, std::size_t depth,
                                                        SeenBooks* seen);

}  // namespace crossbook::shard
