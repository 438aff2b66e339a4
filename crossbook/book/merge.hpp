// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "crossbook/book/consolidated.hpp"
#include "crossbook/book/venue_book.hpp"

// All members' levels from best to worst, on demand: nothing is copied, and a reader that wants ten levels pays for
// ten.
namespace crossbook::book {

// A member's part of a merged level.
struct MemberSize {
  Member member = 0;
  WideQuantity quantity;  // at the group's quantity scale
};

// Equal prices are one level, different prices never are.
struct MergedLevel {
  Price price;                        // at the group's price scale; the nearest member price where a key reorders
  WideQuantity quantity;              // sum of the parts
  std::span<const MemberSize> parts;  // by member; lives until the next call of next()
};

// Orders levels by raw price, nearer to the touch first. A key is what equal levels share: another key type, for
// example an all-in price, has the same members.
struct ByPrice {
  using Key = Price;
  // The key of a member's level at the group's scale.
  [[nodiscard]] Key operator()(Side, Member, Price price) const { return price; }
  // Whether a comes before b.
  [[nodiscard]] static bool before(Side side, const Key& a, const Key& b) { return better(side, a, b); }
  // The price of a merged level, from its key and the price of its first part.
  [[nodiscard]] static Price shown(const Key& key, Price) { return key; }
};

// A view over the members' books; books must not change while it is read.
template <class KeyOf = ByPrice>
class Merge {
 public:
  // `books` is by member; nullptr or a member that does not contribute is left out. `only_contributors` off: all books
  // given are merged, whatever their state.
  Merge(const Consolidated& group, std::span<const VenueBook* const> books, Side side, KeyOf key = {},
        bool only_contributors = true)
      : group_(group), books_(books), side_(side), key_(std::move(key)) {
    for (std::size_t m = 0; m < books.size() && m < members_max; ++m) {
      const auto member = static_cast<Member>(m);
      if (books[m] == nullptr || (only_contributors && !group.contributes(member))) continue;
      if (const std::optional<WideLevel> shown = group.member_top(member, side)) push_shown(member, *shown);
      else if (const std::optional<WideLevel> top = books[m]->top(side)) push(member, *top);
    }
  }

  // The next level, or nothing when all are read.
  [[nodiscard]] std::optional<MergedLevel> next() {
    if (count_ == 0) return {};
    parts_count_ = 0;
    const Head first = heads_[nearest()];
    MergedLevel level{KeyOf::shown(first.key, first.price), WideQuantity(), {}};
    for (std::size_t i = 0; i < count_;) {
      if (KeyOf::before(side_, first.key, heads_[i].key)) {
        ++i;
        continue;
      }
      level.quantity += heads_[i].quantity;
      add_part(heads_[i]);
      advance(i);
    }
    std::sort(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(parts_count_),
              [](const MemberSize& a, const MemberSize& b) { return a.member < b.member; });
    level.parts = std::span(parts_).first(parts_count_);
    return level;
  }

 private:
  struct Head {
    typename KeyOf::Key key{};
    Price price;  // group's scale
    Price own;    // member's scale
    WideQuantity quantity;
    Member member = 0;
  };

  // The top that the member shows, at the group's scale: its ladder's, or that of its best bid-ask stream, which hides
  // the ladder's levels before it.
  void push_shown(Member member, const WideLevel& top) {
    heads_[count_++] = {key_(side_, member, top.price), top.price, group_.to_member_floor(member, top.price),
                        top.quantity, member};
  }
  void push(Member member, const WideLevel& level) {
    if (fill(heads_[count_], member, level)) ++count_;
  }
  bool fill(Head& head, Member member, const WideLevel& level) const {
    const std::optional<Price> price = group_.to_group(member, level.price);
    if (!price) return false;
    head = {key_(side_, member, *price), *price, level.price, group_.to_group(member, level.quantity), member};
    return true;
  }
  // The head's member goes on to its next level; when it has none, another head takes its place.
  void advance(std::size_t i) {
    const Head& head = heads_[i];
    const std::optional<WideLevel> level = books_[head.member]->next_worse(side_, head.own);
    if (level && fill(heads_[i], head.member, *level)) return;
    heads_[i] = heads_[--count_];
  }
  // Levels of one member that share a key follow each other.
  void add_part(const Head& head) {
    if (parts_count_ > 0 && parts_[parts_count_ - 1].member == head.member) {
      parts_[parts_count_ - 1].quantity += head.quantity;
    } else {
      parts_[parts_count_++] = {head.member, head.quantity};
    }
  }
  [[nodiscard]] std::size_t nearest() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < count_; ++i) {
      if (KeyOf::before(side_, heads_[i].key, heads_[best].key)) best = i;
    }
    return best;
  }

  const Consolidated& group_;
  std::span<const VenueBook* const> books_;
  Side side_;
  KeyOf key_;
  std::array<Head, members_max> heads_{};
  std::size_t count_ = 0;
  std::array<MemberSize, members_max> parts_{};
  std::size_t parts_count_ = 0;
};

// A price of a grouped display: to a multiple of `tick`, bids down and asks up.
[[nodiscard]] constexpr Price grouped(Side side, Price price, Price tick) {
  const std::int64_t rest = ((price.count() % tick.count()) + tick.count()) % tick.count();
  if (rest == 0) return price;
  return side == Side::bid ? Price(price.count() - rest) : Price(price.count() - rest + tick.count());
}

// The same levels by grouped price.
struct ByGroupedPrice {
  using Key = Price;
  Price tick = Price(1);
  [[nodiscard]] Key operator()(Side side, Member, Price price) const { return grouped(side, price, tick); }
  [[nodiscard]] static bool before(Side side, const Key& a, const Key& b) { return better(side, a, b); }
  [[nodiscard]] static Price shown(const Key& key, Price) { return key; }
};

}  // namespace crossbook::book
