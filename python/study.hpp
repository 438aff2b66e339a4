// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/crossbook/source.hpp"
#include "crossbook/shard/player.hpp"
#include "prefetch.hpp"
#include "table.hpp"

// A recorded (or simulated) session played for research: record by record, or into tables.
namespace crossbook::python {

struct StudyOptions {
  std::vector<std::string> symbols;  // unified or a venue's own spelling; empty: all
  bool filters = true;
  bool use_bbo = false;
  bool raw_symbols = false;
  std::vector<shard::GroupRequest> groups;
  std::optional<Wall> until;
  std::vector<double> sizes;      // in quote currency, for `cost`
  std::vector<double> depth_bps;  // distances from the mid, for `depth`
  Nanos every = seconds(1);       // between two samples
};

// One record of a session may hold several events; each row says of which feed and symbol it is.
struct BestRow {
  std::int64_t t;
  double bid;
  double bid_size;
  double ask;
  double ask_size;
  double spread_bps;
  std::int32_t symbol;
  std::uint8_t venues;
  std::uint8_t crossed;
  std::array<std::uint8_t, 2> pad;
};
struct TopRow {
  std::int64_t t;
  double bid;
  double bid_size;
  double ask;
  double ask_size;
  std::int32_t feed;
  std::int32_t venue;
  std::int32_t symbol;
  std::int32_t pad;
};
struct TradeRow {
  std::int64_t t;
  std::int64_t ts_event;
  double price;
  double size;
  std::int32_t feed;
  std::int32_t venue;
  std::int32_t symbol;
  std::int32_t side;
};
struct StateRow {
  std::int64_t t;
  std::int32_t feed;
  std::int32_t venue;
  std::int32_t symbol;
  std::int32_t state;
  std::int32_t reason;
  std::int32_t pad;
};
struct EventRow {
  std::int64_t t;
  std::int64_t ts_event;
  std::int64_t delay;
  std::int32_t feed;
  std::int32_t venue;
  std::int32_t symbol;
  std::int32_t kind;
  std::int64_t levels;
};
struct DepthRow {
  std::int64_t t;
  double within_bps;
  double bid_size;
  double ask_size;
  std::int32_t symbol;
  std::int32_t pad;
};
struct CostRow {
  std::int64_t t;
  double size;
  double buy_price;
  double sell_price;
  double buy_bps;
  double sell_bps;
  double buy_all_in_bps;
  double sell_all_in_bps;
  double buy_filled;
  double sell_filled;
  std::int32_t venue;
  std::int32_t symbol;
};

// Which tables a study fills.
enum class Wanted : std::uint8_t { best, tops, trades, states, events, depth, cost };
inline constexpr std::size_t tables_count = 7;
[[nodiscard]] std::optional<Wanted> wanted_named(std::string_view name);

class Study {
 public:
  Study(std::unique_ptr<app::Source> source, StudyOptions options);

  // Plays the next record; false at the end, or behind `until`.
  bool step();
  // From now on the session is read ahead by a thread of its own, until stop_reading_ahead().
  void read_ahead() { ahead_.emplace(*source_, options_.until); }
  void stop_reading_ahead() {
    ahead_.reset();
    ended_ = true;  // what was read ahead is gone
  }
  // Plays up to so many records into the tables; false when there are no more.
  bool fill(std::size_t records);
  void want(Wanted wanted) { wanted_[static_cast<std::size_t>(wanted)] = true; }
  [[nodiscard]] const std::shared_ptr<Table>& table(Wanted wanted) const {
    return tables_[static_cast<std::size_t>(wanted)];
  }

  [[nodiscard]] const shard::Player& player() const { return player_; }
  [[nodiscard]] const Effects& effects() const { return *effects_; }
  [[nodiscard]] const app::Source& source() const { return *source_; }
  [[nodiscard]] bool cut() const { return source_->cut(); }
  [[nodiscard]] bool chosen(ListingId listing);
  [[nodiscard]] bool chosen(GroupId group);

 private:
  struct ListingNote {
    bool known = false;
    bool chosen = false;
    std::int32_t feed = -1;
    std::int32_t venue = -1;
    std::int32_t symbol = -1;
    book::BookState state = book::BookState::empty;
    Reason reason = Reason::none;
    TopRow top{};
  };
  struct GroupNote {
    bool known = false;
    bool chosen = false;
    std::int32_t symbol = -1;
    BestRow best{};
  };

  [[nodiscard]] bool wants(Wanted wanted) const { return wanted_[static_cast<std::size_t>(wanted)]; }
  [[nodiscard]] Table& rows(Wanted wanted) { return *tables_[static_cast<std::size_t>(wanted)]; }
  ListingNote& note(ListingId id);
  GroupNote& note(GroupId id);
  [[nodiscard]] bool is_chosen(std::string_view symbol, std::string_view raw) const;

  void take_down();
  void take_books();
  void take_groups();
  void take_batch();
  void add_event(ListingId id, const char* kind, std::optional<Wall> ts_event, std::size_t levels);
  void sample(std::int64_t until);
  void sample_at(std::int64_t t);
  void sample_depth(std::int64_t t, GroupId id);
  void sample_cost(std::int64_t t, GroupId id);

  std::unique_ptr<app::Source> source_;
  StudyOptions options_;
  shard::Player player_;
  std::optional<Prefetch> ahead_;
  const Effects* effects_ = nullptr;
  Effects nothing_;
  bool ended_ = false;

  std::array<bool, tables_count> wanted_{};
  std::array<std::shared_ptr<Table>, tables_count> tables_;
  std::shared_ptr<Names> symbols_ = std::make_shared<Names>();
  std::shared_ptr<Names> feeds_ = std::make_shared<Names>();
  std::shared_ptr<Names> venues_ = std::make_shared<Names>();
  std::shared_ptr<Names> words_ = std::make_shared<Names>();  // states, reasons, sides, kinds
  std::vector<ListingNote> listings_;
  std::vector<GroupNote> groups_;
  std::optional<std::int64_t> next_sample_;
};

}  // namespace crossbook::python
