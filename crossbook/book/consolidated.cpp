// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/consolidated.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "crossbook/core/check.hpp"

namespace crossbook::book {
namespace {

// Doubled mids stay in 63 bits.
constexpr std::int64_t price_max = std::numeric_limits<std::int64_t>::max() / 4;
constexpr std::int64_t million = 1'000'000;

bool is_stale(Reason reason) {
  return reason == Reason::late || reason == Reason::silent || reason == Reason::connection_silent;
}

Wide magnitude(Wide number) { return number < 0 ? -number : number; }

// Whether a distance is more than limit_ppm of the centre.
bool further(std::int64_t distance, std::int64_t centre, std::int64_t limit_ppm) {
  return static_cast<Wide>(distance) * million > magnitude(centre) * limit_ppm;
}

// The median; of an even number the mean of the middle two, rounded down.
std::int64_t median(std::span<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  if (n % 2 == 1) return values[n / 2];
  return values[n / 2 - 1] + (values[n / 2] - values[n / 2 - 1]) / 2;
}

std::optional<std::int64_t> doubled_mid(const std::optional<WideLevel>& bid, const std::optional<WideLevel>& ask) {
  if (bid && ask) return bid->price.count() + ask->price.count();
  if (bid) return 2 * bid->price.count();
  if (ask) return 2 * ask->price.count();
  return {};
}

}  // namespace

Consolidated::Consolidated(const ConsolidatedSettings& settings) : settings_(settings) {
  members_.reserve(members_max);
  exclusions_.reserve(exclusions_max);
  for (Quotes& quotes : quotes_) quotes.keys.fill(no_key);
}

Member Consolidated::add(const MemberSettings& member) {
  CROSSBOOK_ASSERT(members_.size() < members_max);
  members_.emplace_back().settings = member;
  members_.back().own.reason = Reason::waiting_for_snapshot;
  scale_members();
  judge(now_);
  return static_cast<Member>(members_.size() - 1);
}

void Consolidated::rescale(Member member, int price_scale, int quantity_scale) {
  State& state = members_[member];
  for (std::optional<WideLevel>* own : {&state.own.bid, &state.own.ask}) {
    if (!*own) continue;
    const auto price = crossbook::rescale((*own)->price.count(), state.settings.price_scale, price_scale);
    const auto quantity = rescale_wide((*own)->quantity.count(), state.settings.quantity_scale, quantity_scale);
    if (price && quantity) *own = WideLevel{Price(*price), WideQuantity(*quantity)};
    else own->reset();
  }
  state.settings.price_scale = price_scale;
  state.settings.quantity_scale = quantity_scale;
  scale_members();
  judge(now_);
}

void Consolidated::scale_members() {
  for (const State& one : members_) {
    const int contract = one.settings.contract_size ? one.settings.contract_size->scale : 0;
    price_scale_ = std::max(price_scale_, one.settings.price_scale);
    quantity_scale_ = std::max(quantity_scale_, one.settings.quantity_scale + contract);
  }
  for (State& one : members_) {
    const ContractSize contract = one.settings.contract_size.value_or(ContractSize{});
    const int finer = quantity_scale_ - one.settings.quantity_scale - contract.scale;
    one.price_factor = power_of_ten(price_scale_ - one.settings.price_scale);
    one.quantity_factor = wide_product(contract.count, power_of_ten(finer));
    for (const Side side : {Side::bid, Side::ask}) scale_top(one, side);
  }
}

// The member's top of one side at the group's scales; nothing where it leaves its range.
void Consolidated::scale_top(State& state, Side side) const {
  const std::optional<WideLevel>& own = side == Side::bid ? state.own.bid : state.own.ask;
  std::optional<WideLevel>& top = state.top[index_of(side)];
  std::int64_t price = 0;
  if (!own || __builtin_mul_overflow(own->price.count(), state.price_factor, &price) || price > price_max ||
      price < -price_max) {
    top.reset();
    return;
  }
  top = WideLevel{Price(price), WideQuantity(own->quantity.count() * state.quantity_factor)};
}

std::optional<Price> Consolidated::to_group(Member m, Price price) const {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(price.count(), members_[m].price_factor, &scaled)) return {};
  if (scaled > price_max || scaled < -price_max) return {};
  return Price(scaled);
}

