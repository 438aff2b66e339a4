// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/live_feeder.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "crossbook/sys/clock.hpp"

namespace crossbook::shard {

LiveFeeder::LiveFeeder(LiveMarket& market, LiveFeederOptions options)
    : market_(market), options_(std::move(options)), changes_(market.changes()) {
  options_.every = std::max(options_.every, milliseconds(1));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

LiveFeeder::~LiveFeeder() {
  thread_.request_stop();
  changes_->end();
}

std::string LiveFeeder::error() const {
  const std::scoped_lock lock(error_mutex_);
  return error_;
}

template <class Call>
void LiveFeeder::guarded(const Call& call) {
  std::string error = "an exception that is no std::exception";
  try {
    call();
    return;
  } catch (const std::exception& thrown) {
    error = thrown.what();
  } catch (...) {  // a call of others: the text above says so
  }
  const std::scoped_lock lock(error_mutex_);
  error_ = std::move(error);
}

void LiveFeeder::run(const std::stop_token& stop) {
  Steady next_books = sys::steady_now();
  while (!stop.stop_requested()) {
    if (options_.on_book && sys::steady_now() >= next_books) {
      tell_books();
      next_books = sys::steady_now() + options_.every;
    }
    const Nanos wait = options_.on_book ? std::max(next_books - sys::steady_now(), Nanos(0)) : milliseconds(100);
    const auto change = changes_->wait(wait);
    if (change && options_.on_change) guarded([&] { options_.on_change(*change); });
    if (!change && changes_->ended()) break;
  }
  if (market_.running()) return;
  // The market is over: that its prices are none any more is told as well.
  while (const auto change = changes_->take())
    if (options_.on_change) guarded([&] { options_.on_change(*change); });
  if (options_.on_book) tell_books();
}

void LiveFeeder::tell_books() {
  const std::vector<std::string> symbols = market_.symbols();
  seen_.resize(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const auto books = market_.venue_books(symbols[i], options_.depth, &seen_[i]);
    if (!books) continue;
    for (const LiveVenueBook& book : *books) guarded([&] { options_.on_book(book); });
  }
}

}  // namespace crossbook::shard
