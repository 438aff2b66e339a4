// SPDX-License-Identifier: Apache-2.0
#include "crossbook/api/multi_exchange_orderbook_aggregator.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "crossbook/api/exact_size.hpp"

namespace crossbook {
namespace {

constexpr std::size_t name_max = 256;
constexpr double latency_ms_max = 1e9;
constexpr double price_min = 1e-15;
constexpr double price_max = 1e15;
// What rounding in a sum of doubles may hide: a book that holds the size to within this holds it.
constexpr long double fill_rounding = 1e-12L;

[[noreturn]] void refuse(const std::string& argument, std::string_view value, std::string_view expected) {
  throw std::invalid_argument(argument + " must be " + std::string(expected) + ", not " + std::string(value));
}
[[noreturn]] void refuse(const std::string& argument, double value, std::string_view expected) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  refuse(argument, std::string_view(text), expected);
}

void check_name(const std::string& argument, std::string_view value) {
  if (value.empty()) refuse(argument, "\"\"", "a name");
  if (value.size() > name_max) refuse(argument, "a longer text", "a name of at most 256 bytes");
}
double check_within(const std::string& argument, double value, double low, double high, std::string_view expected) {
  if (!std::isfinite(value) || value < low || value > high) refuse(argument, value, expected);
  return value;
}
[[noreturn]] void refuse_number(const std::string& argument, double value, std::string_view range) {
  refuse(argument, value, std::isfinite(value) && value > 0.0 ? range : "a number above zero");
}

Action action_of(std::string_view side) {
  if (side == "buy") return Action::buy;
  if (side == "sell") return Action::sell;
  refuse("side", "\"" + std::string(side) + "\"", "\"buy\" or \"sell\"");
}

MultiExchangeOrderbookAggregatorOptions checked(MultiExchangeOrderbookAggregatorOptions options) {
  check_within("latency_weight", options.latency_weight, 0.0, 1.0, "from 0 to 1");
  check_within("min_reliability", options.min_reliability, 0.0, 1.0, "from 0 to 1");
  check_within("max_price_diff_pct", options.max_price_diff_pct, 0.0, 1e6, "a fraction, not below zero");
  check_within("volatility", options.volatility, 0.0, 1.0, "a fraction from 0 to 1");
  if (options.max_age_seconds) check_within("max_age_seconds", *options.max_age_seconds, 0.0, 1e9, "from 0 to 1e9");
  return options;
}

// What an exchange's book gives for a notional.
struct Walk {
  long double value = 0.0L;
  long double quantity = 0.0L;
};

template <class Entries>
Walk walk(const Entries& entries, double notional) {
  Walk walk;
  for (const auto& entry : entries) {
    const long double price = entry.price;
    const long double left = notional - walk.value;
    const long double here = price * entry.size;
    if (here >= left) return {notional, walk.quantity + left / price};
    walk.value += here;
    walk.quantity += entry.size;
  }
  if (walk.value >= notional * (1.0L - fill_rounding)) walk.value = notional;
  return walk;
}

}  // namespace

MultiExchangeOrderbookAggregator::MultiExchangeOrderbookAggregator(MultiExchangeOrderbookAggregatorOptions options)
    : options_(checked(std::move(options))) {}

// Checked, in order, one entry a price.
std::vector<MultiExchangeOrderbookAggregator::Entry> MultiExchangeOrderbookAggregator::entries(
    const std::vector<OrderBookLevel>& levels, OrderBookSide side) {
  std::vector<Entry> entries(levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto named = [&](const char* field) {
      return (side == OrderBookSide::bid ? "bids[" : "asks[") + std::to_string(i) + "]." + field;
    };
    const double price = levels[i].price;
    const double size = levels[i].size;
    if (!(price >= price_min && price <= price_max)) refuse_number(named("price"), price, "from 1e-15 to 1e15");
    if (!(size >= exact_size_min && size <= exact_size_max)) refuse_number(named("size"), size, "from 1e-18 to 1e13");
    entries[i] = {price, size};
  }
  const auto before = [side](const Entry& a, const Entry& b) {
    return side == OrderBookSide::bid ? a.price > b.price : a.price < b.price;
  };
  const auto out_of_order = [&before](const Entry& a, const Entry& b) { return !before(a, b); };
  if (std::adjacent_find(entries.begin(), entries.end(), out_of_order) == entries.end()) return entries;
  std::sort(entries.begin(), entries.end(), before);
  merge_equal_prices(entries);
  return entries;
}

