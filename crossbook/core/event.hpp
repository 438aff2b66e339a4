// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crossbook/core/units.hpp"

// How a venue's messages prove that none was lost. The first column of docs/venues/detection.md.
enum class SequenceRule : std::uint8_t {
  none,            // nothing on the wire: loss cannot be detected (Coinbase Exchange level2, Gemini v2)
  checksum_only,   // no numbers, but a checksum with every message (Kraken, OKX and Bitget before 2023)
  snapshots,       // every message is the whole book; `last` only orders them where present
  newer,           // `last` must grow; a jump proves nothing (Bitstamp microtimestamp)
  next,            // last == previous last + 1; last == 1 or a snapshot restarts (Bybit)
  range,           // first <= book + 1 <= last once bridged, then first == book + 1 (Binance spot, KuCoin, Gate)
  previous_range,  // first delta after the snapshot first <= book <= last, then previous == book (Binance futures)
  previous,        // previous == book (OKX, Deribit, Bitget v2, Crypto.com v1, HTX mbp); absent numbers prove nothing
  connection,      // one counter per connection: EventBatch::connection_sequence + 1 (Coinbase Advanced, Bitfinex)
};

// Where a book's first whole state comes from.
enum class SnapshotSource : std::uint8_t {
  stream,  // the subscription's first message, or every message
  rest,    // fetched; deltas received before it are buffered and bridged
};

// What a venue's bytes mean, in our terms. A codec fills an EventBatch; the batch is reused, so that in steady state
// nothing is allocated. Numbers are counts at the scales of the event's listing.
namespace crossbook {

// An absolute size at a price; quantity 0 deletes the level.
struct Level {
  Price price;
  Quantity quantity;
  friend constexpr bool operator==(const Level&, const Level&) = default;
};

// How the digits of a level were written, for checksums over text: "0.0280" has 4 decimals.
struct WrittenDigits {
  std::uint8_t price_decimals = 0;
  std::uint8_t quantity_decimals = 0;
};

// A stretch of one of the batch's arrays.
struct Run {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

// Sequence numbers as sent; which of them a venue has, and what they mean, is its SequenceRule.
struct SequenceSpan {
  std::optional<std::int64_t> first;     // Binance U, KuCoin sequenceStart
  std::optional<std::int64_t> last;      // Binance u, Bybit u, OKX seqId, Bitstamp microtimestamp
  std::optional<std::int64_t> previous;  // Binance futures pu, OKX prevSeqId, Deribit prev_change_id
};

enum class BookEventKind : std::uint8_t {
  snapshot,  // replaces the book
  delta,     // applies to a book that is whole
};

struct BookEvent {
  BookEventKind kind = BookEventKind::delta;
  bool from_rest = false;  // a snapshot fetched by REST: buffered deltas are bridged onto it
  ListingId listing{};
  Run bids;  // in EventBatch::bids (wide quantities at the same positions of wide_bids)
  Run asks;
  SequenceSpan sequence;
  std::optional<std::uint32_t>
      checksum;                     // as sent, signed ones reinterpreted; absent where the venue sent none (or OKX 0)
  std::optional<Wall> ts_event;     // the venue's time of the change, absent where it gives none
  std::uint32_t depth = 0;          // levels a side that the subscription keeps: truncate after applying; 0 is all
  std::uint8_t price_decimals = 0;  // most decimals written in this event (Kraken's checksum pads to them)
  std::uint8_t quantity_decimals = 0;
};

// A print. `taker` is the aggressor: bid means the taker bought.
struct Trade {
  ListingId listing{};
  Price price;
  WideQuantity quantity;
  Side taker = Side::bid;
  bool history = false;  // part of a subscription's first answer: happened before we listened
  std::optional<Wall> ts_event;
};

// The venue's own best bid and ask stream; a side of quantity 0 is empty.
struct Bbo {
  ListingId listing{};
  std::optional<Level> bid;
  std::optional<Level> ask;
  std::optional<std::int64_t> sequence;  // comparable to the book's `last`, where the venue says so
  std::optional<Wall> ts_event;
};

// What a frame was, for counters and watchdogs.
enum class FrameKind : std::uint8_t {
  unknown,    // parsed, but no kind that this codec knows: counted and skipped
  events,     // book, trades or best bid-ask below
  heartbeat,  // the subscription lives
  ack,        // an answer to something that we sent
  error,      // the venue refuses something; `notice` says what
  status,     // system status, instrument data and other known kinds that carry no event
};

struct EventBatch {
  FrameKind kind = FrameKind::unknown;
  std::optional<std::int64_t> connection_sequence;  // Coinbase Advanced, Bitfinex: one counter per connection
  std::optional<ListingId> subject;                 // the listing that a heartbeat, ack or error is about
  std::vector<BookEvent> books;
  std::vector<Trade> trades;
  std::vector<Bbo> bbos;
  std::vector<Level> bids;
  std::vector<Level> asks;
  // Only for listings that are wide: same length as bids/asks once any wide level was read, else empty. The
  // corresponding Level::quantity is 0 for a delete and 1 otherwise.
  std::vector<WideQuantity> wide_bids;
  std::vector<WideQuantity> wide_asks;
  // Only where the venue's checksum is over the digits as written: same length as bids/asks, else empty.
  std::vector<WrittenDigits> written_bids;
  std::vector<WrittenDigits> written_asks;
  // Only where each row carries a sequence of its own (KuCoin): same length as bids/asks, else empty. A row at or below
  // the snapshot's sequence is in the snapshot already and is skipped while bridging.
  std::vector<std::int64_t> sequence_bids;
  std::vector<std::int64_t> sequence_asks;

  void clear() {
    kind = FrameKind::unknown;
    connection_sequence.reset();
    subject.reset();
    books.clear();
    trades.clear();
    bbos.clear();
    bids.clear();
    asks.clear();
    wide_bids.clear();
    wide_asks.clear();
    written_bids.clear();
    written_asks.clear();
    sequence_bids.clear();
    sequence_asks.clear();
  }
  [[nodiscard]] const std::vector<Level>& levels(Side side) const { return side == Side::bid ? bids : asks; }
  [[nodiscard]] std::vector<Level>& levels(Side side) { return side == Side::bid ? bids : asks; }
  [[nodiscard]] std::span<const Level> bids_of(const BookEvent& e) const {
    return std::span(bids).subspan(e.bids.begin, e.bids.size());
  }
  [[nodiscard]] std::span<const Level> asks_of(const BookEvent& e) const {
    return std::span(asks).subspan(e.asks.begin, e.asks.size());
  }
};

}  // namespace crossbook
