// SPDX-License-Identifier: Apache-2.0
#include "naive_spread.hpp"

namespace crossbook::sim {
namespace {

constexpr int finest = 18;

struct Best {
  std::optional<Wide> bid;
  std::optional<Wide> ask;
  void offer(Side side, Wide price) {
    if (side == Side::bid && (!bid || price > *bid)) bid = price;
    if (side == Side::ask && (!ask || price < *ask)) ask = price;
  }
};

Wide power(int exponent) {
  Wide result = 1;
  for (; exponent > 0; --exponent) result *= 10;
  return result;
}

void offer_book(const engine::Engine& engine, ListingId id, const std::vector<OwnLevel>& own, Best& best) {
  const book::VenueBook& book = engine.book(id);
  const Listing& listing = engine.listings()[id];
  if (!book.ready()) return;
  for (const Side side : {Side::bid, Side::ask}) {
    book.for_each(side, [&](const book::WideLevel& level) {
      const Wide price = level.price.count() * power(finest - listing.price_scale);
      Wide others = level.quantity.count() * power(finest - listing.quantity_scale);
      for (const OwnLevel& ours : own)
        if (ours.listing == id && ours.side == side && ours.price == price) others -= ours.quantity;
      if (others > 0) best.offer(side, price);
      return true;
    });
  }
}

}  // namespace

Wide exactly(std::int64_t count, int scale) { return count * power(finest - scale); }

// Ask minus bid over the mid, in 10^-6 bps, rounded up.
guard::Spread naive_spread(const engine::Engine& engine, const GroupOrListing& where,
                           const std::vector<OwnLevel>& own) {
  Best best;
  if (where.group) {
    const engine::Group& group = engine.group(*where.group);
    for (std::size_t m = 0; m < group.members.size(); ++m)
      if (group.consolidated.contributes(static_cast<book::Member>(m))) offer_book(engine, group.members[m], own, best);
  } else {
    offer_book(engine, where.listing, own, best);
  }
  if (!best.bid || !best.ask || *best.bid <= 0 || *best.ask <= 0) return {};
  const Wide part = (*best.ask - *best.bid) * 2 * 10'000'000'000;
  const Wide whole = *best.ask + *best.bid;
  return MicroBps(static_cast<std::int64_t>(part > 0 ? (part + whole - 1) / whole : part / whole));
}

std::string contradiction(const engine::Engine& engine, const engine::Group& group) {
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const book::VenueBook& book = engine.book(group.members[m]);
    const auto member = static_cast<book::Member>(m);
    if (group.consolidated.contributes(member) && !book.ready()) return "a book that is not ready contributes";
    const Reason why = group.consolidated.excluded(member);
    const bool by_others = why == Reason::off_consensus || why == Reason::own_book_crossed || why == Reason::no_price ||
                           why == Reason::duplicate_feed || why == Reason::out_of_range;
    if (!group.consolidated.contributes(member) && book.ready() && !by_others)
      return std::string("a book that is ready is left out as ") + to_string(why);
  }
  return {};
}

}  // namespace crossbook::sim
