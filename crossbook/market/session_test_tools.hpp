// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/market/session.hpp"
#include "crossbook/venue/registry.hpp"
#include "crossbook/venue/venue.hpp"

// A client as simple as it can be: the codecs of room venue, books made of two maps, and each rule in a few lines.
namespace crossbook::market {

struct NaiveBook {
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;
  bool ready = false;
  bool bridged = false;  // a delta came since the snapshot
  std::int64_t last = 0;
  std::int64_t newest_checksum = -1;

  struct Buffered {
    SequenceSpan sequence;
    std::vector<Level> bids;
    std::vector<Level> asks;
  };
  std::vector<Buffered> buffered;

  void apply(std::span<const Level> new_bids, std::span<const Level> new_asks) {
    for (const Level& level : new_bids) set(bids, level);
    for (const Level& level : new_asks) set(asks, level);
  }
  void truncate(std::size_t depth) {
    while (depth > 0 && bids.size() > depth) bids.erase(std::prev(bids.end()));
    while (depth > 0 && asks.size() > depth) asks.erase(std::prev(asks.end()));
  }
  void clear() { *this = NaiveBook{}; }
  [[nodiscard]] bool holds(const TrueBook& truth) const { return same(bids, truth.bids) && same(asks, truth.asks); }

 private:
  template <class Map>
  static void set(Map& side, const Level& level) {
    if (level.quantity.count() == 0) {
      side.erase(level.price.count());
    } else {
      side[level.price.count()] = level.quantity.count();
    }
  }
  template <class Map>
  static bool same(const Map& side, std::span<const Level> levels) {
    return std::ranges::equal(side, levels, [](const auto& mine, const Level& level) {
      return mine.first == level.price.count() && mine.second == level.quantity.count();
    });
  }
};

// The reference of zlib's manual: bit by bit.
inline std::uint32_t slow_crc32(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
  }
  return ~crc;
}

inline std::string kraken_checksum_text(std::span<const Level> asks, std::span<const Level> bids) {
  std::string text;
  for (const std::span<const Level> side : {asks, bids})
    for (const Level& level : side.first(std::min<std::size_t>(10, side.size())))
      text += std::to_string(level.price.count()) + std::to_string(level.quantity.count());
  return text;
}

class NaiveClient {
 public:
  explicit NaiveClient(const SessionOptions& options) : context_(listings_) {
    for (const VenueOptions& venue : options.venues) {
      const auto id = venue::find_feed(venue.feed);
      if (!id) continue;
      Decoded& connection = connections_[venue.feed];
      connection.wire.feed = *id;
      for (const ListingOptions& listing : venue.listings) {
        Listing& added = listings_.add(*id, listing.raw_symbol);
        added.price_scale = listing.price_scale;
        added.quantity_scale = listing.quantity_scale;
        connection.listings.push_back(added.id);
      }
    }
    books.resize(listings_.size());
  }

  // Reads one record. `touched` then names the books it changed, `batch` its events.
  void read(const Record& record) {
    touched.clear();
    batch.clear();
    const auto found = connections_.find(record.feed);
    if (found == connections_.end()) return;
    Decoded& connection = found->second;
    const venue::Feed& feed = venue::feed(connection.wire.feed);
    context_.feed = connection.wire.feed;
    context_.connection = record.dir == Direction::http ? nullptr : &connection.wire;
    if (record.dir == Direction::open) {
      const FeedId id = connection.wire.feed;
      connection.wire = venue::Connection{};
      connection.wire.feed = id;
      connection.sequence = -1;
      for (const ListingId listing : connection.listings) books[index(listing)].clear();
    } else if (record.dir == Direction::out) {
      if (feed.decode_sent != nullptr) feed.decode_sent(context_, record.raw);
    } else {
      const auto result = record.dir == Direction::http ? feed.decode_http(context_, record.url, record.raw, batch)
                                                        : feed.decode(context_, record.raw, batch);
      if (!result) errors.push_back(std::string(record.feed) + ": " + result.error().what + ": " + record.raw);
      kinds[std::string(record.feed)].insert(batch.kind);
      if (result) take(connection, feed);
    }
  }

  [[nodiscard]] Listing* listing(std::string_view feed, std::string_view raw_symbol) {
    const auto id = venue::find_feed(feed);
    return id ? listings_.find(*id, raw_symbol) : nullptr;
  }
  [[nodiscard]] const Listing& listing(ListingId id) const { return listings_[id]; }

