// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/units.hpp"
#include "crossbook/market/venues.hpp"

// A recorded session out of a seed: what a client that is connected to every venue of a simulated market receives, and
// what its books must hold after each record. The same options give the same bytes on every compiler.
namespace crossbook::market {

enum class Direction : std::uint8_t { open, out, in, http };  // `dir` of a capture line
[[nodiscard]] std::string_view to_string(Direction);

// One line of a capture. `feed` and `conn` live as long as the session; `url` until its next call. `raw` is the
// caller's string, reused: hand in the same Record again and again. Behind its end lie frame_padding readable bytes.
struct Record {
  Wall t;
  std::string_view feed;  // `venue` of a capture line: binance, bybit-spot, ...
  std::string_view conn;
  Direction dir = Direction::in;
  std::string_view url;  // empty for `in`
  std::string raw;       // empty for `open`
};

struct SessionOptions {
  std::uint64_t seed = 1;
  Wall start{1'767'225'600'000'000'000};  // 2026-01-01T00:00:00Z
  std::optional<Nanos> duration;          // endless without
  std::vector<InstrumentOptions> instruments = default_instruments();
  std::vector<VenueOptions> venues = default_venues();
  FaultOptions faults;
};

// What a client that received all records so far can know of a book.
enum class BookTruth : std::uint8_t {
  unknown,  // no snapshot since the connection opened
  whole,    // it holds exactly the true book
  silent,   // the same, but the venue has fallen silent: the true book is an old one
  lost,     // a message was lost: what it holds is wrong until the next snapshot
};

// The book that an honest client holds, best first, in counts of the scales. Valid until the session's next call.
struct TrueBook {
  std::span<const Level> bids;
  std::span<const Level> asks;
  int price_scale = 0;
  int quantity_scale = 0;
  BookTruth truth = BookTruth::unknown;
};

enum class FaultKind : std::uint8_t { stall, disconnect, drop };
[[nodiscard]] std::string_view to_string(FaultKind);

// Something that was made to go wrong.
struct Fault {
  Wall at;  // first record that is missing would have come then
  std::string_view feed;
  FaultKind kind = FaultKind::stall;
  std::string_view raw_symbol;  // of a dropped book message; empty where the whole connection is hit
  std::optional<Wall> over_at;  // first frame after a stall, the new `open`, the snapshot after a drop; empty: not yet
};

// What one venue's fees are in this market, for those who want to calibrate against the truth.
struct TrueFees {
  std::string_view feed;
  std::int64_t maker_ubps = 0;  // 10^-6 bps
  std::int64_t taker_ubps = 0;
};

class Session {
 public:
  explicit Session(SessionOptions options);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // The next record, in order of `t`; false at the end of the duration. Allocates nothing once strings have grown.
  bool next(Record& record);

  // The book of a feed's raw symbol as of the last record. Nothing where the session has no such book.
  [[nodiscard]] std::optional<TrueBook> true_book(std::string_view feed, std::string_view raw_symbol) const;
  // True iff the client's book must equal true_book and is up to date.
  [[nodiscard]] bool is_whole(std::string_view feed, std::string_view raw_symbol) const;
  // What went wrong up to now, in order of `at`. Valid until the next call of next().
  [[nodiscard]] std::span<const Fault> faults() const;
  // The hidden price of an instrument (a position in SessionOptions::instruments) at the last record, in 10^-6 quote.
  [[nodiscard]] std::int64_t fair_price(std::size_t instrument) const;

  [[nodiscard]] const SessionOptions& options() const;
  [[nodiscard]] std::vector<TrueFees> fees() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace crossbook::market
