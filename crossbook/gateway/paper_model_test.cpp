// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crossbook/gateway/paper_test_tools.hpp"

// Random markets and orders. Whatever happens, nothing is filled that was neither displayed nor traded, and every order
// is accounted for.
namespace crossbook::gateway {
namespace {

// Near enough to each other that everything meets. Prices 95 to 105, sizes 0 to 3, at the scales of BooksByHand.
struct Step {
  enum class Kind : std::uint8_t { level, print, place, cancel, query, lose, regain, cancel_all };
  Kind kind = Kind::level;
  Side side = Side::bid;
  OrderType type = OrderType::limit;
  std::int64_t price = 0;
  std::int64_t quantity = 0;
  std::uint64_t order = 0;
};

Step draw_step() {
  using K = Step::Kind;
  Step step;
  step.kind = *rc::gen::weightedElement<K>({{40, K::level},
                                            {14, K::print},
                                            {24, K::place},
                                            {8, K::cancel},
                                            {4, K::query},
                                            {1, K::lose},
                                            {4, K::regain},
                                            {1, K::cancel_all}});
  step.side = *rc::gen::element(Side::bid, Side::ask);
  step.type = *rc::gen::weightedElement<OrderType>(
      {{6, OrderType::limit}, {2, OrderType::post_only}, {2, OrderType::immediate_or_cancel}, {1, OrderType::market}});
  step.price = *rc::gen::inRange<std::int64_t>(95, 106) * 100;
  step.quantity = *rc::gen::inRange<std::int64_t>(0, 7) * 500;
  step.order = *rc::gen::inRange<std::uint64_t>(1, 40);
  return step;
}

struct Known {
  OrderTerms terms;
  std::int64_t filled = 0;
  int answers = 0;  // acknowledged or rejected
  bool ended = false;
};

// A market and a caller that trusts nothing: it keeps its own sums of what there was to be had.
class Run {
 public:
  explicit Run(const PaperVenue& venue) : gateway_(books_, 1) {
    quick_ = venue.out.draw(generator_) == Nanos(0);
    gateway_.list(ListingId(0), gateway_.add_venue(venue), {});
  }

