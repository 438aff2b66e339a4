// SPDX-License-Identifier: Apache-2.0
#include "crossbook/shard/player.hpp"

#include <algorithm>

#include "crossbook/book/merge.hpp"
#include "crossbook/core/decimal.hpp"
#include "crossbook/venue/registry.hpp"

namespace crossbook::shard {
namespace {

constexpr std::size_t position(Side side) { return side == Side::bid ? 0 : 1; }
constexpr std::array sides{Side::bid, Side::ask};
// A live session runs for weeks; what is beyond this is in the feeds' counters.
constexpr std::size_t errors_max = 100'000;

// Adds counts of different scales at the finer one.
void add_volume(Wide& volume, int& volume_scale, Wide quantity, int scale) {
  for (; volume_scale < scale; ++volume_scale) volume *= 10;
  for (; scale < volume_scale; ++scale) quantity *= 10;
  volume += quantity;
}

}  // namespace

std::optional<std::string> Player::unknown_feed(const std::vector<GroupRequest>& groups) {
  for (const GroupRequest& group : groups)
    for (const auto& [feed, raw_symbol] : group.members)
      if (!venue::find_feed(feed)) return feed;
  return {};
}

Player::Player(PlayerOptions options) : options_(std::move(options)), engine_(options_.engine) {
  for (const GroupRequest& group : options_.groups) {
    std::vector<std::pair<FeedId, std::string>> members;
    for (const auto& [feed, raw_symbol] : group.members)
      members.emplace_back(venue::find_feed(feed).value(), raw_symbol);
    engine_.add_group(group.name, members);
  }
}

// -- records to inputs -----------------------------------------------------------------------------------------------

const Effects& Player::play(const capture::Record& record, ConnectionId connection, Steady at) {
  if (record.dir == capture::Direction::tick) return tick(at, record.t);
  effects_.clear();
  if (!first_t_) first_t_ = record.t;
  last_t_ = record.t;
  if (record.dir == capture::Direction::in || record.dir == capture::Direction::http) ++frames_;
  const auto feed = venue::find_feed(record.feed);
  if (!feed) {
    if (unknown_feeds_.emplace(record.feed).second) note_error(record, {}, "unknown_feed");
    return effects_;
  }
  feeds_seen_.insert(*feed);
  feed_engine(record, *feed, connection, at);
  account(record);
  return effects_;
}

const Effects& Player::take(const Input& input) {
  effects_.clear();
  engine_.on(input, effects_);
  if (!first_t_) first_t_ = input.wall;
  last_t_ = input.wall;
  account(capture::Record{});
  return effects_;
}

void Player::feed_engine(const capture::Record& record, FeedId feed, ConnectionId connection, Steady at) {
  using enum capture::Direction;
  const bool on_socket = record.dir != http && record.dir != close && record.dir != behind && record.dir != caught_up;
  if (opened_.size() <= index(connection)) opened_.resize(index(connection) + 1, false);
  if (record.dir == open || (on_socket && !opened_[index(connection)])) {
    engine_.on({at, record.t, SessionState{connection, feed, true, record.url}}, effects_);
    opened_[index(connection)] = true;
  }
  switch (record.dir) {
    case open: break;
    case out: engine_.on({at, record.t, Sent{connection, record.payload}}, effects_); break;
    case in:
    case norm: engine_.on({at, record.t, Frame{connection, record.payload}}, effects_); break;
    case http: engine_.on({at, record.t, HttpBody{feed, record.url, record.payload}}, effects_); break;
    case close:
      if (opened_[index(connection)])
        engine_.on({at, record.t, SessionState{connection, feed, false, record.url}}, effects_);
      opened_[index(connection)] = false;  // what comes after it without an `open` belongs to a new socket
      break;
    case alive: engine_.on({at, record.t, Alive{connection}}, effects_); break;
    case behind:
    case caught_up: engine_.on({at, record.t, Behind{connection, record.dir == behind}}, effects_); break;
    case capture::Direction::tick: break;
  }
}

// -- the account -----------------------------------------------------------------------------------------------------

void Player::account(const capture::Record& record) {
  books_.resize(engine_.listings().size());
  groups_.resize(engine_.groups());
  for (const ListingId id : effects_.books) account_book(id, last_t_);
  for (const GroupId id : effects_.groups) account_group(id, last_t_);
  account_trades();
  for (const Note& note : effects_.notes) {
    if (note.kind != Note::Kind::malformed_frame && note.kind != Note::Kind::unreadable_body) continue;
    std::optional<std::string> symbol;
    if (note.listing) symbol = key(engine_.listings()[*note.listing]);
    note_error(record, std::move(symbol), "malformed_frame");
  }
}

// A digest is of what a whole book showed: a book that is not ready adds nothing to it.
void Player::account_book(ListingId id, Wall t) {
  const book::VenueBook& book = engine_.book(id);
  const Listing& listing = engine_.listings()[id];
  BookAccount& account = books_[index(id)];
  const std::array top{book.top(Side::bid), book.top(Side::ask)};
  const bool usable = book.ready() && top[0] && top[1];
  account.spread.set(t, usable ? spread_micro_bps(top[0]->price, top[1]->price) : std::nullopt);
  if (!book.ready()) return;
  const std::array scales{listing.price_scale, listing.quantity_scale};
  if (account.top == top && account.scales == scales) return;
  account.top = top;
  account.scales = scales;
  account.digest.add(t, quote(listing, top[0]), quote(listing, top[1]));
}

void Player::account_group(GroupId id, Wall t) {
  const engine::Group& group = engine_.group(id);
  GroupAccount& account = groups_[index(id)];
  account.time_at_best.settle(t);
  for (const Side side : sides) {
    const auto& best = group.consolidated.best(side);
    account.time_at_best.members[position(side)] = best ? best->members : 0;
  }
  account.spread.set(t, group.consolidated.spread_micro_bps());
  const bool crossed = group.consolidated.crossed();
  if (account.digest.add(t, quote(group, Side::bid), quote(group, Side::ask)) && crossed) ++account.crossed_changes;
  if (crossed && !account.crossed_since) account.crossed_since = t;
  if (!crossed && account.crossed_since) {
    account.crossed_time += t - *account.crossed_since;
    account.crossed_since.reset();
  }
}

void Player::TimeAtBest::settle(Wall t) {
  if (since && t > *since) {
    for (std::size_t m = 0; m < times.size(); ++m)
      for (std::size_t side = 0; side < 2; ++side)
        if ((members[side] >> m & 1) != 0) times[m][side] += t - *since;
  }
  since = t;
}

void Player::account_trades() {
  for (const Trade& trade : engine_.batch().trades) {
    if (trade.history) continue;
    BookAccount& account = books_[index(trade.listing)];
    ++account.trades;
    if (trade.taker == Side::bid) ++account.taker_buys;
    add_volume(account.volume, account.volume_scale, trade.quantity.count(),
               engine_.listings()[trade.listing].quantity_scale);
  }
}

void Player::note_error(const capture::Record& record, std::optional<std::string> symbol, std::string reason) {
  if (errors_.size() >= errors_max) return;
  errors_.push_back({{}, record.line, std::string(record.feed), std::move(symbol), std::move(reason)});
  error_files_.push_back(record.file);
}

// -- reports ---------------------------------------------------------------------------------------------------------

std::string Player::key(const Listing& listing) const {
  if (options_.raw_symbols || listing.instrument.symbol.empty()) return listing.raw_symbol;
  return listing.instrument.symbol;
}

QuoteText Player::quote(const Listing& listing, const std::optional<book::WideLevel>& level) const {
  if (!level) return {};
  return {format_decimal(level->price.count(), listing.price_scale),
          format_decimal(level->quantity.count(), listing.quantity_scale), "-"};
}

QuoteText Player::quote(const engine::Group& group, Side side) const {
  const book::Consolidated& consolidated = group.consolidated;
  const auto& best = consolidated.best(side);
  if (!best) return {};
  std::vector<std::string_view> names;
  for (std::size_t m = 0; m < consolidated.size(); ++m)
    if ((best->members >> m & 1) != 0) names.push_back(consolidated.member(static_cast<book::Member>(m)).name);
  std::sort(names.begin(), names.end());
  std::string venues;
  for (const std::string_view name : names) venues.append(venues.empty() ? "" : "+").append(name);
  return {format_decimal(best->price.count(), consolidated.price_scale()),
          format_decimal(best->quantity.count(), consolidated.quantity_scale()), std::move(venues)};
}

BookReport Player::report_book(const Listing& listing, std::size_t depth) const {
  const book::VenueBook& book = engine_.book(listing.id);
  const BookAccount& account = books_[index(listing.id)];
  BookReport report;
  report.state = book.state();
  report.reason = book.reason();
  report.verified = book.verified();
  report.bid_levels = book.levels(Side::bid);
  report.ask_levels = book.levels(Side::ask);
  for (const Side side : sides) {
    auto& levels = side == Side::bid ? report.bids : report.asks;
    book.for_each(side, [&](const book::WideLevel& level) {
      if (depth != 0 && levels.size() == depth) return false;
      const QuoteText text = quote(listing, level);
      levels.emplace_back(text.price, text.size);
      return true;
    });
  }
  report.bbo_changes = account.digest.changes();
  report.bbo_sha256 = account.digest.hex();
  report.quantity_unit = listing.instrument.quantity_unit;
  report.contract_size = listing.instrument.contract_size;
  report.counters = book.counters();
  report.first_seq = book.first_seq();
  report.last_seq = book.last_seq();
  return report;
}

ConsolidatedReport Player::report_group(std::size_t position_of_group, std::size_t depth) const {
  const engine::Group& group = engine_.group(GroupId(position_of_group));
  const book::Consolidated& consolidated = group.consolidated;
  const GroupAccount& account = groups_[position_of_group];
  ConsolidatedReport report;
  const auto books = engine_.books(group);
  for (const Side side : sides) {
    auto& levels = side == Side::bid ? report.bids : report.asks;
    book::Merge<> merge(consolidated, books, side);
    while (depth == 0 || levels.size() < depth) {
      const auto level = merge.next();
      if (!level) break;
      ConsolidatedLevel& text = levels.emplace_back();
      text.price = format_decimal(level->price.count(), consolidated.price_scale());
      text.size = format_decimal(level->quantity.count(), consolidated.quantity_scale());
      for (const book::MemberSize& part : level->parts)
        text.venues.emplace_back(consolidated.member(part.member).name,
                                 format_decimal(part.quantity.count(), consolidated.quantity_scale()));
      std::sort(text.venues.begin(), text.venues.end());
    }
  }
  if (const auto spread = consolidated.spread_micro_bps()) report.spread_bps = static_cast<double>(*spread) / 1e6;
  report.crossed = consolidated.crossed();
  report.locked = consolidated.locked();
  for (std::size_t m = 0; m < consolidated.size(); ++m) {
    const auto member = static_cast<book::Member>(m);
    if (!consolidated.contributes(member))
      report.excluded.emplace(consolidated.member(member).name, consolidated.excluded(member));
  }
  for (std::size_t m = 0; m < consolidated.size(); ++m)
    if (consolidated.contributes(static_cast<book::Member>(m)))
      report.excluded.erase(consolidated.member(static_cast<book::Member>(m)).name);
  report.nbbo_changes = account.digest.changes();
  report.nbbo_sha256 = account.digest.hex();
  report.changes_leaving_crossed = account.crossed_changes;
  report.crossed_time = account.crossed_time;
  if (account.crossed_since) report.crossed_time += last_t_ - *account.crossed_since;
  return report;
}

ReplayReport Player::report(std::size_t depth, const std::vector<std::string>& files) const {
  ReplayReport report;
  report.frames = frames_;
  for (const Listing& listing : engine_.listings()) {
    if (index(listing.id) >= books_.size()) break;
    const std::string feed(venue::feed(listing.feed).name);
    const BookAccount& account = books_[index(listing.id)];
    if (engine_.book(listing.id).state() != book::BookState::empty ||
        engine_.book(listing.id).counters().snapshots > 0) {
      auto& books = report.books[feed];
      // Two spellings of one symbol on one feed keep their own names.
      const std::string name = books.contains(key(listing)) ? listing.raw_symbol : key(listing);
      books[name] = report_book(listing, depth);
    }
    if (account.trades > 0)
      report.trades[feed][key(listing)] = {account.trades, account.taker_buys, account.trades - account.taker_buys,
                                           format_decimal(account.volume, account.volume_scale)};
  }
  for (std::size_t g = 0; g < groups_.size(); ++g)
    report.consolidated[engine_.group(GroupId(g)).name] = report_group(g, depth);
  for (const FeedId feed : feeds_seen_) report.venues[std::string(venue::feed(feed).name)] = engine_.counters(feed);
  report.errors = errors_;
  for (std::size_t i = 0; i < errors_.size(); ++i)
    if (error_files_[i] < files.size()) report.errors[i].file = files[error_files_[i]];
  return report;
}

std::vector<MemberShare> Player::shares(GroupId id) const {
  const engine::Group& group = engine_.group(id);
  TimeAtBest at_best = groups_[index(id)].time_at_best;
  at_best.settle(last_t_);
  std::vector<MemberShare> shares;
  for (std::size_t m = 0; m < group.members.size(); ++m) {
    MemberShare& share = shares.emplace_back();
    share.name = group.consolidated.member(static_cast<book::Member>(m)).name;
    share.listing = group.members[m];
    share.at_best_bid = at_best.times[m][0];
    share.at_best_ask = at_best.times[m][1];
    share.spread = books_[index(share.listing)].spread;
    share.spread.settle(last_t_);
  }
  return shares;
}

SpreadClock Player::spread(GroupId group) const {
  SpreadClock clock = groups_[index(group)].spread;
  clock.settle(last_t_);
  return clock;
}

}  // namespace crossbook::shard