// Of sorted ones. Their sizes are added as the decimals that they are.
void MultiExchangeOrderbookAggregator::merge_equal_prices(std::vector<Entry>& entries) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size();) {
    Entry merged = entries[i];
    Wide exact = 0;
    std::size_t count = 0;
    for (; i < entries.size() && entries[i].price == merged.price; ++i, ++count)
      exact = exact_sum(exact, exact_size(entries[i].size));
    if (count > 1) merged.size = nearest_double(exact);
    entries[kept++] = merged;
  }
  entries.resize(kept);
}

void MultiExchangeOrderbookAggregator::add_exchange_orderbook(std::string_view exchange,
                                                              const OrderBookSnapshot& snapshot, double latency_ms,
                                                              double reliability_score) {
  check_name("exchange", exchange);
  check_name("snapshot.symbol", snapshot.symbol);
  Book book{.exchange = std::string(exchange),
            .bids = entries(snapshot.bids, OrderBookSide::bid),
            .asks = entries(snapshot.asks, OrderBookSide::ask),
            .timestamp = snapshot.timestamp};
  book.latency_ms = check_within("latency_ms", latency_ms, 0.0, latency_ms_max, "from 0 to 1e9");
  book.reliability = check_within("reliability_score", reliability_score, 0.0, 1.0, "from 0 to 1");
  book.crossed = !book.bids.empty() && !book.asks.empty() && book.bids.front().price > book.asks.front().price;
  auto held = std::make_shared<const Book>(std::move(book));
  const std::scoped_lock lock(mutex_);
  symbols_[snapshot.symbol].insert_or_assign(std::string(exchange), std::move(held));
}

const MultiExchangeOrderbookAggregator::Books* MultiExchangeOrderbookAggregator::find(std::string_view symbol) const {
  const auto found = symbols_.find(symbol);
  return found == symbols_.end() ? nullptr : &found->second;
}

Reason MultiExchangeOrderbookAggregator::own_reason(const Book& book, TimePoint now) const {
  if (book.crossed) return Reason::own_book_crossed;
  if (book.bids.empty() && book.asks.empty()) return Reason::no_price;
  if (book.reliability < options_.min_reliability) return Reason::low_reliability;
  if (!options_.max_age_seconds) return Reason::none;
  const std::chrono::duration<double> age = now - book.timestamp;
  return age.count() > *options_.max_age_seconds ? Reason::late : Reason::none;
}

// The position of the one that must leave, if one must: the farthest from the median of three or more; of two that
// disagree the less reliable, then the older, then the later by name.
std::optional<std::size_t> MultiExchangeOrderbookAggregator::outlier(const std::vector<Member>& members) const {
  if (members.size() < 2) return {};
  std::vector<double> middles;
  for (const Member& member : members) middles.push_back(member.middle);
  std::sort(middles.begin(), middles.end());
  const std::size_t half = middles.size() / 2;
  const double median = middles.size() % 2 == 1 ? middles[half] : (middles[half - 1] + middles[half]) / 2.0;
  const double limit = options_.max_price_diff_pct * median;
  const auto goes_first = [](const Member& a, const Member& b) {
    if (a.book->reliability != b.book->reliability) return a.book->reliability < b.book->reliability;
    if (a.book->timestamp != b.book->timestamp) return a.book->timestamp < b.book->timestamp;
    return a.book->exchange > b.book->exchange;
  };
  if (members.size() == 2) {
    if (std::abs(members[0].middle - members[1].middle) <= limit) return {};
    return goes_first(members[0], members[1]) ? 0 : 1;
  }
  std::size_t farthest = 0;
  for (std::size_t i = 1; i < members.size(); ++i) {
    const double distance = std::abs(members[i].middle - median);
    const double most = std::abs(members[farthest].middle - median);
    if (distance > most || (distance == most && goes_first(members[i], members[farthest]))) farthest = i;
  }
  return std::abs(members[farthest].middle - median) > limit ? std::optional(farthest) : std::nullopt;
}

