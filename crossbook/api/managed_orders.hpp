// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crossbook/api/held_order.hpp"
#include "crossbook/api/spread_threshold_manager.hpp"
#include "crossbook/core/effect.hpp"
#include "crossbook/guard/guard.hpp"
#include "crossbook/guard/hash_index.hpp"

// The orders of one SpreadThresholdManager by the user's names, over a guard that knows numbers. Without lock, callback
// and clock; times never decrease.
namespace crossbook {

struct Now {
  Steady at;  // counted from 1970 as the wall is, but never set back
  Wall wall;
};

class ManagedOrders {
 public:
  struct Limits {
    std::optional<Nanos> age_max;
    std::optional<Nanos> data_age_max;
    Nanos retry;
  };
  struct Symbol;
  struct Target;
  struct Record {
    HeldOrder order;
    OrderId number{};
    std::uint64_t sequence = 0;  // of placing
    Target* target = nullptr;
    Quantity size;    // in units of 10^-scale
    Quantity filled;  // likewise, the sum
    int scale = 0;
    std::uint64_t trades = 0;
    Steady placed_at;
    Steady ended_at;
    guard::Slot before = guard::no_slot;  // neighbours in the list of its target, or of the ended ones
    guard::Slot after = guard::no_slot;
    bool calling = false;  // a cancel callback runs for it
  };
  struct List {
    guard::Slot first = guard::no_slot;
    guard::Slot last = guard::no_slot;
  };
  // What was told last, and when that was usable last.
  struct Told {
    std::optional<SpreadSnapshot> snapshot;
    std::optional<Steady> usable_at;
  };
  // Orders of one symbol at one exchange: they watch the same spread.
  struct Target {
    std::string exchange;
    const Symbol* symbol = nullptr;
    guard::WatchId watch{};
    Told own;   // of this exchange; as long as nothing was told, its symbol's holds
    List live;  // in the order of placing
    [[nodiscard]] const Told& told() const;
  };
  struct Symbol {
    Told told;  // without an exchange
    std::vector<std::unique_ptr<Target>> targets;
  };

  explicit ManagedOrders(const Limits& limits);

  [[nodiscard]] Record* find(std::string_view order_id);
  [[nodiscard]] const Record* find(std::string_view order_id) const;
  [[nodiscard]] Record* find(OrderId number);  // null: forgotten since

  // REQUIRES: a checked order with an id that is not known.
  Record& place(std::shared_ptr<const Order> order, Now now);
  // An order as a store kept it. `then` is when it was placed, in the guard's order of time.
  void restore(const Order& order, Now then, Steady ended_at);
  // Takes it back: it never was.
  void remove(Record& record, Now now);

  void update(std::string_view symbol, std::optional<std::string_view> exchange, SpreadSnapshot snapshot, Now now);
  [[nodiscard]] const SpreadSnapshot* snapshot(std::string_view symbol, std::optional<std::string_view> exchange) const;

  // What is due by now is asked to be cancelled, at most so many at once where the spread or time is the reason; the
  // numbers are appended. Whether more may be due.
  bool pursue(Now now, std::vector<OrderId>& cancels, std::size_t cancels_max);
  // Likewise this order, whatever its limits; `reason` may be any text. Nothing where it waits for its next try.
  void want_gone(Record& record, const std::string& reason, Now now);
  // What became of a cancel.
  void cancelled(Record& record, Now now);
  void cancel_failed(Record& record, Now now);
  // `quantity` in units of 10^-record.scale.
  void fill(Record& record, std::int64_t quantity, Now now);

  [[nodiscard]] OrderReason why_due(const Order& order, const std::optional<MicroBps>& spread, Now now) const;
  [[nodiscard]] std::vector<HeldOrder> live(const std::optional<std::string_view>& symbol) const;
  [[nodiscard]] std::size_t live_count() const { return guard_.live(); }
  // Forgets what ended at that time or before; gives each to `each` first.
  std::size_t forget_ended(Steady at, const std::function<void(const std::string& order_id)>& each);

  // Orders that changed, and alarms of the guard, since they were taken last.
  [[nodiscard]] std::vector<OrderId>& changed() { return changed_; }
  [[nodiscard]] std::vector<OrderAlarm>& alarms() { return alarms_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Record& take_in(std::shared_ptr<const Order> order, Now now);
  Symbol& symbol(std::string_view name);
  Target& target(Symbol& symbol, std::string_view exchange, Now now);
  [[nodiscard]] const Target* find_target(std::string_view symbol, std::string_view exchange) const;
  void tell(const Target& target, const std::optional<MicroBps>& spread, Now now);
  void settle(Now now);
  void change(const OrderChange& change, Now now);
  void note_due(Record& record, OrderReason reason, Now now) const;
  void pursue_old_data(Now now);
  [[nodiscard]] bool data_too_old(const Told& told, Steady placed_at, Now now) const;
  void push(List& list, Record& record);
  void drop(List& list, Record& record);
  void report(const Record& record, OrderReport::Kind kind, Now now);
  void forget(Record& record);
  [[nodiscard]] guard::Slot find_slot(std::string_view order_id) const;
  [[nodiscard]] static std::optional<double> value_of(const Record& record, OrderReason reason, Now now);

  Limits limits_;
  guard::Guard guard_;
  guard::AccountId account_{};
  guard::WatchId nowhere_{};  // never told
  Effects effects_;
  std::unordered_map<std::string, Symbol, TextHash, std::equal_to<>> symbols_;
  std::deque<Record> records_;  // by slot; a number is the slot, and above it how often the slot was used
  std::vector<guard::Slot> free_;
  guard::HashIndex ids_;  // slots by the hash of the user's id
  List ended_;            // the earliest first
  std::uint64_t placed_ = 0;
  std::vector<OrderId> changed_;
  std::vector<OrderAlarm> alarms_;
  std::vector<OrderId> cancels_;  // asked for, and not given to the caller yet
};

}  // namespace crossbook
