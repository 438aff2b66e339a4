// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/fault_plan.hpp"

#include <algorithm>
#include <array>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::market {
namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t one_in_hundred = 10'000;
constexpr std::int64_t one_in_thousand = 1'000;

using enum FaultName;
using enum FaultScope;
constexpr std::array kinds{
    FaultKindRow{drop, "drop", message, one_in_hundred, Nanos(0), "a book message is lost"},
    FaultKindRow{duplicate, "duplicate", message, one_in_hundred, Nanos(0), "a book message comes twice"},
    FaultKindRow{reorder, "reorder", message, one_in_hundred, Nanos(0), "a book message comes after the next one"},
    FaultKindRow{delay, "delay", message, one_in_thousand, seconds(3), "nothing reaches the client for `by`"},
    FaultKindRow{truncate, "truncate", message, one_in_hundred, Nanos(0), "a book message is cut off"},
    FaultKindRow{corrupt_digit, "corrupt_digit", message, one_in_hundred, Nanos(0), "one digit of one size is another"},
    FaultKindRow{wrong_checksum, "wrong_checksum", message, one_in_hundred, Nanos(0), "the checksum is another one"},
    FaultKindRow{missing_checksum, "missing_checksum", message, one_in_hundred, Nanos(0), "the checksum is left out"},
    FaultKindRow{slow_drip, "slow_drip", message, one_in_hundred, Nanos(0),
                 "the bytes of a message come a few at once"},
    FaultKindRow{split_frames, "split_frames", message, million, Nanos(0), "a message comes in several frames"},
    FaultKindRow{reset, "reset", message, one_in_thousand, Nanos(0), "the connection is reset"},
    FaultKindRow{half_open, "half_open", message, one_in_thousand, Nanos(0), "the connection stays open, and is dead"},
    FaultKindRow{ack_then_silence, "ack_then_silence", subscription, million, Nanos(0),
                 "a subscription is acknowledged and nothing follows"},
    FaultKindRow{stale_snapshot, "stale_snapshot", request, million, Nanos(0), "a REST snapshot is an old one"},
    FaultKindRow{wrong_snapshot, "wrong_snapshot", request, million, Nanos(0), "a REST snapshot is another symbol's"},
    FaultKindRow{http_429, "http_429", request, million, seconds(2), "too many requests; Retry-After is `by`"},
    FaultKindRow{http_5xx, "http_5xx", request, million, Nanos(0), "the REST server fails"},
    FaultKindRow{html_body, "html_body", request, million, Nanos(0), "a web page in place of JSON, with status 200"},
    FaultKindRow{tls_failure, "tls_failure", handshake, million, Nanos(0), "the TLS handshake fails"},
    FaultKindRow{maintenance, "maintenance", period, 0, Nanos(0), "connections are closed and refused, REST says 503"},
    FaultKindRow{clock_skew, "clock_skew", period, 0, milliseconds(1'270), "the venue's clock is ahead by `by`"},
    FaultKindRow{clock_step, "clock_step", period, 0, seconds(-2), "the venue's clock jumps by `by` at `from`"},
    FaultKindRow{tick_change, "tick_change", period, 0, Nanos(0), "the tick becomes ten times finer at `from`"},
    FaultKindRow{symbol_halt, "symbol_halt", period, 0, Nanos(0), "trading in a symbol stops"},
    FaultKindRow{delisting, "delisting", period, 0, Nanos(0), "a symbol is gone"},
};

// Position of `part` in `whole`, of which it is a part.
std::uint32_t offset_in(std::string_view whole, std::string_view part) {
  return static_cast<std::uint32_t>(part.data() - whole.data());
}

// 250ms, -2s, 5m, 1h; without a unit seconds.
Result<Nanos> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
      {{"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}}};
  std::int64_t unit = 1'000'000'000;
  for (const auto& [name, nanos] : units) {
    if (!text.ends_with(name)) continue;
    text.remove_suffix(name.size());
    unit = nanos;
    break;
  }
  CROSSBOOK_TRY(thousandths, parse_decimal(text, 3));
  if (thousandths > 1'000'000'000 || thousandths < -1'000'000'000) return failure(Errc::overflow, "a shorter time");
  return Nanos(thousandths * (unit / 1'000));
}

Result<void> set(FaultRule& rule, std::string_view key, std::string_view value) {
  if (key == "venue") {
    rule.venue = value;
  } else if (key == "symbol") {
    rule.symbol = value;
  } else if (key == "rate") {
    CROSSBOOK_TRY(ppm, parse_decimal(value, 6));
    if (ppm < 0 || ppm > million) return failure(Errc::malformed, "a rate from 0 to 1");
    rule.rate_ppm = ppm;
  } else if (key == "count") {
    CROSSBOOK_TRY(count, parse_decimal(value, 0));
    if (count < 1) return failure(Errc::malformed, "a count above 0");
    rule.strikes_max = count;
  } else if (key == "from" || key == "for" || key == "by") {
    CROSSBOOK_TRY(time, parse_duration(value));
    if (key != "by" && time.count() < 0) return failure(Errc::malformed, "a time that is not negative");
    if (key == "from") rule.from = time;
    if (key == "for") rule.lasts = time;
    if (key == "by") rule.by = time;
  } else {
    return failure(Errc::unknown, "rate, venue, symbol, from, for, by or count");
  }
  return {};
}

}  // namespace

bool names_feed(const FaultRule& rule, std::string_view feed) {
  if (rule.venue.empty() || rule.venue == feed) return true;
  const auto id = venue::find_feed(feed);
  return id && !venue::find_feed(rule.venue) && venue::feed(*id).venue == rule.venue;
}

std::string_view to_string(FaultScope scope) {
  switch (scope) {
    case message: return "message";
    case subscription: return "subscription";
    case request: return "request";
    case handshake: return "handshake";
    case period: return "period";
  }
  return "?";
}

std::span<const FaultKindRow> fault_kinds() { return kinds; }
const FaultKindRow& fault_kind(FaultName fault) { return kinds[static_cast<std::size_t>(fault)]; }

Result<FaultRule> parse_fault(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto kind = std::ranges::find(kinds, name, &FaultKindRow::name);
  if (kind == kinds.end()) return failure(Errc::unknown, "the name of a fault");
  FaultRule rule{.fault = kind->fault,
                 .rate_ppm = kind->rate_ppm,
                 .venue = {},
                 .symbol = {},
                 .lasts = {},
                 .by = kind->by,
                 .strikes_max = {}};
  bool symbol_open = false;  // the part before was a symbol, which may have a colon of its own
  for (std::size_t at = name.size(); at < text.size();) {
    const std::size_t end = std::min(text.find(':', at + 1), text.size());
    const std::string_view part = text.substr(at + 1, end - at - 1);
    const std::size_t equals = part.find('=');
    at = end;
    if (equals == std::string_view::npos && symbol_open) {  // BTC/USDT:USDT
      rule.symbol.append(":").append(part);
      symbol_open = false;
      continue;
    }
    if (equals == std::string_view::npos) return failure(Errc::malformed, "key=value", offset_in(text, part));
    const auto done = set(rule, part.substr(0, equals), part.substr(equals + 1));
    if (!done) return failure(done.error().code, done.error().what, offset_in(text, part));
    symbol_open = part.starts_with("symbol=");
  }
  // So many times, and nothing said about how often: the next ones.
  if (rule.strikes_max && text.find(":rate=") == std::string_view::npos) rule.rate_ppm = million;
  return rule;
}

FaultPlan::FaultPlan(std::span<const FaultRule> rules, std::string_view feed, std::span<const FaultSymbol> symbols,
                     std::uint64_t seed, Wall start)
    : start_(start), struck_(kinds.size()) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const FaultRule& rule = rules[i];
    if (!names_feed(rule, feed)) continue;
    std::optional<std::size_t> book;
    if (!rule.symbol.empty()) {
      const auto named = [&](const FaultSymbol& s) { return s.symbol == rule.symbol || s.raw_symbol == rule.symbol; };
      const auto found = std::ranges::find_if(symbols, named);
      if (found == symbols.end()) continue;
      book = static_cast<std::size_t>(found - symbols.begin());
    }
    rules_.push_back(Active{.rule = rule, .book = book, .random = Random(seed, 9'000 + i)});
  }
}

bool FaultPlan::covers(const Active& active, FaultName fault, std::optional<std::size_t> book, Wall now) const {
  const FaultRule& rule = active.rule;
  if (rule.fault != fault || now < start_ + rule.from) return false;
  if (rule.lasts && now >= start_ + rule.from + *rule.lasts) return false;
  return !active.book || active.book == book;
}

std::optional<Nanos> FaultPlan::strikes(FaultName fault, std::optional<std::size_t> book, Wall now) {
  for (Active& active : rules_) {
    if (!covers(active, fault, book, now)) continue;
    if (active.rule.strikes_max && active.strikes >= *active.rule.strikes_max) continue;
    if (active.random.below(million) >= active.rule.rate_ppm) continue;
    ++active.strikes;
    count(fault);
    return active.rule.by;
  }
  return {};
}

std::optional<Nanos> FaultPlan::in_force(FaultName fault, std::optional<std::size_t> book, Wall now) const {
  for (const Active& active : rules_)
    if (covers(active, fault, book, now)) return active.rule.by;
  return {};
}

std::optional<Wall> FaultPlan::next_turn(Wall now) const {
  std::optional<Wall> next;
  const auto offer = [&](Wall when) {
    if (when > now && (!next || when < *next)) next = when;
  };
  for (const Active& active : rules_) {
    if (fault_kind(active.rule.fault).scope != period) continue;
    offer(start_ + active.rule.from);
    if (active.rule.lasts) offer(start_ + active.rule.from + *active.rule.lasts);
  }
  return next;
}

}  // namespace crossbook::market