std::vector<MultiExchangeOrderbookAggregator::Member> MultiExchangeOrderbookAggregator::contributors(
    const Books& books, std::map<std::string, Reason>* excluded) const {
  TimePoint now{};
  if (options_.max_age_seconds) now = options_.clock ? options_.clock() : std::chrono::system_clock::now();
  std::vector<Member> members;
  members.reserve(books.size());
  for (const auto& [name, held] : books) {
    const Book& book = *held;
    const Reason reason = own_reason(book, now);
    if (reason != Reason::none) {
      if (excluded != nullptr) excluded->emplace(name, reason);
      continue;
    }
    const double bid = book.bids.empty() ? book.asks.front().price : book.bids.front().price;
    const double ask = book.asks.empty() ? book.bids.front().price : book.asks.front().price;
    members.push_back({held, (bid + ask) / 2.0, 0.0});
  }
  while (const std::optional<std::size_t> position = outlier(members)) {
    if (excluded != nullptr) excluded->emplace(members[*position].book->exchange, Reason::off_consensus);
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(*position));
  }
  return members;
}

void MultiExchangeOrderbookAggregator::price_latency(std::vector<Member>& members) const {
  const LatencyPricing pricing{
      .form = options_.latency_form, .volatility = options_.volatility, .weight = options_.latency_weight};
  for (Member& member : members) {
    double ms = member.book->latency_ms;
    if (options_.calibrator) ms = options_.calibrator->get_estimated_latency(member.book->exchange, "p50", ms);
    const MicroBps rate = latency_rate(pricing, Nanos(std::llround(ms * 1e6)));
    member.latency = static_cast<double>(rate.count()) / static_cast<double>(rate_one);
  }
}

std::vector<AggregatedLevel> HeldOrderBook::merge(OrderBookSide side, double& depth) const {
  const bool bids = side == OrderBookSide::bid;
  const auto entries_of = [&](std::size_t m) -> const std::vector<Entry>& {
    return bids ? members_[m].book->bids : members_[m].book->asks;
  };
  std::vector<std::size_t> next(members_.size(), 0);
  std::vector<AggregatedLevel> levels;
  Wide depth_exact = 0;
  while (levels.size() < levels_max_) {
    const double* best = nullptr;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (next[m] == entries_of(m).size()) continue;
      const double& price = entries_of(m)[next[m]].price;
      if (best == nullptr || (bids ? price > *best : price < *best)) best = &price;
    }
    if (best == nullptr) break;
    AggregatedLevel& level = levels.emplace_back();
    level.price = *best;
    Wide total = 0;
    double charged = 0.0;  // size times latency cost
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (next[m] == entries_of(m).size() || entries_of(m)[next[m]].price != level.price) continue;
      const Entry& entry = entries_of(m)[next[m]++];
      total = exact_sum(total, exact_size(entry.size));
      charged += entry.size * members_[m].latency;
      level.exchanges.push_back(members_[m].book->exchange);
      level.sizes.push_back(entry.size);
    }
    level.total_size = level.sizes.size() == 1 ? level.sizes.front() : nearest_double(total);
    level.weighted_price = level.price * (1.0 + (bids ? -1.0 : 1.0) * charged / level.total_size);
    depth_exact = exact_sum(depth_exact, total);
  }
  depth = nearest_double(depth_exact);
  return levels;
}

AggregatedOrderBook HeldOrderBook::read() const {
  AggregatedOrderBook result = top_;
  result.bids = merge(OrderBookSide::bid, result.total_bid_depth);
  result.asks = merge(OrderBookSide::ask, result.total_ask_depth);
  return result;
}

AggregatedOrderBook MultiExchangeOrderbookAggregator::aggregate(std::string_view symbol, int max_levels,
                                                                bool use_latency_weighting) const {
  return hold(symbol, max_levels, use_latency_weighting).read();
}

