// SPDX-License-Identifier: Apache-2.0
#include "crossbook/core/instrument.hpp"

#include <cstring>

#include "crossbook/core/check.hpp"

namespace crossbook {
namespace {

// Multiply and fold over eight bytes at a time; symbols are 5 to 30 characters.
std::uint64_t hash_of(FeedId feed, std::string_view text) {
  constexpr std::uint64_t multiplier = 0x9E3779B97F4A7C15;
  std::uint64_t hash = (index(feed) + 1) * multiplier + text.size();
  while (!text.empty()) {
    std::uint64_t chunk = 0;
    const std::size_t n = text.size() < 8 ? text.size() : 8;
    std::memcpy(&chunk, text.data(), n);
    const UnsignedWide product = static_cast<UnsignedWide>(hash ^ chunk) * multiplier;
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    text.remove_prefix(n);
  }
  return hash;
}

}  // namespace

Listing* Listings::find(FeedId feed, std::string_view raw_symbol) {
  const std::uint64_t hash = hash_of(feed, raw_symbol);
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at].position != 0; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].hash != hash) continue;
    Listing& listing = listings_[slots_[at].position - 1];
    if (listing.feed == feed && listing.raw_symbol == raw_symbol) return &listing;
  }
  return nullptr;
}

Listing& Listings::add(FeedId feed, std::string_view raw_symbol) {
  CROSSBOOK_ASSERT(find(feed, raw_symbol) == nullptr);
  if ((listings_.size() + 1) * 2 > slots_.size()) grow();
  Listing& listing = listings_.emplace_back();
  listing.id = ListingId(listings_.size() - 1);
  listing.feed = feed;
  listing.raw_symbol = raw_symbol;
  const std::uint64_t hash = hash_of(feed, raw_symbol);
  std::size_t at = hash & (slots_.size() - 1);
  while (slots_[at].position != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {hash, static_cast<std::uint32_t>(listings_.size())};
  return listing;
}

void Listings::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.position == 0) continue;
    std::size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].position != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }
}

}  // namespace crossbook
