// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/effect_digest.hpp"

namespace crossbook::shard {

void EffectDigest::put(std::int64_t word) {
  auto rest = static_cast<std::uint64_t>(word);
  for (int i = 0; i < 8; ++i, rest >>= 8) bytes_.push_back(static_cast<char>(rest & 0xff));
}

void EffectDigest::put_wide(Wide word) {
  const auto bits = static_cast<UnsignedWide>(word);
  put(static_cast<std::int64_t>(static_cast<std::uint64_t>(bits)));
  put(static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64)));
}

void EffectDigest::put(const OrderTerms& terms) {
  put_kind(terms.listing);
  put_kind(terms.action);
  put_kind(terms.type);
  put(terms.price.count());
  put(terms.quantity.count());
  put(terms.price_scale);
  put(terms.quantity_scale);
}

void EffectDigest::put(const OrderFill& fill) {
  put(static_cast<std::int64_t>(fill.trade));
  put(fill.price.count());
  put(fill.quantity.count());
  put_kind(fill.role);
  put(fill.fee_rate.count());
  put_wide(fill.fee);
}

void EffectDigest::add(Wall wall, const Effects& effects) {
  bytes_.clear();
  std::uint64_t count = 0;
  const auto begin = [&](char kind) {
    bytes_.push_back(kind);
    ++count;
  };
  for (const Resync& resync : effects.resyncs) {
    begin('r');
    put_kind(resync.listing);
    put_kind(resync.reason);
  }
  for (const FetchSnapshot& fetch : effects.fetches) {
    begin('f');
    put_kind(fetch.listing);
  }
  for (const Note& note : effects.notes) {
    begin('n');
    put_kind(note.kind);
    put_kind(note.reason);
    put(note.listing ? static_cast<std::int64_t>(*note.listing) : -1);
  }
  for (const PlaceOrder& place : effects.places) {
    begin('p');
    put_kind(place.order);
    put(place.terms);
    put(place.decided_at.nanos());
  }
  for (const CancelOrder& cancel : effects.cancels) {
    begin('c');
    put_kind(cancel.order);
    put_kind(cancel.reason);
    put(cancel.attempt);
    put(cancel.decided_at.nanos());
  }
  for (const QueryOrder& query : effects.queries) {
    begin('q');
    put_kind(query.order);
  }
  for (const OrderChange& change : effects.order_changes) {
    begin('o');
    put_kind(change.order);
    put_kind(change.from);
    put_kind(change.to);
    put_kind(change.reason);
    put(change.filled.count());
    if (change.fill) put(*change.fill);
  }
  for (const OrderAlarm& alarm : effects.alarms) {
    begin('a');
    put_kind(alarm.order);
    put_kind(alarm.kind);
  }
  if (count == 0) return;
  put(wall.nanos());
  effects_ += count;
  sha_.update(bytes_);
}

}  // namespace crossbook::shard
