// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crossbook/book/consolidated.hpp"
#include "crossbook/book/liveness.hpp"
#include "crossbook/book/venue_book.hpp"
#include "crossbook/core/effect.hpp"
#include "crossbook/core/event.hpp"
#include "crossbook/core/input.hpp"
#include "crossbook/core/instrument.hpp"
#include "crossbook/engine/own_orders.hpp"
#include "crossbook/guard/guard.hpp"
#include "crossbook/venue/venue.hpp"

// One shard's machine: the only place where venues, books and orders meet. An ordinary value that takes one thing that
// happened, at one time, and appends what follows. It reads no clock, socket, file or environment, so that the same
// inputs give the same effects, live and in replay.
namespace crossbook::engine {

struct Options {
  bool filters = true;        // staleness, consensus and reliability; readiness always counts
  bool use_bbo = false;       // a feed's best bid-ask stream sharpens its top
  bool group_symbols = true;  // keep one consolidated book for each unified symbol
  bool add_listings = true;   // take up every symbol that a frame names; off: only those that were added
  bool own_orders_shown =
      false;  // the venues' books hold our own orders (not on paper): spreads are taken without them
  guard::GuardOptions guard;
  std::map<std::string, guard::BudgetOptions, std::less<>> budgets;  // by venue; one that is not here is unlimited
};

// Where the others stand is sampled this often for the stale rule (book/liveness.hpp): often enough beside the 2 s that
// a book must be silent to be late, and cheap however many tops change in between.
inline constexpr Nanos consensus_sample_period = milliseconds(500);

// What was received on one feed.
struct FeedCounters {
  std::uint64_t frames = 0;           // messages and REST bodies
  std::uint64_t unknown = 0;          // of a kind that its codec does not know: skipped
  std::uint64_t malformed = 0;        // not what the venue documents: nothing of them was used
  std::uint64_t connection_gaps = 0;  // jumps of a connection's counter, each counted once
};

// A consolidated book and who is in it.
struct Group {
  std::string name;
  bool by_hand = false;            // sizes and quotes as they are, members named by feed
  std::vector<ListingId> members;  // by member of the consolidated book
  book::Consolidated consolidated;
};

class Engine {
 public:
  explicit Engine(const Options& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes one input; effects are appended. Inputs come in the order of `at`, which never decreases.
  void on(const Input& input, Effects& effects);

  // Takes up a symbol of a feed, before or after a frame names it.
  ListingId add_listing(FeedId feed, std::string_view raw_symbol);
  // A consolidated book by hand.
  GroupId add_group(std::string name, const std::vector<std::pair<FeedId, std::string>>& members);

  // When time alone has something to do: the caller sends a Tick then, unless another input comes before.
  [[nodiscard]] std::optional<Steady> next_due() const;
  [[nodiscard]] const guard::Guard& guard() const { return guard_; }

  // What the last frame meant; valid until the next input.
  [[nodiscard]] const EventBatch& batch() const { return batch_; }
  [[nodiscard]] const Listings& listings() const { return listings_; }
  [[nodiscard]] const book::VenueBook& book(ListingId id) const { return entries_[index(id)].book; }
  [[nodiscard]] const book::Liveness& liveness(ListingId id) const { return entries_[index(id)].liveness; }
  [[nodiscard]] const FeedCounters& counters(FeedId feed) const { return counters_[index(feed)]; }
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] const Group& group(GroupId id) const { return groups_[index(id)]; }
  [[nodiscard]] std::optional<GroupId> find_group(std::string_view name) const;
  // The books of a group's members, for a merge; valid until a listing is added.
  [[nodiscard]] std::vector<const book::VenueBook*> books(const Group& group) const;

 private:
  struct Membership {
    GroupId group{};
    book::Member member = 0;
  };
  // The checksum of the best levels as last computed, and the worst price that it covers a side; a change beyond both
  // leaves it as it is. Most of Kraken's do.
  struct CheckedTop {
    bool valid = false;
    std::uint32_t checksum = 0;
    std::array<std::optional<Price>, 2> worst;  // bid, ask; nothing where fewer levels than are covered exist
    std::array<int, 2> decimals{};              // of price and quantity, as last padded
  };
  struct Entry {
    explicit Entry(const book::BookSettings& settings) : book(settings) {}
    book::VenueBook book;
    book::Liveness liveness;
    std::optional<ConnectionId> owner;  // the connection whose book messages count; another's are a spare's
    std::optional<ConnectionId> spare;  // the last that sent a message that did not count
    std::optional<Bbo> bbo;
    CheckedTop checked;
    std::vector<Membership> memberships;
    std::uint64_t touched_in = 0;  // the input that last listed it in Effects::books
    bool grouped = false;
    bool traded = false;                  // orders were placed here
    std::optional<guard::WatchId> watch;  // of its own spread, where an order watches it
    bool moved = false;                   // stands in moved_listings_
  };
  struct Link {
    venue::Connection codec;
    std::optional<std::int64_t> last_sequence;
    Steady heard_at;  // a message, or a ping or pong
    bool open = false;
    bool behind = false;  // what is read has waited for too long
  };