  void take(const Step& step) {
    advance(now_ + 1);
    made_now_ = 0;
    made_max_.reset();
    if (quick_ && step.kind == Step::Kind::print) made_max_ = step.quantity;
    act(step);
    advance(now_);
  }
  void finish() { advance(now_ + 10'000); }

  // Every order was answered once, holds what its fills add up to, and is open unless it ended.
  void check_orders() {
    const std::vector<OpenOrder> held = gateway_.open_orders();
    std::size_t open = 0;
    for (const auto& [id, order] : orders_) {
      RC_ASSERT(order.answers == 1);
      if (order.ended || order.filled == order.terms.quantity.count()) continue;
      const auto found = std::ranges::find(held, OrderId(id), &OpenOrder::order);
      RC_ASSERT(found != held.end());
      RC_ASSERT(found->filled.count() == order.filled);
      ++open;
    }
    RC_ASSERT(held.size() == open);
    RC_ASSERT(!gateway_.next_at());
  }
  // Over all: makers had no more than was traded into their side and left over at the other.
  void check_supply() {
    for (const Side side : {Side::bid, Side::ask}) {
      std::int64_t supply = traded_[side];
      for (const auto& [level, left] : left_) {
        if (level.first == opposite(side)) supply += left;
      }
      RC_ASSERT(made_[side] <= supply);
    }
  }
  [[nodiscard]] const Lines& lines() const { return lines_; }

 private:
  using LevelKey = std::pair<Side, std::int64_t>;

  [[nodiscard]] Steady at() const { return Steady(now_ * 1'000'000); }
  [[nodiscard]] Wall wall() const { return Wall(now_ * 1'000'000); }

  void act(const Step& step) {
    CancelOrder cancel;
    cancel.order = OrderId(step.order);
    switch (step.kind) {
      case Step::Kind::level: return level(step);
      case Step::Kind::print: return print(step);
      case Step::Kind::place: return place(step);
      case Step::Kind::cancel: return gateway_.cancel(cancel, at(), wall());
      case Step::Kind::query:
        // One for an order that is placed only later may truly answer `absent` at any time.
        if (!orders_.contains(step.order)) return;
        return gateway_.query({.order = cancel.order, .listing = ListingId(0)}, at(), wall());
      case Step::Kind::lose: return lose(true);
      case Step::Kind::regain: return lose(false);
      case Step::Kind::cancel_all: return gateway_.cancel_all(at(), wall());
    }
  }
  void level(const Step& step) {
    const LevelKey key(step.side, step.price);
    left_[key] += std::max<std::int64_t>(step.quantity - displayed_[key], 0);
    displayed_[key] = step.quantity;
    books_.set(ListingId(0), step.side, step.price, step.quantity);
    gateway_.on_book(ListingId(0), at(), wall());
  }
  void print(const Step& step) {
    Trade trade;
    trade.price = Price(step.price);
    trade.quantity = WideQuantity(step.quantity);
    trade.taker = step.side;
    traded_[opposite(step.side)] += step.quantity;
    gateway_.on_trade(trade, at(), wall());
  }
  void place(const Step& step) {
    PlaceOrder place;
    place.order = OrderId(step.order);
    place.terms.action = step.side == Side::bid ? Action::buy : Action::sell;
    place.terms.type = step.type;
    place.terms.price = Price(step.price);
    place.terms.quantity = Quantity(step.quantity);
    place.terms.price_scale = books_.now.price;
    place.terms.quantity_scale = books_.now.quantity;
    Known known;
    known.terms = place.terms;
    orders_.try_emplace(step.order, known);
    gateway_.place(place, at(), wall());
  }
  void lose(bool lost) {
    books_.lost[ListingId(0)] = lost;
    gateway_.on_book(ListingId(0), at(), wall());
  }

  void advance(std::int64_t ms) {
    now_ = ms;
    std::vector<TimedReport> reports;
    Steady reached;
    do {
      reports.clear();
      reached = gateway_.advance(at(), wall(), reports);
      for (const TimedReport& report : reports) on_report(report);
    } while (reached < at() || !reports.empty());
  }
  void on_report(const TimedReport& timed) {
    using K = OrderReport::Kind;
    const OrderReport& report = timed.report;
    RC_ASSERT(timed.at >= last_at_);
    last_at_ = timed.at;
    const auto id = static_cast<std::uint64_t>(report.order);
    lines_.push_back(std::to_string(timed.at.nanos()) + " " + std::to_string(id) + " " + to_string(report.kind) + " " +
                     to_string(report.reason) + " " + std::to_string(report.fill.quantity.count()));
    if (report.reason == OrderReason::duplicate_id) return;
    const auto found = orders_.find(id);
    const bool nothing = report.kind == K::cancel_rejected || report.kind == K::absent;
    if (found == orders_.end()) return RC_ASSERT(nothing && report.filled == Quantity(0));
    Known& order = found->second;
    if (report.kind == K::acknowledged || report.kind == K::rejected) ++order.answers;
    if (report.kind == K::fill) on_fill(order, report.fill);
    if (report.kind == K::open || report.kind == K::absent) RC_ASSERT(report.filled.count() == order.filled);
    if (report.kind != K::cancelled && report.kind != K::rejected) return;
    RC_ASSERT(!order.ended);
    order.ended = true;
  }
  void on_fill(Known& order, const OrderFill& fill) {
    const OrderTerms& terms = order.terms;
    const Side side = resting_side(terms.action);
    RC_ASSERT(trades_.insert(fill.trade).second);
    RC_ASSERT(fill.quantity > Quantity(0));
    RC_ASSERT(!order.ended);
    RC_ASSERT(order.answers == 1);
    order.filled += fill.quantity.count();
    RC_ASSERT(order.filled <= terms.quantity.count());
    if (fill.role == Role::maker) {
      RC_ASSERT(fill.price == terms.price);
      on_made(side, fill);
    } else {
      RC_ASSERT(terms.type == OrderType::market || fill.price == terms.price || better(side, terms.price, fill.price));
      std::int64_t& left = left_[{opposite(side), fill.price.count()}];
      left -= fill.quantity.count();
      RC_ASSERT(left >= 0);
    }
  }
  // Without latency a fill belongs to the step: to its print, or else to the levels that reach its price, the best
  // first.
  void on_made(Side side, const OrderFill& fill) {
    made_now_ += fill.quantity.count();
    if (made_max_) return RC_ASSERT(made_now_ <= *made_max_);
    if (!quick_) {
      made_[side] += fill.quantity.count();
      return;
    }
    std::int64_t need = fill.quantity.count();
    std::vector<std::int64_t> prices;
    for (const auto& [level, left] : left_) {
      const bool reaches = level.second == fill.price.count() || better(side, fill.price, Price(level.second));
      if (level.first == opposite(side) && reaches) prices.push_back(level.second);
    }
    if (side == Side::ask) std::ranges::reverse(prices);
    for (const std::int64_t price : prices) {
      const LevelKey key(opposite(side), price);
      const std::int64_t took = std::min({need, left_[key], displayed_[key]});
      left_[key] -= took;
      need -= took;
    }
    RC_ASSERT(need == 0);
  }

  BooksByHand books_;
  PaperGateway gateway_;
  Generator generator_{0};
  bool quick_ = true;
  std::int64_t now_ = 0;
  Steady last_at_;
  std::map<std::uint64_t, Known> orders_;
  std::map<LevelKey, std::int64_t> displayed_;
  std::map<LevelKey, std::int64_t> left_;  // all that was ever added there, without what we had of it
  std::map<Side, std::int64_t> traded_;    // into this side
  std::map<Side, std::int64_t> made_;
  std::set<std::uint64_t> trades_;
  std::int64_t made_now_ = 0;
  std::optional<std::int64_t> made_max_;
  Lines lines_;
};

void play(const PaperVenue& venue) {
  const auto steps = *rc::gen::resize(300, rc::gen::container<std::vector<Step>>(rc::gen::exec(draw_step)));
  Run run(venue);
  Run again(venue);
  for (const Step& step : steps) {
    run.take(step);
    again.take(step);
  }
  run.finish();
  again.finish();
  run.check_orders();
  run.check_supply();
  RC_ASSERT(run.lines() == again.lines());
}

RC_GTEST_PROP(PaperModel, FillsNothingThatWasNeitherDisplayedNorTraded, ()) { play(quick_venue()); }

RC_GTEST_PROP(PaperModel, FillsNothingThatWasNeitherDisplayedNorTradedWithLatency, ()) {
  PaperVenue venue = quick_venue();
  venue.out = venue.back = venue.cancel =
      LatencyModel::of_quantiles(milliseconds(2), milliseconds(6), milliseconds(20));
  play(venue);
}

}  // namespace
}  // namespace crossbook::gateway
