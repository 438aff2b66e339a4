// SPDX-License-Identifier: Apache-2.0
#include "bench_player.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::app {
namespace {

// The venues at rest are heard of this often, untimed, so that they stay in the view.
constexpr Nanos refresh_period = seconds(10);
constexpr std::size_t resting_venues = 4;

std::string_view text(const LoadedRecord& record) { return {record.payload.data(), record.size}; }

}  // namespace

void FeedPlayer::start_over() {
  shift_ = last_at_ == Steady() ? Nanos() : last_at_ - records_.front().at + seconds(1);
  refreshed_ = false;
}

void FeedPlayer::play(const LoadedRecord& record) { play(record, text(record)); }

void FeedPlayer::play(const LoadedRecord& record, std::string_view bytes) {
  effects_.clear();
  using enum capture::Direction;
  const auto at = std::max(record.at + shift_, last_at_);
  last_at_ = at;
  last_wall_ = record.t;
  switch (record.dir) {
    case in:
    case norm: engine_.on({at, record.t, Frame{record.connection, bytes}}, effects_); break;
    case http: engine_.on({at, record.t, HttpBody{record.feed, record.url, bytes}}, effects_); break;
    case out: engine_.on({at, record.t, Sent{record.connection, bytes}}, effects_); break;
    case open:
      engine_.on({at, record.t, SessionState{record.connection, record.feed, true, record.url}}, effects_);
      break;
    case tick:
    case alive:
    case behind:
    case caught_up:
    case close: break;
  }
}

bool FeedPlayer::fresh(const LoadedRecord& record) const {
  return refreshed_ && record.at - refreshed_at_ < refresh_period;
}

void FeedPlayer::refresh(const LoadedRecord& record) {
  if (fresh(record)) return;
  refreshed_ = true;
  refreshed_at_ = record.at;
  const std::string_view own_venue = venue::feed(feed_).venue;
  std::vector<std::pair<std::string, std::string>> bodies;
  for (const Listing& listing : engine_.listings()) {
    if (listing.feed != feed_ || listing.instrument.symbol.find(':') != std::string::npos) continue;
    const auto bid = engine_.book(listing.id).top(Side::bid);
    const auto ask = engine_.book(listing.id).top(Side::ask);
    if (!bid || !ask || listing.instrument.symbol.empty()) continue;
    std::string symbol = listing.instrument.symbol;
    std::replace(symbol.begin(), symbol.end(), '/', '-');
    bodies.emplace_back(symbol, fmt::format(R"("bids":[["{}","1"]],"asks":[["{}","1"]])",
                                            format_decimal(bid->price.count(), listing.price_scale),
                                            format_decimal(ask->price.count(), listing.price_scale)));
  }
  std::size_t used = 0;
  for (const std::string_view name :
       {"bitfinex-norm", "bittrex-norm", "bitstamp-norm", "coinbase-norm", "binance-norm"}) {
    const FeedId resting = venue::find_feed(name).value();
    if (used == resting_venues || venue::feed(resting).venue == own_venue) continue;
    const auto connection = ConnectionId(1000 + used++);
    effects_.clear();
    const Steady at = std::max(record.at + shift_, last_at_);
    last_at_ = at;
    if (!opened_) engine_.on({at, record.t, SessionState{connection, resting, true, {}}}, effects_);
    for (const auto& [symbol, levels] : bodies) {
      std::string line = fmt::format(R"({{"kind":"book","symbol":"{}","ts_ms":null,{}}})", symbol, levels);
      const std::size_t size = line.size();
      line.append(frame_padding, ' ');
      engine_.on({at, record.t, Frame{connection, {line.data(), size}}}, effects_);
    }
  }
  opened_ = true;
}

std::vector<LoadedRecord> records_of(const std::vector<LoadedRecord>& all, FeedId feed) {
  std::vector<LoadedRecord> records;
  std::vector<bool> opened;
  for (const LoadedRecord& record : all) {
    if (record.feed != feed || !record.needed) continue;
    if (opened.size() <= index(record.connection)) opened.resize(index(record.connection) + 1, false);
    if (!opened[index(record.connection)] && record.dir != capture::Direction::open &&
        record.dir != capture::Direction::http) {
      LoadedRecord open = record;
      open.dir = capture::Direction::open;
      open.timed = false;
      records.push_back(std::move(open));
    }
    if (record.dir != capture::Direction::http) opened[index(record.connection)] = true;
    records.push_back(record);
  }
  return records;
}

}  // namespace crossbook::app
