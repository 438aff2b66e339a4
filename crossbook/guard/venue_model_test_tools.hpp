// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crossbook/guard/guard.hpp"

// A guard, a naive venue, and two wires between them on which everything can go wrong, for the tests of interleavings.
// `World::move` makes one thing happen and then checks every invariant; the first that breaks is told in `broken`.
namespace crossbook::guard {

enum class Move : std::uint8_t {
  place,               // a new order is decided
  request_arrives,     // the eldest request reaches the venue
  place_is_refused,    // likewise, and the venue rejects it
  cancel_is_refused,   // likewise
  request_is_lost,     // the eldest request, and the gateway notices
  request_vanishes,    // and nobody notices
  report_arrives,      // the eldest report reaches the guard
  report_overtakes,    // the newest one does
  report_comes_twice,  // the eldest one does, and stays on the wire
  partial_fill,        // the venue matches one unit
  whole_fill,          // the venue matches the rest
  cancel,              // the user wants it gone
  spread_widens,
  silence,     // nothing comes for longer than every time-out
  disconnect,  // requests and answers on the wire are lost; executions are told again after the reconnect
  crash,       // and restart, with what the store knows
  stop,
};
inline constexpr std::size_t move_count = 17;
[[nodiscard]] constexpr const char* to_string(Move move) {
  constexpr std::array<const char*, move_count> names = {"place",
                                                         "request_arrives",
                                                         "place_is_refused",
                                                         "cancel_is_refused",
                                                         "request_is_lost",
                                                         "request_vanishes",
                                                         "report_arrives",
                                                         "report_overtakes",
                                                         "report_comes_twice",
                                                         "partial_fill",
                                                         "whole_fill",
                                                         "cancel",
                                                         "spread_widens",
                                                         "silence",
                                                         "disconnect",
                                                         "crash",
                                                         "stop"};
  return names[static_cast<std::size_t>(move)];
}

class World {
 public:
  using Kind = OrderReport::Kind;
  static constexpr std::size_t orders_max = 3;
  static constexpr std::int64_t quantity = 4;

  explicit World(std::size_t orders, const std::optional<BudgetOptions>& budget = {})
      : budget_(budget), guard_(options()), orders_(orders) {
    watch_ = guard_.add_watch(true);
    guard_.add_account(budget_);
    guard_.on_spread(watch_, MicroBps(5), now_, wall(), effects_);
  }

  // Makes it happen, to the `which`-th order where that matters. False when it cannot happen now; nothing was done
  // then.
  bool move(Move what, std::size_t which = 0) {
    effects_.clear();
    ended_by_ = {};
    if (!happen(what, which)) return false;
    send();
    check();
    return true;
  }

  // Everything works from now on: each order rests or ends, and ends after a stop, as the venue says, with its fills.
  void settle() {
    come_to_rest();
    if (broken.empty() && !stopped_) {
      move(Move::stop);
      come_to_rest();
    }
    if (!broken.empty()) return;
    if (guard_.live() != 0) broken = "an order never ends";
    for (std::size_t i = 0; i < orders_; ++i) {
      const Order* order = guard_.find(id_of(i));
      if (order == nullptr) continue;
      if (order->filled.count() != std::popcount(venue_[i].trades)) broken = "fills are not conserved";
      if ((order->filled.count() == quantity) != (order->state == OrderState::filled))
        broken = "an order filled whole is not filled";
    }
  }

  std::string broken;

 private:
  // Delivers what is on the wires, and lets time pass, until no more is said.
  void come_to_rest() {
    for (int quiet = 0, round = 0; quiet < 2 && round < 60 && broken.empty(); ++round) {
      quiet = requests_.empty() && reports_.empty() ? quiet + 1 : 0;
      while (broken.empty() && (move(Move::request_arrives) || move(Move::report_arrives))) {
      }
      if (broken.empty()) move(Move::silence);
    }
    guard_.for_each_live([this](const Order& order) {
      if (order.due || order.state != OrderState::active) broken = "an order neither rests nor ends";
    });
  }

  struct Request {
    enum class Kind : std::uint8_t { place, cancel, query };
    Kind kind = Kind::place;
    std::size_t order = 0;
  };
  struct VenueOrder {
    bool decided = false;      // the guard took it in
    bool open = false;         // it rests at the venue
    std::uint64_t trades = 0;  // bit n: the match n + 1, of one unit
  };

  static GuardOptions options() {
    GuardOptions options;
    options.orders_reserve = 2;
    options.retention.reset();
    options.cancel_tries_max = 2;
    return options;
  }
  static OrderId id_of(std::size_t order) { return OrderId(order + 1); }
  static std::size_t order_of(OrderId id) { return static_cast<std::size_t>(id) - 1; }
  [[nodiscard]] Wall wall() const { return Wall(now_.nanos()); }

