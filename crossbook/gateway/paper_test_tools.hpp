// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/check.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/gateway/exact.hpp"
#include "crossbook/gateway/paper.hpp"

// A market that a test writes down, and what a paper gateway says about orders in it.
namespace crossbook::gateway {

// Books as maps by place (exact.hpp), with one pair of scales for all listings.
class BooksByHand final : public Displayed {
 public:
  ListingScales now{.price = 2, .quantity = 3};
  std::map<ListingId, bool> lost;
  std::map<std::pair<ListingId, Side>, std::map<std::int64_t, std::int64_t>> sides;

  // Absolute sizes, as venues send them; 0 takes the level away.
  void set(ListingId listing, Side side, std::int64_t price, std::int64_t quantity) {
    auto& levels = sides[{listing, side}];
    const auto place = static_cast<std::int64_t>(place_of(side, price));
    if (quantity == 0) levels.erase(place);
    else levels[place] = quantity;
  }
  // Counts of a finer scale from now on.
  void grow(ListingScales finer) {
    for (auto& [key, levels] : sides) {
      std::map<std::int64_t, std::int64_t> grown;
      for (const auto& [place, quantity] : levels) {
        grown[place * power_of_ten(finer.price - now.price)] = quantity * power_of_ten(finer.quantity - now.quantity);
      }
      levels = std::move(grown);
    }
    now = finer;
  }

  [[nodiscard]] bool usable(ListingId listing) const override {
    const auto found = lost.find(listing);
    return found == lost.end() || !found->second;
  }
  [[nodiscard]] ListingScales scales(ListingId) const override { return now; }
  void levels(ListingId listing, Side side, LevelVisitor visit) const override {
    const auto found = sides.find({listing, side});
    if (found == sides.end()) return;
    for (const auto& [place, quantity] : found->second) {
      const Wide price = price_at(side, place);
      if (!visit(Price(static_cast<std::int64_t>(price)), WideQuantity(quantity))) return;
    }
  }
};

inline PaperVenue quick_venue() {
  return {.maker_fee = MicroBps(0), .taker_fee = MicroBps(0), .out = {}, .back = {}, .cancel = {}};
}

// Acts at `now`, in ms, and keeps all reports as lines: "12ms 7 fill 2 at 100.1 taker fee 0".
class PaperMarket {
 public:
  explicit PaperMarket(PaperVenue venue = quick_venue(), const ListingRules& rules = {}) : gateway_(books_, 1) {
    gateway_.list(ListingId(0), gateway_.add_venue(std::move(venue)), rules);
  }

  // Time goes on; whatever arrives on the way meets the market as it is.
  void go(std::int64_t ms) {
    now_ = ms;
    std::vector<TimedReport> reports;
    Steady reached;
    do {
      reports.clear();
      reached = gateway_.advance(at(), wall(), reports);
      for (const TimedReport& report : reports) lines_.push_back(line_of(report));
    } while (reached < at() || !reports.empty());
  }
  // "bid 100.1 x 2, ask 101 x 0" says that all of 2 is displayed there now, and nothing at 101: one change.
  void book(const std::string& levels) {
    for (std::size_t begin = 0; begin < levels.size();) {
      const std::size_t end = std::min(levels.find(", ", begin), levels.size());
      set_level(levels.substr(begin, end - begin));
      begin = end + 2;
    }
    gateway_.on_book(ListingId(0), at(), wall());
    go(now_);
  }
  // "buy 2 at 100.1": the taker bought.
  void print(const std::string& text, std::optional<Wall> ts_event = {}) {
    const auto words = words_of(text);
    Trade trade;
    trade.price = Price(count(words.at(3), books_.now.price));
    trade.quantity = WideQuantity(count(words.at(1), books_.now.quantity));
    trade.taker = words.at(0) == "buy" ? Side::bid : Side::ask;
    trade.ts_event = ts_event;
    gateway_.on_trade(trade, at(), wall());
    go(now_);
  }
  // "7 buy limit 2 at 100.1", "8 sell market 3".
  void place(const std::string& text) {
    const auto words = words_of(text);
    const auto id = static_cast<std::uint64_t>(count(words.at(0), 0));
    terms_[id] = terms_of(words);
    gateway_.place({.order = OrderId(id), .terms = terms_[id], .decided_at = at()}, at(), wall());
    go(now_);
  }
  void cancel(std::uint64_t id) {
    CancelOrder cancel;
    cancel.order = OrderId(id);
    gateway_.cancel(cancel, at(), wall());
    go(now_);
  }
  void query(std::uint64_t id) {
    gateway_.query({.order = OrderId(id), .listing = ListingId(0)}, at(), wall());
    go(now_);
  }
  void cancel_all() {
    gateway_.cancel_all(at(), wall());
    go(now_);
  }
  void lose_book(bool lost) {
    books_.lost[ListingId(0)] = lost;
    gateway_.on_book(ListingId(0), at(), wall());
    go(now_);
  }

