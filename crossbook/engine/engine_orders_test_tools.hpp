// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/core/decimal.hpp"
#include "crossbook/engine/engine.hpp"
#include "crossbook/venue/registry.hpp"

// An engine with a few venues of BTC/USDT and orders at them, told in a few words, for tests.
namespace crossbook::engine {

[[nodiscard]] constexpr MicroBps bps(std::int64_t whole) { return MicroBps(whole * 1'000'000); }

// Goes above this spread of all venues.
[[nodiscard]] inline OrderLimits above(std::int64_t whole_bps) {
  OrderLimits limits;
  limits.spread_max = bps(whole_bps);
  return limits;
}
// Goes above this spread of its own venue.
[[nodiscard]] inline OrderLimits own_above(std::int64_t whole_bps) {
  OrderLimits limits = above(whole_bps);
  limits.watched = WatchedSpread::own_venue;
  return limits;
}
[[nodiscard]] inline OrderLimits with_data_age(OrderLimits limits, Nanos data_age_max) {
  limits.data_age_max = data_age_max;
  return limits;
}

// Feeds are "bybit-spot", "bybit-linear" and "okx" ("okx-swap": SOL/USDT:USDT, a contract of unknown size). Levels are
// written "9995 x 1, 9990 x 2". Each call comes a millisecond after the one before; effects are kept until told() is
// asked.
class OrderDesk {
 public:
  explicit OrderDesk(const Options& options = {}) : engine(options) {}

  // The feed's whole book.
  OrderDesk& book(const std::string& feed, const std::string& bids, const std::string& asks) {
    return frame(feed, {{bids, asks}}, true);
  }
  // A message that changes levels; size 0 takes one away.
  OrderDesk& change(const std::string& feed, const std::string& bids, const std::string& asks) {
    return frame(feed, {{bids, asks}}, false);
  }
  // Several changes in one frame (okx).
  OrderDesk& changes(const std::string& feed, const std::vector<std::pair<std::string, std::string>>& sides) {
    return frame(feed, sides, false);
  }
  // A message of the feed never arrives: the next one shows the gap.
  OrderDesk& lose_message(const std::string& feed) {
    ++sequence_[feed];
    return *this;
  }
  // The next message of the feed carries a checksum that is wrong (okx).
  OrderDesk& wrong_checksum() {
    checksum_ = 1;
    return *this;
  }

  // "buy 1 at 9990 on bybit-spot"
  OrderDesk& place(std::uint64_t id, const std::string& words, const OrderLimits& limits) {
    return send(PlaceCommand{OrderId(id), terms(words), limits});
  }
  OrderDesk& rest(std::uint64_t id, const std::string& words, const OrderLimits& limits) {
    return place(id, words, limits).says(id, OrderReport::Kind::acknowledged);
  }
  OrderDesk& cancel(std::uint64_t id) { return send(CancelCommand{OrderId(id)}); }
  OrderDesk& stop() { return send(StopCommand{}); }
  OrderDesk& restore(std::uint64_t id, const std::string& words, const OrderLimits& limits, std::int64_t filled) {
    return send(RestoredOrder{OrderId(id), terms(words), limits, wall(), Quantity(filled)});
  }
  OrderDesk& restore_trade(std::uint64_t id, std::uint64_t trade) { return send(RestoredTrade{OrderId(id), trade}); }
  OrderDesk& says(std::uint64_t id, OrderReport::Kind kind, std::int64_t filled = 0) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = kind;
    report.filled = Quantity(filled);
    return send(report);
  }
  OrderDesk& fills(std::uint64_t id, std::uint64_t trade, std::int64_t quantity) {
    OrderReport report;
    report.order = OrderId(id);
    report.kind = OrderReport::Kind::fill;
    report.fill.trade = trade;
    report.fill.quantity = Quantity(quantity);
    return send(report);
  }

  // Time passes, and the caller sends a tick at its end.
  OrderDesk& pass(Nanos time) {
    now = now + time - step;
    return send(Tick{});
  }
  // Ticks whenever the engine asks for one, and no oftener, until something is told or the time is over.
  OrderDesk& tick_for(Nanos most) {
    const Steady end = now + most;
    for (auto due = engine.next_due(); due && *due <= end && quiet(); due = engine.next_due()) {
      now = std::max(*due, now + Nanos(1)) - step;
      send(Tick{});
    }
    return *this;
  }
  template <class What>
  OrderDesk& send(What what) {
    now = now + step;
    engine.on({now, wall(), std::move(what)}, effects);
    return *this;
  }

  [[nodiscard]] Wall wall() const { return Wall(now.nanos()) + wall_ahead; }
  [[nodiscard]] const guard::Order& order(std::uint64_t id) const { return *engine.guard().find(OrderId(id)); }
  [[nodiscard]] std::string state(std::uint64_t id) const { return to_string(order(id).state); }
  // The spread that the order watches, in bps: "20", or "unusable".
  [[nodiscard]] std::string spread(std::uint64_t id) const {
    const guard::Spread spread = engine.guard().spread(order(id).watch);
    return spread ? format_decimal(spread->count(), 6) : "unusable";
  }

