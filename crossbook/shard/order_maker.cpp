// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/order_maker.hpp"

#include <algorithm>
#include <limits>

#include "crossbook/core/decimal.hpp"
#include "crossbook/gateway/listing_rules.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

// A decision walks so many levels of a venue at most; what lies deeper counts as not displayed.
constexpr std::size_t levels_max = 500;

// The greatest multiple of `unit` up to count / divisor, or the least one from there.
std::optional<std::int64_t> to_multiple(Wide count, Wide divisor, std::int64_t unit, bool up) {
  const Wide step = divisor * unit;
  return narrow((up ? (count + step - 1) / step : count / step) * unit);
}

// Decimal text as a count of 10^-scale, what is finer cut off.
std::optional<Wide> amount_at(const std::string& text, int scale) {
  const auto shape = decimal_shape(text);
  const auto count = shape ? parse_decimal_wide(text, shape->scale) : failure(Errc::malformed, "a decimal");
  if (!count) return {};
  Wide amount = *count;
  for (int at = shape->scale; at < scale; ++at) amount *= 10;
  for (int at = shape->scale; at > scale; --at) amount /= 10;
  return amount;
}

}  // namespace

const char* to_string(Unmade why) {
  switch (why) {
    case Unmade::no_book: return "no_book";
    case Unmade::no_venue: return "no_venue";
    case Unmade::no_price: return "no_price";
    case Unmade::no_size: return "no_size";
  }
  return "?";
}

std::expected<MadeOrder, Unmade> OrderMaker::make(const ScriptOrder& wish, Action action, Steady at, Wall wall) {
  const auto group_id = group_of(wish.symbol);
  if (!group_id) return std::unexpected(Unmade::no_book);
  const engine::Group& group = engine_.group(*group_id);
  read_offers(*group_id, action, at);
  if (offers_.empty()) return std::unexpected(Unmade::no_book);
  if (home_ == first_home) home_ = std::ranges::min(offers_, {}, &Offer::venue).venue;
  MadeOrder made;
  made.group = *group_id;
  const auto chosen = choose(wish, group, action, made);
  if (!chosen) return std::unexpected(wish.venue.empty() ? Unmade::no_price : Unmade::no_venue);
  const Offer& offer = offers_[*chosen];
  const Listing& listing = engine_.listings()[offer.listing];
  made.member = offer.member;
  made.venue = offer.venue;
  made.terms.listing = offer.listing;
  made.fee = costs_.fee(offer.listing, wish.type == OrderType::post_only ? Role::maker : Role::taker);
  made.latency = costs_.latency(offer.listing);
  made.waiting = route_venues_[*chosen].latency;
  made.compared = offers_.size();
  note_terms(made);
  made.terms.action = action;
  made.terms.type = wish.type;
  const auto rules = gateway::rules_of(listing.instrument);
  const book::VenueBook& book = engine_.book(offer.listing);
  if (!set_price(wish, tick_of(rules->tick, listing.price_scale, book), made.terms))
    return std::unexpected(Unmade::no_price);
  if (!set_quantity(wish, lot_of(rules->lot, listing.quantity_scale, book), made.terms))
    return std::unexpected(Unmade::no_size);
  made.limits = wish.limits;
  if (wish.expires_after) made.limits.expires_at = wall + *wish.expires_after;
  return made;
}

// The symbol's book, else the one with most venues, the first by name.
std::optional<GroupId> OrderMaker::group_of(const std::string& symbol) const {
  if (!symbol.empty()) return engine_.find_group(symbol);
  std::optional<GroupId> most;
  for (std::size_t g = 0; g < engine_.groups(); ++g) {
    const engine::Group& group = engine_.group(GroupId(g));
    const std::size_t here = group.consolidated.contributors();
    const std::size_t there = most ? engine_.group(*most).consolidated.contributors() : 0;
    if (here > there || (here == there && here > 0 && group.name < engine_.group(*most).name)) most = GroupId(g);
  }
  return most;
}

// -- what the venues offer -------------------------------------------------------------------------------------------