HeldOrderBook MultiExchangeOrderbookAggregator::hold(std::string_view symbol, int max_levels,
                                                     bool use_latency_weighting) const {
  check_name("symbol", symbol);
  if (max_levels < 1) refuse("max_levels", std::to_string(max_levels), "at least 1");
  HeldOrderBook held;
  AggregatedOrderBook& top = held.top_;
  top.symbol = symbol;
  held.levels_max_ = static_cast<std::size_t>(max_levels);
  const std::scoped_lock lock(mutex_);
  const Books* books = find(symbol);
  if (books == nullptr) return held;
  held.members_ = contributors(*books, nullptr);
  if (use_latency_weighting) price_latency(held.members_);
  top.exchange_count = static_cast<int>(held.members_.size());
  for (const Member& member : held.members_) {
    const Book& book = *member.book;
    top.timestamp = std::max(top.timestamp, book.timestamp);
    if (!book.bids.empty()) top.best_bid = std::max(top.best_bid.value_or(0.0), book.bids.front().price);
    if (!book.asks.empty())
      top.best_ask = top.best_ask ? std::min(*top.best_ask, book.asks.front().price) : book.asks.front().price;
  }
  if (top.best_bid && top.best_ask)
    top.spread_bps = 1e4 * (*top.best_ask - *top.best_bid) / ((*top.best_ask + *top.best_bid) / 2.0);
  return held;
}

BestExchange MultiExchangeOrderbookAggregator::get_best_exchange(std::string_view symbol, std::string_view side,
                                                                 double size_usd) const {
  check_name("symbol", symbol);
  const Action action = action_of(side);
  if (!std::isfinite(size_usd) || size_usd <= 0.0) refuse("size_usd", size_usd, "a number above zero");
  const std::scoped_lock lock(mutex_);
  const Books* books = find(symbol);
  std::map<std::string, Reason> reasons;
  std::vector<Member> members = books == nullptr ? std::vector<Member>() : contributors(*books, &reasons);
  price_latency(members);
  const double sign = action == Action::buy ? 1.0 : -1.0;
  BestExchange best;
  double best_cost = 0.0;  // all-in average, times the sign: less is better
  for (const Member& member : members) {
    const Walk filled = walk(action == Action::buy ? member.book->asks : member.book->bids, size_usd);
    if (filled.quantity <= 0.0L) continue;
    const double fee_bps =
        options_.calibrator ? options_.calibrator->get_estimated_fee(member.book->exchange, "taker") : 0.0;
    const auto price = static_cast<double>(filled.value / filled.quantity);
    const double cost = sign * price * (1.0 + sign * (fee_bps / 1e4 + member.latency));
    const auto filled_usd = static_cast<double>(filled.value);
    const bool fills_more = filled_usd > best.filled_usd;
    if (!best.exchange.empty() && !fills_more && (filled_usd < best.filled_usd || cost >= best_cost)) continue;
    best = {member.book->exchange, price, filled_usd, filled_usd >= size_usd};
    best_cost = cost;
  }
  if (!best.exchange.empty()) return best;
  std::string names;
  for (const auto& [name, reason] : reasons) names += (names.empty() ? " (" : ", ") + name + ": " + to_string(reason);
  refuse("symbol", "\"" + std::string(symbol) + "\"" + (names.empty() ? "" : names + ")"),
         action == Action::buy ? "one with asks of an exchange that contributes"
                               : "one with bids of an exchange that contributes");
}

std::vector<std::string> MultiExchangeOrderbookAggregator::get_available_exchanges(std::string_view symbol) const {
  check_name("symbol", symbol);
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  if (const Books* books = find(symbol))
    for (const auto& [name, book] : *books)
      if (!book->crossed) names.push_back(name);
  return names;
}

std::map<std::string, Reason> MultiExchangeOrderbookAggregator::excluded(std::string_view symbol) const {
  check_name("symbol", symbol);
  const std::scoped_lock lock(mutex_);
  std::map<std::string, Reason> reasons;
  if (const Books* books = find(symbol)) (void)contributors(*books, &reasons);
  return reasons;
}

bool MultiExchangeOrderbookAggregator::remove_exchange(std::string_view symbol, std::string_view exchange) {
  check_name("symbol", symbol);
  check_name("exchange", exchange);
  const std::scoped_lock lock(mutex_);
  const auto books = symbols_.find(symbol);
  if (books == symbols_.end()) return false;
  const auto found = books->second.find(exchange);
  if (found == books->second.end()) return false;
  books->second.erase(found);
  if (books->second.empty()) symbols_.erase(books);
  return true;
}

}  // namespace crossbook
