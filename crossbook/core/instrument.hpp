// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crossbook/core/units.hpp"

namespace crossbook {

enum class QuantityUnit : std::uint8_t { base, contract };

// What is traded, as one venue lists it. Symbols are written as ccxt writes them: BTC/USDT, BTC/USDT:USDT.
struct Instrument {
  std::string symbol;                       // empty where the raw spelling could not be split
  std::optional<std::string> tick_size;     // decimal text, in quote currency
  std::optional<std::string> lot_size;      // decimal text, in quantity_unit
  std::optional<std::string> min_quantity;  // decimal text, in quantity_unit
  std::optional<std::string> min_notional;  // decimal text, in quote currency
  QuantityUnit quantity_unit = QuantityUnit::base;
  std::optional<std::string> contract_size;  // decimal text: base units a contract (quote units where inverse)
  bool inverse = false;                      // margined and settled in base currency
};

// One raw symbol of one feed, and the scale at which its numbers are counted.
struct Listing {
  ListingId id{};
  FeedId feed{};
  std::string raw_symbol;  // the venue's own spelling
  Instrument instrument;
  int price_scale = 0;     // prices are counts of 10^-price_scale; grows when a finer digit arrives
  int quantity_scale = 0;  // likewise
  bool wide = false;       // quantities need more than 63 bits: they are in the wide arrays of the batch
};

// All listings of a shard, by id and by (feed, raw symbol). References stay valid; nothing is ever removed.
// Looking up allocates nothing; adding does.
class Listings {
 public:
  [[nodiscard]] Listing* find(FeedId feed, std::string_view raw_symbol);
  Listing& add(FeedId feed, std::string_view raw_symbol);

  [[nodiscard]] Listing& operator[](ListingId id) { return listings_[index(id)]; }
  [[nodiscard]] const Listing& operator[](ListingId id) const { return listings_[index(id)]; }
  [[nodiscard]] std::size_t size() const { return listings_.size(); }
  [[nodiscard]] auto begin() const { return listings_.begin(); }
  [[nodiscard]] auto end() const { return listings_.end(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t position = 0;  // in listings_, plus one; 0 is free
  };
  void grow();

  std::deque<Listing> listings_;
  std::vector<Slot> slots_ = std::vector<Slot>(64);  // open addressing, a power of two, at most half full
};

}  // namespace crossbook