void OrderMaker::read_offers(GroupId id, Action action, Steady at) {
  const engine::Group& group = engine_.group(id);
  offers_.clear();
  route_venues_.clear();
  levels_.clear();
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    const Listing& listing = engine_.listings()[group.members[m]];
    // What is counted in contracts of another size has fees and values of another unit: paper does not trade it.
    if (!group.consolidated.contributes(member) || !gateway::rules_of(listing.instrument)) continue;
    offers_.push_back({member, listing.id, venue::feed(listing.feed).venue});
    add_levels(group, member, taken_side(action), engine_.book(listing.id));
    RouteVenue& venue = route_venues_.emplace_back();
    venue.fee = costs_.fee(listing.id, Role::taker);
    const auto heard = engine_.liveness(listing.id).last_heard();
    const Nanos age = heard ? at - *heard : Nanos();
    venue.latency = costs_.waiting(id, age + costs_.latency(listing.id));
    add_rules(group, member, listing, venue);
  }
  for (std::size_t i = 0; i < levels_.size(); ++i) route_venues_[i].levels = levels_[i];
}

void OrderMaker::add_levels(const engine::Group& group, book::Member member, Side side, const book::VenueBook& book) {
  std::vector<Level>& levels = levels_.emplace_back();
  book.for_each(side, [&](const book::WideLevel& level) {
    const auto price = group.consolidated.to_group(member, level.price);
    const auto quantity = narrow(group.consolidated.to_group(member, level.quantity).count());
    if (!price || !quantity || price->count() <= 0) return false;
    if (*quantity > 0) levels.push_back({*price, Quantity(*quantity)});
    return levels.size() < levels_max;
  });
}

// A rule finer than any number of the feed so far is met by the feed's own finest digit.
void OrderMaker::add_rules(const engine::Group& group, book::Member member, const Listing& listing, RouteVenue& venue) {
  const auto quantity = [&](const std::optional<std::string>& text, std::int64_t otherwise) {
    const auto count = text ? parse_decimal(*text, listing.quantity_scale) : Result<std::int64_t>(otherwise);
    const auto scaled = narrow(group.consolidated.to_group(member, WideQuantity(count ? *count : otherwise)).count());
    return Quantity(std::max(otherwise, scaled.value_or(std::numeric_limits<std::int64_t>::max())));
  };
  venue.lot = quantity(listing.instrument.lot_size, 1);
  venue.min_quantity = quantity(listing.instrument.min_quantity, 0);
  const int value_scale = std::min(scale_max, group.consolidated.price_scale() + group.consolidated.quantity_scale());
  if (listing.instrument.min_notional)
    if (const auto value = parse_decimal_wide(*listing.instrument.min_notional, value_scale))
      venue.min_notional = *value;
}

// -- the choice ------------------------------------------------------------------------------------------------------

// The venue that was asked for, else the one with the best all-in average for the whole size; and what it would cost.
std::optional<std::size_t> OrderMaker::choose(const ScriptOrder& wish, const engine::Group& group, Action action,
                                              MadeOrder& made) {
  const book::Consolidated& view = group.consolidated;
  std::optional<std::size_t> wanted;
  for (std::size_t i = 0; i < offers_.size(); ++i)
    if (offers_[i].venue == wish.venue) wanted = i;
  if (!wish.venue.empty() && !wanted) return {};
  RouteRequest request{.action = action, .venues = route_venues_};
  request.home = wanted;
  const std::string& text = wish.size.empty() ? wish.notional : wish.size;
  const int scale = wish.size.empty() ? view.price_scale() + view.quantity_scale() : view.quantity_scale();
  const auto amount = amount_at(text, scale);
  if (!amount) return wanted;
  if (wish.size.empty()) request.notional = std::max<Wide>(*amount, 1);
  else request.size = Quantity(narrow(std::max<Wide>(*amount, 1)).value_or(std::numeric_limits<std::int64_t>::max()));
  const Result<RoutePlan> plan = router_.route(request);
  if (!plan) return wanted;
  const std::optional<RouteSingle>& single = wanted ? plan->home : plan->best_single;
  if (!single || single->leg.quantity.count() == 0) return wanted;
  const auto unit = static_cast<double>(power_of_ten(view.price_scale()));
  made.average = single->leg.average() / unit;
  made.all_in_average = single->leg.all_in_average() / unit;
  made.complete = plan->shortfall != Shortfall::depth && single->saved_bps.has_value();
  return single->leg.venue;
}