  bool happen(Move what, std::size_t which) {
    switch (what) {
      case Move::place: return place(which);
      case Move::request_arrives: return request_arrives(false);
      case Move::place_is_refused: return next_is(Request::Kind::place) && request_arrives(true);
      case Move::cancel_is_refused: return next_is(Request::Kind::cancel) && request_arrives(true);
      case Move::request_is_lost: return request_is_lost(true);
      case Move::request_vanishes: return request_is_lost(false);
      case Move::report_arrives: return report_arrives(0, false);
      case Move::report_overtakes: return reports_.size() > 1 && report_arrives(reports_.size() - 1, false);
      case Move::report_comes_twice: return report_arrives(0, true);
      case Move::partial_fill: return venue_[which].open && (match(which), true);
      case Move::whole_fill: return fill_whole(which);
      case Move::cancel: return cancel(which);
      case Move::spread_widens: return widen();
      case Move::silence: return pass(seconds(31));
      case Move::disconnect: return disconnect();
      case Move::crash: return crash();
      case Move::stop: return stop();
    }
    return false;
  }

  bool place(std::size_t which) {
    if (which >= orders_ || venue_[which].decided) return false;
    PlaceCommand command{id_of(which), {}, {}};
    command.terms.quantity = Quantity(quantity);
    command.terms.price = Price(100);
    command.limits.spread_max = MicroBps(10);
    guard_.place(command, watch_, AccountId(0), now_, wall(), effects_);
    venue_[which].decided = !effects_.places.empty();
    return true;
  }

  [[nodiscard]] bool next_is(Request::Kind kind) const { return !requests_.empty() && requests_[0].kind == kind; }

  Request take_request() {
    const Request request = requests_.front();
    requests_.erase(requests_.begin());
    return request;
  }

  bool request_arrives(bool refused) {
    if (requests_.empty()) return false;
    const Request request = take_request();
    VenueOrder& order = venue_[request.order];
    switch (request.kind) {
      case Request::Kind::place:
        order.open = !refused;
        report(request.order, refused ? Kind::rejected : Kind::acknowledged,
               refused ? OrderReason::venue_refused : OrderReason::ok);
        break;
      case Request::Kind::cancel:
        if (refused) report(request.order, Kind::cancel_rejected, OrderReason::venue_refused);
        else if (order.open) report(request.order, Kind::cancelled);
        else report(request.order, Kind::cancel_rejected, OrderReason::already_gone);
        if (!refused) order.open = false;
        break;
      case Request::Kind::query:
        for (std::uint64_t trade = 0; trade < quantity; ++trade)
          if ((order.trades >> trade & 1U) != 0) report_fill(request.order, trade);
        report(request.order, order.open ? Kind::open : Kind::absent);
        reports_.back().filled = Quantity(std::popcount(order.trades));
    }
    return true;
  }

  bool request_is_lost(bool noticed) {
    if (requests_.empty()) return false;
    const Request request = take_request();
    if (noticed) report(request.order, Kind::unanswered);
    return true;
  }

  void report(std::size_t order, Kind kind, OrderReason reason = OrderReason::ok) {
    OrderReport& next = reports_.emplace_back();
    next.order = id_of(order);
    next.kind = kind;
    next.reason = reason;
  }
  void report_fill(std::size_t order, std::uint64_t trade) {
    report(order, Kind::fill);
    reports_.back().fill.trade = trade;
    reports_.back().fill.quantity = Quantity(1);
    reports_.back().fill.price = Price(100);
  }

  void match(std::size_t which) {
    VenueOrder& order = venue_[which];
    const auto trade = static_cast<std::uint64_t>(std::popcount(order.trades));
    order.trades |= std::uint64_t{1} << trade;
    report_fill(which, trade);
    if (trade + 1 == quantity) order.open = false;
  }
  bool fill_whole(std::size_t which) {
    if (!venue_[which].open) return false;
    while (venue_[which].open) match(which);
    return true;
  }

  bool report_arrives(std::size_t at, bool stays) {
    if (at >= reports_.size()) return false;
    const OrderReport report = reports_[at];
    if (!stays) reports_.erase(reports_.begin() + static_cast<std::ptrdiff_t>(at));
    const std::size_t order = order_of(report.order);
    const bool held = guard_.find(report.order) != nullptr;
    if (report.kind == Kind::fill && held) counted_[order] |= std::uint64_t{1} << report.fill.trade;
    ended_by_ = report;
    guard_.on_report(report, now_, wall(), effects_);
    const bool strange = !effects_.alarms.empty() && effects_.alarms.back().kind == OrderAlarm::Kind::unknown_order;
    if (strange == held) broken = "an alarm of a strange order, or none, where it should not";
    return true;
  }

  bool cancel(std::size_t which) {
    const Order* order = guard_.find(id_of(which));
    if (order == nullptr || ended(order->state) || order->due) return false;
    guard_.cancel({id_of(which), OrderReason::manual}, now_, wall(), effects_);
    return true;
  }

  bool widen() {
    if (wide_) return false;
    wide_ = true;
    guard_.on_spread(watch_, MicroBps(11), now_, wall(), effects_);
    return true;
  }

  bool pass(Nanos time) {
    now_ = now_ + time;
    guard_.advance(now_, wall(), effects_);
    return true;
  }