  // What was asked for and what ended since the last call: "place 1", "cancel 1 manual", "query 1", "refuse 1 stopped",
  // "1 is filled".
  std::vector<std::string> told() {
    std::vector<std::string> words;
    const auto id = [](OrderId order) { return std::to_string(static_cast<std::uint64_t>(order)); };
    for (const PlaceOrder& place : effects.places) words.push_back("place " + id(place.order));
    for (const CancelOrder& cancel : effects.cancels)
      words.push_back("cancel " + id(cancel.order) + " " + to_string(cancel.reason));
    for (const QueryOrder& query : effects.queries) words.push_back("query " + id(query.order));
    for (const OrderAlarm& alarm : effects.alarms)
      words.push_back("alarm " + id(alarm.order) + " " + to_string(alarm.kind));
    for (const OrderChange& change : effects.order_changes) {
      if (change.from == OrderState::pending && change.to == OrderState::rejected)
        words.push_back("refuse " + id(change.order) + " " + to_string(change.reason));
      else if (change.from != change.to && ended(change.to))
        words.push_back(id(change.order) + " is " + to_string(change.to));
    }
    effects.clear();
    return words;
  }
  // Nothing of it, only that it happened.
  OrderDesk& unheard() {
    effects.clear();
    return *this;
  }

  Engine engine;
  Effects effects;
  Steady now{1'000'000'000'000};
  Nanos wall_ahead{1'700'000'000'000'000'000};

 private:
  static constexpr Nanos step = milliseconds(1);
  using Sides = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] bool quiet() const { return effects.cancels.empty() && effects.queries.empty(); }
  [[nodiscard]] static FeedId feed_of(const std::string& feed) {
    return venue::find_feed(feed == "okx-swap" ? "okx" : feed).value();
  }
  [[nodiscard]] static std::string raw_of(const std::string& feed) {
    if (feed == "okx-swap") return "SOL-USDT-SWAP";
    return feed == "okx" ? "BTC-USDT" : "BTCUSDT";
  }
  [[nodiscard]] ConnectionId connection(const std::string& feed) {
    const auto [found, added] = connections_.try_emplace(feed, ConnectionId(connections_.size()));
    if (added) send(SessionState{found->second, feed_of(feed), true, {}});
    return found->second;
  }

  // "9995 x 1, 9990 x 2" as rows of JSON with `more` behind the size.
  static std::string rows(const std::string& levels, const std::string& more) {
    std::string json;
    for (std::size_t begin = 0; begin < levels.size();) {
      const std::size_t end = std::min(levels.find(", ", begin), levels.size());
      const std::size_t times = levels.find(" x ", begin);
      json += (json.empty() ? "[\"" : ",[\"") + levels.substr(begin, times - begin) + "\",\"" +
              levels.substr(times + 3, end - times - 3) + "\"" + more + "]";
      begin = end + 2;
    }
    return json;
  }

  OrderDesk& frame(const std::string& feed, const Sides& sides, bool whole) {
    const ConnectionId from = connection(feed);
    std::string text = feed.starts_with("bybit") ? bybit(feed, sides.front(), whole) : okx(feed, sides, whole);
    const std::size_t size = text.size();
    text.append(frame_padding, ' ');
    return send(Frame{from, {text.data(), size}});
  }
  std::string bybit(const std::string& feed, const std::pair<std::string, std::string>& sides, bool whole) {
    const std::string u = std::to_string(++sequence_.try_emplace(feed, 10).first->second);
    return R"({"topic":"orderbook.50.BTCUSDT","type":")" + std::string(whole ? "snapshot" : "delta") +
           R"(","ts":1700000000000,"data":{"s":"BTCUSDT","b":[)" + rows(sides.first, "") + R"(],"a":[)" +
           rows(sides.second, "") + R"(],"u":)" + u + R"(,"seq":7},"cts":1700000000000})";
  }
  std::string okx(const std::string& feed, const Sides& sides, bool whole) {
    std::string books;
    for (const auto& [bids, asks] : sides) {
      int& sequence = sequence_.try_emplace(feed, 10).first->second;
      const std::string previous = std::to_string(whole ? -1 : sequence);
      books += std::string(books.empty() ? "" : ",") + R"({"asks":[)" + rows(asks, R"(,"0","1")") + R"(],"bids":[)" +
               rows(bids, R"(,"0","1")") + R"(],"ts":"1700000000000","checksum":)" +
               std::to_string(std::exchange(checksum_, 0)) + R"(,"prevSeqId":)" + previous + R"(,"seqId":)" +
               std::to_string(++sequence) + "}";
    }
    return R"({"arg":{"channel":"books","instId":")" + raw_of(feed) + R"("},"action":")" +
           (whole ? "snapshot" : "update") + R"(","data":[)" + books + "]}";
  }

  // "buy 1 at 9990 on bybit-spot"; price and size have as many decimals as are written.
  OrderTerms terms(const std::string& words) {
    const auto word = [&words](int n) {
      std::size_t begin = 0;
      for (; n > 0; --n) begin = words.find(' ', begin) + 1;
      return words.substr(begin, words.find(' ', begin) - begin);
    };
    OrderTerms terms;
    terms.action = word(0) == "buy" ? Action::buy : Action::sell;
    terms.quantity_scale = decimal_shape(word(1)).value().scale;
    terms.quantity = Quantity(parse_decimal(word(1), terms.quantity_scale).value());
    terms.price_scale = decimal_shape(word(3)).value().scale;
    terms.price = Price(parse_decimal(word(3), terms.price_scale).value());
    terms.listing = engine.add_listing(feed_of(word(5)), raw_of(word(5)));
    return terms;
  }

  std::map<std::string, ConnectionId> connections_;
  std::map<std::string, int> sequence_;
  int checksum_ = 0;
};

}  // namespace crossbook::engine
