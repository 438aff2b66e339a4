// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/book/ladder.hpp"
#include "crossbook/book/venue_book.hpp"
#include "crossbook/core/reason.hpp"
#include "crossbook/core/units.hpp"

// The best of all venues of one instrument, or of books named by hand; kept current with every change of a top.
namespace crossbook::book {

using Member = std::uint8_t;  // position in the group
inline constexpr std::size_t members_max = 64;

struct Filters {
  bool stale = true;        // stale books stay out
  bool consensus = true;    // books too far from the others stay out
  bool reliability = true;  // books below min_reliability stay out
};

struct ConsolidatedSettings {
  Filters filters;
  std::int64_t max_price_diff_ppm = 10'000;    // max_price_diff_pct 0.01
  std::int64_t min_reliability_ppm = 500'000;  // min_reliability 0.5
};
// An outlier returns after this long within 0.8 of the limit.
inline constexpr Nanos return_after = seconds(1);

// 10^-scale units that a quantity counts: contract size 0.01 is {1, 2}.
struct ContractSize {
  std::int64_t count = 1;
  int scale = 0;
};

struct MemberSettings {
  std::string name;       // the feed or venue; decides ties and stands in levels
  std::string venue_key;  // members with the same key are one venue: one of them contributes; empty: never a duplicate
  int price_scale = 0;
  int quantity_scale = 0;
  std::optional<ContractSize> contract_size;  // present: quantities are contracts and become base units here
  std::int64_t reliability_ppm = 1'000'000;
};

// What a member's book says now.
struct MemberTop {
  std::optional<WideLevel> bid;  // at the member's own scales; both empty unless the book is ready
  std::optional<WideLevel> ask;
  Reason reason = Reason::none;  // why the book is not ready
  Verified verified = Verified::unverifiable;
};

// The best price of one side.
struct BestPrice {
  Price price;                // at the group's price scale
  WideQuantity quantity;      // sum over the contributors, at the group's quantity scale
  std::uint64_t members = 0;  // bit m: member m quotes exactly this price
  friend bool operator==(const BestPrice&, const BestPrice&) = default;
};

// A member left the view, or came back (Reason::none).
struct Exclusion {
  Steady at;
  Member member = 0;
  Reason reason = Reason::none;
};

class Consolidated {
 public:
  explicit Consolidated(const ConsolidatedSettings& settings = {});

  // Adds a member, off the steady path. The group's scales are the finest of its members'.
  Member add(const MemberSettings& member);
  // A member's listing has finer digits now: its top and, where needed, the whole group are rescaled, off the steady
  // path.
  void rescale(Member member, int price_scale, int quantity_scale);
  void set_reliability(Member member, std::int64_t reliability_ppm, Steady at);

  // The member's book has this top now. True when the consolidated best of a side changed (price, quantity or members).
  bool set(Member member, const MemberTop& top, Steady at);
  // The member was heard at `at`, top unchanged: its age decides which of two that disagree goes.
  void heard(Member member, Steady at) { members_[member].heard_at = at; }
  // Time passed: venues that were outside return. True when the best changed.
  bool advance(Steady at);
  [[nodiscard]] std::optional<Steady> next_due() const { return next_due_; }

  [[nodiscard]] const std::optional<BestPrice>& best(Side side) const { return best_[index_of(side)]; }
  [[nodiscard]] bool crossed() const;
  [[nodiscard]] bool locked() const;
  // 1e4 (ask - bid) / mid in units of 1e-6 bps, rounded towards zero; nothing when a side is missing. Negative when
  // crossed.
  [[nodiscard]] std::optional<std::int64_t> spread_micro_bps() const;

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] const MemberSettings& member(Member m) const { return members_[m].settings; }
  [[nodiscard]] std::optional<Member> find(std::string_view name) const;
  // Why the member does not contribute; none when it does.
  [[nodiscard]] Reason excluded(Member m) const { return members_[m].excluded; }
  [[nodiscard]] bool contributes(Member m) const { return excluded(m) == Reason::none; }
  [[nodiscard]] std::size_t contributors() const;
  // The member's top at the group's scales, whether it contributes or not.
  [[nodiscard]] std::optional<WideLevel> member_top(Member m, Side side) const;

