// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "crossbook/core/effect.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/market/random.hpp"
#include "plan.hpp"

// The venues of our orders behind wires that lose, delay, repeat and reorder. It keeps what a gateway owes the guard:
// the reports of one match carry one number, executions arrive in the end, the matches that a query brings to light are
// reported before its answer, and `absent` is said only when the place can no longer arrive.
namespace crossbook::sim {

class FaultyExchange {
 public:
  explicit FaultyExchange(const Plan& plan);

  void place(const PlaceOrder& place, Steady at);
  void cancel(const CancelOrder& cancel, Steady at);
  void query(const QueryOrder& query, Steady at);

  [[nodiscard]] std::optional<Steady> next_at() const;
  // What happens then; a report where it reaches us.
  std::optional<OrderReport> next();

  // Requests and answers under way are lost; executions are told again. The gateway says of each live order of ours
  // that it does not know.
  void disconnect(Steady at, const std::vector<OrderId>& live);
  // Likewise when our process dies; nobody is there to be told.
  void crash(Steady at) { disconnect(at, {}); }
  // From now on everything works, and nobody trades.
  void behave() { honest_ = true; }

  struct Order {
    OrderTerms terms;
    bool under_way = false;  // the place can still arrive
    bool open = false;
    Quantity filled;
    std::vector<OrderFill> fills;
    Steady last_request;
    Steady last_report;
  };
  [[nodiscard]] const std::map<OrderId, Order>& orders() const { return orders_; }

 private:
  enum class What : std::uint8_t { place, cancel, query, report, match };
  struct Event {
    What what = What::match;
    OrderReport report;  // of a report; else only its order
  };
  using Key = std::pair<Steady, std::uint64_t>;

  void send(What what, OrderId id, Steady at);
  void add(What what, OrderId id, Steady at);
  void arrive_place(OrderId id, Order& order);
  void arrive_cancel(OrderId id, Order& order);
  void arrive_query(OrderId id, Order& order);
  void turn(OrderId id, Order& order);
  void match(OrderId id, Order& order, Quantity quantity);
  void end(OrderId id, Order& order, OrderReport::Kind how, OrderReason reason);
  void tell(OrderId id, OrderReport::Kind kind, OrderReason reason = OrderReason::ok);
  void tell(const OrderReport& report);
  [[nodiscard]] Nanos latency();
  [[nodiscard]] bool one_in(std::int64_t n) { return !honest_ && n > 0 && random_.one_in(n); }

  WireFaults faults_;
  market::Random random_;
  bool honest_ = false;
  Steady at_;
  std::map<Key, Event> events_;
  std::uint64_t sequence_ = 0;
  std::uint64_t trade_ = 0;
  std::map<OrderId, Order> orders_;
};

}  // namespace crossbook::sim
