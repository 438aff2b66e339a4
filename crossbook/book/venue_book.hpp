// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crossbook/book/ladder.hpp"
#include "crossbook/core/event.hpp"
#include "crossbook/core/reason.hpp"

// One venue's book of one listing: two ladders, whether they may be trusted, and why not.
namespace crossbook::book {

enum class BookState : std::uint8_t {
  empty,    // nothing was received
  syncing,  // a snapshot was asked for, or deltas are buffered before it
  ready,    // whole: its prices may be used
  gapped,   // a message was lost, a frame was malformed, a checksum failed, the socket closed
  crossed,  // bid above ask for longer than the grace
  stale,    // whole as far as we know, and silent for too long
};
[[nodiscard]] const char* to_string(BookState state);

// What this stream has proved since the snapshot.
enum class Verified : std::uint8_t { unverifiable, sequence, checksum };
[[nodiscard]] const char* to_string(Verified verified);

enum class Outcome : std::uint8_t {
  applied,        // the ladders are the message's
  stale_dropped,  // at or below what the book has
  buffered,       // kept until the snapshot
  gap,            // something before it was lost: resync
  rejected,       // the book is not ready, and the feed's snapshot is in the stream
  ignored,        // changes nothing and proves nothing (a fetched snapshot older than a ready book)
};

// What a message did to the book.
struct BookChange {
  Outcome outcome = Outcome::ignored;
  bool top_changed = false;  // best price or its quantity, on either side, as the ladders hold them
  bool published_changed =
      false;                    // what published_top() answers may have changed: the top of a ready book, or readiness
  bool wants_snapshot = false;  // ask the venue again: lost, crossed, or the fetched snapshot was too old
};

struct BookCounters {
  std::uint64_t snapshots = 0;
  std::uint64_t deltas = 0;  // applied after a snapshot
  std::uint64_t stale_dropped = 0;
  std::uint64_t buffered = 0;  // deltas kept before a snapshot
  std::uint64_t gaps = 0;
  std::uint64_t checksum_ok = 0;
  std::uint64_t checksum_failed = 0;
  std::uint64_t crossed = 0;          // messages that left bid above ask
  std::uint64_t locked = 0;           // ... bid equal to ask
  std::uint64_t one_sided = 0;        // ... a side empty
  std::uint64_t rejected = 0;         // messages refused because the book was not ready
  std::uint64_t unknown_removes = 0;  // deletes of levels that were not held
};

// Deltas kept while a fetched snapshot is under way; the oldest fall out beyond these, and can then not be bridged.
inline constexpr std::size_t buffered_messages_max = 4'096;
inline constexpr std::size_t buffered_levels_max = 262'144;
// A crossing is an error when it outlasts both.
inline constexpr Nanos crossed_grace = seconds(1);
inline constexpr std::uint32_t crossed_updates_min = 3;

struct BookSettings {
  SequenceRule rule = SequenceRule::none;
  SnapshotSource snapshot = SnapshotSource::stream;
  std::optional<Price> tick;  // at the listing's price scale
  bool wide = false;          // quantities are in the batch's wide arrays
};

class VenueBook {
 public:
  explicit VenueBook(const BookSettings& settings);

  // Applies, drops, buffers or refuses a message. `at` is the receive time. Allocates only while the book grows.
  BookChange on(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);

  // The engine's verdict on the checksum of the message just applied. A failure makes the book gapped.
  BookChange checksum_result(bool ok);
  // Makes the book not ready: BookState::gapped or stale, with the reason. Nothing happens to an empty book.
  BookChange fail(BookState state, Reason reason);
  // Forgets everything but the counters: another connection begins.
  BookChange reset(Reason reason);
  // A snapshot was asked for: gapped and crossed become syncing. The reason stays until the book is ready.
  void syncing();
  // A stale book whose top was confirmed by a probe is ready again.
  BookChange confirmed();
  // A book whose messages are read too late is stale (Reason::behind) in place of ready. It takes them as ever, and is
  // ready again, as it then is, once it is not held back any more.
  BookChange hold_back(bool held);
  [[nodiscard]] bool held_back() const { return held_back_; }

  // Multiplies all prices and quantities by powers of ten after the listing's scales grew. False, and nothing changed,
  // where a number would leave its range: widen() makes room for quantities, nothing does for prices.
  [[nodiscard]] bool rescale(int price_power, int quantity_power);
  // Quantities become 128-bit from now on.
  void widen();

  [[nodiscard]] BookState state() const { return state_; }
  [[nodiscard]] Reason reason() const { return reason_; }
  [[nodiscard]] bool ready() const { return state_ == BookState::ready; }
  // Nothing of it is lost, as far as its stream tells; it may be too old to be a price.
  [[nodiscard]] bool whole() const { return ready() || state_ == BookState::stale; }
  [[nodiscard]] Verified verified() const { return verified_; }
  [[nodiscard]] bool wide() const { return settings_.wide; }
  [[nodiscard]] const BookCounters& counters() const { return counters_; }
  [[nodiscard]] std::optional<std::int64_t> first_seq() const { return first_seq_; }  // the snapshot's
  [[nodiscard]] std::optional<std::int64_t> last_seq() const { return last_seq_; }    // the last applied
  [[nodiscard]] std::optional<Steady> last_applied_at() const { return last_applied_at_; }
  [[nodiscard]] std::optional<Wall> last_applied_wall() const { return last_applied_wall_; }
  [[nodiscard]] std::optional<Wall> ts_event() const { return ts_event_; }

