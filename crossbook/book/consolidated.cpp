// SPDX-License-Identifier: Apache-2.0
#include "crossbook/book/consolidated.hpp"

#include <algorithm>
#include <limits>

namespace crossbook::book {
namespace {

// Doubled mids stay in 63 bits.
constexpr std::int64_t price_max = std::numeric_limits<std::int64_t>::max() / 4;
constexpr std::int64_t million = 1'000'000;

bool is_stale(Reason reason) {
  return reason == Reason::late || reason == Reason::silent || reason == Reason::connection_silent;
}

// Whether `mid` is further from `centre` than limit_ppm of it.
bool further(std::int64_t mid, std::int64_t centre, std::int64_t limit_ppm) {
  const Wide distance = mid > centre ? static_cast<Wide>(mid) - centre : static_cast<Wide>(centre) - mid;
  return distance * million > static_cast<Wide>(centre) * limit_ppm;
}

// The median; of an even number the mean of the middle two, rounded down.
std::int64_t median(std::vector<std::int64_t>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  if (n % 2 == 1) return values[n / 2];
  return values[n / 2 - 1] + (values[n / 2] - values[n / 2 - 1]) / 2;
}

}  // namespace

Consolidated::Consolidated(const ConsolidatedSettings& settings) : settings_(settings) {
  members_.reserve(members_max);
  exclusions_.reserve(exclusions_max);
}

Member Consolidated::add(const MemberSettings& member) {
  CROSSBOOK_ASSERT(members_.size() < members_max);
  members_.emplace_back().settings = member;
  members_.back().own.reason = Reason::waiting_for_snapshot;
  rescale(static_cast<Member>(members_.size() - 1), member.price_scale, member.quantity_scale);
  return static_cast<Member>(members_.size() - 1);
}

void Consolidated::rescale(Member member, int price_scale, int quantity_scale) {
  State& state = members_[member];
  state.settings.price_scale = price_scale;
  state.settings.quantity_scale = quantity_scale;
  state.own.bid.reset();
  state.own.ask.reset();
  for (const State& one : members_) {
    const int contract = one.settings.contract_size ? one.settings.contract_size->scale : 0;
    price_scale_ = std::max(price_scale_, one.settings.price_scale);
    quantity_scale_ = std::max(quantity_scale_, one.settings.quantity_scale + contract);
  }
  for (State& one : members_) {
    scale_member(one);
    scale_top(one);
  }
  for (const Side side : {Side::bid, Side::ask}) best_[index_of(side)] = best_of(side);
}

void Consolidated::scale_member(State& state) {
  const ContractSize contract = state.settings.contract_size.value_or(ContractSize{});
  state.price_factor = power_of_ten(price_scale_ - state.settings.price_scale);
  state.quantity_factor = static_cast<Wide>(contract.count) *
                          power_of_ten(quantity_scale_ - state.settings.quantity_scale - contract.scale);
}

void Consolidated::scale_top(State& state) {
  const auto m = static_cast<Member>(&state - members_.data());
  for (const Side side : {Side::bid, Side::ask}) {
    const std::optional<WideLevel>& own = side == Side::bid ? state.own.bid : state.own.ask;
    std::optional<WideLevel>& top = state.top[index_of(side)];
    top.reset();
    if (!own) continue;
    if (const std::optional<Price> price = to_group(m, own->price)) top = WideLevel{*price, to_group(m, own->quantity)};
  }
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

std::optional<std::int64_t> Consolidated::doubled_mid(const State& state) const {
  const auto& [bid, ask] = state.top;
  if (bid && ask) return bid->price.count() + ask->price.count();
  if (bid) return 2 * bid->price.count();
  if (ask) return 2 * ask->price.count();
  return {};
}

// Of the feeds of one venue the better verified contributes, then the one added first.
void Consolidated::judge_duplicates(std::vector<Reason>& reasons) const {
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

// While the farthest is further than the limit from the median it leaves; of two that disagree the less reliable, then the
// one that is outside already, then the older, then the later by name.
void Consolidated::judge_consensus(std::vector<Reason>& reasons, Steady at) {
  const std::int64_t limit = settings_.max_price_diff_ppm;
  std::vector<std::size_t> near;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (reasons[m] == Reason::none) near.push_back(m);
    if (reasons[m] != Reason::none) members_[m].outside = false;
  }
  if (near.size() < 2) {
    for (const std::size_t m : near) members_[m].outside = false;
    return;
  }
  const auto centre_of = [&] {
    std::vector<std::int64_t> mids;
    for (const std::size_t m : near) mids.push_back(*doubled_mid(members_[m]));
    return median(mids);
  };
  const auto leave = [&](std::size_t position) {
    const std::size_t m = near[position];
    near.erase(near.begin() + static_cast<std::ptrdiff_t>(position));
    reasons[m] = Reason::off_consensus;
    members_[m].outside = true;
    members_[m].near_since.reset();
  };
  const auto distance = [&](std::size_t m, std::int64_t centre) {
    const std::int64_t mid = *doubled_mid(members_[m]);
    return mid > centre ? mid - centre : centre - mid;
  };
  const auto goes_first = [&](std::size_t a, std::size_t b) {
    const State& x = members_[a];
    const State& y = members_[b];
    if (x.settings.reliability_ppm != y.settings.reliability_ppm) {
      return x.settings.reliability_ppm < y.settings.reliability_ppm;
    }
    if (x.outside != y.outside) return x.outside;
    if (x.heard_at != y.heard_at) return x.heard_at < y.heard_at;
    return x.settings.name > y.settings.name;
  };
  std::int64_t centre = centre_of();
  while (near.size() > 2) {
    std::size_t farthest = 0;
    for (std::size_t i = 1; i < near.size(); ++i) {
      const std::int64_t d = distance(near[i], centre);
      const std::int64_t most = distance(near[farthest], centre);
      if (d > most || (d == most && goes_first(near[i], near[farthest]))) farthest = i;
    }
    if (!further(*doubled_mid(members_[near[farthest]]), centre, limit)) break;
    leave(farthest);
    centre = centre_of();
  }
  if (near.size() == 2) {
    const std::int64_t a = *doubled_mid(members_[near[0]]);
    const std::int64_t b = *doubled_mid(members_[near[1]]);
    const Wide difference = a > b ? static_cast<Wide>(a) - b : static_cast<Wide>(b) - a;
    if (difference * million > static_cast<Wide>(centre) * limit) {
      leave(goes_first(near[0], near[1]) ? 0 : 1);
      centre = centre_of();
    }
  }
  for (const std::size_t m : near) {
    State& state = members_[m];
    if (!state.outside) continue;
    if (further(*doubled_mid(state), centre, limit * 4 / 5)) {
      state.near_since.reset();
    } else if (!state.near_since) {
      state.near_since = at;
    }
    if (state.near_since && at - *state.near_since >= return_after) {
      state.outside = false;
      continue;
    }
    reasons[m] = Reason::off_consensus;
    if (state.near_since) {
      const Steady due = *state.near_since + return_after;
      if (!next_due_ || due < *next_due_) next_due_ = due;
    }
  }
}

bool Consolidated::judge(Steady at) {
  std::vector<Reason> reasons;
  for (const State& state : members_) reasons.push_back(own_reason(state));
  judge_duplicates(reasons);
  next_due_.reset();
  if (settings_.filters.consensus) judge_consensus(reasons, at);
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (members_[m].excluded == reasons[m]) continue;
    members_[m].excluded = reasons[m];
    if (exclusions_.size() == exclusions_max) exclusions_.erase(exclusions_.begin());
    exclusions_.push_back({at, static_cast<Member>(m), reasons[m]});
  }
  const auto before = best_;
  for (const Side side : {Side::bid, Side::ask}) best_[index_of(side)] = best_of(side);
  return before != best_;
}

std::optional<BestPrice> Consolidated::best_of(Side side) const {
  std::optional<BestPrice> best;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const std::optional<WideLevel>& top = members_[m].top[index_of(side)];
    if (members_[m].excluded != Reason::none || !top) continue;
    if (!best || better(side, top->price, best->price)) best = BestPrice{top->price, WideQuantity(), 0};
    if (top->price != best->price) continue;
    best->quantity += top->quantity;
    best->members |= std::uint64_t{1} << m;
  }
  return best;
}

bool Consolidated::set(Member member, const MemberTop& top, Steady at) {
  State& state = members_[member];
  state.own = top;
  state.heard_at = at;
  scale_top(state);
  return judge(at);
}

void Consolidated::set_reliability(Member member, std::int64_t reliability_ppm, Steady at) {
  members_[member].settings.reliability_ppm = reliability_ppm;
  judge(at);
}

bool Consolidated::advance(Steady at) {
  if (!next_due_ || at < *next_due_) return false;
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

std::optional<std::int64_t> Consolidated::others_doubled_mid(Member m) const {
  std::vector<std::int64_t> mids;
  for (std::size_t other = 0; other < members_.size(); ++other) {
    if (other == m || members_[other].own.reason != Reason::none) continue;
    if (const auto mid = doubled_mid(members_[other])) mids.push_back(*mid);
  }
  if (mids.empty()) return {};
  return median(mids);
}

}  // namespace crossbook::book
