// SPDX-License-Identifier: Apache-2.0
#include "crossbook/market/session.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "crossbook/market/exchange.hpp"

namespace crossbook::market {

std::string_view to_string(Direction dir) {
  switch (dir) {
    case Direction::open: return "open";
    case Direction::out: return "out";
    case Direction::in: return "in";
    case Direction::http: return "http";
  }
  return "?";
}

std::string_view to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::stall: return "stall";
    case FaultKind::disconnect: return "disconnect";
    case FaultKind::drop: return "drop";
  }
  return "?";
}

class Session::Machine {
 public:
  explicit Machine(SessionOptions given) : options(std::move(given)), now(options.start) {
    world.fault_options = options.faults;
    world.faults.reserve(1024);
    for (std::size_t i = 0; i < options.instruments.size(); ++i)
      world.fair.emplace_back(options.instruments[i].fair, options.start, Random(options.seed, i));
    for (std::size_t v = 0; v < options.venues.size(); ++v)
      exchanges.emplace_back(options.venues[v], options.instruments, Random(options.seed, 1000 + v),
                             static_cast<std::uint16_t>(v), options.start, world);
  }

  bool next(Record& out) {
    if (exchanges.empty()) return false;
    for (;;) {
      if (options.duration && world.schedule.front().t > options.start + *options.duration) return false;
      const Due due = world.schedule.take();
      out.raw.clear();
      out.url = {};
      if (!exchanges[due.venue].handle(due, out)) continue;
      now = due.t;
      return true;
    }
  }

  SessionOptions options;
  World world;
  std::deque<Exchange> exchanges;
  Wall now;
};

Session::Session(SessionOptions options) : machine_(std::make_unique<Machine>(std::move(options))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

bool Session::next(Record& record) { return machine_->next(record); }

std::optional<TrueBook> Session::true_book(std::string_view feed, std::string_view raw_symbol) const {
  for (const Exchange& exchange : machine_->exchanges) {
    if (exchange.options().feed != feed) continue;
    if (auto book = exchange.true_book(raw_symbol)) return book;
  }
  return {};
}

bool Session::is_whole(std::string_view feed, std::string_view raw_symbol) const {
  const auto book = true_book(feed, raw_symbol);
  return book && book->truth == BookTruth::whole;
}

std::span<const Fault> Session::faults() const { return machine_->world.faults; }

std::int64_t Session::fair_price(std::size_t instrument) const {
  return machine_->world.fair.at(instrument).at(machine_->now);
}

const SessionOptions& Session::options() const { return machine_->options; }

std::vector<TrueFees> Session::fees() const {
  std::vector<TrueFees> fees;
  for (const VenueOptions& venue : machine_->options.venues)
    fees.push_back({.feed = venue.feed, .maker_ubps = venue.maker_fee_ubps, .taker_ubps = venue.taker_fee_ubps});
  return fees;
}

}  // namespace crossbook::market
