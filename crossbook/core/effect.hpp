// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crossbook/core/order.hpp"
#include "crossbook/core/reason.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"

// What should be done, or be known, because of an input. The engine appends; the shard carries out.
namespace crossbook {

// Subscribe again to one listing: its book cannot be trusted until a new snapshot.
struct Resync {
  ListingId listing{};
  Reason reason = Reason::none;
};

// Fetch the REST snapshot of one listing; the answer comes back as an HttpBody.
struct FetchSnapshot {
  ListingId listing{};
};

// Something an operator or a log should see. Every note carries a reason code.
struct Note {
  enum class Kind : std::uint8_t { malformed_frame, unreadable_body, connection_gap, book_state };
  Kind kind = Kind::book_state;
  Reason reason = Reason::none;
  std::optional<ListingId> listing;
  std::optional<ConnectionId> connection;
  Error error;  // of a malformed frame: what was expected, and where
};

// Send this order to its venue, once its intent is on disk.
struct PlaceOrder {
  OrderId order{};
  OrderTerms terms;
  Steady decided_at;
};

// Ask the venue to cancel. May come again for the same order: a cancel may be repeated, a place may not.
struct CancelOrder {
  OrderId order{};
  ListingId listing{};
  OrderReason reason = OrderReason::manual;
  std::uint32_t attempt = 1;
  Steady decided_at;
};

// Ask the venue what became of an order.
struct QueryOrder {
  OrderId order{};
  ListingId listing{};
};

// An order went from one state to another, or was filled further (from and to may be equal).
struct OrderChange {
  OrderId order{};
  ListingId listing{};
  OrderState from = OrderState::pending;
  OrderState to = OrderState::pending;
  OrderReason reason = OrderReason::ok;
  std::optional<OrderFill> fill;
  Quantity filled;  // so far, of the order's quantity
};

// Something about an order that a person must see.
struct OrderAlarm {
  enum class Kind : std::uint8_t {
    late_fill,           // of an order that had ended
    overfill,            // more than its quantity
    cancel_unconfirmed,  // tried so often without an answer
    unknown_order,       // a report of an order that is not ours
    mismatch,            // the venue's sum is not ours
  };
  OrderId order{};
  Kind kind = Kind::late_fill;
};
[[nodiscard]] constexpr const char* to_string(OrderAlarm::Kind kind) {
  switch (kind) {
    case OrderAlarm::Kind::late_fill: return "late_fill";
    case OrderAlarm::Kind::overfill: return "overfill";
    case OrderAlarm::Kind::cancel_unconfirmed: return "cancel_unconfirmed";
    case OrderAlarm::Kind::unknown_order: return "unknown_order";
    case OrderAlarm::Kind::mismatch: return "mismatch";
  }
  return "?";
}

struct Effects {
  std::vector<Resync> resyncs;
  std::vector<FetchSnapshot> fetches;
  std::vector<Note> notes;
  std::vector<ListingId> books;  // whose levels or state changed, each once, in the order of change
  std::vector<GroupId> groups;   // consolidated books whose best changed; one may stand here twice
  std::vector<PlaceOrder> places;
  std::vector<CancelOrder> cancels;
  std::vector<QueryOrder> queries;
  std::vector<OrderChange> order_changes;
  std::vector<OrderAlarm> alarms;

  void clear() {
    places.clear();
    cancels.clear();
    queries.clear();
    order_changes.clear();
    alarms.clear();
    resyncs.clear();
    fetches.clear();
    notes.clear();
    books.clear();
    groups.clear();
  }
};

}  // namespace crossbook