WideQuantity Consolidated::to_group(Member m, WideQuantity quantity) const {
  return WideQuantity(quantity.count() * members_[m].quantity_factor);
}

Price Consolidated::to_member_floor(Member m, Price price) const {
  const std::int64_t factor = members_[m].price_factor;
  const std::int64_t quotient = price.count() / factor;
  return Price(quotient - (price.count() % factor < 0 ? 1 : 0));
}

Reason Consolidated::own_reason(const State& state) const {
  if (state.own.reason != Reason::none && (settings_.filters.stale || !is_stale(state.own.reason))) {
    return state.own.reason;
  }
  const auto& [bid, ask] = state.top;
  if ((state.own.bid && !bid) || (state.own.ask && !ask)) return Reason::out_of_range;
  if (!bid && !ask) return Reason::no_price;
  if (bid && ask && bid->price > ask->price) return Reason::own_book_crossed;
  if (settings_.filters.reliability && state.settings.reliability_ppm < settings_.min_reliability_ppm) {
    return Reason::low_reliability;
  }
  return Reason::none;
}

// Of the feeds of one venue the better verified contributes, then the one added first.
void Consolidated::judge_duplicates(Reasons& reasons) const {
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (reasons[m] != Reason::none || members_[m].settings.venue_key.empty()) continue;
    for (std::size_t other = 0; other < m; ++other) {
      if (reasons[other] != Reason::none) continue;
      if (members_[other].settings.venue_key != members_[m].settings.venue_key) continue;
      const bool wins = members_[m].own.verified > members_[other].own.verified;
      reasons[wins ? other : m] = Reason::duplicate_feed;
      if (!wins) break;
    }
  }
}

std::int64_t Consolidated::centre_of(const Near& near) const {
  std::array<std::int64_t, members_max> mids;
  for (std::size_t i = 0; i < near.count; ++i) {
    const auto& [bid, ask] = members_[near.members[i]].top;
    mids[i] = *doubled_mid(bid, ask);
  }
  return median(std::span(mids).first(near.count));
}

std::int64_t Consolidated::distance(Member m, std::int64_t centre) const {
  const auto& [bid, ask] = members_[m].top;
  const std::int64_t mid = *doubled_mid(bid, ask);
  return mid > centre ? mid - centre : centre - mid;
}

// Of two that are equally far the less reliable goes, then the one that is outside already, then the older, then the
// later by name.
bool Consolidated::goes_first(Member a, Member b) const {
  const State& x = members_[a];
  const State& y = members_[b];
  if (x.settings.reliability_ppm != y.settings.reliability_ppm) {
    return x.settings.reliability_ppm < y.settings.reliability_ppm;
  }
  if (x.outside != y.outside) return x.outside;
  if (x.heard_at != y.heard_at) return x.heard_at < y.heard_at;
  return x.settings.name > y.settings.name;
}

// The position of the member that must leave, if one must.
std::optional<std::size_t> Consolidated::leaves(const Near& near) const {
  if (near.count < 2) return {};
  if (near.count == 2) {
    const auto& [bid, ask] = members_[near.members[1]].top;
    const std::int64_t apart = distance(near.members[0], *doubled_mid(bid, ask));
    if (!further(apart, near.centre, settings_.max_price_diff_ppm)) return {};
    return goes_first(near.members[0], near.members[1]) ? 0 : 1;
  }
  std::size_t farthest = 0;
  for (std::size_t i = 1; i < near.count; ++i) {
    const std::int64_t d = distance(near.members[i], near.centre);
    const std::int64_t most = distance(near.members[farthest], near.centre);
    if (d > most || (d == most && goes_first(near.members[i], near.members[farthest]))) farthest = i;
  }
  const bool too_far =
      further(distance(near.members[farthest], near.centre), near.centre, settings_.max_price_diff_ppm);
  return too_far ? std::optional(farthest) : std::nullopt;
}

