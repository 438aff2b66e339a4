// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crossbook/core/event.hpp"
#include "crossbook/core/instrument.hpp"
#include "crossbook/core/result.hpp"
#include "crossbook/core/units.hpp"

// A feed is one protocol stream of one exchange: a table row and a few free functions from bytes to events. No base
// class, and no state but what is passed in.
namespace crossbook::venue {

// What a codec must remember about one socket between frames.
struct Channel {
  std::int64_t id = 0;  // Bitfinex chanId
  char kind = 0;        // the codec's own mark: book, trades, ...
  ListingId listing{};
};
struct Subscription {
  ListingId listing{};
  std::uint32_t depth = 0;  // levels a side that the subscription keeps (Kraken)
};
struct Connection {
  ConnectionId id{};
  FeedId feed{};
  std::vector<Channel> channels;
  std::vector<Subscription> subscriptions;
  std::uint32_t depth = 0;  // asked for on this connection, when the answer does not name the symbol's own
};

class Parser;  // simdjson and its buffers, reused from frame to frame (json.hpp)

// What a codec works with. `listing` finds the listing of a raw symbol, or adds it where `add_listings` is on
// (replay, and off the steady path); nullptr: not ours, skip it.
class Context {
 public:
  explicit Context(Listings& listings);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  [[nodiscard]] Listing* listing(std::string_view raw_symbol);
  // The same, and remembered as what the frame is about: an error later in the frame taints this book.
  [[nodiscard]] Listing* subject(std::string_view raw_symbol);

  // A number that does not fit its listing's scale. The codec reads on, so that one rescale serves the whole frame;
  // decode() then returns Errc::inexact (or overflow) and the engine rescales and decodes again.
  void needs(Listing& listing, int price_scale, int quantity_scale);
  void needs_wide(Listing& listing);

  Listings& listings;
  Parser& parser;
  FeedId feed{};                     // set before each decode
  Connection* connection = nullptr;  // nullptr for REST bodies
  bool add_listings = true;

  struct Need {
    ListingId listing{};
    int price_scale = 0;
    int quantity_scale = 0;
    bool wide = false;
  };
  std::vector<Need> needed;        // filled by decode, read and cleared by the engine
  std::optional<ListingId> named;  // the book that a malformed frame taints
  std::vector<char> inflated;      // for venues that send gzip frames; padded

 private:
  std::unique_ptr<Parser> parser_;
};

// The best levels of a book with all digits that a checksum needs. Prices and quantities are counts at the listing's
// scales; written digits are present only where the batch carried them.
struct ChecksumInput {
  std::span<const Level> bids;  // best first, at most 25
  std::span<const Level> asks;
  std::span<const WrittenDigits> written_bids;  // empty, or one per level
  std::span<const WrittenDigits> written_asks;
  int price_scale = 0;
  int quantity_scale = 0;
  int price_decimals = 0;  // most decimals that the venue ever wrote for this book
  int quantity_decimals = 0;
};

// A row of the feed table.
struct Feed {
  std::string_view name = {};   // "kraken-v1": `venue` of a capture line
  std::string_view venue = {};  // "kraken": the exchange, as ccxt spells it; keys fees, latency, orders
  std::string_view url = {};    // of the public stream
  SequenceRule rule = SequenceRule::none;
  SnapshotSource snapshot = SnapshotSource::stream;
  Nanos silence_max = seconds(60);  // a connection without any frame for longer is dead (heartbeats counted)

  // Bytes to events. Errors: malformed (nothing of the batch may be used), inexact and overflow (see Context::needs).
  // A kind that the codec does not know is not an error: batch.kind stays unknown.
  Result<void> (*decode)(Context&, std::string_view bytes, EventBatch&) = nullptr;
  // A REST body: a snapshot, or instrument data. nullptr: the feed has none.
  Result<void> (*decode_http)(Context&, std::string_view url, std::string_view bytes, EventBatch&) = nullptr;
  // A message that we sent. nullptr: nothing to learn from it.
  void (*decode_sent)(Context&, std::string_view bytes) = nullptr;
  // The checksum over a book's best levels; nullptr: the venue sends none.
  std::uint32_t (*checksum)(const ChecksumInput&) = nullptr;
  std::uint32_t checksum_levels = 0;  // levels a side that the checksum covers
  // Fills symbol, unit and contract of a new listing from its raw symbol (and, for joined spellings, from known pairs).
  void (*describe)(Listing&) = nullptr;

  // For docs/venues/detection.md, which is generated from this table.
  std::string_view detects = {};  // "lost, duplicated and reordered messages"
  std::string_view misses = {};   // "nothing on the wire shows a lost message"
};

}  // namespace crossbook::venue
