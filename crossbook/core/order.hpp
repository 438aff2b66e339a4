// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "crossbook/core/units.hpp"
#include "crossbook/core/wide.hpp"

// What is asked of a venue, what it answers, and what became of it: the same words for a paper gateway and a real one.
namespace crossbook {

// What the user does: to buy takes asks, to sell takes bids.
enum class Action : std::uint8_t { buy, sell };  // these values are on disk; add, never change
[[nodiscard]] constexpr const char* to_string(Action action) { return action == Action::buy ? "buy" : "sell"; }
[[nodiscard]] constexpr Side taken_side(Action action) { return action == Action::buy ? Side::ask : Side::bid; }
[[nodiscard]] constexpr Side resting_side(Action action) { return opposite(taken_side(action)); }

enum class Role : std::uint8_t { maker, taker };  // these values are on disk; add, never change
[[nodiscard]] constexpr const char* to_string(Role role) { return role == Role::maker ? "maker" : "taker"; }

// Our own number of an order, from 1, never used twice in the life of a store; the client order id is made from it.
enum class OrderId : std::uint64_t {};

enum class OrderType : std::uint8_t {  // these values are on disk; add, never change
  limit,                               // takes what is within its price, rests with the remainder
  post_only,                           // rejected where it would take
  immediate_or_cancel,                 // takes what is within its price, the remainder is cancelled by the venue
  market,                              // takes at any price
};
[[nodiscard]] constexpr const char* to_string(OrderType type) {
  switch (type) {
    case OrderType::limit: return "limit";
    case OrderType::post_only: return "post_only";
    case OrderType::immediate_or_cancel: return "ioc";
    case OrderType::market: return "market";
  }
  return "?";
}

// An order as it was decided. Its scales are its own, fixed for its life: a listing that rescales leaves it as it is.
struct OrderTerms {
  ListingId listing{};
  Action action = Action::buy;
  OrderType type = OrderType::limit;
  Price price;        // of 10^-price_scale; not used by a market order
  Quantity quantity;  // of 10^-quantity_scale, above zero
  int price_scale = 0;
  int quantity_scale = 0;
};

// Which spread an order watches.
enum class WatchedSpread : std::uint8_t { consolidated, own_venue };  // these values are on disk

// When an order must go. What is absent never makes it due.
struct OrderLimits {
  WatchedSpread watched = WatchedSpread::consolidated;
  std::optional<MicroBps> spread_max;  // due above it
  Nanos dwell;                         // for as long
  std::optional<Wall> expires_at;
  std::optional<Nanos> age_max;       // since the place command
  std::optional<Nanos> data_age_max;  // of unusable data; absent: waits for ever
};

enum class OrderState : std::uint8_t {  // these values are on disk; add, never change
  pending,                              // the intent is known, the venue has not said anything
  active,                               // resting, perhaps partially filled
  cancelling,                           // a cancel is asked for, and nothing proved yet
  cancelled,
  filled,
  expired,
  rejected,
  unknown,  // may or may not live at the venue: a query will tell
};
[[nodiscard]] constexpr const char* to_string(OrderState state) {
  switch (state) {
    case OrderState::pending: return "pending";
    case OrderState::active: return "active";
    case OrderState::cancelling: return "cancelling";
    case OrderState::cancelled: return "cancelled";
    case OrderState::filled: return "filled";
    case OrderState::expired: return "expired";
    case OrderState::rejected: return "rejected";
    case OrderState::unknown: return "unknown";
  }
  return "?";
}
[[nodiscard]] constexpr bool ended(OrderState state) {
  return state == OrderState::cancelled || state == OrderState::filled || state == OrderState::expired ||
         state == OrderState::rejected;
}

// Why an order is due, was refused or ended: one code, the same in logs, API, metrics, docs.
enum class OrderReason : std::uint8_t {  // these values are on disk; add, never change
  ok,
  no_spread_data,
  order_already_terminated,
  order_expired,
  order_too_old,
  spread_exceeded_threshold,
  data_unusable,
  manual,
  spread_wide,       // a place while the spread is above the threshold
  stopped,           // a place after the stop
  duplicate_id,      // a place with a number that is known
  invalid_price,     // not a multiple of the tick, or not above zero
  invalid_quantity,  // not a multiple of the lot, or below the minimum
  invalid_notional,  // below the venue's minimum
  would_take,        // post-only, and the price crosses the book
  no_liquidity,      // nothing within its price, or the book was not ready
  venue_refused,     // any other refusal of the venue
  already_gone,      // a cancel for an order that the venue no longer has
  remainder,         // immediate-or-cancel: what could not be taken
  disconnected,      // the venue cancels on disconnect
  recovered,         // found after a restart
  table_full,        // no room for another order
  budget,            // a place beyond the request budget, or a cancel that waits for it
  not_recorded,      // a place whose intent could not be written: nothing was sent
};
inline constexpr OrderReason order_reason_last = OrderReason::not_recorded;
[[nodiscard]] constexpr const char* to_string(OrderReason reason) {
  switch (reason) {
    case OrderReason::ok: return "ok";
    case OrderReason::no_spread_data: return "no_spread_data";
    case OrderReason::order_already_terminated: return "order_already_terminated";
    case OrderReason::order_expired: return "order_expired";
    case OrderReason::order_too_old: return "order_too_old";
    case OrderReason::spread_exceeded_threshold: return "spread_exceeded_threshold";
    case OrderReason::data_unusable: return "data_unusable";
    case OrderReason::manual: return "manual";
    case OrderReason::spread_wide: return "spread_wide";
    case OrderReason::stopped: return "stopped";
    case OrderReason::duplicate_id: return "duplicate_id";
    case OrderReason::invalid_price: return "invalid_price";
    case OrderReason::invalid_quantity: return "invalid_quantity";
    case OrderReason::invalid_notional: return "invalid_notional";
    case OrderReason::would_take: return "would_take";
    case OrderReason::no_liquidity: return "no_liquidity";
    case OrderReason::venue_refused: return "venue_refused";
    case OrderReason::already_gone: return "already_gone";
    case OrderReason::remainder: return "remainder";
    case OrderReason::disconnected: return "disconnected";
    case OrderReason::recovered: return "recovered";
    case OrderReason::table_full: return "table_full";
    case OrderReason::budget: return "budget";
    case OrderReason::not_recorded: return "not_recorded";
  }
  return "?";
}

// One match. Value and fee are exact, in 10^-(price_scale + quantity_scale) of the quote currency, at the order's
// scales; the fee is rounded up, so that a rebate is rounded down.
struct OrderFill {
  std::uint64_t trade = 0;  // the venue's number of the match: the same number twice is the same match
  Price price;
  Quantity quantity;
  Role role = Role::taker;
  MicroBps fee_rate;
  Wide fee = 0;
};

// What a gateway says of one order.
struct OrderReport {
  enum class Kind : std::uint8_t {
    acknowledged,     // it rests, or is about to be matched
    rejected,         // it never was there
    fill,             // one match; more may follow
    cancelled,        // it is gone, by our wish or the venue's
    expired,          // it is gone, by its own terms
    cancel_rejected,  // the cancel did nothing; `reason` already_gone: a query will tell how it ended
    open,             // answer of a query: it is there, `filled` of it is done
    absent,           // answer of a query: the venue does not have it, `filled` of it was done
    unanswered,       // a request was lost on the way: it may have worked or not
  };
  OrderId order{};
  Kind kind = Kind::acknowledged;
  OrderReason reason = OrderReason::ok;
  OrderFill fill;                // of a fill
  Quantity filled;               // of open and absent: the venue's sum
  std::optional<Wall> ts_event;  // the venue's own time
};
[[nodiscard]] constexpr const char* to_string(OrderReport::Kind kind) {
  switch (kind) {
    case OrderReport::Kind::acknowledged: return "acknowledged";
    case OrderReport::Kind::rejected: return "rejected";
    case OrderReport::Kind::fill: return "fill";
    case OrderReport::Kind::cancelled: return "cancelled";
    case OrderReport::Kind::expired: return "expired";
    case OrderReport::Kind::cancel_rejected: return "cancel_rejected";
    case OrderReport::Kind::open: return "open";
    case OrderReport::Kind::absent: return "absent";
    case OrderReport::Kind::unanswered: return "unanswered";
  }
  return "?";
}

}  // namespace crossbook