// While the farthest is further than the limit from the median it leaves, and the median is taken again, down to two.
void Consolidated::judge_consensus(Reasons& reasons, Steady at) {
  Near near;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (reasons[m] == Reason::none) near.members[near.count++] = static_cast<Member>(m);
    else members_[m].outside = false;
  }
  if (near.count == 1) members_[near.members[0]].outside = false;
  if (near.count < 2) return;
  near.centre = centre_of(near);
  while (const std::optional<std::size_t> position = leaves(near)) {
    const Member m = near.members[*position];
    std::copy(near.members.begin() + static_cast<std::ptrdiff_t>(*position) + 1,
              near.members.begin() + static_cast<std::ptrdiff_t>(near.count),
              near.members.begin() + static_cast<std::ptrdiff_t>(*position));
    --near.count;
    reasons[m] = Reason::off_consensus;
    members_[m].outside = true;
    members_[m].near_since.reset();
    near.centre = centre_of(near);
  }
  judge_returns(near, reasons, at);
}

// Who was outside and is near again waits, within 0.8 of the limit.
void Consolidated::judge_returns(const Near& near, Reasons& reasons, Steady at) {
  for (std::size_t i = 0; i < near.count; ++i) {
    State& state = members_[near.members[i]];
    if (!state.outside) continue;
    if (further(distance(near.members[i], near.centre), near.centre, settings_.max_price_diff_ppm * 4 / 5)) {
      state.near_since.reset();
    } else if (!state.near_since) {
      state.near_since = at;
    }
    if (state.near_since && at - *state.near_since >= return_after) {
      state.outside = false;
      continue;
    }
    reasons[near.members[i]] = Reason::off_consensus;
    if (!state.near_since) continue;
    const Steady due = *state.near_since + return_after;
    next_due_ = next_due_ ? std::min(*next_due_, due) : due;
  }
}

void Consolidated::clear_bands() {
  for (State& state : members_) {
    state.band_low = no_key;
    state.band_high = -no_key;
  }
}

// Bands within which no exclusion can change. Let the contributors lie in [low, high], no wider than the limit of low,
// and be more than those outside, each of whom is further than the limit from both ends. Then every median taken on the
// way lies in [low, high], all those outside leave, and no contributor does. While somebody waits to return there are
// none.
void Consolidated::set_bands(const Reasons& reasons) {
  clear_bands();
  const std::int64_t limit = settings_.max_price_diff_ppm;
  std::int64_t low = no_key;
  std::int64_t high = -no_key;
  std::size_t inside = 0;
  std::size_t outside = 0;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const auto& [bid, ask] = members_[m].top;
    if (reasons[m] == Reason::off_consensus) ++outside;
    if (reasons[m] == Reason::duplicate_feed || reasons[m] == Reason::low_reliability) {
      members_[m].band_low = -no_key;
      members_[m].band_high = no_key;
    }
    if (reasons[m] != Reason::none) continue;
    ++inside;
    low = std::min(low, *doubled_mid(bid, ask));
    high = std::max(high, *doubled_mid(bid, ask));
  }
  const bool free = !settings_.filters.consensus || inside + outside <= 1;
  if (!free && (next_due_ || inside <= outside || low <= 0 || limit > million / 2)) return;
  const auto part = [&](std::int64_t of) { return static_cast<std::int64_t>(static_cast<Wide>(of) * limit / million); };
  if (!free) {
    const std::int64_t spare = part(low) - (high - low);
    if (spare < 4) return;
    low -= spare / 4;
    high += spare / 4;
    if (low <= 0 || part(low) <= high - low) return;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (reasons[m] != Reason::off_consensus) continue;
      const auto& [bid, ask] = members_[m].top;
      const std::int64_t mid = *doubled_mid(bid, ask);
      if (mid <= high + part(high) + 1 && mid >= low - part(low) - 1) return;
    }
  }
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const auto& [bid, ask] = members_[m].top;
    State& state = members_[m];
    if (reasons[m] == Reason::none) {
      state.band_low = free ? -no_key : low;
      state.band_high = free ? no_key : high;
    } else if (reasons[m] == Reason::off_consensus) {
      const bool above = *doubled_mid(bid, ask) > high;
      state.band_low = above ? high + part(high) + 2 : -no_key;
      state.band_high = above ? no_key : low - part(low) - 2;
    }
  }
}