  // What the ladder holds, whatever the state.
  [[nodiscard]] std::optional<WideLevel> top(Side side) const;
  // The same, and nothing unless the book is ready.
  [[nodiscard]] std::optional<WideLevel> published_top(Side side) const;
  [[nodiscard]] bool is_crossed() const;
  [[nodiscard]] std::size_t levels(Side side) const;

  // Levels from best to worst until visit(WideLevel) returns false, whatever the state.
  template <class Visit>
  void for_each(Side side, Visit&& visit) const {
    if (settings_.wide) {
      wide_ladder(side).for_each([&](const WideLevel& level) { return visit(level); });
    } else {
      ladder(side).for_each([&](const Ladder::Level& level) {
        return visit(WideLevel{level.price, WideQuantity(level.quantity.count())});
      });
    }
  }
  // The next level further from the touch than `price`.
  [[nodiscard]] std::optional<WideLevel> next_worse(Side side, Price price) const;
  [[nodiscard]] WideQuantity quantity_at(Side side, Price price) const;

  // The best levels for a checksum; quantities must be narrow. Digits are empty where the batch never carried them.
  // `levels` and `digits` are cleared first, and reused.
  void top_levels(Side side, std::size_t count, std::vector<Level>& levels, std::vector<WrittenDigits>& digits) const;
  [[nodiscard]] int price_decimals() const { return price_decimals_; }  // most that were written so far
  [[nodiscard]] int quantity_decimals() const { return quantity_decimals_; }

  void prefetch(Side side, Price price) const { ladder(side).prefetch(price); }
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] const BookSettings& settings() const { return settings_; }

 private:
  using Digits = Count<struct DigitsTag>;  // price decimals * 256 + quantity decimals + 1
  enum class Verdict : std::uint8_t { apply, drop, gap };

  // A delta kept before the snapshot; its levels are in held_levels_.
  struct Held {
    BookEvent event;
    Steady at;
    Wall wall;
  };

  [[nodiscard]] const Ladder& ladder(Side side) const { return side == Side::bid ? bids_ : asks_; }
  [[nodiscard]] Ladder& ladder(Side side) { return side == Side::bid ? bids_ : asks_; }
  [[nodiscard]] const WideLadder& wide_ladder(Side side) const { return side == Side::bid ? wide_bids_ : wide_asks_; }
  [[nodiscard]] WideLadder& wide_ladder(Side side) { return side == Side::bid ? wide_bids_ : wide_asks_; }
  [[nodiscard]] BasicLadder<Digits>& written(Side side) { return side == Side::bid ? written_bids_ : written_asks_; }
  [[nodiscard]] const BasicLadder<Digits>& written(Side side) const {
    return side == Side::bid ? written_bids_ : written_asks_;
  }

  BookChange on_snapshot(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);
  BookChange on_delta(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);
  BookChange not_ready_for(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);
  [[nodiscard]] Verdict judge(const BookEvent& event) const;
  [[nodiscard]] bool restarts(const BookEvent& event) const;
  void hold(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);
  void hold_wide(Side side, const Run& run, const EventBatch& batch);
  void trim_held();
  void drop_held(std::size_t count);
  [[nodiscard]] bool bridges_to(std::int64_t snapshot) const;
  void bridge();
  void apply(const BookEvent& event, const EventBatch& batch, Steady at, Wall wall);
  void prefetch_first(const BookEvent& event, const EventBatch& batch) const;
  void apply_side(Side side, const Run& run, const EventBatch& batch, std::optional<std::int64_t> rows_after);
  void apply_odd_side(Side side, const Run& run, const EventBatch& batch, std::optional<std::int64_t> rows_after);
  void truncate(std::uint32_t depth);
  void clear_ladders();
  void count_shape();
  [[nodiscard]] bool outlasts_grace(Steady at);
  void serve();
  void lose(BookState state, Reason reason);
  [[nodiscard]] bool can_rescale(int price_power, int quantity_power) const;
  [[nodiscard]] std::vector<WideQuantity>& held_wide(Side side);

  BookSettings settings_;
  Ladder bids_;
  Ladder asks_;
  WideLadder wide_bids_{Side::bid};
  WideLadder wide_asks_{Side::ask};
  BasicLadder<Digits> written_bids_{Side::bid};
  BasicLadder<Digits> written_asks_{Side::ask};
  bool has_digits_ = false;

  BookState state_ = BookState::empty;
  Reason reason_ = Reason::waiting_for_snapshot;
  Verified verified_ = Verified::unverifiable;
  bool held_back_ = false;
  bool bridged_ = false;  // a delta was applied since the snapshot
  std::uint32_t drops_in_a_row_ = 0;
  std::optional<std::int64_t> first_seq_;
  std::optional<std::int64_t> last_seq_;
  std::optional<Steady> last_applied_at_;
  std::optional<Wall> last_applied_wall_;
  std::optional<Wall> ts_event_;
  std::optional<Steady> crossed_since_;
  std::uint32_t crossed_updates_ = 0;
  int price_decimals_ = 0;
  int quantity_decimals_ = 0;
  BookCounters counters_;

  std::vector<Held> held_;
  EventBatch held_levels_;
};

}  // namespace crossbook::book
