// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/book/consolidated.hpp"
#include "crossbook/book/venue_book.hpp"
#include "crossbook/core/order.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/tca/improvement.hpp"
#include "crossbook/tca/rows.hpp"

// Follows every decision from the book that it saw to the last markout, and appends rows. Driven by the loop:
//
//   before each input:   if (tracker.due(input.at)) tracker.advance(input.at, view_of);
//                        engine.on(input, effects);
//   after it:            for (GroupId group : effects.groups) tracker.on_top(group, input.at, consolidated_of(group));
//                        on_decision, on_sent, on_fill, on_end as they happen
//   whenever convenient: keep(tracker.rows()); tracker.clear_rows();
//   at the end:          tracker.finish(at, view_of);
//
// view_of(GroupId) gives the MarketView of a group as it stands now; it is called only when something is due. All times
// are the inputs' steady `at`.
namespace crossbook::tca {

// A consolidated book and its members' books, by member. Lives as long as the call.
struct MarketView {
  const book::Consolidated* group = nullptr;
  std::span<const book::VenueBook* const> books;
};

// A venue where the whole decision could have gone, as known when it was made. Counts are the venue's own: at the
// scales that its member of the group has, in contracts where it trades contracts.
struct VenueTerms {
  book::Member member = 0;
  std::string_view venue;  // the exchange's name; empty: the member's
  MicroBps taker_fee;      // learned
  Nanos latency;           // from the decision to its book
  Quantity lot{1};
  Quantity min_quantity;
  Wide min_notional = 0;  // 10^-(price_scale + quantity_scale) of the quote currency
};

// One order of a decision, at the listing of a member.
struct Leg {
  OrderId order{};
  book::Member member = 0;
  std::string_view venue;  // as in VenueTerms
  OrderTerms terms;
};

// One wish of the user: an order, or the legs into which it was routed. They share symbol and action.
struct Decision {
  GroupId group{};
  std::string_view symbol;
  std::span<const Leg> legs;           // at least one
  std::span<const VenueTerms> venues;  // whose single-venue costs are compared; each member once
  std::optional<book::Member> home;    // one of `venues`
};

class Tracker {
 public:
  // Pins the book that the decision saw: call it before another input is applied. False, and nothing tracked, where an
  // order is known already, there is no leg, or numbers leave their range (values of 1e36).
  bool on_decision(const Decision& decision, Steady at, Wall wall, const MarketView& market);
  // The order's bytes went out. The first call counts.
  void on_sent(OrderId order, Steady at);
  // One match. `matched_at` is when it happened as far as that is known (the venue's time, or that of the paper match),
  // up to history_kept before now, else the time of the report: mids are those that stood then. False for an order that
  // is not tracked (any more), and for a trade that was there.
  bool on_fill(OrderId order, const OrderFill& fill, Steady matched_at, Wall wall);
  // The order reached an end state; what is not filled is valued at the mid that stood then, and completed at the books
  // of then. Fills may still come. The first call counts.
  void on_end(OrderId order, Steady at);
  // The best of a group may have changed. Cheap, and nothing happens for a group without open decisions.
  void on_top(GroupId group, Steady at, const book::Consolidated& consolidated);

  // Something stands to be done for a time before `at`.
  [[nodiscard]] bool due(Steady at) const { return !dues_.empty() && dues_.front().at < at; }
  [[nodiscard]] std::optional<Steady> next_due() const {
    return dues_.empty() ? std::nullopt : std::optional(dues_.front().at);
  }
  // Does all that is due before `before`, with the books as they stand: call it before an input of that time is
  // applied, so that a book at t is what all inputs up to and including t made of it.
  template <class ViewOf>
  void advance(Steady before, ViewOf&& view_of) {
    while (due(before)) {
      const Due next = take_due();
      fire(next, view_of(next.group));
    }
  }
  // The session is over: what is due by `at` is done, orders that have not ended are valued as of `at`, and markouts
  // and references that would come later stay absent. Nothing is tracked afterwards.
  template <class ViewOf>
  void finish(Steady at, ViewOf&& view_of) {
    advance(at + Nanos(1), view_of);
    while (!open_.empty()) finish_one(open_.begin()->first, at, view_of(open_.begin()->second.group));
    dues_.clear();
    histories_.clear();
  }