  // Another process: the books and the clock are as they were, the gateway has only the text of the one before.
  void go_on_from(const PaperMarket& before) {
    books_ = before.books_;
    now_ = before.now_;
    terms_ = before.terms_;
    CROSSBOOK_ASSERT(gateway_.restore(before.gateway_.state(), at(), std::array{ListingId(0)}));
  }

  // The lines since the last call.
  std::vector<std::string> reports() { return std::exchange(lines_, {}); }
  [[nodiscard]] PaperGateway& gateway() { return gateway_; }
  [[nodiscard]] BooksByHand& books() { return books_; }
  [[nodiscard]] Steady at() const { return Steady(now_ * 1'000'000); }
  // The wall clock reads an hour more.
  [[nodiscard]] Wall wall() const { return Wall(now_ * 1'000'000) + seconds(3'600); }
  [[nodiscard]] OrderTerms& terms(std::uint64_t id) { return terms_[id]; }

 private:
  static std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
      if (c == ' ') words.emplace_back();
      else words.back() += c;
    }
    return words;
  }
  static std::int64_t count(std::string_view text, int scale) { return parse_decimal(text, scale).value(); }

  void set_level(const std::string& text) {
    const auto words = words_of(text);
    const Side side = words.at(0) == "bid" ? Side::bid : Side::ask;
    books_.set(ListingId(0), side, count(words.at(1), books_.now.price), count(words.at(3), books_.now.quantity));
  }
  [[nodiscard]] static OrderTerms terms_of(const std::vector<std::string>& words) {
    OrderTerms terms;
    terms.action = words.at(1) == "buy" ? Action::buy : Action::sell;
    for (const OrderType type :
         {OrderType::limit, OrderType::post_only, OrderType::immediate_or_cancel, OrderType::market}) {
      if (words.at(2) == to_string(type)) terms.type = type;
    }
    terms.price_scale = 2;
    terms.quantity_scale = 3;
    terms.quantity = Quantity(count(words.at(3), 3));
    if (words.size() > 5) terms.price = Price(count(words.at(5), 2));
    return terms;
  }
  [[nodiscard]] std::string line_of(const TimedReport& timed) {
    const OrderReport& report = timed.report;
    const auto id = static_cast<std::uint64_t>(report.order);
    const OrderTerms& terms = terms_[id];
    std::string line = format_decimal(timed.at.nanos(), 6) + "ms " + std::to_string(id) + " " + to_string(report.kind);
    if (report.reason != OrderReason::ok) line += std::string(" ") + to_string(report.reason);
    if (report.kind == OrderReport::Kind::fill) {
      line += " " + format_decimal(report.fill.quantity.count(), terms.quantity_scale) + " at " +
              format_decimal(report.fill.price.count(), terms.price_scale) + " " + to_string(report.fill.role) +
              " fee " + format_decimal(report.fill.fee, terms.price_scale + terms.quantity_scale);
    }
    if (report.kind == OrderReport::Kind::open || report.kind == OrderReport::Kind::absent) {
      line += " " + format_decimal(report.filled.count(), terms.quantity_scale);
    }
    return line;
  }

  BooksByHand books_;
  PaperGateway gateway_;
  std::int64_t now_ = 0;
  std::map<std::uint64_t, OrderTerms> terms_;
  std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

}  // namespace crossbook::gateway