// Everybody's exclusion from the beginning, then the best of what is left.
bool Consolidated::judge(Steady at) {
  Reasons reasons;
  for (std::size_t m = 0; m < members_.size(); ++m) reasons[m] = own_reason(members_[m]);
  judge_duplicates(reasons);
  next_due_.reset();
  if (settings_.filters.consensus) judge_consensus(reasons, at);
  for (std::size_t m = 0; m < members_.size(); ++m) {
    State& state = members_[m];
    if (state.excluded != reasons[m]) log(at, static_cast<Member>(m), reasons[m]);
    state.excluded = reasons[m];
    for (const Side side : {Side::bid, Side::ask}) {
      const std::optional<WideLevel>& top = state.top[index_of(side)];
      Quotes& quotes = quotes_[index_of(side)];
      quotes.keys[m] = top && reasons[m] == Reason::none ? key_of(side, top->price) : no_key;
      if (top) quotes.quantities[m] = top->quantity;
    }
  }
  set_bands(reasons);
  const bool bid = rescan(Side::bid);
  const bool ask = rescan(Side::ask);
  return bid || ask;
}

void Consolidated::log(Steady at, Member m, Reason reason) {
  if (exclusions_.size() == exclusions_max) exclusions_.erase(exclusions_.begin());
  exclusions_.push_back({at, m, reason});
}

bool Consolidated::rescan(Side side) {
  Quotes& quotes = quotes_[index_of(side)];
  const std::size_t n = members_.size();
  std::array<std::int64_t, 4> lanes;  // independent minima; keys beyond n are no_key
  lanes.fill(no_key);
  for (std::size_t m = 0; m < n; m += 4) {
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = std::min(lanes[i], quotes.keys[m + i]);
  }
  const std::int64_t least = std::min(std::min(lanes[0], lanes[1]), std::min(lanes[2], lanes[3]));
  quotes.best = least;
  std::optional<BestPrice> best;
  if (least != no_key) {
    std::uint64_t members = 0;
    for (std::size_t m = 0; m < n; ++m) members |= std::uint64_t{quotes.keys[m] == least} << m;
    best = BestPrice{Price(side == Side::bid ? -least : least), WideQuantity(), members};
    for (; members != 0; members &= members - 1) {
      best->quantity += quotes.quantities[static_cast<std::size_t>(std::countr_zero(members))];
    }
  }
  const bool changed = best != best_[index_of(side)];
  best_[index_of(side)] = best;
  return changed;
}

// One contributor's price of one side is another one: the best follows without looking at the others, unless the member
// was alone at the best.
bool Consolidated::quote(Side side, Member m) {
  Quotes& quotes = quotes_[index_of(side)];
  std::optional<BestPrice>& best = best_[index_of(side)];
  const std::optional<WideLevel>& top = members_[m].top[index_of(side)];
  const std::int64_t key = top ? key_of(side, top->price) : no_key;
  const std::int64_t old_key = std::exchange(quotes.keys[m], key);
  const WideQuantity old_quantity = quotes.quantities[m];
  if (top) quotes.quantities[m] = top->quantity;
  const std::uint64_t bit = std::uint64_t{1} << m;
  if ((key > quotes.best && old_key > quotes.best) || (key == no_key && old_key == no_key)) return false;
  if (key == no_key || (old_key == quotes.best && key > old_key)) {
    if (best->members == bit) return rescan(side);
    best->quantity -= old_quantity;
    best->members &= ~bit;
    return true;
  }
  if (key < quotes.best) {
    quotes.best = key;
    best = BestPrice{top->price, top->quantity, bit};
    return true;
  }
  if (old_key == key) {
    best->quantity += top->quantity - old_quantity;
    return top->quantity != old_quantity;
  }
  best->quantity += top->quantity;
  best->members |= bit;
  return true;
}