  // The doubled median mid of the other members that are ready and not stale, at the group's price scale: where the
  // market is, for the stale rule. Bit l of `late` leaves member l out. Nothing when there is no other.
  [[nodiscard]] std::optional<std::int64_t> others_doubled_mid(Member m, std::uint64_t late = 0) const;

  [[nodiscard]] int price_scale() const { return price_scale_; }
  [[nodiscard]] int quantity_scale() const { return quantity_scale_; }
  // From the member's numbers to the group's. Nothing where it leaves its range.
  [[nodiscard]] std::optional<Price> to_group(Member m, Price price) const;
  [[nodiscard]] WideQuantity to_group(Member m, WideQuantity quantity) const;
  // The other way: the group's price in the member's units, rounded down.
  [[nodiscard]] Price to_member_floor(Member m, Price price) const;

  // Exclusions and returns since the last clear_exclusions(); bounded by exclusions_max, the oldest fall out.
  [[nodiscard]] std::span<const Exclusion> exclusions() const { return exclusions_; }
  void clear_exclusions() { exclusions_.clear(); }
  static constexpr std::size_t exclusions_max = 1'024;

 private:
  static constexpr std::int64_t no_key = std::numeric_limits<std::int64_t>::max();

  struct State {
    MemberSettings settings;
    std::int64_t price_factor = 1;  // to the group's scale
    Wide quantity_factor = 1;
    MemberTop own;                                // as set
    std::array<std::optional<WideLevel>, 2> top;  // at the group's scales
    Reason excluded = Reason::waiting_for_snapshot;
    bool outside = false;  // left for the consensus, and not back yet
    std::optional<Steady> near_since;
    Steady heard_at;
    // While its doubled mid stays within, and the others' within theirs, nobody's exclusion changes.
    std::int64_t band_low = no_key;
    std::int64_t band_high = -no_key;
  };
  // The contributors' prices of one side, turned so that the best is the least; no_key where a member has none.
  struct Quotes {
    std::array<std::int64_t, members_max> keys;
    std::array<WideQuantity, members_max> quantities;
    std::int64_t best = no_key;
  };
  // Members that are compared with each other.
  struct Near {
    std::array<Member, members_max> members{};
    std::size_t count = 0;
    std::int64_t centre = 0;  // doubled median
  };
  using Reasons = std::array<Reason, members_max>;

  static std::size_t index_of(Side side) { return side == Side::bid ? 0 : 1; }
  static std::int64_t key_of(Side side, Price price) { return side == Side::bid ? -price.count() : price.count(); }

  void scale_members();
  void scale_top(State& state, Side side) const;
  [[nodiscard]] Reason own_reason(const State& state) const;
  [[nodiscard]] bool inside_band(const State& state) const;

  bool judge(Steady at);
  void judge_duplicates(Reasons& reasons) const;
  void judge_consensus(Reasons& reasons, Steady at);
  [[nodiscard]] std::int64_t centre_of(const Near& near) const;
  [[nodiscard]] std::int64_t distance(Member m, std::int64_t centre) const;
  [[nodiscard]] bool goes_first(Member a, Member b) const;
  [[nodiscard]] std::optional<std::size_t> leaves(const Near& near) const;
  void judge_returns(const Near& near, Reasons& reasons, Steady at);
  void set_bands(const Reasons& reasons);
  void clear_bands();

  bool quote(Side side, Member m);
  bool rescan(Side side);
  void log(Steady at, Member m, Reason reason);

  ConsolidatedSettings settings_;
  std::vector<State> members_;
  std::array<Quotes, 2> quotes_;
  std::array<std::optional<BestPrice>, 2> best_;
  std::optional<Steady> next_due_;
  std::vector<Exclusion> exclusions_;
  Steady now_;
  int price_scale_ = 0;
  int quantity_scale_ = 0;
};

}  // namespace crossbook::book