  std::vector<NaiveBook> books;  // by listing
  EventBatch batch;
  std::vector<ListingId> touched;
  std::vector<std::string> errors;
  std::map<std::string, int> losses_seen;  // by feed
  std::map<std::string, std::set<FrameKind>> kinds;
  std::map<std::string, std::int64_t> trades;
  std::map<std::string, std::int64_t> bbos;

 private:
  struct Decoded {
    venue::Connection wire;
    std::vector<ListingId> listings;
    std::int64_t sequence = -1;
  };

  void take(Decoded& connection, const venue::Feed& feed) {
    const std::string name(feed.name);
    trades[name] += static_cast<std::int64_t>(batch.trades.size());
    bbos[name] += static_cast<std::int64_t>(batch.bbos.size());
    if (feed.rule == SequenceRule::connection && batch.connection_sequence) {
      if (*batch.connection_sequence != connection.sequence + 1) {
        for (const ListingId id : connection.listings) books[index(id)].ready = false;
        ++losses_seen[name];
      }
      connection.sequence = *batch.connection_sequence;
    }
    for (const BookEvent& event : batch.books) {
      NaiveBook& book = books[index(event.listing)];
      if (event.kind == BookEventKind::snapshot) {
        replace(feed, book, event);
      } else {
        follow(feed, book, event);
      }
      touched.push_back(event.listing);
    }
  }

  void replace(const venue::Feed& feed, NaiveBook& book, const BookEvent& event) {
    book.bids.clear();
    book.asks.clear();
    book.apply(batch.bids_of(event), batch.asks_of(event));
    book.last = event.sequence.last.value_or(0);
    book.ready = true;
    book.bridged = false;
    for (const NaiveBook::Buffered& delta : book.buffered)
      if (continues(feed, book, delta.sequence)) book.apply(delta.bids, delta.asks);
    book.buffered.clear();
  }

  // True where a delta is to be applied; also moves `last`.
  static bool continues(const venue::Feed& feed, NaiveBook& book, const SequenceSpan& sequence) {
    const std::int64_t last = sequence.last.value_or(0);
    switch (feed.rule) {
      case SequenceRule::next: book.ready = last == book.last + 1; break;
      case SequenceRule::previous: book.ready = !sequence.previous || *sequence.previous == book.last; break;
      case SequenceRule::range:
        if (last <= book.last) return false;
        book.ready = sequence.first.value_or(0) <= book.last + 1;
        break;
      case SequenceRule::previous_range:
        if (book.bridged ? last <= book.last : last < book.last) return false;
        book.ready = sequence.previous == book.last || (!book.bridged && sequence.first.value_or(0) <= book.last);
        book.bridged = true;
        break;
      case SequenceRule::newer:
        if (last <= book.last) return false;
        break;
      default: break;
    }
    book.last = last;
    return book.ready;
  }

  void follow(const venue::Feed& feed, NaiveBook& book, const BookEvent& event) {
    if (!book.ready) {
      const auto b = batch.bids_of(event);
      const auto a = batch.asks_of(event);
      if (feed.snapshot == venue_rest)
        book.buffered.push_back({event.sequence, {b.begin(), b.end()}, {a.begin(), a.end()}});
      return;
    }
    if (continues(feed, book, event.sequence)) {
      book.apply(batch.bids_of(event), batch.asks_of(event));
      book.truncate(event.depth);
      if (event.checksum && feed.name == "kraken" && *event.checksum != checksum(book)) book.ready = false;
    }
    if (book.ready) return;
    ++losses_seen[std::string(feed.name)];
    book.buffered.clear();
    if (feed.snapshot == venue_rest) follow(feed, book, event);
  }

  static std::uint32_t checksum(const NaiveBook& book) {
    const auto levels = [](const auto& side) {
      std::vector<Level> best;
      for (const auto& [price, quantity] : side) best.push_back({Price(price), Quantity(quantity)});
      return best;
    };
    return slow_crc32(kraken_checksum_text(levels(book.asks), levels(book.bids)));
  }

  static constexpr SnapshotSource venue_rest = SnapshotSource::rest;
  Listings listings_;
  venue::Context context_;
  std::map<std::string, Decoded, std::less<>> connections_;
};

}  // namespace crossbook::market
