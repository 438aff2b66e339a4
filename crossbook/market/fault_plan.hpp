// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/market/random.hpp"

// What the exchange simulator does wrong on purpose: by name, rate and schedule, out of a seed. What a client should
// make of each stands in docs/fakex.md.
namespace crossbook::market {

enum class FaultName : std::uint8_t {
  drop,
  duplicate,
  reorder,
  delay,
  truncate,
  corrupt_digit,
  wrong_checksum,
  missing_checksum,
  slow_drip,
  split_frames,
  reset,
  half_open,
  ack_then_silence,
  stale_snapshot,
  wrong_snapshot,
  http_429,
  http_5xx,
  html_body,
  tls_failure,
  maintenance,
  clock_skew,
  clock_step,
  tick_change,
  symbol_halt,
  delisting,
};

// What a rate counts.
enum class FaultScope : std::uint8_t {
  message,       // each book message to each client
  subscription,  // each subscription to a book
  request,       // each REST request for a book; for 429, 5xx and HTML each request
  handshake,     // each TLS connection
  period,        // in force from `from` for `for`; no rate
};
[[nodiscard]] std::string_view to_string(FaultScope);

struct FaultKindRow {
  FaultName fault;
  std::string_view name;  // as the command line, the docs and the counters have it
  FaultScope scope;
  std::int64_t rate_ppm;  // unless told otherwise
  Nanos by;               // how much, where the fault has a size
  std::string_view what;  // one line
};
// In the order of FaultName.
[[nodiscard]] std::span<const FaultKindRow> fault_kinds();
[[nodiscard]] const FaultKindRow& fault_kind(FaultName);

// One wish of the user. The window counts from the start of the simulator.
struct FaultRule {
  FaultName fault = FaultName::drop;
  std::int64_t rate_ppm = 0;
  std::string venue;   // a feed (bybit-spot) or an exchange (bybit); empty: all
  std::string symbol;  // BTC/USDT, or as the venue spells it; empty: all
  Nanos from{0};
  std::optional<Nanos> lasts;               // for ever without
  Nanos by{0};                              // delay, skew, step
  std::optional<std::int64_t> strikes_max;  // then the rule is used up
};

// Reads NAME[:rate=0.01][:venue=okx][:symbol=BTC/USDT][:from=10s][:for=1m][:by=-2s][:count=3]. With a count and no rate
// it strikes at each of the next occasions.
// Errors: unknown (no such fault, or no such key), malformed (a value); the offset says where.
[[nodiscard]] Result<FaultRule> parse_fault(std::string_view text);

// Whether the rule is for this feed: it may name the feed, or the exchange of several feeds where no feed is called so.
[[nodiscard]] bool names_feed(const FaultRule& rule, std::string_view feed);

// The symbols that one endpoint lists, for rules that name one.
struct FaultSymbol {
  std::string_view symbol;
  std::string_view raw_symbol;
};

// The rules of one endpoint and their draws. Each rule draws from a stream of its own, so that adding one changes
// nothing about the others.
class FaultPlan {
 public:
  FaultPlan(std::span<const FaultRule> rules, std::string_view feed, std::span<const FaultSymbol> symbols,
            std::uint64_t seed, Wall start);

  // Whether the fault strikes now, and by how much; `book` is a position in `symbols`.
  [[nodiscard]] std::optional<Nanos> strikes(FaultName, std::optional<std::size_t> book, Wall now);
  // The same for what has no rate: whether it is in force. Counts nothing.
  [[nodiscard]] std::optional<Nanos> in_force(FaultName, std::optional<std::size_t> book, Wall now) const;
  // The next time after `now` at which something without a rate begins or ends.
  [[nodiscard]] std::optional<Wall> next_turn(Wall now) const;
  // Whether there is any rule at all.
  [[nodiscard]] bool empty() const { return rules_.empty(); }

  // How often each fault struck so far, by FaultName.
  [[nodiscard]] std::span<const std::int64_t> struck() const { return struck_; }
  // A fault without a rate began.
  void count(FaultName fault) { ++struck_[static_cast<std::size_t>(fault)]; }

 private:
  struct Active {
    FaultRule rule;
    std::optional<std::size_t> book;
    Random random;
    std::int64_t strikes = 0;
  };
  [[nodiscard]] bool covers(const Active&, FaultName, std::optional<std::size_t> book, Wall now) const;

  Wall start_;
  std::vector<Active> rules_;
  std::vector<std::int64_t> struck_;
};

}  // namespace crossbook::market