// What each venue would have charged and taken, for the comparison afterwards.
void OrderMaker::note_terms(MadeOrder& made) {
  for (std::size_t i = 0; i < offers_.size(); ++i) {
    const Listing& listing = engine_.listings()[offers_[i].listing];
    tca::VenueTerms& terms = made.venues.emplace_back();
    terms.member = offers_[i].member;
    terms.venue = offers_[i].venue;
    terms.taker_fee = route_venues_[i].fee;
    terms.latency = costs_.latency(listing.id);
    const auto own = [&](const std::optional<std::string>& text, std::int64_t otherwise) {
      const auto count = text ? parse_decimal(*text, listing.quantity_scale) : Result<std::int64_t>(otherwise);
      return Quantity(count ? std::max(otherwise, *count) : otherwise);
    };
    terms.lot = own(listing.instrument.lot_size, 1);
    terms.min_quantity = own(listing.instrument.min_quantity, 0);
    if (listing.instrument.min_notional)
      if (const auto value = parse_decimal_wide(*listing.instrument.min_notional,
                                                std::min(scale_max, listing.price_scale + listing.quantity_scale)))
        terms.min_notional = *value;
    if (!home_.empty() && terms.venue == home_) made.home = terms.member;
  }
}

// The price that the wish starts from, doubled, at the listing's scale; nothing where the book has none.
std::optional<Wide> OrderMaker::doubled_reference(PriceFrom from, Action action, ListingId id) const {
  const book::VenueBook& book = engine_.book(id);
  const auto own = book.published_top(resting_side(action));
  const auto other = book.published_top(taken_side(action));
  switch (from) {
    case PriceFrom::touch: return own ? std::optional(Wide{own->price.count()} * 2) : std::nullopt;
    case PriceFrom::cross: return other ? std::optional(Wide{other->price.count()} * 2) : std::nullopt;
    case PriceFrom::mid:
      return own && other ? std::optional(Wide{own->price.count()} + other->price.count()) : std::nullopt;
    case PriceFrom::given: break;
  }
  return {};
}

// On the venue's own tick, rounded away from the market. A price that was given is taken as it is.
bool OrderMaker::set_price(const ScriptOrder& wish, const Step& tick, OrderTerms& terms) const {
  terms.price_scale = tick.scale;
  if (wish.price_from == PriceFrom::given) {
    const auto shape = decimal_shape(wish.price);
    if (!shape) return false;
    terms.price_scale = std::max(tick.scale, shape->scale);
    const auto price = parse_decimal(wish.price, terms.price_scale);
    if (price) terms.price = Price(*price);
    return price.has_value();
  }
  const auto doubled = doubled_reference(wish.price_from, terms.action, terms.listing);
  if (!doubled) return false;
  const bool buy = terms.action == Action::buy;
  const std::int64_t share = buy ? rate_one - wish.offset.count() : rate_one + wish.offset.count();
  const int finer = tick.scale - engine_.listings()[terms.listing].price_scale;
  const auto price = to_multiple(*doubled * power_of_ten(finer) * share, Wide{2} * rate_one, tick.unit, !buy);
  if (price) terms.price = Price(*price);
  return price && *price > 0;
}

// A size as it was given: the venue says whether it takes it. Of a notional, the most lots that it pays.
bool OrderMaker::set_quantity(const ScriptOrder& wish, const Step& lot, OrderTerms& terms) {
  terms.quantity_scale = lot.scale;
  std::optional<std::int64_t> quantity;
  if (!wish.size.empty()) {
    const auto shape = decimal_shape(wish.size);
    if (!shape) return false;
    terms.quantity_scale = std::max(lot.scale, shape->scale);
    if (const auto size = parse_decimal(wish.size, terms.quantity_scale)) quantity = *size;
  } else if (const auto value = amount_at(wish.notional, terms.price_scale + terms.quantity_scale)) {
    if (terms.price.count() > 0) quantity = to_multiple(*value, terms.price.count(), lot.unit, false);
  }
  if (quantity) terms.quantity = Quantity(*quantity);
  return quantity && *quantity > 0;
}

}  // namespace crossbook::shard