  // Appended since clear_rows().
  [[nodiscard]] const Rows& rows() const { return rows_; }
  void clear_rows() { rows_.clear(); }
  [[nodiscard]] std::size_t open_decisions() const { return open_.size(); }

  // Tops are remembered so long, for matches that are reported late.
  static constexpr Nanos history_kept = seconds(10);

 private:
  struct Stood {
    Steady at;
    Top top;
    int price_scale = 0;
  };
  struct History {
    std::deque<Stood> tops;
    std::size_t users = 0;
  };
  struct OpenLeg {
    OrderEndRow row;
    int own_price_scale = 0;     // of the order's terms
    int own_quantity_scale = 0;  // likewise
    Wide base_units = 1;         // of 10^-base_scale in one unit of the order's quantity: a contract's size
    int base_scale = 0;
    bool ended = false;
    std::vector<FillRow> fills;
  };
  struct OpenDecision {
    GroupId group{};
    DecisionRow row;
    std::vector<OpenLeg> legs;
    std::vector<Reference> references;
    std::vector<CompletionLevel> completion;
    std::size_t references_due = 0;
    std::size_t legs_open = 0;
    std::size_t dues = 0;  // planned and not yet done
    bool completed = false;
    Steady latest;      // of its end and its references
    bool lost = false;  // numbers left their range: nothing more is said of it
  };
  struct Due {
    enum class Kind : std::uint8_t { reference, completion, markout };
    Steady at;
    std::uint64_t number = 0;  // equal times fire in the order in which they were planned
    Kind kind = Kind::reference;
    GroupId group{};
    OrderId decision{};
    OrderId order{};
    std::uint64_t trade = 0;
    std::size_t position = 0;  // of the reference, or the horizon
  };

  // For a heap with the earliest in front.
  static bool later(const Due& a, const Due& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

  [[nodiscard]] bool acceptable(const Decision& decision) const;
  [[nodiscard]] static bool fill_in(OpenDecision& open, const Decision& decision, const MarketView& market);
  [[nodiscard]] static bool add_leg(OpenDecision& open, const Leg& leg, const MarketView& market);
  [[nodiscard]] static bool add_reference(OpenDecision& open, const VenueTerms& venue, const MarketView& market);
  // Makes room for finer digits; nothing happens where the decision has them. Sets `lost` where a number grows too
  // large.
  static void raise(OpenDecision& open, Scales scales);

  void plan(OpenDecision& open, Due due);
  Due take_due();
  void fire(const Due& due, const MarketView& market);
  void observe_reference(OpenDecision& open, Reference& reference, const MarketView& market);
  void observe_completion(OpenDecision& open, const MarketView& market);
  void observe_markout(OpenDecision& open, const Due& due);
  void plan_completion(OpenDecision& open);
  void finish_one(OrderId decision, Steady at, const MarketView& market);

  // The top that stood at that time, at the decision's scale.
  [[nodiscard]] Top top_at(OpenDecision& open, Steady at);
  void end_leg(OpenDecision& open, OpenLeg& leg, Steady at);
  [[nodiscard]] std::pair<OpenDecision*, OpenLeg*> find(OrderId order);
  void close_if_done(OrderId decision);
  void close(OpenDecision& open);
  void append_references(OpenDecision& open);
  void append_completion(const OpenDecision& open);

  std::map<OrderId, OpenDecision> open_;  // by decision
  std::map<OrderId, OrderId> decision_of_;
  std::map<GroupId, History> histories_;
  std::vector<Due> dues_;  // a heap, the earliest first
  std::uint64_t planned_ = 0;
  Rows rows_;
};

}  // namespace crossbook::tca