bool Consolidated::inside_band(const State& state) const {
  const auto& [bid, ask] = state.top;
  if (bid && ask) {
    const std::int64_t mid = bid->price.count() + ask->price.count();
    return bid->price <= ask->price && mid >= state.band_low && mid <= state.band_high;
  }
  const std::optional<std::int64_t> mid = doubled_mid(bid, ask);
  return mid && *mid >= state.band_low && *mid <= state.band_high;
}

bool Consolidated::set(Member member, const MemberTop& top, Steady at) {
  State& state = members_[member];
  const bool steady =
      top.reason == Reason::none && state.own.reason == Reason::none && top.verified == state.own.verified;
  const bool bid_moves = top.bid != state.own.bid;
  const bool ask_moves = top.ask != state.own.ask;
  state.heard_at = at;
  now_ = at;
  if (bid_moves) {
    state.own.bid = top.bid;
    scale_top(state, Side::bid);
  }
  if (ask_moves) {
    state.own.ask = top.ask;
    scale_top(state, Side::ask);
  }
  if (steady && !bid_moves && !ask_moves && state.band_low <= state.band_high) return false;
  state.own.reason = top.reason;
  state.own.verified = top.verified;
  const bool fits = state.top[0].has_value() == top.bid.has_value() && state.top[1].has_value() == top.ask.has_value();
  if (!steady || !fits || !inside_band(state)) return judge(at);
  if (state.excluded != Reason::none) return false;
  const bool bid = bid_moves && quote(Side::bid, member);
  const bool ask = ask_moves && quote(Side::ask, member);
  return bid || ask;
}

void Consolidated::set_reliability(Member member, std::int64_t reliability_ppm, Steady at) {
  members_[member].settings.reliability_ppm = reliability_ppm;
  now_ = at;
  judge(at);
}

bool Consolidated::advance(Steady at) {
  if (!next_due_ || at < *next_due_) return false;
  now_ = at;
  return judge(at);
}

bool Consolidated::crossed() const { return best_[0] && best_[1] && best_[0]->price > best_[1]->price; }

bool Consolidated::locked() const { return best_[0] && best_[1] && best_[0]->price == best_[1]->price; }

std::optional<std::int64_t> Consolidated::spread_micro_bps() const {
  if (!best_[0] || !best_[1]) return {};
  const Wide bid = best_[0]->price.count();
  const Wide ask = best_[1]->price.count();
  if (bid + ask == 0) return {};
  return narrow((ask - bid) * 20'000 * million / (bid + ask));
}

std::optional<Member> Consolidated::find(std::string_view name) const {
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (members_[m].settings.name == name) return static_cast<Member>(m);
  }
  return {};
}

std::size_t Consolidated::contributors() const {
  return static_cast<std::size_t>(
      std::count_if(members_.begin(), members_.end(), [](const State& s) { return s.excluded == Reason::none; }));
}

std::optional<WideLevel> Consolidated::member_top(Member m, Side side) const { return members_[m].top[index_of(side)]; }

std::optional<std::int64_t> Consolidated::others_doubled_mid(Member m, std::uint64_t late) const {
  std::array<std::int64_t, members_max> mids;
  std::size_t count = 0;
  for (std::size_t other = 0; other < members_.size(); ++other) {
    if (other == m || (late >> other & 1) != 0 || members_[other].own.reason != Reason::none) continue;
    const auto& [bid, ask] = members_[other].top;
    if (const std::optional<std::int64_t> mid = doubled_mid(bid, ask)) mids[count++] = *mid;
  }
  if (count == 0) return {};
  return median(std::span(mids).first(count));
}

}  // namespace crossbook::book