  // What was on the wires, but for executions, is lost; the gateway says so for each live order.
  void cut() {
    requests_.clear();
    std::erase_if(reports_, [](const OrderReport& report) { return report.kind != Kind::fill; });
  }
  bool disconnect() {
    if (requests_.empty() && reports_.empty()) return false;
    cut();
    guard_.for_each_live([this](const Order& order) { report(order_of(order.id), Kind::unanswered); });
    return true;
  }

  bool crash() {
    if (guard_.live() == 0) return false;
    std::vector<Order> stored;
    guard_.for_each_live([&](const Order& order) { stored.push_back(order); });
    cut();
    guard_ = Guard(options());
    watch_ = guard_.add_watch(true);
    guard_.add_account(budget_);
    if (stopped_) guard_.stop(now_, wall(), effects_);
    for (const Order& order : stored) {
      guard_.restore({order.id, order.terms, order.limits, order.placed_wall, order.filled}, watch_, AccountId(0), now_,
                     wall(), effects_);
      for (std::uint64_t trade = 0; trade < quantity; ++trade)
        if ((counted_[order_of(order.id)] >> trade & 1U) != 0) guard_.restore_trade(order.id, trade);
    }
    guard_.on_spread(watch_, MicroBps(wide_ ? 11 : 5), now_, wall(), effects_);
    return true;
  }

  bool stop() {
    if (stopped_) return false;
    stopped_ = true;
    guard_.stop(now_, wall(), effects_);
    return true;
  }

  void send() {
    for (const PlaceOrder& place : effects_.places) requests_.push_back({Request::Kind::place, order_of(place.order)});
    for (const CancelOrder& cancel : effects_.cancels)
      requests_.push_back({Request::Kind::cancel, order_of(cancel.order)});
    for (const QueryOrder& query : effects_.queries) requests_.push_back({Request::Kind::query, order_of(query.order)});
  }

  void check() {
    if (stopped_ && !effects_.places.empty()) broken = "a place after the stop";
    std::array<int, orders_max> cancels{};
    for (const CancelOrder& cancel : effects_.cancels)
      if (++cancels[order_of(cancel.order)] > 1 || ended(guard_.find(cancel.order)->state))
        broken = "two cancels of one order at once, or one of an order that has ended";
    for (const OrderChange& change : effects_.order_changes)
      if (ended(change.to) && !evident(change)) broken = "an end without evidence";
    for (std::size_t i = 0; i < orders_; ++i) check(i);
  }

  void check(std::size_t which) {
    const Order* order = guard_.find(id_of(which));
    const bool on_its_way = std::any_of(requests_.begin(), requests_.end(), [which](const Request& request) {
      return request.order == which && request.kind == Request::Kind::place;
    });
    if ((venue_[which].open || on_its_way) && (order == nullptr || ended(order->state)))
      broken = "a live order is forgotten";
    if (order == nullptr) return;
    if (order->filled.count() != std::popcount(counted_[which])) broken = "a match is not counted, or counted twice";
    if (ended(order->state)) return;
    if ((order->state == OrderState::unknown || order->state == OrderState::pending) && !guard_.next_query(order->id))
      broken = "nobody asks for an order that is not known";
    const std::optional<Pursuit> pursuit = guard_.pursuit(order->id);
    if (pursuit && !pursuit->next_try) broken = "a due order is not pursued";
    if (pursuit && pursuit->in_flight && pursuit->waits_for == OrderReason::budget)
      broken = "a cancel is in flight and waits for budget";
    if (stopped_ && !pursuit) broken = "a live order rests after the stop";
    if (wide_ && !pursuit) broken = "an order rests past its threshold";
  }

  // A refused place was never sent; every other end follows from a report of this moment.
  [[nodiscard]] bool evident(const OrderChange& change) const {
    if (change.from == OrderState::pending && change.to == OrderState::rejected && !ended_by_) return true;
    if (ended(change.from)) return change.fill.has_value();
    if (!ended_by_ || ended_by_->order != change.order) return false;
    switch (ended_by_->kind) {
      case Kind::rejected: return change.to == OrderState::rejected;
      case Kind::cancelled: return change.to == OrderState::cancelled;
      case Kind::fill: return change.to == OrderState::filled && change.filled.count() >= quantity;
      case Kind::absent:
        return change.to == (ended_by_->filled.count() >= quantity ? OrderState::filled : OrderState::cancelled);
      default: return false;
    }
  }

  std::optional<BudgetOptions> budget_;
  Guard guard_;
  Effects effects_;
  WatchId watch_{};
  std::size_t orders_;
  std::array<VenueOrder, orders_max> venue_;
  std::array<std::uint64_t, orders_max> counted_{};  // matches told to a guard that held the order
  std::vector<Request> requests_;
  std::vector<OrderReport> reports_;
  std::optional<OrderReport> ended_by_;  // the report of this move
  Steady now_{1'000'000'000};
  bool wide_ = false;
  bool stopped_ = false;
};

}  // namespace crossbook::guard