  // Of a consolidated spread, where an order watches it.
  struct GroupWatch {
    std::optional<guard::WatchId> id;
    bool moved = false;  // stands in moved_groups_
  };

  void take(const Input& input);
  void on_frame(const Frame& frame);
  void on_body(const HttpBody& body);
  void on_sent(const Sent& sent);
  void on_session(const SessionState& session);
  void on_behind(const Behind& told);
  [[nodiscard]] bool is_behind(ListingId id) const;

  Result<void> decode(const venue::Feed& feed, venue::Connection* connection, std::string_view url,
                      std::string_view bytes);
  [[nodiscard]] bool make_room(const venue::Context::Need& need);
  void rescale_groups(ListingId id);
  void on_malformed(const Link& from, const Error& error);
  [[nodiscard]] bool counter_in_order(Link& from);
  void apply_batch(const venue::Feed& feed, Link* link);
  void apply_book(const venue::Feed& feed, Link* link, const BookEvent& event);
  void apply_bbo(const Bbo& bbo);
  [[nodiscard]] bool is_spare(const Entry& entry, const Link& link, const BookEvent& event) const;
  void verify_checksum(const venue::Feed& feed, ListingId id, const BookEvent& event);
  [[nodiscard]] bool beyond_checked(const Entry& entry, const BookEvent& event) const;
  [[nodiscard]] std::uint32_t compute_checksum(const venue::Feed& feed, ListingId id);

  void add_missing_entries();
  void join_symbol_group(ListingId id);
  [[nodiscard]] std::optional<book::MemberSettings> member_settings(ListingId id) const;
  void join(GroupId group, ListingId id, book::MemberSettings settings);
  Link& link(ConnectionId id);

  void settle(ListingId id, const book::BookChange& change);
  void fail(ListingId id, book::BookState state, Reason reason);
  void hand_over(ConnectionId owner);
  void fail_owned(ConnectionId owner, book::BookState state, Reason reason);
  void fail_fetched(FeedId feed, book::BookState state, Reason reason);
  void touch(ListingId id);
  void publish(ListingId id);
  [[nodiscard]] std::optional<book::WideLevel> top_of(const Entry& entry, Side side) const;

  void advance_timers();
  [[nodiscard]] std::optional<Steady> advance_group(GroupId id);
  void sample_consensus();
  void sample(Group& group);
  void judge_silence(ListingId id);

  // engine_orders.cpp
  void on_place(const PlaceCommand& command);
  void on_restored(const RestoredOrder& order);
  [[nodiscard]] guard::WatchId watch_of(ListingId id, WatchedSpread watched);
  [[nodiscard]] std::optional<GroupId> watched_group(ListingId id);
  [[nodiscard]] guard::WatchId group_watch(GroupId id);
  [[nodiscard]] guard::AccountId account_of(ListingId id);
  void note_moved(ListingId id);
  void note_moved(GroupId id);
  void note_others_moved(ListingId id);
  void tell_spreads();
  [[nodiscard]] guard::Spread venue_spread(ListingId id) const;
  [[nodiscard]] guard::Spread group_spread(GroupId id) const;
  [[nodiscard]] std::optional<Price> others_best(ListingId id, Side side) const;
  [[nodiscard]] std::optional<Price> others_best(const Group& group, Side side) const;
  [[nodiscard]] bool ours_in(const Group& group) const;
  void note_own(std::size_t changes_before);
  void show_own(const guard::Order& order);

  Options options_;
  Listings listings_;
  venue::Context context_;
  EventBatch batch_;
  std::deque<Entry> entries_;  // by ListingId
  std::deque<Link> links_;     // by ConnectionId
  std::deque<Group> groups_;   // by GroupId
  std::vector<FeedCounters> counters_;
  book::Deadlines book_deadlines_;
  book::Deadlines link_deadlines_;
  book::Deadlines group_deadlines_;
  std::optional<Steady> sampled_at_;
  std::vector<bool> moved_;  // by GroupId: its best changed since the last sample

  guard::Guard guard_;
  OwnOrders own_;
  std::vector<GroupWatch> group_watches_;                  // by GroupId
  std::map<std::string_view, guard::AccountId> accounts_;  // by venue; names live as long as the feeds' table

  // Of the input at hand.
  Steady at_;
  Wall wall_;
  Effects* effects_ = nullptr;
  std::uint64_t inputs_ = 0;
  std::vector<ListingId> moved_listings_;  // traded ones whose spread may have changed since the guard was told
  std::vector<GroupId> moved_groups_;      // likewise watched ones

  // Reused for checksums.
  std::vector<Level> checksum_bids_;
  std::vector<Level> checksum_asks_;
  std::vector<WrittenDigits> checksum_written_bids_;
  std::vector<WrittenDigits> checksum_written_asks_;
};

}  // namespace crossbook::engine
