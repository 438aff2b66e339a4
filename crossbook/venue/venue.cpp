// SPDX-License-Identifier: Apache-2.0
#include "crossbook/venue/venue.hpp"

#include <algorithm>

#include "crossbook/venue/json.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::venue {

Context::Context(Listings& all) : listings(all), parser(*new Parser), parser_(&parser) {}
Context::~Context() = default;

Listing* Context::listing(std::string_view raw_symbol) {
  if (Listing* found = listings.find(feed, raw_symbol)) return found;
  if (!add_listings || raw_symbol.empty()) return nullptr;
  Listing& added = listings.add(feed, raw_symbol);
  if (const auto describe = venue::feed(feed).describe) describe(added);
  return &added;
}

Listing* Context::subject(std::string_view raw_symbol) {
  Listing* found = listing(raw_symbol);
  if (found != nullptr) named = found->id;
  return found;
}

void Context::needs(Listing& listing, int price_scale, int quantity_scale) {
  for (Need& need : needed) {
    if (need.listing != listing.id) continue;
    need.price_scale = std::max(need.price_scale, price_scale);
    need.quantity_scale = std::max(need.quantity_scale, quantity_scale);
    return;
  }
  needed.push_back({listing.id, std::max(listing.price_scale, price_scale),
                    std::max(listing.quantity_scale, quantity_scale), listing.wide});
}

void Context::needs_wide(Listing& listing) {
  needs(listing, 0, 0);
  for (Need& need : needed)
    if (need.listing == listing.id) need.wide = true;
}

}  // namespace crossbook::venue
